"""How patients get ready: the list in force for a protocol at a site, its versions, and what is ticked for a visit."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from clinic.models import Site
from scheduling import prep_catalogue
from scheduling.domain import prep
from scheduling.domain.prep import PrepStep
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import SessionState
from scheduling.models import PrepSheet, PrepTick, Protocol, Session
from scheduling.queries import protocols
from scheduling.queries.definitions import definition_of
from scheduling.queries.protocols import Listed


@dataclass(frozen=True, slots=True)
class PrepList:
    """The steps for a protocol at a site. `version` counts a site's own, 0: it never wrote any; `by`: who wrote it."""

    steps: tuple[PrepStep, ...]
    is_own: bool
    version: int = 0
    sheet_id: int | None = None
    at: dt.datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class VisitPrep:
    """What a patient does before one visit, and which of it is done."""

    session_id: int
    day: dt.date
    minute: int
    ends_at: dt.datetime
    is_booked: bool
    sheet_id: int | None
    steps: tuple[PrepStep, ...]
    ticked: frozenset[str]

    @property
    def done(self) -> int:
        """How many of the steps are ticked."""
        return sum(each.id in self.ticked for each in self.steps)

    def is_open(self, now: dt.datetime) -> bool:
        """Tell whether its steps can still be ticked."""
        return self.is_booked and now < self.ends_at

    def may_tick(self, step: str, now: dt.datetime) -> bool:
        """Tell whether this is one of its steps and can still be ticked."""
        return self.is_open(now) and any(each.id == step for each in self.steps)


def default_steps(definition: ProtocolDefinition) -> tuple[PrepStep, ...]:
    """Return the product's steps for a protocol."""
    return prep.default_steps(definition, prep_catalogue.shipped())


def prep_list(site_id: int, code: str, definition: ProtocolDefinition) -> PrepList:
    """Return the list in force for a protocol at a site; one statement."""
    return _list(_versions(site_id, code).first(), definition)


def prep_versions(site_id: int, code: str, definition: ProtocolDefinition) -> list[PrepList]:
    """Return every list a site had in force for a protocol after the product's, the latest first; one statement."""
    return [_list(row, definition) for row in _versions(site_id, code)]


def prep_lists(*, site: Site) -> list[tuple[Listed, PrepList]]:
    """Return the list of each protocol a site has courses of or can book, those with courses first; four statements."""
    rows = PrepSheet.objects.filter(site=site).select_related("by").order_by("version")
    latest = {row.code: row for row in rows}
    found = [each for each in protocols.listed(site=site) if each.running or not each.lacking]
    found.sort(key=lambda each: not each.running)
    return [(each, _list(latest.get(each.row.code), each.definition)) for each in found]


def prep_of_visit(session: Session) -> VisitPrep:
    """Return how a visit is got ready for, course and protocol fetched; two statements."""
    protocol: Protocol = session.course.protocol
    found = prep_list(session.site_id, protocol.code, definition_of(protocol))
    return _of_visit(session, found.sheet_id, found.steps)


def prep_of(session_id: int) -> VisitPrep | None:
    """Return how a visit is got ready for; None: there is none. Two statements."""
    latest = PrepSheet.objects.filter(site=OuterRef("site"), code=OuterRef("course__protocol__code")).order_by(
        "-version"
    )
    rows = Session.objects.select_related("course__protocol").annotate(
        sheet=Subquery(latest.values("pk")[:1]), own=Subquery(latest.values("steps")[:1])
    )
    session: Any = rows.filter(pk=session_id).first()
    if session is None:
        return None
    steps = default_steps(definition_of(session.course.protocol)) if session.own is None else _read(session.own)
    return _of_visit(session, session.sheet, steps)


def stored(steps: Iterable[PrepStep]) -> list[dict[str, str]]:
    """Return steps as a row keeps them."""
    return [{"id": each.id, "en": each.en, "es": each.es} for each in steps]


def steps_of(row: PrepSheet) -> tuple[PrepStep, ...] | None:
    """Return the steps of a row; None: those of the product."""
    return None if row.steps is None else _read(row.steps)


def latest_sheet(site_id: int, code: str) -> PrepSheet | None:
    """Return the last row of a site for a protocol, or None."""
    return _versions(site_id, code).first()


def _versions(site_id: int, code: str) -> QuerySet[PrepSheet]:
    return PrepSheet.objects.filter(site=site_id, code=code).select_related("by").order_by("-version")


def _read(kept: Iterable[Mapping[str, str]]) -> tuple[PrepStep, ...]:
    return tuple(PrepStep(**each) for each in kept)


def _of_visit(session: Session, sheet_id: int | None, steps: tuple[PrepStep, ...]) -> VisitPrep:
    ticked = PrepTick.objects.filter(session=session, day=session.day).values_list("step", flat=True)
    return VisitPrep(
        session_id=session.pk,
        day=session.day,
        minute=session.minute,
        ends_at=session.ends_at,
        is_booked=session.state == SessionState.BOOKED,
        sheet_id=sheet_id,
        steps=steps,
        ticked=frozenset(ticked) if steps else frozenset(),
    )


def _list(row: PrepSheet | None, definition: ProtocolDefinition) -> PrepList:
    if row is None:
        return PrepList(default_steps(definition), is_own=False)
    own = steps_of(row)
    return PrepList(
        steps=default_steps(definition) if own is None else own,
        is_own=own is not None,
        version=row.version,
        sheet_id=row.pk,
        at=row.at,
        by=row.by.name if row.by else "",
    )
