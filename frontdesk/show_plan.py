"""A plan, ready to print: months of dots, weeks of rows."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from frontdesk import show_month
from frontdesk.show_month import Cell
from scheduling.domain.alternatives import Alternative
from scheduling.domain.local_time import clock_text, day_text, monday_of
from scheduling.domain.plan import Fit, Plan, PlannedSession
from scheduling.queries.mending import Mended
from scheduling.queries.planning import Proposal


@dataclass(frozen=True, slots=True)
class Choice:
    """Another place for a session, as a chip: its number, its words, and what is posted to take it."""

    n: int
    text: str
    value: str
    is_taken: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One session of the list."""

    number: int
    day: str
    span: str
    where: str
    why: str
    icon: str
    deviation: str
    is_chosen: bool
    choices: tuple[Choice, ...]
    closed: tuple[str, ...]  # the closed days before it, since the session before or the Monday


@dataclass(frozen=True, slots=True)
class Week:
    """A week of the list, and the closed days in it."""

    title: str
    span: str
    pace: str
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
    chosen: int
    late: str
    has_taper: bool
    standing: str
    differs: bool  # times may change from day to day, and do
    starts_on: dt.date
    first_minutes: int


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
    """One half hour of the best-time strip."""

    height: float
    y: float
    count: int
    label: str
    said: str
    value: str
    css: str
    is_wish: bool


@dataclass(frozen=True, slots=True)
class Best:
    """The best-time strip: a sentence, the bars, and the fullest time to try."""

    title: str
    bars: tuple[Bar, ...]
    try_value: str
    try_label: str
    fits_all: int  # how many sessions there are, if at the time to try every one of them fits


@dataclass(frozen=True, slots=True)
class Held:
    """What is held while somebody looks at what was picked instead: the course, until when, the rows to look at."""

    course_id: int
    until: str
    rows: tuple[int, ...]
    lead: str
    count: int


_TASTES = {
    "as_asked": ("As close as it gets to the wish", "is-booked"),
    "earliest": ("Ends earliest", "is-done"),
    "steadiest": ("Steadiest time", "is-done"),
    "chosen": ("As you chose", "is-booked"),
}
TALL = 64.0  # of a bar, in the units of the drawing
CHIPS = 3  # for one row: as many as a hand takes in at a glance
SCALES = {"phq9": "PHQ-9", "gad7": "GAD-7"}
CHOSEN = "Chosen: "
ANY_START = "The first visit is on this day or the next one with room."


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
        bars=tuple(_bar(fit, whole, standing) for fit in fits),
        try_value=_value(best.minute) if best.sessions > counts.get(standing, 0) else "",
        try_label=clock_text(best.minute),
        fits_all=whole if best.sessions == whole else 0,
    )


def _bar(fit: Fit, whole: int, standing: int) -> Bar:
    height = round(max(2.0, TALL * fit.sessions / whole), 1)
    return Bar(
        height=height,
        y=round(TALL - height, 1),
        count=fit.sessions,
        label=clock_text(fit.minute).removesuffix("am").removesuffix("pm"),
        said=f"{clock_text(fit.minute)}: {fit.sessions} of {whole} fit",
        value=_value(fit.minute),
        css="sel" if fit.minute == standing else "full" if fit.sessions == whole else "bar",
        is_wish=fit.minute == standing,
    )


def _value(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _listed(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}" if texts else ""


def held(course_id: int, found: Mended, *, until: str) -> Held:
    """Return what is said above a plan some of whose times went to others."""
    if found.lost == 1:
        lead = "1 time was taken while you were choosing. A new time is picked; look at"
    else:
        lead = f"{found.lost} times were taken while you were choosing. New times picked; look at"
    return Held(
        course_id, until, found.rows, f"{lead} row{'s' * (len(found.rows) > 1)}", len(found.proposal.plan.sessions)
    )


def plan_view(
    proposal: Proposal, *, instead: Mapping[int, Sequence[tuple[Alternative, Proposal]]] | None = None
) -> PlanView:
    """Return a plan as the page prints it; `instead`: where else some of its sessions could be, by number."""
    plan = proposal.plan
    lead, _dot, rest = plan.summary.partition(". ")
    closed = dict(plan.skipped)
    return PlanView(
        lead=f"{lead}.",
        rest=" ".join(part for part in (rest, proposal.coverage_words) if part),
        count=len(plan.sessions),
        weekdays="SMTWTFS" * 5 + "SM",
        months=show_month.months(plan),
        weeks=_weeks(proposal, closed, instead or {}),
        moved=sum(bool(session.deviation) for session in plan.sessions),
        chosen=sum((session.deviation or "").startswith(CHOSEN) for session in plan.sessions),
        late=next((deviation.text for deviation in plan.deviations if deviation.code == "late_start"), ""),
        has_taper=any(session.phase == "taper" for session in plan.sessions),
        standing=clock_text(plan.standing_minute),
        differs=proposal.wish.is_any_time and len({session.minute for session in plan.sessions}) > 1,
        starts_on=plan.sessions[0].day,
        first_minutes=plan.sessions[0].minutes,
    )


def start_hint(proposal: Proposal) -> str:
    """Return what is said below the day on which a course is to start."""
    first = proposal.plan.sessions[0]
    if first.day == proposal.wish.start_on:
        return f"The first visit is that day, {first.minutes} minutes."
    return f"The next day with {first.minutes} minutes for the first visit is {day_text(first.day)}."


def earliest_hint(plan: PlanView) -> str:
    """Return what is said below a day nobody typed."""
    return f"Earliest day with {plan.first_minutes} minutes for the first visit."


def picked(proposal: Proposal) -> str:
    """Return the device that was picked for most of a course, or nothing where somebody asked for one."""
    if proposal.wish.pins:
        return ""
    main = _main(proposal.plan)
    return next(use.name for session in proposal.plan.sessions for use in session.uses[:1] if use.resource_id == main)


def deviating(plan: Plan) -> list[int]:
    """Return the numbers of the sessions that are not where they were wished."""
    return [session.number for session in plan.sessions if session.deviation]


def choices(
    number: int, plan: Plan, found: Sequence[tuple[Alternative, Proposal]], *, most: int = CHIPS
) -> tuple[Choice, ...]:
    """Return the chips of one row: where the session is now, if that is not as wished, and where else it could be."""
    session = plan.sessions[number - 1]
    main = _main(plan)
    chips = [(_place(session, main), "", True)] if session.deviation else []
    chips += [(_words(number, each, main), f"{number}.{value_of(number, each)}", False) for each, _whole in found]
    return tuple(Choice(n, *chip) for n, chip in enumerate(chips[:most], start=1))


def value_of(number: int, found: Alternative) -> str:
    """Return what tells one place for a session from another."""
    if found.kind == "later_day":
        return found.kind
    session = found.plan.sessions[number - 1]
    return f"{found.kind}.{session.minute}.{session.uses[0].resource_id}"


def _words(number: int, found: Alternative, main: int) -> str:
    return found.text if found.kind == "later_day" else _place(found.plan.sessions[number - 1], main)


def _place(session: PlannedSession, main: int) -> str:
    use = session.uses[0]
    at = clock_text(session.minute)
    return f"{at}, same device" if use.resource_id == main else f"{at} on {use.name}"


def _main(plan: Plan) -> int:
    """Return the device that most of the sessions are on."""
    counts = Counter(session.uses[0].resource_id for session in plan.sessions)
    return counts.most_common(1)[0][0]


def _weeks(
    proposal: Proposal,
    closed: Mapping[dt.date, str],
    instead: Mapping[int, Sequence[tuple[Alternative, Proposal]]],
) -> tuple[Week, ...]:
    weeks = []
    plan = proposal.plan
    grouped = groupby(plan.sessions, key=lambda session: monday_of(session.day))
    for number, (monday, group) in enumerate(grouped, start=1):
        sessions = list(group)
        sunday = monday + dt.timedelta(days=6)
        shut = [(day, f"{day_text(day)}, closed: {name}") for day, name in closed.items() if monday <= day <= sunday]
        since = [monday, *(session.day for session in sessions)]
        rows = tuple(
            _row(
                session,
                proposal,
                choices(session.number, plan, instead.get(session.number, ())),
                tuple(words for day, words in shut if before <= day < session.day),
            )
            for session, before in zip(sessions, since, strict=False)
        )
        weeks.append(
            Week(
                title=f"Week {number}",
                span=f"{monday:%b} {monday.day} to {sunday:%b} {sunday.day}",
                pace="Taper" if all(session.phase == "taper" for session in sessions) else "",
                rows=rows,
                closed=tuple(words for day, words in shut if day > sessions[-1].day),
                moved=sum(bool(row.deviation) for row in rows),
            )
        )
    return tuple(weeks)


def _row(session: PlannedSession, proposal: Proposal, chips: tuple[Choice, ...], closed: tuple[str, ...]) -> Row:
    icon, why = _fact(session, proposal)
    deviation = session.deviation or ""
    # What is free instead stands on the chips.
    reason = deviation.partition("; free instead")[0].rstrip(".") if chips else deviation.rstrip(".")
    return Row(
        number=session.number,
        day=day_text(session.day),
        span=f"{clock_text(session.minute)} to {clock_text(session.minute + session.minutes)}",
        where=session.uses[0].name,
        why=why,
        icon=icon,
        deviation=f"{reason}." if reason else "",
        is_chosen=deviation.startswith(CHOSEN),
        choices=chips if session.deviation else (),
        closed=closed,
    )


def _fact(session: PlannedSession, proposal: Proposal) -> tuple[str, str]:
    """Return the icon and the words of what is special about a session."""
    people = [use.name for use in session.uses[1:] if use.kind == "psychiatrist"]
    if session.number == 1:
        return "star", f"First visit, {session.minutes} min{', ' + ', '.join(people) if people else ''}"
    if session.visit_type == proposal.definition.remap_visit:
        return "focus-2", f"Re-map due, {session.minutes} min"
    scales = proposal.definition.measures or {}
    due = [SCALES.get(scale, scale.upper()) for scale, after in scales.items() if session.number in after]
    return ("clipboard-text", f"{' and '.join(due)} due") if due else ("", session.why)
