"""The page of somebody who takes a patient home: when and where, and yes or no. It never says whom."""

import datetime as dt
from typing import Any
from urllib.parse import quote_plus, urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string

from patients import driver_links, phones
from portal import door, words
from portal.door import HASTY, Link
from portal.pages import LARGE, METHODS, apart, asked_language, number
from portal.show import MAP
from portal.words.driver import WORDS
from scheduling.actions import drivers
from scheduling.domain import local_time
from scheduling.queries import rides
from scheduling.queries.rides import Ride


@apart(*METHODS)
def page(request: HttpRequest, token: str, now: dt.datetime) -> HttpResponse | None:
    """Show somebody's next ride, or that they are not needed any more; a POST from the page's own form answers."""
    found = driver_links.find(token)
    if found is None:
        return None
    ride = rides.driven_by(found.person_id, now=now)
    off = None if ride else rides.no_longer_driven_by(found.person_id)
    if ride is None and off is None:
        return None
    if request.method == "POST":
        return _answered(request, found, now)
    return _shown(request, found, now, ride.visit if ride else off, ride)


def _shown(request: HttpRequest, found: Any, now: dt.datetime, when: Any, ride: Ride | None) -> HttpResponse:
    """Show the page; without a ride `when` is what it was for."""
    site, link = found.person.patient.site, _link(found)
    language = asked_language(request) or link.language
    own = WORDS[language]
    until_day, until = local_time.wall(when.ends_at, site.zone)
    day, about = words.long_day(until_day, language), words.around(until, language, site.region)
    context: dict[str, Any] = {
        **_head(request, language),
        "w": {**words.said_in(site.region, language), **own},
        "clinic": site.message_name,
        "address": site.address,
        "map": f"{MAP}{quote_plus(site.address)}",
        "phone": phones.readable(site.phone),
        "tel": site.phone,
        "ride": ride,
        "day": day,
        "about": about,
        "off": own["driven_off"].format(day=words.one_line(until_day, language), about=about),
        "said_yes": own["said_yes"].format(day=words.weekday(until_day, language)),
        "may_answer": ride is not None and ride.visit.starts_at > now,
        "form": door.form_token(link, now=now),
        "is_changed": "changed" in request.GET,
        "is_once_more": "once_more" in request.GET,
    }
    return HttpResponse(render_to_string("portal/driven.html", context))


def _head(request: HttpRequest, language: str) -> dict[str, Any]:
    """Return what the head of the page says: the ways to the other language and to the other size of text."""
    other, is_large = next(code for code in words.LANGUAGES if code != language), _is_large(request)
    sizes = {} if is_large else {"text": LARGE}
    return {
        "visitor": {"is_large": is_large},
        "language": language,
        "other_language": other,
        "other_name": words.LANGUAGES[other],
        "other_url": "?" + urlencode({"lang": other} | ({"text": LARGE} if is_large else {})),
        "size_url": "?" + urlencode({"lang": language} | sizes),
    }


def _is_large(request: HttpRequest) -> bool:
    return (request.POST if request.method == "POST" else request.GET).get("text") == LARGE


def _answered(request: HttpRequest, found: Any, now: dt.datetime) -> HttpResponse:
    """Do what the form asks for and go back to the page, so that reloading sends nothing again."""
    made_at = door.form_made_at(request, _link(found), now=now)
    answer = request.POST.get("answer", "")
    if made_at is None or answer not in ("yes", "no"):
        return _back(request)
    if now - made_at < HASTY:
        return _back(request, "once_more")
    is_said = drivers.answer_on_page(
        person_id=found.person_id,
        session_id=number(request, "visit"),
        timing=number(request, "timing"),
        is_yes=answer == "yes",
        now=now,
        agent=request.headers.get("User-Agent", ""),
    )
    return _back(request, "" if is_said else "changed")


def _back(request: HttpRequest, why: str = "") -> HttpResponse:
    language = asked_language(request)
    asked = {"lang": language} if language else {}
    asked |= {"text": LARGE} if _is_large(request) else {}
    asked |= {why: "1"} if why else {}
    return HttpResponseRedirect(f"{request.path}?{urlencode(asked)}".rstrip("?"), status=303)


def _link(found: Any) -> Link:
    """Return what a form of this page is signed with: never good on a patient's page, nor theirs here."""
    patient = found.person.patient
    return Link(f"driver.{found.pk}.{found.generation}", patient.pk, patient.site, found.person.language)
