"""Which steps are open to a visit besides its next one: its panel and the menu of its card offer the same."""

import datetime as dt
from typing import Any

from scheduling.domain import local_time
from scheduling.domain.states import MOVABLE, SessionState, may_move

_S = SessionState


def ways(session: Any, *, now: dt.datetime) -> dict[str, Any]:
    """Return which other steps a visit may take than the next one, as templates name them. No statement."""
    state = SessionState(session.state)
    return {
        "may_no_show": state is _S.MISSED or (state is _S.BOOKED and now >= session.starts_at),
        "may_come": state in (_S.MISSED, _S.NO_SHOW),
        "came": "Came late" if state is _S.NO_SHOW else "Came",
        "may_cancel": may_move(state, _S.CANCELLED),
        "may_move": state in MOVABLE and now < session.starts_at,
        "may_turn_away": may_move(state, _S.NOT_TREATED),
        "may_stop_early": may_move(state, _S.PARTIAL),
        "may_undo": session.version > 1,
    }


def is_ahead(session: Any, *, now: dt.datetime) -> bool:
    """Tell whether a visit is on a later day: nobody can have come to it yet."""
    return bool(local_time.today(now, session.zone) < session.day)
