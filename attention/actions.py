"""What people answer to an item: mine, later, done; and taking that back. What it is about is changed elsewhere."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from attention.domain.items import Item
from attention.errors import Conflict, NotFound, Rejected, Stale
from attention.models import Acknowledgement
from attention.queries import Derived, find
from clinic import actions as clinic_actions
from clinic import queries as clinic_queries
from clinic.actions import Request
from clinic.domain.permissions import Permission
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_text

LONGEST_HOLD = dt.timedelta(days=90)


@transaction.atomic(durable=True)
def hold_item(
    *,
    request: Request,
    key: str,
    until: dt.datetime,
    now: dt.datetime,
    version: int | None = None,
    derived: Derived | None = None,
) -> None:
    """Put an item off: it is not shown before then. `derived`, here and below: what was just read for this person.

    :raises Rejected: the time has passed, or lies more than `LONGEST_HOLD` ahead.
    :raises Conflict: somebody else is on it, or it is finished.
    :raises Stale: somebody answered since `version` was read.
    :raises NotFound: nothing of that key needs this person.
    """
    if not now < until <= now + LONGEST_HOLD:
        words = f"Put it off to a time within the next {LONGEST_HOLD.days} days."
        raise Rejected(words, code="hold_range", fields={"until": "range"})
    item, answer = _locked(request, key, version, now, derived)
    _check_open(item, answer)
    _write(request, item, answer, "attention.held", now, held_until=until)


@transaction.atomic(durable=True)
def finish_item(
    *, request: Request, key: str, now: dt.datetime, version: int | None = None, derived: Derived | None = None
) -> None:
    """Say that nothing is left to do: the item never returns for this cause.

    :raises Conflict: somebody else is on it.
    :raises Stale: somebody answered since `version` was read.
    :raises NotFound: nothing of that key needs this person.
    """
    item, answer = _locked(request, key, version, now, derived)
    if answer.done_at is None:
        _write(request, item, answer, "attention.done", now, done_at=now, held_until=None)


@transaction.atomic(durable=True)
def take_item(
    *, request: Request, key: str, now: dt.datetime, version: int | None = None, derived: Derived | None = None
) -> None:
    """Say who is on it.

    :raises Conflict: somebody else is, or it is finished.
    :raises Stale: somebody answered since `version` was read.
    :raises NotFound: nothing of that key needs this person.
    """
    item, answer = _locked(request, key, version, now, derived)
    _check_open(item, answer)
    if answer.owner_id is None:
        _write(request, item, answer, "attention.taken", now, owner_id=request.staff.pk)


@transaction.atomic(durable=True)
def give_up_item(
    *, request: Request, key: str, now: dt.datetime, version: int | None = None, derived: Derived | None = None
) -> None:
    """Say that nobody is on it any more. Anyone may: nothing waits for a person who has gone home.

    :raises Stale: somebody answered since `version` was read.
    :raises NotFound: nothing of that key needs this person.
    """
    item, answer = _locked(request, key, version, now, derived, is_for_owner=False)
    if answer.owner_id is not None:
        _write(request, item, answer, "attention.given_up", now, owner_id=None)


@transaction.atomic(durable=True)
def reopen_item(
    *, request: Request, key: str, now: dt.datetime, version: int | None = None, derived: Derived | None = None
) -> None:
    """Take "later" or "done" back.

    :raises Conflict: somebody else is on it.
    :raises Stale: somebody answered since `version` was read.
    :raises NotFound: nothing of that key needs this person.
    """
    item, answer = _locked(request, key, version, now, derived)
    if answer.done_at is not None or answer.held_until is not None:
        _write(request, item, answer, "attention.reopened", now, done_at=None, held_until=None)


def _locked(
    request: Request,
    key: str,
    version: int | None,
    now: dt.datetime,
    derived: Derived | None,
    *,
    is_for_owner: bool = True,
) -> tuple[Item, Acknowledgement]:
    """Return an item this person may answer, and the answer so far, locked; a first one is made."""
    managed = [site.pk for site in clinic_queries.sites_where(request.staff, Permission.MANAGE_SITE)]
    item = find(key=key, site_ids=_sites(request), now=now, managed_site_ids=managed, derived=derived)
    if item is None:
        raise NotFound("Nothing here needs anybody any more. Look at the list again.")
    row, _is_new = Acknowledgement.objects.get_or_create(
        site_id=item.site_id, key=key, defaults={"by": request.staff, "at": now}
    )
    locked = Acknowledgement.objects.select_for_update(of=("self",), no_key=True).select_related("owner", "by")
    answer = locked.get(pk=row.pk)
    if is_for_owner and answer.owner_id not in (None, request.staff.pk):
        raise Conflict(f"{answer.owner.name} is on this.", code="taken")  # type: ignore[union-attr]
    if version is not None and version != answer.version:
        day, minute = local_time.wall(answer.at, item.zone)
        when = f"{clock_text(minute)} on {day_text(day)}"
        raise Stale(f"{answer.by.name} answered this at {when}. Look at it and try again.")
    return item, answer


def _sites(request: Request) -> Sequence[int]:
    return [site.pk for site in clinic_queries.sites_where(request.staff, Permission.SETTLE_MISS)]


def _check_open(item: Item, answer: Acknowledgement) -> None:
    if answer.done_at is not None:
        day, minute = local_time.wall(answer.done_at, item.zone)
        when = f"{clock_text(minute)} on {day_text(day)}"
        raise Conflict(f"{answer.by.name} finished this at {when}. Reopen it first.", code="finished")


def _write(request: Request, item: Item, answer: Acknowledgement, action: str, now: dt.datetime, **facts: Any) -> None:
    Acknowledgement.objects.filter(pk=answer.pk).update(**facts, by=request.user, at=now, version=answer.version + 1)
    site = next(
        site for site in clinic_queries.sites_where(request.staff, Permission.SETTLE_MISS) if site.pk == item.site_id
    )
    clinic_actions.write_audit(
        request=request,
        site=site,
        action=action,
        # What concerns no patient's record is noted all the same.
        patient_ids=item.about or [None],
        object_type="acknowledgement",
        object_id=answer.pk,
        now=now,
    )
