"""Messages as the desk reads them: words for states and kinds, and what can be done about each."""

import datetime as dt
from dataclasses import dataclass

from frontdesk.show_names import short_name
from notifications.domain.states import Kind, MessageState
from notifications.proof import Line, Proof, Show, Step
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_text

_M = MessageState
LOOKS: dict[MessageState, tuple[str, str, str]] = {
    _M.PENDING: ("Waiting", "clock", "is-booked"),
    _M.CLAIMED: ("Sending", "clock", "is-confirmed"),
    _M.SENDING: ("Sending", "clock", "is-confirmed"),
    _M.ACCEPTED: ("Sent", "done", "is-done"),
    _M.SENT: ("Sent", "done", "is-done"),
    _M.DELIVERED: ("Delivered", "done", "is-done"),
    _M.UNDELIVERED: ("Did not arrive", "noshow", "is-noshow"),
    _M.FAILED: ("Did not arrive", "noshow", "is-noshow"),
    _M.SHOWN: ("Would be sent", "info-circle", "is-booked"),
    _M.UNKNOWN: ("Not sure it arrived", "late", "is-late"),
    _M.ABANDONED: ("Nobody knows if it arrived", "late", "is-late"),
    _M.DEAD: ("Not sent", "noshow", "is-noshow"),
    _M.UNREACHABLE: ("No way to reach", "late", "is-late"),
    _M.SKIPPED_STALE: ("Too late to send", "cancelled", "is-cancelled"),
    _M.SKIPPED_MERGED: ("Said in another message", "cancelled", "is-cancelled"),
    _M.SKIPPED_LIST: ("Not on the list to send to", "cancelled", "is-cancelled"),
    _M.SKIPPED_CHANGED: ("Not needed any more", "cancelled", "is-cancelled"),
    _M.SUPPRESSED: ("Held back", "cancelled", "is-cancelled"),
}
KINDS: dict[Kind, str] = {
    Kind.BOOKED: "Visits booked",
    Kind.WEEK: "The coming week",
    Kind.FIRST_VISIT: "First visit",
    Kind.AHEAD: "Days before",
    Kind.RIDE: "Ride home",
    Kind.DAY_BEFORE: "Day before",
    Kind.PREP: "Getting ready",
    Kind.SAME_DAY: "Same day",
    Kind.ESCORT: "To who drives",
    Kind.ESCORT_OFF: "To who drives: not needed",
    Kind.MOVED: "Visit moved",
    Kind.CANCELLED: "Visit cancelled",
    Kind.MISSED: "Missed visit",
    Kind.OPENING: "Free time offered",
    Kind.RECALL: "Time to come back",
    Kind.FORM_DUE: "Form due",
    Kind.CONFIRMED: "Thanks for yes",
    Kind.ASKED: "Asked for a change",
    Kind.LATE: "Running late",
    Kind.ESCORT_YES: "Thanks to who drives",
    Kind.STOP_ACK: "STOP confirmed",
    Kind.START_ACK: "START confirmed",
    Kind.HELP: "HELP answered",
    Kind.FREE_TEXT: "Text answered",
    Kind.CRISIS: "Crisis answer",
    Kind.STRANGER: "Unknown number answered",
}
PARTS = (
    (None, "All"),
    (Show.WAITING, "Waiting"),
    (Show.SENT, "Sent"),
    (Show.PROBLEMS, "Did not arrive"),
    (Show.NOT_SENT, "Not sent"),
)
PROBLEMS = {
    "invalid": "Not a phone number",
    "landline": "A landline",
    "out_of_service": "Not in service",
    "wrong_person": "Somebody else's",
    "bounced": "Mail comes back",
    "unconfirmed": "Nothing arrives for weeks",
}
_SAID = frozenset({_M.PENDING, _M.CLAIMED, _M.SENDING, _M.UNKNOWN})
_CAN_FAIL = frozenset({_M.UNDELIVERED, _M.FAILED, _M.DEAD, _M.ABANDONED, _M.UNREACHABLE, _M.SUPPRESSED})


@dataclass(frozen=True, slots=True)
class Row:
    """A message as a list prints it. `when`: when it left, or goes out; the two ways are offered where they help."""

    line: Line
    name: str
    kind: str
    when: str
    day: str
    state: str
    icon: str
    css: str
    reason: str
    problem: str
    may_resend: bool
    may_go_other: bool


@dataclass(frozen=True, slots=True)
class StepLine:
    """One line of what happened to a message."""

    day: str
    time: str
    icon: str
    css: str
    text: str
    detail: str


def row(line: Line, *, now: dt.datetime) -> Row:
    """Return a message as a list prints it."""
    word, icon, css = LOOKS[line.state]
    at = line.handed_at or line.settled_at or line.due_at
    day, minute = local_time.wall(at, line.zone)
    is_over = line.state not in _SAID and now < line.send_by and line.patient_id is not None
    return Row(
        line=line,
        name=short_name(line.last_name, line.first_name, is_private=False) if line.last_name else "Nobody known",
        kind=_kind(line.kind),
        when=_when(line, at, now),
        day=f"{day_text(day)}, {clock_text(minute)}",
        state=word,
        icon=icon,
        css=css,
        reason=line.reason if line.state is not _M.SHOWN else "",
        problem=PROBLEMS.get(line.contact_problem, ""),
        may_resend=is_over and line.state in _CAN_FAIL and not line.contact_problem,
        may_go_other=is_over and line.state in _CAN_FAIL,
    )


def rows_by_day(lines: list[Line], *, now: dt.datetime) -> list[tuple[str, list[Row]]]:
    """Return a page of messages under the days they belong to."""
    found: dict[str, list[Row]] = {}
    for line in lines:
        day = local_time.wall(line.due_at, line.zone)[0]
        found.setdefault(_day(day, local_time.today(now, line.zone)), []).append(row(line, now=now))
    return list(found.items())


def steps(proof: Proof) -> list[StepLine]:
    """Return what happened to a message, the latest first: planned, each attempt, each answer."""
    line = proof.line
    found = [_step(step, line) for step in proof.steps]
    found.insert(0, _stepline(line.created_at, line.zone, "clock", "", "Planned", f"{line.why}. {_until(line)}"))
    if line.settled_at and not proof.steps:
        word, icon, css = LOOKS[line.state]
        found.append(_stepline(line.settled_at, line.zone, icon, css, word, line.reason))
    return found[::-1]


def _kind(kind: str) -> str:
    return KINDS[Kind(kind)]


def _when(line: Line, at: dt.datetime, now: dt.datetime) -> str:
    minute = local_time.wall(at, line.zone)[1]
    if line.state is not _M.PENDING:
        return clock_text(minute)
    if line.due_at <= now:
        return "Goes out now"
    ahead = int((line.due_at - now).total_seconds() // 60)
    return f"In {ahead} min" if ahead < 60 else f"At {clock_text(minute)}"


def _day(day: dt.date, today: dt.date) -> str:
    words = f"{day:%A, %B} {day.day}"
    return f"Today, {words}" if day == today else words


def _until(line: Line) -> str:
    day, minute = local_time.wall(line.send_by, line.zone)
    return f"Of use until {day_text(day)}, {clock_text(minute)}."


def _step(step: Step, line: Line) -> StepLine:
    text, icon, css = _words(step)
    facts = [
        f"HTTP {step.http_status}" if step.http_status else "",
        f"code {step.code}" if step.code else "",
        step.provider_sid if step.provider_sid != line.provider_sid else "",
        f"by {step.worker}" if step.worker and step.what == "started" else "",
    ]
    return _stepline(step.at, line.zone, icon, css, text, ", ".join(fact for fact in facts if fact))


def _words(step: Step) -> tuple[str, str, str]:
    if step.what == "called_back":
        return f"The provider says: {step.outcome}", *_look_of(step.outcome)
    if step.what == "started":
        return f"Attempt {step.number}: handed to the provider", "arrow-right", ""
    if step.what == "looked_up":
        return f"Asked the provider: {step.outcome.replace('_', ' ')}", "search", ""
    if step.outcome == "bounced":
        return "The e-mail came back", "noshow", "is-noshow"
    word = "not sent, will be tried again" if step.outcome == "not_sent" else _outcome(step.outcome)
    return f"Attempt {step.number}: {word}", *_look_of(step.outcome)


def _outcome(outcome: str) -> str:
    known = {state.value: LOOKS[state][0].lower() for state in MessageState}
    return "taken by the provider" if outcome == "accepted" else known.get(outcome, outcome)


def _look_of(outcome: str) -> tuple[str, str]:
    known = {state.value: LOOKS[state][1:] for state in MessageState}
    return known.get(outcome, ("arrow-right", ""))


def _stepline(at: dt.datetime, zone: str, icon: str, css: str, text: str, detail: str) -> StepLine:
    day, minute = local_time.wall(at, zone)
    return StepLine(day_text(day), clock_text(minute), icon, css, text, detail)
