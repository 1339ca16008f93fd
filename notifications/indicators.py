"""How well the sender does, in figures: no name, no number, nothing about anybody."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Min, Q, QuerySet

from clinic import queries as clinic_queries
from notifications.domain.states import MessageState
from notifications.models import Message, MessageAttempt

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
MOST_DWELLS = 5_000  # the latest, to keep a look cheap
FILTERED = "30007"
_M = MessageState


@dataclass(frozen=True, slots=True)
class Indicators:
    """Counts, and ages in seconds. Ratios are of the messages due in a day; `filtered`: of the texts of an hour."""

    due: int
    oldest_due: float
    unknown: int
    oldest_unknown: float
    stale_ratio: float
    filtered_ratio: float
    dwell_p99: float
    leases_lost: int


def indicators(*, now: dt.datetime) -> Indicators:
    """Return the sender's figures; seven statements, none of which reads more than a day of messages."""
    waiting = Message.objects.filter(state=_M.PENDING, due_at__lte=now).aggregate(
        number=Count("pk"), oldest=Min("due_at")
    )
    unknown = Message.objects.filter(state=_M.UNKNOWN).aggregate(number=Count("pk"), oldest=Min("unknown_since"))
    day = _of_a_day(now)
    return Indicators(
        due=waiting["number"],
        oldest_due=_age(waiting["oldest"], now),
        unknown=unknown["number"],
        # Quarantine goes by the database's clock, and so does this age.
        oldest_unknown=_age(unknown["oldest"], clinic_queries.database_clock()),
        stale_ratio=_ratio(day["stale"], day["settled"]),
        filtered_ratio=_ratio(day["filtered"], day["texts"]),
        dwell_p99=_p99(now),
        leases_lost=MessageAttempt.objects.filter(code="lease_lost").count(),
    )


def _of_a_day(now: dt.datetime) -> dict[str, int]:
    texts = Q(channel="sms", handed_at__gte=now - HOUR)
    return _recent(now).aggregate(
        settled=Count("pk", filter=~Q(state__in=(_M.PENDING, _M.CLAIMED))),
        stale=Count("pk", filter=Q(state=_M.SKIPPED_STALE)),
        texts=Count("pk", filter=texts),
        filtered=Count("pk", filter=texts & Q(error_code=FILTERED)),
    )


def _recent(now: dt.datetime) -> QuerySet[Message]:
    # By site, as the index is.
    sites = [site.pk for site in clinic_queries.all_sites()]
    return Message.objects.filter(site__in=sites, due_at__gte=now - DAY, due_at__lte=now)


def _p99(now: dt.datetime) -> float:
    """Return within how many seconds after their time 99 of 100 messages were given to the provider."""
    rows = _recent(now).exclude(handed_at=None).order_by("-due_at").values_list("due_at", "handed_at")
    dwells: Sequence[float] = sorted(
        max(0.0, (handed - due).total_seconds()) for due, handed in rows[:MOST_DWELLS] if handed
    )
    return dwells[math.ceil(len(dwells) * 0.99) - 1] if dwells else 0.0


def _age(since: dt.datetime | None, now: dt.datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
