"""A clinic in which visits fall out and times are offered, day after day: no yes breaks a rule, a gate or a notice.

OFFER_LIVES (default 4) is the number of lives, each of many offers.
"""

import datetime as dt
import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.actions import offers
from scheduling.errors import Rejected
from scheduling.models import Course, Prerequisite, Session, SlotOffer, WaitlistEntry
from scheduling.queries import refill
from tests.factories import NOW, World, prepare
from tests.scheduling.freed import DAY, HOUR, MINUTE, FreedDesk
from tests.scheduling.living.clinic import make_clinic
from tests.scheduling.living.judge import Judge
from tests.scheduling.living.picture import Picture, take

LIVES = int(os.environ.get("OFFER_LIVES", "4"))
STEPS = 8
# Read a second time from the specification (domain.md 5), not from the product.
NOTICE = {"ect": 18 * HOUR, "ketamine_iv": 18 * HOUR, "esketamine": 4 * HOUR, "tms": 45 * MINUTE, "dtms": 45 * MINUTE}
OF_PATIENT, OF_COURSE = {"consult", "screening", "rems_enrollment"}, {"consent", "preop_clearance", "medical_clearance"}
MORE = (
    ("tms_mdd_36", {"acute": 8, "taper": 6}, 600),
    ("tms_itbs_36", {"acute": 6, "taper": 0}, 780),
    ("ect_index", {"index": 6}, 600),
    ("esk_trd", {"induction": 8, "weekly": 2, "maintenance": 0}, 780),
)


@dataclass(slots=True)
class Life:
    """One run of a clinic with its list, and the judge who looks at it after every step."""

    desk: FreedDesk
    judge: Judge
    rng: random.Random
    now: dt.datetime = NOW
    done: Counter[str] = field(default_factory=Counter)
    seen: Picture = field(init=False)

    def live(self) -> None:
        self.seen = take()
        for _step in range(STEPS):
            self.fall_out()
            if self.rng.random() < 0.2:
                self.lose_a_gate()
            for row in self.ask():
                self.answer(row)
                self.look()
            self.now += self.rng.choice([2, 5, 20, 44]) * HOUR
            offers.close_offers(now=self.now)

    def look(self) -> None:
        """Let the judge see what is stored now, and how it came from what was."""
        after = take(self.seen)
        assert self.judge.faults(after, self.now, self.seen) == []
        assert list(self.judge.steps(self.seen, after)) == []
        self.seen = after

    def fall_out(self) -> None:
        """Cancel a visit of the coming days."""
        coming = Session.objects.filter(state="booked", starts_at__gt=self.now, starts_at__lte=self.now + 4 * DAY)
        rows = list(coming.order_by("pk"))
        for row in self.rng.sample(rows, min(2, len(rows))):
            self.desk.cancel(row, now=self.now)
            self.look()

    def lose_a_gate(self) -> None:
        rows = Prerequisite.objects.filter(course__isnull=False, withdrawn_at=None).order_by("pk")
        self.rng.choice(list(rows)).delete()

    def ask(self) -> Iterator[SlotOffer]:
        """Offer every freed time there is, and return each offer that was made, in any order."""
        for freed in refill.freed_times(site_ids=[self.desk.world.site.pk], now=self.now):
            try:
                offers.offer(
                    request=self.desk.world.request,
                    site=self.desk.world.site,
                    session_id=freed.session_id,
                    starts_at=freed.slot.starts_at,
                    now=self.now,
                )
            except Rejected as refusal:
                self.done[refusal.code] += 1
        rows = list(SlotOffer.objects.filter(state="open").order_by("pk"))
        yield from self.rng.sample(rows, len(rows))

    def answer(self, row: SlotOffer) -> None:
        """Say yes, mostly, some time while the offer is open or just after."""
        self.now += self.rng.choice([0, 1, 3, 12]) * MINUTE
        if self.rng.random() < 0.2:
            offers.decline(request=self.desk.world.request, offer_id=row.pk, now=self.now)
            return
        try:
            course = self.desk.accept(row, now=self.now)
        except Rejected as refusal:
            self.done[refusal.code] += 1
            return
        row.refresh_from_db()
        self.done["came forward" if row.entry.kind == "standby" else "began"] += 1
        self.check(row, course)

    def check(self, row: SlotOffer, course: Course) -> None:
        """Check what only a yes must keep: the place, the notice, what had to be there, who pays, nobody beside it."""
        session = row.session
        assert session
        definition = course.protocol.definition
        assert (session.course, session.starts_at, session.ends_at) == (course, row.starts_at, row.ends_at)
        assert session.reservations.filter(resource=row.resource_id, is_active=True).exists()
        assert row.starts_at - self.now >= NOTICE.get(definition["modality"], 45 * MINUTE)
        assert session.uncovered == ""
        for gate in definition.get("gates", []):
            kind = gate if isinstance(gate, str) else gate["kind"]
            shown = Prerequisite.objects.filter(patient=row.patient_id, kind=kind, withdrawn_at=None)
            if kind in OF_PATIENT:
                assert shown.filter(course=None).exists(), kind
            if kind in OF_COURSE and row.entry.kind == "standby":
                assert shown.filter(course=course).exists(), kind
        open_now = SlotOffer.objects.filter(resource=row.resource_id, starts_at=row.starts_at, state="open")
        assert not open_now.exists()


def populated(world: World) -> FreedDesk:
    """Return the clinic of the state machine with four more courses, everybody on standby, and three who wait."""
    make_clinic(world)
    desk = FreedDesk(world)
    for code, counts, minute in MORE:
        world.book(
            desk.person(),
            protocol_code=code,
            counts=counts,
            preferred_minute=minute,
            start_on=NOW.date() + DAY,
        )
    for course in Course.objects.all():
        if not Prerequisite.objects.filter(course=course).exists():
            prepare(course)
        desk.standby(course)
    for code in ("tms_itbs_36", "consult", "ipt_16"):
        desk.waiting(protocol=code)
    assert WaitlistEntry.objects.count() == Course.objects.count() + 3
    return desk


@pytest.mark.once
@pytest.mark.timeout(max(600, 120 * LIVES))
def test_whatever_is_offered_and_accepted_keeps_every_rule(world: World) -> None:
    desk = populated(world)
    judge, done = Judge(), Counter[str]()
    assert judge.faults(take(), NOW) == []

    @settings(max_examples=LIVES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 10**6))
    def lives(seed: int) -> None:
        start = transaction.savepoint()
        life = Life(desk, judge, random.Random(seed))
        try:
            life.live()
        finally:
            transaction.savepoint_rollback(start)
        done.update(life.done)

    lives()

    assert done["came forward"] >= LIVES
