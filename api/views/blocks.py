"""A device out, a person away, a site closed: look at who is hit, seat everybody again, one undo, the way back."""

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import block_shapes, shapes, show_blocks
from api.fields import Strict, WallTime, site_of
from api.views.base import expected_version
from api.views.changes import REFUSALS, Change
from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed
from notifications.wake import wake_sender
from patients import actions as patient_actions
from scheduling import access, block_token
from scheduling.actions import blocks, unblocking
from scheduling.domain.operations import BlockKind
from scheduling.domain.spots import Spot
from scheduling.errors import PlanGone, SlotTaken
from scheduling.queries import outages
from scheduling.queries.anew import worked_out_anew
from scheduling.queries.outages import Blocking, Fixed, Proposal, within

SECONDS = 8.0  # to look for something better before the best so far is shown


class FixedIn(Strict):
    """What was decided about one visit: `call` (it stays, somebody calls), or a place of one's own."""

    session = serializers.IntegerField(min_value=1)
    call = serializers.BooleanField(required=False, default=False)
    day = serializers.DateField(required=False)
    time = WallTime(required=False)
    resource = serializers.IntegerField(min_value=1, required=False)


class FixedRowsIn(Strict):
    """What was decided; the rest is seated around it."""

    fixed = FixedIn(many=True, required=False, default=list)


class BlockIn(Strict):
    """What and when: wall clock at the site, from a time of a day to a time of a day; without times whole days.

    `resources`, or `whole_site`. `kind`: `away` for a person, `out_of_service` for a thing; guessed if not given.
    """

    site = serializers.JSONField(required=False, default=None)
    resources = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False, default=list)
    whole_site = serializers.BooleanField(required=False, default=False)
    from_day = serializers.DateField()
    from_time = WallTime(required=False, default=None)
    to_day = serializers.DateField()
    to_time = WallTime(required=False, default=None)
    reason = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(
        choices=[BlockKind.AWAY.value, BlockKind.OUT_OF_SERVICE.value], required=False, default=None, allow_null=True
    )
    fixed = FixedIn(many=True, required=False, default=list)


class PlanIn(Strict):
    """The proposal taken."""

    plan = serializers.CharField(max_length=500_000)


class ReopenIn(Strict):
    """When the block ends; now if nothing is given."""

    at = serializers.DateTimeField(required=False, default=None)


class Blocks(Change):
    """What the views of blocks share."""

    permission = Permission.BOOK_COURSE

    def blocking(self, request: Request, data: Mapping[str, Any]) -> Blocking:
        """Return the block a body asks for."""
        site = site_of(request.user, data["site"], Permission.BOOK_COURSE)
        if bool(data["resources"]) == data["whole_site"]:
            raise Malformed("Name resources, or the whole site.", fields={"resources": "one of the two"})
        since, until = outages.span_of(
            site,
            first=data["from_day"],
            last=data["to_day"],
            from_minute=data["from_time"],
            to_minute=data["to_time"],
        )
        return outages.blocking_of(
            site=site,
            resource_ids=data["resources"],
            starts_at=since,
            ends_at=until,
            reason=data["reason"],
            now=clock.now(),
            kind=BlockKind(data["kind"]) if data["kind"] else None,
        )

    def block(self, request: Request, block_id: int) -> Any:
        """Return a block this person may change."""
        return access.block(request.user, block_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]

    def shown(self, request: Request, found: Proposal, fixed: Mapping[int, Fixed] | None = None) -> Response:
        """Answer with a proposal; whose visits are on it is noted in the audit log first."""
        now = clock.now()
        patient_actions.record_access(
            request=self.asker(request),
            site=found.blocking.site,
            patient_ids=found.patients,
            action="block.previewed",
            now=now,
        )
        return Response(show_blocks.proposal(found, block_token.sign(found, now=now, fixed=fixed)))

    def whole(self, request: Request, block_id: int, *, again: bool = False, status: int = 200) -> Response:
        """Answer with a block as it is now."""
        seen = outages.block_of(block_id=self.block(request, block_id).pk, now=clock.now())
        assert seen is not None, "a block is never deleted"
        headers = {"ETag": f'"{seen.block.version}"'} | ({"Idempotency-Replayed": "true"} if again else {})
        return Response(show_blocks.block(seen), status=status, headers=headers)


def decided(rows: Sequence[Mapping[str, Any]]) -> dict[int, Fixed]:
    """Return what was decided, by session.

    :raises Malformed: a row says neither `call` nor a place, or a visit is named twice.
    """
    found: dict[int, Fixed] = {}
    for row in rows:
        has_place = row.get("day") and row.get("time") is not None and row.get("resource")
        if bool(has_place) == row["call"] or row["session"] in found:
            raise Malformed(
                "Say for each visit once: call, or day, time and resource.", fields={"fixed": "call or a place"}
            )
        found[row["session"]] = Fixed(Spot(row["day"], row["time"], row["resource"]) if has_place else None)
    return found


class Preview(Blocks):
    """`POST outages/preview/`: everybody who is hit, and where they could go; writes nothing."""

    @extend_schema(
        operation_id="outages_preview",
        request=BlockIn,
        responses=shapes.answers(block_shapes.ReseatingOut, 400, 404, 422),
    )
    def post(self, request: Request) -> Response:
        data = self.read(BlockIn(data=request.data))
        fixed = decided(data["fixed"])
        found = outages.preview_block(
            blocking=self.blocking(request, data), now=clock.now(), fixed=fixed, is_over=within(SECONDS)
        )
        return self.shown(request, found, fixed)


class Outages(Blocks):
    """`GET outages/`: what is blocked now or later. `POST`: block, and move everybody as proposed, or nobody."""

    @property
    def permission(self) -> Permission:  # type: ignore[override]
        """Everybody at the desk sees what is blocked."""
        return Permission.BOOK_COURSE if self.request.method == "POST" else Permission.VIEW_DAY

    @extend_schema(
        operation_id="outages_list",
        parameters=[
            shapes.SITE,
            OpenApiParameter("past", OpenApiTypes.BOOL, description="Those that are over, too, newest first"),
            *shapes.PAGE,
        ],
        responses=shapes.page_of(block_shapes.BlockOut),
    )
    def get(self, request: Request) -> Response:
        sites = [site.pk for site in self.sites(request, Permission.VIEW_DAY)]
        is_past = request.query_params.get("past") in {"1", "true"}
        found = outages.blocks_of(site_ids=sites, now=clock.now(), is_whole_past=is_past)
        return self.paged(request, found, show_blocks.block)

    @extend_schema(
        operation_id="outages_make",
        request=BlockIn,
        parameters=[shapes.IDEMPOTENCY_KEY],
        responses=shapes.answers({201: block_shapes.BlockOut}, *REFUSALS),
    )
    def post(self, request: Request) -> Response:
        asker, now = self.keyed(request), clock.now()
        if isinstance(request.data, dict) and "plan" in request.data:
            token = self.read(PlanIn(data=request.data))["plan"]
            block_id, again = applied(request, asker, token)
        else:
            data = self.read(BlockIn(data=request.data))
            block_id, again = blocks.block_now(request=asker, blocking=self.blocking(request, data), now=now)
        return self.whole(request, block_id, again=again, status=201)


def applied(request: Request, asker: Any, token: str) -> tuple[int, bool]:
    """Do what a proposal shows; where the world has changed, the refusal holds a new one.

    :raises PlanGone, SlotTaken: with the new proposal in `alternatives`.
    """
    shown = block_token.shown_in(token)
    site_of(request.user, shown.site_id, Permission.BOOK_COURSE)
    try:
        done = blocks.apply_block(request=asker, token=token, now=clock.now())
    except (PlanGone, SlotTaken) as refusal:
        now = clock.now()
        if found := worked_out_anew(shown, now=now, is_over=within(SECONDS)):
            token = block_token.sign(found[0], now=now, fixed=found[1])
            refusal.alternatives = [show_blocks.proposal(found[0], token)]
        raise
    wake_sender()
    return done


class Outage(Blocks):
    """`GET outages/{id}/`."""

    @extend_schema(operation_id="outages_read", responses=shapes.answers(block_shapes.BlockOut, 404))
    def get(self, request: Request, block_id: int) -> Response:
        return self.whole(request, block_id)


class Left(Blocks):
    """`POST outages/{id}/preview/`: where those still in the way of a block could go."""

    @extend_schema(
        operation_id="outages_preview_left",
        request=FixedRowsIn,
        responses=shapes.answers(block_shapes.ReseatingOut, 400, 404, 409, 422),
    )
    def post(self, request: Request, block_id: int) -> Response:
        fixed = decided(self.read(FixedRowsIn(data=request.data))["fixed"])
        blocking = outages.blocking_in_force(self.block(request, block_id))
        found = outages.preview_block(blocking=blocking, now=clock.now(), fixed=fixed, is_over=within(SECONDS))
        return self.shown(request, found, fixed)


class Undo(Blocks):
    """`POST outages/{id}/undo/`: the block and everything it moved, all of it or nothing."""

    @extend_schema(
        operation_id="outages_undo",
        request=None,
        parameters=[shapes.IF_MATCH],
        responses=shapes.answers(block_shapes.BlockOut, *REFUSALS),
    )
    def post(self, request: Request, block_id: int) -> Response:
        version = expected_version(request)
        row = self.block(request, block_id)
        _id, again = unblocking.undo_block(
            request=self.asker(request), block_id=row.pk, version=version, now=clock.now()
        )
        wake_sender()
        return self.whole(request, block_id, again=again)


class Reopen(Blocks):
    """`POST outages/{id}/reopen/`: the block ends now, or then; nobody is moved."""

    @extend_schema(
        operation_id="outages_reopen",
        request=ReopenIn,
        parameters=[shapes.IF_MATCH],
        responses=shapes.answers(block_shapes.BlockOut, *REFUSALS),
    )
    def post(self, request: Request, block_id: int) -> Response:
        version, data = expected_version(request), self.read(ReopenIn(data=request.data))
        row = self.block(request, block_id)
        _id, again = blocks.reopen_block(
            request=self.asker(request), block_id=row.pk, version=version, now=clock.now(), at=data["at"]
        )
        return self.whole(request, block_id, again=again)


class Return(Blocks):
    """`GET outages/{id}/return/`: who could go back to what they were told first. `POST`: move them back (`plan`)."""

    @extend_schema(
        operation_id="outages_return_preview",
        parameters=[OpenApiParameter("stay", OpenApiTypes.INT, many=True, description="Visits that stay as they are")],
        responses=shapes.answers(block_shapes.ReseatingOut, 400, 404, 409),
    )
    def get(self, request: Request, block_id: int) -> Response:
        named = request.query_params.getlist("stay")
        if not all(text.isdecimal() and len(text) < 19 for text in named):
            raise Malformed("Name visits by their numbers.", fields={"stay": "numbers"})
        row = self.block(request, block_id)
        found = outages.return_choices(
            block=row, now=clock.now(), staying=[int(text) for text in named], is_over=within(SECONDS)
        )
        return self.shown(request, found)

    @extend_schema(
        operation_id="outages_return",
        request=PlanIn,
        parameters=[shapes.IDEMPOTENCY_KEY],
        responses=shapes.answers(block_shapes.BlockOut, *REFUSALS),
    )
    def post(self, request: Request, block_id: int) -> Response:
        asker, token = self.keyed(request), self.read(PlanIn(data=request.data))["plan"]
        row = self.block(request, block_id)
        if block_token.shown_in(token).block_id != row.pk:
            raise Malformed("This plan is for another block. Look at the proposal again.", fields={"plan": "other"})
        _id, again = applied(request, asker, token)
        return self.whole(request, block_id, again=again)
