import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from clinic.lookups import among
from patients.models import Patient
from tests.factories import World

pytestmark = pytest.mark.django_db


def test_it_finds_what_in_finds(world: World) -> None:
    ids = [world.maria.pk, world.maria.pk, 10**12]

    found = Patient.objects.filter(among("id", ids))

    assert list(found) == list(Patient.objects.filter(pk__in=ids)) == [world.maria]


def test_it_goes_over_relations_and_stands_beside_other_conditions(world: World) -> None:
    sites = among("site__id", [world.site.pk])

    found = Patient.objects.filter(Q(pk=world.maria.pk) | Q(among("id", [world.daniel.pk])), sites).order_by("pk")

    assert list(found) == sorted([world.maria, world.daniel], key=lambda patient: patient.pk)


def test_of_no_id_nothing_is_asked(world: World) -> None:
    with CaptureQueriesContext(connection) as seen:
        assert list(Patient.objects.filter(among("id", []))) == []

    assert len(seen) == 0
