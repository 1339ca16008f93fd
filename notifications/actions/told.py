"""What was said of a visit before a slip that was undone: it is not said again."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Coalesce

from notifications.domain.cadence import REMINDERS, SAFETY
from notifications.domain.states import COUNTED, Kind, MessageState
from notifications.models import Message
from scheduling.queries import spoken
from scheduling.queries.spoken import Start

_ONCE = REMINDERS | SAFETY | {Kind.SAME_DAY, Kind.ESCORT}
_Subject = tuple[str, int | None, int | None, str]


@dataclass(frozen=True, slots=True)
class _Said:
    subject: _Subject
    timing: int
    at: dt.datetime


def not_said_before(rows: Sequence[Message]) -> list[Message]:
    """Return those new rows of which nothing was said under an older timing of their visit, at the time it has now.

    Where another time, or that the visit is cancelled, was said since, all is said again. Two statements, if a visit
    was ever changed.
    """
    changed = {each.session_id for each in rows if each.session_id and each.timing_version > 1}
    said = _said(changed) if changed else {}
    if not said:
        return list(rows)
    starts = spoken.starts_of(session_ids=said)
    return [each for each in rows if not _is_known(each, said.get(each.session_id or 0, ()), starts)]


def _said(session_ids: Collection[int]) -> dict[int, list[_Said]]:
    """Return what left, alone or in another message, by session."""
    rows = (
        Message.objects.filter(
            Q(state__in=COUNTED) | Q(state=MessageState.SKIPPED_MERGED, merged_into__state__in=COUNTED),
            session__in=session_ids,
            kind__in=_ONCE | {Kind.ESCORT_OFF},
        )
        .annotate(left_at=Coalesce("merged_into__handed_at", "handed_at"))
        .exclude(left_at=None)
        .order_by("left_at")
    )
    found: dict[int, list[_Said]] = defaultdict(list)
    for kind, session_id, person_id, channel, timing, at in rows.values_list(
        "kind", "session_id", "related_person_id", "channel", "timing_version", "left_at"
    ):
        found[session_id or 0].append(_Said((kind, session_id, person_id, channel), timing, at))
    return found


def _is_known(row: Message, said: Sequence[_Said], starts: Sequence[Start]) -> bool:
    if row.kind not in _ONCE:
        return False
    subject = (str(row.kind), row.session_id, row.related_person_id, row.channel)
    older = [each.at for each in said if each.subject == subject and each.timing < row.timing_version]
    if not older:
        return False
    at = older[-1]
    since = [each for each in starts if each.session_id == row.session_id and each.at > at]
    is_same = not since or since[0].was == since[-1].became
    return is_same and not any(_is_otherwise(each, row) and each.at > at for each in said)


def _is_otherwise(said: _Said, row: Message) -> bool:
    """Tell whether what was said takes back what its reader, or another one of the same visit, had read before."""
    kind, _session, person_id, _channel = said.subject
    return kind in SAFETY or (kind == Kind.ESCORT_OFF and person_id == row.related_person_id)
