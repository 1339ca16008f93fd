"""Two desks at two sites: what one sees, the other must not."""

from pathlib import Path
from typing import Any

import pytest

from tests.attention.desk import Desk
from tests.factories import World


@pytest.fixture
def desk(world: World, clock: Any) -> Desk:
    """The receptionist's desk at the first site."""
    return Desk(world.site, world.receptionist, clock)


@pytest.fixture
def elsewhere(world: World, clock: Any) -> Desk:
    """A desk at the second site, in another zone."""
    return Desk(world.other_site, world.outsider, clock)


# Every kind is raised and solved on both engines; what follows from a row's values is asked once.
ON_BOTH_ENGINES = {"test_every_kind.py", "test_machinery.py", "test_answers.py"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here and item.path.name not in ON_BOTH_ENGINES:
            item.add_marker(pytest.mark.once)
