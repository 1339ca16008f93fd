"""Two records of one person: found, looked at side by side, made one, and made two again within a day."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic import access as clinic_access
from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import NotFound
from frontdesk import show_merging, toasts
from frontdesk.guard import needs, who
from frontdesk.show_people import patient_lines
from frontdesk.toasts import Toast, Undo
from notifications.actions import joining
from patients import access, actions, joined, queries
from patients.domain.joining import FIELDS, POINTS

A_PAGE = 20
_P = Permission


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.VIEW_PATIENT)
def choose(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Offer the records that may be the same person's, or those a search finds."""
    now = clock.now()
    user: Any = request.user
    kept = access.patient(user, patient_id)
    text = request.POST.get("q", "")
    if text.strip():
        found = queries.patients_found(site_ids=[kept.site_id], text=text, limit=A_PAGE, region=kept.site.region)
        rows = [row for row in found if row.pk != kept.pk]
    else:
        rows = joined.alike(kept)
    seen = [kept.pk, *(row.pk for row in rows)]
    actions.record_access(request=who(request), site=kept.site, patient_ids=seen, action="patient.listed", now=now)
    context = {"patient": kept, "site": kept.site, "lines": patient_lines(rows, now=now), "q": text, "page": "patients"}
    return render(request, "frontdesk/patients/merge_choose.html", context)


@require_GET
@needs(Permission.VIEW_PATIENT)
def preview(request: HttpRequest, patient_id: int, other_id: int) -> HttpResponse:
    """Show two records side by side, and what a merge would do; changes nothing."""
    now = clock.now()
    kept, gone = _pair(request, patient_id, other_id, _P.VIEW_PATIENT)
    actions.record_access(
        request=who(request), site=kept.site, patient_ids=[kept.pk, gone.pk], action="patient.merge_opened", now=now
    )
    more = {"may_merge": may_merge(request, kept), "once": uuid.uuid4().hex, "page": "patients"}
    return render(request, "frontdesk/patients/merge.html", show_merging.preview(kept, gone, now=now) | more)


@require_POST
@needs(Permission.CORRECT_RECORD)
def merge(request: HttpRequest, patient_id: int, other_id: int) -> HttpResponse:
    """Merge one record into the other, with the fields a person said are right."""
    kept, gone = _pair(request, patient_id, other_id, _P.CORRECT_RECORD)
    merge_id, _again = joining.join_records(
        request=who(request, key=request.POST.get("once", "")[:255], route=request.path[:80]),
        kept_id=kept.pk,
        gone_id=gone.pk,
        versions=(_number(request, "version"), _number(request, "other_version")),
        take=[name for name in (*FIELDS, *POINTS) if request.POST.get(name) == "gone"],
        is_sure=bool(request.POST.get("sure")),
        now=clock.now(),
    )
    toasts.leave(request, Toast("Merged.", undo=Undo("merge", merge_id, 1)))
    return _go(request, kept.pk)


@require_POST
@needs(Permission.CORRECT_RECORD)
def part(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Take a merge back."""
    user: Any = request.user
    found = access.merge(user, merge_id)
    left = joining.part_records(request=who(request), merge_id=found.pk, now=clock.now())
    toasts.leave(request, Toast(show_merging.parted(left)))
    return _go(request, found.kept_id)


def may_merge(request: HttpRequest, patient: Any) -> bool:
    """Tell whether this person may merge records at a patient's site."""
    user: Any = request.user
    return patient.site_id in clinic_access.site_ids(user, _P.CORRECT_RECORD)


def _pair(request: HttpRequest, patient_id: int, other_id: int, permission: Permission) -> tuple[Any, Any]:
    user: Any = request.user
    kept, gone = (access.patient(user, pk, permission) for pk in (patient_id, other_id))
    if kept.site_id != gone.site_id or kept.pk == gone.pk:
        raise NotFound("There are no two such records at one site.")
    return kept, gone


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _go(request: HttpRequest, patient_id: int) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("patient", args=[patient_id])})
    return redirect("patient", patient_id)
