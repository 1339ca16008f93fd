"""Pure: what somebody types about a new patient, checked and put into one form."""

import datetime as dt
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from clinic.domain.details import one_line
from patients.domain.contact import Language
from patients.domain.spellings import MONTH_FIRST, dates_in, has_short_year

NAME_LENGTH = 60
OLDEST_YEARS = 120
SHORT_YEAR = "Enter the year with 4 digits, for example 1984."


class DetailsError(ValueError):
    """One or more fields can't be used: field name to what to do."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


@dataclass(frozen=True, slots=True)
class NewPatient:
    """A patient's details as given; phone and e-mail may be missing, not both consent and address."""

    first_name: str
    last_name: str
    birth_date: dt.date
    phone: str | None = None  # E.164
    email: str | None = None
    language: Language = Language.ENGLISH
    sms_consent: bool = False
    email_consent: bool = False
    record_number: str | None = None
    preferred_name: str = field(default="")


def parse_birth_date(text: str, *, today: dt.date, region: str = "US") -> dt.date:
    """Return the date a person typed in any of the usual forms, in the order of the region, or as 1984-03-07.

    A two-digit year is the latest one that is not in the future.
    :raises ValueError: it is no date, in the future, or more than 120 years ago; the words are for the form.
    """
    text = " ".join(text.split())
    if has_short_year(text):
        raise ValueError(SHORT_YEAR)
    found = dates_in(text, region=region)
    if not found:
        example = "3/7/1984" if region in MONTH_FIRST else "7/3/1984"
        raise ValueError(f'"{text[:20]}" is not a date. Type it like {example}.')
    born = next((day for day in found if day <= today), None)
    if born is None:
        raise ValueError("The birth date is in the future. Check the year.")
    if today.year - born.year > OLDEST_YEARS:
        raise ValueError(f"The birth date is more than 120 years ago. {SHORT_YEAR}")
    return born


def clean_name(text: str, *, what: str) -> str:
    """Return a name with single spaces.

    :raises ValueError: it is empty, too long, or holds what nobody sees: control characters, marks that turn the
        direction of the text around them, spaces without width. What joins letters of many scripts may stay.
    """
    name = one_line(text, what=what, longest=NAME_LENGTH)
    if all(unicodedata.category(char)[0] in "CM" for char in name):
        raise ValueError(f"Type the {what}.")
    return name
