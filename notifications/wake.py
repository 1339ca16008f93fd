"""A nudge for the worker, sent by an interface once its action has returned. Losing it costs seconds, nothing else."""

import logging

from kombu.exceptions import OperationalError

from notifications import tasks

logger = logging.getLogger(__name__)


def wake_sender() -> None:
    """Ask the worker to plan messages now; with the broker down the booking stands and the next sweep finds it."""
    try:
        tasks.plan_messages.apply_async(retry=False)
    except (OperationalError, OSError):
        logger.warning("The broker can't be reached; the next sweep will plan the messages")
