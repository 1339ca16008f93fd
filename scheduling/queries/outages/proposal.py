"""What a block would do, row by row: proposed, explained and signed; nothing is written."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scheduling.domain import local_time
from scheduling.domain.harm import Harm
from scheduling.domain.living import Sitting
from scheduling.domain.plan import PlannedSession
from scheduling.domain.reseat_words import MoveKind, kind_of, label_of, summary, words_of
from scheduling.domain.spots import Spot
from scheduling.errors import NotFound
from scheduling.models import Session
from scheduling.queries.outages.around import series_going
from scheduling.queries.outages.blocking import Blocking
from scheduling.queries.outages.hits import Hits, hits_of
from scheduling.queries.outages.moved import reseated_by
from scheduling.queries.outages.seating import Fixed, Seated, never, seat_all

CHOICES = 5


@dataclass(frozen=True, slots=True)
class Choice:
    """Another place for one row, to edit it with."""

    kind: MoveKind
    label: str
    spot: Spot


@dataclass(frozen=True, slots=True)
class Row:
    """One visit: where it stands, where it goes (None: it stays and somebody calls), and why in words.

    `rank`: 1 is harmed the most; 0 for a later visit that shifts with another one of its course.
    """

    session: Session
    was: Sitting
    to: PlannedSession | None
    kind: MoveKind
    words: str
    rank: int = 0
    harm: Harm | None = None
    is_fixed: bool = False
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A whole re-seating. `rows`: who is hit, the most harmed first; `later`: visits that shift with them.

    `under_way`: visits that have begun in the blocked time and stay. `versions`: of the courses that change.
    `is_way_back`: people go back to where they were told to be first.
    """

    blocking: Blocking
    rows: tuple[Row, ...]
    later: tuple[Row, ...]
    under_way: tuple[Session, ...]
    words: str
    versions: Mapping[int, int] = field(default_factory=dict)
    is_way_back: bool = False
    cost: int = 0

    @property
    def moves(self) -> list[tuple[int, PlannedSession]]:
        """Session id and place of everything that moves."""
        return [(row.session.pk, row.to) for row in (*self.rows, *self.later) if row.to is not None]

    @property
    def patients(self) -> list[int]:
        """Whom it is about."""
        return sorted({row.session.patient_id for row in (*self.rows, *self.later)})


def preview_block(
    *,
    blocking: Blocking,
    now: dt.datetime,
    fixed: Mapping[int, Fixed] | None = None,
    is_over: Callable[[], bool] = never,
) -> Proposal:
    """Return everybody a block hits and where they could go, all together; statements do not depend on how many.

    `fixed`: by session id, what somebody decided; the rest is seated around it. `is_over` may end the search.

    :raises NotFound: one of the fixed visits is not hit.
    :raises CannotPlan: what somebody decided can't be.
    """
    fixed = fixed or {}
    hits = hits_of(blocking, now=now)
    if strange := set(fixed) - set(hits.ahead):
        raise NotFound("A visit you decided about is not in the way any more.", fields={str(min(strange)): "unknown"})
    seated = _seated(blocking, hits, now, fixed, is_over)
    today = local_time.today(now, blocking.site.zone)
    rows = _ranked([row for each in seated for row in _hit_rows(each, fixed)])
    later = tuple(row for each in seated for row in _later_rows(each))
    said = summary([(row.was, row.to) for row in rows], later=len(later), today=today)
    under_way = Session.objects.filter(pk__in=hits.under_way).select_related("patient").order_by("starts_at", "pk")
    return Proposal(
        blocking=blocking,
        rows=rows,
        later=later,
        under_way=tuple(under_way) if hits.under_way else (),
        words=f"{blocking.words} {said}",
        versions=versions_of(seated),
        cost=sum(each.way.cost for each in seated),
    )


def _seated(
    blocking: Blocking,
    hits: Hits,
    now: dt.datetime,
    fixed: Mapping[int, Fixed],
    is_over: Callable[[], bool],
) -> list[Seated]:
    if not hits.ahead:
        return []
    stands = blocking.block_id is not None
    found = series_going(blocking.site, hits.ahead, now=now, blocking=None if stands else blocking)
    kept: Collection[int] = reseated_by(blocking.block_id) if blocking.block_id is not None else ()
    return seat_all(found, fixed=fixed, kept=kept, is_over=is_over)


def versions_of(seated: Sequence[Seated]) -> dict[int, int]:
    """Return the versions of the courses something of which moves."""
    return {each.series.course.pk: each.series.course.version for each in seated if any(each.way.places.values())}


def _hit_rows(seated: Seated, fixed: Mapping[int, Fixed]) -> Iterator[Row]:
    series = seated.series
    sittings = {sitting.number: sitting for sitting in series.under.sittings}
    for session in series.going:
        number = series.number_of(session)
        was, place = sittings[number], seated.way.places[number]
        choices = tuple(_choices(seated, number, was))
        yield Row(
            session=session,
            was=was,
            to=place,
            kind=kind_of(was, place),
            words=words_of(was, place) if place else _why_call(series.refused, choices, session.pk in fixed),
            harm=seated.harms[number],
            is_fixed=session.pk in fixed,
            choices=choices,
        )


def _why_call(refused: str, choices: Sequence[Choice], is_fixed: bool) -> str:
    if is_fixed:
        return "Stays for now: somebody calls"
    if refused:
        return f"Somebody has to call. {refused}"
    if choices:
        return "Somebody has to call: others need every place it could take"
    return "Somebody has to call: no place keeps the rules of this course"


def _choices(seated: Seated, number: int, was: Sitting) -> Iterator[Choice]:
    """Yield the best other places of one visit, whoever takes them in this proposal."""
    chosen = seated.way.places[number]
    seen = {_spot(chosen)} if chosen else set()
    for way in seated.ways:
        place = way.places.get(number)
        if place is None or _spot(place) in seen:
            continue
        seen.add(_spot(place))
        yield Choice(kind_of(was, place), label_of(place), _spot(place))
        if len(seen) - (chosen is not None) == CHOICES:
            return


def _spot(place: PlannedSession) -> Spot:
    return Spot(place.day, place.minute, place.uses[0].resource_id)


def _later_rows(seated: Seated) -> Iterator[Row]:
    series = seated.series
    going = {series.number_of(row) for row in series.going}
    sittings = {sitting.number: sitting for sitting in series.under.sittings}
    for number, place in sorted(seated.way.places.items()):
        if number not in going and place is not None:
            was = sittings[number]
            yield Row(series.sessions[number], was, place, kind_of(was, place), words_of(was, place))


def _ranked(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return rows ranked by the harm of a gap, the gravest first."""
    ordered = sorted(
        rows, key=lambda row: (-(row.harm.score if row.harm else 0), row.session.starts_at, row.session.pk)
    )
    return tuple(replace(row, rank=rank) for rank, row in enumerate(ordered, start=1))
