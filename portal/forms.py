"""A form to fill in: what it is for, one question a page, kept at each tap, and sent at the end."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from patients import form_actions, forms
from patients.domain.clinical import Instrument
from patients.domain.contact import Language
from patients.domain.questions import FORMS
from patients.errors import NotFound
from portal.pages import Visitor, go, page, show
from portal.show_forms import NUMBERS, path_to
from portal.words.forms import WORDS
from scheduling.domain import local_time
from scheduling.queries.scales import AskedForm, forms_due


@page(level=2)
def first(request: HttpRequest, visitor: Visitor, form: int) -> HttpResponse:
    """Say what a form is for and begin it; go on with it, or send it, where it was begun."""
    instrument = NUMBERS.get(form)
    if instrument is None:
        return go(visitor)
    if request.method == "POST":
        return _sent(visitor, instrument) if request.POST.get("do") == "send" else _begun(visitor, instrument)
    run = _run(visitor, instrument)
    if run is None:
        return _without(request, visitor, instrument)
    at = forms.next_of(run)
    last = FORMS[instrument].questions
    said = WORDS[visitor.language]["form_at"].format(item=at, count=last)
    return _shown(
        request,
        visitor,
        "portal/form_first.html" if at else "portal/form_last.html",
        run,
        at=said if run.answers else "",
        next_url=visitor.url(path_to(instrument, at or last)),
    )


@page(level=2)
def question(request: HttpRequest, visitor: Visitor, form: int, item: int) -> HttpResponse:
    """Ask one question; a tap on an answer keeps it and goes on, to help first where the answer alarms."""
    instrument = NUMBERS.get(form)
    if instrument is None:
        return go(visitor)
    if request.method == "POST":
        return _answered(request, visitor, instrument, item)
    run = _run(visitor, instrument)
    if run is None:
        return go(visitor, path_to(instrument))
    at = forms.next_of(run)
    if not 1 <= item <= (at or FORMS[instrument].questions):
        return go(visitor, path_to(instrument))
    words = FORMS[instrument].words[visitor.language]
    lead, asked, answers = words.question(item)
    return _shown(
        request,
        visitor,
        "portal/form_question.html",
        run,
        step=WORDS[visitor.language]["form_step"].format(item=item, count=words.questions),
        lead=lead,
        asked=asked,
        answers=list(enumerate(answers)),
        chosen=forms.answers_of(run).get(item, -1),
        attribution=words.attribution,
        before_url=visitor.url(path_to(instrument, item - 1)),
    )


@page(level=2)
def help_now(request: HttpRequest, visitor: Visitor, form: int) -> HttpResponse:
    """Show whom to call after an answer that alarms, and the way on with a form that is not sent."""
    instrument = NUMBERS.get(form)
    if instrument is None:
        return go(visitor)
    if not forms.has_alarmed(patient_id=visitor.link.patient_id, instrument=instrument):
        return go(visitor, path_to(instrument))
    run = _run(visitor, instrument)
    on_url = visitor.url(path_to(instrument, forms.next_of(run))) if run else ""
    return _shown(request, visitor, "portal/form_help.html", run, on_url=on_url)


def _without(request: HttpRequest, visitor: Visitor, instrument: Instrument) -> HttpResponse:
    """Offer a form that is due; else thank for the one sent last, or say that there is none."""
    if _asked(visitor, instrument):
        return _shown(request, visitor, "portal/form_first.html", None)
    day = local_time.today(visitor.now, visitor.site.zone)
    since, _until = local_time.day_bounds(day, visitor.site.zone)
    sent = forms.sent_since(patient_id=visitor.link.patient_id, instrument=instrument, since=since)
    return _shown(request, visitor, "portal/form_thanks.html", sent, is_sent=sent is not None)


def _begun(visitor: Visitor, instrument: Instrument) -> HttpResponse:
    asked, run = _asked(visitor, instrument), _run(visitor, instrument)
    if asked is None and run is None:
        return go(visitor, path_to(instrument))
    form_actions.begin_form(
        request=visitor.request,
        patient_id=visitor.link.patient_id,
        instrument=instrument,
        language=Language(visitor.language),
        course_number=asked.course_id if asked else None,
        now=visitor.now,
    )
    return go(visitor, path_to(instrument, (forms.next_of(run) if run else 1) or FORMS[instrument].questions))


def _answered(request: HttpRequest, visitor: Visitor, instrument: Instrument, item: int) -> HttpResponse:
    given = request.POST.get("answer", "")
    try:
        alarms = form_actions.answer_question(
            request=visitor.request,
            patient_id=visitor.link.patient_id,
            instrument=instrument,
            number=item,
            answer=int(given) if given in ("0", "1", "2", "3") else -1,
            language=Language(visitor.language),
            now=visitor.now,
        )
    except NotFound:  # sent from another phone meanwhile, or begun too long ago
        return go(visitor, path_to(instrument))
    if alarms:
        return go(visitor, f"{path_to(instrument)}help/")
    return go(visitor, path_to(instrument, item + 1 if item < FORMS[instrument].questions else 0))


def _sent(visitor: Visitor, instrument: Instrument) -> HttpResponse:
    if _run(visitor, instrument) is not None:
        day = local_time.today(visitor.now, visitor.site.zone)
        about: dict[str, Any] = {"patient_id": visitor.link.patient_id, "instrument": instrument}
        form_actions.send_form(request=visitor.request, **about, day=day, now=visitor.now)
    return go(visitor, path_to(instrument))


def _run(visitor: Visitor, instrument: Instrument) -> Any:
    return forms.begun_form(patient_id=visitor.link.patient_id, instrument=instrument, now=visitor.now)


def _asked(visitor: Visitor, instrument: Instrument) -> AskedForm | None:
    due = forms_due(patient_id=visitor.link.patient_id, zone=visitor.site.zone, now=visitor.now)
    return next((each for each in due if each.instrument is instrument), None)


def _shown(request: HttpRequest, visitor: Visitor, template: str, run: Any, **context: Any) -> HttpResponse:
    """Show a page of a form; once an answer alarmed, each of them shows whom to call."""
    return show(request, visitor, template, {"is_alarmed": bool(run and run.alarm), **context}, WORDS)
