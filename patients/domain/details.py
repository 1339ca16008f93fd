"""Pure: what somebody types about a new patient, checked and put into one form."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from patients.domain.contact import Language

NAME_LENGTH = 60
OLDEST_YEARS = 120
_DATE_FORMS = ("%Y-%m-%d", "%m/%d/%Y", "%m-%d-%Y", "%m%d%Y", "%d %b %Y", "%b %d %Y", "%b %d, %Y")
_SHORT_YEAR = re.compile(r"^(\d{1,2})[/-](\d{1,2})[/-](\d{2})$")


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


def parse_birth_date(text: str, *, today: dt.date) -> dt.date:
    """Return the date a person typed in any of the usual American forms or as 1984-03-07.

    A two-digit year is the latest one that is not in the future.
    :raises ValueError: it is no date, in the future, or more than 120 years ago; the words are for the form.
    """
    text = " ".join(text.split())
    born = _short_year(text, today) or _long_form(text)
    if born is None:
        raise ValueError(f'"{text[:20]}" is not a date. Type it like 3/7/1984.')
    if born > today:
        raise ValueError("The birth date is in the future. Check the year.")
    if today.year - born.year > OLDEST_YEARS:
        raise ValueError("The birth date is more than 120 years ago. Type the year with 4 digits, for example 1984.")
    return born


def _short_year(text: str, today: dt.date) -> dt.date | None:
    match = _SHORT_YEAR.match(text)
    if not match:
        return None
    month, day, year = map(int, match.groups())
    century = today.year - today.year % 100
    for candidate in (century + year, century - 100 + year):
        try:
            born = dt.date(candidate, month, day)
        except ValueError:
            continue
        if born <= today:
            return born
    return None


def _long_form(text: str) -> dt.date | None:
    for form in _DATE_FORMS:
        try:
            return dt.datetime.strptime(text, form).date()  # noqa: DTZ007 - a birth date has no zone
        except ValueError:
            continue
    return None


def clean_name(text: str, *, what: str) -> str:
    """Return a name with single spaces.

    :raises ValueError: it is empty, too long, or holds control characters.
    """
    name = " ".join(text.split())
    if not name:
        raise ValueError(f"Type the {what}.")
    if len(name) > NAME_LENGTH:
        raise ValueError(f"The {what} is longer than {NAME_LENGTH} letters.")
    if any(ord(char) < 32 for char in name):
        raise ValueError(f"The {what} holds a character that can't be printed.")
    return name
