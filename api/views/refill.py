"""Times that are free again: look, see who would come, ask them, take the first yes, or book by phone."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import shapes, show_waitlist, waitlist_shapes
from api.fields import Strict
from api.views.changes import Change
from clinic import clock
from clinic.domain.permissions import Permission
from notifications.wake import wake_sender
from patients import actions as patient_actions
from scheduling import access
from scheduling.actions import filling, offers
from scheduling.queries import offers as stored
from scheduling.queries import refill
from scheduling.queries.waitlist import rate_of

STARTS_AT = OpenApiParameter(
    "starts_at", OpenApiTypes.DATETIME, description="Which time, where a visit let go of several"
)
OTHERS = OpenApiParameter("others", OpenApiTypes.BOOL, description="Also who is not asked, and why")


class WhichIn(Strict):
    """Which time, where a visit let go of several."""

    starts_at = serializers.DateTimeField(required=False, default=None)


class OfferIn(WhichIn):
    """Whom to ask, by their entries; the best three who need no call if nobody is named."""

    entries = serializers.ListField(
        child=serializers.IntegerField(min_value=1), min_length=1, max_length=3, required=False, default=None
    )


class BookIn(WhichIn):
    """Who said yes on the phone."""

    entry = serializers.IntegerField(min_value=1)


class OfFreed(Change):
    """What the views of a freed time share."""

    permission = Permission.BOOK_COURSE

    def which(self, request: Request) -> Any:
        """Return which time the query string names, or None."""
        return self.read(WhichIn(data={k: v for k, v in request.query_params.items() if k == "starts_at"}))["starts_at"]

    def noted(self, request: Request, site: Any, patient_ids: list[int], action: str) -> None:
        """Note whose records are about to be shown."""
        patient_actions.record_access(
            request=self.asker(request), site=site, patient_ids=sorted(set(patient_ids)), action=action, now=clock.now()
        )

    def offers(self, request: Request, row: Any, *, status: int = 200, again: bool = False) -> Response:
        """Answer with what was ever offered of what a visit let go of, the latest first."""
        found = stored.offers_of(row)
        self.noted(request, row.site, [offer.patient_id for offer in found], "offer.listed")
        headers = {"Idempotency-Replayed": "true"} if again else {}
        return Response({"offers": [show_waitlist.offer(each) for each in found]}, status=status, headers=headers)


class FreedTimes(OfFreed):
    """`GET freed-times/`: times of the next five days that are free again, the next one first."""

    @extend_schema(
        operation_id="freed_times_list",
        parameters=[shapes.SITE, *shapes.PAGE],
        responses=shapes.page_of(waitlist_shapes.FreedTimeOut),
    )
    def get(self, request: Request) -> Response:
        sites, now = self.sites(request, Permission.BOOK_COURSE), clock.now()
        rows = refill.freed_times(site_ids=[site.pk for site in sites], now=now)
        return self.paged(request, rows, lambda row: show_waitlist.freed(row, now))


class Candidates(OfFreed):
    """`GET freed-times/{session}/candidates/`: who on the list would truly come, the best five with why."""

    @extend_schema(
        operation_id="freed_times_candidates",
        parameters=[STARTS_AT, OTHERS],
        responses=shapes.answers(waitlist_shapes.CandidatesOut, 400, 404, 409),
    )
    def get(self, request: Request, session_id: int) -> Response:
        row, now = self.session(request, session_id, Permission.BOOK_COURSE), clock.now()
        freed = refill.freed_time(site_id=row.site_id, session_id=row.pk, starts_at=self.which(request), now=now)
        found = refill.candidates(freed, now=now)
        if request.query_params.get("others") not in ("true", "1"):
            found = refill.Found(found.candidates, ())
        seen = [each.entry.patient_id for each in found.candidates] + [each.entry.patient_id for each in found.others]
        self.noted(request, row.site, seen, "waitlist.candidates_listed")
        return Response(show_waitlist.candidates(freed, found, rate_of([row.site_id]), now))


class Offers(OfFreed):
    """`GET freed-times/{session}/offers/`: what was offered. `POST`: ask up to three at once, first yes wins."""

    @extend_schema(operation_id="offers_list", responses=shapes.answers(waitlist_shapes.OffersOut, 404))
    def get(self, request: Request, session_id: int) -> Response:
        return self.offers(request, self.session(request, session_id, Permission.BOOK_COURSE))

    @extend_schema(
        operation_id="offers_make",
        request=OfferIn,
        parameters=[shapes.IDEMPOTENCY_KEY],
        responses=shapes.answers({201: waitlist_shapes.OffersOut}, 400, 404, 409, 422, 503),
    )
    def post(self, request: Request, session_id: int) -> Response:
        asker, data = self.keyed(request), self.read(OfferIn(data=request.data))
        row = self.session(request, session_id, Permission.BOOK_COURSE)
        freed_id, again = offers.offer(
            request=asker,
            site=row.site,
            session_id=row.pk,
            entry_ids=data["entries"],
            starts_at=data["starts_at"],
            now=clock.now(),
        )
        wake_sender()
        made_of = self.session(request, freed_id, Permission.BOOK_COURSE)
        return self.offers(request, made_of, status=201, again=again)


class Book(OfFreed):
    """`POST freed-times/{session}/book/`: somebody said yes on the phone: offer and yes in one."""

    @extend_schema(
        operation_id="freed_times_book",
        request=BookIn,
        parameters=[shapes.IDEMPOTENCY_KEY],
        responses=shapes.answers({201: shapes.CourseOut}, 400, 404, 409, 422, 503),
    )
    def post(self, request: Request, session_id: int) -> Response:
        asker, data = self.keyed(request), self.read(BookIn(data=request.data))
        row = self.session(request, session_id, Permission.BOOK_COURSE)
        course_id, again = filling.book_by_phone(
            request=asker,
            site=row.site,
            session_id=row.pk,
            entry_id=data["entry"],
            starts_at=data["starts_at"],
            now=clock.now(),
        )
        wake_sender()
        answer = self.whole(request, course_id, again=again)
        answer.status_code = 201
        return answer


class OfOffer(Change):
    """What the views of one offer share."""

    permission = Permission.BOOK_COURSE

    def offer(self, request: Request, offer_id: int) -> Any:
        """Return an offer this person may answer for somebody."""
        return access.slot_offer(request.user, offer_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]


class Accept(OfOffer):
    """`POST offers/{id}/accept/`: a yes; the first one has the time. A yes to what one has already is one."""

    @extend_schema(
        operation_id="offers_accept", request=None, responses=shapes.answers(shapes.CourseOut, 404, 409, 422, 503)
    )
    def post(self, request: Request, offer_id: int) -> Response:
        row = self.offer(request, offer_id)
        course_id, again = filling.accept(request=self.asker(request), offer_id=row.pk, now=clock.now())
        wake_sender()
        return self.whole(request, course_id, again=again)


class Decline(OfOffer):
    """`POST offers/{id}/decline/`: a no; the place on the list stays."""

    @extend_schema(
        operation_id="offers_decline", request=None, responses=shapes.answers(waitlist_shapes.OfferOut, 404, 503)
    )
    def post(self, request: Request, offer_id: int) -> Response:
        row = self.offer(request, offer_id)
        _id, again = offers.decline(request=self.asker(request), offer_id=row.pk, now=clock.now())
        headers = {"Idempotency-Replayed": "true"} if again else {}
        return Response(show_waitlist.offer(self.offer(request, offer_id)), headers=headers)
