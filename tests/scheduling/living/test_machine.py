"""Whatever a desk does, in whatever order: nothing overlaps, nothing is lost, nothing is miscounted.

MACHINE_STEPS (default 2,000), MACHINE_SEED, and MACHINE_SHRINK=1 to look for the shortest way to a fault.
"""

import os
import sys
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from clinic.actions import remember_request
from scheduling.actions import ledger, locking
from tests.factories import NOW, World
from tests.scheduling.living.actions import NEVER_MIND
from tests.scheduling.living.clinic import make_clinic
from tests.scheduling.living.judge import Judge
from tests.scheduling.living.machine import ACTIONS, Desk
from tests.scheduling.living.tally import Tally

STEPS = int(os.environ.get("MACHINE_STEPS", "2000"))
SEED = int(os.environ.get("MACHINE_SEED", "4"))
PHASES = [Phase.generate, Phase.shrink] if "MACHINE_SHRINK" in os.environ else [Phase.generate]
STEPS_A_LIFE = 100
WRITE, REVIVED, ONCE = ledger.write, ledger.revived, locking.once


def play(world: World, steps: int) -> Tally:
    """Run the machine for so many steps at the least and return what was accepted and refused."""
    tally, clinic, judge, run = Tally(), make_clinic(world), Judge(), SEED
    while tally.steps < steps:
        lives = max(1, (steps - tally.steps) // STEPS_A_LIFE)
        run_state_machine_as_test(
            seed(run)(partial(Desk, clinic, judge, tally)),  # type: ignore[arg-type]
            settings=settings(
                max_examples=lives,
                stateful_step_count=STEPS_A_LIFE,
                deadline=None,
                database=None,
                report_multiple_bugs=False,
                phases=PHASES,
                suppress_health_check=list(HealthCheck),
            ),
        )
        run += 1
    return tally


@pytest.mark.timeout(max(300, STEPS // 5))
def test_whatever_the_desk_does_the_courses_stay_whole(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    tally = play(world, STEPS)

    with capsys.disabled():
        sys.stdout.write(f"\n{tally.table()}\n")
    rare = {each.name: f"{tally.share(each.name):.1%}" for each in ACTIONS if tally.share(each.name) < 0.01}
    assert rare.keys() <= NEVER_MIND, rare


def forget(*_args: Any, **_kwargs: Any) -> int:
    return 0


def break_nothing(*_args: Any, **_kwargs: Any) -> list[Any]:
    return []


def let_go_of_everything(edits: Any, *args: Any, **kwargs: Any) -> None:
    for edit in edits:
        edit.held = None  # what was held before is not taken again
    WRITE(edits, *args, **kwargs)


def keep_the_reason(*args: Any) -> dict[str, Any]:
    return {name: value for name, value in REVIVED(*args).items() if name != "reason"}


def leave_a_trace(request: Any, *args: Any, **kwargs: Any) -> Any:
    remember_request(request=replace(request, key=str(uuid4())), result_id=0, now=NOW)
    return ONCE(request, *args, **kwargs)


@pytest.mark.once
@pytest.mark.parametrize(
    ("what", "instead", "words"),
    [
        ("scheduling.actions.ledger._renumber", forget, "numbered"),
        ("scheduling.actions.recount.recount", forget, "covered as"),
        ("scheduling.domain.rules.broken", break_nothing, "apart|on one day|allowed|is over|begins|interval"),
        ("scheduling.actions.ledger.revived", keep_the_reason, "reason was"),
        ("scheduling.actions.makeups.withdrawn", break_nothing, "still makes up for|are prescribed|on one day"),
        ("scheduling.actions.locking.once", leave_a_trace, "changed something"),
        ("scheduling.actions.ledger.write", let_go_of_everything, "holds|does not hold"),
        ("scheduling.actions.attendance.refuse_unmet", forget, "began without|was accepted"),
    ],
)
def test_the_judge_notices_what_is_broken_on_purpose(
    world: World, monkeypatch: pytest.MonkeyPatch, what: str, instead: Any, words: str
) -> None:
    monkeypatch.setattr(what, instead)

    with pytest.raises(AssertionError, match=words):
        play(world, 2000)
