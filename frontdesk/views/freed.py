"""A freed time: who would come, asked by text or booked by phone, and what they answer."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.models import Site
from frontdesk import show_waitlist, toasts
from frontdesk.guard import needs, who
from frontdesk.toasts import Toast, Undo
from frontdesk.views.waitlist import matches_context, page_context, starts_at
from notifications.wake import wake_sender
from scheduling import access
from scheduling.actions import filling, offers
from scheduling.domain.local_time import clock_text, day_text, wall
from scheduling.queries import refill
from scheduling.queries.waitlist import rate_of

_P = Permission


@require_GET
@needs(Permission.BOOK_COURSE)
def matches(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show who on the list would come in a freed time: in its row, or on the page of the list."""
    if not request.headers.get("HX-Request"):
        return redirect(f"{reverse('waitlist')}?slot={session_id}")
    context = matches_context(request, session_id, clock.now()) | {"is_answer": True}
    return render(request, "frontdesk/waitlist/_matches.html", context)


@require_POST
@needs(Permission.BOOK_COURSE)
def offer(request: HttpRequest, session_id: int) -> HttpResponse:
    """Offer a freed time to the people who are ticked, or to the best three."""
    user: Any = request.user
    session = access.session(user, session_id, _P.BOOK_COURSE)
    now = clock.now()
    return shown(request, session.site, _offer(request, session, now), now)


def offered(request: HttpRequest, site: Site, now: dt.datetime) -> Toast:
    """Offer a freed time from its row of what needs attention."""
    user: Any = request.user
    text = request.POST.get("session", "")
    session = access.session(user, int(text) if text.isdecimal() and len(text) < 19 else 0, _P.BOOK_COURSE)
    return _offer(request, session, now)


def _offer(request: HttpRequest, session: Any, now: dt.datetime) -> Toast:
    user: Any = request.user
    freed = refill.freed_time(site_id=session.site_id, session_id=session.pk, starts_at=starts_at(request), now=now)
    lost = request.POST.get("next_after", "")
    if lost.isdecimal() and len(lost) < 19:  # its text never came: somebody else is asked instead
        row = access.slot_offer(user, int(lost), _P.BOOK_COURSE)
        offers.decline(request=who(request), offer_id=row.pk, now=now)
    named = [int(text) for text in request.POST.getlist("entries") if text.isdecimal() and len(text) < 19]
    offers.offer(
        request=who(request, key=request.POST.get("once", "")[:255], route=request.path[:80]),
        site=session.site,
        session_id=session.pk,
        entry_ids=named or None,
        starts_at=freed.slot.starts_at,
        now=now,
    )
    wake_sender()
    again = refill.freed_time(site_id=session.site_id, session_id=session.pk, starts_at=freed.slot.starts_at, now=now)
    until = clock_text(wall(again.offered_until or now, freed.slot.zone)[1])
    chance = show_waitlist.chance_text(rate_of([session.site_id]), again.offers)
    undo = Undo("offer", f"{freed.session_id}@{int(freed.slot.starts_at.timestamp())}", 0)
    return Toast(f"Offered to {again.offers} until {until}. Texts go out now. {chance}", undo)


@require_POST
@needs(Permission.BOOK_COURSE)
def book(request: HttpRequest, session_id: int) -> HttpResponse:
    """Book a freed time for somebody who said yes on the phone."""
    user: Any = request.user
    session = access.session(user, session_id, _P.BOOK_COURSE)
    now, entry = clock.now(), request.POST.get("entry", "")
    filling.book_by_phone(
        request=who(request, key=request.POST.get("once", "")[:255], route=request.path[:80]),
        site=session.site,
        session_id=session.pk,
        entry_id=int(entry) if entry.isdecimal() and len(entry) < 19 else 0,
        starts_at=starts_at(request),
        now=now,
    )
    wake_sender()
    day, minute = wall(starts_at(request) or session.starts_at, session.zone)
    return shown(request, session.site, Toast(f"Booked by phone: {day_text(day)}, {clock_text(minute)}."), now)


@require_POST
@needs(Permission.BOOK_COURSE)
def answer(request: HttpRequest, offer_id: int, step: str) -> HttpResponse:
    """Note what somebody said on the phone to an offer: yes or no."""
    user: Any = request.user
    row = access.slot_offer(user, offer_id, _P.BOOK_COURSE)
    now = clock.now()
    if step == "accept":
        filling.accept(request=who(request), offer_id=row.pk, now=now)
        wake_sender()
        return shown(request, row.entry.site, Toast("Booked. The others keep their place on the list."), now)
    offers.decline(request=who(request), offer_id=row.pk, now=now)
    return shown(request, row.entry.site, Toast("Noted. They keep their place on the list."), now)


def shown(request: HttpRequest, site: Site, toast: Toast, now: dt.datetime) -> HttpResponse:
    """Answer with freed times and list as they are now: in place, or by going back to them."""
    if not request.headers.get("HX-Request"):
        toasts.leave(request, toast)
        return redirect(f"{reverse('waitlist')}?site={site.slug}")
    context = page_context(request, site, now) | {"toast": toast}
    return render(request, "frontdesk/waitlist/_after.html", context)
