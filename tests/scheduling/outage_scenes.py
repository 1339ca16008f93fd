"""A clinic with daily courses on its devices, and hands to block things: what the tests of blocks share."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from clinic.actions import Request
from patients.models import Patient
from scheduling import block_token
from scheduling.actions import blocks, unblocking
from scheduling.models import Block, Course, Reservation, Resource, Session
from scheduling.queries import outages
from scheduling.queries.outages import Blocking, Fixed, Proposal
from tests.factories import NOW, World, make_patient

TUESDAY, WEDNESDAY = dt.date(2026, 12, 1), dt.date(2026, 12, 2)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(slots=True)
class Clinic:
    """The world with so many courses of its own; wall clock of New York."""

    world: World

    def patient(self, number: int) -> Patient:
        return make_patient(
            self.world.site, self.world.receptionist, "Pat", f"Lee{_LETTERS[number]}", phone=f"+1555010{7000 + number}"
        )

    def course(self, number: int, minute: int, **wish: Any) -> Course:
        """Book a daily course for a patient of its own on NeuroStar 1, two first visits a day being too many."""
        asked: dict[str, Any] = {"pins": {}, "counts": {"acute": 10, "taper": 3}, "preferred_minute": minute} | wish
        return self.world.book(self.patient(number), **asked)

    def device(self, number: int) -> Resource:
        return Resource.objects.get(site=self.world.site, name=f"NeuroStar {number}")

    def named(self, name: str) -> Resource:
        return Resource.objects.get(site=self.world.site, name=name)

    def blocking(
        self,
        *names: str,
        first: dt.date = TUESDAY,
        last: dt.date = TUESDAY,
        from_minute: int | None = None,
        to_minute: int | None = None,
        now: dt.datetime = NOW,
    ) -> Blocking:
        """Return a block of some things by name, or of the whole site; whole days unless minutes are given."""
        since, until = outages.span_of(
            self.world.site, first=first, last=last, from_minute=from_minute, to_minute=to_minute
        )
        ids = [self.named(name).pk for name in names]
        return outages.blocking_of(
            site=self.world.site, resource_ids=ids, starts_at=since, ends_at=until, reason="Coil is dead", now=now
        )

    def preview(self, blocking: Blocking, *, now: dt.datetime = NOW, fixed: dict[int, Fixed] | None = None) -> Proposal:
        return outages.preview_block(blocking=blocking, now=now, fixed=fixed)

    def apply(self, proposal: Proposal, *, now: dt.datetime = NOW, request: Request | None = None) -> Block:
        token = block_token.sign(proposal, now=now)
        block_id, _again = blocks.apply_block(request=request or self.world.request, token=token, now=now)
        return Block.objects.get(pk=block_id)

    def block(self, *names: str, now: dt.datetime = NOW, **when: Any) -> Block:
        """Block some things and seat everybody as proposed."""
        return self.apply(self.preview(self.blocking(*names, now=now, **when), now=now), now=now)

    def block_now(self, *names: str, now: dt.datetime = NOW, **when: Any) -> Block:
        """Block some things and move nobody."""
        blocking = self.blocking(*names, now=now, **when)
        block_id, _again = blocks.block_now(request=self.world.request, blocking=blocking, now=now)
        return Block.objects.get(pk=block_id)

    def undo(self, block: Block, *, now: dt.datetime = NOW) -> None:
        unblocking.undo_block(request=self.world.request, block_id=block.pk, version=block.version, now=now)

    def reopen(self, block: Block, *, now: dt.datetime = NOW, at: dt.datetime | None = None) -> Block:
        blocks.reopen_block(request=self.world.request, block_id=block.pk, version=block.version, now=now, at=at)
        return Block.objects.select_related("site").get(pk=block.pk)


def on(course: Course, day: dt.date) -> Session:
    """Return the counted visit of a course on a day."""
    return Session.objects.select_related("course__site", "course__protocol", "course__patient").get(
        course=course, day=day, is_counted=True
    )


def names_held(session: Session) -> list[str]:
    """Return what a visit holds, by name."""
    rows = Reservation.objects.filter(session=session, is_active=True)
    return sorted(rows.values_list("resource__name", flat=True))


def picture() -> dict[str, list[dict[str, Any]]]:
    """Everything about all visits that undoing restores."""
    left_out = {"version", "timing_version"}
    rows = Session.objects.order_by("pk").values()
    held = Reservation.objects.filter(is_active=True).order_by("pk").values("pk", "session", "resource", "starts_at")
    return {
        "sessions": [{key: value for key, value in row.items() if key not in left_out} for row in rows],
        "held": [dict(row) for row in held],
    }
