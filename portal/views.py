"""The page behind a link: read by whoever has it, answered with one tap, and closed without a hint."""

import datetime as dt

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt

from clinic import clock
from clinic.errors import Rejected
from portal import show, words
from portal.door import Link, form_token, is_own_form, open_link
from portal.throttling import is_too_often
from scheduling.actions import answers

METHODS = ["GET", "HEAD", "POST"]
GONE = "changed"
_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


@csrf_exempt  # a form of the page carries a signed token of its own: no cookie is set on a patient's phone
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show a link's page; a POST from its own form answers about the visit it shows. GET and HEAD change nothing."""
    if request.method not in METHODS:
        return _private(HttpResponseNotAllowed(METHODS))
    if is_too_often(request, token):
        return _closed(request, "often", status=429)
    now = clock.now()
    link = open_link(token, now=now)
    if link is None:
        return _closed(request, "ended", status=404)
    if request.method == "POST":
        try:
            return _private(_answered(request, link, now))
        except OperationalError:  # the visit is being changed at this very moment; nothing was saved
            return _closed(request, "often", status=503)
    return _private(_page(request, link, now))


def _page(request: HttpRequest, link: Link, now: dt.datetime) -> HttpResponse:
    language = _language(request, link.language)
    context = show.patient_page(link, language, now) | {
        "form": form_token(link),
        "is_changed": GONE in request.GET,
        "query": f"?lang={language}" if language != link.language else "",
    }
    return HttpResponse(render_to_string("portal/visit.html", context))


def _answered(request: HttpRequest, link: Link, now: dt.datetime) -> HttpResponse:
    """Do what a form asks for and go back to the page, so that reloading sends nothing again."""
    query = f"lang={_language(request, link.language)}"
    if is_own_form(request, link) and not _say(request, link, now):
        query += f"&{GONE}"
    return HttpResponseRedirect(f"{request.path}?{query}", status=303)


def _say(request: HttpRequest, link: Link, now: dt.datetime) -> bool:
    try:
        return answers.answer_on_page(
            patient_id=link.patient_id,
            session_id=_number(request, "visit"),
            timing_version=_number(request, "timing"),
            is_coming=request.POST.get("answer") == "yes",
            now=now,
            agent=request.headers.get("User-Agent", ""),
        )
    except Rejected:
        return False


def _closed(request: HttpRequest, why: str, *, status: int) -> HttpResponse:
    """Return the same page for a link that has ended and one that never was; nothing about it reaches a log."""
    language = _language(request, _preferred(request))
    said = words.WORDS[language]
    context = {"w": said, "language": language, "heading": said[why], "more": said[f"{why}_more"]}
    response = _private(HttpResponse(render_to_string("portal/closed.html", context), status=status))
    if status in (429, 503):
        response["Retry-After"] = "60"
    return response


def _private(response: HttpResponse) -> HttpResponse:
    for name, value in _HEADERS.items():
        response[name] = value
    response._has_been_logged = True  # type: ignore[attr-defined] # Django would log the address, and so the token
    return response


def _language(request: HttpRequest, usual: str) -> str:
    asked = request.POST.get("lang") or request.GET.get("lang", "")
    return asked if asked in words.LANGUAGES else usual


def _preferred(request: HttpRequest) -> str:
    """Return the browser's language: of a link that is not good nothing else is known."""
    return "es" if request.headers.get("Accept-Language", "").lower().startswith("es") else "en"


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0
