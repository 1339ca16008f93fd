import itertools

import pytest

from scheduling.domain.history import Step, latest_in_force
from scheduling.domain.states import (
    COURSE_MOVES,
    FHIR_STATUS,
    SESSION_MOVES,
    SessionState,
    may_move,
    may_undo,
)


def test_every_state_has_moves_and_one_fhir_code() -> None:
    assert set(SESSION_MOVES) == set(FHIR_STATUS) == set(SessionState)
    assert {to for moves in COURSE_MOVES.values() for to in moves} <= set(COURSE_MOVES)


def test_every_state_can_be_reached_from_held() -> None:
    reached, todo = {SessionState.HELD}, [SessionState.HELD]
    while todo:
        fresh = SESSION_MOVES[todo.pop()] - reached
        reached |= fresh
        todo += fresh

    assert reached == set(SessionState)


def test_an_error_is_the_end() -> None:
    assert SESSION_MOVES[SessionState.ENTERED_IN_ERROR] == frozenset()


@pytest.mark.parametrize(
    ("frm", "to"), list(itertools.product(SessionState, SessionState)), ids=lambda state: state.value
)
def test_only_a_legal_move_can_be_taken_back(frm: SessionState, to: SessionState) -> None:
    may = frm is to or may_move(frm, to)
    assert may_undo(frm, to) == (may and to is not SessionState.ENTERED_IN_ERROR)


def test_the_latest_step_in_force_skips_what_was_taken_back() -> None:
    arrived = Step(1, "moved", "booked", "arrived", None)
    started = Step(2, "moved", "arrived", "in_treatment", None)
    undone = Step(3, "undone", "in_treatment", "arrived", 2)

    assert latest_in_force([arrived, started]) == started
    assert latest_in_force([arrived, started, undone]) == arrived
    assert latest_in_force([]) is None
