"""What a desk of the demo has before it besides the day: people who wait, times that came free, a device in service."""

import datetime as dt
from functools import partial

from clinic import actions as clinic_actions
from clinic.models import Site, StaffUser
from scheduling.actions import blocks, cancelling, waitlist
from scheduling.actions.waitlist import AskedFor
from scheduling.domain import local_time
from scheduling.domain.operations import Urgency
from scheduling.domain.states import CancelledBy, CourseState, SessionState
from scheduling.errors import Rejected
from scheduling.models import Course, Resource, Session
from scheduling.queries import availability
from scheduling.queries.outages.blocking import blocking_of, span_of

# Days (ISO), from and to in minutes of the clock, how urgent, by call only.
WISHES = (
    AskedFor(weekdays=(1, 3, 5), from_minute=7 * 60, to_minute=12 * 60),
    AskedFor(to_minute=11 * 60, urgency=Urgency.SOON),
    AskedFor(from_minute=12 * 60, is_call_only=True),
    AskedFor(weekdays=(2, 4)),
    AskedFor(lead_minutes=45),
)
FREED = ((1, "Ill", CancelledBy.PATIENT), (2, "Away for work", CancelledBy.PATIENT))
SERVICE_DAYS = 6


def add(site: Site, desk: StaffUser, now: dt.datetime) -> None:
    """Put people on the waiting list of a site, free some of its times, and take a device out for a service."""
    asks = partial(clinic_actions.Request, user=desk)
    _wait(site, asks(), now)
    _free(site, asks(), now)
    _service(site, asks(), now)


def _wait(site: Site, request: clinic_actions.Request, now: dt.datetime) -> None:
    live = Course.objects.filter(site=site, state=CourseState.ACTIVE, patient__contact_points__kind="phone")
    waiting = list(live.distinct().order_by("-booked_at", "pk")[: len(WISHES)])
    for number, (course, wish) in enumerate(zip(waiting, WISHES, strict=False)):
        since = max(course.booked_at, now - dt.timedelta(days=2 + 3 * number))
        waitlist.join_standby(request=request, course_id=course.pk, asked=wish, now=since)


def _free(site: Site, request: clinic_actions.Request, now: dt.datetime) -> None:
    """Cancel a visit of each of the coming days, as patients do."""
    today = local_time.today(now, site.zone)
    for after, reason, by_whom in FREED:
        coming = Session.objects.filter(
            site=site, day__gt=today + dt.timedelta(days=after - 1), state=SessionState.BOOKED, phase="acute"
        )
        session = coming.order_by("day", "starts_at", "pk").first()
        if session is None:
            continue
        cancelling.cancel_sessions(
            request=request,
            session_id=session.pk,
            version=session.version,
            reason=reason,
            by_whom=by_whom,
            now=now - dt.timedelta(minutes=40 * after),
        )


def _service(site: Site, request: clinic_actions.Request, now: dt.datetime) -> None:
    """Take the last device out on an afternoon next week; who stands there is asked about in "Needs attention"."""
    device = Resource.objects.filter(site=site, kind="tms_device", is_active=True).order_by("position").last()
    if device is None:
        return
    day = availability.next_open_day(site=site, after=local_time.today(now, site.zone) + dt.timedelta(SERVICE_DAYS))
    try:
        since, until = span_of(site, first=day, last=day, from_minute=13 * 60, to_minute=17 * 60)
        blocking = blocking_of(
            site=site, resource_ids=[device.pk], starts_at=since, ends_at=until, reason="Yearly service", now=now
        )
        blocks.block_now(request=request, blocking=blocking, now=now - dt.timedelta(hours=3))
    except Rejected:
        return
