"""The patient's box of the planner: choose somebody, or add somebody new."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Rejected
from frontdesk import forms, show_quick_add
from frontdesk.guard import needs, who
from frontdesk.site import current_site
from frontdesk.views import planner
from patients import access, actions, phones, queries
from patients.domain.details import parse_birth_date
from patients.domain.pasted import split_pasted
from scheduling.domain import local_time

WHO = "frontdesk/planner/_who.html"
NAMES = ("first_name", "last_name")


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
        return _typed_again(request, site, refusal)
    return _answer(request, added, just_added=True)


def _typed_again(request: HttpRequest, site: Any, refusal: Rejected) -> HttpResponse:
    ids = [found["patient"] for found in refusal.alternatives if "patient" in found]
    form = show_quick_add.form(
        site,
        typed=request.POST,
        faults=refusal.fields,
        refusal="" if refusal.fields else refusal.message,
        twins=[_seen(request, access.patient(request.user, pk)) for pk in ids],  # type: ignore[arg-type]
    )
    if request.headers.get("HX-Request"):
        return render(request, WHO, form)
    return planner.whole_page(request, site, form, status=422)


@require_POST
@needs(Permission.ADD_PATIENT)
def check(request: HttpRequest) -> HttpResponse:
    """Say while somebody types who is here already; a line pasted into a field fills all of them."""
    site = current_site(request, Permission.ADD_PATIENT)
    typed = request.POST.dict()
    pasted = request.GET.get("pasted") and typed.get("pasted", "")
    if pasted:
        typed |= split_pasted(pasted[:300], region=site.region)
    phone, twins = _looked_up(request, site, typed)
    if pasted:
        return render(request, "frontdesk/planner/_quick.html", show_quick_add.form(site, typed=typed, twins=twins))
    return render(request, "frontdesk/planner/_checked.html", show_quick_add.checked(site, phone=phone, twins=twins))


def _looked_up(request: HttpRequest, site: Any, typed: dict[str, str]) -> tuple[str, list[Any]]:
    """Return the phone in its stored form and who has it, or the name, and the same birth date."""
    now = clock.now()
    phone = _or_nothing(lambda: phones.to_e164(typed.get("phone", ""), region=site.region)) or ""
    today = local_time.today(now, site.zone)
    born: dt.date | None = _or_nothing(
        lambda: parse_birth_date(typed.get("birth_date", ""), today=today, region=site.region)
    )
    if born is None:
        return phone, []
    first, last = (" ".join(typed.get(field, "").split()) for field in NAMES)
    twins = queries.twins_of(site_ids=[site.pk], born=born, first=first, last=last, phone=phone)
    if twins:
        ids = [twin.pk for twin in twins]
        actions.record_access(request=who(request), site=site, patient_ids=ids, action="patient.listed", now=now)
    return phone, twins


def _or_nothing(parse: Any) -> Any:
    try:
        return parse()
    except ValueError:
        return None


@require_GET
@needs(Permission.BOOK_COURSE)
def choose(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Put an existing patient into the planner's form."""
    site = current_site(request, Permission.BOOK_COURSE)
    found = access.patient(request.user, patient_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
    if found.site_id != site.pk and request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": _planner_for(found)})
    return _answer(request, _seen(request, found))


def _planner_for(patient: Any) -> str:
    return f"{reverse('course-new')}?site={patient.site.slug}&patient={patient.pk}"


def _seen(request: HttpRequest, patient: Any) -> Any:
    actions.record_access(
        request=who(request), site=patient.site, patient_ids=[patient.pk], action="patient.opened", now=clock.now()
    )
    return patient


def _answer(request: HttpRequest, patient: Any, *, just_added: bool = False) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return redirect(_planner_for(patient))
    response = render(request, WHO, show_quick_add.chosen(patient, just_added=just_added))
    response["HX-Trigger-After-Settle"] = "patient-chosen"  # its field has to be in the form by then
    return response


@require_http_methods(["GET", "POST"])
@needs(Permission.BOOK_COURSE)
def choose_none(request: HttpRequest) -> HttpResponse:
    """Empty the planner's patient box; what was typed to find somebody (posted) becomes the start of a new record."""
    site = current_site(request, Permission.BOOK_COURSE)
    text = request.POST.get("q", "")
    typed = show_quick_add.guessed_fields(text, site_ids=[site.pk]) if text else {}
    if text:
        found = split_pasted(text, region=site.region)
        typed |= {field: found[field] for field in ("birth_date", "phone") if field in found}
    form = show_quick_add.form(site, typed=typed) if text else show_quick_add.blank(site)
    if not request.headers.get("HX-Request"):
        return planner.whole_page(request, site, form)
    response = render(request, WHO, form)
    response["HX-Trigger-After-Settle"] = "patient-chosen"  # its field has to be in the form by then
    return response
