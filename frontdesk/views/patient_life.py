"""What is put right on a patient's page: who they are, how to reach them, what they agreed to, when they can't come."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, Rejected
from frontdesk.guard import needs, who
from frontdesk.toasts import Toast, Undo
from frontdesk.views import after
from frontdesk.views.visits import number
from notifications import policies
from notifications.actions.policies import ask_for
from patients import access, consenting, contact_actions, edit_actions, life_actions, link_actions
from patients.domain.clinical import RelatedRole, ScreeningCode
from patients.domain.contact import Channel, ContactKind, Language, Purpose
from patients.domain.details import clean_name, parse_birth_date
from patients.edit_actions import PatientEdit
from patients.life_actions import DAY, NewAbsence
from scheduling.domain import local_time

_B = Permission.BOOK_COURSE
LINKS = {
    "end": (link_actions.end_link, "The link has ended. The next message carries a new one.", "There is no link."),
    "open": (link_actions.allow_again, "They can give their birth date again.", "They can do that already."),
}
VERDICTS = {"wrong": contact_actions.mark_wrong, "right": contact_actions.mark_right}


def _patient(request: HttpRequest, patient_id: int, permission: Permission = _B) -> Any:
    return access.patient(request.user, patient_id, permission)  # type: ignore[arg-type]


def _done(request: HttpRequest, patient: Any, said: str, undo: tuple[str, object] | None = None) -> HttpResponse:
    """Show the patient's page again; `undo`: its kind, and what hangs on the patient."""
    way_back = Undo(undo[0], f"{patient.pk}.{undo[1]}", 1) if undo else None
    return after.done(request, reverse("patient", args=[patient.pk]), Toast(said, way_back))


@require_POST
@needs(_B)
def edit(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Correct who a patient is."""
    found = _patient(request, patient_id)
    now = clock.now()
    details = _details(request.POST, region=found.site.region, today=local_time.today(now, found.site.zone))
    is_new = edit_actions.edit_patient(
        request=who(request),
        patient_id=found.pk,
        version=number(request, "version"),
        details=details,
        now=now,
        allow_twin=bool(request.POST.get("allow_twin")),
    )
    return _done(request, found, "Saved." if is_new else "Nothing changed.")


def _details(data: Mapping[str, str], *, region: str, today: dt.date) -> PatientEdit:
    faults: dict[str, str] = {}

    def name(field: str, what: str) -> str:
        try:
            return clean_name(data.get(field, ""), what=what)
        except ValueError as error:
            faults[field] = str(error)
            return ""

    first, last = name("first_name", "first name"), name("last_name", "last name")
    preferred = name("preferred_name", "preferred name") if data.get("preferred_name", "").strip() else ""
    born = today
    try:
        born = parse_birth_date(data.get("birth_date", ""), today=today, region=region)
    except ValueError as error:
        faults["birth_date"] = str(error)
    if data.get("language", "") not in set(Language):
        faults["language"] = "Choose a language."
    if faults:
        raise Rejected(" ".join(faults.values()), code="fields", fields=faults)
    return PatientEdit(
        first_name=first,
        last_name=last,
        preferred_name=preferred,
        birth_date=born,
        language=Language(data["language"]),
        interpreter=data.get("interpreter", "").strip().lower()[:20],
    )


@require_POST
@needs(_B)
def address(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Use another number or address from now on."""
    found = _patient(request, patient_id)
    kind = ContactKind.EMAIL if "@" in request.POST.get("value", "") else ContactKind.PHONE
    contact_actions.record_address(
        request=who(request), patient=found, kind=kind, value=request.POST.get("value", ""), now=clock.now()
    )
    words = "New number saved. The link in older texts has ended." if kind is ContactKind.PHONE else "Address saved."
    return _done(request, found, words)


@require_POST
@needs(_B)
def judge(request: HttpRequest, patient_id: int, point_id: int, verdict: str) -> HttpResponse:
    """Say that a number or address is somebody else's, or the patient's after all."""
    found = _patient(request, patient_id)
    if verdict not in VERDICTS:
        raise Malformed("A number is wrong or right.")
    VERDICTS[verdict](request=who(request), patient=found, contact_point_id=point_id, now=clock.now())
    words = {"wrong": "Nothing more is sent there.", "right": "It is used again."}[verdict]
    return _done(request, found, words, (f"contact_{verdict}", point_id))


@require_POST
@needs(_B)
def link(request: HttpRequest, patient_id: int, verdict: str) -> HttpResponse:
    """End a link, so that the next message carries a new one; or let the page ask for the birth date again."""
    found = _patient(request, patient_id)
    if verdict not in LINKS:
        raise Malformed("A link is ended or opened.")
    act, done, nothing = LINKS[verdict]
    is_done = act(request=who(request), patient_id=found.pk, now=clock.now())
    return _done(request, found, done if is_done else nothing)


@require_POST
@needs(_B)
def agree(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Note what somebody agreed to, in the words read to them."""
    found = _patient(request, patient_id)
    channel, purpose = _agreed(request)
    consenting.give_consent(
        request=who(request),
        patient=found,
        channel=channel,
        purpose=purpose,
        person_id=_person(request),
        how=request.POST.get("how", "") or "at the desk",
        now=clock.now(),
    )
    return _done(request, found, "Their yes is noted.", ("consent", f"{channel}-{purpose}-{_person(request) or 0}"))


@require_POST
@needs(_B)
def end_agreement(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Note that somebody took their yes back."""
    found = _patient(request, patient_id)
    channel, purpose = _agreed(request)
    consenting.end_consent(
        request=who(request),
        patient=found,
        channel=channel,
        purpose=purpose,
        person_id=_person(request),
        now=clock.now(),
    )
    return _done(request, found, "Their no is noted. Nothing more is sent about it.")


def _agreed(request: HttpRequest) -> tuple[Channel, Purpose]:
    channel, purpose = request.POST.get("channel", ""), request.POST.get("purpose", "")
    if channel not in set(Channel) or purpose not in set(Purpose):
        raise Malformed("Choose texts or e-mails, and what about.")
    return Channel(channel), Purpose(purpose)


def _person(request: HttpRequest) -> int | None:
    text = request.POST.get("person", "")
    return int(text) if text.isdecimal() and 0 < len(text) < 19 and int(text) else None


@require_POST
@needs(_B)
def absence(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Note when a patient, or who comes along, can't come."""
    found = _patient(request, patient_id)
    weekday = request.POST.get("weekday", "")
    starts = _day(request, "starts_on")
    if starts is None:
        raise Rejected("Give the first day.", fields={"starts_on": "required"})
    row = life_actions.add_absence(
        request=who(request),
        patient=found,
        absence=NewAbsence(
            starts_on=starts,
            ends_on=_day(request, "ends_on") or (None if weekday else starts),
            weekday=int(weekday) if weekday in set("1234567") else None,
            from_minute=_minute(request, "from", 0),
            to_minute=_minute(request, "to", DAY),
            person_id=_person(request),
        ),
        now=clock.now(),
    )
    return _done(request, found, "Noted. What is booked stays; what is planned keeps clear of it.", ("absence", row))


@require_POST
@needs(_B)
def remove_absence(request: HttpRequest, patient_id: int, absence_id: int) -> HttpResponse:
    """Take an absence back."""
    found = _patient(request, patient_id)
    life_actions.remove_absence(request=who(request), patient=found, absence_id=absence_id, now=clock.now())
    return _done(request, found, "The absence is removed.")


@require_POST
@needs(_B)
def person(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Note who comes along."""
    found = _patient(request, patient_id)
    if (role := request.POST.get("role", "")) not in set(RelatedRole):
        raise Malformed("Choose what the person does.")
    row = life_actions.add_related_person(
        request=who(request),
        patient=found,
        role=RelatedRole(role),
        name=request.POST.get("name", ""),
        phone=request.POST.get("phone", ""),
        now=clock.now(),
    )
    return _done(request, found, "Noted.", ("person_added", row))


@require_POST
@needs(_B)
def retire_person(request: HttpRequest, patient_id: int, person_id: int) -> HttpResponse:
    """Note that somebody does not come along any more."""
    found = _patient(request, patient_id)
    life_actions.retire_related_person(request=who(request), patient=found, person_id=person_id, now=clock.now())
    return _done(request, found, "Taken off. Visits that need a driver ask for one again.", ("person_gone", person_id))


@require_POST
@needs(_B)
def flag(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Note what screening found."""
    found = _patient(request, patient_id)
    if (code := request.POST.get("code", "")) not in set(ScreeningCode):
        raise Malformed("Choose what was found.")
    life_actions.note_flag(request=who(request), patient=found, code=ScreeningCode(code), now=clock.now())
    return _done(request, found, "Noted. A clinician decides before the next treatment.")


@require_POST
@needs(Permission.CLEAR_FLAG)
def clear_flag(request: HttpRequest, patient_id: int, flag_id: int) -> HttpResponse:
    """Decide that a treatment is safe in spite of what screening found."""
    found = _patient(request, patient_id, Permission.CLEAR_FLAG)
    because = request.POST.get("because", "")
    life_actions.clear_flag(request=who(request), patient=found, flag_id=flag_id, because=because, now=clock.now())
    return _done(request, found, "Cleared, with your reason.")


@require_POST
@needs(_B)
def reminders(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Note which reminders a patient wants beside the usual ones."""
    found = _patient(request, patient_id)
    had = policies.asked_for(found.pk)
    ask_for(request=who(request), patient=found, kinds=request.POST.getlist("kinds"), now=clock.now())
    return _done(request, found, "Saved.", ("reminders", "-".join(had)))


def _day(request: HttpRequest, name: str) -> dt.date | None:
    text = request.POST.get(name, "")
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Malformed("That is not a day. Use a date like 2026-11-24.") from error


def _minute(request: HttpRequest, name: str, otherwise: int) -> int:
    text = request.POST.get(name, "").strip()
    try:
        return local_time.parse_wall(text) if text else otherwise
    except ValueError as error:
        raise Malformed(str(error)) from error
