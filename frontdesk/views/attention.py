"""What needs a person: the list, how many there are, and what people answer to it."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from attention import actions, queries
from attention.domain.items import Group, Item
from attention.queries import Derived
from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, NotFound, Rejected
from clinic.models import Site
from frontdesk import show_attention, toasts
from frontdesk.guard import needs, version_in, who
from frontdesk.noting import note_listed
from frontdesk.show_attention import Part, Row, row_id
from frontdesk.site import current_site
from frontdesk.toasts import Toast, Undo
from patients import actions as patient_actions
from scheduling import access
from scheduling.domain import local_time
from scheduling.queries.availability import next_open_day

MORNING = 8 * 60
MOST_OF_A_PART, MOST_IN_A_PART = 12, 100  # rows of each part of the whole list, and of a part looked at alone
_ANSWERS: dict[str, Callable[..., None]] = {
    "take": actions.take_item,
    "give-up": actions.give_up_item,
    "hold": actions.hold_item,
    "done": actions.finish_item,
    "reopen": actions.reopen_item,
}
_SAID = {"hold": "Put off until {until}.", "done": "Done.", "reopen": "Back on the list."}
_OWNERS = (("", "Mine and anyone's"), ("me", "Only mine"))


@dataclass(frozen=True, slots=True)
class Look:
    """How the list is looked at: `opened` is the key of the row whose ways are shown, `at` the place of the hand."""

    group: str = ""
    owner: str = ""
    with_held: bool = False
    opened: str = ""
    notice: str = ""
    at: int | None = None

    @property
    def query(self) -> str:
        """The filters as they stand in an address."""
        return urlencode({k: v for k, v in (("group", self.group), ("owner", self.owner)) if v} | self._held())

    def _held(self) -> dict[str, str]:
        return {"held": "1"} if self.with_held else {}


@require_GET
@needs(Permission.VIEW_ATTENTION)
def page(request: HttpRequest) -> HttpResponse:
    """Show what needs a person at a site: the whole page, or the list when the page asks for news."""
    now = clock.now()
    site = current_site(request, Permission.VIEW_ATTENTION)
    look = look_of(request, opened=request.GET.get("open", ""))
    is_news = bool(request.headers.get("HX-Request"))
    derived = derived_at(request, site, now)
    context, etag = list_context(request, site, derived, look if is_news else _with_hand(look), now)
    if is_news and request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    _note(request, site, context["rows"], now)
    name = "frontdesk/attention/_list.html" if is_news else "frontdesk/attention/page.html"
    response = render(request, name, context)
    response["ETag"] = etag
    return response


@require_GET
@needs(Permission.VIEW_ATTENTION)
def count(request: HttpRequest) -> HttpResponse:
    """Show how many things need a person, as the badge of the rail."""
    now = clock.now()
    site = current_site(request, Permission.VIEW_ATTENTION)
    found = queries.items(site_ids=[site.pk], now=now, derived=derived_at(request, site, now))
    return render(request, "frontdesk/attention/_count.html", {"number": len(found)})


@require_POST
@needs(Permission.SETTLE_MISS)
def answer(request: HttpRequest, key: str, step: str) -> HttpResponse:
    """Take an item, give it up, put it off, call it done, or take that back; `open` takes it and shows its ways."""
    now = clock.now()
    site = current_site(request, Permission.SETTLE_MISS)
    derived = derived_at(request, site, now)
    more: dict[str, Any] = {"until": _until(request, site, now)} if step == "hold" else {}
    verb, version = _ANSWERS.get("take" if step == "open" else step), version_in(request)
    if verb is None:
        raise Malformed("There is no such answer.")
    try:
        verb(request=who(request), key=key, now=now, version=version, derived=derived, **more)
    except NotFound as gone:
        return shown(request, site, Toast(gone.message, is_problem=True), derived=derived)
    if step == "open":
        return shown(request, site, None, derived=derived, opened=key)
    return shown(request, site, _toast(key, step, version, more, site, now), derived=derived)


def _toast(key: str, step: str, version: int, more: dict[str, Any], site: Site, now: dt.datetime) -> Toast | None:
    if step not in _SAID:
        return None
    day, minute = local_time.wall(more.get("until", now), site.zone)
    until = f"{local_time.day_text(day)}, {local_time.clock_text(minute)}"
    undo = Undo("attention", key, version + 1) if step != "reopen" else None
    return Toast(_SAID[step].format(until=until), undo=undo)


def derived_at(request: HttpRequest, site: Site, now: dt.datetime) -> Derived:
    """Return what stands at a site for this person: what can be read of it."""
    user: Any = request.user
    managed = [site.pk] if access.holds(user, site.pk, Permission.MANAGE_SITE) else []
    return queries.derive(site_ids=[site.pk], now=now, managed_site_ids=managed, is_lenient=True)


def look_of(request: HttpRequest, *, opened: str = "", notice: str = "") -> Look:
    """Return how this person looks at the list, as the address says."""
    group, owner = request.GET.get("group", ""), request.GET.get("owner", "")
    if group not in {"", *Group} or owner not in dict(_OWNERS):
        raise Malformed("There is no such part of the list.")
    at = request.POST.get("at", "")
    place = int(at) if at.isdecimal() and len(at) < 6 else None
    return Look(group, owner, request.GET.get("held") == "1", opened, notice, place)


def _with_hand(look: Look) -> Look:
    return look if look.opened else Look(look.group, look.owner, look.with_held, at=0)


def list_context(
    request: HttpRequest, site: Site, derived: Derived, look: Look, now: dt.datetime
) -> tuple[dict[str, Any], str]:
    """Return what the list's template prints, and its version."""
    user: Any = request.user
    found = queries.items(site_ids=[site.pk], now=now, include_held=look.with_held, derived=derived)
    owned = [item for item in found if look.owner != "me" or item.owner_id == user.pk]
    chosen = [item for item in owned if look.group in ("", item.group)]
    near = show_attention.first_of(chosen, most=MOST_IN_A_PART if look.group else MOST_OF_A_PART, opened=look.opened)
    rows = show_attention.rows_of(near, user=user, site_id=site.pk, now=now)
    opened = next((row for row in rows if row.item.key == look.opened), None)
    parts = show_attention.parts_of(rows, chosen)
    since = local_time.day_bounds(local_time.today(now, site.zone), site.zone)[0]
    due = "" if found else f"-{now:%d%H%M}"  # what is due next is worked out anew each minute
    etag = f'"{show_attention.version_of(chosen, now)}-{user.pk}-{len(derived.missing)}{look.with_held:d}{due}"'
    context = {
        "site": site,
        "page": "attention",
        "parts": parts,
        "rows": rows,
        "number": len(owned),
        "tabs": show_attention.tabs_of(owned),
        "look": look,
        "owners": _OWNERS,
        "owner_word": dict(_OWNERS)[look.owner],
        "query": f"?{look.query}" if look.query else "",  # of every form: one comes back to what one looked at
        "etag": etag,
        "missing": len(derived.missing),
        "missing_of": len(Group),
        "cleared": queries.cleared_since(site_ids=[site.pk], since=since),
        "others": _others(chosen, user.pk),
        "opened": opened.id if opened else "",
        # Worked out when it is printed: not for an answer that nothing changed.
        "ways": partial(show_attention.ways_of, opened.item, user=user, now=now) if opened else None,
        "once": uuid.uuid4().hex,
        # Worked out when it is printed, too: only a list with nothing on it says what comes.
        "next_due": partial(queries.next_due, site_ids=[site.pk], now=now),
        "may_answer": access.holds(user, site.pk, Permission.SETTLE_MISS),
        "focus": _focus(parts, look, opened),
        "tomorrow": local_time.day_text(next_open_day(site=site, after=local_time.today(now, site.zone))),
    }
    return context, etag


def _others(items: Sequence[Item], me: int) -> list[tuple[str, str, str]]:
    """Return who else is on what, shown or not."""
    return sorted({(it.owner, it.last_name, it.first_name) for it in items if it.owner_id not in (None, me)})


def _focus(parts: Sequence[Part], look: Look, opened: Row | None) -> str:
    """Return the row that has the focus next: the one after what is gone."""
    rows = [row for part in parts for row in part.rows]
    if opened or look.at is None or not rows:
        return ""
    return rows[min(look.at, len(rows) - 1)].id


def shown(
    request: HttpRequest,
    site: Site,
    toast: Toast | None,
    *,
    derived: Derived | None = None,
    opened: str = "",
    notice: str = "",
) -> HttpResponse:
    """Answer with the list as it is now: in place, or by going back to it."""
    now = clock.now()
    look = look_of(request, opened=opened, notice=notice)
    if not request.headers.get("HX-Request"):
        if toast or notice:
            toasts.leave(request, toast or Toast(notice, is_problem=True))
        query = "&".join(filter(None, (look.query, urlencode({"open": opened} if opened else {}))))
        return redirect(f"{reverse('attention')}?{query}{f'#{row_id(opened)}' if opened else ''}")
    derived = derived or derived_at(request, site, now)
    context, _etag = list_context(request, site, derived, look, now)
    _note(request, site, context["rows"], now)
    return render(request, "frontdesk/attention/_after.html", context | {"toast": toast})


def _note(request: HttpRequest, site: Site, rows: list[Row], now: dt.datetime) -> None:
    """Note whose records were listed, and whose words were read."""
    note_listed(request, site, (row.item.patient_id for row in rows), "attention.listed", now)
    read = {row.item.patient_id for row in rows if row.quote and row.item.patient_id is not None}
    if read:
        patient_actions.record_access(
            request=who(request), site=site, patient_ids=sorted(read), action="inbound.read", now=now
        )


def _until(request: HttpRequest, site: Site, now: dt.datetime) -> dt.datetime:
    """Return until when an item is put off: the next open day, Monday, or a day."""
    text, today = request.POST.get("until", ""), local_time.today(now, site.zone)
    if text == "tomorrow":
        return _morning(site, next_open_day(site=site, after=today))
    if text == "monday":
        return _morning(site, today + dt.timedelta(days=8 - today.isoweekday()))
    try:
        return _morning(site, dt.date.fromisoformat(text))
    except ValueError as error:
        raise Rejected("Put it off to a day like 2026-11-24.", fields={"until": "unreadable"}) from error


def _morning(site: Site, day: dt.date) -> dt.datetime:
    return local_time.to_utc(day, MORNING, site.zone)
