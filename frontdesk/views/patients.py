"""Finding, adding and reading patients."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic import access as clinic_access
from clinic import clock
from clinic.domain.permissions import Permission
from frontdesk import show_merging, show_quick_add
from frontdesk.guard import needs, who
from frontdesk.show_patient import patient_page
from frontdesk.show_people import patient_lines
from frontdesk.site import current_site
from patients import access, actions, queries
from patients.domain.finding import look_alikes
from patients.errors import Merged
from scheduling import access as scheduling_access

LOOKED_AT, SHOWN = 24, 8


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.VIEW_PATIENT)
def index(request: HttpRequest) -> HttpResponse:
    """List the patients of a site, or those that match the search: posted, for addresses are logged."""
    site = current_site(request, Permission.VIEW_PATIENT)
    text = request.POST.get("q", "")
    lines = _found(request, text, site=site)
    return render(
        request,
        "frontdesk/patients/index.html",
        {"site": site, "lines": lines, "q": text, "page": "patients"},
    )


@require_POST
@needs(Permission.VIEW_PATIENT)
def find(request: HttpRequest) -> HttpResponse:
    """Return a few matches while somebody types, over all of the person's sites; changes nothing."""
    site = current_site(request, Permission.VIEW_PATIENT)
    text = request.POST.get("q", "")
    sites = clinic_access.site_ids(request.user, Permission.VIEW_PATIENT)  # type: ignore[arg-type]
    # More than are shown: one of two who look alike may be further down.
    rows = queries.patients_found(site_ids=sites, text=text, limit=LOOKED_AT, region=site.region)
    shown, alike = rows[:SHOWN], look_alikes(rows)
    return render(
        request,
        "frontdesk/patients/_found.html",
        {
            "lines": _listed(request, shown) if len(text.strip()) >= queries.SHORTEST else None,
            "alike": len(alike) if any(row.pk in alike for row in shown) else 0,
            "alike_ids": alike,
            "has_more": len(rows) > SHOWN,
            "guess": "" if rows else show_quick_add.guessed(text, site_ids=sites),
            "site": site,
            "q": text,
            "pick": request.GET.get("pick"),
            "box": "pick" if request.GET.get("pick") else "find",
        },
    )


@require_GET
@needs(Permission.VIEW_PATIENT)
def patient(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Show one patient: who, how to reach, courses, coming visits."""
    now = clock.now()
    try:
        found = access.patient(request.user, patient_id)  # type: ignore[arg-type]
    except Merged as merged:
        return redirect("patient", merged.alternatives[0]["patient"])
    actions.record_access(
        request=who(request), site=found.site, patient_ids=[found.pk], action="patient.opened", now=now
    )
    held = scheduling_access.permissions(request.user, found.site_id)  # type: ignore[arg-type]
    context = patient_page(found, now=now, with_messages=Permission.VIEW_MESSAGES in held)
    context |= show_merging.standing(found, now=now, may=Permission.CORRECT_RECORD in held)
    own = {
        "page": "patients",
        "may_edit": Permission.BOOK_COURSE in held,
        "may_clear": Permission.CLEAR_FLAG in held,
        "may_read_messages": Permission.VIEW_MESSAGES in held,
    }
    return render(request, "frontdesk/patients/patient.html", context | own)


def _found(request: HttpRequest, text: str, *, site: Any, limit: int = 100) -> list[Any]:
    if text.strip():
        return _listed(request, queries.patients_found(site_ids=[site.pk], text=text, limit=limit, region=site.region))
    return _listed(request, queries.patient_list(site_ids=[site.pk], limit=limit))


def _listed(request: HttpRequest, rows: list[Any]) -> list[Any]:
    now = clock.now()
    for site in {row.site for row in rows}:
        ids = [row.pk for row in rows if row.site_id == site.pk]
        actions.record_access(request=who(request), site=site, patient_ids=ids, action="patient.listed", now=now)
    return patient_lines(rows, now=now)
