"""A plan, ready to print: months of dots, weeks of rows."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.plan import Fit, Plan, PlannedSession
from scheduling.queries.planning import Proposal

COLUMNS = 37  # six weeks begin on a Sunday


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of a month strip."""

    text: str
    css: str
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """One session of the list."""

    number: int
    day: str
    span: str
    where: str
    why: str
    deviation: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class Week:
    """A week of the list, and the closed days in it."""

    title: str
    span: str
    rows: tuple[Row, ...]
    closed: tuple[str, ...]
    moved: int


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan as the page prints it."""

    lead: str
    rest: str
    count: int
    weekdays: str
    months: tuple[tuple[str, tuple[Cell, ...]], ...]
    weeks: tuple[Week, ...]
    moved: int
    late: str
    has_taper: bool
    standing: str


@dataclass(frozen=True, slots=True)
class Option:
    """One of the plans to choose from."""

    index: int
    title: str
    times: str
    ends: str
    badge: str
    css: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """One half hour of the best-time strip, in the units of the drawing."""

    x: int
    y: float
    height: float
    middle: int
    text_y: float
    count: int
    label: str
    value: str
    css: str


@dataclass(frozen=True, slots=True)
class Best:
    """The best-time strip: a sentence, the bars, and the fullest time to try."""

    title: str
    bars: tuple[Bar, ...]
    width: int
    try_value: str
    try_label: str


_TASTES = {
    "as_asked": ("As close as it gets to the wish", "is-booked"),
    "earliest": ("Ends earliest", "is-done"),
    "steadiest": ("Steadiest time", "is-done"),
    "chosen": ("As you chose", "is-booked"),
}
STEP, BAR, BASE, TALL = 40, 30, 82.0, 64.0
FEWEST_BARS = 20  # fewer leave room at the right: bars of one size, whatever the course


def options(proposals: Sequence[Proposal], chosen: int) -> tuple[Option, ...]:
    """Return the plans to choose from."""
    return tuple(
        Option(
            index=index,
            title=proposal.plan.label,
            times=proposal.plan.summary.partition(". ")[2].partition(", all on")[0].partition(". ")[0].rstrip("."),
            ends=f"Ends {day_text(proposal.plan.sessions[-1].day)}",
            badge=", ".join(_TASTES[taste][0] for taste in proposal.tastes),
            css=_TASTES[proposal.tastes[0]][1],
            is_chosen=index == chosen,
        )
        for index, proposal in enumerate(proposals)
    )


def best_view(fits: Sequence[Fit], plan: Plan) -> Best | None:
    """Return the best-time strip for a plan, or None where a strip would say nothing."""
    whole = len(plan.sessions)
    if whole < 3 or len(fits) < 2:
        return None
    standing = plan.standing_minute
    counts = {fit.minute: fit.sessions for fit in fits}
    full = [fit.minute for fit in fits if fit.sessions == whole]
    best = max(fits, key=lambda fit: (fit.sessions, -abs(fit.minute - standing)))
    asked = f"{clock_text(standing)} fits {counts.get(standing, 0)} of {whole}."
    more = f" {_listed([clock_text(minute) for minute in full[:3] if minute != standing])}" if full else ""
    return Best(
        title=f"{asked}{more} fit{'s' if len(full) == 1 else ''} all." if more.strip() else asked,
        bars=tuple(_bar(index, fit, whole, standing) for index, fit in enumerate(fits)),
        width=STEP * max(len(fits), FEWEST_BARS),
        try_value=_value(best.minute) if best.sessions > counts.get(standing, 0) else "",
        try_label=clock_text(best.minute),
    )


def _bar(index: int, fit: Fit, whole: int, standing: int) -> Bar:
    height = round(max(2.0, TALL * fit.sessions / whole), 1)
    css = "sel" if fit.minute == standing else "full" if fit.sessions == whole else "bar"
    return Bar(
        x=STEP * index + (STEP - BAR) // 2,
        y=round(BASE - height, 1),
        height=height,
        middle=STEP * index + STEP // 2,
        text_y=round(BASE - height - 5, 1),
        count=fit.sessions,
        label=clock_text(fit.minute).removesuffix("am").removesuffix("pm"),
        value=_value(fit.minute),
        css=css,
    )


def _value(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _listed(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}" if texts else ""


def plan_view(plan: Plan) -> PlanView:
    """Return a plan as the page prints it."""
    lead, _dot, rest = plan.summary.partition(". ")
    by_day = {session.day: session for session in plan.sessions}
    closed = dict(plan.skipped)
    return PlanView(
        lead=f"{lead}.",
        rest=rest,
        count=len(plan.sessions),
        weekdays="SMTWTFS" * 5 + "SM",
        months=tuple(_month(year, month, by_day, closed) for year, month in _months(plan)),
        weeks=_weeks(plan, closed),
        moved=sum(bool(session.deviation) for session in plan.sessions),
        late=next((deviation.text for deviation in plan.deviations if deviation.code == "late_start"), ""),
        has_taper=any(session.phase == "taper" for session in plan.sessions),
        standing=clock_text(plan.standing_minute),
    )


def _months(plan: Plan) -> list[tuple[int, int]]:
    first, last = plan.sessions[0].day, plan.sessions[-1].day
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1) for n in range(count)]


def _month(
    year: int, month: int, by_day: Mapping[dt.date, PlannedSession], closed: Mapping[dt.date, str]
) -> tuple[str, tuple[Cell, ...]]:
    first = dt.date(year, month, 1)
    cells = [Cell("", "blank", "")] * (first.isoweekday() % 7)
    day = first
    while day.month == month:
        cells.append(_cell(day, by_day.get(day), closed.get(day, "")))
        day += dt.timedelta(days=1)
    cells += [Cell("", "blank", "")] * (COLUMNS - len(cells))
    return f"{first:%b}", tuple(cells)


def _cell(day: dt.date, session: PlannedSession | None, closed: str) -> Cell:
    if session is None:
        return Cell(str(day.day), "off" if closed else "", closed)
    title = f"Session {session.number}, {day_text(day)}, {clock_text(session.minute)}"
    if session.number == 1:
        css = "on first"
    elif session.deviation:
        css = "alt"
    else:
        css = "taper" if session.phase == "taper" else "on"
    return Cell(str(day.day), css, title)


def _weeks(plan: Plan, closed: Mapping[dt.date, str]) -> tuple[Week, ...]:
    weeks = []
    grouped = groupby(plan.sessions, key=lambda session: session.day - dt.timedelta(days=session.day.isoweekday() - 1))
    for number, (monday, sessions) in enumerate(grouped, start=1):
        rows = tuple(_row(session) for session in sessions)
        sunday = monday + dt.timedelta(days=6)
        weeks.append(
            Week(
                title=f"Week {number}",
                span=f"{monday:%b} {monday.day} to {sunday:%b} {sunday.day}",
                rows=rows,
                closed=tuple(
                    f"{day_text(day)}, closed: {name}" for day, name in closed.items() if monday <= day <= sunday
                ),
                moved=sum(bool(row.deviation) for row in rows),
            )
        )
    return tuple(weeks)


def _row(session: PlannedSession) -> Row:
    people = [use.name for use in session.uses[1:] if use.kind == "psychiatrist"]
    first = (
        f"First visit, {session.minutes} min{', ' + ', '.join(people) if people else ''}" if session.number == 1 else ""
    )
    return Row(
        number=session.number,
        day=day_text(session.day),
        span=f"{clock_text(session.minute)} to {clock_text(session.minute + session.minutes)}",
        where=session.uses[0].name,
        why=first or session.why,
        deviation=session.deviation or "",
        is_first=session.number == 1,
    )
