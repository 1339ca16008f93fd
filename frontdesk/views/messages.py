"""What was said, and what would be; the proof of one message; and what the desk does about what did not arrive."""

import datetime as dt
import uuid
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, Rejected
from clinic.models import Site
from frontdesk import alarms, show_messages
from frontdesk.guard import needs, who
from frontdesk.show_inbox import inbox_context
from frontdesk.site import current_site
from notifications import access, proof, rendering
from notifications.actions import resending
from notifications.domain.states import Kind, MessageState
from notifications.proof import Show, Wanted
from patients import access as patient_access
from patients import actions as patient_actions
from patients import contact_actions, phones
from patients.domain.contact import Channel, ContactKind
from scheduling.access import holds
from scheduling.domain import local_time

A_PAGE = 50
_FILTERS = ("show", "kind", "channel", "patient", "course", "session", "since", "until")
_AGAIN = {"resend": resending.resend, "other-channel": resending.send_by_other_channel}
_VERDICTS = {"wrong": contact_actions.mark_wrong, "right": contact_actions.mark_right}


@require_GET
@needs(Permission.VIEW_MESSAGES)
def outbox(request: HttpRequest) -> HttpResponse:
    """Show the messages of a site, the latest due first, and what came back."""
    now = clock.now()
    site = current_site(request, Permission.VIEW_MESSAGES)
    wanted = _wanted(request, site)
    page = Paginator(proof.listed(site_ids=[site.pk], wanted=wanted), A_PAGE).get_page(request.GET.get("page"))
    lines = proof.lines(page.object_list)
    _note(request, site, lines, "message.listed")
    held_up = proof.held_up(site_id=site.pk, now=now)
    context = {
        "site": site,
        "alarms": alarms.alarms(site=site, now=now),
        "days": show_messages.rows_by_day(lines, now=now),
        "pages": page,
        "parts": [(part.value if part else "", word, wanted.show is part) for part, word in show_messages.PARTS],
        "kinds": [(kind.value, word, wanted.kind == kind) for kind, word in show_messages.KINDS.items()],
        "channels": [(way, word, wanted.channel == way) for way, word in (("sms", "Texts"), ("email", "E-mails"))],
        "days_asked": {name: day.isoformat() for name in ("since", "until") if (day := _day(request, name))},
        "of_patient": _patient(request, wanted),
        "query": _query(request, site),
        "is_filtered": wanted != Wanted(),
        "held_up": held_up,
        "held_up_since": alarms.when(site, held_up.since, now) if held_up and held_up.since else "",
        "sending": settings.SEND_MESSAGES,
        "key": uuid.uuid4(),
        "may_say": holds(request.user, site.pk, Permission.BOOK_COURSE),  # type: ignore[arg-type]
        "page": "messages",
    }
    return render(request, "frontdesk/messages/outbox.html", context | _inbox(request, site, wanted, now))


@require_GET
@needs(Permission.VIEW_MESSAGES)
def message(request: HttpRequest, message_id: uuid.UUID) -> HttpResponse:
    """Show one message as the patient sees it, and everything that is known about it."""
    now = clock.now()
    row = access.message(_user(request), message_id)
    found = proof.proof_of(row)
    _note(request, row.site, [found.line], "message.opened")
    return render(
        request,
        "frontdesk/messages/message.html",
        {
            "site": row.site,
            "alarms": alarms.alarms(site=row.site, now=now),
            "row": show_messages.row(found.line, now=now),
            "line": found.line,
            "subject": rendering.subject(row),
            "clinic": row.site.message_name,
            "sender": _sender(row),
            "steps": show_messages.steps(found),
            "merged": [show_messages.row(each, now=now) for each in found.merged],
            "others": [show_messages.row(each, now=now) for each in found.others],
            "is_whole": holds(_user(request), row.site_id, Permission.VIEW_PATIENT),
            "may_say": holds(_user(request), row.site_id, Permission.BOOK_COURSE),
            "ways": _ways(row, now),
            "key": uuid.uuid4(),
            "page": "messages",
        },
    )


@require_POST
@needs(Permission.BOOK_COURSE)
def again(request: HttpRequest, message_id: uuid.UUID, step: str) -> HttpResponse:
    """Say a message again, by the same way or by the other one, and show the new one."""
    row = access.message(_user(request), message_id, Permission.BOOK_COURSE)
    key = request.POST.get("key", "")
    if step not in _AGAIN or not 1 <= len(key) <= 255:
        raise Malformed("This page is out of date. Reload it.")
    new, _again = _AGAIN[step](request=who(request, key=key), message=row, now=clock.now())
    messages.success(request, "It goes out in a moment.")
    return redirect("message", new)


@require_POST
@needs(Permission.BOOK_COURSE)
def judge(request: HttpRequest, message_id: uuid.UUID, verdict: str) -> HttpResponse:
    """Note that the number or address a message went to is wrong, or right after all."""
    row = access.message(_user(request), message_id, Permission.BOOK_COURSE)
    if verdict not in _VERDICTS or row.patient is None or row.contact_point_id is None:
        raise Malformed("This page is out of date. Reload it.")
    _VERDICTS[verdict](
        request=who(request), patient=row.patient, contact_point_id=row.contact_point_id, now=clock.now()
    )
    said = {"wrong": "Nothing more is sent there. Ask for the right one.", "right": "It is used again."}
    messages.success(request, said[verdict])
    return redirect("message", message_id)


@require_POST
@needs(Permission.BOOK_COURSE)
def another(request: HttpRequest, message_id: uuid.UUID) -> HttpResponse:
    """Use another number or address for the patient a message was for."""
    row = access.message(_user(request), message_id, Permission.BOOK_COURSE)
    if row.patient is None:
        raise Malformed("This page is out of date. Reload it.")
    kind = ContactKind.EMAIL if row.channel == Channel.EMAIL else ContactKind.PHONE
    contact_actions.record_address(
        request=who(request), patient=row.patient, kind=kind, value=request.POST.get("value", ""), now=clock.now()
    )
    messages.success(request, "It is used from now on.")
    return redirect("message", message_id)


@require_GET
@needs(Permission.VIEW_MESSAGES)
def export(request: HttpRequest) -> HttpResponse:
    """Give out the messages the page lists as a table, without words and names; each patient on it is noted.

    :raises Rejected: there are too many for one table.
    """
    site = current_site(request, Permission.VIEW_MESSAGES)
    rows = list(proof.listed(site_ids=[site.pk], wanted=_wanted(request, site))[: proof.MOST_EXPORTED + 1])
    if len(rows) > proof.MOST_EXPORTED:
        raise Rejected("These are too many messages for one table. Choose fewer days, a state, a kind or a patient.")
    _note(request, site, rows, "message.exported")
    name = f"messages-{site.slug}-{clock.now():%Y%m%d-%H%M}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(proof.as_csv(rows), content_type="text/csv; charset=utf-8", headers=headers)


def _inbox(request: HttpRequest, site: Site, wanted: Wanted, now: Any) -> dict[str, Any]:
    return inbox_context(request, site, now) if wanted == Wanted() else {"may_read": False}


def _ways(row: Any, now: Any) -> dict[str, bool]:
    if row.patient_id is None or row.state == MessageState.SHOWN:
        return {}
    same = Channel(row.channel)
    ways = (("resend", same), ("other", resending.OTHER[same]))
    return {name: resending.may_say_again(row, channel, now=now) for name, channel in ways}


def _wanted(request: HttpRequest, site: Site) -> Wanted:
    since, until = _day(request, "since"), _day(request, "until")
    show, kind, channel = (request.GET.get(name, "") for name in ("show", "kind", "channel"))
    return Wanted(
        show=Show(show) if show in set(Show) else None,
        kind=kind if kind in set(Kind) else "",
        channel=channel if channel in resending.WORDS else "",
        patient_id=_number(request, "patient"),
        course_id=_number(request, "course"),
        session_id=_number(request, "session"),
        since=local_time.day_bounds(since, site.zone)[0] if since else None,
        until=local_time.day_bounds(until, site.zone)[1] if until else None,
    )


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 18 else None


def _day(request: HttpRequest, name: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None  # what lies beyond is a slip of the finger


def _patient(request: HttpRequest, wanted: Wanted) -> Any:
    if wanted.patient_id is None:
        return None
    return patient_access.patient(_user(request), wanted.patient_id, Permission.VIEW_MESSAGES)


def _query(request: HttpRequest, site: Site) -> str:
    """Return the filters of a page, for the links to the next one and to the table."""
    kept = {name: value for name in _FILTERS if (value := request.GET.get(name))}
    return urlencode({"site": site.slug} | kept)


def _sender(row: Any) -> str:
    if row.channel == Channel.EMAIL:
        return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return phones.readable(settings.SMS.get("from") or row.site.phone)


def _note(request: HttpRequest, site: Site, rows: Any, action: str) -> None:
    seen = sorted({row.patient_id for row in rows if row.patient_id})
    if seen:
        patient_actions.record_access(request=who(request), site=site, patient_ids=seen, action=action, now=clock.now())


def _user(request: HttpRequest) -> Any:
    return request.user
