"""The same day as others would write it, behind the product's own middleware and sign-in: only the page differs."""

import datetime as dt
from html import escape
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.urls import path
from rest_framework import serializers

from config.urls import handler400, handler404, handler500
from config.urls import urlpatterns as product
from scheduling.models import Session

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]

_PAGE = engines["django"].from_string(
    "{% load tz %}<!doctype html><title>Day</title><main>{% for s in sessions %}"
    '<article class="{{ s.state }}"><time>{{ s.starts_at|timezone:s.zone|date:"g:ia" }} to '
    '{{ s.ends_at|timezone:s.zone|date:"g:ia" }}</time> <b>{{ s.patient.last_name }}, '
    '{{ s.patient.first_name|slice:":1" }}.</b> '
    "{{ s.course.protocol.tag }} {{ s.number }}/{{ s.course.prescribed }} {{ s.state }} "
    '<a href="/sessions/{{ s.pk }}/">Open</a>{% for r in s.reservations.all %} {{ r.resource.name }}{% endfor %}'
    "</article>{% endfor %}</main>"
)
_ROWS = """
    SELECT s.id, s.state, s.starts_at, s.ends_at, s.zone, s.number, c.prescribed, p.tag, n.last_name, n.first_name,
           (SELECT string_agg(r.name, ' ') FROM scheduling_reservation v
              JOIN scheduling_resource r ON r.id = v.resource_id WHERE v.session_id = s.id)
    FROM scheduling_session s
    JOIN scheduling_course c ON c.id = s.course_id
    JOIN scheduling_protocol p ON p.id = c.protocol_id
    JOIN patients_patient n ON n.id = s.patient_id
    WHERE s.site_id = %s AND s.day = %s ORDER BY s.starts_at
"""


class Row(serializers.ModelSerializer[Session]):
    """A session with the names beside it, as a first draft would have it."""

    first_name = serializers.CharField(source="patient.first_name")
    last_name = serializers.CharField(source="patient.last_name")
    tag = serializers.CharField(source="course.protocol.tag")
    prescribed = serializers.IntegerField(source="course.prescribed")

    class Meta:
        model = Session
        exclude: list[str] = []


@login_required
def usual(request: HttpRequest) -> HttpResponse:
    """Print the day with `select_related`, a template and its date filters."""
    return HttpResponse(_PAGE.render({"sessions": _sessions(request)}, request))


@login_required
def by_hand(request: HttpRequest) -> HttpResponse:
    """Print the day from raw SQL by f-strings."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [request.GET["site"], request.GET["day"]])
        rows = [_printed(*row) for row in cursor.fetchall()]
    return HttpResponse(f"<!doctype html><title>Day</title><main>{''.join(rows)}</main>")


def _printed(
    pk: int,
    state: str,
    starts: dt.datetime,
    ends: dt.datetime,
    zone: str,
    number: int,
    of: int,
    tag: str,
    last: str,
    first: str,
    names: str | None,
) -> str:
    here = ZoneInfo(zone)
    return (
        f'<article class="{state}"><time>{starts.astimezone(here):%I:%M%p} to {ends.astimezone(here):%I:%M%p}</time> '
        f"<b>{escape(last)}, {escape(first[:1])}.</b> {tag} {number}/{of} {state} "
        f'<a href="/sessions/{pk}/">Open</a> {escape(names or "")}</article>'
    )


@login_required
def serialized(request: HttpRequest) -> HttpResponse:
    """Answer the day's first sessions through a model serializer."""
    some = _sessions(request)[: int(request.GET["limit"])]
    return JsonResponse({"results": Row(some, many=True).data})


@login_required
def one(request: HttpRequest) -> HttpResponse:
    """Ask the database for the number one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return HttpResponse(str(cursor.fetchone()[0]))


def _sessions(request: HttpRequest):  # type: ignore[no-untyped-def]
    return (
        Session.objects.filter(site_id=request.GET["site"], day=request.GET["day"])
        .select_related("patient", "course__protocol")
        .prefetch_related("reservations__resource")
        .order_by("starts_at")
    )


urlpatterns = [
    *product,
    path("bench/usual/", usual),
    path("bench/by-hand/", by_hand),
    path("bench/serialized/", serialized),
    path("bench/one/", one),
]
