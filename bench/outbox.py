"""The outbox that `bench.messages` measures: a clinic with texts due, and a past of texts that left."""

import datetime as dt
import time
from typing import Any

from django.core.management import call_command
from django.db import connection, connections

from bench.messages import NOW, BareLoop
from notifications.actions import arming, claiming, planning, sending
from notifications.actions.transitions import address_hash
from notifications.models import Message
from patients.models import Consent, ContactPoint, Patient
from scheduling.domain.states import CourseState
from scheduling.models import Course
from tests.factories import World, make_world

A_COURSE = 20  # messages about a course, but for those about one of its visits

_world: list[World] = []
_planned = 0


def build() -> None:
    """Make a clinic with one booked course, and the bare loop's table; arm the sender."""
    call_command("migrate", verbosity=0)
    _world.append(make_world())
    _world[0].book()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bare (id bigserial PRIMARY KEY, state int, token uuid, lease_until timestamptz, "
            "address text, body text)"
        )
        cursor.execute("CREATE INDEX ON bare (id) WHERE state = 0")
    arming.arm(now=NOW)


def plan(number: int) -> None:
    """Make so many texts due in both outboxes, each to a number of its own."""
    global _planned
    numbers = range(_planned, _planned + number)
    _planned += number
    site = _world[0].site

    course = _course()
    patients = Patient.objects.bulk_create(
        Patient(
            site=site,
            record_number=f"B{n}",
            first_name="Bea",
            last_name="Bench",
            birth_date=dt.date(1980, 1, 1),
            search_text="",
            created_at=NOW,
        )
        for n in numbers
    )
    points = ContactPoint.objects.bulk_create(
        ContactPoint(patient=patient, kind="phone", value=f"+1555{n:07}")
        for n, patient in zip(numbers, patients, strict=True)
    )
    Consent.objects.bulk_create(
        Consent(patient=patient, channel="sms", wording="2026-11", how="at the desk", given_at=NOW)
        for patient in patients
    )
    Message.objects.bulk_create(
        Message(
            dedupe_key=f"bench-{point.pk}",
            site=site,
            patient_id=point.patient_id,
            course=course,
            contact_point=point,
            address_hash=address_hash(point.value),
            kind="booked",
            channel="sms",
            due_at=NOW,
            send_by=NOW + dt.timedelta(days=3),
            template_version="",
            created_at=NOW,
        )
        for point in points
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO bare (state, address, body) VALUES (0, %s, %s)",
            [(point.value, "Riverside Clinic: Your visits are booked. STOP to opt out.") for point in points],
        )
        cursor.execute("ANALYZE")
    connections.close_all()


def bare(line: Any) -> None:
    """Send one outbox with the bare loop."""
    BareLoop().run(line)


def ours(line: Any) -> None:
    """Send the other with the product's."""
    connection.ensure_connection()
    line.wait()
    while sending.drain_messages(now=NOW):
        pass


def left() -> tuple[int, int]:
    """Return how many texts did not leave, of the bare loop's and of ours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bare WHERE state <> 2")
        of_bare: int = cursor.fetchone()[0]
    unsent = Message.objects.filter(dedupe_key__startswith="bench-").exclude(state="accepted").count()
    connections.close_all()
    return of_bare, unsent


def grow(number: int) -> None:
    """Let the past be so many messages that left long ago, twenty for each of as many courses as that takes."""
    [model] = Message.objects.filter(dedupe_key__startswith="bench-")[:1]
    missing = max(0, number - Message.objects.count())
    courses = _past_courses(missing // A_COURSE + 1)
    columns = [field.column for field in Message._meta.concrete_fields]
    special = {
        "id": "gen_random_uuid()",
        "course_id": f"{courses[0]} + mod(n, {len(courses)})",
        "dedupe_key": "'past-' || gen_random_uuid()",
        "provider_sid": "'SM' || gen_random_uuid()",
        "address_hash": "md5(n::text)",
        "due_at": "m.due_at - n * interval '1 minute'",
        "send_by": "m.send_by - n * interval '1 minute'",
        "handed_at": "m.handed_at - n * interval '1 minute'",
        "created_at": "m.created_at - n * interval '1 minute'",
    }
    values = ", ".join(special.get(column, f"m.{column}") for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO notifications_message ({', '.join(columns)}) "
            f"SELECT {values} FROM notifications_message m, generate_series(1, %s) n WHERE m.id = %s",
            [missing, model.pk],
        )
        cursor.execute("VACUUM ANALYZE notifications_message, scheduling_course")


def _past_courses(number: int) -> range:
    """Make so many courses that ended long ago; return their ids."""
    fields = {field.name: getattr(_course(), field.name) for field in Course._meta.concrete_fields}
    facts = fields | {"id": None, "state": CourseState.COMPLETED, "booked_at": NOW - dt.timedelta(days=365)}
    made = Course.objects.bulk_create((Course(**facts) for _each in range(number)), batch_size=5_000)
    ids = range(made[0].pk, made[-1].pk + 1)
    assert len(ids) == number
    return ids


def _course() -> Course:
    return Course.objects.exclude(state=CourseState.COMPLETED).get()


def look() -> float:
    """Plan, and claim five that are due; return the seconds it took, and put the five back."""
    Message.objects.filter(pk__in=_five()).update(state="pending")
    began = time.perf_counter()
    planning.plan_messages(now=NOW)
    claim = claiming.claim(channel="sms", now=NOW, is_paced=True)
    spent = time.perf_counter() - began
    assert claim is not None
    Message.objects.filter(pk__in=claim.ids).update(state="accepted", lease_until=None, lease_token=None, attempt=1)
    return spent


def _five() -> list[Any]:
    return list(Message.objects.filter(dedupe_key__startswith="bench-").values_list("pk", flat=True)[:5])
