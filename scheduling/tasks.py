"""What the beat asks of the scheduling app."""

import logging

from celery import shared_task

from clinic import clock
from scheduling.actions import misses

logger = logging.getLogger(__name__)


@shared_task(name="scheduling.flag_missed_sessions")  # type: ignore[untyped-decorator]
def flag_missed_sessions() -> None:
    """Flag the sessions nobody arrived for."""
    if flagged := misses.flag_missed_sessions(now=clock.now()):
        logger.info("Flagged %s missed sessions", flagged)
