"""A time that is free: seen on the first page, taken or not with one tap; the first yes has it."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from portal import words
from portal.pages import Visitor, go, number, page
from portal.words.offers import WORDS
from scheduling.actions import filling
from scheduling.actions import offers as offer_actions
from scheduling.domain import local_time
from scheduling.errors import OfferOver
from scheduling.queries.offers import OwnOffer, Stands, offers_to

MISFIT = "does_not_fit"
TOLD = dt.timedelta(hours=24)  # so long a page says that a time is gone to whoever comes by the text about it
GONE = (Stands.TAKEN, Stands.WITHDRAWN, Stands.EXPIRED)


@page()
def answer(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Take a time that was offered, or say no; the first page tells what came of it."""
    offer_id = number(request, "offer")
    if request.method != "POST" or not any(each.offer_id == offer_id for each in _of(visitor)):
        return go(visitor)
    if request.POST.get("answer") != "yes":
        offer_actions.decline(request=visitor.request, offer_id=offer_id, now=visitor.now)
        return go(visitor, offer=str(offer_id))
    try:
        filling.accept(request=visitor.request, offer_id=offer_id, now=visitor.now)
    except OfferOver as over:
        if over.code == MISFIT:
            return go(visitor, offer=str(offer_id), misfit="1")
    return go(visitor, offer=str(offer_id))


def shown(request: HttpRequest, visitor: Visitor) -> dict[str, Any]:
    """Return what the first page says of times that are free: what is asked, and what became of one."""
    found, answered = _of(visitor), number(request, "offer")
    misfits = {answered} if "misfit" in request.GET else set()
    asked = [each for each in found if each.stands is Stands.OPEN and each.offer_id not in misfits]
    about = next((each for each in found if each.offer_id == answered), None) or _lately_gone(found, asked, visitor.now)
    return {
        "w": WORDS[visitor.language],
        "said": _said(about, visitor, is_misfit=bool(misfits)) if about else "",
        "taken": about.session_id if about and about.stands is Stands.ACCEPTED else None,
        "asked": [_as_read(each, visitor) for each in asked],
    }


def _of(visitor: Visitor) -> list[OwnOffer]:
    return offers_to(visitor.link.patient_id, now=visitor.now)


def _lately_gone(found: Sequence[OwnOffer], asked: Sequence[OwnOffer], now: dt.datetime) -> OwnOffer | None:
    """Return the latest offer if it is over and its reader never heard so: they come by the text about it."""
    latest = found[0] if found and not asked else None
    if latest is None or latest.stands not in GONE:
        return None
    return latest if now - (latest.closed_at or latest.expires_at) < TOLD else None


def _said(offer: OwnOffer, visitor: Visitor, *, is_misfit: bool) -> str:
    w = WORDS[visitor.language]
    stands = Stands.MISFIT if is_misfit and offer.stands is Stands.OPEN else offer.stands
    if stands is Stands.OPEN:
        return ""
    if stands is Stands.ACCEPTED:
        return w["accepted"].format(day=words.weekday(offer.day, visitor.language))
    return f"{w[stands]} {w['kept_place' if offer.is_first else 'kept']}"


def _as_read(offer: OwnOffer, visitor: Visitor) -> dict[str, Any]:
    w, language = WORDS[visitor.language], visitor.language
    until_day, until = local_time.wall(offer.expires_at, visitor.site.zone)
    return {
        "id": offer.offer_id,
        "day": words.long_day(offer.day, language),
        "time": _clock(offer.minute, visitor),
        "about": words.about(offer.minutes, language),
        "means": _means(offer, visitor),
        "until": words.ended(
            w["offer_until"].format(day=words.weekday(until_day, language), time=_clock(until, visitor))
        ),
    }


def _means(offer: OwnOffer, visitor: Visitor) -> str:
    w = WORDS[visitor.language]
    if offer.instead is None:
        return w["offer_first"]
    day, minute = offer.instead
    return words.ended(w["offer_instead"].format(day=_day(day, visitor.language), time=_clock(minute, visitor)))


def _day(day: dt.date, language: str) -> str:
    """Return a day within a sentence: Friday, November 27, or viernes 27 de noviembre."""
    first, second = words.long_day(day, language)
    return f"{first} {second}" if language == "en" else f"{first.lower()} {second}"


def _clock(minute: int, visitor: Visitor) -> str:
    return words.clock(minute, visitor.language, visitor.site.region)
