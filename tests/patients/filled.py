"""How a patient fills a form in: question by question, and sends it."""

import datetime as dt
from collections.abc import Sequence

from clinic.actions import Request
from patients import form_actions
from patients.domain.clinical import Instrument
from patients.domain.contact import Language
from patients.models import FormRun, Patient
from tests.factories import NOW

PHONE = Request(user=None, actor="patient", agent="Phone/1")
PHQ9, GAD7 = Instrument.PHQ9, Instrument.GAD7


def begin(patient: Patient, instrument: Instrument = PHQ9, now: dt.datetime = NOW) -> int:
    return form_actions.begin_form(
        request=PHONE, patient_id=patient.pk, instrument=instrument, language=Language.ENGLISH, course_number=7, now=now
    )


def answer(
    patient: Patient,
    number: int,
    value: int,
    *,
    instrument: Instrument = PHQ9,
    now: dt.datetime = NOW,
    language: Language = Language.ENGLISH,
) -> bool:
    return form_actions.answer_question(
        request=PHONE,
        patient_id=patient.pk,
        instrument=instrument,
        number=number,
        answer=value,
        language=language,
        now=now,
    )


def send(patient: Patient, instrument: Instrument = PHQ9, now: dt.datetime = NOW) -> int:
    return form_actions.send_form(request=PHONE, patient_id=patient.pk, instrument=instrument, day=now.date(), now=now)


def fill(patient: Patient, values: Sequence[int], *, instrument: Instrument = PHQ9, now: dt.datetime = NOW) -> FormRun:
    """Fill a form in from the first question on and send it."""
    begin(patient, instrument, now)
    for number, value in enumerate(values, 1):
        answer(patient, number, value, instrument=instrument, now=now)
    return FormRun.objects.get(pk=send(patient, instrument, now))
