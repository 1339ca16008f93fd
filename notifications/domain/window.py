"""Pure: when a person may be written to, in wall-clock minutes of their zone (47 CFR 64.1200; stricter by default)."""

OPENS, CLOSES = 9 * 60, 20 * 60


def is_open(minute: int) -> bool:
    """Tell whether a wall-clock minute lies in the sending window, 9am to 8pm."""
    return OPENS <= minute < CLOSES
