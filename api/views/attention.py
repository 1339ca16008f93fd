"""What needs a person, and what people answer to it."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api import shapes, show
from api.fields import Strict
from api.views.base import Endpoint, expected_version
from attention import queries
from attention.domain.items import Group, Item, Kind
from clinic import clock
from clinic import queries as clinic_queries
from clinic.domain.permissions import Permission
from clinic.errors import NotFound
from clinic.models import Site
from patients import actions as patient_actions

_FILTERS = [
    OpenApiParameter("kind", OpenApiTypes.STR, enum=[kind.value for kind in Kind]),
    OpenApiParameter("group", OpenApiTypes.STR, enum=[group.value for group in Group]),
    OpenApiParameter("owner", OpenApiTypes.STR, enum=["me"]),
    OpenApiParameter("include_held", OpenApiTypes.STR, enum=["0", "1"], description="Also what was put off"),
]
_IF_MATCH = OpenApiParameter(
    "If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description='The version of the item, like "0"; 412 if stale'
)


class UntilIn(Strict):
    """When the item is shown again."""

    until = serializers.DateTimeField()


class Attention(Endpoint):
    """`GET attention/`: the gravest first, then by deadline, then the oldest."""

    permission = Permission.VIEW_ATTENTION

    @extend_schema(
        operation_id="attention_list",
        parameters=[shapes.SITE, *_FILTERS, *shapes.PAGE],
        responses=shapes.page_of(shapes.ItemOut),
    )
    def get(self, request: Request) -> Response:
        sites = self.sites(request, Permission.VIEW_ATTENTION)
        found = queries.items(
            site_ids=[site.pk for site in sites],
            now=clock.now(),
            kind=_one_of(request, "kind", Kind),
            group=_one_of(request, "group", Group),
            owner_id=_owner(request),
            include_held=_flag(request, "include_held"),
            managed_site_ids=_managed(request, sites),
        )
        pages, shown = self._page(request, found)
        _note_look(self, request, shown)
        return pages.get_paginated_response([show.item(item) for item in shown])


class Counts(Endpoint):
    """`GET attention/counts/`."""

    permission = Permission.VIEW_ATTENTION

    @extend_schema(
        operation_id="attention_counts", parameters=[shapes.SITE], responses=shapes.answers(shapes.ItemCountsOut, 404)
    )
    def get(self, request: Request) -> Response:
        sites = self.sites(request, Permission.VIEW_ATTENTION)
        found = queries.counts(
            site_ids=[site.pk for site in sites], now=clock.now(), managed_site_ids=_managed(request, sites)
        )
        return Response({"total": found.total, "by_kind": dict(found.kinds), "by_group": dict(found.groups)})


class Answer(Endpoint):
    """`POST attention/{key}/done/`, `take/`, `give-up/`, `reopen/`."""

    permission = Permission.SETTLE_MISS
    verb: Any = None  # the action; set by the address
    body: type[Strict] = Strict  # no field at all

    @extend_schema(
        request=None, parameters=[_IF_MATCH], responses=shapes.answers(shapes.ItemOut, 400, 404, 409, 412, 422, 503)
    )
    def post(self, request: Request, key: str) -> Response:
        body = self.body(data=request.data)
        body.is_valid(raise_exception=True)
        now = clock.now()
        version = expected_version(request) if "If-Match" in request.headers else None
        self.verb(request=self.asker(request), key=key, now=now, version=version, **body.validated_data)
        sites = clinic_queries.sites_where(request.user, Permission.SETTLE_MISS)  # type: ignore[arg-type]
        item = queries.find(
            key=key, site_ids=[site.pk for site in sites], now=now, managed_site_ids=_managed(request, sites)
        )
        if item is None:
            raise NotFound("This was settled meanwhile.")
        return Response(show.item(item), headers={"ETag": f'"{item.version}"'})


class Hold(Answer):
    """`POST attention/{key}/hold/`."""

    body = UntilIn

    @extend_schema(
        operation_id="attention_hold",
        request=UntilIn,
        parameters=[_IF_MATCH],
        responses=shapes.answers(shapes.ItemOut, 400, 404, 409, 412, 422, 503),
    )
    def post(self, request: Request, key: str) -> Response:
        return super().post(request, key)


def _managed(request: Request, sites: Sequence[Site]) -> list[int]:
    """Return those of some sites that this person manages."""
    mine = {site.pk for site in clinic_queries.sites_where(request.user, Permission.MANAGE_SITE)}  # type: ignore[arg-type]
    return [site.pk for site in sites if site.pk in mine]


def _note_look(endpoint: Endpoint, request: Request, shown: list[Item]) -> None:
    """Note whose records were listed; an item about many patients names none of them."""
    ids: dict[int, set[int]] = {}
    for item in shown:
        if item.patient_id is not None:
            ids.setdefault(item.site_id, set()).add(item.patient_id)
    for site in clinic_queries.sites_where(request.user, Permission.VIEW_ATTENTION):  # type: ignore[arg-type]
        if site.pk in ids:
            patient_actions.record_access(
                request=endpoint.asker(request),
                site=site,
                patient_ids=sorted(ids[site.pk]),
                action="attention.listed",
                now=clock.now(),
            )


def _one_of(request: Request, name: str, choices: Any) -> Any:
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        return choices(text)
    except ValueError as error:
        raise ValidationError({name: f"Send one of: {', '.join(choices)}."}) from error


def _owner(request: Request) -> int | None:
    text = request.query_params.get("owner", "")
    if text not in ("", "me"):
        raise ValidationError({"owner": "Send me, or leave it out."})
    return request.user.pk if text else None


def _flag(request: Request, name: str) -> bool:
    text = request.query_params.get(name, "")
    if text not in ("", "0", "1"):
        raise ValidationError({name: "Send 0 or 1."})
    return text == "1"
