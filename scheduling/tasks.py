"""What the beat asks of the scheduling app."""

import logging

from celery import shared_task

from clinic import clock
from scheduling.actions import extending, holds, misses, offers, recount, waitlist

logger = logging.getLogger(__name__)


@shared_task(name="scheduling.flag_missed_sessions")  # type: ignore[untyped-decorator]
def flag_missed_sessions() -> None:
    """Flag the sessions nobody arrived for."""
    if flagged := misses.flag_missed_sessions(now=clock.now()):
        logger.info("Flagged %s missed sessions", flagged)


@shared_task(name="scheduling.release_expired_holds")  # type: ignore[untyped-decorator]
def release_expired_holds() -> None:
    """Give held times back when their hold has run out."""
    if released := holds.release_expired_holds(now=clock.now()):
        logger.info("Released %s holds", released)


@shared_task(name="scheduling.close_offers")  # type: ignore[untyped-decorator]
def close_offers() -> None:
    """Close the offers of freed times that nobody answered, or whose time is taken."""
    if closed := offers.close_offers(now=clock.now()):
        logger.info("Closed %s offers", closed)


@shared_task(name="scheduling.close_waitlist")  # type: ignore[untyped-decorator]
def close_waitlist() -> None:
    """Take off the waiting list whoever has nothing to wait for any more."""
    if closed := waitlist.close_settled_entries(now=clock.now()):
        logger.info("Closed %s entries of the waiting list", closed)


@shared_task(name="scheduling.recount_authorizations")  # type: ignore[untyped-decorator]
def recount_authorizations() -> None:
    """Recount what every authorisation pays for."""
    recount.recount_all(now=clock.now())


@shared_task(name="scheduling.extend_courses")  # type: ignore[untyped-decorator]
def extend_courses() -> None:
    """Book the next sessions of phases without an end."""
    if added := extending.extend_courses(now=clock.now()):
        logger.info("Added %s sessions to phases without an end", added)
