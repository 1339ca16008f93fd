"""Who takes a patient home: named by the patient, confirmed by nobody but themselves, for no visit but their own."""

import datetime as dt
from typing import Any

import pytest

from clinic.actions import Request
from clinic.models import AuditEntry
from patients import driver_links
from patients.models import Consent, DriverLink, RelatedPerson
from scheduling.actions import drivers, gates, moving, setup
from scheduling.actions.drivers import Driver
from scheduling.actions.gates import Evidence, Whose
from scheduling.domain.gates import GateState
from scheduling.domain.operations import GateKind
from scheduling.errors import Conflict, NotFound, Rejected, Stale
from scheduling.models import CourseEvent, Prerequisite, Session
from scheduling.queries import rides
from scheduling.queries.gates import gates_of_session
from scheduling.queries.history import history_of
from tests.factories import FIRST_DAY, NOW, World
from tests.scheduling.living.clinic import ROOMS

HOUR = dt.timedelta(hours=1)
PATIENT = Request(user=None, actor="patient", agent="Phone/1")
IVY = Driver(name="Ivy", phone="(555) 010-2049", read="2026-11")


@pytest.fixture
def visit(world: World) -> Session:
    """A visit nobody may drive home from, Tue Nov 24."""
    setup.add_resources(site=world.site, resources=ROOMS)
    course = world.book(protocol_code="esk_trd", start_on=FIRST_DAY, preferred_minute=540)
    return Session.objects.get(course=course, number=1)


def name(world: World, visit: Session, driver: Driver = IVY, *, now: dt.datetime = NOW, **more: Any) -> int:
    asked: dict[str, Any] = {
        "request": PATIENT,
        "patient_id": world.maria.pk,
        "session_id": visit.pk,
        "timing": visit.timing_version,
    } | more
    return drivers.name_driver(driver=driver, now=now, **asked)


def answer(visit: Session, person_id: int, *, is_yes: bool, now: dt.datetime = NOW) -> bool:
    return drivers.answer_on_page(
        person_id=person_id, session_id=visit.pk, timing=visit.timing_version, is_yes=is_yes, now=now
    )


def named(visit: Session) -> list[tuple[int | None, bool]]:
    rows = Prerequisite.objects.filter(session=visit, kind=GateKind.RIDE, withdrawn_at=None)
    return list(rows.values_list("person", "is_confirmed"))


def gate(visit: Session, now: dt.datetime = NOW) -> tuple[GateState, str]:
    found = next(each for each in gates_of_session(visit, now=now).gates if each.kind is GateKind.RIDE)
    return found.state, found.words


def test_whoever_is_named_is_somebody_beside_the_patient_and_not_confirmed(world: World, visit: Session) -> None:
    person_id = name(world, visit)

    person = RelatedPerson.objects.get()
    assert (person.pk, person.patient_id, person.role) == (person_id, world.maria.pk, "escort")
    assert (person.name, person.phone, person.language) == ("Ivy", "+15550102049", "en")
    assert (named(visit), gate(visit)) == ([(person_id, False)], (GateState.OPEN, "named, not confirmed"))


def test_it_is_in_the_history_by_the_patients_hand_without_a_name(world: World, visit: Session) -> None:
    name(world, visit)

    events = CourseEvent.objects.filter(course=visit.course).exclude(kind__in=["booked", "held"]).order_by("pk")
    assert [(event.kind, event.by, event.data["actor"]) for event in events] == [
        ("gate_named", None, "patient"),
        ("driving_read", None, "patient"),
    ]
    assert [(events[1].data[key]) for key in ("words", "session", "agent")] == ["2026-11", visit.pk, "Phone/1"]
    assert {row.text for row in history_of(visit.course)} >= {
        "Ride home: the patient named somebody, for Tue Nov 24",
        "The patient read when they may drive again, for Tue Nov 24",
    }
    assert not any("Ivy" in str(event.data) for event in events)
    assert set(AuditEntry.objects.filter(role="patient").values_list("action", flat=True)) == {
        "related_person.added",
        "gate.named",
    }


def test_the_same_again_changes_nothing(world: World, visit: Session) -> None:
    for hours in (0, 1):
        name(world, visit, now=NOW + hours * HOUR)

    counted = [model.objects.count() for model in (RelatedPerson, DriverLink)]
    rows = Prerequisite.objects.filter(session=visit).count()
    events = CourseEvent.objects.filter(course=visit.course, kind__in=["gate_named", "driving_read"]).count()
    assert (counted, rows, events) == ([1, 1], 1, 2)


def test_somebody_known_is_named_by_who_they_are(world: World, visit: Session) -> None:
    known = RelatedPerson.objects.create(patient=world.maria, role="escort", name="Ivy", phone="+15550102049")

    person_id = name(world, visit, Driver(person_id=known.pk, read="2026-11"))

    assert (person_id, named(visit)) == (known.pk, [(known.pk, False)])


def test_a_known_number_is_the_same_person_by_the_name_written_now(world: World, visit: Session) -> None:
    known = RelatedPerson.objects.create(patient=world.maria, role="escort", name="Evy", phone="+15550102049")

    person_id = name(world, visit)

    assert (person_id, RelatedPerson.objects.get().name) == (known.pk, "Ivy")


def test_another_person_takes_the_place_and_the_first_ones_link_ends(world: World, visit: Session) -> None:
    first = name(world, visit)
    link = driver_links.link_of(first)
    assert link is not None

    second = name(world, visit, Driver(name="Tom", phone="555 010 2050", read="2026-11"), now=NOW + HOUR)

    assert named(visit) == [(second, False)]
    assert (driver_links.find(driver_links.token_of(link)), driver_links.link_of(second) is None) == (None, False)
    assert answer(visit, first, is_yes=True) is False


def test_a_link_goes_on_while_its_person_drives_from_another_visit(world: World, visit: Session) -> None:
    later = Session.objects.get(course=visit.course, number=2)
    first = name(world, visit)
    name(world, later)

    name(world, visit, Driver(name="Tom", phone="555 010 2050", read="2026-11"))

    assert driver_links.link_of(first) is not None


def test_a_person_named_anew_after_their_link_ended_gets_another_one(world: World, visit: Session) -> None:
    first = name(world, visit)
    before = driver_links.link_of(first)
    name(world, visit, Driver(name="Tom", phone="555 010 2050", read="2026-11"))

    name(world, visit)

    after = driver_links.link_of(first)
    assert before
    assert after
    assert driver_links.token_of(before) != driver_links.token_of(after)


@pytest.mark.parametrize(
    ("driver", "fields"),
    [
        (Driver(name="Ivy", phone="(555) 010-2049"), {"read": "required"}),
        (Driver(name=" ", phone="(555) 010-2049", read="2026-11"), {"name": "required"}),
        (Driver(name="Ivy", read="2026-11"), {"phone": "required"}),
        (Driver(name="Ivy", phone="call me", read="2026-11"), {"phone": "not a phone"}),
        (Driver(name="Ivy", phone="555", read="2026-11"), {"phone": "not a phone"}),
        (Driver(name="Maria", phone="(555) 010-2040", read="2026-11"), {"phone": "own"}),
    ],
)
def test_what_is_no_driver_is_refused_and_nothing_is_kept(
    world: World, visit: Session, driver: Driver, fields: dict[str, str]
) -> None:
    with pytest.raises(Rejected) as refused:
        name(world, visit, driver)

    assert (refused.value.fields, RelatedPerson.objects.count(), named(visit)) == (fields, 0, [])


def test_nobody_names_a_person_for_somebody_elses_visit(world: World, visit: Session) -> None:
    with pytest.raises(Conflict):
        name(world, visit, patient_id=world.daniel.pk)

    assert (RelatedPerson.objects.count(), named(visit)) == (0, [])


def test_nobody_names_somebody_elses_person(world: World, visit: Session) -> None:
    foreign = RelatedPerson.objects.create(patient=world.daniel, role="escort", name="Pat", phone="+15550102050")

    with pytest.raises(NotFound):
        name(world, visit, Driver(person_id=foreign.pk, read="2026-11"))

    assert named(visit) == []


def test_a_visit_that_was_moved_since_or_asks_for_nobody_takes_no_name(world: World, visit: Session) -> None:
    moving.move_to(
        request=world.request, session_id=visit.pk, version=visit.version, day=visit.day, minute=660, now=NOW
    )
    plain = world.visit(world.daniel)

    with pytest.raises(Stale):
        name(world, visit)
    with pytest.raises(Conflict):
        name(world, plain, patient_id=world.daniel.pk)
    with pytest.raises(Conflict):
        name(world, visit, timing=visit.timing_version + 1, now=visit.starts_at + HOUR * 24)


def test_texts_are_agreed_to_only_where_it_was_said_and_never_over_a_stop(world: World, visit: Session) -> None:
    person_id = name(world, visit)
    silent = Consent.objects.filter(person=person_id).count()

    told = Driver(name="Ivy", phone="(555) 010-2049", read="2026-11", may_text=True)
    name(world, visit, told)
    agreed = Consent.objects.get(person=person_id)
    Consent.objects.update(revoked_at=NOW)
    name(world, visit, told)

    assert (silent, agreed.how, agreed.channel, agreed.purpose) == (0, "patient's page", "sms", "escort")
    assert agreed.recorded_by is None
    assert Consent.objects.filter(person=person_id, revoked_at=None).count() == 0


def test_only_their_own_word_confirms_it_and_a_no_asks_at_once(world: World, visit: Session) -> None:
    person_id = name(world, visit)

    no, refused = answer(visit, person_id, is_yes=False), gate(visit)
    yes, met = answer(visit, person_id, is_yes=True), gate(visit)
    again = answer(visit, person_id, is_yes=True)

    assert (no, refused) == (True, (GateState.RED, "who was named can't come"))
    assert (yes, met[0], again) == (True, GateState.GREEN, True)
    kinds = CourseEvent.objects.filter(course=visit.course, data__actor="driver").order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == ["gate_refused", "gate_met"]


def test_naming_who_said_no_asks_them_anew_and_who_said_yes_stays(world: World, visit: Session) -> None:
    person_id = name(world, visit)
    answer(visit, person_id, is_yes=False)
    name(world, visit)
    asked_anew = gate(visit)

    answer(visit, person_id, is_yes=True)
    name(world, visit)

    assert (asked_anew[1], named(visit)) == ("named, not confirmed", [(person_id, True)])


def test_somebody_the_desk_named_is_kept_and_what_was_read_is_added(world: World, visit: Session) -> None:
    known = RelatedPerson.objects.create(patient=world.maria, role="escort", name="Ivy", phone="+15550102049")
    gates.record_gate(
        request=world.request,
        whose=Whose(session_id=visit.pk),
        kind=GateKind.RIDE,
        evidence=Evidence(person_id=known.pk),
        now=NOW,
    )

    name(world, visit, Driver(person_id=known.pk, read="2026-11"))

    assert named(visit) == [(known.pk, True)]
    assert CourseEvent.objects.filter(course=visit.course, kind="driving_read").count() == 1


def test_nobody_answers_on_a_page_for_a_visit_they_are_not_named_for(world: World, visit: Session) -> None:
    stranger = RelatedPerson.objects.create(patient=world.maria, role="escort", name="Tom", phone="+15550102050")

    assert (answer(visit, stranger.pk, is_yes=True), named(visit)) == (False, [])


def test_the_next_visit_that_asks_for_somebody_says_who_is_named(world: World, visit: Session) -> None:
    before = rides.next_ride(world.maria.pk, now=NOW)
    person_id = name(world, visit)
    after = rides.next_ride(world.maria.pk, now=NOW)
    answer(visit, person_id, is_yes=False)
    refused = rides.next_ride(world.maria.pk, now=NOW)

    assert before
    assert after
    assert refused
    assert (before.visit.session_id, before.is_named) == (visit.pk, False)
    assert (after.person_id, after.is_confirmed, after.is_refused) == (person_id, False, False)
    assert (refused.person_id, refused.is_refused) == (person_id, True)


def test_who_drives_sees_the_visit_they_are_named_for_until_it_ends(world: World, visit: Session) -> None:
    person_id = name(world, visit)

    during = rides.driven_by(person_id, now=visit.ends_at - HOUR)
    after = rides.driven_by(person_id, now=visit.ends_at)

    assert during
    assert (during.visit.session_id, after) == (visit.pk, None)


def test_who_was_named_for_another_time_drives_nobody(world: World, visit: Session) -> None:
    person_id = name(world, visit)
    moving.move_to(
        request=world.request, session_id=visit.pk, version=visit.version, day=visit.day, minute=660, now=NOW
    )

    assert rides.driven_by(person_id, now=NOW) is None
