"""Finding, adding and reading patients."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic import access as clinic_access
from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Rejected
from frontdesk import forms
from frontdesk.guard import needs, who
from frontdesk.show_people import patient_lines, patient_page
from frontdesk.site import current_site
from patients import access, actions, queries
from patients.domain.contact import CONSENT_SENTENCE
from scheduling.domain import local_time


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.VIEW_PATIENT)
def index(request: HttpRequest) -> HttpResponse:
    """List the patients of a site, or those that match the search: posted, for addresses are logged."""
    site = current_site(request, Permission.VIEW_PATIENT)
    text = request.POST.get("q", "")
    lines = _found(request, text, site_ids=[site.pk])
    return render(
        request,
        "frontdesk/patients/index.html",
        {"site": site, "lines": lines, "q": text, "page": "patients"},
    )


@require_POST
@needs(Permission.VIEW_PATIENT)
def find(request: HttpRequest) -> HttpResponse:
    """Return a few matches while somebody types, over all of the person's sites; changes nothing."""
    text = request.POST.get("q", "")
    sites = clinic_access.site_ids(request.user, Permission.VIEW_PATIENT)  # type: ignore[arg-type]
    lines = _found(request, text, site_ids=sites, limit=8) if len(text.strip()) > 1 else None
    return render(
        request,
        "frontdesk/patients/_found.html",
        {"lines": lines, "q": text, "pick": request.GET.get("pick")},
    )


@require_GET
@needs(Permission.VIEW_PATIENT)
def patient(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Show one patient: who, how to reach, courses, coming visits."""
    now = clock.now()
    found = access.patient(request.user, patient_id)  # type: ignore[arg-type]
    actions.record_access(
        request=who(request), site=found.site, patient_ids=[found.pk], action="patient.opened", now=now
    )
    return render(request, "frontdesk/patients/patient.html", patient_page(found, now=now) | {"page": "patients"})


@require_POST
@needs(Permission.ADD_PATIENT)
def add(request: HttpRequest) -> HttpResponse:
    """Add a patient from the planner and put them into its form; a mistake comes back beside its field."""
    now = clock.now()
    site = current_site(request, Permission.ADD_PATIENT)
    try:
        details = forms.new_patient(request.POST.dict(), region=site.region, today=local_time.today(now, site.zone))
        added = actions.add_patient(
            request=who(request),
            site=site,
            details=details,
            now=now,
            allow_twin=bool(request.POST.get("someone_else")),
        )
    except Rejected as refusal:
        context = _retry(request, site, refusal)
        return render(
            request,
            "frontdesk/planner/_who.html",
            context,
            status=200 if request.headers.get("HX-Request") else 422,
        )
    response = render(request, "frontdesk/planner/_who.html", {"patient": added, "site": site, "just_added": True})
    response["HX-Trigger"] = "patient-chosen"
    return response


@require_GET
@needs(Permission.BOOK_COURSE)
def choose(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Put an existing patient into the planner's form."""
    found = access.patient(request.user, patient_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
    actions.record_access(
        request=who(request),
        site=found.site,
        patient_ids=[found.pk],
        action="patient.opened",
        now=clock.now(),
    )
    response = render(request, "frontdesk/planner/_who.html", {"patient": found, "site": found.site})
    response["HX-Trigger"] = "patient-chosen"
    return response


@require_GET
@needs(Permission.BOOK_COURSE)
def choose_none(request: HttpRequest) -> HttpResponse:
    """Empty the planner's patient box."""
    site = current_site(request, Permission.BOOK_COURSE)
    response = render(
        request,
        "frontdesk/planner/_who.html",
        {"patient": None, "site": site, "consent": _consent(site), "typed": {}},
    )
    response["HX-Trigger"] = "patient-chosen"
    return response


def _retry(request: HttpRequest, site: Any, refusal: Rejected) -> dict[str, Any]:
    twin = next((found["patient"] for found in refusal.alternatives if "patient" in found), None)
    return {
        "patient": None,
        "site": site,
        "consent": _consent(site),
        "typed": request.POST,
        "faults": refusal.fields,
        "refusal": "" if refusal.code == "fields" else refusal.message,
        "twin": access.patient(request.user, twin) if twin else None,  # type: ignore[arg-type]
    }


def _consent(site: Any) -> str:
    return CONSENT_SENTENCE.format(clinic=site.message_name)


def _found(request: HttpRequest, text: str, *, site_ids: list[int], limit: int = 100) -> list[Any]:
    now = clock.now()
    if text.strip():
        rows = queries.patients_found(site_ids=site_ids, text=text, limit=limit)
    else:
        rows = queries.patient_list(site_ids=site_ids, limit=limit)
    for site in {row.site for row in rows}:
        ids = [row.pk for row in rows if row.site_id == site.pk]
        actions.record_access(request=who(request), site=site, patient_ids=ids, action="patient.listed", now=now)
    return patient_lines(rows, now=now)
