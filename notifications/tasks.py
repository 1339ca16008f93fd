"""What the beat asks of the notifications app."""

import logging

from celery import shared_task

from clinic import clock
from notifications.actions import events, inbound, levelling, planning, reconciling, repair, sending, withdrawing

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


@shared_task(name="notifications.apply_events")  # type: ignore[untyped-decorator]
def apply_events() -> None:
    """Let what providers called back become the state of their messages."""
    events.apply_events(now=clock.now())


@shared_task(name="notifications.handle_inbound")  # type: ignore[untyped-decorator]
def handle_inbound() -> None:
    """Do what people wrote asks for, and answer them at once."""
    if handled := inbound.handle_inbound(now=clock.now()):
        logger.info("Handled %s texts that came in", handled)
        sending.drain_messages(now=clock.now())


@shared_task(name="notifications.repair_messages")  # type: ignore[untyped-decorator]
def repair_messages() -> None:
    """Say by e-mail what did not arrive as a text, and note which numbers are wrong."""
    if made := repair.repair_messages(now=clock.now()):
        logger.info("Say %s messages by e-mail that did not arrive as texts", made)


@shared_task(name="notifications.reconcile_messages")  # type: ignore[untyped-decorator]
def reconcile_messages() -> None:
    """Take back what a dead worker held, and ask about what nobody knows."""
    if settled := reconciling.reconcile_messages(now=clock.now()):
        logger.warning("Took back or settled %s messages", settled)


@shared_task(name="notifications.propose_levelling")  # type: ignore[untyped-decorator]
def propose_levelling() -> None:
    """Propose how to level the future of the sites at which it is night."""
    if proposed := levelling.propose_by_night(now=clock.now()):
        logger.info("Proposed to level the future of %s sites", proposed)
