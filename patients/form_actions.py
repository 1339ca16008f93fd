"""What patients do with a form themselves: begin, answer question by question, send.

Nobody on the staff has a hand in it, and every answer is kept as soon as it is given.
"""

import datetime as dt

from django.db import transaction

from clinic import actions as clinic_actions
from clinic.actions import Request
from patients.domain.clinical import Instrument
from patients.domain.contact import Language
from patients.domain.questions import FORMS, MOST, is_alarming, score
from patients.errors import NotFound, Rejected
from patients.forms import GOOD_FOR, answers_of, begun_form, can_go_on, open_run, sent_since
from patients.models import FormRun, MeasureResult, Patient

AGENT = 200  # letters of a browser's name that are kept
_NOT_BEGUN = "This form was not begun, or it was sent already."


@transaction.atomic(durable=True)
def begin_form(
    *,
    request: Request,
    patient_id: int,
    instrument: Instrument,
    language: Language,
    course_number: int | None,
    now: dt.datetime,
) -> int:
    """Begin a form, or go on with the one begun less than a week ago, and return its id."""
    patient = _locked(patient_id)
    found = open_run(patient_id, instrument)
    if found and can_go_on(found, now):
        return found.pk
    return _anew(request, patient, found, instrument, language, course_number, now).pk


@transaction.atomic(durable=True)
def answer_question(
    *,
    request: Request,
    patient_id: int,
    instrument: Instrument,
    number: int,
    answer: int,
    language: Language,
    now: dt.datetime,
) -> bool:
    """Keep the answer to one question, in the place of an earlier one; return whether it alarms.

    An answer that alarms stays known as such whatever is answered afterwards, and is heard also when the form was sent
    meanwhile or is to be begun anew: then only the alarm is kept.

    :raises Rejected: there is no such question or answer.
    :raises NotFound: no form is begun, or it was sent, or begun too long ago; and the answer does not alarm.
    """
    form = FORMS[instrument]
    if not (1 <= number <= form.questions and 0 <= answer <= MOST):
        raise Rejected("There is no such answer.", fields={"answer": "range"})
    patient, alarms = _locked(patient_id), is_alarming(form, number, answer)
    run = begun_form(patient_id=patient_id, instrument=instrument, now=now)
    if run:
        run.answers[str(number)] = answer
        run.language, run.agent = language, request.agent[:AGENT]
        run.save(update_fields=["answers", "language", "agent"])
    elif alarms:
        run = _run_to_alarm(request, patient, instrument, language, now)
    else:
        raise NotFound(_NOT_BEGUN)
    if alarms and answer > run.alarm:
        FormRun.objects.filter(pk=run.pk).update(alarm=answer, alarm_at=now)
        _audit(request, patient, "form.alarm", run, now)
    return alarms


@transaction.atomic(durable=True)
def send_form(*, request: Request, patient_id: int, instrument: Instrument, day: dt.date, now: dt.datetime) -> int:
    """Send a form and return its id: its score is the day's, unless somebody on the staff recorded one that day.

    A score of an earlier form of the day gives way: the later answers count. `day`: at the clinic.

    :raises Rejected: a scored question has no answer.
    :raises NotFound: no form is begun, or it was sent, or begun too long ago.
    """
    patient = _locked(patient_id)
    run = _begun(patient_id, instrument, now)
    try:
        total = score(FORMS[instrument], answers_of(run))
    except ValueError as error:
        raise Rejected(str(error), code="unanswered") from error
    FormRun.objects.filter(pk=run.pk).update(
        finished_at=now, score=total, result=_result(run, total, day, now), agent=request.agent[:AGENT]
    )
    _audit(request, patient, "form.sent", run, now)
    return run.pk


def _result(run: FormRun, total: int, day: dt.date, now: dt.datetime) -> MeasureResult | None:
    """Return the score of a day; None: what somebody on the staff recorded stands."""
    facts = {"patient_id": run.patient_id, "instrument": run.instrument, "measured_on": day}
    there, is_new = MeasureResult.objects.get_or_create(**facts, defaults={"score": total, "recorded_at": now})
    if is_new:
        return there
    earlier = FormRun.objects.filter(result=there)
    if not earlier.update(result=None):
        return None
    MeasureResult.objects.filter(pk=there.pk).update(score=total, recorded_at=now)
    return there


def _run_to_alarm(
    request: Request, patient: Patient, instrument: Instrument, language: Language, now: dt.datetime
) -> FormRun:
    """Return the form that bears an alarm where none can be gone on with: the one just sent, else one begun anew."""
    old = open_run(patient.pk, instrument)
    sent = sent_since(patient_id=patient.pk, instrument=instrument, since=now - GOOD_FOR)
    if sent and old is None:
        return sent
    return _anew(request, patient, old, instrument, language, old.course_number if old else None, now)


def _anew(
    request: Request,
    patient: Patient,
    old: FormRun | None,
    instrument: Instrument,
    language: Language,
    course_number: int | None,
    now: dt.datetime,
) -> FormRun:
    """Begin a form in the place of one that can't be gone on with."""
    if old:
        FormRun.objects.filter(pk=old.pk).update(dropped_at=now)
    run = FormRun.objects.create(
        patient=patient,
        course_number=course_number,
        instrument=instrument,
        language=language,
        wording=FORMS[instrument].wording,
        begun_at=now,
        agent=request.agent[:AGENT],
    )
    _audit(request, patient, "form.begun", run, now)
    return run


def _locked(patient_id: int) -> Patient:
    """Lock a patient, so that two phones write one after the other."""
    rows = Patient.objects.select_for_update(of=("self",), no_key=True).select_related("site")
    return rows.get(pk=patient_id)


def _begun(patient_id: int, instrument: Instrument, now: dt.datetime) -> FormRun:
    if found := begun_form(patient_id=patient_id, instrument=instrument, now=now):
        return found
    raise NotFound(_NOT_BEGUN)


def _audit(request: Request, patient: Patient, action: str, run: FormRun, now: dt.datetime) -> None:
    clinic_actions.write_audit(
        request=request,
        site=patient.site,
        action=action,
        patient_ids=[patient.pk],
        object_type="form",
        object_id=run.pk,
        now=now,
    )
