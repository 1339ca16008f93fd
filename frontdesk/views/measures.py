"""Totals of outcome scales, typed on the page of a course."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed
from frontdesk.guard import needs, who
from frontdesk.show_visit import NAMES
from frontdesk.toasts import Toast, Undo
from frontdesk.views import after
from frontdesk.views.visits import number
from patients import life_actions
from patients.domain.clinical import Instrument
from patients.errors import Rejected
from scheduling import access
from scheduling.domain import local_time


@require_POST
@needs(Permission.RECORD_ATTENDANCE)
def record(request: HttpRequest, course_id: int) -> HttpResponse:
    """Record a total, of today unless another day is given."""
    course = _course(request, course_id)
    now = clock.now()
    if (name := request.POST.get("instrument", "")) not in set(Instrument):
        raise Malformed("There is no such scale.")
    score = number(request, "score")
    row = life_actions.record_measure(
        request=who(request),
        patient=course.patient,
        instrument=Instrument(name),
        score=score,
        measured_on=_day(request, local_time.today(now, course.site.zone)),
        now=now,
    )
    toast = Toast(f"{NAMES[name]} total {score} recorded.", Undo("measure", f"{course.patient_id}.{row}", 1))
    return after.done(request, reverse("course", args=[course.pk]), toast)


@require_POST
@needs(Permission.RECORD_ATTENDANCE)
def remove(request: HttpRequest, course_id: int, measure_id: int) -> HttpResponse:
    """Take back a total that was typed wrong."""
    course = _course(request, course_id)
    life_actions.withdraw_measure(request=who(request), patient=course.patient, measure_id=measure_id, now=clock.now())
    return after.done(request, reverse("course", args=[course.pk]), Toast("Total removed. Enter the right one."))


def _course(request: HttpRequest, course_id: int) -> Any:
    return access.course(request.user, course_id, Permission.RECORD_ATTENDANCE)  # type: ignore[arg-type]


def _day(request: HttpRequest, today: dt.date) -> dt.date:
    text = request.POST.get("measured_on", "")
    try:
        day = dt.date.fromisoformat(text) if text else today
    except ValueError as error:
        raise Malformed("That is not a day. Use a date like 2026-11-24.") from error
    if day > today:
        raise Rejected("That day has not come yet. Enter the day the total was taken.")
    return day
