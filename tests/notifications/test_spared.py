"""Who was to take somebody home and is not needed then any more is told so: once, held like every change."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from clinic.actions import Request
from notifications.actions import planning
from notifications.matching import open_visits
from notifications.models import Message
from notifications.rendering import said
from patients.consents import owners_of
from patients.models import Consent, RelatedPerson
from scheduling.actions import course_states, drivers, gates, setup
from scheduling.actions.drivers import Driver
from scheduling.actions.gate_facts import Evidence, Whose
from scheduling.domain.operations import GateKind
from scheduling.domain.states import EndReason
from scheduling.models import Course, CourseEvent, Prerequisite, Session
from scheduling.queries.pickups import pickups
from tests.factories import NOW, World
from tests.notifications.days import DAY, HOUR, MINUTE, at, by_kind, left, settle
from tests.notifications.desk import cancel_visit, fresh, move_visit, nobody_came, take_back
from tests.notifications.letters import driver
from tests.scheduling.living.clinic import ROOMS

HERE = ZoneInfo("America/New_York")
MONDAY = dt.date(2026, 11, 30)
EVE = at(MONDAY - DAY, 10, zone=HERE)
PHONE = "+15550107777"
OFF = (
    "Riverside Clinic: No need to pick someone up on {when}: that time has changed. Call (555) 010-2000 to ask. "
    "STOP to opt out."
)


@pytest.fixture
def visit(world: World) -> Session:
    """A visit of Monday at eight nobody goes home from alone."""
    setup.add_resources(site=world.site, resources=ROOMS)
    course = world.book(protocol_code="ect_index", start_on=MONDAY, counts={"index": 6}, preferred_minute=480)
    return Session.objects.get(course=course, number=1)


def name(visit: Session, *, now: dt.datetime, name: str = "Ines", phone: str = PHONE, person: int | None = None) -> int:
    """Let the patient name who drives, who may be texted."""
    visit = fresh(visit)
    return drivers.name_driver(
        request=Request(user=None, actor="patient"),
        patient_id=visit.patient_id,
        session_id=visit.pk,
        timing=visit.timing_version,
        driver=Driver(name=name, phone=phone, person_id=person, read="2026-11", may_text=True),
        now=now,
    )


def say(visit: Session, person_id: int, *, is_yes: bool, now: dt.datetime) -> None:
    """Let who drives answer on their own page."""
    visit = fresh(visit)
    assert drivers.answer_on_page(
        person_id=person_id, session_id=visit.pk, timing=visit.timing_version, is_yes=is_yes, now=now
    )


@pytest.fixture
def ines(visit: Session) -> int:
    """Who drives, and was asked the day before."""
    person_id = name(visit, now=NOW)
    settle(EVE)
    assert [copy.related_person_id for copy in left(kind="escort")] == [person_id]
    return person_id


def told_off() -> list[tuple[int | None, str]]:
    """Return whom it was said to, and what."""
    return [(each.related_person_id, said(each)) for each in left(kind="escort_off")]


def when_of(visit: Session) -> str:
    ends = visit.ends_at.astimezone(HERE)
    half = "am" if ends.hour < 12 else "pm"
    minute = f":{ends:%M}" if ends.minute else ""
    return f"{ends:%a, %b} {ends.day}, about {ends.hour % 12 or 12}{minute}{half} ET"


def test_a_move_spares_who_was_asked_the_old_way_and_names_nobody(world: World, visit: Session, ines: int) -> None:
    move_visit(world, visit, MONDAY + DAY, 480, now=EVE + HOUR)

    settle(EVE + HOUR + MINUTE)
    early = told_off()
    settle(EVE + HOUR + 4 * MINUTE)
    settle(EVE + 5 * HOUR)

    assert (early, told_off()) == ([], [(ines, OFF.format(when=when_of(visit)))])


def test_a_cancelled_visit_spares_them_in_their_language(world: World, visit: Session, ines: int) -> None:
    RelatedPerson.objects.filter(pk=ines).update(language="es")
    cancel_visit(world, visit, now=EVE + HOUR)

    settle(EVE + HOUR + 4 * MINUTE)

    [(_person, text)] = told_off()
    assert text.startswith("Riverside Clinic: Ya no recoge a su amigo el lun 30 nov, hacia las ")
    assert "Maria" not in text


def test_who_said_yes_before_they_were_asked_is_spared_as_well(world: World, visit: Session) -> None:
    person_id = name(visit, now=NOW)
    say(visit, person_id, is_yes=True, now=NOW + HOUR)
    move_visit(world, visit, MONDAY + DAY, 480, now=NOW + 2 * HOUR)

    settle(NOW + 3 * HOUR)

    assert told_off() == [(person_id, OFF.format(when=when_of(visit)))]


def test_who_heard_of_nothing_is_told_nothing(world: World, visit: Session) -> None:
    name(visit, now=NOW)
    move_visit(world, visit, MONDAY + DAY, 480, now=NOW + HOUR)

    settle(NOW + 2 * HOUR)

    assert told_off() == []


def test_who_said_that_they_cannot_knows(world: World, visit: Session, ines: int) -> None:
    say(visit, ines, is_yes=True, now=EVE + MINUTE)
    say(visit, ines, is_yes=False, now=EVE + HOUR)
    cancel_visit(world, visit, now=EVE + 2 * HOUR)

    settle(EVE + 3 * HOUR)

    assert told_off() == []


def test_somebody_else_who_drives_spares_them_and_is_not_told_so(world: World, visit: Session, ines: int) -> None:
    name(visit, name="Tom", phone="+15550107778", now=EVE + HOUR)

    settle(EVE + HOUR + 4 * MINUTE)

    assert told_off() == [(ines, OFF.format(when=when_of(visit)))]


def test_the_desks_word_alone_that_nobody_is_named_spares_nobody(world: World, visit: Session, ines: int) -> None:
    [row] = Prerequisite.objects.filter(session=visit, withdrawn_at=None, kind=GateKind.ESCORT)
    gates.withdraw_gate(request=world.request, row_id=row.pk, kind=GateKind.ESCORT, now=EVE + HOUR)

    settle(EVE + 2 * HOUR)

    assert told_off() == []


def test_a_slip_undone_within_three_minutes_is_not_told(world: World, visit: Session, ines: int) -> None:
    move_visit(world, visit, MONDAY + DAY, 480, now=EVE + HOUR)
    settle(EVE + HOUR + MINUTE)
    take_back(world, visit, now=EVE + HOUR + 2 * MINUTE)

    settle(EVE + 2 * HOUR)

    assert (told_off(), [each.kind for each in left(related_person=ines)]) == ([], ["escort"])


def test_who_is_needed_after_all_is_asked_again_and_then_spared_again(world: World, visit: Session, ines: int) -> None:
    move_visit(world, visit, MONDAY + DAY, 480, now=EVE + HOUR)
    settle(EVE + HOUR + 4 * MINUTE)
    take_back(world, visit, now=EVE + 2 * HOUR)
    settle(EVE + 2 * HOUR + 4 * MINUTE)
    cancel_visit(world, visit, now=EVE + 3 * HOUR)
    settle(EVE + 3 * HOUR + 4 * MINUTE)
    that_day = [each.kind for each in left(related_person=ines)]
    settle(at(MONDAY, 9, zone=HERE))

    assert that_day == ["escort", "escort_off", "escort"]  # what is soon enough the next morning waits for it
    assert [each.kind for each in left(related_person=ines)] == [*that_day, "escort_off"]


def test_needed_again_before_it_left_it_does_not_leave(world: World, visit: Session, ines: int) -> None:
    move_visit(world, visit, MONDAY + DAY, 480, now=EVE + HOUR)
    planning.plan_messages(now=EVE + HOUR + 3 * MINUTE)
    take_back(world, visit, now=EVE + HOUR + 3 * MINUTE)

    settle(EVE + 2 * HOUR)

    assert [each.state for each in Message.objects.filter(kind="escort_off")] == ["skipped_changed"]


@pytest.mark.parametrize("when", [EVE + HOUR, at(MONDAY - DAY, 20, zone=HERE)])
def test_of_two_moves_the_time_they_were_told_is_taken_back_once(
    world: World, visit: Session, ines: int, when: dt.datetime
) -> None:
    for minute, moved_at in ((480, when), (600, when + HOUR)):
        move_visit(world, visit, MONDAY + DAY, minute, now=moved_at)
        settle(moved_at + 4 * MINUTE)

    settle(at(MONDAY, 9, zone=HERE))

    assert len(told_off()) == 1


def test_who_said_yes_to_the_new_time_and_is_replaced_is_spared_that_one_too(
    world: World, visit: Session, ines: int
) -> None:
    move_visit(world, visit, MONDAY + DAY, 480, now=EVE + HOUR)
    settle(EVE + HOUR + 4 * MINUTE)
    name(visit, person=ines, now=EVE + 2 * HOUR)
    say(visit, ines, is_yes=True, now=EVE + 2 * HOUR)
    name(visit, name="Tom", phone="+15550107778", now=EVE + 3 * HOUR)

    settle(at(MONDAY, 10, zone=HERE))

    times = [OFF.format(when=when_of(each)) for each in (visit, fresh(visit))]
    assert told_off() == [(ines, time) for time in times]


def test_after_the_old_time_it_is_of_no_use(world: World, visit: Session, ines: int) -> None:
    cancel_visit(world, visit, now=EVE + HOUR)

    planning.plan_messages(now=visit.ends_at)

    assert Message.objects.filter(kind="escort_off").count() == 0


@pytest.mark.parametrize("why", ["stop", "no consent"])
def test_who_may_not_be_texted_is_not(world: World, visit: Session, ines: int, why: str) -> None:
    if why == "stop":
        RelatedPerson.objects.filter(pk=ines).update(phone="")
    else:
        Consent.objects.filter(person=ines).update(revoked_at=EVE)
    cancel_visit(world, visit, now=EVE + HOUR)

    settle(EVE + 2 * HOUR)

    assert Message.objects.filter(kind="escort_off").count() == 0


def test_of_a_patient_who_died_nobody_is_told(world: World, visit: Session, ines: int) -> None:
    course: Course = fresh(visit).course
    course_states.discontinue_course(
        request=world.request,
        course_id=course.pk,
        version=course.version,
        reason=EndReason.DIED,
        now=EVE + HOUR,
    )

    settle(EVE + 2 * HOUR)

    assert told_off() == []


def test_a_patient_who_did_not_come_is_no_reason(world: World, visit: Session, ines: int) -> None:
    nobody_came(world, visit, now=visit.starts_at + HOUR)

    assert [each.is_spared for each in pickups(now=visit.starts_at + 2 * HOUR)] == [False]


def test_needed_again_before_it_left_and_then_not_it_does(world: World, visit: Session, ines: int) -> None:
    move_visit(world, visit, MONDAY + DAY, 480, now=EVE + HOUR)
    planning.plan_messages(now=EVE + HOUR + 3 * MINUTE)
    take_back(world, visit, now=EVE + HOUR + 3 * MINUTE)
    settle(EVE + 2 * HOUR)
    cancel_visit(world, visit, now=EVE + 3 * HOUR)

    settle(at(MONDAY, 9, zone=HERE))

    assert told_off() == [(ines, OFF.format(when=when_of(visit)))]


def test_who_takes_their_place_and_then_cannot_leaves_them_needed(world: World, visit: Session, ines: int) -> None:
    tom = name(visit, name="Tom", phone="+15550107778", now=EVE + HOUR)
    planning.plan_messages(now=EVE + HOUR + 3 * MINUTE)
    say(visit, tom, is_yes=False, now=EVE + HOUR + 3 * MINUTE)

    settle(EVE + HOUR + 4 * MINUTE)

    assert [each.state for each in Message.objects.filter(kind="escort_off")] == ["skipped_changed"]


def test_one_person_written_down_twice_is_needed(world: World, visit: Session, ines: int) -> None:
    twin = RelatedPerson.objects.create(patient=world.maria, role="escort", name="Ines Lopez", phone=PHONE)
    desk_notes(world, visit, twin, now=EVE + HOUR)

    settle(EVE + 2 * HOUR)

    assert told_off() == []


def test_who_is_named_again_for_the_same_time_is_asked_again(world: World, visit: Session, ines: int) -> None:
    tom = name(visit, name="Tom", phone="+15550107778", now=EVE + HOUR)
    settle(EVE + HOUR + 4 * MINUTE)
    say(visit, tom, is_yes=False, now=EVE + 2 * HOUR)
    name(visit, person=ines, now=EVE + 2 * HOUR)

    settle(EVE + 3 * HOUR)
    settle(EVE + 4 * HOUR)

    assert [each.kind for each in left(related_person=ines)] == ["escort", "escort_off", "escort"]


def test_a_yes_counts_no_more_once_they_were_told_that_they_are_not_needed(
    world: World, visit: Session, ines: int
) -> None:
    say(visit, ines, is_yes=True, now=EVE + MINUTE)
    move_visit(world, visit, MONDAY + DAY, 480, now=EVE + HOUR)
    settle(EVE + HOUR + 4 * MINUTE)
    Message.objects.filter(kind="escort_off").update(state="delivered")
    take_back(world, visit, now=EVE + 2 * HOUR)
    settle(EVE + 2 * HOUR + 4 * MINUTE)

    [row] = Prerequisite.objects.filter(session=visit, starts_at=visit.starts_at, withdrawn_at=None, person=ines)
    lines = CourseEvent.objects.filter(course=visit.course_id, kind="gate_let_go")
    assert (row.is_confirmed, row.evidence, lines.count()) == (False, "Told that they are not needed", 1)
    say(visit, ines, is_yes=True, now=EVE + 3 * HOUR)
    settle(EVE + 4 * HOUR)
    assert Prerequisite.objects.get(session=visit, withdrawn_at=None, person=ines).is_confirmed


@pytest.mark.parametrize("why", ["sending is off", "no consent"])
def test_a_yes_counts_on_where_nobody_was_told(world: World, visit: Session, ines: int, why: str) -> None:
    say(visit, ines, is_yes=True, now=EVE + MINUTE)
    if why == "no consent":
        Consent.objects.filter(person=ines).update(revoked_at=EVE)
    move_visit(world, visit, MONDAY + DAY, 480, now=EVE + HOUR)
    settle(EVE + HOUR + 4 * MINUTE)
    take_back(world, visit, now=EVE + 2 * HOUR)

    settle(EVE + 3 * HOUR)

    assert Prerequisite.objects.get(session=visit, withdrawn_at=None, person=ines).is_confirmed


def desk_notes(world: World, visit: Session, person: RelatedPerson, *, now: dt.datetime) -> Prerequisite:
    """Let the desk note that somebody said yes."""
    rows = Prerequisite.objects.filter(session=visit, kind=GateKind.ESCORT, withdrawn_at=None)
    gates.record_gate(
        request=world.request,
        whose=Whose(session_id=visit.pk),
        kind=GateKind.ESCORT,
        evidence=Evidence(person_id=person.pk, is_confirmed=True),
        now=now,
        replaces=rows.values_list("pk", flat=True).first(),
    )
    return Prerequisite.objects.get(session=visit, kind=GateKind.ESCORT, withdrawn_at=None, person=person)


@pytest.mark.parametrize(("minutes", "kinds"), [(1, []), (10, ["escort_off"])])
def test_a_slip_of_the_desk_is_not_told_to_who_was_never_asked(
    world: World, visit: Session, minutes: int, kinds: list[str]
) -> None:
    ann = driver(world, name="Ann", phone="+15550107776", at=NOW)
    ines = driver(world, name="Ines", phone=PHONE, at=NOW)
    desk_notes(world, visit, ann, now=NOW)
    desk_notes(world, visit, ines, now=NOW + minutes * MINUTE)

    settle(NOW + HOUR)

    assert [each.kind for each in left(related_person=ann)] == kinds


def test_what_the_patient_was_told_is_not_told_again_because_of_it(world: World, visit: Session, ines: int) -> None:
    name(visit, name="Tom", phone="+15550107778", now=EVE + HOUR)
    settle(EVE + HOUR + 4 * MINUTE)
    move_visit(world, visit, MONDAY + DAY, 480, now=EVE + 4 * HOUR)
    take_back(world, visit, now=EVE + 4 * HOUR + MINUTE)

    settle(EVE + 5 * HOUR)

    assert by_kind(left(session=visit)) == {"escort": 2, "escort_off": 1, "prep": 1}


def test_an_answer_to_it_alone_is_read_by_a_person(world: World, visit: Session) -> None:
    person_id = name(visit, now=NOW)
    say(visit, person_id, is_yes=True, now=NOW)
    when = at(MONDAY - 2 * DAY, 10, zone=HERE)
    move_visit(world, visit, MONDAY + DAY, 480, now=when)
    settle(when + 4 * MINUTE)
    [text] = left(kind="escort_off")

    found = open_visits(owners_of(PHONE), hashed=text.address_hash, now=when + 5 * MINUTE)

    assert found == []


def test_a_yes_to_it_is_none_to_the_visit_as_it_is_now(world: World, visit: Session, ines: int) -> None:
    move_visit(world, visit, MONDAY + DAY, 480, now=EVE + HOUR)
    settle(EVE + HOUR + 4 * MINUTE)
    name(visit, person=ines, now=EVE + HOUR + 5 * MINUTE)
    [text] = left(kind="escort_off")

    found = open_visits(owners_of(PHONE), hashed=text.address_hash, now=EVE + HOUR + 6 * MINUTE)

    assert found == []
