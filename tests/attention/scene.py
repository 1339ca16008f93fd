"""What every scene has: how a cause comes about, how it is solved, and how a new cause comes about."""

import datetime as dt

from tests.attention.desk import Desk


class Scene:
    """A cause at one desk. `begin`, `again` return an instant at which it stands; `solve` makes it go away."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def begin(self) -> dt.datetime:
        """Bring the cause about."""
        raise AssertionError

    def solve(self) -> dt.datetime | None:
        """Do what solves it; return a later instant to look at, if it takes one."""
        raise AssertionError

    def again(self) -> dt.datetime:
        """Bring about a new cause of the same kind."""
        raise AssertionError
