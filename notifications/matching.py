"""Whom a text comes from and which visit it is about: by the sender and an open visit, and never by a guess."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from notifications.domain.inbound import LATE_AFTER_START, LATE_AHEAD, OPEN_AHEAD
from notifications.domain.states import COUNTED, Kind
from notifications.models import Message
from patients.consents import Owner
from scheduling.queries import coming
from scheduling.queries.coming import ComingVisit

_Told = dict[tuple[int, int], str]
_NO_QUESTION = frozenset({Kind.PREP})


@dataclass(frozen=True, slots=True)
class Match:
    """One of a number's owners and one open visit of theirs; `told`: the kind of text they read about it last."""

    owner: Owner
    visit: ComingVisit
    told: str = ""


def open_visits(owners: Sequence[Owner], *, hashed: str, now: dt.datetime) -> list[Match]:
    """Return the visits somebody with this number may be answering about: one is a match, more need a person.

    What this number was told about within 72 hours, if it still stands as it was told; where it was told of no visit,
    those of the next 72 hours. A visit that was moved since is neither: they never read its new time.
    """
    told = _told(hashed, now)
    found = []
    for owner in owners:
        visits = _visits_of(owner, now)
        mine = told.get((owner.patient_id, owner.person_id))
        if mine is None:
            found += [Match(owner, each) for each in visits if each.starts_at <= now + OPEN_AHEAD]
            continue
        kinds = [(each, mine.get((each.session_id, each.timing_version))) for each in visits]
        found += [Match(owner, each, kind) for each, kind in kinds if kind is not None]
    return found


def under_way(owners: Sequence[Owner], *, now: dt.datetime) -> list[Match]:
    """Return the visits somebody may be running late for: begun a while ago, or to begin within hours."""
    return [
        Match(owner, each)
        for owner in owners
        for each in _visits_of(owner, now - LATE_AFTER_START)
        if each.starts_at <= now + LATE_AHEAD
    ]


def _visits_of(owner: Owner, since: dt.datetime) -> list[ComingVisit]:
    if owner.person_id is None:
        return coming.visits_coming([owner.patient_id], since=since)
    return coming.visits_driven(owner.person_id, owner.patient_id, since=since)


def _told(hashed: str, now: dt.datetime) -> dict[tuple[int, int | None], _Told]:
    """Return what this number was told lately: by owner the visits, each with the timing and the text it was told in.

    A text speaks for those merged into it, too: of the three visits that it says have moved none is the one.
    """
    rows = Message.objects.filter(session__isnull=False, patient__isnull=False, inbound=None)
    itself = rows.filter(address_hash=hashed, handed_at__gte=now - OPEN_AHEAD, state__in=COUNTED)
    merged = rows.filter(
        merged_into__address_hash=hashed,
        merged_into__handed_at__gte=now - OPEN_AHEAD,
        merged_into__state__in=COUNTED,
        merged_into__session__isnull=False,  # a week's times name every visit of it, and ask about none
    )
    whom_and_what = ("patient_id", "related_person_id", "session_id", "timing_version")
    said = [*itself.values_list(*whom_and_what, "handed_at", "kind")]
    said += merged.values_list(*whom_and_what, "merged_into__handed_at", "merged_into__kind")
    found: dict[tuple[int, int | None], _Told] = {}
    for patient_id, person_id, session_id, timing, _at, kind in sorted(said, key=lambda row: row[4]):
        visits = found.setdefault((patient_id, person_id), {})
        if kind == Kind.ESCORT_OFF:
            continue  # about a time that is not the visit's: whatever they answer, a person reads it
        # How to get ready is no question: a number still answers the one before.
        if kind not in _NO_QUESTION or (session_id, timing) not in visits:
            visits[session_id, timing] = kind
    return found
