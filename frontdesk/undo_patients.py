"""What takes back a deed of a patient's page. The key is the patient's id and what hangs on them: `12.345`."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from clinic.domain.permissions import Permission
from clinic.errors import Malformed
from frontdesk.guard import who
from notifications.actions.policies import ask_for
from patients import access, consenting, contact_actions, life_actions
from patients.domain.contact import Channel, Purpose

Undoing = Callable[[HttpRequest, int | str, int, dt.datetime], str]


def _measure(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    patient, rest = _of(request, pk, Permission.RECORD_ATTENDANCE)
    life_actions.withdraw_measure(request=who(request), patient=patient, measure_id=_number(rest), now=now)
    return "The total is taken back."


def _contact_wrong(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    patient, rest = _of(request, pk)
    contact_actions.mark_right(request=who(request), patient=patient, contact_point_id=_number(rest), now=now)
    return "It is used again. A link that ended stays ended."


def _contact_right(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    patient, rest = _of(request, pk)
    contact_actions.mark_wrong(request=who(request), patient=patient, contact_point_id=_number(rest), now=now)
    return "Nothing more is sent there."


def _consent(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    patient, rest = _of(request, pk)
    channel, _dash, rest = rest.partition("-")
    purpose, _dash, person = rest.partition("-")
    if channel not in set(Channel) or purpose not in set(Purpose):
        raise _nothing()
    consenting.end_consent(
        request=who(request),
        patient=patient,
        channel=Channel(channel),
        purpose=Purpose(purpose),
        person_id=_number(person) or None,
        now=now,
    )
    return "The yes is taken back."


def _absence(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    patient, rest = _of(request, pk)
    life_actions.remove_absence(request=who(request), patient=patient, absence_id=_number(rest), now=now)
    return "The absence is removed."


def _person_added(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    patient, rest = _of(request, pk)
    life_actions.retire_related_person(request=who(request), patient=patient, person_id=_number(rest), now=now)
    return "Taken off again."


def _person_gone(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    patient, rest = _of(request, pk)
    life_actions.restore_related_person(request=who(request), patient=patient, person_id=_number(rest), now=now)
    return "They come along again."


def _reminders(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    patient, rest = _of(request, pk)
    ask_for(request=who(request), patient=patient, kinds=[kind for kind in rest.split("-") if kind], now=now)
    return "As it was before."


def _of(request: HttpRequest, pk: int | str, permission: Permission = Permission.BOOK_COURSE) -> tuple[Any, str]:
    """Return the patient a key begins with, if this person may change them, and the rest of the key."""
    user: Any = request.user
    patient_id, _dot, rest = str(pk).partition(".")
    return access.patient(user, _number(patient_id), permission), rest


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise _nothing()
    return int(text)


def _nothing() -> Malformed:
    return Malformed("There is nothing to undo by that name. Reload the page.")


OF_PATIENTS: dict[str, Undoing] = {
    "measure": _measure,
    "contact_wrong": _contact_wrong,
    "contact_right": _contact_right,
    "consent": _consent,
    "absence": _absence,
    "person_added": _person_added,
    "person_gone": _person_gone,
    "reminders": _reminders,
}
