"""What happens on the day, what the clock finds, and what people say about it afterwards."""

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from scheduling.actions import attendance, extending, misses, recount
from scheduling.domain.states import CancelledBy, Scope, StoppedEarly, TurnedAway
from tests.factories import worker_lives
from tests.scheduling.living import gating
from tests.scheduling.living.actions import PICK, UNDER_WAY, action, ahead, begun, due, having, overdue, pick
from tests.scheduling.living.picture import Row
from tests.scheduling.living.planning import BY_WHOM, cancel
from tests.scheduling.living.steps import ZONE, Steps


@action("arrive", due, number=PICK)
def arrive(steps: Steps, number: int) -> None:
    _attend(steps, "arrive", attendance.arrive, pick(due(steps), number), must=True)


@action(
    "start",
    having("arrived"),
    number=PICK,
    dose=st.sampled_from([None, 56, 84]),
    is_careful=st.sampled_from([True, True, True, False]),
)
def start(steps: Steps, number: int, dose: int | None, is_careful: bool) -> None:
    rows = steps.sessions({"arrived"})
    ready = [each for each in rows if not gating.lacking(steps, each)]
    row = pick(ready if ready and is_careful else rows, number)
    given = dose if "doses" in _definition(steps, row).get("billing", {}) else None
    _attend(steps, "start", attendance.start, row, must=row in ready, dose_mg=given)


@action("monitor", having("in_treatment"), number=PICK)
def monitor(steps: Steps, number: int) -> None:
    row = pick(steps.sessions({"in_treatment"}), number)
    _attend(steps, "monitor", attendance.monitor, row, must=True)


@action("complete", having("in_treatment", "monitoring"), number=PICK, name=st.sampled_from(["", "Dr. Weiss"]))
def complete(steps: Steps, number: int, name: str) -> None:
    row = pick(steps.sessions({"in_treatment", "monitoring"}), number)
    watched = dt.timedelta(minutes=_definition(steps, row).get("observe_minutes") or 0)
    until = row["observation_until"] or row["started_at"] + watched
    may_leave = bool(name) or steps.now >= until
    _attend(steps, "complete", attendance.complete, row, must=may_leave, let_go_by=name)


@action(
    "stop early",
    having("in_treatment", "monitoring"),
    number=PICK,
    counts=st.booleans(),
    code=st.sampled_from(list(StoppedEarly)),
)
def stop_early(steps: Steps, number: int, counts: bool, code: StoppedEarly) -> None:
    row = pick(steps.sessions({"in_treatment", "monitoring"}), number)
    more = {"reason": "Headache", "code": code, "counts": counts, "let_go_by": "Dr. Weiss"}
    _attend(steps, "stop early", attendance.stop_early, row, must=True, **more)


@action("count a partial", having("partial"), number=PICK, is_same=st.sampled_from([False, False, False, True]))
def count_partial(steps: Steps, number: int, is_same: bool) -> None:
    row = pick(steps.sessions({"partial"}), number)
    counts = row["is_counted"] if is_same else not row["is_counted"]
    _attend(steps, "count a partial", attendance.count_partial, row, must=not is_same, counts=counts)


@action("turn away", having("arrived"), number=PICK, code=st.sampled_from(list(TurnedAway)))
def turn_away(steps: Steps, number: int, code: TurnedAway) -> None:
    row = pick(steps.sessions({"arrived"}), number)
    _attend(steps, "turn away", attendance.turn_away, row, must=True, reason="Ate breakfast", code=code)


@action("no-show", begun, number=PICK)
def mark_no_show(steps: Steps, number: int) -> None:
    _attend(steps, "no-show", attendance.mark_no_show, pick(begun(steps), number), must=True)


@action("enter in error", having("arrived", "in_treatment", "missed", "completed", "booked"), number=PICK)
def enter_in_error(steps: Steps, number: int) -> None:
    rows = steps.sessions(UNDER_WAY | {"missed", "completed", "booked"})
    _attend(steps, "enter in error", attendance.enter_in_error, pick(rows, number), must=True, reason="Wrong patient")


VERBS = st.sampled_from(["arrive", "start", "monitor", "complete", "mark_no_show"])


@action("whatever", lambda steps: steps.picture.sessions, number=PICK, verb=VERBS)
def whatever(steps: Steps, number: int, verb: str) -> None:
    """Do something that need not make sense."""
    row = pick(sorted(steps.picture.sessions.values(), key=lambda row: row["id"]), number)
    _attend(steps, "whatever", getattr(attendance, verb), row)


@action("with an old version", lambda steps: steps.picture.sessions, number=PICK, verb=VERBS)
def with_an_old_version(steps: Steps, number: int, verb: str) -> None:
    row = pick(sorted(steps.picture.sessions.values(), key=lambda row: row["id"]), number)
    read = {**row, "version": row["version"] - 1}
    _attend(steps, "with an old version", getattr(attendance, verb), read, must=False)


def _attend(steps: Steps, name: str, verb: Any, row: Row, *, must: bool | None = None, **more: Any) -> bool:
    def do() -> bool:
        verb(session_id=row["id"], version=row["version"], now=steps.now, by=steps.world.technician, **more)
        return True

    return steps.attempt(name, do, must=must)


def _definition(steps: Steps, row: Row) -> Any:
    return steps.judge.protocols[steps.picture.courses[row["course_id"]]["protocol_id"]]


# The clock.


@action("to the next visit", ahead, minutes=st.sampled_from([0, 10, 25]))
def to_the_next_visit(steps: Steps, minutes: int) -> None:
    by = ahead(steps)[0]["starts_at"] + dt.timedelta(minutes=minutes) - steps.now
    _jump(steps, by, name="to the next visit")


@action("an hour later", minutes=st.integers(3, 30).map(lambda fives: 5 * fives))
def an_hour_later(steps: Steps, minutes: int) -> None:
    _jump(steps, dt.timedelta(minutes=minutes), name="an hour later")


def unrecorded_today(steps: Steps) -> list[Row]:
    """Return the visits of today nobody recorded, if something else of today was."""
    today = [row for row in steps.picture.sessions.values() if row["day"] == steps.today]
    return [row for row in today if row["state"] == "booked"] if any(row["arrived_at"] for row in today) else []


@action("to the evening", unrecorded_today)
def to_the_evening(steps: Steps) -> None:
    """Let the rest of a day go by."""
    evening = dt.datetime.combine(steps.today, dt.time(19, 0), ZONE)
    _jump(steps, max(evening - steps.now, dt.timedelta(hours=1)), name="to the evening")


@action("clock jump", hours=st.sampled_from([4, 24, 24, 48, 240]), is_down=st.sampled_from([False, False, False, True]))
def later(steps: Steps, hours: int, is_down: bool) -> None:
    _jump(steps, dt.timedelta(hours=hours), is_down=is_down)


def _jump(steps: Steps, by: dt.timedelta, *, name: str = "clock jump", is_down: bool = False) -> None:
    """Let time pass: the worker that looks for misses lives on, or the whole system is down meanwhile."""

    def do() -> bool:
        was = steps.today
        steps.now += by
        if not is_down:
            worker_lives(now=steps.now)
            if steps.today != was:
                _at_night(steps)
        return True

    steps.attempt(name, do)


def _at_night(steps: Steps) -> None:
    extending.extend_courses(now=steps.now)
    assert recount.recount_all(now=steps.now) == 0, f"the nightly recount found a difference\n{steps.story()}"


@action("flag missed", overdue)
def flag_missed(steps: Steps) -> None:
    def do() -> str:
        return "flag missed" if misses.flag_missed_sessions(now=steps.now) else "hold misses back"

    steps.attempt("flag missed", do)


# What a person says about a miss.


@action("settle as no-show", having("missed"), number=PICK)
def settle_as_no_show(steps: Steps, number: int) -> None:
    _attend(steps, "settle as no-show", attendance.mark_no_show, pick(steps.sessions({"missed"}), number), must=True)


@action("settle as came late", having("missed", "no_show"), number=PICK, is_made_up=st.booleans())
def settle_as_came_late(steps: Steps, number: int, is_made_up: bool) -> None:
    rows = steps.sessions({"missed", "no_show"})
    made_up = {each["makeup_of_id"] for each in steps.sessions({"booked"})}
    # Rare by chance alone: who came after all and has a make-up by now.
    row = pick([each for each in rows if is_made_up and each["id"] in made_up] or rows, number)
    before = _counted(steps, row)
    if not _attend(steps, "settle as came late", attendance.arrive, row):
        return
    gone = before - _counted(steps, row)
    assert len(gone) <= (row["state"] == "no_show"), f"{gone} went because {row['id']} took place\n{steps.story()}"
    left = [each["id"] for each in steps.sessions({"booked"}) if each["makeup_of_id"] == row["id"]]
    assert not left, f"{left} still makes up for {row['id']}, which took place\n{steps.story()}"


def _counted(steps: Steps, row: Row) -> set[int]:
    return {each["id"] for each in steps.picture.counted(row["course_id"])}


@action("settle as cancelled", having("missed"), number=PICK, by_whom=BY_WHOM)
def settle_as_cancelled(steps: Steps, number: int, by_whom: CancelledBy) -> None:
    row = pick(steps.sessions({"missed"}), number)
    cancel(steps, "settle as cancelled", row, Scope.ONE, by_whom, must=True)


def silent_days(steps: Steps) -> list[Row]:
    return [row for row in steps.picture.gaps.values() if row["settled_at"] is None]


@action("settle a silent day", silent_days, number=PICK, nobody_came=st.booleans())
def settle_gap(steps: Steps, number: int, nobody_came: bool) -> None:
    row = pick(silent_days(steps), number)
    what = {"gap_id": row["id"], "nobody_came": nobody_came, "now": steps.now}
    steps.attempt("settle a silent day", lambda: misses.settle_gap(request=steps.request(), **what), must=True)
