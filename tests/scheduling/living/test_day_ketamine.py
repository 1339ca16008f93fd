"""A ketamine day, hour by hour: a ride falls through at three the day before, one patient ate, one chair is refilled.

Thursday, December 3, one chair: Maria at 7:30, Daniel at 10, Erin at 1. Frank was ill on Wednesday and would come
sooner than Friday.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest

from patients.domain.clinical import Instrument
from scheduling.actions import attendance, filling, gates, offers, setup, waitlist
from scheduling.actions.gates import Evidence, Whose
from scheduling.actions.setup import NewResource
from scheduling.actions.waitlist import AskedFor
from scheduling.domain import gates as gate_rules
from scheduling.domain.operations import GateKind
from scheduling.domain.states import CancelledBy, TurnedAway
from scheduling.errors import GateRed
from scheduling.models import Prerequisite, Session, SlotOffer
from scheduling.queries import gates as gate_queries
from scheduling.queries import refill
from tests.factories import World, make_patient
from tests.scheduling.living.diary import Diary, at

MONDAY = dt.date(2026, 11, 30)
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (dt.date(2026, 12, day) for day in (1, 2, 3, 4))
BOOKED = at(dt.date(2026, 11, 20), "9:00")
ROOMS = [
    NewResource("infusion_chair", "Chair 1", "Ketamine"),
    NewResource("iv_nurse", "Nurse"),
    NewResource("iv_watch", "Nurse's watch 1"),
    NewResource("iv_watch", "Nurse's watch 2"),
]


@dataclass(slots=True)
class Chair:
    """One chair and who comes to it."""

    world: World
    maria: Diary
    daniel: Diary
    erin: Diary
    frank: Diary

    def order(self, day: dt.date) -> list[str]:
        """Return who comes on a day, in order."""
        rows = Session.objects.filter(site=self.world.site, day=day, is_active=True).order_by("starts_at")
        return [f"{row.minute // 60}:{row.minute % 60:02} {row.patient.first_name}" for row in rows]

    def stopped(self, diary: Diary, now: dt.datetime) -> list[str]:
        """Return what still stops the visit of a patient on Thursday."""
        standing = gate_queries.gates_of_session(diary.on(THURSDAY), now=now)
        return [gate_rules.sentence(gate) for gate in gate_rules.unmet(standing.gates)]

    def ride(self, diary: Diary, who: str, now: dt.datetime) -> None:
        self._record(diary, GateKind.ESCORT, Evidence(text=who), now)

    def fell_through(self, diary: Diary, now: dt.datetime) -> None:
        """Note that who was to take a patient home can't."""
        row = Prerequisite.objects.get(session=diary.on(THURSDAY), kind=GateKind.ESCORT, withdrawn_at=None)
        gates.withdraw_gate(request=self.world.request, row_id=row.pk, kind=GateKind.ESCORT, now=now)

    def fasted(self, diary: Diary, ate: int, drank: int, now: dt.datetime) -> None:
        """Record at the door at which hours a patient last ate and drank."""
        self._record(diary, GateKind.FASTING, Evidence(ate_minute=60 * ate, drank_minute=60 * drank), now)

    def _record(self, diary: Diary, kind: GateKind, evidence: Evidence, now: dt.datetime) -> None:
        whose = Whose(session_id=diary.on(THURSDAY).pk)
        gates.record_gate(request=self.world.request, whose=whose, kind=kind, evidence=evidence, now=now)

    def step(self, verb: Any, diary: Diary, now: dt.datetime, **more: Any) -> None:
        """Take a step of a visit as it stands: nothing is prepared for it."""
        visit = diary.on(THURSDAY)
        verb(session_id=visit.pk, version=visit.version, now=now, by=self.world.technician, **more)


@pytest.fixture
def chair(world: World) -> Chair:
    setup.add_resources(site=world.site, resources=ROOMS)
    erin = make_patient(world.site, world.receptionist, "Erin", "Novak", phone="+15550102050")
    frank = make_patient(world.site, world.receptionist, "Frank", "Silva", phone="+15550102051")
    diaries = []
    first = {world.maria: (TUESDAY, 450), world.daniel: (TUESDAY, 600), erin: (TUESDAY, 780), frank: (MONDAY, 600)}
    for patient, (start_on, minute) in first.items():
        wish: dict[str, Any] = {"protocol_code": "ket_iv_6", "start_on": start_on, "preferred_minute": minute}
        diaries.append(Diary(world, world.book(patient, now=BOOKED, **wish).pk, looks_ahead=False))
        diaries[-1].score(17, dt.date(2026, 11, 30), Instrument.PHQ9)
    maria, daniel, third, fourth = diaries
    return Chair(world, maria, daniel, third, fourth)


def test_a_ketamine_day(chair: Chair) -> None:
    behind_by_one(chair)
    a_ride_falls_through(chair)
    the_chair_is_refilled(chair)
    breakfast(chair)
    the_day_ends(chair)


def behind_by_one(chair: Chair) -> None:
    """Monday and Tuesday all is well; on Wednesday Frank is ill, owed one, and asks to come sooner if he can."""
    chair.frank.treat(MONDAY)
    for diary in (chair.maria, chair.daniel, chair.erin):
        diary.treat(TUESDAY)
    chair.frank.cancel(WEDNESDAY, "Ill", CancelledBy.PATIENT, at(TUESDAY, "16:00"))
    waitlist.join_standby(
        request=chair.world.request, course_id=chair.frank.course_id, asked=AskedFor(), now=at(TUESDAY, "16:01")
    )
    assert chair.order(THURSDAY) == ["7:30 Maria", "10:00 Daniel", "13:00 Erin"]


def a_ride_falls_through(chair: Chair) -> None:
    """Wednesday at three: everybody had somebody to go home with, until Daniel's brother calls."""
    for diary, who in ((chair.maria, "Luis"), (chair.daniel, "Ben"), (chair.erin, "Paula")):
        chair.ride(diary, f"{who}, 555 0143", at(WEDNESDAY, "11:00"))
    assert chair.daniel.needs(at(WEDNESDAY, "15:00")) == []

    chair.fell_through(chair.daniel, at(WEDNESDAY, "15:01"))
    assert chair.daniel.needs(at(WEDNESDAY, "15:01")) == ["ride_not_confirmed: Escort not confirmed -> Call"]
    chair.daniel.cancel(THURSDAY, "Nobody to drive", CancelledBy.PATIENT, at(WEDNESDAY, "15:05"))
    assert chair.daniel.on(THURSDAY).is_late_cancel


def the_chair_is_refilled(chair: Chair) -> None:
    """Nineteen hours are left: enough for Frank to fast and to find somebody who drives. He says yes."""
    now = at(WEDNESDAY, "15:06")
    [freed] = [
        each for each in refill.freed_times(site_ids=[chair.world.site.pk], now=now) if each.slot.day == THURSDAY
    ]
    found = refill.candidates(freed, now=now)
    assert [(each.entry.course_id, each.why) for each in found.candidates] == [
        (chair.frank.course_id, "comes 1 day sooner")
    ]

    offers.offer(request=chair.world.request, site=chair.world.site, session_id=freed.session_id, now=now)
    offer = SlotOffer.objects.get()
    filling.accept(request=chair.world.request, offer_id=offer.pk, now=at(WEDNESDAY, "15:20"))

    assert chair.order(THURSDAY) == ["7:30 Maria", "10:00 Frank", "13:00 Erin"]
    assert chair.stopped(chair.frank, at(WEDNESDAY, "15:21")) == ["Escort: nobody named", "Fasting: not asked yet"]
    chair.ride(chair.frank, "Ana, 555 0145", at(WEDNESDAY, "15:30"))


def breakfast(chair: Chair) -> None:
    """Maria ate at six: not before ten, and then the chair is Frank's. At three it is free; Luis can come at five."""
    chair.step(attendance.arrive, chair.maria, at(THURSDAY, "7:20"))
    chair.fasted(chair.maria, 6, 6, at(THURSDAY, "7:21"))
    assert chair.stopped(chair.maria, at(THURSDAY, "7:30")) == ["Fasting: not before 10am"]
    with pytest.raises(GateRed, match="Fasting: not before 10am"):
        chair.step(attendance.start, chair.maria, at(THURSDAY, "7:45"))
    chair.step(attendance.turn_away, chair.maria, at(THURSDAY, "7:46"), reason="Eggs at six", code=TurnedAway.ATE)
    assert chair.maria.make_ups(THURSDAY, at(THURSDAY, "7:50")) == [
        "Thu Dec 3, 3pm, Chair 1",
        "Fri Dec 4, 7:30am, Chair 1",
        "Wed Dec 16, 7:30am, Chair 1",
    ]
    chair.maria.make_up(THURSDAY, "Thu Dec 3, 3pm, Chair 1", at(THURSDAY, "7:51"))
    chair.ride(chair.maria, "Luis, 555 0143, at five", at(THURSDAY, "7:55"))
    assert chair.order(THURSDAY) == ["10:00 Frank", "13:00 Erin", "15:00 Maria"]


def the_day_ends(chair: Chair) -> None:
    """Each is asked at the door, watched, and goes home with somebody. At six nothing is left to do."""
    for diary, clock in ((chair.frank, 10), (chair.erin, 13), (chair.maria, 15)):
        chair.step(attendance.arrive, diary, at(THURSDAY, f"{clock - 1}:50"))
        chair.fasted(diary, 1, 2, at(THURSDAY, f"{clock - 1}:52"))
        chair.step(attendance.start, diary, at(THURSDAY, f"{clock}:15"))
        chair.step(attendance.monitor, diary, at(THURSDAY, f"{clock + 1}:00"))
        chair.step(attendance.complete, diary, at(THURSDAY, f"{clock + 1}:55"))
        diary.score(12, THURSDAY, Instrument.PHQ9)
    assert chair.maria.needs(at(THURSDAY, "18:00")) == []
