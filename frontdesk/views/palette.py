"""The palette's half that needs the server: people by name, and what was opened lately."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from clinic import access as clinic_access
from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Rejected
from frontdesk.commands import VERBS, verbs
from frontdesk.guard import needs, who
from frontdesk.show_names import short_name
from frontdesk.show_people import patient_lines
from patients import access, actions, queries
from scheduling import access as scheduling

MOST = 6


@require_POST
@needs(Permission.VIEW_PATIENT)
def palette(request: HttpRequest) -> HttpResponse:
    """Return patients that match, or what a verb before a name would do with them; nothing typed: the latest."""
    user: Any = request.user
    sites = clinic_access.site_ids(user, Permission.VIEW_PATIENT)
    text = request.POST.get("q", "").strip()
    rows = _found(request, sites, text) if text else _latest(request)
    return render(request, "frontdesk/palette/_found.html", {"rows": rows, "heading": "Patients" if text else "Recent"})


def _found(request: HttpRequest, sites: list[int], text: str) -> list[dict[str, str]]:
    user: Any = request.user
    may = {p.value for p in (Permission.BOOK_COURSE, Permission.VIEW_PATIENT) if clinic_access.site_ids(user, p)}
    wanted, rest = verbs(text, may)
    by_name = queries.patients_found(site_ids=sites, text=text, limit=MOST)
    by_verb = queries.patients_found(site_ids=sites, text=rest, limit=MOST) if wanted else []
    _note(request, [*by_name, *by_verb])
    lines = patient_lines([*by_name, *by_verb], now=clock.now())
    rows = [_row(line, "", "patient", "") for line in lines[: len(by_name)]]
    for line in lines[len(by_name) :]:
        rows += [_row(line, *VERBS[verb][:3]) for verb in wanted]
    return rows


def _row(line: Any, words: str, page: str, query: str) -> dict[str, str]:
    target = reverse("patient", args=[line.id]) if page == "patient" else f"{reverse(page)}?patient={line.id}{query}"
    return {"words": words, "name": line.name, "more": f"{line.born}, {line.phone_end}", "href": target}


def _latest(request: HttpRequest) -> list[dict[str, str]]:
    user: Any = request.user
    rows, people = [], []
    for kind, number in request.session.get("recent", []):
        try:
            patient, more = _record(user, kind, number)
        except Rejected:
            continue  # moved to a site of others, or gone
        people.append(patient)
        name = short_name(patient.last_name, patient.first_name, is_private=user.is_private)
        rows.append({"words": "", "name": name, "more": more, "href": reverse(kind, args=[number])})
    _note(request, people)
    return rows


def _record(user: Any, kind: str, number: int) -> tuple[Any, str]:
    if kind == "patient":
        return access.patient(user, number), "Patient"
    if kind == "course":
        course = scheduling.course(user, number)
        return course.patient, f"Course, {course.protocol.tag}"
    session = scheduling.session(user, number)
    return session.patient, f"Visit, {session.day:%a %b} {session.day.day}"


def _note(request: HttpRequest, people: Sequence[Any]) -> None:
    now = clock.now()
    for site in {person.site_id: person.site for person in people}.values():
        ids = _once(person.pk for person in people if person.site_id == site.pk)
        actions.record_access(request=who(request), site=site, patient_ids=ids, action="patient.listed", now=now)


def _once(ids: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(ids))
