"""What parts on several pages print: refusals with their ways out."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from clinic.errors import Meanwhile, Rejected, Stale

_HEADINGS = {
    400: "That request doesn't fit",
    403: "Not part of your role",
    404: "Nothing here",
    409: "Somebody was quicker",
    412: "This changed meanwhile",
    422: "That isn't possible",
    503: "Busy for a moment",
}
_HEADING_OF = {"gate_red": "Not yet", "illegal_move": "Not as it stands", "finished": "Done already"}
_ID = re.compile(r"#[A-Za-z][\w-]{0,60}")
_SWAPS = {"innerHTML", "outerHTML", "none", "beforeend", "afterend"}
_NOT_SENT_AGAIN = {"csrfmiddlewaretoken"}
Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Way:
    """One way out of a refusal: a button that sends `fields` to `url`. `number`: the digit that presses it, or 0."""

    label: str
    url: str
    fields: Fields
    number: int = 0
    why: str = ""
    is_likely: bool = False


@dataclass(frozen=True, slots=True)
class Clash:
    """A refusal as it is shown: what, why, what one can do.

    `keep`: words of the button that leaves it as it is now; `see`: where what is there now can be seen.
    """

    what: str
    why: str = ""
    css: str = "is-late"
    icon: str = "late"
    keep: str = ""
    ways: Sequence[Way] = ()
    back: str = "/"
    see: str = ""
    here: str = ""
    target: str = ""
    swap: str = "innerHTML"


def clash(request: HttpRequest, error: Rejected, now: dt.datetime) -> Clash:
    """Return a refusal with every way out of it."""
    heading = _HEADING_OF.get(error.code) or _HEADINGS.get(error.status, "That didn't work")
    target = request.headers.get("HX-Target", "")
    swap = request.headers.get("X-Swap", "")
    place = {
        "here": here(request),
        "back": _back(request),
        "target": f"#{target}" if _ID.fullmatch(f"#{target}") else "",
        "swap": swap if swap in _SWAPS else "innerHTML",
    }
    details = error.details if isinstance(error, Stale) else None
    if _takes_back(request) and isinstance(error, Stale):
        # Sent again it would take back what the other one did.
        told = error.message if details is None else f"Can't undo: {_told(details, now)}"
        return Clash(told, css="is-here", icon="info-circle", see=_see(request), ways=(), **place)
    if details is not None:
        fields = {"version": details.version, "insist": "1"}
        mine = _ways(request, [{"label": "Use mine", "fields": fields}], numbered=False)
        return Clash(_told(details, now), css="is-here", icon="info-circle", keep=_keep(details), ways=mine, **place)
    if error.status == 503:
        again = _ways(request, [{"label": "Try again"}], numbered=False)
        return Clash(heading, error.message, icon="refresh", ways=again, **place)
    return Clash(heading, error.message, ways=_ways(request, error.alternatives, numbered=True), **place)


def here(request: HttpRequest) -> str:
    """Return the place on the page that takes a refusal of this request, as a selector; empty: the toast's."""
    wanted = request.headers.get("X-Here", "")
    return wanted if _ID.fullmatch(wanted) else ""


def ago(at: dt.datetime, now: dt.datetime, when: str) -> str:
    """Return how long ago something was: in seconds, minutes, or by the clock when it is an hour and more."""
    seconds = int((now - at).total_seconds())
    if seconds < 60:
        return f"{max(seconds, 1)} s ago"
    return f"{seconds // 60} min ago" if seconds < 3600 else f"at {when}"


def _takes_back(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and (match.url_name in ("undo", "course-undo") or match.kwargs.get("verb") == "undo")


def _see(request: HttpRequest) -> str:
    kind, key = request.POST.get("kind", ""), request.POST.get("id", "")
    page = {"session": "visit", "course": "course"}.get(kind)
    return reverse(page, args=[int(key)]) if page and key.isdecimal() else ""


def _told(details: Meanwhile, now: dt.datetime) -> str:
    return details.words.replace("{ago}", ago(details.at, now, details.when))


def _keep(details: Meanwhile) -> str:
    owner = {"The patient": "the patient's", "The clock": "it"}.get(details.by)
    return f"Keep {owner or details.by.split()[0] + chr(39) + 's'}"


def _ways(request: HttpRequest, offered: Sequence[Mapping[str, Any]], *, numbered: bool) -> list[Way]:
    """Return buttons that send the same fields once more, with what each way changes.

    A way is a mapping with a `label`, perhaps `why` and `url`, and the `fields` it changes.
    """
    labelled = [way for way in offered if way.get("label")]
    return [
        Way(
            label=way["label"],
            url=way.get("url") or request.get_full_path(),
            fields=_fields(request, way),
            number=number if numbered and number < 10 else 0,
            why=way.get("why", ""),
            is_likely=numbered and number == 1,
        )
        for number, way in enumerate(labelled, start=1)
    ]


def _fields(request: HttpRequest, way: Mapping[str, Any]) -> Fields:
    about = {"label", "why", "url", "fields"}
    changed = way.get("fields") or {name: value for name, value in way.items() if name not in about}
    typed = [
        (name, str(value))
        for name, values in request.POST.lists()
        for value in values
        if name not in _NOT_SENT_AGAIN and name not in changed
    ]
    return tuple(typed) + tuple((name, str(value)) for name, value in changed.items())


def _back(request: HttpRequest) -> str:
    came_from = request.headers.get("Referer", "")
    fits = url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()})
    return came_from if fits else "/"
