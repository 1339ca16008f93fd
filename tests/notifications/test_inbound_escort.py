"""The person who drives answers for themselves: yes confirms the ride of one visit, no asks the desk."""

import datetime as dt
from typing import Any

import pytest

from clinic.models import AuditEntry
from notifications.models import InboundMessage
from patients.models import RelatedPerson
from scheduling.actions import gates, moving, setup
from scheduling.actions.gates import Evidence, Whose
from scheduling.domain.operations import GateKind
from scheduling.models import CourseEvent, Prerequisite, Session
from scheduling.queries.gates import gates_of_session
from tests.factories import FIRST_DAY, NOW, World
from tests.notifications.letters import BASE, IVY, MARIA, OURS, answers_to, driver, told, write
from tests.scheduling.living.clinic import ROOMS

HOUR = dt.timedelta(hours=1)
EVE = dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC)  # the day before, 10 in the morning


@pytest.fixture(autouse=True)
def public(settings: Any, clock: Any) -> None:
    settings.BASE_URL = BASE
    settings.SMS = {"account": "AC1", "token": "secret", "from": OURS}


@pytest.fixture
def visit(world: World) -> Session:
    """A visit nobody may drive home from, Tue Nov 24."""
    setup.add_resources(site=world.site, resources=ROOMS)
    course = world.book(protocol_code="esk_trd", start_on=FIRST_DAY, preferred_minute=540)
    return Session.objects.get(course=course, number=1)


@pytest.fixture
def ivy(world: World) -> RelatedPerson:
    return driver(world, at=NOW)


def shown(session: Session) -> list[tuple[int | None, bool, int | None]]:
    rows = Prerequisite.objects.filter(session=session, kind=GateKind.RIDE, withdrawn_at=None)
    return list(rows.values_list("person", "is_confirmed", "by"))


def is_met(session: Session) -> bool:
    return next(gate for gate in gates_of_session(session, now=EVE).gates if gate.kind is GateKind.RIDE).is_met


def from_ivy(body: str, visit: Session, ivy: RelatedPerson, clock: Any, *, now: dt.datetime = EVE) -> InboundMessage:
    return write(body, now=now, clock=clock, sender=IVY)


def test_yes_confirms_the_ride_by_the_persons_own_word(
    world: World, visit: Session, ivy: RelatedPerson, clock: Any
) -> None:
    told(visit, "escort", EVE - HOUR, phone=IVY, person=ivy)

    inbound = from_ivy("1", visit, ivy, clock)

    event = CourseEvent.objects.filter(course=visit.course).latest("pk")
    assert (shown(visit), is_met(visit)) == ([(ivy.pk, True, None)], True)
    assert (event.kind, event.by, event.data["gate"], event.data["actor"]) == ("gate_met", None, "ride", "driver")
    assert (inbound.outcome, inbound.person_id, inbound.patient_id) == ("ride_yes", ivy.pk, world.maria.pk)
    assert answers_to(inbound) == ["escort_yes"]
    assert AuditEntry.objects.latest("pk").action == "gate.met"
    assert Session.objects.get(pk=visit.pk).confirmed_at is None


def test_yes_twice_is_one_row(world: World, visit: Session, ivy: RelatedPerson, clock: Any) -> None:
    for hours in (0, 1):
        from_ivy("yes", visit, ivy, clock, now=EVE + hours * HOUR)

    assert Prerequisite.objects.filter(session=visit, kind=GateKind.RIDE).count() == 1


def test_no_leaves_the_visit_booked_and_the_ride_open(
    world: World, visit: Session, ivy: RelatedPerson, clock: Any
) -> None:
    from_ivy("1", visit, ivy, clock)

    inbound = from_ivy("2", visit, ivy, clock, now=EVE + HOUR)

    assert (shown(visit), is_met(visit)) == ([(ivy.pk, False, None)], False)
    assert (inbound.outcome, Session.objects.get(pk=visit.pk).state) == ("ride_no", "booked")
    assert Prerequisite.objects.filter(session=visit, withdrawn_at=EVE + HOUR).count() == 1


def test_a_person_named_at_the_desk_confirms_and_the_desks_row_is_kept(
    world: World, visit: Session, ivy: RelatedPerson, clock: Any
) -> None:
    gates.record_gate(
        request=world.request,
        whose=Whose(session_id=visit.pk),
        kind=GateKind.RIDE,
        evidence=Evidence(person_id=ivy.pk, is_confirmed=False),
        now=NOW,
    )

    from_ivy("1", visit, ivy, clock)

    assert shown(visit) == [(ivy.pk, True, None)]
    assert Prerequisite.objects.filter(session=visit, kind=GateKind.RIDE, by=world.receptionist).count() == 1


def test_a_person_who_was_replaced_confirms_nothing(
    world: World, visit: Session, ivy: RelatedPerson, clock: Any
) -> None:
    other = RelatedPerson.objects.create(patient=world.maria, role="escort", name="Tom", phone="+15550102050")
    gates.record_gate(
        request=world.request,
        whose=Whose(session_id=visit.pk),
        kind=GateKind.RIDE,
        evidence=Evidence(person_id=other.pk),
        now=NOW,
    )
    told(visit, "escort", EVE - HOUR, phone=IVY, person=ivy)

    inbound = from_ivy("1", visit, ivy, clock)

    assert (inbound.outcome, shown(visit)) == ("unclear", [(other.pk, True, world.receptionist.pk)])


def test_a_yes_to_a_time_that_was_moved_is_no_yes_to_the_new_one(
    world: World, visit: Session, ivy: RelatedPerson, clock: Any
) -> None:
    told(visit, "escort", EVE - HOUR, phone=IVY, person=ivy)
    moving.move_to(
        request=world.request, session_id=visit.pk, version=visit.version, day=FIRST_DAY, minute=780, now=EVE - HOUR
    )

    inbound = from_ivy("1", visit, ivy, clock)

    assert (inbound.outcome, shown(visit)) == ("unclear", [])


def test_a_visit_that_needs_no_ride_is_not_the_drivers(world: World, ivy: RelatedPerson, clock: Any) -> None:
    visit = world.visit(start_on=FIRST_DAY)

    inbound = write("1", now=EVE, clock=clock, sender=IVY)

    assert (inbound.outcome, Session.objects.get(pk=visit.pk).confirmed_at) == ("unclear", None)


def test_the_driver_may_stop_texts_and_the_patient_still_gets_them(
    world: World, visit: Session, ivy: RelatedPerson, clock: Any
) -> None:
    write("STOP", now=EVE, clock=clock, sender=IVY)

    consents = world.maria.consents.order_by("pk").values_list("person", "revoked_at")
    assert list(consents) == [(None, None), (ivy.pk, EVE)]


def test_one_phone_for_patient_and_driver_is_for_a_person_to_read(world: World, visit: Session, clock: Any) -> None:
    driver(world, phone=MARIA, at=NOW)

    inbound = write("1", now=EVE, clock=clock)

    assert (inbound.outcome, shown(visit), Session.objects.get(pk=visit.pk).confirmed_at) == ("unclear", [], None)
