"""Pure: when a person may be written to, and how often, in wall-clock minutes of their zone (47 CFR 64.1200)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hours:
    """From when until when somebody is written to: wall-clock minutes."""

    opens: int = 9 * 60
    closes: int = 20 * 60

    def is_open(self, minute: int) -> bool:
        """Tell whether a wall-clock minute lies within."""
        return self.opens <= minute < self.closes


USUAL = Hours()
LAW = Hours(8 * 60, 21 * 60)  # 64.1200(c)(1): whatever a site wishes


@dataclass(frozen=True, slots=True)
class Caps:
    """How many texts a number gets at the most, whoever's records it stands on."""

    a_day: int = 2
    a_week: int = 7
