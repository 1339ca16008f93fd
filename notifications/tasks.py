"""What the beat asks of the notifications app."""

import logging

from celery import shared_task

from clinic import clock
from notifications.actions import planning, sending, withdrawing

logger = logging.getLogger(__name__)


@shared_task(name="notifications.plan_messages")  # type: ignore[untyped-decorator]
def plan_messages() -> None:
    """Turn events and coming sessions into message rows."""
    if withdrawn := withdrawing.withdraw_messages(now=clock.now()):
        logger.info("Withdrew %s messages", withdrawn)
    if planned := planning.plan_messages(now=clock.now()):
        logger.info("Planned %s messages", planned)


@shared_task(name="notifications.drain_messages")  # type: ignore[untyped-decorator]
def drain_messages() -> None:
    """Hand over what is due."""
    if sent := sending.drain_messages(now=clock.now()):
        logger.info("Handed over %s messages", sent)


@shared_task(name="notifications.recover_messages")  # type: ignore[untyped-decorator]
def recover_messages() -> None:
    """Take back what a dead worker held."""
    if recovered := sending.recover_messages(now=clock.now()):
        logger.warning("Recovered %s messages of a stopped worker", recovered)
