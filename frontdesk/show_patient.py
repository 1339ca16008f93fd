"""One patient, ready to print: who, how to reach, what was agreed, who comes along, when they can't, what is booked."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk.show_course import LANGUAGES, STATES
from frontdesk.show_messages import KINDS, LOOKS, PROBLEMS
from notifications import policies
from notifications import queries as messages
from notifications.actions.policies import MAY_BE_ASKED
from notifications.domain.states import Kind, MessageState
from patients import life, links, phones
from patients import queries as patients
from patients.domain.clinical import RelatedRole, ScreeningCode
from patients.domain.contact import CONSENT_SENTENCE, Channel, ContactKind, PatientState, Purpose
from patients.life import Away
from patients.life_actions import DAY
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_text
from scheduling.queries import courses, waitlist

NEXT, TEXTS = 5, 5
FAR = 200  # coming visits that are looked at: more than any course has
WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
CHANNELS = {Channel.SMS: "Texts", Channel.EMAIL: "E-mails"}
PURPOSES = {
    Purpose.REMINDERS: "about their visits",
    Purpose.OFFERS: "about times that become free",
    Purpose.FORMS: "about forms",
    Purpose.ESCORT: "about driving",
}
ROLES = {RelatedRole.ESCORT: "Drives", RelatedRole.CARER: "Carer", RelatedRole.GUARDIAN: "Guardian"}
FLAGS = {
    ScreeningCode.IMPLANTED_STIMULATOR: "Implanted stimulator",
    ScreeningCode.COCHLEAR_IMPLANT: "Cochlear implant",
    ScreeningCode.PACEMAKER: "Pacemaker or defibrillator",
    ScreeningCode.METAL_IN_HEAD: "Metal in the head",
}
HOWS = ("at the desk", "on the phone", "on paper")
STANDS = {
    PatientState.INACTIVE: "This record is not active. Nothing is booked or sent.",
    PatientState.DECEASED: "This patient has died. Nothing is booked or sent.",
}


@dataclass(frozen=True, slots=True)
class Point:
    """A number or address: what is wrong with it, if anything."""

    id: int
    value: str
    is_phone: bool
    is_usable: bool
    problem: str


@dataclass(frozen=True, slots=True)
class Yes:
    """A consent in force."""

    words: str
    given: str
    channel: str
    purpose: str
    person_id: int


@dataclass(frozen=True, slots=True)
class Gone:
    """An absence, and the booked visits that fall into it."""

    id: int
    words: str
    who: str
    visits: Sequence[str]
    first_visit: int


def patient_page(patient: Any, *, now: dt.datetime, with_messages: bool) -> dict[str, Any]:
    """Return what a patient's page prints."""
    today = local_time.today(now, patient.site.zone)
    coming = courses.coming_sessions(patient, now=now, limit=FAR)
    people = life.related_people_of(patient.pk)
    outbox = messages.messages_of(site_ids=[patient.site_id], patient_id=patient.pk, limit=TEXTS)
    return {
        "patient": patient,
        "site": patient.site,
        "stands": STANDS.get(PatientState(patient.state), ""),
        "is_active": patient.state == PatientState.ACTIVE,
        "speaks": LANGUAGES.get(patient.language, patient.language),
        "languages": tuple(LANGUAGES.items()),
        "today": today.isoformat(),
        **_born(patient.birth_date, today),
        "link": links.standing(patient.pk),
        "points": [_point(row) for row in patients.contact_points(patient)],
        "consents": _consents(patients.consents_in_force(patient), people, patient.site.zone),
        "sentence": CONSENT_SENTENCE.format(clinic=patient.site.name),
        "channels": [(key.value, word) for key, word in CHANNELS.items()],
        "purposes": [(key.value, word) for key, word in PURPOSES.items() if key is not Purpose.ESCORT],
        "hows": HOWS,
        "courses": [(line, *STATES[line.state]) for line in courses.courses_of(patient, now=now)],
        "coming": [_visit(row) for row in coming],
        "next": NEXT,
        "absences": [_gone(row, coming) for row in life.absences_of([patient.pk]) if _is_ahead(row, today)],
        "weekdays": tuple(enumerate(WEEKDAYS, start=1)),
        "people": [_person(row) for row in people],
        "roles": [(key.value, word) for key, word in ROLES.items()],
        "flags": [_flag(row) for row in life.flags_of(patient.pk)],
        "flag_codes": [(key.value, word) for key, word in FLAGS.items()],
        "asked": _asked(patient.pk),
        "waits": [_waits(row) for row in waitlist.entries_of(patient)],
        "outbox": [_text(row, patient.site.zone) for row in outbox] if with_messages else [],
    }


def _born(born: dt.date, today: dt.date) -> dict[str, Any]:
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return {"born": _day(born), "age": age, "born_typed": f"{born:%Y-%m-%d}"}


def _day(day: dt.date) -> str:
    return f"{day:%b} {day.day}, {day.year}"


def _point(row: Any) -> Point:
    is_phone = row.kind == ContactKind.PHONE
    value = phones.readable(row.value) if is_phone else row.value
    problem = PROBLEMS.get(row.problem, "Does not work") if row.problem else "" if row.is_usable else "Not used"
    return Point(row.pk, value, is_phone, row.is_usable, problem)


def _consents(rows: Sequence[Any], people: Sequence[Any], zone: str) -> list[Yes]:
    names = {person.pk: person.name for person in people}
    return [
        Yes(
            words=f"{CHANNELS[Channel(row.channel)]} {PURPOSES[Purpose(row.purpose)]}"
            + (f" to {names.get(row.person_id, 'who drives')}" if row.person_id else ""),
            given=f"{_day(local_time.today(row.given_at, zone))}, {row.how}",
            channel=row.channel,
            purpose=row.purpose,
            person_id=row.person_id or 0,
        )
        for row in rows
    ]


def _visit(row: Any) -> tuple[str, str, int, str, int]:
    return day_text(row.day), clock_text(row.minute), row.number, row.course.protocol.tag, row.pk


def _is_ahead(row: Any, today: dt.date) -> bool:
    return row.ends_on is None or row.ends_on >= today


def _gone(row: Any, coming: Sequence[Any]) -> Gone:
    away = Away(row.starts_on, row.ends_on, row.weekday, row.from_minute, row.to_minute, row.person_id)
    hit = [visit for visit in coming if _falls(visit, away)]
    return Gone(
        id=row.pk,
        words=absence_words(row.starts_on, row.ends_on, row.weekday, (row.from_minute, row.to_minute)),
        who=row.person.name if row.person else "",
        visits=[day_text(visit.day) for visit in hit],
        first_visit=hit[0].pk if hit else 0,
    )


def _falls(visit: Any, away: Away) -> bool:
    ends = visit.minute + int((visit.ends_at - visit.starts_at).total_seconds() // 60)
    return away.covers(visit.day) and visit.minute < away.to_minute and ends > away.from_minute


def absence_words(starts: dt.date, ends: dt.date | None, weekday: int | None, hours: tuple[int, int]) -> str:
    """Return when somebody can't come: `Mon Nov 30 to Fri Dec 4`, `Mondays from Nov 30 on, 8am to 10am`."""
    if ends is None:
        when = f"{WEEKDAYS[(weekday or 1) - 1]} from {starts:%b} {starts.day} on"
    elif starts == ends:
        when = day_text(starts)
    else:
        repeated = f"{WEEKDAYS[weekday - 1]}, " if weekday else ""
        when = f"{repeated}{day_text(starts)} to {day_text(ends)}"
    begins, until = hours
    return when if (begins, until) == (0, DAY) else f"{when}, {clock_text(begins)} to {clock_text(until)}"


def _person(row: Any) -> tuple[int, str, str, str]:
    phone = phones.readable(row.phone) if row.phone else ""
    return row.pk, row.name, ROLES[RelatedRole(row.role)], phone


def _flag(row: Any) -> tuple[int, str, str, str]:
    """Return a flag: its id, what was found, when, and why it was cleared (empty: it stands)."""
    return row.pk, FLAGS[ScreeningCode(row.code)], _day(row.noted_at.date()), row.cleared_because


def _asked(patient_id: int) -> list[tuple[str, str, bool]]:
    asked = policies.asked_for(patient_id)
    return [(kind.value, KINDS[kind], kind.value in asked) for kind in sorted(MAY_BE_ASKED)]


def _waits(row: Any) -> tuple[str, str]:
    what = row.course.protocol.name if row.course else row.protocol.name if row.protocol else ""
    kind = "An earlier visit" if row.course else "A new course"
    return f"{kind}: {what}", f"since {_day(row.since.date())}"


def _text(row: Any, zone: str) -> Mapping[str, str]:
    day, minute = local_time.wall(row.settled_at or row.due_at, zone)
    word, icon, css = LOOKS[MessageState(row.state)]
    return {
        "kind": KINDS[Kind(row.kind)],
        "text": row.text or row.reason or "Not written yet.",
        "when": f"{day_text(day)}, {clock_text(minute)}",
        "word": word,
        "icon": icon,
        "css": css,
        "id": row.message_id,
    }
