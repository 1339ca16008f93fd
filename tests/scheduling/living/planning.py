"""What a desk does to the plan: book, move, cancel, make up, take back."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from scheduling.actions import cancelling, moving, undoing
from scheduling.domain.states import CancelledBy, Scope
from scheduling.queries import repairs
from scheduling.queries.repairs import Choice
from tests.scheduling.living import clinic
from tests.scheduling.living.actions import LOST, PICK, action, ahead, pick
from tests.scheduling.living.clinic import ORDERS, Order
from tests.scheduling.living.picture import Row
from tests.scheduling.living.steps import Steps

HALF_HOURS = st.integers(15, 33).map(lambda half_hour: 30 * half_hour)
BY_WHOM = st.sampled_from(list(CancelledBy))


def orders(steps: Steps) -> list[Order]:
    """Return the courses nobody has under way."""
    patients = [patient.pk for patient in steps.clinic.patients]
    going = {
        (course["patient_id"], course["wish"]["protocol_code"])
        for course in steps.courses("draft", "active", "on_hold")
    }
    return [order for order in ORDERS if (patients[order.patient], order.protocol) not in going]


@action("book", orders, number=PICK, days=st.integers(0, 6))
def book(steps: Steps, number: int, days: int) -> None:
    order = pick(orders(steps), number)

    start_on = steps.today + dt.timedelta(days=days)
    steps.attempt("book", lambda: clinic.book(steps.clinic, order, start_on, steps.request(), steps.now))


# Moving.


@action("move one", ahead, number=PICK, choice=PICK)
def move_one(steps: Steps, number: int, choice: int) -> None:
    _choose(steps, "move one", pick(ahead(steps), number), choice, Scope.ONE)


@action(
    "move the rest",
    ahead,
    number=PICK,
    days=st.integers(0, 5),
    minute=st.sampled_from([None, 8 * 60, 10 * 60 + 30, 14 * 60]),
)
def move_rest(steps: Steps, number: int, days: int, minute: int | None) -> None:
    row = pick(ahead(steps), number)
    _choose(steps, "move the rest", row, 0, Scope.REST, from_day=row["day"] + dt.timedelta(days=days), minute=minute)


@action("move a weekday", ahead, number=PICK)
def move_weekday(steps: Steps, number: int) -> None:
    _choose(steps, "move a weekday", pick(ahead(steps), number), 0, Scope.WEEKDAY)


def _choose(steps: Steps, name: str, row: Row, choice: int, scope: Scope, **where: Any) -> None:
    def do() -> Any:
        found = repairs.move_choices(steps.model(row), scope=scope, now=steps.now, **where)
        return apply(steps, found, choice, row)

    steps.attempt(name, do)


def apply(steps: Steps, found: Sequence[Choice], choice: int, row: Row | None = None) -> bool:
    """Make one of the choices; asked twice with one key, it is made once."""
    legal = [each for each in found if each.change and (each.change.moves or each.change.added)]
    if not legal:
        return False
    token = pick(legal, choice).token
    seen = {"session_id": row["id"], "version": row["version"]} if row else {}
    request = steps.request()
    done = moving.apply_change(request=request, token=token, now=steps.now, may_decide=True, **seen)
    again = moving.apply_change(request=request, token=token, now=steps.now, may_decide=True, **seen)
    assert again == (done[0], True), "the same request does nothing a second time"
    return True


@action("move to a place", ahead, number=PICK, days=st.sampled_from([0, 0, 0, -1, 1, 2, 5]), minute=HALF_HOURS)
def move_to_a_place(steps: Steps, number: int, days: int, minute: int, override: str = "") -> None:
    row = pick(ahead(steps), number)
    steps.attempt(
        "move, with a reason" if override else "move to a place",
        lambda: moving.move_to(
            request=steps.request(),
            session_id=row["id"],
            version=row["version"],
            day=row["day"] + dt.timedelta(days=days),
            minute=minute,
            now=steps.now,
            override=override,
        ),
    )


@action("move, with a reason", ahead, number=PICK, days=st.integers(-2, 5), minute=HALF_HOURS)
def move_with_a_reason(steps: Steps, number: int, days: int, minute: int) -> None:
    move_to_a_place(steps, number, days, minute, override="The patient travels")


# Cancelling.


@action("cancel, one", ahead, number=PICK, by_whom=BY_WHOM)
def cancel_one(steps: Steps, number: int, by_whom: CancelledBy) -> None:
    cancel(steps, "cancel, one", pick(ahead(steps), number), Scope.ONE, by_whom, must=True)


@action("cancel, rest", ahead, number=PICK, by_whom=BY_WHOM)
def cancel_rest(steps: Steps, number: int, by_whom: CancelledBy) -> None:
    # Of the last few visits of all: a course emptied early leaves little to do.
    cancel(steps, "cancel, rest", pick(ahead(steps)[-4:], number), Scope.REST, by_whom, must=True)


@action("cancel, weekday", ahead, number=PICK, by_whom=BY_WHOM)
def cancel_weekday(steps: Steps, number: int, by_whom: CancelledBy) -> None:
    cancel(steps, "cancel, weekday", pick(ahead(steps), number), Scope.WEEKDAY, by_whom, must=True)


def cancel(steps: Steps, name: str, row: Row, scope: Scope, by_whom: CancelledBy, *, must: bool | None = None) -> None:
    """Cancel a visit, or more with it."""
    steps.attempt(
        name,
        lambda: cancelling.cancel_sessions(
            request=steps.request(),
            session_id=row["id"],
            version=row["version"],
            reason="Ill",
            now=steps.now,
            by_whom=by_whom,
            scope=scope,
        ),
        must=must,
    )


# Repairing.


def owed(steps: Steps) -> list[Row]:
    """Return what was lost of courses that go on and are short, and is not made up."""
    image = steps.picture
    short = {
        course["id"] for course in steps.courses("active") if len(image.counted(course["id"])) < course["prescribed"]
    }
    made_up = {row["makeup_of_id"] for row in image.sessions.values() if row["is_counted"]}
    return [row for row in steps.sessions(LOST) if row["course_id"] in short and row["id"] not in made_up]


@action("make up", owed, number=PICK, choice=PICK)
def make_up(steps: Steps, number: int, choice: int) -> None:
    rows = owed(steps)
    # Of all that is owed few are no-shows; only those can turn out to have come late.
    row = pick([each for each in rows if each["state"] == "no_show"] or rows, number)

    def do() -> Any:
        return apply(steps, repairs.make_up_choices(steps.model(row), now=steps.now), choice, row)

    steps.attempt("make up", do)


@action("no make-up", owed, number=PICK)
def waive(steps: Steps, number: int) -> None:
    row = pick(owed(steps), number)
    where = {"session_id": row["id"], "version": row["version"], "reason": "Enough", "now": steps.now}
    steps.attempt("no make-up", lambda: moving.waive_make_up(request=steps.request(), **where))


# Undoing.


def touched(steps: Steps) -> list[Row]:
    """Return the sessions somebody did something to, the latest first."""
    image = steps.picture
    last = {event["session_id"]: event["id"] for event in image.session_events if event["from_state"]}
    return [image.sessions[pk] for pk in sorted(last, key=lambda pk: last[pk], reverse=True)]


@action("undo, visit", touched, number=PICK)
def undo_visit(steps: Steps, number: int) -> None:
    row = pick(touched(steps)[:6], number)

    def do() -> bool:
        undoing.undo(session_id=row["id"], version=row["version"], now=steps.now, by=steps.world.receptionist)
        return True

    steps.attempt("undo, visit", do)


def changed(steps: Steps) -> list[Row]:
    """Return the courses something happened to as a whole."""
    image = steps.picture
    ids = {event["course_id"] for event in image.course_events if event["from_state"]}
    return [row for pk, row in image.courses.items() if pk in ids]


@action("undo, course", changed, number=PICK)
def undo_course(steps: Steps, number: int) -> None:
    row = pick(changed(steps), number)
    what = {"course_id": row["id"], "version": row["version"], "now": steps.now}
    steps.attempt("undo, course", lambda: undoing.undo_change(request=steps.request(), **what))
