"""Every kind of deed that can be taken back, and what takes it back."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from attention import actions as attention
from clinic.domain.permissions import Permission
from clinic.errors import Malformed
from clinic.queries import sites_where
from frontdesk import show_import
from frontdesk.guard import who
from frontdesk.show_merging import parted
from frontdesk.undo_patients import OF_PATIENTS
from notifications.actions import joining
from notifications.wake import wake_sender
from patients import access as patient_access
from patients import draft_actions, import_drafts
from scheduling import access
from scheduling.actions import blocks, offers, prep, resources, unblocking, unbooking, undoing
from scheduling.errors import IllegalMove

TAKEN_BACK = "Taken back."


def _session(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    user: Any = request.user
    session = access.session(user, int(pk), Permission.RECORD_ATTENDANCE)
    undoing.undo(session_id=session.pk, version=version, now=now, by=user)
    return TAKEN_BACK


def _course(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    user: Any = request.user
    course = access.course(user, int(pk), Permission.BOOK_COURSE)
    undoing.undo_change(request=who(request), course_id=course.pk, version=version, now=now)
    return TAKEN_BACK


def _block(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    user: Any = request.user
    block = access.block(user, int(pk), Permission.BOOK_COURSE)
    try:
        unblocking.undo_block(request=who(request), block_id=block.pk, version=version, now=now)
    except IllegalMove as refusal:
        if refusal.code == "block_cannot_undo":  # the other way: whoever can goes back, the others stay
            ways = refusal.alternatives
            refusal.alternatives = [
                {"label": way["label"], "url": reverse("block-reopen", args=[block.pk]), "fields": {"version": version}}
                for way in ways
            ]
        raise
    wake_sender()
    return "The block is taken back. Everybody is where they were."


def _attention(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    attention.reopen_item(request=who(request), key=str(pk), version=version, now=now)
    return "Back on the list."


def _offer(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    user: Any = request.user
    session_id, _at, instant = str(pk).partition("@")
    if not (session_id.isdecimal() and instant.isdecimal() and len(instant) < 12):
        raise Malformed("There is nothing to undo by that name. Reload the page.")
    session = access.session(user, int(session_id), Permission.BOOK_COURSE)
    starts_at = dt.datetime.fromtimestamp(int(instant), dt.UTC)
    offers.withdraw(request=who(request), site=session.site, session_id=session.pk, starts_at=starts_at, now=now)
    return "The offers are taken back. Texts that had left can't be."


def _resource_used(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    user: Any = request.user
    row = access.resource(user, int(pk), Permission.MANAGE_SITE)
    resources.retire(request=who(request), resource_id=row.pk, version=version, now=now)
    return f"{row.name} is out of use."


def _resource_retired(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    user: Any = request.user
    row = access.resource(user, int(pk), Permission.MANAGE_SITE)
    resources.bring_back(request=who(request), resource_id=row.pk, version=version, now=now)
    return f"{row.name} can be booked again."


def _closed_days(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    user: Any = request.user
    numbers = [int(text) for text in str(pk).split(",") if text.isdecimal() and len(text) < 19]
    for block in [access.block(user, number, Permission.MANAGE_SITE) for number in numbers]:
        blocks.reopen_block(request=who(request), block_id=block.pk, version=version, now=now)
    return "Open again."


def _booking(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    user: Any = request.user
    course = access.course(user, int(pk), Permission.BOOK_COURSE)
    unbooking.take_back_booking(request=who(request), course_id=course.pk, version=version, now=now)
    return "The booking is taken back. Nothing is booked, nothing is sent."


def _import(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    user: Any = request.user
    row = import_drafts.draft(sites=sites_where(user, Permission.MANAGE_SITE), draft_id=int(pk))
    found = draft_actions.undo_import(request=who(request), site=row.site, draft_id=row.pk, now=now)
    return show_import.said_of(found)


def _prep(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    user: Any = request.user
    row = access.prep_sheet(user, int(pk), Permission.MANAGE_SITE)
    about: dict[str, Any] = {"site": row.site, "code": row.code, "wanted": row.version - 1, "version": version}
    prep.put_back(request=who(request), **about, now=now)
    return "Taken back. Patients read what they read before."


def _merge(request: HttpRequest, pk: int | str, version: int, now: dt.datetime) -> str:
    user: Any = request.user
    merge = patient_access.merge(user, int(pk))
    return parted(joining.part_records(request=who(request), merge_id=merge.pk, now=now))


UNDOABLES: dict[str, Callable[[HttpRequest, int | str, int, dt.datetime], str]] = {
    "session": _session,
    "course": _course,
    "booking": _booking,
    "block": _block,
    "attention": _attention,
    "import": _import,
    "offer": _offer,
    "resource_used": _resource_used,
    "resource_retired": _resource_retired,
    "closed_days": _closed_days,
    "merge": _merge,
    "prep": _prep,
} | OF_PATIENTS
# The course whose patient is told of it, by kind.
COURSE_OF: dict[str, Callable[[HttpRequest, int | str], int | None]] = {
    "session": lambda request, pk: access.session(request.user, int(pk)).course_id,  # type: ignore[arg-type]
    "course": lambda _request, pk: int(pk),
}
# What goes by a word instead of a number.
BY_KEY = {"attention", "closed_days", "offer", *OF_PATIENTS}
# Where the focus goes after it, by kind.
FOCUS = {"session": "visit-{id}"}
