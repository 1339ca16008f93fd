import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, InternalError, connection, models, transaction

from clinic.models import AuditEntry, AuditSeal
from scheduling.models import CourseEvent, Reservation, Resource, Session, SessionEvent
from tests.factories import World

HALF_HOUR = dt.timedelta(minutes=30)


def reservation(session: Session, start: dt.datetime, end: dt.datetime, **more: Any) -> Reservation:
    held = session.reservations.get()
    facts = {"resource": held.resource, "day_number": held.day_number, "first_quantum": 0, "end_quantum": 1} | more
    return Reservation(session=session, starts_at=start, ends_at=end, **facts)


def is_refused(row: models.Model) -> bool:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return True
    return False


@pytest.mark.parametrize(
    ("start", "end", "refused"),
    [
        (-1, 0, False),
        (2, 3, False),
        (-1, 1, True),
        (1, 3, True),
        (0, 2, True),
        (-1, 3, True),
        (0.5, 1.5, True),
    ],
    ids=["adjacent before", "adjacent after", "over the start", "over the end", "the same", "around", "inside"],
)
def test_a_resource_is_held_once_at_a_time_and_intervals_are_half_open(
    world: World, start: float, end: float, refused: bool
) -> None:
    session = world.visit()  # an hour: two half hours

    row = reservation(session, session.starts_at + start * HALF_HOUR, session.starts_at + end * HALF_HOUR)

    assert is_refused(row) is refused


def test_a_released_reservation_holds_nothing(world: World) -> None:
    session = world.visit()

    assert not is_refused(reservation(session, session.starts_at, session.ends_at, is_active=False))


def test_putting_a_released_reservation_back_is_refused_when_its_time_is_taken(world: World) -> None:
    session = world.visit()
    row = reservation(session, session.starts_at, session.ends_at, is_active=False)
    row.save()

    with pytest.raises(IntegrityError, match="reservation_no_overlap"), transaction.atomic():
        Reservation.objects.filter(pk=row.pk).update(is_active=True)


def test_moving_a_reservation_onto_another_is_refused(world: World) -> None:
    first, second = world.visit(preferred_minute=540), world.visit(world.daniel, preferred_minute=660)

    with pytest.raises(IntegrityError, match="reservation_no_overlap"), transaction.atomic():
        Reservation.objects.filter(session=second).update(starts_at=first.starts_at, ends_at=first.ends_at)


def test_an_empty_or_backward_reservation_is_refused(world: World) -> None:
    session = world.visit()

    for minutes in (0, -30):
        end = session.starts_at + dt.timedelta(days=2, minutes=minutes)
        assert is_refused(reservation(session, session.starts_at + dt.timedelta(days=2), end))


def test_a_reservation_stays_within_its_day(world: World) -> None:
    session = world.visit()
    start = session.starts_at + dt.timedelta(days=2)

    assert is_refused(reservation(session, start, start + HALF_HOUR, first_quantum=280, end_quantum=289))


def test_two_resources_at_one_time_do_not_meet(world: World) -> None:
    session = world.visit()
    other = Resource.objects.get(site=world.site, name="NeuroStar 2")

    assert not is_refused(reservation(session, session.starts_at, session.ends_at, resource=other))


def test_a_patient_is_in_one_place_at_a_time_and_visits_may_touch(world: World) -> None:
    first = world.visit()
    twin = {"course": first.course, "site": first.site, "patient": first.patient, "number": 2, "state": "booked"}
    when = {"day": first.day, "minute": first.minute, "zone": first.zone}

    for start, refused in ((-2, False), (-1, True), (1, True), (2, False)):
        since = first.starts_at + start * HALF_HOUR
        row = Session(**twin, **when, starts_at=since, ends_at=since + 2 * HALF_HOUR)
        assert is_refused(row) is refused
        Session.objects.filter(pk=row.pk).delete()


def test_forms_are_told_about_an_overlap_before_the_database_is(world: World) -> None:
    session = world.visit()
    row = reservation(session, session.starts_at, session.ends_at)

    with pytest.raises(ValidationError):
        row.validate_constraints()
    row.is_active = False
    row.validate_constraints()


@pytest.mark.parametrize(
    "facts",
    [
        {"state": "asleep"},
        {"state": "cancelled", "reason": "Ill"},
        {"state": "cancelled", "is_active": False},
        {"state": "arrived"},
        {"state": "not_treated"},
        {"is_active": False},
    ],
    ids=[
        "unknown",
        "cancelled yet active",
        "cancelled without reason",
        "here without a time",
        "turned away without reason",
        "inactive",
    ],
)
def test_facts_that_travel_together_are_kept_together(world: World, facts: dict[str, Any]) -> None:
    session = world.visit()

    with pytest.raises(IntegrityError), transaction.atomic():
        Session.objects.filter(pk=session.pk).update(**facts)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL does not remake tables")
def test_the_rules_survive_a_table_remake(live_world: World) -> None:
    def triggers() -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            return {name for (name,) in cursor.fetchall()}

    before = triggers()

    with connection.schema_editor() as schema_editor:
        editor: Any = schema_editor
        editor._remake_table(Reservation)
        editor._remake_table(SessionEvent)

    assert triggers() == before
    session = live_world.visit()
    assert is_refused(reservation(session, session.starts_at, session.ends_at))
    with pytest.raises(IntegrityError, match="sessionevent_append_only"), transaction.atomic():
        SessionEvent.objects.update(reason="poison")
    assert {"reservation_no_overlap_insert", "sessionevent_append_only_delete"} <= before


@pytest.mark.parametrize("model", [AuditEntry, AuditSeal, SessionEvent, CourseEvent])
def test_a_history_can_only_be_added_to(world: World, model: type[models.Model]) -> None:
    world.visit()
    AuditSeal.objects.create(through_id=1, entries=1, digest="x", sealed_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    before = list(model._default_manager.order_by("pk").values())
    assert before
    second = model._meta.concrete_fields[1].name

    rows: Any = model._default_manager.all()
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        rows.update(**{second: models.F(second)})
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        rows._raw_delete("default")

    assert list(model._default_manager.order_by("pk").values()) == before
