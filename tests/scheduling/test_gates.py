"""Gates as a desk meets them: raised, solved, overridden, expired; and no way around one that is not there."""

import datetime as dt
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from patients.models import Patient
from scheduling.actions import attendance, course_states, courses, gates, holds, moving, setup, undoing
from scheduling.actions.gates import Evidence, Whose
from scheduling.domain.gate_kinds import GATES, GateScope
from scheduling.domain.operations import GateKind
from scheduling.errors import GateRed
from scheduling.models import Course, CourseEvent, Prerequisite, Session
from scheduling.queries import gates as stored
from scheduling.queries.repairs import resume_choices
from tests.factories import FIRST_DAY, NOW, World, make_patient, prepare_visit
from tests.scheduling.gatehouse import BEFORE, LISTED, Gatehouse, make_gatehouse, move_first
from tests.scheduling.living.clinic import ROOMS

K = GateKind
DAY = dt.timedelta(days=1)
of_scope = {scope: [kind for kind in LISTED if GATES[kind].scope is scope] for scope in GateScope}
every_kind = pytest.mark.parametrize("kind", BEFORE)
every_listed_kind = pytest.mark.parametrize("kind", LISTED)


@pytest.fixture
def house(world: World, tmp_path: Path) -> Gatehouse:
    return make_gatehouse(world, tmp_path)


@pytest.fixture
def spravato(world: World) -> World:
    """A world that can give esketamine; nobody is enrolled."""
    setup.add_resources(site=world.site, resources=ROOMS)
    Prerequisite.objects.filter(kind=K.REMS_ENROLLMENT).delete()
    return world


# Raised, solved, overridden, expired.


@every_kind
def test_a_visit_does_not_begin_while_one_thing_is_missing_and_begins_once_it_is_there(
    house: Gatehouse, kind: GateKind
) -> None:
    house.record_all(but=kind)
    house.arrive()

    with pytest.raises(GateRed) as refusal:
        house.start()

    assert (refusal.value.code, refusal.value.status, refusal.value.fields) == ("gate_red", 409, {kind: "missing"})
    assert GATES[kind].name in refusal.value.message
    assert house.first.state == "arrived"
    house.record(kind)
    house.start()
    assert house.first.state == "in_treatment"


@every_kind
def test_a_visit_begins_past_a_gate_somebody_passed_with_a_reason_and_that_is_shown(
    house: Gatehouse, kind: GateKind
) -> None:
    house.record_all(but=kind)
    house.arrive()

    house.pass_by_hand(kind, whose=Whose(session_id=house.first.pk), now=house.at_the_door)
    house.start()

    row = Prerequisite.objects.get(kind=kind)
    assert house.first.state == "in_treatment"
    assert (row.is_override, row.reason, row.by, row.at) == (
        True,
        "The psychiatrist says so",
        house.world.receptionist,
        house.at_the_door,
    )
    event = CourseEvent.objects.get(course=house.course, kind="gate_passed")
    assert (event.reason, event.by) == ("The psychiatrist says so", house.world.receptionist)


@every_listed_kind
def test_what_was_good_until_the_day_before_the_visit_is_red_on_its_day(house: Gatehouse, kind: GateKind) -> None:
    house.record_all(but=kind)
    house.record(kind, valid_until=house.first.day - DAY)
    house.arrive()

    with pytest.raises(GateRed) as refusal:
        house.start()

    assert refusal.value.fields == {kind: "expired"}
    assert "good until Mon Nov 23 only" in refusal.value.message


def test_fasting_expires_as_the_morning_goes_by(house: Gatehouse) -> None:
    house.record_all(but=K.FASTING)
    house.record(K.FASTING, ate_minute=7 * 60 + 30)
    house.arrive()

    with pytest.raises(GateRed, match=r"Fasting: not before 11:30am\. Wait, or turn the patient away\."):
        house.start()

    assert house.states()["fasting"] == "red"
    assert house.states(now=house.first.starts_at + dt.timedelta(hours=2, minutes=30))["fasting"] == "green"


@every_kind
def test_what_is_withdrawn_is_not_there_any_more(house: Gatehouse, kind: GateKind) -> None:
    house.record(kind)
    assert house.states()[kind] == "green"

    house.withdraw(kind)

    row = Prerequisite.objects.get(kind=kind)
    assert house.states()[kind] == ("open" if kind is K.FASTING else "red")
    assert (row.withdrawn_at, row.withdrawn_by) == (NOW, house.world.receptionist)


@every_kind
def test_a_gate_is_amber_until_it_is_due(house: Gatehouse, kind: GateKind) -> None:
    assert house.states(now=NOW)[kind] == "open"
    assert house.states(now=house.first.starts_at)[kind] == "red"


# For whom it was shown.


def test_what_is_known_of_the_patient_is_there_for_the_next_course_too(house: Gatehouse) -> None:
    for kind in LISTED:
        house.record(kind)
    again = house.world.book(protocol_code="everything", preferred_minute=660, start_on=FIRST_DAY + 63 * DAY)
    Prerequisite.objects.filter(course=again).delete()

    found = stored.gates_of_course(Course.objects.select_related("site").get(pk=again.pk), now=NOW)

    there = {gate.kind for gate in found.gates if gate.is_met}
    assert there == set(of_scope[GateScope.PATIENT]) == {K.CONSULT, K.SCREENING, K.REMS_ENROLLMENT}


@pytest.mark.parametrize("kind", of_scope[GateScope.SESSION])
def test_what_was_shown_for_one_visit_is_not_there_for_the_next(house: Gatehouse, kind: GateKind) -> None:
    house.record(kind)

    assert (house.states()[kind], house.states(number=2)[kind]) == ("green", "open")


def test_a_word_for_one_visit_is_no_word_for_the_next_and_a_word_for_the_course_is(house: Gatehouse) -> None:
    house.pass_by_hand(K.CONSENT, whose=Whose(session_id=house.first.pk))
    house.pass_by_hand(K.CONSULT, whose=Whose(course_id=house.course.pk))

    first, second = house.states(), house.states(number=2)

    assert (first["consent"], second["consent"]) == ("overridden", "open")
    assert (first["consult"], second["consult"]) == ("overridden", "overridden")


def test_a_word_for_one_course_is_no_word_for_another(house: Gatehouse) -> None:
    house.pass_by_hand(K.CONSULT)
    other = house.world.book(protocol_code="everything", preferred_minute=660, start_on=FIRST_DAY + 63 * DAY)

    found = stored.gates_of_course(Course.objects.select_related("site").get(pk=other.pk), now=NOW)

    assert next(gate for gate in found.gates if gate.kind is K.CONSULT).is_met is False


def test_nobody_elses_evidence_counts(house: Gatehouse) -> None:
    theirs = house.world.book(house.world.daniel, protocol_code="everything", preferred_minute=600)
    for kind in LISTED:
        row = Session.objects.get(course=theirs, number=1)
        whose = Whose(session_id=row.pk) if kind in of_scope[GateScope.SESSION] else Whose(course_id=theirs.pk)
        Prerequisite.objects.filter(course=theirs).delete()
        house.record(kind, whose=whose)

    assert set(house.states(now=NOW).values()) == {"open"}


# No way around it.


def test_a_moved_visits_ride_is_for_the_old_time_and_taking_the_move_back_brings_it_back(house: Gatehouse) -> None:
    for kind in LISTED:
        house.record(kind)
    house.pass_by_hand(K.FASTING)

    move_first(house, 1)
    after = house.states(now=NOW)
    row = house.first
    undoing.undo(session_id=row.pk, version=row.version, now=NOW, by=house.world.receptionist)

    of_session = {*of_scope[GateScope.SESSION], K.FASTING}
    assert {kind for kind, state in after.items() if state == "open"} == of_session
    assert set(house.states(now=NOW).values()) == {"green", "overridden"}


def test_a_ride_for_the_new_time_does_not_take_away_the_one_for_the_old(house: Gatehouse) -> None:
    house.record(K.RIDE, text="Sister")
    move_first(house, 1)
    house.record(K.RIDE, text="Brother")

    row = house.first
    undoing.undo(session_id=row.pk, version=row.version, now=NOW, by=house.world.receptionist)

    [gate] = [gate for gate in house.standing(now=NOW).gates if gate.kind is K.RIDE]
    shown = house.standing(now=NOW).row(gate)
    assert shown is not None
    assert (gate.state, shown.evidence) == ("green", "Sister")


def test_going_on_after_a_pause_makes_nothing_green(house: Gatehouse) -> None:
    world = house.world
    course_states.hold_course(request=world.request, course_id=house.course.pk, version=1, reason="Flu", now=NOW)
    course = Course.objects.select_related("site", "patient", "protocol").get(pk=house.course.pk)
    [choice] = resume_choices(course, on=FIRST_DAY, now=NOW)
    moving.apply_change(request=world.request, token=choice.token, now=NOW)

    assert set(house.states(now=NOW).values()) == {"open"}


def test_importing_patients_makes_nothing_green(house: Gatehouse, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("record_number,first_name,last_name,birth_date\nP-9,Ivy,Poison,1990-01-01\n")

    call_command("import_patients", str(rows), site="riverside", stdout=StringIO())

    assert Patient.objects.filter(last_name="Poison").count() == 1
    assert Prerequisite.objects.count() == 0
    assert set(house.states(now=NOW).values()) == {"open"}


def test_coming_late_and_undoing_make_nothing_green_and_arriving_is_never_stopped(house: Gatehouse) -> None:
    row = house.first
    late = row.starts_at + dt.timedelta(hours=1)
    for verb in ("mark_no_show", "arrive", "undo", "arrive"):
        row.refresh_from_db()
        act = undoing.undo if verb == "undo" else getattr(attendance, verb)
        act(session_id=row.pk, version=row.version, now=late, by=house.world.technician)

    row.refresh_from_db()
    assert row.state == "arrived"
    with pytest.raises(GateRed):
        house.start()


def test_a_visit_that_has_begun_goes_on_whatever_is_withdrawn_but_does_not_begin_again(house: Gatehouse) -> None:
    house.record_all()
    house.arrive()
    house.start()

    house.withdraw(K.CONSENT)
    row = house.first
    undoing.undo(session_id=row.pk, version=row.version, now=house.at_the_door, by=None)
    with pytest.raises(GateRed, match="Consent: missing"):
        house.start()
    house.record(K.CONSENT)
    house.start()
    house.withdraw(K.CONSENT)
    house.complete()

    assert house.first.state == "completed"


@pytest.mark.parametrize("kind", of_scope[GateScope.PATIENT] + of_scope[GateScope.COURSE])
def test_held_times_are_not_booked_while_the_course_lacks_something(
    world: World, tmp_path: Path, kind: GateKind
) -> None:
    house = make_gatehouse(world, tmp_path)
    until = NOW + 5 * DAY
    asked: dict[str, Any] = {"protocol_code": "everything", "preferred_minute": 660, "start_on": FIRST_DAY + 14 * DAY}
    course_id, _again = courses.book_course(
        request=world.request, proposal=world.propose(world.daniel, **asked), now=NOW, held_until=until
    )
    held = Gatehouse(world, Course.objects.select_related("site", "patient", "protocol").get(pk=course_id))
    for each in of_scope[GateScope.PATIENT] + of_scope[GateScope.COURSE]:
        if each is not kind:
            held.record(each)
    assert house.course.pk != course_id

    with pytest.raises(GateRed) as refusal:
        holds.confirm_hold(request=world.request, course_id=course_id, now=NOW)
    held.record(kind)
    holds.confirm_hold(request=world.request, course_id=course_id, now=NOW)

    assert refusal.value.fields == {kind: "missing"}
    assert refusal.value.message.startswith("These times can't be booked yet.")
    assert Course.objects.get(pk=course_id).state == "active"


def test_without_enrolment_nothing_is_booked_and_times_may_be_held(spravato: World) -> None:
    asked: dict[str, Any] = {"protocol_code": "esk_trd", "start_on": dt.date(2026, 11, 30), "preferred_minute": 540}

    with pytest.raises(GateRed) as refusal:
        spravato.book(**asked)
    assert Course.objects.count() == 0
    courses.book_course(request=spravato.request, proposal=spravato.propose(**asked), now=NOW, held_until=NOW + 5 * DAY)

    assert refusal.value.message == (
        "This course can't be booked yet. REMS enrolment: missing. Hold the times instead."
    )
    assert refusal.value.fields == {"rems_enrollment": "missing"}


def test_who_is_enrolled_is_booked_and_a_word_for_an_old_course_is_not_enough(spravato: World) -> None:
    asked: dict[str, Any] = {"protocol_code": "esk_trd", "start_on": dt.date(2026, 11, 30), "preferred_minute": 540}
    course_id, _again = courses.book_course(
        request=spravato.request, proposal=spravato.propose(**asked), now=NOW, held_until=NOW + 5 * DAY
    )
    gates.pass_gate(
        request=spravato.request,
        whose=Whose(course_id=course_id),
        kind=K.REMS_ENROLLMENT,
        reason="Form on its way",
        now=NOW,
    )
    holds.release_hold(request=spravato.request, course_id=course_id, reason="", now=NOW)
    with pytest.raises(GateRed):
        spravato.book(**asked)

    gates.record_gate(
        request=spravato.request,
        whose=Whose(patient_id=spravato.maria.pk),
        kind=K.REMS_ENROLLMENT,
        evidence=Evidence("Enrolled"),
        now=NOW,
    )

    assert spravato.book(**asked).state == "active"


def test_everything_the_stories_need_can_be_prepared_at_once(spravato: World) -> None:
    ivy = make_patient(spravato.site, spravato.receptionist, "Ivy", "Poison", phone="+15550102077")
    course = spravato.book(ivy, protocol_code="esk_trd", start_on=dt.date(2026, 11, 30), preferred_minute=540)
    session = Session.objects.select_related("course__protocol").filter(course=course).order_by("number")[0]

    prepare_visit(prepare_visit(session))

    found = stored.gates_of_session(session, now=session.starts_at).gates
    assert [gate for gate in found if not gate.is_met] == []
    assert len(found) == 7
