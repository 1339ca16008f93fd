"""What goes with an e-mail beside its plain words: the page with a button, and the calendar."""

import datetime as dt
from collections.abc import Mapping, Sequence

from notifications import calendars
from notifications.domain import calendar, mail_page, texts
from notifications.domain.calendar import Invite
from notifications.domain.states import Kind
from notifications.domain.texts import Words
from notifications.models import Message
from scheduling.queries import spoken
from scheduling.queries.spoken import SpokenVisit

_WITH_CALENDAR = frozenset(
    {Kind.BOOKED, Kind.FIRST_VISIT, Kind.AHEAD, Kind.RIDE, Kind.DAY_BEFORE, Kind.PREP, Kind.MOVED, Kind.CANCELLED}
)


def page(form: str, language: str, facts: Mapping[str, str], words: Words | None) -> str:
    """Return an e-mail's words as a page; the same facts give the same page."""
    said = words or texts.catalogue(form, "email", language)
    foot, stop = texts.foot_of(language)
    return mail_page.html(
        mail_page.Page(
            language=language,
            title=texts.filled(said.subject, facts),
            paragraphs=[part.strip() for part in texts.filled(said.body, facts).split("\n\n") if part.strip()],
            foot=texts.filled(foot, facts),
            clinic=facts["clinic"],
            address=facts.get("address", ""),
            button=texts.button_of(form, language, facts),
            link=facts.get("link", ""),
            stop=stop,
            stop_url=facts.get("stop", ""),
        )
    )


def invite(message: Message, joined: Sequence[Message] = (), *, language: str, now: dt.datetime) -> Invite | None:
    """Return the calendar that goes with a message, or None: its kind has none, or no visit is left to put in.

    `joined`: messages that are said in it; their visits are in its calendar too.
    """
    visits = _visits([each for each in [message, *joined] if each.kind in _WITH_CALENDAR], now)
    if not visits:
        return None
    entries = [calendars.entry(visit) for visit in visits]
    return calendar.invite(entries, calendars.clinic(message.site, language), now=now)


def _visits(messages: Sequence[Message], now: dt.datetime) -> list[SpokenVisit]:
    """Return the visits some messages are about, each once: one visit, or all that are left of a course."""
    found: dict[int, SpokenVisit] = {}
    for message in messages:
        if message.session_id is not None:
            one = spoken.spoken_visit(message.session_id)
            found |= {one.session_id: one} if one else {}
        elif message.course_id is not None:
            left = spoken.spoken_visits(course_id=message.course_id, since=now)
            found |= {visit.session_id: visit for visit in left}
    return sorted(found.values(), key=lambda visit: visit.starts_at)
