"""What a toast and a panel say about the text that is held, by what will truly happen."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings

from notifications.actions.holding import HOLD, Held, held_of
from scheduling.domain import local_time
from scheduling.queries.messaging import has_news

_WORDS: dict[tuple[str, ...], str] = {("sms",): "Text", ("email",): "E-mail"}


@dataclass(frozen=True, slots=True)
class HeldText:
    """The sentence, and whether this person may send it now or not at all.

    `when`: the part of the sentence that says when; `left`: seconds to count down to it, 0: there is nothing to count.
    """

    words: str
    course_id: int
    may_decide: bool
    when: str = ""
    left: int = 0


def held_text(*, course_id: int, may_decide: bool, now: dt.datetime) -> HeldText | None:
    """Return what is said about what is held for a course; None: nothing goes out."""
    held = held_of(course_id=course_id, now=now)
    if held is None:
        return None
    left, when = held.due_at - now, _when(held, now)
    seconds = -(-left // dt.timedelta(seconds=1)) if left <= HOLD else 0
    return HeldText(_words(held, when), course_id, may_decide, when, max(seconds, 0))


def counting(*, course_id: int, may_decide: bool, now: dt.datetime) -> HeldText | None:
    """Return what is said about what is held for a few minutes; one statement where nothing is new."""
    if not has_news(course_id=course_id, since=now - HOLD):
        return None
    held = held_text(course_id=course_id, may_decide=may_decide, now=now)
    return held if held and held.left else None


def _words(held: Held, when: str) -> str:
    what = _WORDS.get(held.channels, "Text and e-mail")
    if held.is_correction:
        what = f"The {what.lower()} has gone. A correcting one"
    # With sending off the outbox shows what would have gone, and both answers are kept there.
    does = "goes out" if settings.SEND_MESSAGES else "would go out"
    off = "" if settings.SEND_MESSAGES else " (messages are off)"
    return f"{what} {does} {when}{off}."


def _when(held: Held, now: dt.datetime) -> str:
    left = held.due_at - now
    if left <= dt.timedelta(0):
        return "now"
    if left <= HOLD:
        return f"in {-(-left // dt.timedelta(minutes=1))} min"
    day, minute = local_time.wall(held.due_at, held.zone)
    on = "" if day == local_time.today(now, held.zone) else f"on {local_time.day_text(day)} "
    return f"{on}at {local_time.clock_text(minute)}"
