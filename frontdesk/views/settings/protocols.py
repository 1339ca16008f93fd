"""Protocols: what comes with the product is copied, what is the clinic's own is changed in a draft and published."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, Rejected, Stale
from clinic.models import Site
from frontdesk import protocol_parts, show_protocols
from frontdesk.guard import needs, who
from frontdesk.settings_pages import conflict, page, site_of, tried, version_of
from frontdesk.toasts import Toast, leave
from scheduling.actions import own_protocols
from scheduling.domain import local_time, protocol_edit
from scheduling.queries import protocols, setup

if TYPE_CHECKING:
    from scheduling.models import Protocol, ProtocolDraft

NEW_PHASE = {"name": "", "sessions": 1}
NEW_STEP = {"name": "", "minutes": 30, "needs": [{"kind": "exam_room"}]}
NEW_NEED = {"kind": "exam_room"}


@require_GET
@needs(Permission.MANAGE_SITE)
def index(request: HttpRequest) -> HttpResponse:
    """List the protocols, the clinic's own first, and what this person is writing."""
    site, user = site_of(request), _user(request)
    own, shipped = show_protocols.lines_of(protocols.listed(site=site))
    return page(request, site, "protocols", {"own": own, "shipped": shipped, "drafts": protocols.drafts_of(user)})


@require_GET
@needs(Permission.MANAGE_SITE)
def look(request: HttpRequest, protocol_id: int) -> HttpResponse:
    """Show a protocol as it stands; it is changed by copying it, or in a draft."""
    return _looked(request, site_of(request), protocols.protocol(protocol_id))


@require_POST
@needs(Permission.MANAGE_SITE)
def copy(request: HttpRequest, protocol_id: int) -> HttpResponse:
    """Begin a protocol of the clinic's own with what another one says."""
    site, row = site_of(request), protocols.protocol(protocol_id)
    made: list[int] = []
    name = request.POST.get("name", "")
    asked: dict[str, Any] = {"request": who(request), "site": site, "code": row.code, "name": name}
    if refusal := tried(lambda: made.append(own_protocols.copy_own(**asked, now=clock.now()))):
        return _looked(request, site, row, refusal)
    leave(request, Toast("Copied. Nobody sees it before you publish it."))
    return _to(site, "protocol-draft", made[0])


@require_POST
@needs(Permission.MANAGE_SITE)
def change(request: HttpRequest, protocol_id: int) -> HttpResponse:
    """Begin to change one of the clinic's own, or go on."""
    site, row = site_of(request), protocols.protocol(protocol_id)
    return _to(site, "protocol-draft", own_protocols.begin_draft(request=who(request), code=row.code, now=clock.now()))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_SITE)
def draft(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Show a draft; keep what is typed in it, say what is wrong, publish it or throw it away."""
    site, user = site_of(request), _user(request)
    row = protocols.draft(user, draft_id)
    if request.method != "POST":
        return _edited(request, site, row)
    step = request.POST.get("do", "check")
    if step == "forget":
        own_protocols.drop_draft(by=user, draft_id=row.pk)
        leave(request, Toast("Thrown away. What is published stays as it is."))
        return redirect(f"{reverse('protocols')}?site={site.slug}")
    opened = _typed(request, site, row, step)
    own_protocols.keep_draft(by=user, draft_id=row.pk, mapping=row.mapping, now=clock.now())
    if step == "publish":
        return _published(request, site, row)
    if step != "check":
        return _to(site, "protocol-draft", row.pk, f"#p-{opened}")
    return _edited(request, site, row)


def _typed(request: HttpRequest, site: Site, row: "ProtocolDraft", step: str) -> str:
    """Put what was typed, and a piece added or taken out, in the draft; return the place to look at next.

    :raises Stale: the form was drawn from other pieces: it was changed in another window.
    """
    sections = _sections(site, row.mapping)
    if request.POST.get("shape") != protocol_parts.shape_of(sections):
        raise Stale("This draft was changed in another window. Reload it: what that one kept is there.")
    source = f"set by {_user(request).name} {local_time.today(clock.now(), site.zone).isoformat()}"
    row.mapping = protocol_parts.edited(row.mapping, sections, request.POST, source=source)
    verb, _colon, path = step.partition(":")
    if verb == "add":
        if path not in _lists(sections):
            raise Malformed("There is nothing to add there. Reload the page.")
        item = {"phases": NEW_PHASE, "steps": NEW_STEP, "needs": NEW_NEED}[path.rpartition(".")[2]]
        row.mapping = protocol_edit.added(row.mapping, path, item, source=source)
        return protocol_parts.slug_of(f"{path}[{len(protocol_edit.value_at(row.mapping, path)) - 1}]")
    if verb == "drop":
        if path not in _entries(sections):
            raise Malformed("There is nothing to take out there. Reload the page.")
        row.mapping = protocol_edit.dropped(row.mapping, path)
    above = path.rpartition("[")[0]
    return protocol_parts.slug_of(above.rpartition(".")[0] or above)


def _published(request: HttpRequest, site: Site, row: "ProtocolDraft") -> HttpResponse:
    made: list[Protocol] = []
    asked: dict[str, Any] = {"request": who(request), "site": site, "draft_id": row.pk}
    version = version_of(request)
    if refusal := tried(lambda: made.append(own_protocols.publish_own(**asked, from_version=version, now=clock.now()))):
        return _edited(request, site, row, refusal)
    older = protocols.older_running(row=made[0], site=site)
    said = f"Published as version {made[0].version}. New courses are built from it."
    link = None
    if older:
        count = sum(count for _version, count, _found in older)
        runs = "1 course runs on an older version and keeps it." if count == 1 else f"{count} courses keep older ones."
        said, link = (
            f"{said} {runs}",
            (f"{reverse('protocol', args=[made[0].pk])}?site={site.slug}", "See what changes"),
        )
    leave(request, Toast(said, link=link))
    return redirect(f"{reverse('protocols')}?site={site.slug}#p{made[0].pk}")


def _looked(request: HttpRequest, site: Site, row: "Protocol", refusal: Rejected | None = None) -> HttpResponse:
    sections = _sections(site, row.definition)
    found = next(each for each in protocols.listed(site=site) if each.row.pk == row.pk)
    older = [
        (version, count, show_protocols.differences(sections, differences))
        for version, count, differences in protocols.older_running(row=row, site=site)
    ]
    context = {
        "row": row,
        "sections": sections,
        "is_shipped": found.is_shipped,
        "older": older,
        "refusal": refusal,
        "name": request.POST.get("name", f"{row.name} of {site.name}"[:80]),
        "preview": show_protocols.preview_of(site, row.definition, clock.now()),
        "faults": [],
    }
    return page(request, site, "protocols_look", context, status=refusal.status if refusal else 200)


def _edited(request: HttpRequest, site: Site, row: "ProtocolDraft", refusal: Rejected | None = None) -> HttpResponse:
    now, sections = clock.now(), _sections(site, row.mapping)
    current = protocols.current_of(row.code)
    wrong = own_protocols.faults_of(row)
    faults = show_protocols.faults_in(sections, wrong)
    context: dict[str, Any] = {
        "draft": row,
        "is_new": not row.from_version,
        "faults": faults,
        "wrong": {fault.slug: fault.words for fault in reversed(faults)},
        "slugs": show_protocols.slugs_of(sections),
        "preview": None if faults else show_protocols.preview_of(site, row.mapping, now),
    }
    if request.headers.get("HX-Request"):
        return render(request, "frontdesk/settings/_protocol_checked.html", context | {"is_live": True})
    context |= {
        "is_live": False,
        "sections": sections,
        "shape": protocol_parts.shape_of(sections),
        "version": request.POST.get("version", row.from_version),
        "elsewhere": [each.name for each in protocols.sites_without(_user(request))],
    }
    here = reverse("protocols")
    context |= conflict(request, site, refusal, about=("protocol", current.pk if current else 0), here=here, now=now)
    return page(request, site, "protocols_edit", context, status=refusal.status if refusal else 200)


def _sections(site: Site, mapping: dict[str, Any]) -> list[protocol_parts.Section]:
    return protocol_parts.sections_of(mapping, setup.kinds_known(site=site)[0])


def _lists(sections: list[protocol_parts.Section]) -> set[str]:
    return {section.adds for section in sections} | {part.adds for part in _every(sections)} - {""}


def _entries(sections: list[protocol_parts.Section]) -> set[str]:
    return {part.drops for part in _every(sections)} - {""}


def _every(sections: list[protocol_parts.Section]) -> list[protocol_parts.Part]:
    found = [part for section in sections for part in section.parts]
    for part in found:
        found.extend(part.parts)  # the list grows while it is walked: every level is reached
    return found


def _user(request: HttpRequest) -> Any:
    return request.user


def _to(site: Site, name: str, pk: int, anchor: str = "") -> HttpResponse:
    return redirect(f"{reverse(name, args=[pk])}?site={site.slug}{anchor}")
