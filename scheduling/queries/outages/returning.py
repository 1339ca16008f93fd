"""The way back: who could go back to the time and device they were told first, once a block has ended."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from scheduling.domain.operations import BlockKind, BlockState
from scheduling.domain.reseat_words import MoveKind, kind_of, words_of
from scheduling.domain.spots import Spot
from scheduling.domain.states import MOVABLE
from scheduling.errors import IllegalMove
from scheduling.models import Block, Reservation, Session
from scheduling.queries.definitions import definitions_of
from scheduling.queries.outages.around import series_going
from scheduling.queries.outages.blocking import Blocking
from scheduling.queries.outages.moved import Moved, first_told, moved_by
from scheduling.queries.outages.proposal import Proposal, Row, versions_of
from scheduling.queries.outages.seating import Seated, go_back_all, never


def return_choices(
    *, block: Block, now: dt.datetime, staying: Collection[int] = (), is_over: Callable[[], bool] = never
) -> Proposal:
    """Return who of those a block moved could go back to where they were told first, all together.

    `staying`: ids of sessions that somebody wants to stay where they are now.

    :raises IllegalMove: the block has not been ended.
    """
    if block.state != BlockState.REOPENED:
        raise IllegalMove("This block was not ended before its time. Reopen it first.")
    moved = {each.session_id: each for each in moved_by(block.pk) if each.is_untouched}
    rows = Session.objects.filter(pk__in=set(moved) - set(staying), state__in=MOVABLE, starts_at__gt=now)
    told = _told_first(list(rows.select_related("course")), moved)
    found = series_going(block.site, told, now=now, blocking=None) if told else []
    seated = go_back_all(found, told, is_over=is_over)
    proposed = tuple(row for each in seated for row in _rows(each))
    return Proposal(
        blocking=_as_was(block),
        rows=proposed,
        later=(),
        under_way=(),
        words=_summary(proposed),
        versions=versions_of(seated),
        is_way_back=True,
    )


def _told_first(rows: Sequence[Session], moved: Mapping[int, Moved]) -> dict[int, Spot]:
    """Return by session id the place it was told first; two statements."""
    was = {row.pk: first_told(moved[row.pk], day=row.day, minute=row.minute) for row in rows}
    held = {pk for _day, _minute, ids in was.values() for pk in ids}
    kinds = Reservation.objects.filter(pk__in=held).values_list("pk", "resource_id", "resource__kind")
    kept = {pk: (resource_id, kind) for pk, resource_id, kind in kinds}
    definitions = definitions_of(row.course.protocol_id for row in rows)
    found = {}
    for row in rows:
        day, minute, ids = was[row.pk]
        visit = moved[row.pk].before.get("visit_type", row.visit_type)
        main_kind = definitions[row.course.protocol_id].visit_types[visit].steps[0].needs[0].kind
        mains = [kept[pk][0] for pk in ids if pk in kept and kept[pk][1] == main_kind]
        if mains:
            found[row.pk] = Spot(day, minute, mains[0])
    return found


def _rows(seated: Seated) -> Iterator[Row]:
    series = seated.series
    sittings = {sitting.number: sitting for sitting in series.under.sittings}
    for session in series.going:
        number = series.number_of(session)
        was, place = sittings[number], seated.way.places[number]
        yield Row(
            session=session,
            was=was,
            to=place,
            kind=kind_of(was, place) if place else MoveKind.CALL,
            words=words_of(was, place) if place else f"Stays where it is now: {seated.reasons[number]}",
        )


def _summary(rows: Sequence[Row]) -> str:
    if not rows:
        return "Nobody who was moved has a visit ahead. Nothing is left to move back."
    back = sum(row.to is not None for row in rows)
    return f"{back} of {len(rows)} can go back to the time they were told first."


def _as_was(block: Block) -> Blocking:
    return Blocking(
        site=block.site,
        kind=BlockKind(block.kind),
        resource_ids=(),
        names=(),
        starts_at=block.starts_at,
        ends_at=block.ends_at,
        reason=block.reason,
        block_id=block.pk,
    )
