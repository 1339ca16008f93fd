"""What is shown for a gate: recorded once, replaced, withdrawn, and never told to the wrong place; what payers say."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clinic.actions import Request
from clinic.models import AuditEntry
from patients import life_actions
from patients.domain.clinical import RelatedRole
from patients.models import RelatedPerson
from scheduling.actions import cancelling, course_states, gates
from scheduling.actions.gates import Evidence, Whose
from scheduling.domain.gate_kinds import GATES, GateScope
from scheduling.domain.operations import GateKind
from scheduling.domain.states import CancelledBy, EndReason
from scheduling.errors import Conflict, IllegalMove, NotFound, Rejected, Stale
from scheduling.models import Course, CourseEvent, Prerequisite, Session
from scheduling.queries import gates as stored
from scheduling.queries import history
from tests.factories import NOW, World
from tests.scheduling.gatehouse import LISTED, Gatehouse, make_gatehouse, move_first

K = GateKind
DAY = dt.timedelta(days=1)
SECRET = "Poison Ivy, +15550109999"
of_scope = {scope: [kind for kind in LISTED if GATES[kind].scope is scope] for scope in GateScope}


@pytest.fixture
def house(world: World, tmp_path: Path) -> Gatehouse:
    return make_gatehouse(world, tmp_path)


# Recording.


def test_the_same_recorded_again_is_one_row_and_another_persons_is_refused_with_who_did_it(house: Gatehouse) -> None:
    for _again in range(2):
        house.record(K.CONSENT, text="Signed")
    with pytest.raises(Conflict, match=r"^Rosa recorded this at 9am on Mon Nov 16\. Look at it first\.$") as refusal:
        house.record(K.CONSENT, text="Signed", by=house.world.technician)

    assert (refusal.value.status, refusal.value.code) == (409, "already_recorded")
    assert Prerequisite.objects.filter(kind=K.CONSENT).count() == 1
    assert CourseEvent.objects.filter(kind="gate_met").count() == 1


def test_what_was_read_is_replaced_and_kept_as_withdrawn(house: Gatehouse) -> None:
    house.record(K.ESCORT, text="Sister, 555 0100", is_confirmed=False)
    seen = Prerequisite.objects.get()

    house.record(K.ESCORT, text="Sister, 555 0100", replaces=seen.pk, by=house.world.technician)

    old, new = Prerequisite.objects.order_by("pk")
    assert (old.withdrawn_by, new.withdrawn_by, new.is_confirmed) == (house.world.technician, None, True)
    with pytest.raises(Conflict, match=r"^Tess recorded this"):
        house.record(K.ESCORT, text="Brother", replaces=seen.pk)


def test_a_request_with_a_key_is_carried_out_once(house: Gatehouse) -> None:
    asked: dict[str, Any] = {
        "request": Request(user=house.world.receptionist, key="click"),
        "whose": house.whose(K.CONSENT),
        "kind": K.CONSENT,
        "evidence": Evidence("Signed"),
        "now": NOW,
    }

    first, again = gates.record_gate(**asked), gates.record_gate(**asked)

    assert (first, again) == ((house.course.pk, False), (house.course.pk, True))


def test_a_ride_is_not_recorded_for_a_time_the_visit_was_moved_from(house: Gatehouse) -> None:
    read = house.first.timing_version
    move_first(house, 1)

    with pytest.raises(Stale):
        house.record(K.RIDE, whose=Whose(session_id=house.first.pk, timing=read))

    assert Prerequisite.objects.count() == 0


def test_who_takes_the_patient_home_is_a_person_beside_the_patient(house: Gatehouse) -> None:
    add = life_actions.add_related_person
    mine = add(
        request=house.world.request,
        patient=house.world.maria,
        role=RelatedRole.ESCORT,
        name="Ivy",
        phone="(555) 010-9999",
        now=NOW,
    )
    theirs = RelatedPerson.objects.create(patient=house.world.daniel, role="escort", name="Somebody")

    house.record(K.ESCORT, person_id=mine, text="")
    with pytest.raises(NotFound):
        house.record(K.RIDE, person_id=theirs.pk)
    with pytest.raises(Rejected, match=r"Say who takes the patient home: a name and a phone\."):
        house.record(K.RIDE, text="  ")

    assert Prerequisite.objects.get().person_id == mine


@pytest.mark.parametrize(
    ("kind", "until", "words"),
    [
        (K.CONSENT, NOW.date() - DAY, "That has expired already."),
        (K.CONSENT, NOW.date() + 183 * DAY, "Consent is good for 182 days at the most, until Mon May 17."),
        (
            K.PREOP_CLEARANCE,
            NOW.date() + 31 * DAY,
            "Pre-op clearance is good for 30 days at the most, until Wed Dec 16.",
        ),
    ],
)
def test_a_last_day_is_ahead_and_within_what_the_protocol_allows(
    house: Gatehouse, kind: GateKind, until: dt.date, words: str
) -> None:
    with pytest.raises(Rejected) as refusal:
        house.record(kind, valid_until=until)

    assert (str(refusal.value), list(refusal.value.fields)) == (words, ["valid_until"])


def test_fasting_is_asked_on_the_day_and_both_times_are_said(house: Gatehouse) -> None:
    with pytest.raises(Rejected, match=r"This is asked when the patient arrives, on Tue Nov 24\."):
        house.record(K.FASTING, now=house.at_the_door - DAY)
    for missing in ("ate", "drank"):
        with pytest.raises(Rejected, match=f"Say when the patient last {missing}") as refusal:
            house.record(K.FASTING, **{f"{missing}_minute": None})
        assert list(refusal.value.fields) == [missing]


def test_a_time_still_to_come_was_yesterday(house: Gatehouse) -> None:
    house.record(K.FASTING, ate_minute=19 * 60, drank_minute=6 * 60)

    row = Prerequisite.objects.get()
    assert row.ate_at == dt.datetime(2026, 11, 24, 0, 0, tzinfo=dt.UTC)  # Monday, 7pm in New York
    assert row.drank_at == dt.datetime(2026, 11, 24, 11, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("kind", "whose", "code"),
    [
        (K.RIDE, "course", "needs_visit"),
        (K.FASTING, "course", "needs_visit"),
        (K.CONSENT, "patient", "needs_course"),
        (K.RIDE, "patient", "needs_course"),
    ],
)
def test_what_is_asked_for_more_than_was_named_is_refused(
    house: Gatehouse, kind: GateKind, whose: str, code: str
) -> None:
    named = Whose(course_id=house.course.pk) if whose == "course" else Whose(patient_id=house.world.maria.pk)

    with pytest.raises(Rejected) as refusal:
        house.record(kind, whose=named)

    assert (refusal.value.code, Prerequisite.objects.count()) == (code, 0)


def test_what_the_protocol_does_not_ask_for_is_not_recorded(world: World) -> None:
    course = world.book()

    for kind in (K.RIDE, K.MONITORING_FORM, K.REMS_ENROLLMENT):
        with pytest.raises(Rejected, match="does not ask for that"):
            gates.record_gate(
                request=world.request,
                whose=Whose(course_id=course.pk),
                kind=kind,
                evidence=Evidence("Seen"),
                now=NOW,
            )


@pytest.mark.parametrize("verb", ["record", "pass_by_hand"])
def test_of_a_visit_that_is_over_and_of_a_course_that_ended_nothing_is_asked(house: Gatehouse, verb: str) -> None:
    act: Callable[..., None] = getattr(house, verb)
    row = house.first
    cancelling.cancel_sessions(
        request=house.world.request,
        session_id=row.pk,
        version=row.version,
        reason="Ill",
        by_whom=CancelledBy.PATIENT,
        now=NOW,
    )
    with pytest.raises(IllegalMove, match=r"This visit is cancelled\. This is not asked for now\."):
        act(K.RIDE, whose=Whose(session_id=row.pk))
    version = Course.objects.get(pk=house.course.pk).version
    course_states.discontinue_course(
        request=house.world.request,
        course_id=house.course.pk,
        version=version,
        reason=EndReason.WITHDREW,
        note="",
        now=NOW,
    )
    with pytest.raises(IllegalMove, match="This course has ended"):
        act(K.CONSENT)


def test_what_is_not_there_is_not_found(house: Gatehouse) -> None:
    for whose in (Whose(session_id=10**6), Whose(course_id=10**6)):
        with pytest.raises(NotFound):
            house.record(K.CONSENT, whose=whose)
    house.record(K.CONSENT)
    row = Prerequisite.objects.get()
    with pytest.raises(NotFound):
        gates.withdraw_gate(request=house.world.request, row_id=row.pk, kind=K.RIDE, now=NOW)


def test_a_word_needs_a_reason_and_somebody_elses_word_stands(house: Gatehouse) -> None:
    with pytest.raises(Rejected, match="Say why it may be passed"):
        house.pass_by_hand(K.CONSENT, reason="  ")
    for _again in range(2):
        house.pass_by_hand(K.CONSENT, reason="Signed by fax")
    with pytest.raises(Conflict, match=r"^Rosa recorded this"):
        gates.pass_gate(
            request=Request(user=house.world.technician),
            whose=house.whose(K.CONSENT),
            kind=K.CONSENT,
            reason="Me too",
            now=NOW,
        )
    with pytest.raises(Rejected, match="Only what a course or a visit asks for"):
        house.pass_by_hand(K.MONITORING_FORM, whose=Whose(session_id=house.first.pk))

    assert Prerequisite.objects.get().reason == "Signed by fax"


def test_withdrawing_twice_is_once_and_somebody_elses_is_said(house: Gatehouse) -> None:
    house.record(K.CONSENT)
    for _again in range(2):
        house.withdraw(K.CONSENT)
    with pytest.raises(Conflict, match=r"^Rosa withdrew this at 9am on Mon Nov 16\.$"):
        house.withdraw(K.CONSENT, by=house.world.technician)

    assert CourseEvent.objects.filter(kind="gate_withdrawn").count() == 1


@pytest.mark.parametrize("level", ["patient", "course", "session"])
def test_the_database_keeps_one_row_in_force(house: Gatehouse, level: str) -> None:
    row: dict[str, Any] = {"patient": house.world.maria, "kind": K.CONSENT, "at": NOW}
    if level != "patient":
        row["course"] = house.course
    if level == "session":
        row |= {"session": house.first, "starts_at": house.first.starts_at}
    Prerequisite.objects.create(**row)
    Prerequisite.objects.create(**row, is_override=True, reason="So")

    with pytest.raises(IntegrityError), transaction.atomic():
        Prerequisite.objects.create(**row)


# What is said about it, and what is not.


def test_the_history_names_the_gate_and_the_visit_and_never_what_was_shown(house: Gatehouse) -> None:
    later = [NOW + dt.timedelta(minutes=minutes) for minutes in (1, 2, 3)]
    house.record(K.CONSENT, text=SECRET)
    house.record(K.RIDE, text=SECRET, now=later[0])
    house.withdraw(K.RIDE, now=later[1])
    house.pass_by_hand(K.RIDE, reason="A nurse drives", now=later[2])

    lines = [(row.text, row.reason) for row in history.history_of(house.course) if row.kind.startswith("gate_")]

    assert lines == [
        ("Ride home was passed by hand, for Tue Nov 24", "A nurse drives"),
        ("Ride home was withdrawn, for Tue Nov 24", ""),
        ("Ride home is there, for Tue Nov 24", ""),
        ("Consent is there", ""),
    ]
    data = list(CourseEvent.objects.values_list("data", flat=True))
    assert SECRET not in str(data)
    assert {key for each in data for key in each if "gate" in each} == {"gate", "session", "day"}


def test_every_step_is_in_the_audit_log_and_no_row_says_a_name_of_itself(house: Gatehouse) -> None:
    house.record(K.RIDE, text=SECRET)
    house.withdraw(K.RIDE)
    house.pass_by_hand(K.CONSENT)

    entries = AuditEntry.objects.filter(action__startswith="gate.").order_by("pk")
    assert list(entries.values_list("action", "patient_id", "object_type")) == [
        ("gate.met", house.world.maria.pk, "gate"),
        ("gate.withdrawn", house.world.maria.pk, "gate"),
        ("gate.passed", house.world.maria.pk, "gate"),
    ]
    assert {str(row) for row in Prerequisite.objects.all()} == {
        f"Prerequisite {pk}" for pk in Prerequisite.objects.values_list("pk", flat=True)
    }


def test_recording_a_gate_leaves_the_course_and_its_visits_as_they_were(house: Gatehouse) -> None:
    before = list(Session.objects.order_by("pk").values()), list(Course.objects.values())

    for kind in LISTED:
        house.record(kind)

    assert (list(Session.objects.order_by("pk").values()), list(Course.objects.values())) == before


@pytest.mark.parametrize("count", [1, 3])
def test_gates_cost_the_same_six_statements_whatever_their_number(house: Gatehouse, count: int) -> None:
    for kind in LISTED:
        house.record(kind)
    other = house.world.book(house.world.daniel, preferred_minute=600)
    rows = Session.objects.filter(course__in=[house.course, other]).select_related("course").order_by("number", "pk")
    meant = list(rows)[: 2 * count]

    with CaptureQueriesContext(connection) as statements:
        found = stored.gates_of_sessions(meant, now=NOW)

    assert len(found) == len(meant)
    assert len(statements) == 6


def test_no_visit_no_statement(db: None) -> None:
    with CaptureQueriesContext(connection) as statements:
        assert stored.gates_of_sessions([], now=NOW) == {}

    assert len(statements) == 0


def test_if_a_visit_were_at_another_time_only_what_is_not_asked_anew_counts(house: Gatehouse) -> None:
    for kind in LISTED:
        house.record(kind, valid_until=NOW.date() + 10 * DAY)
    row = house.first

    soon = stored.gates_if_moved([row], row.starts_at + DAY, now=NOW)[row.pk].gates
    late = stored.gates_if_moved([row], row.starts_at + 14 * DAY, now=NOW)[row.pk].gates

    asked = {*of_scope[GateScope.PATIENT], *of_scope[GateScope.COURSE]}
    assert {gate.kind for gate in soon} == {gate.kind for gate in late} == asked
    assert all(gate.is_met for gate in soon)
    assert not any(gate.is_met for gate in late)
