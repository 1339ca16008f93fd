"""What each session is billed under and what pays for it, re-counted with every change, and how far it is used up."""

import datetime as dt
from typing import Any

import pytest

from scheduling.actions import attendance, authorizations, recount, setup, undoing
from scheduling.actions.authorizations import NewAuthorization
from scheduling.actions.setup import NewResource
from scheduling.domain.coverage import Grant, Visit, cover
from scheduling.domain.states import AuthorizationState
from scheduling.errors import Rejected
from scheduling.models import Authorization, Course, Session
from scheduling.queries.burn_down import Line, burn_down
from tests.factories import FIRST_DAY, NOW, World, cancel, prepare_visit
from tests.scheduling.test_makeups import again, choices, deliver, miss, row, take

TMS = ["90867", "90868", "90869"]


def grant(world: World, units: int = 36, **more: Any) -> int:
    facts: dict[str, Any] = {
        "payer": "Blue Shield",
        "number": "A-1",
        "state": AuthorizationState.APPROVED,
        "starts_on": dt.date(2026, 11, 20),
        "ends_on": dt.date(2027, 2, 28),
        "pools": [(TMS, units)],
    }
    return authorizations.add_authorization(
        request=world.request, patient=world.maria, authorization=NewAuthorization(**(facts | more)), now=NOW
    )


def change(world: World, authorization_id: int, **changed: Any) -> None:
    version = Authorization.objects.values_list("version", flat=True).get(pk=authorization_id)
    authorizations.change_authorization(
        request=world.request,
        patient=world.maria,
        authorization_id=authorization_id,
        version=version,
        now=NOW,
        **changed,
    )


def line(world: World, today: dt.date = FIRST_DAY) -> Line:
    [found] = burn_down(world.maria.pk, today=today)
    return found


def figures(world: World, today: dt.date = FIRST_DAY) -> tuple[int, int, int, str]:
    found = line(world, today)
    return found.used, found.booked, found.left, found.level


def codes(course: Course) -> list[str]:
    rows = Session.objects.filter(course=course, is_counted=True).order_by("starts_at")
    return list(rows.values_list("billing_code", flat=True))


@pytest.fixture
def course(world: World) -> Course:
    return world.book(counts={"acute": 10, "taper": 3})


def test_the_first_session_has_its_own_code_with_or_without_an_authorisation(course: Course) -> None:
    assert codes(course) == ["90867"] + ["90868"] * 12


def test_a_lost_first_session_gives_its_code_to_the_next_one_that_counts(world: World, course: Course) -> None:
    lost = miss(row(course, 1))

    assert codes(course)[0] == "90867"
    lost.refresh_from_db()
    assert (lost.billing_code, lost.authorization, lost.uncovered) == ("", None, "")


def test_an_authorisation_entered_later_covers_what_is_booked(world: World, course: Course) -> None:
    row_id = grant(world, units=12)

    rows = Session.objects.filter(course=course).order_by("number")
    assert [session.authorization_id for session in rows] == [row_id] * 12 + [None]
    assert rows[12].uncovered == "has no authorised unit left"


def test_a_cancellation_gives_its_unit_to_what_was_not_covered(world: World, course: Course) -> None:
    grant(world, units=12)
    fifth = row(course, 5)

    cancel(session_id=fifth.pk, version=1, reason="Ill", now=NOW, by=None)
    assert not Session.objects.filter(course=course, is_counted=True).exclude(uncovered="").exists()

    undoing.undo(session_id=fifth.pk, version=2, now=NOW, by=None)
    assert Session.objects.filter(course=course, is_counted=True).exclude(uncovered="").count() == 1


def test_a_make_up_past_the_last_day_is_named(world: World, course: Course) -> None:
    deliver(course, 4)
    last = Session.objects.filter(course=course).latest("day").day
    grant(world, ends_on=last - dt.timedelta(days=1))

    assert Session.objects.get(course=course, day=last).uncovered == f"falls after {_text(last - dt.timedelta(days=1))}"
    lost = miss(row(course, 5))
    offered = choices(lost)
    assert [choice.uncovered for choice in offered if choice.token] == [(13,), (13,), (13,)]


def _text(day: dt.date) -> str:
    return f"{day:%a %b} {day.day}"


def test_units_are_used_by_delivered_sessions_only(world: World, course: Course) -> None:
    grant(world, units=36)
    assert figures(world) == (0, 13, 36, "green")

    deliver(course, 4)
    miss(row(course, 5))

    assert figures(world) == (4, 8, 32, "green")


def test_at_ten_left_or_two_weeks_it_is_amber_and_uncovered_it_is_red(world: World, course: Course) -> None:
    row_id = grant(world, units=14)
    deliver(course, 4)

    assert figures(world) == (4, 9, 10, "amber")
    assert line(world).words == "10 of 14 left until Sun Feb 28, 9 of them booked."
    change(world, row_id, pools=[(TMS, 36)])
    assert figures(world)[3] == "green"
    assert line(world, dt.date(2027, 2, 14)).level == "amber"
    change(world, row_id, pools=[(TMS, 12)])
    assert figures(world)[3] == "red"
    assert line(world).words == "8 of 12 left until Sun Feb 28: 1 visit is not paid for."


def test_what_ran_out_still_pays_for_what_is_past(world: World, course: Course) -> None:
    row_id = grant(world)
    deliver(course, 4)
    later = dt.datetime(2027, 3, 5, tzinfo=dt.UTC)

    assert recount.recount_all(now=later) == 0

    assert Authorization.objects.get(pk=row_id).state == "expired"
    assert Session.objects.filter(course=course, authorization=row_id).count() == 13


def test_the_nightly_recount_mends_and_reports_what_differs(
    world: World, course: Course, caplog: pytest.LogCaptureFixture
) -> None:
    grant(world)
    Session.objects.filter(course=course, number=3).update(authorization=None, uncovered="wrong")

    assert recount.recount_all(now=NOW) == 1

    assert Session.objects.get(course=course, number=3).uncovered == ""
    assert "The nightly recount changed 1 sessions" in caplog.text


def test_an_extension_takes_over_where_the_first_ends(world: World, course: Course) -> None:
    first = grant(world, units=8)
    second = grant(world, units=10, number="A-2", ends_on=dt.date(2027, 3, 31))

    paid = Session.objects.filter(course=course).order_by("number").values_list("authorization_id", flat=True)

    assert list(paid) == [first] * 8 + [second] * 5


def test_a_course_no_authorisation_is_about_is_nobodys_debt(world: World) -> None:
    grant(world)
    other = world.visit()

    other.refresh_from_db()
    assert (other.authorization, other.uncovered) == (None, "")


def test_a_denied_answer_takes_the_cover_away_in_the_same_step(world: World, course: Course) -> None:
    row_id = grant(world)

    change(world, row_id, state=AuthorizationState.DENIED)

    assert not Session.objects.filter(course=course).exclude(authorization=None).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"pools": []},
        {"pools": [([], 3)]},
        {"unit": "week"},
        {"ends_on": dt.date(2026, 1, 1)},
        {"frequency": {"month": 3}},
        {"frequency": {"day": 0}},
    ],
)
def test_an_authorisation_that_makes_no_sense_is_refused(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        grant(world, **wrong)


# The dose decides.


def test_the_dose_decides_the_code_and_the_milligrams(world: World) -> None:
    setup.add_resources(
        site=world.site,
        resources=[
            NewResource("observation_chair", "Chair 1", "SPR"),
            NewResource("observer", "Nurse"),
            NewResource("observation_place", "Nurse, place 1"),
        ],
    )
    course = world.book(protocol_code="esk_trd", start_on=dt.date(2026, 11, 23), preferred_minute=600)
    assert codes(course)[:3] == ["G2082", "G2083", "G2083"]
    second = row(course, 2)

    attendance.arrive(session_id=prepare_visit(second).pk, version=1, now=second.starts_at, by=None)
    attendance.start(session_id=second.pk, version=2, now=second.starts_at, by=None, dose_mg=56)

    assert codes(course)[:4] == ["G2082", "G2082", "G2082", "G2082"]  # the next ones follow the latest dose


def test_milligrams_are_used_up_by_the_dose() -> None:
    found = cover(
        [Visit(FIRST_DAY, "J0013", 56), Visit(FIRST_DAY + dt.timedelta(days=3), "J0013", 84)],
        [Grant(1, FIRST_DAY, FIRST_DAY + dt.timedelta(days=30), ((frozenset({"J0013"}), 100),), "mg")],
    )

    assert (found.grants, found.reasons) == ((1, None), {1: "has no authorised unit left"})


def test_a_payer_may_limit_how_often() -> None:
    monday = dt.date(2026, 11, 23)
    visits = [Visit(monday + dt.timedelta(days=offset), "90868") for offset in range(5)]

    found = cover(visits, [Grant(1, monday, monday, ((frozenset({"90868"}), 36),))])
    weekly = cover(
        visits,
        [Grant(1, monday, monday + dt.timedelta(days=30), ((frozenset({"90868"}), 36),), per_week=3)],
    )

    assert found.grants == (1, None, None, None, None)
    assert (weekly.grants, weekly.reasons[3]) == ((1, 1, 1, None, None), "is more often than authorised")


def test_a_make_up_taken_is_counted_at_once(world: World, course: Course) -> None:
    grant(world, units=13)
    deliver(course, 4)
    lost = miss(row(course, 5))
    assert figures(world)[1] == 8

    take(world, lost, choices(again(lost))[1])

    assert figures(world)[1] == 9
