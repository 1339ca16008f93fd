"""Who a patient is, put right: seen by the next person, found by the new name, never beside somebody alike."""

import dataclasses
import datetime as dt

import pytest

from clinic.errors import Stale
from clinic.models import AuditEntry
from patients import edit_actions, queries
from patients.domain.contact import Language
from patients.edit_actions import PatientEdit
from patients.errors import AlreadyKnown
from patients.models import Patient
from tests.factories import NOW, World, make_patient

MARIA = PatientEdit("Maria", "Gómez", "Mari", dt.date(1984, 3, 8), Language.SPANISH, "")


def edit(world: World, details: PatientEdit, *, version: int = 1, allow_twin: bool = False) -> bool:
    return edit_actions.edit_patient(
        request=world.request,
        patient_id=world.maria.pk,
        version=version,
        details=details,
        now=NOW,
        allow_twin=allow_twin,
    )


def found(world: World, text: str) -> list[int]:
    return [row.pk for row in queries.patients_found(site_ids=[world.site.pk], text=text)]


def test_a_corrected_name_is_stored_found_and_noted(world: World) -> None:
    assert edit(world, MARIA)

    row = Patient.objects.get(pk=world.maria.pk)
    assert (row.last_name, row.preferred_name, row.birth_date, row.language, row.version) == (
        "Gómez",
        "Mari",
        dt.date(1984, 3, 8),
        "es",
        2,
    )
    assert (found(world, "gomez"), found(world, "garcia")) == ([world.maria.pk], [])
    assert AuditEntry.objects.filter(action="patient.edited", patient_id=world.maria.pk).count() == 1


def test_the_phone_finds_the_patient_still(world: World) -> None:
    before = found(world, "2040")

    edit(world, MARIA)

    assert (before, found(world, "2040")) == ([world.maria.pk], [world.maria.pk])


def test_the_same_again_changes_nothing(world: World) -> None:
    edit(world, MARIA)

    assert not edit(world, MARIA, version=2)
    assert Patient.objects.get(pk=world.maria.pk).version == 2


def test_who_read_an_older_version_is_told_who_was_quicker_and_changes_nothing(world: World) -> None:
    edit(world, MARIA)

    with pytest.raises(Stale) as refused:
        edit(world, dataclasses.replace(MARIA, first_name="Marta"))

    details = refused.value.details
    assert details is not None
    assert (details.by, details.version) == (world.receptionist.name, 2)
    assert details.words == f"{world.receptionist.name} corrected this record {{ago}}."
    assert Patient.objects.get(pk=world.maria.pk).first_name == "Maria"


def test_somebody_alike_stops_it_until_a_person_has_looked(world: World) -> None:
    make_patient(world.site, world.receptionist, "Maria", "Gomez", birth_date=MARIA.birth_date)

    with pytest.raises(AlreadyKnown, match="Another patient has this name and birth date"):
        edit(world, MARIA)

    assert edit(world, MARIA, allow_twin=True)
