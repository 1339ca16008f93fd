"""Pure: every text a patient gets, in English and Spanish, and the linter that keeps them neutral and short.

A text says clinic, day, time and phone: no name, no treatment, no count of visits, and never "today" or "tomorrow".
Spanish texts avoid á í ó ú, which are not in GSM-7 and would make one text two (screens.md 4.4).
"""

import datetime as dt
import re
from collections.abc import Mapping

from notifications.domain.states import Kind

VERSION = "2026-11"
ONE_TEXT = 160
GSM7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
BANNED = re.compile(
    r"\b(tms|ect|ketamin\w*|esketamin\w*|spravato|vns|magnet\w*|electro\w*|shock|infusion\w*|infusi.n|psych\w*|psiq\w*|psic\w*"
    r"|mental|depress\w*|depres\w*|therap\w*|terap\w*|suicid\w*|diagnos\w*|treatment|tratamiento|session|sesi.n|today|tomorrow|hoy|ma.ana)\b",
    re.IGNORECASE,
)

_SMS: dict[str, dict[Kind, str]] = {
    "en": {
        Kind.BOOKED: "{clinic}: Your visits are booked, {first} - {last}. Questions? Call {phone}. STOP to opt out.",
        Kind.WEEK: "{clinic}: Your visits from {first}: {times}. To change, call {phone}. STOP to opt out.",
        Kind.DAY_BEFORE: "{clinic}: You have a visit {when}. Can't come? Call {phone}. STOP to opt out.",
    },
    "es": {
        Kind.BOOKED: "{clinic}: Sus visitas son del {first} al {last}. Preguntas? {phone}. STOP para no recibir.",
        Kind.WEEK: "{clinic}: Sus visitas desde el {first}: {times}. Cambios: {phone}. STOP para no recibir.",
        Kind.DAY_BEFORE: "{clinic}: Tiene visita {when}. No puede venir? Llame al {phone}. STOP para no recibir.",
    },
}
_SUBJECT: dict[str, dict[Kind, str]] = {
    "en": {
        Kind.BOOKED: "Your visits, {first} to {last}",
        Kind.WEEK: "Your visits from {first}",
        Kind.DAY_BEFORE: "Your visit on {when}",
    },
    "es": {
        Kind.BOOKED: "Sus visitas, {first} a {last}",
        Kind.WEEK: "Sus visitas desde el {first}",
        Kind.DAY_BEFORE: "Su visita del {when}",
    },
}
_MAIL: dict[str, dict[Kind, str]] = {
    "en": {
        Kind.BOOKED: "Your visits are booked, {first} to {last}.",
        Kind.WEEK: "Your visits from {first}: {times}.",
        Kind.DAY_BEFORE: "You have a visit on {when}.",
    },
    "es": {
        Kind.BOOKED: "Sus visitas son del {first} al {last}.",
        Kind.WEEK: "Sus visitas desde el {first}: {times}.",
        Kind.DAY_BEFORE: "Tiene visita el {when}.",
    },
}
# For a week whose times do not fit into one text.
MANY_TIMES = {"en": "several times", "es": "varias horas"}
_FOOT = {
    "en": "To change a visit or ask a question, call {phone}.\n\n{clinic}\n{address}\n",
    "es": "Para cambiar una visita o preguntar, llame al {phone}.\n\n{clinic}\n{address}\n",
}
_DAYS = {
    "en": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    "es": ["lun", "mar", "mié", "jue", "vie", "sab", "dom"],
}
_MONTHS = {
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    "es": ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"],
}


def date_text(day: dt.date, language: str) -> str:
    """Return a day without its weekday: Nov 24, or 24 nov."""
    month = _MONTHS[language][day.month - 1]
    return f"{month} {day.day}" if language == "en" else f"{day.day} {month}"


def weekday_text(day: dt.date, language: str) -> str:
    """Return a short weekday: Tue, or mar."""
    return _DAYS[language][day.isoweekday() - 1]


def time_text(minute: int, language: str) -> str:
    """Return a time of day as an American reader of either language expects it: 8:30am, or 8:30 a.m."""
    hour, rest = divmod(minute, 60)
    half = ("am" if hour < 12 else "pm") if language == "en" else (" a.m." if hour < 12 else " p.m.")
    return f"{hour % 12 or 12}{f':{rest:02}' if rest else ''}{half}"


def when_text(day: dt.date, minute: int, language: str) -> str:
    """Return weekday, date and time: always absolute, for a text may be read a day late."""
    joint = " at " if language == "en" else ", "
    comma = "," if language == "en" else ""
    return f"{weekday_text(day, language)}{comma} {date_text(day, language)}{joint}{time_text(minute, language)}"


def sms(kind: Kind, language: str, facts: Mapping[str, str]) -> str:
    """Return the text message of a kind."""
    return _SMS[language][kind].format(**facts)


def mail(kind: Kind, language: str, facts: Mapping[str, str]) -> tuple[str, str]:
    """Return subject and plain body of an e-mail of a kind."""
    body = f"{_MAIL[language][kind]}\n\n{_FOOT[language]}".format(**facts)
    return _SUBJECT[language][kind].format(**facts), body


def faults(text: str, *, is_sms: bool) -> list[str]:
    """Return what is wrong with a finished text: length, alphabet, words that would out a patient."""
    found = [f"says {match.group()}" for match in BANNED.finditer(text)]
    if is_sms and len(text) > ONE_TEXT:
        found.append(f"is {len(text)} letters long")
    if is_sms and (odd := sorted(set(text) - GSM7)):
        found.append(f"holds {' '.join(odd)}, which make it two texts")
    if is_sms and "STOP" not in text:
        found.append("does not say how to stop")
    return found
