"""What somebody needs to come in a freed time: gates, a payer, notice; and a course that would begin there."""

import datetime as dt
import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from scheduling.actions import gates
from scheduling.domain.operations import GateKind, Urgency
from scheduling.models import Course, Prerequisite, Session, WaitlistEntry
from tests.factories import NOW, World
from tests.scheduling.freed import DAY, EARLY, HOUR, MINUTE, FreedDesk, load_protocol


@pytest.fixture
def desk(world: World) -> FreedDesk:
    return FreedDesk(world)


@pytest.fixture
def protocol(world: World, tmp_path: Path) -> Callable[..., str]:
    """Load a protocol of three a week on a device."""
    return functools.partial(load_protocol, tmp_path)


@pytest.fixture
def gone(desk: FreedDesk) -> Session:
    return desk.gone_on_a_tuesday()


# What must be there first.


def test_a_gate_of_the_course_that_is_not_there_stops_it_even_before_it_is_due(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    course = desk.on_other_days(protocol("asking", more="gates: [consent]"))
    entry = desk.standby(course, now=NOW)
    assert desk.why_not(gone, entry, now=EARLY) == ""
    consent = Prerequisite.objects.get(course=course, kind="consent")
    gates.withdraw_gate(request=desk.world.request, row_id=consent.pk, kind=GateKind.CONSENT, now=EARLY)

    assert desk.why_not(gone, entry, now=EARLY) == "Consent: missing"


def test_what_is_asked_anew_at_every_visit_does_not_stop_it(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    course = desk.on_other_days(protocol("rides", more="gates: [drug_on_hand]\nescort: ride"))

    assert desk.refused(gone, course) == ""


def test_evidence_that_runs_out_before_the_day_stops_it(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    course = desk.on_other_days(protocol("asking", more="gates: [consent]"))
    Prerequisite.objects.filter(course=course).update(valid_until=dt.date(2026, 11, 30))

    assert desk.refused(gone, course) == "Consent: good until Mon Nov 30 only"


def test_a_day_or_a_unit_nobody_pays_for_stops_it(desk: FreedDesk, gone: Session, protocol: Callable[..., str]) -> None:
    code = protocol("billed", more='billing: {first: "99999", other: "99999"}')
    late, often = desk.on_other_days(code), desk.on_other_days(code, preferred_minute=600)
    desk.authorize(late.patient, ["99999"], 6, starts_on=dt.date(2026, 12, 2))
    desk.authorize(often.patient, ["99999"], 6, frequency={"week": 2})
    paid = desk.on_other_days(code, preferred_minute=660)
    desk.authorize(paid.patient, ["99999"], 6)

    assert "3 of them fall before Wed Dec 2" in desk.refused(gone, late)
    assert desk.refused(gone, paid) == ""
    assert "is more often than authorised" in Session.objects.get(course=often, number=4).uncovered


# Notice.


@pytest.mark.parametrize(
    ("modality", "more", "way", "notice"),
    [
        ("tms", "", 0, 45 * MINUTE),
        ("tms", "", 90, 90 * MINUTE),
        ("psychotherapy", "", 0, 45 * MINUTE),
        ("esketamine", "fasting: {food_hours: 2, fluid_hours: 0.5}", 60, 4 * HOUR),
        ("esketamine", "fasting: {food_hours: 2, fluid_hours: 0.5}", 180, 5 * HOUR),
        ("ketamine_iv", "fasting: {food_hours: 4, fluid_hours: 4}", 60, 18 * HOUR),
        ("ect", "", 0, 18 * HOUR),
        ("tms", "refill_lead_minutes: 600", 0, 600 * MINUTE),
        ("tms", "refill_lead_minutes: 0", 20, 20 * MINUTE),
    ],
)
def test_notice_depends_on_the_treatment_and_on_the_way(
    desk: FreedDesk,
    gone: Session,
    protocol: Callable[..., str],
    modality: str,
    more: str,
    way: int,
    notice: dt.timedelta,
) -> None:
    course = desk.on_other_days(protocol("notice", modality=modality, more=more))
    entry = desk.standby(course, now=NOW, lead_minutes=way)

    assert desk.why_not(gone, entry, now=gone.starts_at - notice) == ""
    assert "of notice" in desk.why_not(gone, entry, now=gone.starts_at - notice + MINUTE)


def test_who_may_not_eat_from_midnight_is_asked_before_it(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    more = "fasting: midnight\nrefill_lead_minutes: 60"
    entry = desk.standby(desk.on_other_days(protocol("night", modality="ect", more=more)), now=NOW)
    midnight = gone.starts_at - 8 * HOUR - 30 * MINUTE

    assert desk.why_not(gone, entry, now=midnight) == ""
    assert desk.why_not(gone, entry, now=midnight + MINUTE) == "nothing may be eaten from midnight, and it is past that"


def test_nobody_is_put_on_a_list_that_has_gone_out(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    course = desk.on_other_days(protocol("listed", more='list_frozen_at: "16:30"'))
    entry = desk.standby(course, now=NOW)
    frozen = dt.datetime(2026, 11, 30, 21, 30, tzinfo=dt.UTC)

    assert desk.why_not(gone, entry, now=frozen - MINUTE) == ""
    assert desk.why_not(gone, entry, now=frozen).startswith("not allowed, the list of Tue Dec 1 is frozen")


# A course that has not begun.


def test_a_whole_course_is_planned_from_the_freed_time(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    entry = desk.waiting(protocol=protocol("loose", first_minutes=30), now=NOW)

    [found] = desk.found(gone, now=EARLY).candidates

    assert (found.entry, found.why) == (entry, "waits 11 days")
    assert found.fit.proposal
    first, *rest = found.fit.proposal.plan.sessions
    assert (first.day, first.minute, first.uses[0].resource_id) == (gone.day, 510, desk.device().pk)
    assert [session.minute for session in rest] == [510] * 5


def test_a_first_visit_does_not_fit_a_shorter_hole(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    entry = desk.waiting(protocol=protocol("loose"), now=NOW)
    assert desk.why_not(gone, entry, now=EARLY) == ""  # an hour is free, for nobody comes at nine
    desk.course(counts={"acute": 1, "taper": 0}, start_on=gone.day, preferred_minute=540, now=NOW)

    assert desk.why_not(gone, entry, now=EARLY) == "the course can't begin there and keep every rule"


def test_a_course_begins_only_on_the_device_that_is_free(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    """Two other devices are free then; the freed one is taken half an hour later."""
    desk.course(counts={"acute": 1, "taper": 0}, start_on=gone.day, preferred_minute=540, now=NOW)
    entry = desk.waiting(protocol=protocol("loose"), now=NOW)

    assert desk.why_not(gone, entry, now=EARLY) == "the course can't begin there and keep every rule"


def test_what_outlives_a_course_must_be_there_and_what_is_shown_for_it_still_possible(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    code = protocol("asking", more="gates: [consult, {kind: consent, due_days: 1}]")
    waiting, unseen = desk.waiting(protocol=code), desk.waiting(protocol=code)
    Prerequisite.objects.filter(patient=unseen.patient, kind="consult").update(withdrawn_at=NOW)
    due = dt.datetime(2026, 11, 30, 20, 0, tzinfo=dt.UTC)  # Monday, 3pm

    assert desk.why_not(gone, waiting, now=due - MINUTE) == ""
    assert desk.why_not(gone, waiting, now=due) == "Consent: missing"
    assert desk.why_not(gone, unseen, now=due - MINUTE) == "Consult: missing"


def test_whose_course_is_booked_or_held_waits_for_nothing(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    code = protocol("loose")
    entry = desk.waiting(protocol=code)
    held = desk.on_other_days(code, patient=entry.patient)
    Course.objects.filter(pk=held.pk).update(state="draft", held_until=EARLY + 8 * DAY)

    assert desk.why_not(gone, entry, now=EARLY) == "times are booked or held already"


def test_the_days_and_the_payer_of_a_new_course_are_kept(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    code = protocol("billed", more='billing: {first: "99999", other: "99999"}', first_minutes=30)
    on_tuesdays = desk.waiting(protocol=code, weekdays=[2, 4])
    unpaid = desk.waiting(protocol=code, urgency=Urgency.SOON)
    desk.authorize(unpaid.patient, ["99999"], 6, ends_on=dt.date(2026, 11, 30))

    found = desk.found(gone, now=EARLY)

    [candidate] = found.candidates
    assert candidate.entry == on_tuesdays
    assert candidate.fit.proposal
    assert {session.day.isoweekday() for session in candidate.fit.proposal.plan.sessions} == {2, 4}
    assert [each.entry for each in found.others] == [unpaid]


# The list.


def test_people_who_are_gone_and_courses_that_ended_are_not_looked_at(
    desk: FreedDesk, gone: Session, protocol: Callable[..., str]
) -> None:
    code = protocol("loose")
    ended, inactive = (desk.standby(desk.on_other_days(code, preferred_minute=m), now=NOW) for m in (600, 780))
    assert ended.course_id
    Course.objects.filter(pk=ended.course_id).update(state="discontinued", end_reason="other")
    inactive.patient.state = "inactive"
    inactive.patient.save()

    found = desk.found(gone, now=EARLY)

    assert (found.candidates, found.others) == ((), ())


def test_another_site_is_not_asked(desk: FreedDesk, gone: Session, protocol: Callable[..., str]) -> None:
    there = FreedDesk(desk.world)
    entry = there.standby(desk.on_other_days(protocol("loose")), now=NOW)
    WaitlistEntry.objects.filter(pk=entry.pk).update(site=desk.world.other_site)

    assert desk.found(gone, now=EARLY).candidates == ()
