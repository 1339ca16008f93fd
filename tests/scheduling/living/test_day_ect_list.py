"""One ECT list, hour by hour: rides the day before, the list that goes out, breakfast, and who is pulled forward.

Wednesday, December 2: Maria at 7:30, Daniel at 8:00, Erin at 8:30, each an hour before the treatment room. Frank is
referred on Tuesday and wants to begin at once.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest

from patients.domain.clinical import Instrument
from patients.models import Patient
from scheduling.actions import attendance, gates, moving, setup, waitlist
from scheduling.actions.gates import Evidence, Whose
from scheduling.actions.setup import NewResource
from scheduling.actions.waitlist import AskedFor
from scheduling.domain import gates as gate_rules
from scheduling.domain.operations import GateKind, Urgency
from scheduling.domain.states import TurnedAway
from scheduling.errors import CannotPlan, GateRed, Rejected
from scheduling.models import Prerequisite, Session
from scheduling.queries import gates as gate_queries
from scheduling.queries import refill
from tests.factories import World, make_patient, propose
from tests.scheduling.living.clinic import ROOMS
from tests.scheduling.living.diary import Diary, at

TUESDAY, WEDNESDAY, FRIDAY = (dt.date(2026, 12, day) for day in (1, 2, 4))
BAYS = [NewResource("preop_bay", "Pre-op bay 2"), NewResource("recovery_bay", "Recovery bay 3")]
BOOKED = at(dt.date(2026, 11, 23), "9:00")


@dataclass(slots=True)
class Listing:
    """The list of a day, and who is on it."""

    world: World
    maria: Diary
    daniel: Diary
    erin: Diary
    frank: Patient

    def order(self) -> list[str]:
        """Return who is on Wednesday's list, in its order."""
        rows = Session.objects.filter(site=self.world.site, day=WEDNESDAY, is_active=True).order_by("starts_at")
        return [f"{row.minute // 60}:{row.minute % 60:02} {row.patient.first_name}" for row in rows]

    def stopped(self, diary: Diary, now: dt.datetime) -> list[str]:
        """Return what still stops the visit of a patient on Wednesday."""
        standing = gate_queries.gates_of_session(diary.on(WEDNESDAY), now=now)
        return [gate_rules.sentence(gate) for gate in gate_rules.unmet(standing.gates)]

    def ride(self, diary: Diary, who: str, now: dt.datetime, *, is_confirmed: bool = True) -> None:
        self._record(diary, GateKind.ESCORT, Evidence(text=who, is_confirmed=is_confirmed), now)

    def fasted(self, diary: Diary, ate: str, drank: str, now: dt.datetime) -> None:
        """Record at the door when a patient last ate and drank."""
        minutes = [60 * int(clock.split(":")[0]) + int(clock.split(":")[1]) for clock in (ate, drank)]
        self._record(diary, GateKind.FASTING, Evidence(ate_minute=minutes[0], drank_minute=minutes[1]), now)

    def _record(self, diary: Diary, kind: GateKind, evidence: Evidence, now: dt.datetime) -> None:
        visit = diary.on(WEDNESDAY)
        seen = Prerequisite.objects.filter(session=visit, kind=kind, withdrawn_at=None).first()
        gates.record_gate(
            request=self.world.request,
            whose=Whose(session_id=visit.pk),
            kind=kind,
            evidence=evidence,
            now=now,
            replaces=seen.pk if seen else None,
        )

    def step(self, verb: Any, diary: Diary, now: dt.datetime, **more: Any) -> None:
        """Take a step of a visit as it stands: nothing is prepared for it."""
        visit = diary.on(WEDNESDAY)
        verb(session_id=visit.pk, version=visit.version, now=now, by=self.world.technician, **more)


@pytest.fixture
def listing(world: World) -> Listing:
    setup.add_resources(site=world.site, resources=[*ROOMS, *BAYS])
    erin = make_patient(world.site, world.receptionist, "Erin", "Novak", phone="+15550102050")
    frank = make_patient(world.site, world.receptionist, "Frank", "Silva", phone="+15550102051")
    diaries = []
    for patient, minute in ((world.maria, 450), (world.daniel, 480), (erin, 510)):
        wish: dict[str, Any] = {
            "protocol_code": "ect_index",
            "start_on": dt.date(2026, 11, 30),
            "preferred_minute": minute,
        }
        diaries.append(Diary(world, world.book(patient, now=BOOKED, **wish).pk, looks_ahead=False))
    for diary in diaries:
        diary.authorize("E-18", ["90870"], 18, dt.date(2026, 11, 23), dt.date(2027, 1, 29))
        for instrument, score in ((Instrument.HAMD17, 24), (Instrument.MOCA, 27)):
            diary.score(score, dt.date(2026, 11, 27), instrument)
        diary.treat(dt.date(2026, 11, 30))
    maria, daniel, third = diaries
    return Listing(world, maria, daniel, third, frank)


def test_a_list_from_the_afternoon_before_to_the_last_discharge(listing: Listing) -> None:
    three_o_clock_the_day_before(listing)
    the_list_goes_out(listing)
    the_first_patient(listing)
    breakfast_and_who_is_pulled_forward(listing)
    the_afternoon(listing)


def three_o_clock_the_day_before(listing: Listing) -> None:
    """Everybody needs somebody to go home with; Daniel's brother was named and has not said yes."""
    now = at(TUESDAY, "11:00")
    listing.ride(listing.maria, "Luis Garcia, 555 0142", now)
    listing.ride(listing.daniel, "Ben Okafor, 555 0143", now, is_confirmed=False)
    listing.ride(listing.erin, "Paula Novak, 555 0144", now)

    assert listing.maria.needs(at(TUESDAY, "14:59")) == []
    assert listing.maria.needs(at(TUESDAY, "15:00")) == ["ride_not_confirmed: Escort not confirmed -> Call"]
    listing.ride(listing.daniel, "Ben Okafor, 555 0143", at(TUESDAY, "15:20"))
    assert listing.maria.needs(at(TUESDAY, "15:21")) == []


def the_list_goes_out(listing: Listing) -> None:
    """Until half past four Frank could begin on Wednesday; then the order is with anaesthesia."""
    wish: dict[str, Any] = {"protocol_code": "ect_index", "start_on": WEDNESDAY, "preferred_minute": 570}
    early = propose(listing.world.site, listing.frank, now=at(TUESDAY, "16:29"), **wish)
    assert (early.plan.sessions[0].day, early.plan.sessions[0].minute) == (WEDNESDAY, 570)

    with pytest.raises(Rejected, match="The list of Wed Dec 2 has gone out"):
        propose(listing.world.site, listing.frank, now=at(TUESDAY, "16:30"), **wish)
    friday = listing.maria.on(FRIDAY)
    with pytest.raises(CannotPlan, match="the list of Wed Dec 2 is frozen"):
        moving.move_to(
            request=listing.world.request,
            session_id=friday.pk,
            version=friday.version,
            day=WEDNESDAY,
            minute=570,
            now=at(TUESDAY, "17:00"),
        )
    waitlist.join_waiting(
        request=listing.world.request,
        site=listing.world.site,
        patient_id=listing.frank.pk,
        protocol_code="ect_index",
        asked=AskedFor(urgency=Urgency.URGENT),
        now=at(TUESDAY, "17:05"),
    )
    assert listing.order() == ["7:30 Maria", "8:00 Daniel", "8:30 Erin"]


def the_first_patient(listing: Listing) -> None:
    """Maria is asked at the door, and goes in when nothing is missing any more."""
    listing.step(attendance.arrive, listing.maria, at(WEDNESDAY, "7:25"))
    assert listing.stopped(listing.maria, at(WEDNESDAY, "7:26")) == ["Fasting: not asked yet"]
    with pytest.raises(GateRed, match="Fasting: not asked yet"):
        listing.step(attendance.start, listing.maria, at(WEDNESDAY, "7:27"))

    listing.fasted(listing.maria, "19:30", "22:00", at(WEDNESDAY, "7:28"))
    listing.step(attendance.start, listing.maria, at(WEDNESDAY, "8:30"))


def breakfast_and_who_is_pulled_forward(listing: Listing) -> None:
    """Daniel had toast at six. Erin is there already: she takes his place, and her sister comes half an hour sooner."""
    listing.step(attendance.arrive, listing.daniel, at(WEDNESDAY, "7:40"))
    listing.fasted(listing.daniel, "6:00", "6:00", at(WEDNESDAY, "7:42"))
    with pytest.raises(GateRed, match="ate or drank after midnight, so not on this day"):
        listing.step(attendance.start, listing.daniel, at(WEDNESDAY, "7:43"))
    listing.step(
        attendance.turn_away, listing.daniel, at(WEDNESDAY, "7:45"), reason="Toast at six", code=TurnedAway.ATE
    )
    assert listing.daniel.held(WEDNESDAY) == []

    erin = listing.erin.on(WEDNESDAY)
    moving.move_to(
        request=listing.world.request,
        session_id=erin.pk,
        version=erin.version,
        day=WEDNESDAY,
        minute=480,
        now=at(WEDNESDAY, "7:50"),
    )
    assert listing.order() == ["7:30 Maria", "8:00 Erin"]
    assert listing.stopped(listing.erin, at(WEDNESDAY, "7:51")) == ["Escort: nobody named", "Fasting: not asked yet"]

    listing.ride(listing.erin, "Paula Novak, 555 0144, at 11:30", at(WEDNESDAY, "7:53"))
    listing.step(attendance.arrive, listing.erin, at(WEDNESDAY, "7:55"))
    listing.fasted(listing.erin, "18:00", "23:00", at(WEDNESDAY, "7:56"))
    listing.step(attendance.start, listing.erin, at(WEDNESDAY, "9:00"))


def the_afternoon(listing: Listing) -> None:
    """Nobody who waits can be asked to fast backwards: the place Erin left stays empty. Daniel gets his at the end."""
    now = at(WEDNESDAY, "8:00")
    times = refill.freed_times(site_ids=[listing.world.site.pk], now=now)
    found = [refill.candidates(each, now=now) for each in times if each.slot.day == WEDNESDAY]
    assert [(each.candidates, [other.why_not for other in each.others]) for each in found] == [
        ((), ["needs 18 hours of notice, 30 minutes are left"])
    ]

    make_ups = listing.daniel.make_ups(WEDNESDAY, at(WEDNESDAY, "9:00"))
    assert [label for label in make_ups if " - " not in label] == [
        "Wed Dec 30, 8am, ECT room",
        "Thu Dec 31, 8am, ECT room",
        "Mon Jan 4, 8am, ECT room",
    ]
    listing.daniel.make_up(WEDNESDAY, "Wed Dec 30, 8am, ECT room", at(WEDNESDAY, "9:01"))
    for diary, clock in ((listing.maria, "11:00"), (listing.erin, "11:30")):
        listing.step(attendance.complete, diary, at(WEDNESDAY, clock), let_go_by="")
    # One unplanned miss of an index series is the psychiatrist's to look at.
    assert listing.maria.needs(at(WEDNESDAY, "18:00")) == ["clinician_review: 1 visit missed -> Review with the facts"]
