"""Opening one day beside the week's template, and taking that back as long as nobody is booked then."""

import datetime as dt
from typing import Any

from clinic import actions as clinic_actions
from clinic.models import Site
from scheduling.actions import locking, visits
from scheduling.domain import local_time
from scheduling.domain.local_time import LocalTimeError, clock_text, day_text
from scheduling.errors import IllegalMove, NotFound, Rejected
from scheduling.models import ExtraHours, Reservation, Resource
from scheduling.queries.hours import Hours, span

FARTHEST_DAYS = 366
SHOWN = 3


def open_extra(
    *,
    request: clinic_actions.Request,
    site: Site,
    day: dt.date,
    from_minute: int,
    to_minute: int,
    now: dt.datetime,
    reason: str = "",
    resource_id: int | None = None,
) -> tuple[int, bool]:
    """Open a site, or one resource, on a day between two wall-clock minutes; return the id, and if it was done before.

    The week's template stays as it is, and whatever is closed by a closure stays closed.

    :raises Rejected: the day has passed or is too far off, the time is empty, does not exist, or is open already.
    :raises NotFound: the resource is not in use at this site.
    """
    _check(site, day, from_minute, to_minute, now)

    def run() -> int:
        resources = list(Resource.objects.filter(site=site, pk=resource_id, is_active=True)) if resource_id else []
        if resource_id and not resources:
            raise NotFound("There is no such device, place or person at this site.", fields={"resource": "unknown"})
        _lock(site, resource_id)
        hours = Hours(site, resources, first=day, last=day)
        open_then = hours.of(resource_id, day) if resource_id else hours.of_house(day)
        wanted = span(_time(from_minute), _time(to_minute))
        if not wanted & ~open_then:
            raise Rejected("It is open then already.", code="open_already", fields={"day": "open already"})
        if ExtraHours.objects.filter(**_same(site, day, from_minute, resource_id)).exists():
            raise Rejected("Hours beginning then were opened before. Take those back first.", code="open_already")
        row = ExtraHours.objects.create(
            site=site,
            resource_id=resource_id,
            day=day,
            opens=_time(from_minute),
            closes=_time(to_minute),
            reason=reason.strip()[:80],
        )
        clinic_actions.remember_request(request=request, result_id=row.pk, now=now)
        _audit(request, row, "opened", now)
        return row.pk

    return locking.once(request, run)


def remove_extra(*, request: clinic_actions.Request, extra_id: int, now: dt.datetime) -> tuple[int, bool]:
    """Take extra hours back; return the id, and whether that was done before.

    :raises NotFound: there are none, or they were taken back.
    :raises IllegalMove: somebody is booked then; the words say who.
    """

    def run() -> int:
        clinic_actions.remember_request(request=request, result_id=extra_id, now=now)
        row = ExtraHours.objects.select_related("site").filter(pk=extra_id, removed_at=None).first()
        if row is None:
            raise NotFound("There are no such extra hours.")
        _lock(row.site, row.resource_id)
        row.removed_at = now
        row.save(update_fields=["removed_at"])
        if booked := _booked(row):
            more = f" and {len(booked) - SHOWN} more" if len(booked) > SHOWN else ""
            raise IllegalMove(
                f"Somebody is booked then: {'; '.join(booked[:SHOWN])}{more}. Move them first.",
                code="booked_then",
            )
        _audit(request, row, "taken_back", now)
        return row.pk

    return locking.once(request, run)


def _check(site: Site, day: dt.date, from_minute: int, to_minute: int, now: dt.datetime) -> None:
    today = local_time.today(now, site.zone)
    if not today <= day <= today + dt.timedelta(days=FARTHEST_DAYS):
        raise Rejected("Open a day from today on, up to a year ahead.", fields={"day": "range"})
    if not from_minute < to_minute < local_time.MINUTES_A_DAY:
        raise Rejected("The clinic must close after it opens, on the same day.", fields={"to_time": "too early"})
    try:
        local_time.to_utc(day, from_minute, site.zone)
        local_time.to_utc(day, to_minute, site.zone)
    except LocalTimeError as error:
        raise Rejected(str(error), code="no_such_time", fields={"from_time": "no such time"}) from error


def _same(site: Site, day: dt.date, from_minute: int, resource_id: int | None) -> dict[str, Any]:
    return {"site": site, "day": day, "opens": _time(from_minute), "resource": resource_id, "removed_at": None}


def _time(minute: int) -> dt.time:
    return dt.time(minute // 60, minute % 60)


def _lock(site: Site, resource_id: int | None) -> None:
    """Lock what opens or closes, as a booking does: nobody is booked while the hours change."""
    visits.wait_briefly()
    rows = Resource.objects.filter(site=site, is_active=True)
    locking.resources([resource_id] if resource_id else rows.values_list("pk", flat=True))


def _booked(row: ExtraHours) -> list[str]:
    """Return who holds something in hours that are closed without a row of extra hours, in words."""
    of = {"resource": row.resource_id} if row.resource_id else {"resource__site": row.site_id}
    held = Reservation.objects.filter(**of, day_number=row.day.toordinal(), is_active=True, session__isnull=False)
    found = list(held.select_related("session", "resource").order_by("starts_at", "pk"))
    hours = Hours(row.site, [each.resource for each in found], first=row.day, last=row.day)
    extra = span(row.opens, row.closes)
    words = {}
    for each in found:
        mask = ((1 << each.end_quantum) - (1 << each.first_quantum)) & extra
        if mask & ~hours.of(each.resource_id, row.day) and each.session is not None:
            words[each.session_id] = f"{day_text(row.day)}, {clock_text(each.session.minute)}"
    return list(words.values())


def _audit(request: clinic_actions.Request, row: ExtraHours, step: str, now: dt.datetime) -> None:
    clinic_actions.write_audit(
        request=request,
        site=row.site,
        action=f"extra_hours.{step}",
        patient_ids=[None],
        object_type="extra_hours",
        object_id=row.pk,
        now=now,
    )
