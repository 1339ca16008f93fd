"""Charts as points, paths and labels: the numbers are worked out here, the template only prints them."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scheduling.domain.pace import Pace, Points

LEFT, RIGHT, TOP, BOTTOM = 44, 640, 18, 164  # of the pace chart
S_LEFT, S_RIGHT, S_TOP, S_BOTTOM = 26, 300, 12, 126  # of a scale's
ROOM = 4  # scores beside which words have room
APART = 58  # labels nearer than this would touch


@dataclass(frozen=True, slots=True)
class Label:
    """A word in a chart, where it stands; `hi`: one of those one looks for."""

    x: float
    y: float
    text: str
    anchor: str = "middle"
    hi: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a line."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class PaceChart:
    """How a course keeps to its plan, as a picture and as a table."""

    planned: str
    done: str
    forecast: str
    today: float
    here: Dot | None
    rows: Sequence[Label]
    days: Sequence[Label]


@dataclass(frozen=True, slots=True)
class ScoreChart:
    """A scale over time: its line, a number at each point, and where response and remission begin."""

    line: str
    points: Sequence[Dot]
    rows: Sequence[Label]
    labels: Sequence[Label]
    response: float | None
    remission: float | None
    words_x: float
    words_anchor: str


def pace_chart(pace: Pace, *, prescribed: int, today: dt.date) -> PaceChart:
    """Return the chart of a course's pace, from the first day to the last one there is."""
    days = [day for line in (pace.planned, pace.done, pace.forecast) for day, _count in line]
    first, last = min(days), max(days)
    most = max(prescribed, *(line[-1][1] for line in (pace.planned, pace.done, pace.forecast) if line))

    def x(day: dt.date) -> float:
        return round(LEFT + (RIGHT - LEFT) * (day - first).days / max(1, (last - first).days), 1)

    def y(count: int) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * count / most, 1)

    def path(line: Points) -> str:
        return " ".join(f"{x(day)},{y(count)}" for day, count in line)

    now = x(min(max(today, first), last))
    here = pace.done[-1] if pace.done else None
    joined = ((here, *pace.forecast) if here else pace.forecast) if pace.forecast else ()
    return PaceChart(
        planned=path(pace.planned),
        done=path(pace.done),
        forecast=path(joined),
        today=now,
        here=Dot(x(here[0]), y(here[1])) if here else None,
        rows=[Label(LEFT - 8, y(count), str(count), "end") for count in _marks(most)],
        days=_day_labels(x, first, today if first <= today <= last else None, last),
    )


def _marks(most: int) -> list[int]:
    """Return the counts that have a line: nothing, all, and thirds between if they are whole enough."""
    return sorted({0, most, *((most // 3, 2 * most // 3) if most >= 9 else ())})


def _day_labels(at: Callable[[dt.date], float], first: dt.date, today: dt.date | None, last: dt.date) -> list[Label]:
    found = [Label(at(first), BOTTOM + 20, _short(first), "start")]
    if last > first:
        found.append(Label(at(last), BOTTOM + 20, _short(last), "end", hi=True))
    if today and all(abs(at(today) - label.x) > APART for label in found):
        found.append(Label(at(today), BOTTOM + 20, "Today", hi=True))
    return found


def score_chart(
    scores: Sequence[tuple[dt.date, int]], *, most: int, response: float | None, remission: int | None
) -> ScoreChart:
    """Return the chart of a scale whose greatest score is `most`, one place for each score, evenly."""
    step = min(56.0, (S_RIGHT - S_LEFT - 34) / max(1, len(scores) - 1))

    def y(score: float) -> float:
        return round(S_BOTTOM - (S_BOTTOM - S_TOP) * score / most, 1)

    points = [Dot(round(S_LEFT + 16 + step * place, 1), y(score)) for place, (_day, score) in enumerate(scores)]
    each = max(1, round(44 / step))
    labels = []
    for place, (point, (day, score)) in enumerate(zip(points, scores, strict=True)):
        is_last = place == len(points) - 1
        if is_last or (place % each == 0 and len(points) - 1 - place >= each):
            labels += [
                Label(point.x, point.y - 9, str(score), hi=True),
                Label(point.x, S_BOTTOM + 18, _short(day)),
            ]
    is_full = len(scores) > ROOM  # then the line itself needs the right side, where it ends low
    return ScoreChart(
        line=" ".join(f"{point.x},{point.y}" for point in points),
        points=points,
        rows=[Label(S_LEFT - 8, y(mark), str(mark), "end") for mark in (0, most // 3, 2 * most // 3, most)],
        labels=labels,
        response=y(response) if response is not None else None,
        remission=y(remission) if remission is not None else None,
        words_x=S_LEFT + 4 if is_full else S_RIGHT - 4,
        words_anchor="start" if is_full else "end",
    )


def _short(day: dt.date) -> str:
    return f"{day:%b} {day.day}"
