"""Make-ups that need no text of their own: the text about the missed visit names them."""

import datetime as dt
from collections.abc import Collection, Mapping

from notifications.actions.scene import Scene
from notifications.domain.states import COUNTED, Kind, MessageState
from notifications.models import Message
from scheduling.queries import messaging
from scheduling.queries.messaging import Change

MISSED_FOR = dt.timedelta(days=2)  # later, a person speaks to them
_WAITS = frozenset({MessageState.PENDING, MessageState.CLAIMED})


def named_with_miss(scene: Scene, made_up: Collection[tuple[Change, Change]]) -> set[int]:
    """Return the sessions of those make-ups that the text about their miss says; two statements, if there are any.

    `made_up`: a miss and its make-up, made before anybody could be told of either.
    """
    if not made_up:
        return set()
    said = _said({miss.session_id for miss, _make_up in made_up})
    said_at = [(_said_at(scene, miss, said), make_up) for miss, make_up in made_up]
    asked = [(at, make_up) for at, make_up in said_at if at is not None]
    if not asked:
        return set()
    first = min(at for at, _make_up in asked)
    visits = messaging.booked_after(course_ids={make_up.course_id for _at, make_up in asked}, since=first)
    return {
        make_up.session_id
        for at, make_up in asked
        # The text names the next visit of the course, whichever that is.
        if next((pk for pk, starts_at in visits.get(make_up.course_id, ()) if starts_at >= at), None)
        == make_up.session_id
    }


def _said(session_ids: Collection[int]) -> dict[int, list[tuple[str, dt.datetime | None]]]:
    found: dict[int, list[tuple[str, dt.datetime | None]]] = {}
    rows = Message.objects.filter(kind=Kind.MISSED, session__in=session_ids).values_list(
        "session_id", "state", "handed_at"
    )
    for session_id, state, handed_at in rows:
        found.setdefault(session_id or 0, []).append((state, handed_at))
    return found


def _said_at(
    scene: Scene, miss: Change, said: Mapping[int, list[tuple[str, dt.datetime | None]]]
) -> dt.datetime | None:
    """Return when a miss was or is said; None: it is not."""
    rows = said.get(miss.session_id)
    if rows is None:
        is_off = Kind.MISSED in scene.policy(miss.site_id).kinds_off
        return None if is_off or miss.at + MISSED_FOR <= scene.now else scene.now
    left = [handed_at for state, handed_at in rows if state in COUNTED and handed_at]
    if left:
        return min(left)
    return scene.now if any(state in _WAITS for state, _handed_at in rows) else None
