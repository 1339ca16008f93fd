"""What lacks before visits: asked when it is due, once, with the day it must be there; and forms after visits (Q19)."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from scheduling.actions import authorizations, gates, holds
from scheduling.actions.authorizations import NewAuthorization
from scheduling.actions.gates import Evidence, Whose
from scheduling.domain.gate_kinds import GATES, NAMED
from scheduling.domain.gates import unmet
from scheduling.domain.operations import GateKind
from scheduling.domain.states import AuthorizationState
from scheduling.models import Course, Prerequisite, Session
from tests.attention.desk import DAY, HOUR, Desk, deliver, nth
from tests.factories import FIRST_DAY, NOW, World, prepare_visit
from tests.scheduling.gatehouse import LISTED, Gatehouse, make_gatehouse, move_first

K = GateKind
MINUTE = dt.timedelta(minutes=1)
EVE = dt.datetime(2026, 11, 23, 20, tzinfo=dt.UTC)  # Monday, 3pm in New York: the first visit is tomorrow at nine
# The third, the second and the last working day before that.
DUE = {3: "2026-11-19T15:00:00-05:00", 2: "2026-11-20T15:00:00-05:00", 1: "2026-11-23T15:00:00-05:00"}
NINE = "2026-11-24T09:00:00-05:00"


@pytest.fixture
def house(world: World, tmp_path: Path) -> Gatehouse:
    return make_gatehouse(world, tmp_path)


def take_place(house: Gatehouse, *numbers: int) -> None:
    """Let visits take place of a course that lacks nothing."""
    deliver([house.visit(number) for number in numbers])


def instant(words: str) -> dt.datetime:
    return dt.datetime.fromisoformat(words)


def titles(desk: Desk, now: dt.datetime, kind: str) -> list[str]:
    return [item["title"] for item in desk.items(now, kind=kind)]


def document(desk: Desk, now: dt.datetime) -> list[tuple[str, str]]:
    return [(item["title"], item["detail"]) for item in desk.items(now, kind="document_due")]


@pytest.mark.parametrize("kind", [kind for kind in LISTED if kind not in NAMED])
def test_what_lacks_is_asked_once_it_is_due_until_it_is_there(desk: Desk, house: Gatehouse, kind: GateKind) -> None:
    house.record_all(but=kind)
    due = instant(DUE[GATES[kind].due_days or 0])

    before, then = titles(desk, due - MINUTE, "gate_due"), desk.items(due, kind="gate_due")
    house.record(kind, now=due)

    [item] = then
    name = GATES[kind].name
    said = name if name.startswith("REMS") else name.lower()
    assert (before, item["title"]) == ([], f"Before the first visit: {said}")
    assert item["detail"] == f"Tue Nov 24, 9am. {name}: missing."
    assert (instant(item["since"]), item["deadline"]) == (due, NINE)
    assert item["action"]["path"] == f"/api/v1/courses/{house.course.pk}/gates/"
    assert titles(desk, due, "gate_due") == []


@pytest.mark.parametrize("kind", sorted(NAMED))
def test_who_takes_the_patient_home_has_an_item_of_its_own(desk: Desk, house: Gatehouse, kind: GateKind) -> None:
    house.record_all(but=kind)

    before, [item] = desk.kinds(EVE - MINUTE), desk.items(EVE)
    house.record(kind, text="Ana Poison, +15550666", is_confirmed=False)
    [named] = desk.items(EVE)
    house.record(kind, replaces=Prerequisite.objects.latest("pk").pk)

    name = GATES[kind].name
    assert (before, item["kind"], item["title"]) == ([], "ride_not_confirmed", f"{name} not confirmed")
    assert item["detail"] == "Tue Nov 24, 9am: nobody named. Call, and record who comes."
    assert named["detail"] == "Tue Nov 24, 9am: named, not confirmed. Call, and record who comes."
    assert (item["severity"], item["since"], item["deadline"]) == ("high", DUE[1], NINE)
    assert desk.kinds(EVE) == []


def test_all_that_lacks_is_one_item_that_grows_and_hurries(desk: Desk, house: Gatehouse) -> None:
    house.record_all()
    Prerequisite.objects.filter(kind__in=[K.SCREENING, K.REMS_ENROLLMENT, K.CONSENT]).delete()
    at = [instant(DUE[days]) for days in (3, 2, 1)]

    found = [desk.items(now, kind="gate_due") for now in at]

    assert [[(item["title"], item["severity"]) for item in each] for each in found] == [
        [("Before the first visit: screening", "medium")],
        [("Before the first visit: screening and REMS enrolment", "medium")],
        [("Before the first visit: screening, consent and REMS enrolment", "high")],
    ]
    assert len({item["key"] for each in found for item in each}) == 1
    assert {item["since"] for each in found for item in each} == {DUE[3]}


def test_weekends_and_closed_days_are_no_days_to_ask_on(desk: Desk, house: Gatehouse) -> None:
    house.record_all()
    move_first(house, 3)  # Friday, November 27; Thursday is Thanksgiving
    due = instant("2026-11-24T15:00:00-05:00")  # two working days before

    assert [titles(desk, now, "gate_due") for now in (due - MINUTE, due)] == [
        [],
        ["Before the first visit: drug on hand"],
    ]


def test_a_patient_who_stands_there_is_still_asked_about(desk: Desk, house: Gatehouse) -> None:
    house.record_all(but=K.CONSENT)
    house.arrive()

    assert "gate_due" in desk.kinds(house.first.starts_at + 30 * MINUTE)


def test_who_may_passes_it_and_the_item_is_gone(desk: Desk, house: Gatehouse) -> None:
    house.record_all(but=K.CONSENT)

    house.pass_by_hand(K.CONSENT)

    assert desk.kinds(EVE) == []


def test_a_visit_that_begins_asks_for_the_next(desk: Desk, house: Gatehouse) -> None:
    house.record_all()
    house.arrive()
    house.start()
    house.complete()
    later = instant("2026-11-30T15:00:00-05:00")  # the eve of the second

    found = [item for item in desk.items(later) if item["kind"] in ("gate_due", "ride_not_confirmed")]

    second = house.visit(2).pk
    assert [(item["title"], item["session"]) for item in found] == [
        ("Before the next visit: drug on hand", second),
        ("Escort not confirmed", second),
        ("Ride home not confirmed", second),
    ]


def test_a_moved_visit_asks_who_drives_at_its_new_time(desk: Desk, house: Gatehouse) -> None:
    house.record_all(but=K.RIDE)
    [key] = desk.keys(EVE, "ride_not_confirmed")
    desk.answer(EVE, key, "done")  # somebody comes for her at nine on Tuesday
    move_first(house, 1)

    found = desk.keys(EVE + DAY, "ride_not_confirmed")

    assert len(found) == 2  # she and the escort
    assert key not in found


def ask_payer(desk: Desk, house: Gatehouse, state: AuthorizationState, units: int) -> None:
    pools = [(["96365", "96366"], units)]
    new = NewAuthorization("Acme", "A1", state, FIRST_DAY, FIRST_DAY + 90 * DAY, pools)
    authorizations.add_authorization(request=desk.request, patient=house.world.maria, authorization=new, now=NOW)


def test_what_a_payer_has_not_answered_is_said_in_words(desk: Desk, house: Gatehouse) -> None:
    house.record_all(but=K.AUTHORIZATION)

    ask_payer(desk, house, AuthorizationState.SUBMITTED, units=3)

    [item] = desk.items(EVE)
    assert (item["kind"], item["detail"]) == (
        "gate_due",
        "Tue Nov 24, 9am. Authorisation: submitted, no answer yet.",
    )


def test_a_visit_that_is_not_covered_has_an_item_of_its_own_and_one_is_enough(desk: Desk, house: Gatehouse) -> None:
    house.record_all(but=K.AUTHORIZATION)
    ask_payer(desk, house, AuthorizationState.APPROVED, units=1)
    take_place(house, 1)
    second = house.visit(2)
    prepare_visit(second)

    items = desk.items(second.starts_at - HOUR)

    assert [gate.kind for gate in unmet(house.standing(now=second.starts_at, number=2).gates)] == [K.AUTHORIZATION]
    assert [item["kind"] for item in items] == ["authorization_short", "document_due"]


def test_a_document_is_asked_for_anew_a_week_before_the_visit_that_outlives_it(desk: Desk, house: Gatehouse) -> None:
    house.record_all(but=K.PREOP_CLEARANCE)
    house.record(K.PREOP_CLEARANCE, valid_until=FIRST_DAY + DAY)  # the second visit is on Tuesday after
    week_ahead = instant("2026-11-24T00:00:00-05:00")

    before, [item] = document(desk, week_ahead - MINUTE), desk.items(week_ahead, kind="document_due")
    seen = Prerequisite.objects.get(kind=K.PREOP_CLEARANCE)
    house.record(K.PREOP_CLEARANCE, replaces=seen.pk)  # for thirty days

    assert (before, item["title"]) == ([], "Pre-op clearance is good until Wed Nov 25")
    assert item["detail"] == "The visit on Tue Dec 1, 9am needs it anew."
    assert (item["severity"], item["deadline"]) == ("medium", "2026-12-01T09:00:00-05:00")
    assert document(desk, week_ahead) == []


def test_a_document_that_has_run_out_is_said_once(desk: Desk, house: Gatehouse) -> None:
    house.record_all(but=K.CONSENT)
    house.record(K.CONSENT, valid_until=FIRST_DAY - DAY)

    items = desk.items(EVE)

    assert [(item["kind"], item["title"], item["severity"]) for item in items] == [
        ("document_due", "Consent is good until Mon Nov 23", "high")
    ]


def filed(desk: Desk, session: Session, now: dt.datetime) -> None:
    gates.record_gate(
        request=desk.request,
        whose=Whose(session_id=session.pk),
        kind=K.MONITORING_FORM,
        evidence=Evidence("Filed"),
        now=now,
    )


def test_a_form_is_due_seven_days_after_its_visit_weekends_counted(desk: Desk, house: Gatehouse) -> None:
    house.record_all()
    first = house.first
    take_place(house, 1)

    [item] = desk.items(first.ends_at + HOUR, kind="document_due")

    assert (item["title"], item["detail"]) == (
        "A form is due by Tue Dec 1",
        "For the visit of Tue Nov 24: within 7 days, weekends counted.",
    )
    assert (item["since"], item["deadline"]) == ("2026-11-24T09:30:00-05:00", "2026-12-02T00:00:00-05:00")
    assert item["action"]["path"] == f"/api/v1/sessions/{first.pk}/gates/monitoring_form/"


@pytest.mark.parametrize(
    ("at", "severity"),
    [
        ("2026-11-29T23:59:00-05:00", "low"),
        ("2026-11-30T00:00:00-05:00", "high"),
        ("2026-12-20T09:00:00-05:00", "high"),
    ],
)
def test_a_form_hurries_in_its_last_two_days_and_never_goes_by_itself(
    desk: Desk, house: Gatehouse, at: str, severity: str
) -> None:
    house.record_all()
    take_place(house, 1)

    [item] = [each for each in desk.items(instant(at), kind="document_due") if "form" in each["title"]]

    assert item["severity"] == severity


def test_each_visit_has_a_form_of_its_own(desk: Desk, house: Gatehouse) -> None:
    house.record_all()
    take_place(house, 1, 2)
    second = house.visit(2)

    filed(desk, second, second.ends_at)

    assert [title for title, _detail in document(desk, second.ends_at)] == ["A form is due by Tue Dec 1"]


def test_a_visit_that_did_not_take_place_asks_for_no_form(desk: Desk, house: Gatehouse) -> None:
    desk.cancel(house.first, now=NOW + HOUR)

    assert document(desk, house.visit(1).starts_at) == []


def hold(desk: Desk, house: Gatehouse) -> Course:
    """Hold a second course of the same kind, for somebody who lacks nothing but what is asked anew at every visit."""
    house.record_all()
    wish: dict[str, Any] = {"protocol_code": "everything", "preferred_minute": 600, "start_on": FIRST_DAY + 14 * DAY}
    return desk.book(held_until=NOW + 10 * DAY, **wish)


def test_held_times_are_ready_when_all_that_is_asked_of_a_course_is_there(desk: Desk, house: Gatehouse) -> None:
    course = hold(desk, house)

    [item] = desk.items(NOW + HOUR, kind="hold_ready")
    answer = desk.api.post(item["action"]["path"].removeprefix("/api/v1/"))

    assert (item["title"], item["detail"]) == (
        "Ready to book: everything is there",
        "3 times are held until Thu Nov 26, 9am.",
    )
    assert (answer.status_code, Course.objects.get(pk=course.pk).state) == (200, "active")
    assert desk.keys(NOW + HOUR, "hold_ready") == []


def test_held_times_that_lack_something_are_not_ready_and_say_what_once_it_is_due(desk: Desk, house: Gatehouse) -> None:
    course = hold(desk, house)
    Prerequisite.objects.filter(course=course, kind=K.CONSENT).delete()
    Course.objects.filter(pk=course.pk).update(held_until=NOW + 30 * DAY)
    first = nth(course, 1)[0]
    due = first.starts_at - DAY + 5 * HOUR  # 3pm on the day before

    early, found = desk.items(NOW + HOUR, kind="hold_ready"), desk.items(due, kind="gate_due")

    assert (early, desk.keys(due, "hold_ready")) == ([], [])
    [item] = [each for each in found if each["session"] == first.pk]
    assert item["title"] == "Before the first visit: consent"
    assert item["detail"] == "Held for Tue Dec 8, 10am. Consent: missing."


def test_held_times_about_to_go_back_are_one_item(desk: Desk, house: Gatehouse) -> None:
    hold(desk, house)

    assert [item["kind"] for item in desk.items(NOW + 9 * DAY) if item["kind"].startswith("hold")] == ["hold_ending"]


def test_times_given_back_lack_nothing(desk: Desk, house: Gatehouse) -> None:
    course = hold(desk, house)

    holds.release_hold(request=desk.request, course_id=course.pk, reason="Denied", now=NOW + HOUR)

    assert [item["kind"] for item in desk.items(NOW + HOUR) if item["kind"].startswith(("hold", "gate"))] == []
