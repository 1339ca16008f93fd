"""All the courses with visits that have to go, seated together: the ways of each, who is in whose way, the answer."""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scheduling.domain import bitmap, conflicts
from scheduling.domain.conflicts import OtherVisit
from scheduling.domain.harm import Harm
from scheduling.domain.local_time import QUANTUM, clock_text, day_text
from scheduling.domain.plan import PlannedSession
from scheduling.domain.reseat_all import NoPlace, settled
from scheduling.domain.reseat_options import (
    Displaced,
    Hit,
    Take,
    Way,
    call_cost,
    ways_of,
    why_not,
)
from scheduling.domain.spots import Spot
from scheduling.domain.states import SessionState
from scheduling.errors import CannotPlan
from scheduling.queries.outages.around import Series, held_by

_PAIR_LANE = -(1 << 40)  # below every patient's lane


@dataclass(frozen=True, slots=True)
class Fixed:
    """What somebody decided about one visit: the place it goes to, or None: it stays, and somebody calls."""

    spot: Spot | None


@dataclass(frozen=True, slots=True)
class Seated:
    """One series of a course as it is proposed: the way it goes, and every way it could.

    `harms` and `reasons` (why a visit stays): by number.
    """

    series: Series
    way: Way
    ways: tuple[Way, ...]
    harms: Mapping[int, Harm] = field(default_factory=dict)
    reasons: Mapping[int, str] = field(default_factory=dict)


def never() -> bool:
    """Return that there is time."""
    return False


def within(seconds: float) -> Callable[[], bool]:
    """Return what tells a search that it has had so many seconds, counted from now."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until


def seat_all(
    found: Sequence[Series],
    *,
    fixed: Mapping[int, Fixed],
    kept: Collection[int] = (),
    is_over: Callable[[], bool] = never,
) -> list[Seated]:
    """Return how the visits that have to go are seated at the least cost. Nobody is moved for what stays.

    `fixed`: by session id, what somebody decided. `kept`: ids of sessions that may not be shifted.

    :raises CannotPlan: what somebody decided can't be; the words say why.
    """
    ways = ways_of_all(found, fixed=fixed, kept=kept)
    chosen = _settled(ways, is_over)
    return [
        Seated(series, way, tuple(every), _harms(series))
        for series, way, every in zip(found, chosen, ways, strict=True)
    ]


def ways_of_all(
    found: Sequence[Series], *, fixed: Mapping[int, Fixed] | None = None, kept: Collection[int] = ()
) -> list[list[Way]]:
    """Return the ways of every series, as `seat_all` chooses from.

    :raises CannotPlan: what somebody decided can't be.
    """
    displaced = [_displaced(key, series, _harms(series), fixed or {}, kept) for key, series in enumerate(found)]
    return _apart(found, [_ways(each) for each in displaced])


def _harms(series: Series) -> dict[int, Harm]:
    return {series.number_of(row): series.harm_of(row) for row in series.going}


def go_back_all(
    found: Sequence[Series], told_first: Mapping[int, Spot], *, is_over: Callable[[], bool] = never
) -> list[Seated]:
    """Return who could go back to the place they were told first; the others stay where they are now."""
    displaced = [
        Displaced(
            key=key,
            under=series.under,
            as_is=series.as_is,
            hits=tuple(
                Hit(series.number_of(row), stays=held_by(row), spots=(told_first[row.pk],)) for row in series.going
            ),
            patient=-series.course.patient_id,
        )
        for key, series in enumerate(found)
    ]
    ways = [_going_back(each) for each in displaced]
    chosen = _settled(_apart(found, ways), is_over)
    return [
        Seated(series, way, tuple(every), reasons=_reasons(each, way))
        for series, each, way, every in zip(found, displaced, chosen, ways, strict=True)
    ]


def _reasons(displaced: Displaced, way: Way) -> dict[int, str]:
    """Return why visits that were to go back do not."""
    return {
        hit.number: why_not(displaced, hit, hit.spots[0]) or "others of this course would be in the way"
        for hit in displaced.hits
        if hit.spots and way.places[hit.number] is None
    }


def _going_back(displaced: Displaced) -> list[Way]:
    """Return ways priced by who does not go back: being told a second time is what everybody here asked for."""
    ways = ways_of(displaced)
    return [replace(way, cost=sum(place is None for place in way.places.values())) for way in ways]


def _displaced(
    key: int, series: Series, harm: Mapping[int, Harm], fixed: Mapping[int, Fixed], kept: Collection[int]
) -> Displaced:
    hits = []
    for row in series.going:
        number = series.number_of(row)
        decided = fixed.get(row.pk)
        hits.append(
            Hit(
                number=number,
                harm=harm[number].score,
                stays=held_by(row),
                spots=None if decided is None else () if decided.spot is None else (decided.spot,),
                is_bound=decided is not None,
                stay_cost=call_cost(harm[number].score),
                is_told=row.state == SessionState.BOOKED,
                is_confirmed=row.confirmed_at is not None,
            )
        )
    return Displaced(
        key=key,
        under=series.under,
        as_is=series.as_is,
        hits=tuple(hits),
        patient=-series.course.patient_id,
        loose=series.loose,
        kept=frozenset(number for number, row in series.sessions.items() if row.pk in kept),
    )


def _ways(displaced: Displaced) -> list[Way]:
    """Return the ways of one series.

    :raises CannotPlan: what somebody decided can't be.
    """
    ways = ways_of(displaced)
    for hit in displaced.hits:
        if hit.is_bound and hit.spots and (why := why_not(displaced, hit, hit.spots[0])):
            raise CannotPlan(f"{_spot_words(hit.spots[0])}: {why}. Pick another time, or call.", code="no_place")
    if not ways:
        raise CannotPlan("These places don't go together for one course. Pick others, or call.", code="no_place")
    return ways


def _spot_words(spot: Spot) -> str:
    return f"{day_text(spot.day)}, {clock_text(spot.minute)}"


def _settled(ways: Sequence[Sequence[Way]], is_over: Callable[[], bool]) -> list[Way]:
    try:
        return settled(ways, is_over=is_over)
    except NoPlace as refusal:
        raise CannotPlan(str(refusal), code="no_place") from refusal


def _apart(found: Sequence[Series], ways: Sequence[list[Way]]) -> list[list[Way]]:
    """Return the ways of two courses of one patient so that what one forbids the other is in its way."""
    by_patient: dict[int, list[int]] = defaultdict(list)
    for key, series in enumerate(found):
        by_patient[series.course.patient_id].append(key)
    together = [list(each) for each in ways]
    pairs = [
        (one, other)
        for keys in by_patient.values()
        for place, one in enumerate(keys)
        for other in keys[place + 1 :]
        if found[one].course.pk != found[other].course.pk
    ]
    for number, (one, other) in enumerate(pairs):
        lane = _PAIR_LANE - number
        first, second = found[one], found[other]
        together[one] = [replace(way, takes=(*way.takes, *_spans(way, lane))) for way in together[one]]
        together[other] = [
            replace(way, takes=(*way.takes, *_forbidden(way, lane, first, second))) for way in together[other]
        ]
    return together


def _spans(way: Way, lane: int) -> list[Take]:
    return [(lane, place.day.toordinal(), _mask(place)) for place in way.places.values() if place]


def _forbidden(way: Way, lane: int, course: Series, other: Series) -> list[Take]:
    """Return when a course may not be treated if another one of the patient goes a way."""
    visits = []
    for place in way.places.values():
        if place:
            first = place.minute // QUANTUM
            end = first + place.minutes // QUANTUM
            visits.append(OtherVisit(place.day.toordinal(), first, end, other.definition.modality))
    rules = conflicts.day_rules(course.definition.modality, visits, course.payer)
    return [(lane, day, mask) for day, mask in rules.masks.items()]


def _mask(place: PlannedSession) -> int:
    return bitmap.span(place.minute // QUANTUM, place.minutes // QUANTUM)
