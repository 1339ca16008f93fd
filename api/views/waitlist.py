"""Who waits for a time: put on the list, look, change, take off it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import shapes, show_waitlist, waitlist_shapes
from api.fields import Strict, WallTime
from api.views.base import expected_version
from api.views.changes import Change
from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed
from patients import access as patient_access
from patients import actions as patient_actions
from scheduling import access
from scheduling.actions import waitlist
from scheduling.actions.waitlist import AskedFor
from scheduling.domain.local_time import MINUTES_A_DAY
from scheduling.domain.operations import Urgency
from scheduling.queries.waitlist import open_entries


class AskedIn(Strict):
    """What somebody asks for. Weekdays are ISO; none: any. Times are wall clock; null: no limit.

    `lead_minutes`: how long the way to the clinic takes. `call_only`: asked by phone, never by text.
    """

    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=7), required=False, max_length=7
    )
    from_time = WallTime(required=False, allow_null=True)
    to_time = WallTime(required=False, allow_null=True)
    lead_minutes = serializers.IntegerField(min_value=0, max_value=24 * 60, required=False)
    urgency = serializers.ChoiceField(choices=[urgency.value for urgency in Urgency], required=False)
    call_only = serializers.BooleanField(required=False)


class EntryIn(AskedIn):
    """`course` for an earlier visit of a course under way, or `patient` and `protocol` for a new one."""

    course = serializers.IntegerField(min_value=1, required=False)
    patient = serializers.IntegerField(min_value=1, required=False)
    protocol = serializers.CharField(max_length=40, required=False)


class CloseIn(Strict):
    """Why somebody is taken off the list."""

    reason = serializers.CharField(max_length=80)


def asked_for(data: dict[str, Any]) -> dict[str, Any]:
    """Return what of a body says what is asked for, as `AskedFor` has it."""
    found: dict[str, Any] = {name: data[name] for name in ("weekdays", "lead_minutes") if name in data}
    if "from_time" in data:
        found["from_minute"] = data["from_time"] or 0
    if "to_time" in data:
        found["to_minute"] = MINUTES_A_DAY if data["to_time"] is None else data["to_time"]
    if "urgency" in data:
        found["urgency"] = Urgency(data["urgency"])
    if "call_only" in data:
        found["is_call_only"] = data["call_only"]
    return found


class OfEntry(Change):
    """What the views of one entry share."""

    permission = Permission.BOOK_COURSE

    def entry(self, request: Request, entry_id: int) -> Any:
        """Return an entry this person may change."""
        return access.waitlist_entry(request.user, entry_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]

    def shown(self, request: Request, entry_id: int, *, status: int = 200, again: bool = False) -> Response:
        """Answer with an entry as it is now."""
        row = self.entry(request, entry_id)
        headers = {"ETag": f'"{row.version}"'} | ({"Idempotency-Replayed": "true"} if again else {})
        return Response(show_waitlist.entry(row), status=status, headers=headers)


class Waitlist(OfEntry):
    """`GET waitlist/`: who waits, the longest first. `POST waitlist/`: put somebody on the list."""

    @extend_schema(
        operation_id="waitlist_list",
        parameters=[shapes.SITE, *shapes.PAGE],
        responses=shapes.page_of(waitlist_shapes.EntryOut),
    )
    def get(self, request: Request) -> Response:
        sites = self.sites(request, Permission.BOOK_COURSE)
        rows = open_entries([site.pk for site in sites])
        return self.paged_records(request, rows, show_waitlist.entry, sites=sites, action="waitlist.listed")

    @extend_schema(
        operation_id="waitlist_add",
        request=EntryIn,
        responses=shapes.answers({201: waitlist_shapes.EntryOut}, 400, 404, 409, 422),
    )
    def post(self, request: Request) -> Response:
        data = self.read(EntryIn(data=request.data))
        asked, asker, now = AskedFor(**asked_for(data)), self.asker(request), clock.now()
        named = {name for name in ("course", "patient", "protocol") if name in data}
        if named == {"course"}:
            course = self.course(request, data["course"])
            pk, again = waitlist.join_standby(request=asker, course_id=course.pk, asked=asked, now=now)
        elif named == {"patient", "protocol"}:
            patient = patient_access.patient(request.user, data["patient"], Permission.BOOK_COURSE)  # type: ignore[arg-type]
            pk, again = waitlist.join_waiting(
                request=asker,
                site=patient.site,
                patient_id=patient.pk,
                protocol_code=data["protocol"],
                asked=asked,
                now=now,
            )
        else:
            raise Malformed("Name a course, or a patient and a protocol.", fields={"course": "one of the two"})
        return self.shown(request, pk, status=201, again=again)


class Entry(OfEntry):
    """`GET waitlist/{id}/` and `PATCH waitlist/{id}/`: look at an entry, change what is asked for."""

    @extend_schema(operation_id="waitlist_read", responses=shapes.answers(waitlist_shapes.EntryOut, 404))
    def get(self, request: Request, entry_id: int) -> Response:
        row = self.entry(request, entry_id)
        patient_actions.record_access(
            request=self.asker(request),
            site=row.site,
            patient_ids=[row.patient_id],
            action="waitlist.opened",
            now=clock.now(),
        )
        return self.shown(request, entry_id)

    @extend_schema(
        operation_id="waitlist_change",
        request=AskedIn,
        parameters=[shapes.IF_MATCH],
        responses=shapes.answers(waitlist_shapes.EntryOut, 400, 404, 409, 412, 422, 428),
    )
    def patch(self, request: Request, entry_id: int) -> Response:
        version, data = expected_version(request), self.read(AskedIn(data=request.data))
        row = self.entry(request, entry_id)
        _id, again = waitlist.change_entry(
            request=self.asker(request), entry_id=row.pk, version=version, now=clock.now(), **asked_for(data)
        )
        return self.shown(request, entry_id, again=again)


class Close(OfEntry):
    """`POST waitlist/{id}/close/`: take somebody off the list."""

    @extend_schema(
        operation_id="waitlist_close",
        request=CloseIn,
        parameters=[shapes.IF_MATCH],
        responses=shapes.answers(waitlist_shapes.EntryOut, 400, 404, 409, 412, 422, 428),
    )
    def post(self, request: Request, entry_id: int) -> Response:
        version, data = expected_version(request), self.read(CloseIn(data=request.data))
        row = self.entry(request, entry_id)
        _id, again = waitlist.close_entry(
            request=self.asker(request), entry_id=row.pk, version=version, reason=data["reason"], now=clock.now()
        )
        return self.shown(request, entry_id, again=again)
