"""What the pages say, in English and Spanish: plain words, no name, no treatment, no count of visits."""

import datetime as dt
from collections.abc import Sequence

from notifications.domain.texts import CATALOGUE_REGIONS, around_text, time_text

LANGUAGES = {"en": "English", "es": "Español"}

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "code": "en",
        "crisis_line": "988",
        "emergency_line": "911",
        "title": "Your visit",
        "next": "Your next visit",
        "map": "Show on a map",
        "yes": "I’ll be there",
        "no": "I can’t make it",
        "week": "Yes, all {count} visits that week",
        "visit_of": "visit {number} of {count}",
        "all_done": "All done. {number} of {count}. Thank you.",
        "late": "Running late?",
        "all": "All my visits",
        "then": "Then: {day} at {time}",
        "confirmed": "You’re coming",
        "change_this": "Change",
        "thanks": "Thank you. See you {day}.",
        "change": "Change my answer",
        "back": "Back",
        "large": "Large text",
        "usual": "Usual text",
        "once_more": "Please tap once more, so that we know it’s you.",
        "none": "No visit is booked right now.",
        "none_more": "Call us if you expected one.",
        "call": "Call us",
        "crisis": "Not for emergencies. Call 911. In crisis, call or text 988.",
        "crisis_elsewhere": "Not for emergencies.",
        "help_now": "If you might hurt yourself, call now:",
        "help_call": "Call 988",
        "help_text": "Text 988",
        "help_text_to": "sms:988",
        "help_danger": "In danger? Call 911",
        "help_elsewhere": "In danger? Call the emergency number where you are.",
        "help_again": "See whom you can call now",
        "gone": "This changed while you were reading. Look at the times below.",
        "ended": "This link has ended.",
        "ended_more": "Call the clinic and we will text you a new one.",
        "settings_way": "Text settings",
        "privacy_way": "Privacy",
        "not_you_way": "Not you? Tell us",
        "foot": "About this page",
        "thanked": "Thank you.",
        "thanked_more": "We won’t write to this number again.",
        "often": "One moment.",
        "often_more": "Wait a minute and open this page again.",
    },
    "es": {
        "code": "es",
        "crisis_line": "988",
        "emergency_line": "911",
        "title": "Su visita",
        "next": "Su siguiente visita",
        "map": "Ver en un mapa",
        "yes": "Allí estaré",
        "no": "No puedo ir",
        "week": "Sí, a las {count} visitas de esa semana",
        "visit_of": "visita {number} de {count}",
        "all_done": "Terminó. {number} de {count}. Gracias.",
        "late": "¿Va tarde?",
        "all": "Todas mis visitas",
        "then": "Luego: {day}, {time}",
        "confirmed": "Confirmada",
        "change_this": "Cambiar",
        "thanks": "Gracias. Le esperamos el {day}.",
        "change": "Cambiar mi respuesta",
        "back": "Atrás",
        "large": "Texto grande",
        "usual": "Texto normal",
        "once_more": "Toque una vez más, para saber que es usted.",
        "none": "Ahora no tiene ninguna visita.",
        "none_more": "Llámenos si esperaba una.",
        "call": "Llámenos",
        "crisis": "No es para emergencias. Llame al 911. En una crisis, llame al 988 y oprima 2, o envíe AYUDA al 988.",
        "crisis_elsewhere": "No es para emergencias.",
        "help_now": "Si cree que puede hacerse daño, llame ahora:",
        "help_call": "Llame al 988 y oprima 2",
        "help_text": "Envíe AYUDA al 988",
        "help_text_to": "sms:988?body=AYUDA",
        "help_danger": "¿En peligro? Llame al 911",
        "help_elsewhere": "¿En peligro? Llame al número de emergencias de donde está.",
        "help_again": "Ver a quién puede llamar ahora",
        "gone": "Esto cambió mientras leía. Mire las horas aquí abajo.",
        "ended": "Este enlace ya no sirve.",
        "ended_more": "Llame a la clínica y le enviamos uno nuevo.",
        "settings_way": "Mensajes",
        "privacy_way": "Privacidad",
        "not_you_way": "¿No es usted? Avísenos",
        "foot": "Sobre esta página",
        "thanked": "Gracias.",
        "thanked_more": "No volveremos a escribir a este número.",
        "often": "Un momento.",
        "often_more": "Espere un minuto y abra esta página otra vez.",
    },
}
_NO_SPANISH = {
    "crisis": "No es para emergencias. Llame al 911. En una crisis, llame o escriba al 988.",
    "help_call": "Llame al 988",
    "help_text": "Escriba al 988",
    "help_text_to": "sms:988",
}
_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}

_MONTHS = {
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    "es": (
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ),
}


def said_in(region: str, language: str) -> dict[str, str]:
    """Return the words for a region: the numbers for emergencies only where they are answered.

    The way to somebody who speaks Spanish is the one of the United States; Canada's line speaks English and French.
    """
    found = WORDS[language]
    if region not in CATALOGUE_REGIONS:
        return found | {"crisis": found["crisis_elsewhere"], "crisis_line": ""}
    return found | _NO_SPANISH if region == "CA" and language == "es" else found


def weekday(day: dt.date, language: str) -> str:
    """Return a weekday in full."""
    return _DAYS[language][day.isoweekday() - 1]


def weekday_name(number: int, language: str) -> str:
    """Return the name of a weekday (ISO)."""
    return _DAYS[language][number - 1]


def long_day(day: dt.date, language: str) -> tuple[str, str]:
    """Return a day on two lines: Tuesday, / November 24, or martes / 24 de noviembre."""
    month = _MONTHS[language][day.month - 1]
    if language == "es":
        return weekday(day, language).capitalize(), f"{day.day} de {month}"
    return f"{weekday(day, language)},", f"{month} {day.day}"


def in_sentence(day: dt.date, language: str) -> str:
    """Return a day within a sentence: Tuesday, November 24, or martes 24 de noviembre."""
    found = " ".join(long_day(day, language))
    return found if language == "en" else found[0].lower() + found[1:]


def one_line(day: dt.date, language: str) -> str:
    """Return a day on one line, its weekday short: Tue, November 24, or mar 24 de noviembre."""
    short = weekday(day, language)[:3]
    return f"{short}, {long_day(day, language)[1]}" if language == "en" else f"{short} {long_day(day, language)[1]}"


def clock(minute: int, language: str, region: str) -> str:
    """Return a time of day as people of the region read it."""
    return time_text(minute, language, region=region)


def around(minute: int, language: str, region: str) -> str:
    """Return a time of day that is not promised to the minute: about 2pm, or hacia las 2 p.m."""
    return around_text(minute, language, region=region)


def ended(sentence: str) -> str:
    """Return a sentence with one dot at its end: a time may bring its own, as 9 a.m. does."""
    return sentence.replace("..", ".")


def listed(items: Sequence[str], language: str) -> str:
    """Return words in a row: Monday, Tuesday and Friday."""
    joint = " and " if language == "en" else " y "
    return joint.join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)


def duration(minutes: int, language: str) -> str:
    """Return about how long a visit takes: 40 minutes, 1 hour, 2 hours 30."""
    hours, rest = divmod(max(5, round(minutes / 5) * 5), 60)
    if not hours:
        return f"{rest} {'minutes' if language == 'en' else 'minutos'}"
    hour = ("hour" if language == "en" else "hora") + ("" if hours == 1 else "s")
    joint = " " if language == "en" else " y "
    return f"{hours} {hour}{joint}{rest}" if rest else f"{hours} {hour}"


def about(minutes: int, language: str) -> str:
    """Return a duration with the word for about, which in Spanish bends with it."""
    if language == "en":
        return f"about {duration(minutes, language)}"
    hours = round(minutes / 5) * 5 // 60
    word = "unos" if not hours else ("una" if hours == 1 else "unas")
    said = duration(minutes, language)
    return f"{word} {said.removeprefix('1 ')}" if hours == 1 else f"{word} {said}"
