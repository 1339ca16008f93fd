"""A device out, a person away, the clinic closed: who is hit, everybody seated anew, one undo; and the way back."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from clinic import clock
from clinic.actions import Request
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, NotFound, Rejected
from clinic.models import Site
from frontdesk import forms_blocks, show_blocks, toasts
from frontdesk.guard import needs, version_in, who
from frontdesk.show_blocks import About
from frontdesk.site import current_site
from frontdesk.toasts import Toast, Undo
from notifications.wake import wake_sender
from patients import actions as patient_actions
from patients.numbers import phones_of
from scheduling import access, block_token
from scheduling.actions import blocks
from scheduling.block_token import ShownBlock
from scheduling.errors import CannotPlan, PlanGone, SlotTaken
from scheduling.queries import outages
from scheduling.queries.anew import worked_out_anew
from scheduling.queries.outages import Blocking, Fixed, Proposal, within

SECONDS = 4.0  # to look for something better before the best so far is shown
ANEW = "This is worked out anew; look at it and press once more."
_P = Permission


@require_GET
@needs(Permission.VIEW_DAY)
def index(request: HttpRequest) -> HttpResponse:
    """List what is blocked now or later at a site; those that are over, too, if asked."""
    site = current_site(request, _P.VIEW_DAY)
    is_past = request.GET.get("past") == "1"
    found = outages.blocks_of(site_ids=[site.pk], now=clock.now(), is_whole_past=is_past)
    context = {"site": site, "blocks": show_blocks.lines_of(found), "is_past": is_past, "page": "blocks"}
    return render(request, "frontdesk/blocks/index.html", context)


@require_GET
@needs(Permission.BOOK_COURSE)
def new(request: HttpRequest) -> HttpResponse:
    """Ask what is out, from when, until when and why."""
    site, now = current_site(request, _P.BOOK_COURSE), clock.now()
    return _page(request, site, {"asked": forms_blocks.fresh(request.GET, site, now)})


@require_POST
@needs(Permission.BOOK_COURSE)
def preview(request: HttpRequest) -> HttpResponse:
    """Show who is hit and where everybody goes; nothing is written but who was looked at."""
    site, now = current_site(request, _P.BOOK_COURSE), clock.now()
    asked = forms_blocks.fresh(request.GET, site, now)
    try:
        asked = forms_blocks.read(request.POST, site)
        if not asked.names_something:
            return _answered(request, site, {"asked": asked})
        blocking = forms_blocks.blocking_of(asked, site, now)
        context = _proposed(request, blocking, now)
    except Rejected as refusal:
        return _answered(request, site, {"asked": asked, "refusal": refusal}, status=refusal.status)
    return _answered(request, site, {"asked": asked} | context)


@require_POST
@needs(Permission.BOOK_COURSE)
def make(request: HttpRequest) -> HttpResponse:
    """Block, and move everybody as shown; or block and move nobody."""
    site, now = current_site(request, _P.BOOK_COURSE), clock.now()
    if request.POST.get("do") == "only":
        asked = forms_blocks.read(request.POST, site)
        blocking = forms_blocks.blocking_of(asked, site, now)
        block_id, _again = blocks.block_now(request=_asker(request, repr(blocking)), blocking=blocking, now=now)
        return _made(request, block_id, 0, now)
    return _apply(request, now)


@require_GET
@needs(Permission.VIEW_DAY)
def one(request: HttpRequest, block_id: int) -> HttpResponse:
    """Show a block: what it is about, who is left, and what can be done about it."""
    row = _block(request, block_id, _P.VIEW_DAY)
    return _one(request, row, {}, clock.now())


@require_POST
@needs(Permission.BOOK_COURSE)
def left(request: HttpRequest, block_id: int) -> HttpResponse:
    """Show where those still in the way of a block could go."""
    row, now = _block(request, block_id), clock.now()
    return _about_block(request, row, _proposed(request, outages.blocking_in_force(row), now), now)


@require_POST
@needs(Permission.BOOK_COURSE)
def back(request: HttpRequest, block_id: int) -> HttpResponse:
    """Show who could go back to what they were told first, now that the block has ended."""
    row, now = _block(request, block_id), clock.now()
    staying = [int(text) for text in request.POST.getlist("stay") if text.isdecimal() and len(text) < 19]
    found = outages.return_choices(block=row, now=now, staying=staying, is_over=within(SECONDS))
    return _about_block(request, row, _shown(request, found, now) | {"staying": staying}, now)


@require_POST
@needs(Permission.BOOK_COURSE)
def move(request: HttpRequest, block_id: int) -> HttpResponse:
    """Move whom a block hits as shown, or move them back."""
    row, now = _block(request, block_id), clock.now()
    if _token(request).block_id != row.pk:
        raise Malformed("This plan is for another block. Look at the proposal again.", fields={"plan": "other"})
    return _apply(request, now)


@require_POST
@needs(Permission.BOOK_COURSE)
def reopen(request: HttpRequest, block_id: int) -> HttpResponse:
    """End a block now; nobody is moved by that."""
    row = _block(request, block_id)
    blocks.reopen_block(request=who(request), block_id=row.pk, version=version_in(request), now=clock.now())
    toasts.leave(request, Toast("Open again. Whoever was moved stays where they are until you move them back."))
    return _go(request, reverse("block", args=[row.pk]))


def _proposed(request: HttpRequest, blocking: Blocking, now: dt.datetime) -> dict[str, Any]:
    """Return the proposal around what was decided; what can't be is said in its row, and the rest kept."""
    hit = set(outages.hits_of(blocking, now=now).ahead)
    mine, kept = (
        {pk: each for pk, each in forms_blocks.decided(request.POST, prefix).items() if pk in hit}
        for prefix in ("fix-", "kept-")
    )
    problems: dict[int, str] = {}
    try:
        found = outages.preview_block(blocking=blocking, now=now, fixed=mine, is_over=within(SECONDS))
    except CannotPlan as refusal:
        new = forms_blocks.changed(mine, kept) or set(mine)
        problems = dict.fromkeys(new, refusal.message)
        mine = {pk: each for pk, each in mine.items() if pk not in new}
        found = outages.preview_block(blocking=blocking, now=now, fixed=mine, is_over=within(SECONDS))
    return _shown(request, found, now, fixed=mine, problems=problems)


def _shown(
    request: HttpRequest,
    found: Proposal,
    now: dt.datetime,
    *,
    fixed: Mapping[int, Fixed] | None = None,
    problems: Mapping[int, str] | None = None,
    before: ShownBlock | None = None,
) -> dict[str, Any]:
    """Return what a proposal prints; whose visits are on it is noted in the audit log first."""
    patient_actions.record_access(
        request=who(request),
        site=found.blocking.site,
        patient_ids=found.patients,
        action="block.previewed",
        now=now,
    )
    user: Any = request.user
    may_call = access.holds(user, found.blocking.site.pk, _P.VIEW_PATIENT)
    numbers = phones_of(found.patients) if may_call else {}
    return {
        "proposal": show_blocks.shown(found, About(numbers, problems or {}, before)),
        "plan": block_token.sign(found, now=now, fixed=fixed),
        "key": uuid.uuid4().hex,
    }


def _apply(request: HttpRequest, now: dt.datetime) -> HttpResponse:
    """Do what a proposal shows; where the world has changed, show it worked out anew in its place."""
    token = _token(request)
    user: Any = request.user
    if not access.holds(user, token.site_id, _P.BOOK_COURSE):
        raise NotFound("There is no such site.")
    plan = request.POST.get("plan", "")
    try:
        block_id, _again = blocks.apply_block(request=_asker(request, plan), token=plan, now=now)
    except (PlanGone, SlotTaken) as refusal:
        return _anew(request, token, refusal, now)
    return _made(request, block_id, show_blocks.moving_of(token), now, is_way_back=token.change == outages.MOVED_BACK)


def _anew(request: HttpRequest, token: ShownBlock, refusal: Rejected, now: dt.datetime) -> HttpResponse:
    found = worked_out_anew(token, now=now, is_over=within(SECONDS))
    if found is None:
        raise refusal
    context = _shown(request, found[0], now, fixed=found[1], before=token)
    context |= {"notice": refusal.message, "notice_more": ANEW}
    if token.block_id is not None:
        return _about_block(request, _block(request, token.block_id), context, now, status=refusal.status)
    asked = forms_blocks.read(request.POST, found[0].blocking.site)
    return _answered(request, found[0].blocking.site, {"asked": asked} | context, status=refusal.status)


def _made(
    request: HttpRequest, block_id: int, moved: int, now: dt.datetime, *, is_way_back: bool = False
) -> HttpResponse:
    """Say what was done and how it is taken back, on the day's board."""
    wake_sender()
    seen = outages.block_of(block_id=block_id, now=now)
    assert seen is not None, "a block is never deleted"
    line = show_blocks.line_of(seen)
    if is_way_back:
        toasts.leave(request, Toast(f"{moved} moved back. Texts go out in 3 minutes."))
        return _go(request, reverse("block", args=[block_id]))
    link = (reverse("block", args=[block_id]), "See it")
    said = show_blocks.made_words(seen, moved=moved)
    toasts.leave(request, Toast(said, Undo("block", block_id, seen.block.version), link=link))
    return _go(request, f"{reverse('board')}?site={seen.block.site.slug}&day={line.day}")


def _page(request: HttpRequest, site: Site, context: dict[str, Any], status: int = 200) -> HttpResponse:
    context |= show_blocks.form_context(site, context["asked"])
    return render(request, "frontdesk/blocks/new.html", context, status=status)


def _answered(request: HttpRequest, site: Site, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Answer with the proposal in its place, or with the whole page around it."""
    if not request.headers.get("HX-Request"):
        return _page(request, site, context, status)
    context |= {"site": site, "next_words": forms_blocks.next_words(context["asked"], site)}
    return render(request, "frontdesk/blocks/_proposal.html", context, status=status)


def _about_block(
    request: HttpRequest, row: Any, context: dict[str, Any], now: dt.datetime, status: int = 200
) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return _one(request, row, context, now, status)
    context |= {"site": row.site, "stands": row}
    return render(request, "frontdesk/blocks/_proposal.html", context, status=status)


def _one(request: HttpRequest, row: Any, context: dict[str, Any], now: dt.datetime, status: int = 200) -> HttpResponse:
    seen = outages.block_of(block_id=row.pk, now=now)
    assert seen is not None, "a block is never deleted"
    user: Any = request.user
    context |= {
        "site": row.site,
        "stands": row,
        "line": show_blocks.line_of(seen),
        "may_change": access.holds(user, row.site_id, _P.BOOK_COURSE),
        "page": "blocks",
    }
    return render(request, "frontdesk/blocks/one.html", context, status=status)


def _go(request: HttpRequest, url: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def _block(request: HttpRequest, block_id: int, permission: Permission = Permission.BOOK_COURSE) -> Any:
    user: Any = request.user
    return access.block(user, block_id, permission)


def _token(request: HttpRequest) -> ShownBlock:
    return block_token.shown_in(request.POST.get("plan", ""))


def _asker(request: HttpRequest, body: str) -> Request:
    """Return who asks, so that the same press twice is one deed."""
    sha = hashlib.sha256(body.encode()).hexdigest()
    return who(request, key=request.POST.get("key", "")[:64], route="page blocks", body_sha256=sha)
