"""Preview a course, book it, look at it."""

import datetime as dt
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import shapes, show
from api.fields import Strict, WallTime, site_of
from api.views.base import Endpoint, whole_course
from clinic import clock
from clinic.actions import Request as Asker
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, NotFound, Rejected
from clinic.models import Site
from notifications.wake import wake_sender
from patients import access as patient_access
from patients import actions as patient_actions
from scheduling import access, plan_token
from scheduling.actions import courses, locking
from scheduling.errors import SlotTaken
from scheduling.queries import planning
from scheduling.queries.planning import CourseWish, Proposal


class WishIn(Strict):
    """What is wished: a protocol for a patient from a day on, at a time if there is a wish."""

    site = serializers.JSONField(required=False, default=None)
    patient = serializers.IntegerField(required=False, min_value=1)
    protocol = serializers.CharField(max_length=40)
    start_on = serializers.DateField()
    preferred_time = WallTime(required=False, default=None)
    window = serializers.ListField(child=WallTime(), min_length=2, max_length=2, required=False, default=None)
    pins = serializers.DictField(child=serializers.IntegerField(min_value=1), required=False, default=dict)
    requires = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(max_length=40)), required=False, default=dict
    )
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=7), required=False, default=None, allow_empty=False
    )
    max_travel_days = serializers.IntegerField(min_value=1, max_value=7, required=False, default=None)
    same_trip = serializers.BooleanField(required=False, default=False)
    same_time = serializers.BooleanField(required=False, default=True)
    counts = serializers.DictField(child=serializers.IntegerField(min_value=0), required=False, default=dict)
    per_week = serializers.IntegerField(min_value=1, max_value=7, required=False, default=None)
    first_only = serializers.IntegerField(min_value=1, required=False, default=None)


class PlanIn(Strict):
    """A previewed plan, to be booked as it was shown."""

    plan = serializers.CharField(max_length=200_000)
    site = serializers.JSONField(required=False, default=None)
    hold_until = serializers.DateTimeField(required=False, default=None)


class RowIn(Strict):
    """One session of a previewed plan."""

    plan = serializers.CharField(max_length=200_000)
    number = serializers.IntegerField(min_value=1)


class Preview(Endpoint):
    """`POST courses/preview/`: ranked plans; nothing is written but who looked."""

    permission = Permission.BOOK_COURSE

    @extend_schema(
        operation_id="courses_preview", request=WishIn, responses=shapes.answers(shapes.PlansOut, 400, 404, 422)
    )
    def post(self, request: Request) -> Response:
        now = clock.now()
        site, wish = _read_wish(request)
        if wish.patient_id:
            _check_patient(request, wish, site)
            patient_actions.record_access(
                request=self.asker(request),
                site=site,
                patient_ids=[wish.patient_id],
                action="course.previewed",
                now=now,
            )
        offer = planning.offer_courses(site=site, wish=wish, now=now)
        plans = [
            show.plan(proposal, plan_token.sign(proposal, now=now), rank=rank)
            for rank, proposal in enumerate(offer.proposals, start=1)
        ]
        return Response({"plans": plans, "best_times": [show.fit(fit) for fit in offer.fits]})


class Alternatives(Endpoint):
    """`POST courses/preview/alternatives/`: where else one session of a previewed plan could be."""

    permission = Permission.BOOK_COURSE

    @extend_schema(
        operation_id="courses_preview_alternatives",
        request=RowIn,
        responses=shapes.answers(shapes.AlternativesOut, 400, 404, 409, 422),
    )
    def post(self, request: Request) -> Response:
        now = clock.now()
        body = RowIn(data=request.data)
        body.is_valid(raise_exception=True)
        token = body.validated_data["plan"]
        site = site_of(request.user, plan_token.site_of(token), Permission.BOOK_COURSE)
        proposal = plan_token.read(token, site=site, now=now)
        if proposal.wish.patient_id:
            _check_patient(request, proposal.wish, site)
        found = planning.alternatives_to(proposal, number=body.validated_data["number"], now=now)
        return Response(
            {
                "alternatives": [
                    {
                        "kind": each.kind,
                        "text": each.text,
                        "ends_on": str(each.plan.sessions[-1].day),
                        "plan": plan_token.sign(whole, now=now),
                    }
                    for each, whole in found
                ]
            }
        )


class Courses(Endpoint):
    """`POST courses/`: book a previewed plan, or the same wish directly; all or nothing.

    A repeated request answers 201 like the first, with `Idempotency-Replayed: true`: a client that lost the first
    answer needs no second code path.
    """

    permission = Permission.BOOK_COURSE

    @extend_schema(
        operation_id="courses_book",
        request=PolymorphicProxySerializer("Booking", [PlanIn, WishIn], resource_type_field_name=None),
        parameters=[shapes.IDEMPOTENCY_KEY],
        responses=shapes.answers({201: shapes.CourseOut}, 400, 404, 409, 422, 503),
    )
    def post(self, request: Request) -> Response:
        now = clock.now()
        asker = self.asker(request)
        if not asker.key or len(asker.key) > 255:
            raise Malformed(
                "Send an Idempotency-Key of 1 to 255 letters, so that a repeated request books once.",
                code="key_required",
            )
        course_id = locking.already_done(asker)
        again = course_id is not None
        if course_id is None:
            proposal, held_until = _read_proposal(request, now)
            course_id, again = self._book(asker, proposal, now, held_until)
        row = access.course(request.user, course_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
        if again:
            _note_opened(asker, row, now)
        else:
            wake_sender()
        return Response(whole_course(row), status=201, headers={"Idempotency-Replayed": "true"} if again else {})

    def _book(
        self, asker: Asker, proposal: Proposal, now: dt.datetime, held_until: dt.datetime | None
    ) -> tuple[int, bool]:
        try:
            return courses.book_course(request=asker, proposal=proposal, now=now, held_until=held_until)
        except SlotTaken as taken:
            taken.alternatives = [*_alternatives(proposal, now)]
            raise


class Course(Endpoint):
    """`GET courses/{id}/`."""

    permission = Permission.VIEW_COURSE

    @extend_schema(operation_id="courses_read", responses=shapes.answers(shapes.CourseOut, 404))
    def get(self, request: Request, course_id: int) -> Response:
        row = access.course(request.user, course_id)  # type: ignore[arg-type]
        patient_actions.record_access(
            request=self.asker(request),
            site=row.site,
            patient_ids=[row.patient_id],
            action="course.opened",
            now=clock.now(),
        )
        return Response(whole_course(row), headers={"ETag": f'"{row.version}"'})


def _read_proposal(request: Request, now: dt.datetime) -> tuple[Proposal, dt.datetime | None]:
    if isinstance(request.data, dict) and "plan" in request.data:
        body = PlanIn(data=request.data)
        body.is_valid(raise_exception=True)
        token = body.validated_data["plan"]
        site = site_of(request.user, body.validated_data["site"] or plan_token.site_of(token), Permission.BOOK_COURSE)
        proposal = plan_token.read(token, site=site, now=now)
        _check_patient(request, proposal.wish, site)
        return proposal, body.validated_data["hold_until"]
    site, wish = _read_wish(request)
    _check_patient(request, wish, site)
    return planning.propose_course(site=site, wish=wish, now=now), None


def _read_wish(request: Request) -> tuple[Site, CourseWish]:
    body = WishIn(data=request.data)
    body.is_valid(raise_exception=True)
    data = body.validated_data
    window = data["window"]
    if window and window[0] >= window[1]:
        raise Malformed("The window must begin before it ends.", fields={"window": "empty"})
    wish = CourseWish(
        patient_id=data.get("patient") or 0,
        protocol_code=data["protocol"],
        start_on=data["start_on"],
        preferred_minute=data["preferred_time"],
        window=(window[0], window[1]) if window else None,
        pins=data["pins"],
        requires=data["requires"],
        weekdays=sorted(set(data["weekdays"])) if data["weekdays"] else None,
        max_travel_days=data["max_travel_days"],
        is_same_trip=data["same_trip"],
        is_any_time=not data["same_time"],
        counts=data["counts"],
        per_week=data["per_week"],
        first_only=data["first_only"],
    )
    return site_of(request.user, data["site"], Permission.BOOK_COURSE), wish


def _check_patient(request: Request, wish: CourseWish, site: Site) -> None:
    if not wish.patient_id:
        raise Malformed("Name the patient the course is for.", fields={"patient": "required"})
    patient = patient_access.patient(request.user, wish.patient_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
    if patient.site_id != site.pk:
        raise NotFound("There is no such patient at this site.", fields={"patient": "unknown"})


def _note_opened(asker: Asker, row: Any, now: dt.datetime) -> None:
    patient_actions.record_access(
        request=asker, site=row.site, patient_ids=[row.patient_id], action="course.opened", now=now
    )


def _alternatives(proposal: Proposal, now: dt.datetime) -> list[dict[str, Any]]:
    """Plan the same wish around what is taken now."""
    try:
        fresh = planning.propose_course(site=proposal.site, wish=proposal.wish, now=now)
    except Rejected:
        return []
    return [show.plan(fresh, plan_token.sign(fresh, now=now))]
