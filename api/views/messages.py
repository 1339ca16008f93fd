"""What was said, and the proof; and saying it again."""

import datetime as dt
import uuid
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api import shapes, show_messages
from api.fields import Strict
from api.views.base import Endpoint, number_in, words_in
from api.views.changes import Change
from clinic import clock
from clinic.domain.permissions import Permission
from notifications import access, proof
from notifications.actions import resending
from notifications.domain.states import Kind, MessageState
from notifications.domain.texts import Words
from notifications.proof import Show, Wanted
from patients import access as patient_access
from patients import actions as patient_actions
from patients import contact_actions
from patients import queries as patients
from patients.domain.contact import ContactKind
from scheduling.access import holds
from scheduling.domain import local_time

_FILTERS = [
    OpenApiParameter("show", OpenApiTypes.STR, enum=[part.value for part in Show]),
    OpenApiParameter("state", OpenApiTypes.STR, enum=[state.value for state in MessageState]),
    OpenApiParameter("kind", OpenApiTypes.STR, enum=[kind.value for kind in Kind]),
    OpenApiParameter("channel", OpenApiTypes.STR, enum=["sms", "email"]),
    OpenApiParameter("since", OpenApiTypes.DATE, description="Due on this day (UTC) or later"),
    OpenApiParameter("until", OpenApiTypes.DATE, description="Due before this day (UTC)"),
]


class Messages(Endpoint):
    """`GET messages/`: the latest due first."""

    permission = Permission.VIEW_MESSAGES

    @extend_schema(
        operation_id="messages_list",
        parameters=[shapes.SITE, *shapes.numbers("patient", "course", "session"), *_FILTERS, *shapes.PAGE],
        responses=shapes.page_of(show_messages.MessageOut),
    )
    def get(self, request: Request) -> Response:
        sites = self.sites(request, Permission.VIEW_MESSAGES)
        rows = proof.listed(site_ids=[site.pk for site in sites], wanted=_wanted(request))
        own: dict[str, Words] = {}
        return self.paged_records(
            request,
            rows,
            lambda row: show_messages.line(proof.line(row, own)),
            sites=sites,
            action="message.listed",
            look=lambda page: own.update(proof.own_words(page)),
        )


class Message(Endpoint):
    """`GET messages/{id}/`: with each attempt, each call-back, what was merged into it and what was said besides."""

    permission = Permission.VIEW_MESSAGES

    @extend_schema(operation_id="messages_read", responses=shapes.answers(show_messages.ProofOut, 404))
    def get(self, request: Request, message_id: uuid.UUID) -> Response:
        row = access.message(request.user, message_id)  # type: ignore[arg-type]
        patient_actions.record_access(
            request=self.asker(request),
            site=row.site,
            patient_ids=[row.patient_id] if row.patient_id else [],
            action="message.opened",
            now=clock.now(),
        )
        is_whole = holds(request.user, row.site_id, Permission.VIEW_PATIENT)  # type: ignore[arg-type]
        return Response(show_messages.proof(proof.proof_of(row), is_whole=is_whole))


class Again(Change):
    """`POST messages/{id}/resend/`, `other-channel/`: the same once more; an Idempotency-Key says it once."""

    permission = Permission.BOOK_COURSE
    verb: Any = None  # the action; set by the address

    @extend_schema(
        request=None,
        parameters=[shapes.IDEMPOTENCY_KEY],
        responses=shapes.answers({201: show_messages.ProofOut}, 400, 404, 409, 422),
    )
    def post(self, request: Request, message_id: uuid.UUID) -> Response:
        row = access.message(request.user, message_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
        new, is_again = self.verb(request=self.keyed(request), message=row, now=clock.now())
        made = proof.proof_of(access.message(request.user, new, Permission.BOOK_COURSE))  # type: ignore[arg-type]
        headers = {"Idempotency-Replayed": "true"} if is_again else {}
        return Response(show_messages.proof(made, is_whole=True), status=201, headers=headers)


class ContactIn(Strict):
    """A number as people write it, or an e-mail address."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in ContactKind])
    value = serializers.CharField(max_length=254)


class Contacts(Endpoint):
    """`GET patients/{id}/contacts/`: how a patient may be reached, and what is wrong with it; `POST`: another way."""

    permission = Permission.VIEW_PATIENT

    @extend_schema(
        operation_id="patients_contacts",
        parameters=shapes.PAGE,
        responses=shapes.page_of(show_messages.ContactOut),
    )
    def get(self, request: Request, patient_id: int) -> Response:
        patient = patient_access.patient(request.user, patient_id)  # type: ignore[arg-type]
        patient_actions.record_access(
            request=self.asker(request),
            site=patient.site,
            patient_ids=[patient.pk],
            action="patient.opened",
            now=clock.now(),
        )
        return self.paged(request, patients.contact_points(patient), show_messages.contact)

    @extend_schema(
        operation_id="patients_contacts_add",
        request=ContactIn,
        responses=shapes.answers(show_messages.ContactOut, 400, 404, 422),
    )
    def post(self, request: Request, patient_id: int) -> Response:
        """Use this number or address from now on; again changes nothing."""
        patient = patient_access.patient(request.user, patient_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
        body = ContactIn(data=request.data)
        body.is_valid(raise_exception=True)
        point = contact_actions.record_address(
            request=self.asker(request),
            patient=patient,
            kind=ContactKind(body.validated_data["kind"]),
            value=body.validated_data["value"],
            now=clock.now(),
        )
        return Response(show_messages.contact(point))


class Judge(Endpoint):
    """`POST patients/{id}/contacts/{id}/wrong/`, `right/`: what somebody found out; again changes nothing."""

    permission = Permission.BOOK_COURSE
    verb: Any = None  # the action; set by the address

    @extend_schema(request=None, responses=shapes.answers(show_messages.ContactOut, 404))
    def post(self, request: Request, patient_id: int, row_id: int) -> Response:
        patient = patient_access.patient(request.user, patient_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
        point = self.verb(request=self.asker(request), patient=patient, contact_point_id=row_id, now=clock.now())
        return Response(show_messages.contact(point))


STEPS: dict[str, Any] = {"resend": resending.resend, "other-channel": resending.send_by_other_channel}
VERDICTS: dict[str, Any] = {"wrong": contact_actions.mark_wrong, "right": contact_actions.mark_right}


def _wanted(request: Request) -> Wanted:
    state = _one_of(request, "state", [state.value for state in MessageState])
    show = _one_of(request, "show", [part.value for part in Show])
    return Wanted(
        show=Show(show) if show else None,
        states=(MessageState(state),) if state else (),
        kind=_one_of(request, "kind", [kind.value for kind in Kind]),
        channel=_one_of(request, "channel", ["sms", "email"]),
        patient_id=number_in(request, "patient"),
        course_id=number_in(request, "course"),
        session_id=number_in(request, "session"),
        since=_day(request, "since"),
        until=_day(request, "until"),
    )


def _one_of(request: Request, name: str, choices: list[str]) -> str:
    text = words_in(request, name)
    if text and text not in choices:
        raise ValidationError({name: f"Send one of: {', '.join(choices)}."})
    return text


def _day(request: Request, name: str) -> dt.datetime | None:
    text = words_in(request, name)
    if not text:
        return None
    try:
        return local_time.day_bounds(dt.date.fromisoformat(text), "UTC")[0]
    except (ValueError, OverflowError) as error:
        raise ValidationError({name: "Send a date like 2026-11-24."}) from error
