"""Whether this machine and the database agree what time it is: caps and windows go by one, leases by the other."""

import datetime as dt
import logging

from clinic import clock, queries

logger = logging.getLogger(__name__)

ALARM = dt.timedelta(seconds=2)
REFUSE = dt.timedelta(seconds=60)


def difference() -> dt.timedelta:
    """Return how far this machine's clock is ahead of the database's; one statement."""
    return clock.ahead_of(queries.database_clock())


def agree() -> bool:
    """Tell whether the clocks are near enough to send, and say in the log if not: texts could come at night."""
    apart = abs(difference())
    if apart > REFUSE:
        logger.error("This machine's clock and the database's are %d s apart: nothing is sent", apart.total_seconds())
        return False
    if apart > ALARM:
        logger.warning("This machine's clock and the database's are %d s apart", apart.total_seconds())
    return True
