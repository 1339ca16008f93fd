"""A small clinic in which courses meet, and the short courses that are booked there."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from clinic.actions import Request
from patients.models import Patient
from scheduling.actions import courses, setup
from scheduling.actions.setup import NewResource
from scheduling.models import Course
from tests.factories import NOW, World, make_patient, prepare, propose

# The device, the operator and the psychiatrist that `make_site` gives are three, three and one.
ROOMS = [
    NewResource("ect_room", "ECT room", "ECT"),
    NewResource("anesthesia", "Anesthesia"),
    NewResource("preop_bay", "Pre-op bay 1"),
    NewResource("recovery_bay", "Recovery bay 1"),
    NewResource("recovery_bay", "Recovery bay 2"),
    NewResource("observation_chair", "Chair 1", "Spravato"),
    NewResource("observer", "Observer"),
    NewResource("observation_place", "Observer's watch 1"),
    NewResource("therapist", "Dr. Tran", "Therapy"),
]


@dataclass(frozen=True, slots=True)
class Order:
    """A course somebody may be prescribed here."""

    protocol: str
    patient: int
    counts: Mapping[str, int]
    minute: int
    codes: tuple[str, ...]  # what an authorisation of it is about


ORDERS = (
    Order("tms_itbs_36", 0, {"acute": 6, "taper": 4}, 8 * 60 + 30, ("90867", "90868", "90869")),
    Order("ect_index", 1, {"index": 5}, 9 * 60, ("90870",)),
    Order("esk_trd", 2, {"induction": 4, "weekly": 2, "maintenance": 2}, 9 * 60, ("G2082", "G2083")),
    Order("ipt_16", 0, {"weekly": 5}, 11 * 60, ("90834",)),
    Order("tms_itbs_36", 3, {"acute": 5, "taper": 3}, 8 * 60 + 30, ("90867", "90868")),
)


@dataclass(slots=True)
class Clinic:
    """The world of the factories with more rooms and more patients."""

    world: World
    patients: list[Patient]
    began: dt.datetime = NOW


def make_clinic(world: World) -> Clinic:
    setup.add_resources(site=world.site, resources=ROOMS)
    erin = make_patient(world.site, world.receptionist, "Erin", "Novak", phone="+15550102050")
    frank = make_patient(world.site, world.receptionist, "Frank", "Silva", phone="+15550102051")
    clinic = Clinic(world, [world.maria, world.daniel, erin, frank])
    for order in ORDERS[:2] + ORDERS[4:]:
        book(clinic, order, NOW.date() + dt.timedelta(days=1), Request(user=world.receptionist), NOW)
    return clinic


def book(clinic: Clinic, order: Order, start_on: dt.date, request: Request, now: dt.datetime) -> tuple[int, bool]:
    """Book a course as ordered, and return its id and whether it was booked before."""
    proposal = propose(
        clinic.world.site,
        clinic.patients[order.patient],
        now=now,
        protocol_code=order.protocol,
        counts=dict(order.counts),
        preferred_minute=order.minute,
        start_on=start_on,
    )
    course_id, again = courses.book_course(request=request, proposal=proposal, now=now)
    prepare(Course.objects.get(pk=course_id), at=now)
    return course_id, again
