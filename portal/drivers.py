"""Who takes the patient home: named by them for the next visit that asks for it, and asked by a link of their own."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse

from clinic.errors import Rejected
from patients import driver_links, life
from portal import words
from portal.pages import Visitor, go, number, page, show
from portal.words.driver import READ_VERSION, WORDS
from scheduling.actions import drivers
from scheduling.actions.drivers import Driver
from scheduling.domain import local_time
from scheduling.queries import rides
from scheduling.queries.rides import Ride

_PROBLEMS = {
    ("read", "required"): "no_read",
    ("name", "required"): "no_name",
    ("phone", "required"): "no_phone",
    ("phone", "not a phone"): "bad_phone",
    ("phone", "own"): "own_phone",
    ("person", "unknown"): "no_person",
}


@page(level=2)
def name(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show who takes the patient home from the next visit that asks for somebody; a POST names them."""
    if request.method == "POST":
        return _named(request, visitor)
    return _shown(request, visitor)


def _shown(request: HttpRequest, visitor: Visitor, problem: str = "") -> HttpResponse:
    ride = rides.next_ride(visitor.link.patient_id, now=visitor.now)
    context = _context(request, visitor, ride, problem) if ride else {}
    return show(request, visitor, "portal/driver.html", context, WORDS, status=422 if problem else 200)


def _named(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    if number(request, "person") and request.POST.get("name", "").strip():
        return _shown(request, visitor, "not_both")  # nobody guesses which of the two is meant
    try:
        drivers.name_driver(
            request=visitor.request,
            patient_id=visitor.link.patient_id,
            session_id=number(request, "visit"),
            timing=number(request, "timing"),
            driver=_written(request, visitor),
            now=visitor.now,
        )
    except Rejected as refused:
        problem = next((_PROBLEMS[each] for each in refused.fields.items() if each in _PROBLEMS), "")
        if not problem:
            return go(visitor, "driver/", changed="1")
        return _shown(request, visitor, problem)
    return go(visitor, "driver/")


def _written(request: HttpRequest, visitor: Visitor) -> Driver:
    return Driver(
        person_id=number(request, "person") or None,
        name=request.POST.get("name", ""),
        phone=request.POST.get("phone", ""),
        language=visitor.language,
        may_text=bool(request.POST.get("may_text")),
        read=READ_VERSION if request.POST.get("read") else "",
    )


def _context(request: HttpRequest, visitor: Visitor, ride: Ride, problem: str) -> dict[str, Any]:
    w = WORDS[visitor.language]
    people = [each for each in life.related_people_of(visitor.link.patient_id) if each.phone]
    person = next((each for each in people if each.pk == ride.person_id), None)
    is_open = bool(problem) or not ride.is_named or ride.is_refused or "other" in request.GET
    return {
        "ride": ride,
        "for_visit": w["for_visit"].format(
            day=words.one_line(ride.visit.day, visitor.language),
            time=words.clock(ride.visit.minute, visitor.language, visitor.site.region),
        ),
        "said": _said(ride, person, w),
        "share": None if is_open or ride.is_confirmed else _share(visitor, ride, person),
        "is_open": is_open,
        "problem": w.get(problem, ""),
        "people": people,
        "chosen": request.POST.get("person") or _likely(people, ride),
        "given": request.POST,
        "other_url": visitor.url("driver/", other="1"),
    }


def _likely(people: Sequence[Any], ride: Ride) -> str:
    """Return who is meant unless somebody else is chosen: the only person known, as long as nobody is named."""
    return str(people[0].pk) if len(people) == 1 and not ride.is_named else ""


def _said(ride: Ride, person: Any, w: Mapping[str, str]) -> str:
    """Return in a sentence who is named, and what they said."""
    if not ride.is_named:
        return ""
    if ride.is_refused:
        return w["is_no"].format(name=person.name if person else w["somebody_else"])
    if person is None:
        return w["desk_yes" if ride.is_confirmed else "desk_asked"]
    return w["is_yes" if ride.is_confirmed else "is_asked"].format(name=person.name)


def _share(visitor: Visitor, ride: Ride, person: Any) -> dict[str, str] | None:
    """Return the link of who was named, and the way to send it from the patient's own phone."""
    link = driver_links.link_of(person.pk) if person else None
    if person is None or link is None:
        return None
    address = driver_links.address_of(link)
    language, minute = visitor.language, local_time.wall(ride.visit.ends_at, visitor.site.zone)[1]
    text = WORDS[language]["send_text"].format(
        day=words.one_line(ride.visit.day, language),
        about=words.around(minute, language, visitor.site.region),
        link=address,
    )
    return {"address": address, "url": f"sms:{person.phone}?body={quote(text)}"}
