"""Somebody books for a record while it is merged into another one: no course is left with a record nobody uses."""

import os
from functools import partial

import pytest
from django.db import connection

from clinic.actions import Request
from clinic.domain.permissions import Role
from notifications.actions import joining
from patients.errors import Rejected
from patients.models import Patient
from scheduling.models import Course, Session
from tests.factories import NOW, make_staff
from tests.races.conftest import Crowd, overlaps

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = int(os.environ.get("RACE_ROUNDS", "3"))
TIMES = ("08:00", "09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00")


def merge(asker: Request, kept: Patient, gone: Patient) -> str:
    """Merge two records in a thread of its own; return what came of it."""
    versions = (Patient.objects.get(pk=kept.pk).version, gone.version)
    try:
        joining.join_records(request=asker, kept_id=kept.pk, gone_id=gone.pk, versions=versions, now=NOW)
    except Rejected as refusal:
        return refusal.code
    finally:
        connection.close()
    return "merged"


def test_a_booking_that_meets_a_merge_goes_with_it_or_is_refused(crowd: Crowd) -> None:
    kept = crowd.world.maria
    asker = Request(user=make_staff("mona@example.com", Role.MANAGER, crowd.world.site))
    booked = 0
    for number, gone in enumerate(crowd.patients(ROUNDS)):
        time = TIMES[number % len(TIMES)]
        plan = crowd.plan(gone, protocol="single", start_on="2026-11-24", preferred_time=time)

        (status, body, _headers), merged = crowd.at_once(
            partial(crowd.post, "courses/", {"plan": plan}), partial(merge, asker, kept, gone)
        )
        if merged == "busy":
            merged = merge(asker, kept, gone)

        booked += status == 201
        assert (merged, Patient.objects.get(pk=gone.pk).state) == ("merged", "merged")
        assert (status, body.get("code")) in [(201, None), (409, "patient_merged")]
        assert Course.objects.filter(patient=kept).count() == Session.objects.filter(patient=kept).count() == booked
        assert (Course.objects.count(), overlaps()) == (booked, 0)
