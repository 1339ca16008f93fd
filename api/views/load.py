"""How full a site is, where courses start best, what some more would meet; and proposals to level the future."""

from functools import partial
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api import load_shapes, shapes, show_load
from api.fields import Strict, site_of
from api.views.base import Endpoint, expected_version, number_in, words_in
from api.views.changes import REFUSALS, Change
from clinic import clock
from clinic.domain.permissions import Permission
from notifications import queries as messages
from scheduling import access
from scheduling.actions import levelling
from scheduling.domain import local_time
from scheduling.domain.operations import ProposalState
from scheduling.queries import levelling as proposals
from scheduling.queries import load

MOST_WEEKS, MOST_COURSES = 26, 20
_SITE = OpenApiParameter("site", OpenApiTypes.STR, description="Slug or number; without it your first one")
_PROTOCOL = OpenApiParameter("protocol", OpenApiTypes.STR, required=True, description="A code, such as tms_mdd_36")
_WEEKS = OpenApiParameter("weeks", OpenApiTypes.INT, description=f"1 to {MOST_WEEKS}, from tomorrow on; 8 without it")
_COURSES = OpenApiParameter("courses", OpenApiTypes.INT, description=f"1 to {MOST_COURSES}; 1 without it")
_STATE = OpenApiParameter("state", OpenApiTypes.STR, enum=[state.value for state in ProposalState])


class DismissIn(Strict):
    """Why a proposal is not made."""

    reason = serializers.CharField(max_length=120)


class Load(Endpoint):
    """`GET load/`: free minutes by device, day and half hour; how scarce each half hour of a weekday is."""

    permission = Permission.VIEW_DAY

    @extend_schema(
        operation_id="load", parameters=[_SITE, _WEEKS], responses=shapes.answers(load_shapes.LoadOut, 400, 404)
    )
    def get(self, request: Request) -> Response:
        site = site_of(request.user, request.query_params.get("site"), Permission.VIEW_DAY)
        weeks = _bounded(request, "weeks", load.WEEKS, MOST_WEEKS)
        return Response(show_load.load(load.load_of(site=site, now=clock.now(), weeks=weeks)))


class Starts(Endpoint):
    """`GET load/starts/`: where new courses of a protocol would start best, and why there."""

    permission = Permission.BOOK_COURSE

    @extend_schema(
        operation_id="load_starts",
        parameters=[_SITE, _PROTOCOL],
        responses=shapes.answers(load_shapes.StartsOut, 400, 404, 422),
    )
    def get(self, request: Request) -> Response:
        site = site_of(request.user, request.query_params.get("site"), Permission.BOOK_COURSE)
        code = _protocol(request)
        found = load.starts_of(site=site, protocol_code=code, now=clock.now())
        rows = [show_load.start(rank, row) for rank, row in enumerate(found, start=1)]
        return Response({"protocol": code, "starts": rows})


class Imagine(Endpoint):
    """`GET load/what-if/`: some more courses of a protocol, one after the other, until none fits; nothing written."""

    permission = Permission.BOOK_COURSE

    @extend_schema(
        operation_id="load_what_if",
        parameters=[_SITE, _PROTOCOL, _COURSES],
        responses=shapes.answers(load_shapes.WhatIfOut, 400, 404, 422),
    )
    def get(self, request: Request) -> Response:
        site = site_of(request.user, request.query_params.get("site"), Permission.BOOK_COURSE)
        code, courses = _protocol(request), _bounded(request, "courses", 1, MOST_COURSES)
        found = load.what_if(site=site, protocol_code=code, courses=courses, now=clock.now())
        return Response({"protocol": code, **show_load.what_if(found)})


class LevelProposals(Endpoint):
    """`GET level-proposals/`: what was proposed by night, newest first."""

    permission = Permission.MANAGE_SITE

    @extend_schema(
        operation_id="level_proposals_list",
        parameters=[shapes.SITE, _STATE, *shapes.PAGE],
        responses=shapes.page_of(load_shapes.LevelProposalOut),
    )
    def get(self, request: Request) -> Response:
        sites = self.sites(request, Permission.MANAGE_SITE)
        rows = proposals.proposals(site_ids=[site.pk for site in sites], state=_state(request))
        return self.paged(request, rows, show_load.level_proposal)


class Proposal(Change):
    """What the endpoints of one proposal share."""

    def proposal(self, request: Request, proposal_id: int) -> Any:
        """Return a proposal this person may decide."""
        return access.level_proposal(request.user, proposal_id, Permission.MANAGE_SITE)  # type: ignore[arg-type]

    def shown(self, request: Request, proposal_id: int, *, again: bool = False) -> Response:
        """Return a proposal as it is now."""
        row = self.proposal(request, proposal_id)
        headers = {"ETag": f'"{row.version}"'} | ({"Idempotency-Replayed": "true"} if again else {})
        return Response(show_load.level_proposal(row), headers=headers)


class LevelProposal(Proposal):
    """`GET level-proposals/{id}/`."""

    permission = Permission.MANAGE_SITE

    @extend_schema(operation_id="level_proposals_read", responses=shapes.answers(load_shapes.LevelProposalOut, 404))
    def get(self, request: Request, proposal_id: int) -> Response:
        return self.shown(request, proposal_id)


class Accept(Proposal):
    """`POST level-proposals/{id}/accept/`: all of it moves, or nothing."""

    permission = Permission.MANAGE_SITE

    @extend_schema(
        operation_id="level_proposals_accept",
        request=None,
        parameters=[shapes.IDEMPOTENCY_KEY, shapes.IF_MATCH],
        responses=shapes.answers(load_shapes.LevelProposalOut, *REFUSALS),
    )
    def post(self, request: Request, proposal_id: int) -> Response:
        asker, version = self.keyed(request), expected_version(request)
        row, now = self.proposal(request, proposal_id), clock.now()
        told = partial(messages.told_of, today=local_time.today(now, row.site.zone))
        _id, again = levelling.accept(request=asker, proposal_id=row.pk, version=version, told=told, now=now)
        return self.shown(request, proposal_id, again=again)


class Dismiss(Proposal):
    """`POST level-proposals/{id}/dismiss/`: nobody moves, and why."""

    permission = Permission.MANAGE_SITE

    @extend_schema(
        operation_id="level_proposals_dismiss",
        request=DismissIn,
        parameters=[shapes.IDEMPOTENCY_KEY, shapes.IF_MATCH],
        responses=shapes.answers(load_shapes.LevelProposalOut, *REFUSALS),
    )
    def post(self, request: Request, proposal_id: int) -> Response:
        asker, version = self.keyed(request), expected_version(request)
        data = self.read(DismissIn(data=request.data))
        row = self.proposal(request, proposal_id)
        _id, again = levelling.dismiss(
            request=asker, proposal_id=row.pk, version=version, reason=data["reason"], now=clock.now()
        )
        return self.shown(request, proposal_id, again=again)


def _bounded(request: Request, name: str, usual: int, most: int) -> int:
    number = number_in(request, name)
    if number is None:
        return usual
    if not 1 <= number <= most:
        raise ValidationError({name: f"Send a number from 1 to {most}."})
    return number


def _protocol(request: Request) -> str:
    code = words_in(request, "protocol")
    if not code:
        raise ValidationError({"protocol": "Send the code of a protocol, such as tms_mdd_36."})
    return code


def _state(request: Request) -> ProposalState | None:
    text = request.query_params.get("state", "")
    if text and text not in set(ProposalState):
        raise ValidationError({"state": f"Send one of: {', '.join(ProposalState)}."})
    return ProposalState(text) if text else None
