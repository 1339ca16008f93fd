"""From a message row to what is said, read anew at the last moment."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from notifications.domain import texts
from notifications.domain.states import Kind
from notifications.models import Message
from patients import phones
from scheduling.domain import local_time
from scheduling.queries import messaging
from scheduling.queries.messaging import Visit


class Changed(Exception):
    """What the message is about was moved, cancelled or is over. `str()` is the reason shown to staff."""


@dataclass(frozen=True, slots=True)
class Words:
    """A rendered message, and the facts that say it again."""

    subject: str
    body: str
    facts: dict[str, str]


def facts_of(message: Message, *, language: str, now: dt.datetime) -> dict[str, str]:
    """Return the words that go into a message's text.

    :raises Changed: there is nothing left to say.
    """
    site = message.site
    assert message.course_id is not None
    facts = {"clinic": site.message_name, "phone": phones.readable(site.phone), "address": site.address}
    if message.kind == Kind.DAY_BEFORE:
        assert message.session_id is not None
        visit = messaging.visit_if_unchanged(session_id=message.session_id, timing_version=message.timing_version)
        if visit is None:
            raise Changed("The visit was moved, cancelled or has begun.")
        return facts | {"when": texts.when_text(visit.day, visit.minute, language)}
    if message.kind == Kind.WEEK:
        assert message.week_of is not None
        since = local_time.day_bounds(message.week_of, site.zone)[0]
        until = local_time.day_bounds(message.week_of + dt.timedelta(days=6), site.zone)[1]
        visits = messaging.visits_of(course_id=message.course_id, since=since, until=until)
        if not visits:
            raise Changed("No visit is left in that week.")
        return facts | {
            "first": texts.date_text(visits[0].day, language),
            "times": times_text(visits, language),
        }
    visits = messaging.visits_of(course_id=message.course_id, since=now)
    if not visits:
        raise Changed("No visit of the course is left.")
    first, last = visits[0].day, visits[-1].day
    return facts | {"first": texts.date_text(first, language), "last": texts.date_text(last, language)}


def times_text(visits: Sequence[Visit], language: str) -> str:
    """Return a week's times, days of one time together: `Mon-Fri 8:30am`, or `Mon Wed 8:30am, Fri 9am`."""
    parts = []
    ordered = sorted(visits, key=lambda visit: (visit.minute, visit.day))
    for minute, group in groupby(ordered, key=lambda visit: visit.minute):
        parts.append(([visit.day for visit in group], minute))
    parts.sort()
    return ", ".join(f"{_days(days, language)} {texts.time_text(minute, language)}" for days, minute in parts)


def _days(days: Sequence[dt.date], language: str) -> str:
    names = [texts.weekday_text(day, language) for day in days]
    if len(days) > 2 and (days[-1] - days[0]).days == len(days) - 1:
        return f"{names[0]}-{names[-1]}"
    return " ".join(names)


def render(message: Message, *, language: str, now: dt.datetime) -> Words:
    """Return what a message says at this moment.

    :raises Changed: there is nothing left to say.
    """
    facts = facts_of(message, language=language, now=now)
    return Words(*_composed(message.kind, message.channel, language, facts), facts)


def said(message: Message) -> str:
    """Return the body that left, or would have, again from its facts; empty if it was never written."""
    if not message.facts:
        return ""
    if "text" in message.facts:  # from before facts were kept
        return str(message.facts["text"])
    return _composed(message.kind, message.channel, message.language, message.facts)[1]


def _composed(kind: str, channel: str, language: str, facts: Mapping[str, str]) -> tuple[str, str]:
    """Return subject (empty for SMS) and body; the same facts say the same again."""
    if channel == "email":
        return texts.mail(Kind(kind), language, facts)
    body = texts.sms(Kind(kind), language, facts)
    if len(body) > texts.ONE_TEXT and "times" in facts:
        body = texts.sms(Kind(kind), language, {**facts, "times": texts.MANY_TIMES[language]})
    return "", body
