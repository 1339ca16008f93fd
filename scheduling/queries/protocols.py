"""Protocols as set-up shows them: which there are, whose they are, who runs on them, and a course as it would be."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from clinic import queries as clinic_queries
from clinic.domain.permissions import Permission
from clinic.models import Site, StaffUser
from scheduling import catalogue
from scheduling.domain.planner import Infeasible, plan_course
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import CourseState
from scheduling.errors import NotFound
from scheduling.models import Course, Protocol, ProtocolDraft, Resource
from scheduling.queries import planning
from scheduling.queries.availability import next_open_day
from scheduling.queries.definitions import definition_of
from scheduling.queries.planning import CourseWish
from scheduling.queries.versions import differences_of

RUNNING = [CourseState.DRAFT, CourseState.READY, CourseState.ACTIVE, CourseState.ON_HOLD]
PREVIEW_AHEAD = dt.timedelta(days=6)  # a list that has gone out for tomorrow does not stand in the way


@dataclass(frozen=True, slots=True)
class Listed:
    """A protocol as the list has it: what a site lacks for it, how many courses run on it, and on older versions."""

    row: Protocol
    definition: ProtocolDefinition
    lacking: tuple[str, ...]
    running: int
    on_older: int
    is_shipped: bool


def listed(*, site: Site) -> list[Listed]:
    """Return every protocol that can be booked, by name; three statements."""
    there = set(Resource.objects.filter(site=site, is_active=True).values_list("kind", flat=True))
    counts = Course.objects.filter(site=site, state__in=RUNNING).values_list("protocol__code", "protocol__is_current")
    running = {(code, is_current): count for code, is_current, count in counts.annotate(count=Count("pk"))}
    shipped = catalogue.shipped_codes()
    found = []
    for row in planning.current_protocols():
        definition = definition_of(row)
        older = running.get((row.code, False), 0)
        found.append(
            Listed(
                row=row,
                definition=definition,
                lacking=tuple(sorted(definition.kinds() - there)),
                running=running.get((row.code, True), 0) + older,
                on_older=older,
                is_shipped=row.code in shipped,
            )
        )
    return found


def protocol(protocol_id: int) -> Protocol:
    """Return a protocol that can be booked.

    :raises NotFound: there is none, or there is a newer version of it.
    """
    found = Protocol.objects.filter(pk=protocol_id, is_current=True).first()
    if found is None:
        raise NotFound("There is no such protocol, or it has a newer version. Look in the list.")
    return found


def drafts_of(by: StaffUser) -> list[ProtocolDraft]:
    """Return the protocols a person is writing, the latest first."""
    return list(ProtocolDraft.objects.filter(by=by).order_by("-at", "pk"))


def draft(by: StaffUser, draft_id: int) -> ProtocolDraft:
    """Return a protocol a person is writing.

    :raises NotFound: there is none; what others write is theirs.
    """
    found = ProtocolDraft.objects.filter(by=by, pk=draft_id).first()
    if found is None:
        raise NotFound("There is no such draft. Published, or thrown away, it is gone.")
    return found


def current_of(code: str) -> Protocol | None:
    """Return the version of a protocol in force, if there is one."""
    return Protocol.objects.filter(code=code, is_current=True).first()


def sites_without(user: StaffUser) -> Collection[Site]:
    """Return the sites a person does not manage: what is published counts at all of them."""
    managed = {site.pk for site in clinic_queries.sites_where(user, Permission.MANAGE_SITE)}
    return [site for site in clinic_queries.all_sites() if site.pk not in managed]


def preview_definition(*, site: Site, definition: ProtocolDefinition, now: dt.datetime) -> planning.Proposal:
    """Return a course of a protocol nobody published yet, as a site would plan it from next week on.

    :raises Rejected, CannotPlan: as `propose_course`.
    """
    start_on = next_open_day(site=site, after=now.date() + PREVIEW_AHEAD)
    wish = CourseWish(patient_id=0, protocol_code=definition.code, start_on=start_on)
    asked = planning.prepared(site=site, wish=wish, now=now, draft=definition)
    try:
        plan = plan_course(asked.wish, asked.ground)
    except Infeasible as refusal:
        raise planning.refused(refusal, asked) from refusal
    return planning.Proposal(site=site, protocol=asked.protocol, definition=asked.definition, wish=wish, plan=plan)


def older_running(*, row: Protocol, site: Site) -> list[tuple[int, int, list[tuple[str, Any, Any]]]]:
    """Return the older versions courses of a site run on: version, how many, and what differs now."""
    rows = Protocol.objects.filter(code=row.code, is_current=False).order_by("-version")
    counts = Course.objects.filter(site=site, state__in=RUNNING, protocol__in=rows).values_list("protocol")
    running = dict(counts.annotate(count=Count("pk")))
    return [
        (each.version, running[each.pk], list(differences_of(each.definition, row.definition)))
        for each in rows
        if each.pk in running
    ]
