"""Preview a course, book it, look at it."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import show
from api.fields import Strict, WallTime, site_of
from api.views.base import Endpoint
from clinic import clock
from clinic.actions import Request as Asker
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, Rejected
from clinic.models import Site
from notifications.wake import wake_sender
from patients import access as patient_access
from patients import actions as patient_actions
from scheduling import access, plan_token
from scheduling.actions import courses
from scheduling.errors import SlotTaken
from scheduling.queries import courses as course_queries
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


class Preview(Endpoint):
    """`POST courses/preview/`: ranked plans; nothing is written but who looked."""

    permission = Permission.BOOK_COURSE

    def post(self, request: Request) -> Response:
        now = clock.now()
        body = WishIn(data=request.data)
        body.is_valid(raise_exception=True)
        site = site_of(request.user, body.validated_data["site"], Permission.BOOK_COURSE)
        wish = _wish(body.validated_data)
        if wish.patient_id:
            self._look_at(request, wish.patient_id, site, now)
        proposal = planning.propose_course(site=site, wish=wish, now=now)
        return Response({"plans": [show.plan(proposal, plan_token.sign(proposal, now=now))]})

    def _look_at(self, request: Request, patient_id: int, site: Site, now: Any) -> None:
        patient = patient_access.patient(request.user, patient_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
        patient_actions.record_access(
            request=self.asker(request), site=site, patient_ids=[patient.pk], action="course.previewed", now=now
        )


class Courses(Endpoint):
    """`POST courses/`: book a previewed plan, or the same wish directly; all or nothing."""

    permission = Permission.BOOK_COURSE

    def post(self, request: Request) -> Response:
        now = clock.now()
        asker = self.asker(request)
        if not asker.key or len(asker.key) > 255:
            raise Malformed("Send an Idempotency-Key of 1 to 255 letters, so that a repeated request books once.", code="key_required")
        course_id = courses.course_already_booked(request=asker)
        again = course_id is not None
        if course_id is None:
            proposal = self._proposal(request, now)
            course_id, again = self._book(asker, proposal, now)
        row = access.course(request.user, course_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
        if not again:
            wake_sender()
        answer = show.course(row, course_queries.sessions_of(row))
        return Response(answer, status=201, headers={"Idempotency-Replayed": "true"} if again else {})

    def _proposal(self, request: Request, now: Any) -> Proposal:
        data = request.data
        if isinstance(data, dict) and "plan" in data:
            if unknown := sorted(set(data) - {"plan", "site"}):
                raise Malformed("Send a plan alone, or a wish alone.", fields=dict.fromkeys(unknown, "not beside a plan"))
            site = site_of(request.user, data.get("site") or plan_token.site_of(str(data["plan"])), Permission.BOOK_COURSE)
            proposal = plan_token.read(str(data["plan"]), site=site, now=now)
        else:
            body = WishIn(data=data)
            body.is_valid(raise_exception=True)
            site = site_of(request.user, body.validated_data["site"], Permission.BOOK_COURSE)
            proposal = planning.propose_course(site=site, wish=_wish(body.validated_data), now=now)
        if not proposal.wish.patient_id:
            raise Malformed("Name the patient the course is for.", fields={"patient": "required"})
        patient_access.patient(request.user, proposal.wish.patient_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
        return proposal

    def _book(self, asker: Asker, proposal: Proposal, now: Any) -> tuple[int, bool]:
        try:
            return courses.book_course(request=asker, proposal=proposal, now=now)
        except SlotTaken as taken:
            taken.alternatives = _alternatives(proposal, now)
            raise


def _alternatives(proposal: Proposal, now: Any) -> list[dict[str, Any]]:
    """Plan the same wish around what is taken now."""
    try:
        fresh = planning.propose_course(site=proposal.site, wish=proposal.wish, now=now)
    except Rejected:
        return []
    return [show.plan(fresh, plan_token.sign(fresh, now=now))]


class Course(Endpoint):
    """`GET courses/{id}/`."""

    permission = Permission.VIEW_COURSE

    def get(self, request: Request, course_id: int) -> Response:
        row = access.course(request.user, course_id)  # type: ignore[arg-type]
        patient_actions.record_access(
            request=self.asker(request), site=row.site, patient_ids=[row.patient_id], action="course.opened", now=clock.now()
        )
        return Response(show.course(row, course_queries.sessions_of(row)), headers={"ETag": f'"{row.version}"'})


def _wish(data: dict[str, Any]) -> CourseWish:
    window = data["window"]
    if window and window[0] >= window[1]:
        raise Malformed("The window must begin before it ends.", fields={"window": "empty"})
    return CourseWish(
        patient_id=data.get("patient") or 0,
        protocol_code=data["protocol"],
        start_on=data["start_on"],
        preferred_minute=data["preferred_time"],
        window=(window[0], window[1]) if window else None,
        pins=data["pins"],
    )
