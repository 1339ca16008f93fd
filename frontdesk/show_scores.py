"""Outcome scales of a course, ready to print: the finding, the chart, what is due and where a total is typed."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from frontdesk.show_charts import ScoreChart, score_chart
from frontdesk.show_visit import NAMES, due
from patients.domain.clinical import RANGES, Instrument
from patients.domain.questions import FORMS
from patients.forms import answers_of
from scheduling.domain import local_time
from scheduling.domain.local_time import day_text
from scheduling.domain.protocol import ProtocolDefinition

# At or above this nobody calls it remission any more (domain 1.9).
REMISSION_UNDER = {"phq9": 5, "qids": 6, "madrs": 10, "hamd17": 8}
_PARTS = ((Fraction(3, 4), "three quarters"), (Fraction(2, 3), "two thirds"), (Fraction(1, 2), "half"))
_FEWER = ((Fraction(1, 3), "a third"), (Fraction(1, 4), "a quarter"))


@dataclass(frozen=True, slots=True)
class Total:
    """One score in the table."""

    id: int
    day: str
    score: int
    is_today: bool
    is_own: bool  # the patient filled it in


@dataclass(frozen=True, slots=True)
class Sent:
    """A form a patient sent: its day and score, and each question with its answer, in English whatever they read."""

    day: str
    score: int
    answers: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Scale:
    """One scale: its finding as a title, its scores and chart; `empty` says when the first one is due."""

    instrument: str
    name: str
    finding: str
    is_due: bool
    totals: Sequence[Total]
    chart: ScoreChart | None
    chart_words: str
    empty: str
    most: int
    under: int | None
    half_of: int | None
    sent: Sequence[Sent] = ()


def scales(
    definition: ProtocolDefinition,
    results: Sequence[Any],
    sessions: Sequence[Any],
    *,
    today: dt.date,
    runs: Sequence[Any] = (),
    zone: str = "UTC",
) -> list[Scale]:
    """Return the scales a course's protocol asks for, with every score of its patient on them.

    `runs`: the forms they sent, for who may read the answers.
    """
    latest = {row.instrument: (row.measured_on, row.score) for row in results}
    wanted = {each.instrument for each in due(definition, sessions, latest)}
    found = []
    for instrument, places in (definition.measures or {}).items():
        own = [row for row in results if row.instrument == instrument]
        scale = _scale(instrument, own, min(places, default=0), is_due=instrument in wanted, today=today)
        found.append(replace(scale, sent=[_sent(run, zone) for run in runs if run.instrument == instrument]))
    return found


def _sent(run: Any, zone: str) -> Sent:
    words = FORMS[Instrument(run.instrument)].words["en"]
    questions = [(number, words.question(number)) for number in range(1, words.questions + 1)]
    given = answers_of(run)
    return Sent(
        day=day_text(local_time.today(run.finished_at, zone)),
        score=run.score,
        answers=[(text, answers[given[number]]) for number, (_lead, text, answers) in questions if number in given],
    )


def _total(row: Any, today: dt.date) -> Total:
    return Total(row.pk, day_text(row.measured_on), row.score, row.measured_on == today, row.run_id is not None)


def _scale(instrument: str, rows: Sequence[Any], first_at: int, *, is_due: bool, today: dt.date) -> Scale:
    name = NAMES.get(instrument, instrument)
    most = RANGES[Instrument(instrument)][1]
    falls = instrument != Instrument.MOCA  # of all others less is better
    under = REMISSION_UNDER.get(instrument)
    scores = [(row.measured_on, row.score) for row in rows]
    half = scores[0][1] if scores and falls and scores[0][1] else None
    chart = score_chart(scores, most=most, response=half / 2 if half else None, remission=under) if scores else None
    return Scale(
        instrument=instrument,
        name=name,
        finding=finding(name, [score for _day, score in scores]),
        is_due=is_due,
        totals=[_total(row, today) for row in rows],
        chart=chart,
        chart_words=f"{name}: {', '.join(str(score) for _day, score in scores)}",
        empty=f"No scores yet. First one is due at visit {max(1, first_at)}.",
        most=most,
        under=under,
        half_of=half,
    )


def finding(name: str, scores: Sequence[int]) -> str:
    """Return what became of a scale, in a sentence: `PHQ-9 is down a third, 21 to 14`."""
    if not scores:
        return name
    first, last = scores[0], scores[-1]
    if len(scores) == 1:
        return f"{name} is {last}"
    if last == first:
        return f"{name} is still {last}"
    way = "down" if last < first else "up"
    part = _part(first - last, first) if last < first else ""
    return f"{name} is {way}{part}, {first} to {last}"


def _part(fell: int, first: int) -> str:
    share = Fraction(fell, first)
    words = next((words for part, words in (*_PARTS, *_FEWER) if share >= part), "")
    return f" {words}" if words else ""
