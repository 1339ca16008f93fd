"""Pure: the words for reaching people, and how a search text is folded."""

import re
import unicodedata
from enum import StrEnum


class PatientState(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"
    DECEASED = "deceased"
    MERGED = "merged"  # into another record of the same person: nothing is booked, sent or found here any more


# Of these nothing is asked for, watched or sent.
GONE = frozenset({PatientState.DECEASED, PatientState.MERGED})


class ContactKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"


class Channel(StrEnum):
    SMS = "sms"
    EMAIL = "email"


class Purpose(StrEnum):
    """What somebody may be written to about; STOP ends all of them."""

    REMINDERS = "reminders"
    OFFERS = "offers"  # a time that became free
    FORMS = "forms"
    ESCORT = "escort"  # the person who drives, about the visits they drive to


OWN_PURPOSES = (Purpose.REMINDERS, Purpose.OFFERS, Purpose.FORMS)  # what a patient is written to about themselves


class Problem(StrEnum):
    """Why nothing is sent to an address any more, though nobody asked to stop."""

    NONE = ""
    INVALID = "invalid"
    LANDLINE = "landline"
    OUT_OF_SERVICE = "out_of_service"
    WRONG_PERSON = "wrong_person"
    BOUNCED = "bounced"
    UNCONFIRMED = "unconfirmed"  # nothing got through for weeks: the number may be somebody else's by now


TRIES = 5  # wrong birth dates before a patient's page stops asking (reliability.md 4.5)


class Language(StrEnum):
    ENGLISH = "en"
    SPANISH = "es"


CONSENT_WORDING = "2026-11"
CONSENT_SENTENCE = (
    "You agree to get texts about your visits from {clinic}. About 2 a week. "
    "Message and data rates may apply. Reply STOP to end, HELP for help."
)
CONSENT_SENTENCES = {
    (Language.ENGLISH, Channel.SMS): CONSENT_SENTENCE,
    (Language.ENGLISH, Channel.EMAIL): (
        "You agree to get e-mails about your visits from {clinic}. Each one has a link to end them."
    ),
    (Language.SPANISH, Channel.SMS): (
        "Usted acepta recibir mensajes de texto sobre sus visitas de {clinic}. Unos 2 por semana. "
        "Pueden aplicarse tarifas de mensajes y datos. Responda STOP para terminar, HELP para ayuda."
    ),
    (Language.SPANISH, Channel.EMAIL): (
        "Usted acepta recibir correos sobre sus visitas de {clinic}. Cada uno tiene un enlace para terminar."
    ),
}


def wording_in(language: Language) -> str:
    """Return the version of the words a yes is given to, as it is kept with the yes."""
    return CONSENT_WORDING if language is Language.ENGLISH else f"{CONSENT_WORDING}-{language}"


def folded(text: str) -> str:
    """Return text in lower case without accents, so that `garcia` finds `García`."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold().strip()


def search_text(*, first: str, last: str, preferred: str, record_number: str, phone: str | None) -> str:
    """Return the one column the search box looks in: the phone's digits, the record number and the folded names.

    Digits come first: whatever the length of the names, they are never cut off.
    """
    digits = re.sub(r"\D", "", phone or "")
    return " ".join(f"{digits} {folded(record_number)} {folded(f'{first} {last} {preferred}')}".split())[:200]
