"""Forms patients fill in: kept answer by answer, sent once, and an alarm that nothing takes back."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from clinic.models import AuditEntry
from patients import forms, life, life_actions
from patients.domain.contact import Language
from patients.domain.questions import FORMS
from patients.errors import NotFound, Rejected
from patients.models import FormRun, MeasureResult, Patient
from tests.factories import NOW, World
from tests.patients.filled import GAD7, PHQ9, answer, begin, fill, send

TODAY = NOW.date()
DAY = dt.timedelta(days=1)


def going_on(world: World, now: dt.datetime = NOW) -> FormRun | None:
    return forms.begun_form(patient_id=world.maria.pk, instrument=PHQ9, now=now)


def actions_of(world: World) -> list[tuple[str, str]]:
    rows = AuditEntry.objects.filter(action__startswith="form.", patient_id=world.maria.pk, actor=None)
    return list(rows.order_by("pk").values_list("action", "role"))


def test_a_form_that_was_left_after_the_fourth_question_goes_on_at_the_fifth(world: World) -> None:
    run_id = begin(world.maria)
    for number in range(1, 5):
        answer(world.maria, number, 2)

    later = going_on(world, NOW + 6 * DAY)

    assert later is not None
    assert (later.pk, forms.answers_of(later), forms.next_of(later)) == (run_id, {1: 2, 2: 2, 3: 2, 4: 2}, 5)
    assert begin(world.maria, now=NOW + 6 * DAY) == run_id


def test_an_answer_is_changed_until_the_form_is_sent_and_said_twice_is_said_once(world: World) -> None:
    begin(world.maria)
    for value in (1, 1, 3):
        answer(world.maria, 2, value, language=Language.SPANISH)

    run = FormRun.objects.get()

    assert (run.answers, run.language) == ({"2": 3}, "es")
    assert actions_of(world) == [("form.begun", "patient")]


def test_a_form_sent_is_a_score_of_that_day_by_nobody_on_the_staff(world: World) -> None:
    run = fill(world.maria, [1, 2, 3, 0, 1, 2, 3, 0, 0, 3])

    result = MeasureResult.objects.get()
    assert (run.score, run.result, run.finished_at) == (12, result, NOW)
    assert (result.score, result.measured_on, result.recorded_by) == (12, TODAY, None)
    assert [row.run_id for row in life.results_of(world.maria.pk)] == [run.pk]  # type: ignore[attr-defined]
    assert actions_of(world) == [("form.begun", "patient"), ("form.sent", "patient")]


def test_the_question_that_is_not_scored_may_stay_open(world: World) -> None:
    assert fill(world.maria, [1] * 9).score == 9


def test_without_an_answer_to_every_scored_question_nothing_is_sent(world: World) -> None:
    begin(world.maria)
    for number in range(1, 9):
        answer(world.maria, number, 1)

    with pytest.raises(Rejected, match="every question"):
        send(world.maria)

    assert (MeasureResult.objects.count(), going_on(world) is not None) == (0, True)


@pytest.mark.parametrize(("number", "value"), [(0, 1), (11, 1), (1, 4), (1, -1)])
def test_there_is_no_other_question_and_no_other_answer(world: World, number: int, value: int) -> None:
    begin(world.maria)

    with pytest.raises(Rejected, match="no such answer"):
        answer(world.maria, number, value)

    assert FormRun.objects.get().answers == {}


def test_nobody_answers_or_sends_what_was_not_begun_or_was_sent(world: World) -> None:
    deeds: list[Callable[[], Any]] = [lambda: answer(world.maria, 1, 0), lambda: send(world.maria)]
    for deed in deeds:
        with pytest.raises(NotFound):
            deed()
    fill(world.maria, [1] * 9)
    for deed in deeds:
        with pytest.raises(NotFound):
            deed()

    assert MeasureResult.objects.get().score == 9


def test_after_a_week_a_form_is_begun_anew_and_the_old_answers_are_kept(world: World) -> None:
    old = begin(world.maria)
    answer(world.maria, 1, 3)
    later = NOW + 7 * DAY
    with pytest.raises(NotFound):
        answer(world.maria, 2, 3, now=later)

    new = begin(world.maria, now=later)

    rows = FormRun.objects.order_by("pk").values_list("pk", "answers", "dropped_at")
    assert list(rows) == [(old, {"1": 3}, later), (new, {}, None)]


def test_a_form_in_words_that_were_changed_since_is_begun_anew(world: World) -> None:
    old = begin(world.maria)
    FormRun.objects.update(wording=FORMS[PHQ9].wording + 1)

    assert begin(world.maria) != old


def test_a_later_form_of_a_day_counts_and_the_earlier_one_is_kept(world: World) -> None:
    first = fill(world.maria, [1] * 9)
    second = fill(world.maria, [2] * 9, now=NOW + dt.timedelta(hours=3))

    first.refresh_from_db()
    assert (first.score, first.result) == (9, None)
    assert (MeasureResult.objects.get().score, second.result) == (18, MeasureResult.objects.get())


def test_what_somebody_on_the_staff_recorded_that_day_stands(world: World) -> None:
    about: dict[str, Any] = {"patient": world.maria, "instrument": PHQ9, "measured_on": TODAY, "now": NOW}
    life_actions.record_measure(request=world.request, score=21, **about)

    run = fill(world.maria, [1] * 9)

    assert (MeasureResult.objects.get().score, run.score, run.result) == (21, 9, None)


def test_a_score_taken_back_leaves_the_form(world: World) -> None:
    run = fill(world.maria, [1] * 9)

    life_actions.withdraw_measure(
        request=world.request, patient=world.maria, measure_id=MeasureResult.objects.get().pk, now=NOW
    )

    run.refresh_from_db()
    assert (run.score, run.result) == (9, None)


def test_two_forms_are_filled_in_side_by_side(world: World) -> None:
    begin(world.maria)
    gad = fill(world.maria, [2] * 7, instrument=GAD7)

    assert (gad.score, going_on(world) is not None) == (14, True)


def test_an_answer_above_zero_to_the_ninth_question_alarms_at_once(world: World) -> None:
    run_id = begin(world.maria)

    alarms = [answer(world.maria, 9, value) for value in (0, 1)]

    [found] = forms.alarms(site_ids=[world.site.pk], now=NOW)
    assert (alarms, found.run_id, found.answer, found.at) == ([False, True], run_id, 1, NOW)
    assert actions_of(world)[-1] == ("form.alarm", "patient")


def test_nothing_answered_afterwards_takes_an_alarm_back(world: World) -> None:
    begin(world.maria)
    hours = [NOW + dt.timedelta(hours=number) for number in range(4)]
    for now, value in zip(hours, (2, 1, 0, 3), strict=True):
        answer(world.maria, 9, value, now=now)
        last = forms.alarms(site_ids=[world.site.pk], now=now)[0]
        assert (last.answer, last.at) == ((3, now) if value == 3 else (2, NOW))

    begin(world.maria, now=NOW + 8 * DAY)

    assert [each.answer for each in forms.alarms(site_ids=[world.site.pk], now=NOW + 8 * DAY)] == [3]


def alarms_of(world: World, now: dt.datetime) -> list[tuple[int, int]]:
    return [(each.run_id, each.answer) for each in forms.alarms(site_ids=[world.site.pk], now=now)]


def test_an_answer_that_alarms_after_the_form_was_sent_is_heard_and_leaves_what_was_sent(world: World) -> None:
    run = fill(world.maria, [1] * 8 + [0])
    later = NOW + dt.timedelta(minutes=5)

    alarms = answer(world.maria, 9, 3, now=later)

    after = FormRun.objects.get()
    assert (alarms, after.alarm, after.alarm_at) == (True, 3, later)
    assert (after.score, after.answers, after.finished_at) == (8, run.answers, NOW)
    assert (alarms_of(world, later), actions_of(world)[-1]) == ([(run.pk, 3)], ("form.alarm", "patient"))


def test_after_the_form_was_sent_only_a_graver_answer_alarms_anew(world: World) -> None:
    run = fill(world.maria, [2] * 9)
    hours = [NOW + dt.timedelta(hours=number) for number in (1, 2, 3)]

    for now, value in zip(hours, (2, 1, 3), strict=True):
        assert answer(world.maria, 9, value, now=now)

    run.refresh_from_db()
    assert (run.alarm, run.alarm_at) == (3, hours[2])
    assert [action for action, _role in actions_of(world)].count("form.alarm") == 2


def test_an_answer_that_alarms_after_a_week_is_heard_on_a_form_begun_anew(world: World) -> None:
    old = begin(world.maria)
    answer(world.maria, 9, 2)
    later = NOW + 8 * DAY

    assert answer(world.maria, 9, 2, now=later)

    new = FormRun.objects.get(dropped_at=None)
    assert (new.pk != old, new.answers, new.alarm, new.alarm_at, new.course_number) == (True, {}, 2, later, 7)
    assert alarms_of(world, later) == [(old, 2), (new.pk, 2)]


def test_an_answer_that_alarms_is_heard_after_the_words_were_changed(world: World) -> None:
    old = begin(world.maria)
    FormRun.objects.update(wording=FORMS[PHQ9].wording + 1)

    assert answer(world.maria, 9, 1)

    [(run_id, given)] = alarms_of(world, NOW)
    assert (run_id != old, given) == (True, 1)


def test_an_answer_that_alarms_long_after_the_form_was_sent_begins_one_anew(world: World) -> None:
    sent = fill(world.maria, [0] * 9)
    later = NOW + 8 * DAY

    assert answer(world.maria, 9, 1, now=later)

    assert alarms_of(world, later) == [(FormRun.objects.exclude(pk=sent.pk).get().pk, 1)]


def test_what_can_be_gone_on_with_is_what_was_begun_in_the_last_week_and_not_sent(world: World) -> None:
    begin(world.maria)
    fill(world.maria, [2] * 7, instrument=GAD7)

    found = [forms.begun_forms(patient_id=world.maria.pk, now=NOW + days * DAY) for days in (0, 6, 7)]

    assert found == [{PHQ9}, {PHQ9}, set()]


def test_an_alarm_is_the_sites_own_and_not_of_somebody_who_died(world: World) -> None:
    begin(world.maria)
    answer(world.maria, 9, 1)
    other = forms.alarms(site_ids=[world.other_site.pk], now=NOW)
    world.maria.state = "deceased"
    world.maria.save()

    assert (other, forms.alarms(site_ids=[world.site.pk], now=NOW)) == ([], [])


def row(world: World, **more: Any) -> FormRun:
    facts: dict[str, Any] = {"instrument": "phq9", "language": "en", "wording": 1, "begun_at": NOW} | more
    return FormRun(patient=world.maria, **facts)


def test_the_database_keeps_one_open_form_of_a_kind(world: World) -> None:
    begin(world.maria)

    with pytest.raises(IntegrityError), transaction.atomic():
        row(world).save()
    row(world, dropped_at=NOW).save()
    row(world, finished_at=NOW, score=3).save()


@pytest.mark.parametrize(
    "more",
    [
        {"instrument": "qids"},
        {"finished_at": NOW},
        {"score": 4},
        {"finished_at": NOW, "score": 28},
        {"finished_at": NOW, "score": 22, "instrument": "gad7"},
        {"finished_at": NOW, "score": 3, "dropped_at": NOW},
        {"alarm": 1},
        {"alarm": 4, "alarm_at": NOW},
        {"alarm_at": NOW},
    ],
)
def test_the_database_refuses_what_can_not_be(world: World, more: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        row(world, **more).save()


@pytest.mark.parametrize("deed", [begin, lambda patient: fill(patient, [0] * 9)])
def test_no_form_holds_a_name_in_its_own_words(world: World, deed: Callable[[Patient], Any]) -> None:
    deed(world.maria)

    assert str(FormRun.objects.get()) == f"Form {FormRun.objects.get().pk}"
