"""What all pages of a link have in common: one door, one frame, one way back; what a page does is its own business."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt

from clinic import actions as clinic_actions
from clinic import clock
from clinic.errors import Busy, Rejected
from notifications.queries import was_written_to_lately
from patients import link_actions, phones
from portal import door, words
from portal.door import Link
from portal.throttling import is_own_too_often, is_too_often

METHODS = ["GET", "HEAD", "POST"]
HOME = "/my/"
LARGE = "large"
ABOUT = ("visit", "to", "other", "offer")  # what an address may say beside language and size of text
PATIENT = "patient"
AFTER_A_MESSAGE = dt.timedelta(minutes=2)  # in which scanners open what a message carries
_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever has a patient's link open, and how they see its pages.

    `base`: where the pages of this link are for them, `/v/<token>/` or, after the birth date, `/my/`.
    """

    link: Link
    now: dt.datetime
    base: str
    language: str
    is_large: bool
    is_checked: bool
    agent: str = ""

    @property
    def site(self) -> Any:
        """The site the patient is treated at."""
        return self.link.site

    @property
    def request(self) -> clinic_actions.Request:
        """Who asks, for what is changed: the patient."""
        return clinic_actions.Request(user=None, actor=PATIENT, agent=self.agent)

    @property
    def kept(self) -> dict[str, str]:
        """What goes from page to page in the address: another language than the usual, and large text."""
        found = {"lang": self.language} if self.language != self.link.language else {}
        return found | ({"text": LARGE} if self.is_large else {})

    def url(self, path: str = "", **query: str) -> str:
        """Return the address of one of this link's pages, language and size of text kept."""
        asked = urlencode(self.kept | query)
        return f"{self.base}{path}?{asked}" if asked else f"{self.base}{path}"


View = Callable[..., HttpResponse]


def page(*, level: int = 1) -> Callable[[View], View]:
    """Make a view a page of a link: `view(request, visitor, **kwargs)`.

    GET and HEAD change nothing, so a view writes only for a POST; one that the page's own form did not send is answered
    with the page itself. Level 2 asks for the birth date first.
    """

    def decorate(view: View) -> View:
        @csrf_exempt  # a form of the page carries a signed token of its own
        @wraps(view)
        def opened(request: HttpRequest, token: str = "", **kwargs: Any) -> HttpResponse:
            return _private(_opened(view, level, request, token, kwargs))

        return opened

    return decorate


def apart(
    *methods: str, is_too_often: Callable[[HttpRequest, str], bool] = is_too_often
) -> Callable[[Callable[..., HttpResponse | None]], View]:
    """Make a view what opens by a token of its own: `view(request, token, now)`, None: nothing is behind it.

    GET and HEAD change nothing. A form that is sent must be looked at by the view: there is no visitor.
    """

    def decorate(view: Callable[..., HttpResponse | None]) -> View:
        @csrf_exempt  # its form, if it has one, carries a signed token of its own
        @wraps(view)
        def opened(request: HttpRequest, token: str) -> HttpResponse:
            if request.method not in methods:
                return _private(HttpResponseNotAllowed(methods))
            if is_too_often(request, token):
                return _private(closed(request, "often", status=429))
            try:
                found = view(request, token, clock.now()) if door.TOKEN.fullmatch(token) else None
            except OperationalError:  # what is asked for is being changed at this very moment; nothing was saved
                return _private(closed(request, "often", status=503))
            return _private(found or closed(request, "ended", status=404))

        return opened

    return decorate


def show(
    request: HttpRequest,
    visitor: Visitor,
    template: str,
    context: Mapping[str, Any],
    words: Mapping[str, Mapping[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return a page: the frame, the words in the visitor's language, and what the view says."""
    own = words[visitor.language] if words else {}
    found = {**_frame(request, visitor), **context}
    found["w"] = {**found["w"], **own}
    return HttpResponse(render_to_string(template, found), status=status)


def go(visitor: Visitor, path: str = "", **query: str) -> HttpResponse:
    """Send the browser to a page of the link, so that reloading sends nothing again."""
    return HttpResponseRedirect(visitor.url(path, **query), status=303)


def number(request: HttpRequest, name: str) -> int:
    """Return a number a form carries; 0: none."""
    text = request.POST.get(name, "") or request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def closed(
    request: HttpRequest, why: str, *, status: int, own: Mapping[str, Mapping[str, str]] | None = None
) -> HttpResponse:
    """Return the same page for a link that has ended and one that never was; nothing about it reaches a log.

    `own`: words of a feature, in which `why` may be said.
    """
    language = asked_language(request) or _preferred(request)
    said = {**words.WORDS[language], **(own[language] if own else {})}
    context = {"w": said, "language": said["code"], "heading": said[why], "more": said[f"{why}_more"]}
    response = HttpResponse(render_to_string("portal/closed.html", context), status=status)
    if status in (429, 503):
        response["Retry-After"] = "60"
    return response


def _opened(view: View, level: int, request: HttpRequest, token: str, kwargs: Mapping[str, Any]) -> HttpResponse:
    try:
        return _admitted(view, level, request, token, kwargs)
    except (Busy, OperationalError):  # what is asked for is being changed at this very moment; nothing was saved
        return closed(request, "often", status=503)


def _admitted(view: View, level: int, request: HttpRequest, token: str, kwargs: Mapping[str, Any]) -> HttpResponse:
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS)
    if is_too_often(request, token) if token else is_own_too_often(request, door.key_of_device(request)):
        return closed(request, "often", status=429)
    now = clock.now()
    link = door.open_link(token, now=now) if token else door.open_device(request, now=now)
    if link is None:
        return closed(request, "ended", status=404)
    visitor = _visitor(request, link, token, now)
    if request.method != "POST" and token and visitor.is_checked:
        path = request.path.partition(token)[2].lstrip("/")
        return HttpResponseRedirect(f"{HOME}{path}?{request.GET.urlencode()}".rstrip("?"))
    if level > 1 and not visitor.is_checked:
        return go(visitor, "check/", to=_path_of(request, visitor))
    return _answered(view, request, visitor, kwargs)


def _answered(view: View, request: HttpRequest, visitor: Visitor, kwargs: Mapping[str, Any]) -> HttpResponse:
    if request.method == "POST":
        made_at = door.form_made_at(request, visitor.link, now=visitor.now)
        if made_at is None:
            return go(visitor, _path_of(request, visitor))
        if _is_robot(visitor, made_at):
            link_actions.note_robot(patient_id=visitor.link.patient_id, now=visitor.now)
            return go(visitor, once_more="1")
    try:
        return view(request, visitor, **kwargs)
    except Busy:
        raise
    except Rejected:
        return go(visitor, changed="1") if request.method == "POST" else closed(request, "often", status=503)


def _is_robot(visitor: Visitor, made_at: dt.datetime) -> bool:
    """Tell whether a form came back as a scanner's does: sooner than anybody reads, right after a message."""
    if visitor.now - made_at >= door.HASTY or visitor.is_checked:
        return False
    return was_written_to_lately(visitor.link.patient_id, since=visitor.now - AFTER_A_MESSAGE)


def _visitor(request: HttpRequest, link: Link, token: str, now: dt.datetime) -> Visitor:
    asked = request.POST if request.method == "POST" else request.GET
    return Visitor(
        link=link,
        now=now,
        base=f"/v/{token}/" if token else HOME,
        language=asked_language(request) or link.language,
        is_large=asked.get("text") == LARGE,
        is_checked=door.key_of_device(request) == link.key,
        agent=request.headers.get("User-Agent", ""),
    )


def _path_of(request: HttpRequest, visitor: Visitor) -> str:
    return request.path.removeprefix(visitor.base)


def _frame(request: HttpRequest, visitor: Visitor) -> dict[str, Any]:
    site, language = visitor.link.site, visitor.language
    other = next(code for code in words.LANGUAGES if code != language)
    query = {name: request.GET[name] for name in ABOUT if name in request.GET}
    sizes = {} if visitor.is_large else {"text": LARGE}
    own_language = {"lang": language} if language != visitor.link.language else {}
    return {
        "visitor": visitor,
        "w": words.said_in(site.region, language),
        "language": language,
        "other_language": other,
        "other_name": words.LANGUAGES[other],
        "other_url": "?" + urlencode(query | {"lang": other} | ({"text": LARGE} if visitor.is_large else {})),
        "size_url": "?" + urlencode(query | own_language | sizes),
        "home_url": visitor.url(),
        "settings_url": visitor.url("settings/"),
        "privacy_url": visitor.url("privacy/"),
        "not_you_url": visitor.url("not-you/"),
        "clinic": site.message_name,
        "address": site.address,
        "phone": phones.readable(site.phone),
        "tel": site.phone,
        "form": door.form_token(visitor.link, now=visitor.now),
        "is_changed": "changed" in request.GET,
        "is_once_more": "once_more" in request.GET,
    }


def _private(response: HttpResponse) -> HttpResponse:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response._has_been_logged = True  # type: ignore[attr-defined] # Django would log the address, and so the token
    return response


def asked_language(request: HttpRequest) -> str:
    """Return the language somebody asked for on a page; empty: they did not."""
    asked = request.POST.get("lang") or request.GET.get("lang", "")
    return asked if asked in words.LANGUAGES else ""


def _preferred(request: HttpRequest) -> str:
    """Return the browser's language: of a link that is not good nothing else is known."""
    return "es" if request.headers.get("Accept-Language", "").lower().startswith("es") else "en"
