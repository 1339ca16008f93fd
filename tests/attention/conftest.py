"""Two desks at two sites: what one sees, the other must not."""

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
