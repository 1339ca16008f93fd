"""Pure: a patient list as a file, read row by row; every fault of every row is named at once."""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from patients.domain.contact import Language
from patients.domain.details import NewPatient, clean_name, parse_birth_date

REQUIRED = ("record_number", "first_name", "last_name", "birth_date")
KNOWN = (*REQUIRED, "preferred_name", "phone", "email", "language", "sms_consent", "email_consent")
MOST_ROWS = 20_000
_YES, _NO = {"yes", "y", "true", "1", "x"}, {"no", "n", "false", "0", ""}
_LANGUAGES = {"": "en", "en": "en", "english": "en", "es": "es", "spanish": "es", "español": "es"}
_LIKE_A_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one cell. The words never repeat a name, a phone or an e-mail."""

    row: int
    field: str
    why: str

    def __str__(self) -> str:
        return f"Row {self.row}, {self.field}: {self.why}"


@dataclass(frozen=True, slots=True)
class Row:
    """One patient of the file; `number` as a spreadsheet counts, the heading being row 1."""

    number: int
    details: NewPatient


@dataclass(frozen=True, slots=True)
class Readers:
    """How a phone and an e-mail address are read; each raises ValueError with words that do not repeat the cell."""

    to_phone: Callable[[str], str]
    to_email: Callable[[str], str]


def read_rows(text: str, *, today: dt.date, readers: Readers) -> tuple[list[Row], list[Fault]]:
    """Return the patients of a CSV text, and everything that is wrong with it; comma, semicolon or tab."""
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), dialect=dialect_of(text))
    columns: list[str] = []
    rows: list[Row] = []
    faults: list[Fault] = []
    number = 0
    try:
        # Not DictReader: it swallows empty lines, and every row after one would be named wrongly.
        for number, cells in enumerate(lines, start=1):
            if number == 1:
                columns = [name.strip().lower() for name in cells]
                if faults := _column_faults(columns):
                    return [], faults
            elif number > MOST_ROWS + 1:
                return [], [Fault(number, "file", f"holds more than {MOST_ROWS} rows. Split it.")]
            elif any(cell.strip() for cell in cells):
                row, wrong = _read(number, columns, cells, today, readers)
                faults += wrong
                rows += [row] if row else []
    except csv.Error:
        return [], [*faults, Fault(number + 1, "row", "can't be read: a quote is not closed, or a cell is too long.")]
    return (rows, faults + _repeated(rows)) if columns else ([], _column_faults([]))


def dialect_of(text: str) -> type[csv.Dialect]:
    """Return how a list is written: with commas, semicolons or tabs."""
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)

    class Given(csv.excel):
        pass

    Given.delimiter, Given.strict = delimiter, True  # strict: a quote that is never closed is said, not swallowed
    return Given


def _column_faults(columns: list[str]) -> list[Fault]:
    missing = [Fault(1, name, "is missing from the heading.") for name in REQUIRED if name not in columns]
    unknown = [
        Fault(1, name or "(empty)", f"is no column of this list. Use: {', '.join(KNOWN)}.")
        for name in columns
        if name not in KNOWN
    ]
    twice = [Fault(1, name, "stands twice in the heading.") for name in sorted(set(columns)) if columns.count(name) > 1]
    return missing + unknown + twice


def _read(
    number: int, columns: Sequence[str], given: Sequence[str], today: dt.date, readers: Readers
) -> tuple[Row | None, list[Fault]]:
    faults: list[Fault] = []
    cells = {name: cell.strip() for name, cell in zip(columns, given, strict=False)}

    def field(name: str, parse: Callable[[str], Any]) -> Any:
        try:
            return parse(cells.get(name, ""))
        except ValueError as error:
            faults.append(Fault(number, name, str(error)))
            return None

    if any(cell.strip() for cell in given[len(columns) :]):
        faults.append(Fault(number, "row", "has more cells than the heading. Quote a cell that holds the separator."))
    phone = field("phone", lambda text: readers.to_phone(text) if text else None)
    email = field("email", lambda text: readers.to_email(text) if text else None)
    values = {
        "record_number": field("record_number", _record_number),
        "first_name": field("first_name", lambda text: _name(text, "first name")),
        "last_name": field("last_name", lambda text: _name(text, "last name")),
        "preferred_name": field("preferred_name", lambda text: _name(text, "preferred name") if text else ""),
        "birth_date": field("birth_date", lambda text: _birth_date(text, today)),
        "language": field("language", _language),
        "sms_consent": field("sms_consent", _yes),
        "email_consent": field("email_consent", _yes),
    }
    if values["sms_consent"] and not phone and not cells.get("phone"):
        faults.append(Fault(number, "sms_consent", "says yes, but there is no phone."))
    if values["email_consent"] and not email and not cells.get("email"):
        faults.append(Fault(number, "email_consent", "says yes, but there is no e-mail."))
    if faults:
        return None, faults
    return Row(number, NewPatient(phone=phone, email=email, **values)), []


def _record_number(text: str) -> str:
    if not text or len(text) > 20:
        raise ValueError("must be 1 to 20 letters or digits.")
    return _no_formula(text)


def _birth_date(text: str, today: dt.date) -> dt.date:
    try:
        return parse_birth_date(text, today=today)
    except ValueError:
        # Columns out of step put a name or a phone here: only what looks like a date is repeated.
        if text and not _LIKE_A_DATE.fullmatch(text):
            raise ValueError("is not a date. Type it like 3/7/1984.") from None
        raise


def _name(text: str, what: str) -> str:
    return clean_name(_no_formula(text), what=what)


def _no_formula(text: str) -> str:
    # A spreadsheet would run it when the list is exported again (reliability.md 4.7).
    if text.startswith(_FORMULA):
        raise ValueError("begins like a formula. Remove the sign in front.")
    return text


def _language(text: str) -> Language:
    if text.lower() not in _LANGUAGES:
        raise ValueError("must be en or es.")
    return Language(_LANGUAGES[text.lower()])


def _yes(text: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise ValueError("must be yes or no.")


def _repeated(rows: list[Row]) -> list[Fault]:
    first: dict[str | None, int] = {}
    faults = []
    for row in rows:
        seen = first.setdefault(row.details.record_number, row.number)
        if seen != row.number:
            faults.append(Fault(row.number, "record_number", f"stands in row {seen} already."))
    return faults
