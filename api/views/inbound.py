"""What people wrote back: read by staff who may see patients, each look noted, and what was done about it."""

import datetime as dt
from collections.abc import Iterable

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api import shapes
from api.fields import Strict
from api.inbound_shapes import InboundOut
from api.show_inbound import inbound as shown
from api.views.base import Endpoint, number_in
from clinic import clock
from clinic import queries as clinic_queries
from clinic.domain.permissions import Permission
from clinic.errors import NotFound
from notifications import inbox
from notifications.actions.settling import finish_inbound
from notifications.inbox import InboundLine
from patients import actions as patient_actions

_WAITING = OpenApiParameter("waiting", OpenApiTypes.STR, enum=["0", "1"], description="Only what waits for a person")


class DoneIn(Strict):
    """What a person did about a text, in a few words."""

    what = serializers.CharField(max_length=120)


class Inbound(Endpoint):
    """`GET inbound/`: what came in at your sites, or from one patient, the latest first."""

    permission = Permission.VIEW_PATIENT

    @extend_schema(
        operation_id="inbound_list",
        parameters=[shapes.SITE, *shapes.numbers("patient"), _WAITING, *shapes.PAGE],
        responses=shapes.page_of(InboundOut),
    )
    def get(self, request: Request) -> Response:
        site_ids = [site.pk for site in self.sites(request, Permission.VIEW_PATIENT)]
        patient_id = number_in(request, "patient")
        wanted = request.query_params.get("waiting", "")
        if wanted not in ("", "0", "1"):
            raise ValidationError({"waiting": "Send 0 or 1."})
        if wanted == "1":
            pages, page = self._page(request, _waiting(site_ids, patient_id))
        else:
            pages, rows = self._page(request, inbox.came_in(site_ids=site_ids, patient_id=patient_id))
            page = inbox.lines(rows)
        _note(self, request, page)
        return pages.get_paginated_response([shown(line) for line in page])


class OneInbound(Endpoint):
    """`GET inbound/{id}/`."""

    permission = Permission.VIEW_PATIENT

    @extend_schema(operation_id="inbound_read", responses=shapes.answers(InboundOut, 404))
    def get(self, request: Request, inbound_id: int) -> Response:
        line = _line(request, inbound_id, Permission.VIEW_PATIENT)
        _note(self, request, [line])
        return Response(shown(line))


class Done(Endpoint):
    """`POST inbound/{id}/done/`."""

    permission = Permission.SETTLE_MISS

    @extend_schema(
        operation_id="inbound_done", request=DoneIn, responses=shapes.answers(InboundOut, 400, 404, 409, 422, 503)
    )
    def post(self, request: Request, inbound_id: int) -> Response:
        body = DoneIn(data=request.data)
        body.is_valid(raise_exception=True)
        finish_inbound(
            request=self.asker(request),
            inbound_id=inbound_id,
            site_ids=_sites(request, Permission.SETTLE_MISS),
            what=body.validated_data["what"],
            now=clock.now(),
        )
        return Response(shown(_line(request, inbound_id, Permission.SETTLE_MISS)))


def _waiting(site_ids: list[int], patient_id: int | None) -> list[InboundLine]:
    now, at_once = clock.now(), dt.timedelta(0)
    found = inbox.waiting(site_ids=site_ids, patient_id=patient_id, now=now, unworked_for=at_once)
    return [line for line in reversed(found) if line.is_waiting]


def _sites(request: Request, permission: Permission) -> list[int]:
    return [site.pk for site in clinic_queries.sites_where(request.user, permission)]  # type: ignore[arg-type]


def _line(request: Request, inbound_id: int, permission: Permission) -> InboundLine:
    found = inbox.line(inbound_id=inbound_id, site_ids=_sites(request, permission))
    if found is None:
        raise NotFound("There is no such text.")
    return found


def _note(endpoint: Endpoint, request: Request, lines: Iterable[InboundLine]) -> None:
    """Note whose texts were read; None stands for somebody nobody here knows."""
    seen: dict[int, set[int | None]] = {}
    for line in lines:
        seen.setdefault(line.site_id, set()).add(line.patient_id)
    for site in clinic_queries.sites_where(request.user, Permission.VIEW_PATIENT):  # type: ignore[arg-type]
        if site.pk in seen:
            patient_actions.record_access(
                request=endpoint.asker(request),
                site=site,
                patient_ids=sorted(seen[site.pk], key=lambda pk: pk or 0),
                action="inbound.read",
                now=clock.now(),
            )
