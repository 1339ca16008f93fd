"""Pure: lists that go out the afternoon before: nobody is put on one any more, whoever is on it may change places."""

import datetime as dt

from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.rules import Broken


def frozen_through(*, today: dt.date, minute: int, is_open: bool, next_open_day: dt.date, frozen_at: int) -> dt.date:
    """Return the last day whose list has gone out: today's, or already the next open day's.

    `frozen_at`: the wall-clock minute on the last working day before a list's day (domain 3.3: tomorrow's list frozen,
    the order sent to anaesthesia); `is_open`: whether today is a working day.
    """
    return next_open_day if minute >= frozen_at or not is_open else today


def broken(frozen: dt.date | None, day: dt.date, *, now_on: dt.date | None, frozen_at: int | None) -> list[Broken]:
    """Return the rule that a place on a list that has gone out breaks; `now_on`: the day the session stands on."""
    if frozen is None or day > frozen or day == now_on:
        return []
    since = f" since {clock_text(frozen_at)} the working day before" if frozen_at is not None else ""
    return [Broken("list_frozen", f"the list of {day_text(day)} is frozen{since}")]
