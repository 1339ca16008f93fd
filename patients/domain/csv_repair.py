"""Pure: a patient list mended without touching the file: headings it may use, cells typed anew, rows left out."""

import csv
import io
import re
from collections.abc import Callable, Collection, Mapping

from patients.domain.csv_rows import KNOWN, dialect_of

Fixes = Mapping[int, Mapping[str, str]]
HEADING = 1
_ALSO = {
    "record_number": "mrn patient_id patientid chart chart_number record number id record_no numero_de_historia",
    "first_name": "first given_name given firstname forename nombre",
    "last_name": "last surname family_name family lastname apellido apellidos",
    "preferred_name": "preferred nickname known_as goes_by",
    "birth_date": "dob date_of_birth birthdate born birthday fecha_de_nacimiento",
    "phone": "mobile cell cell_phone mobile_phone phone_number telephone tel telefono",
    "email": "e_mail mail email_address correo correo_electronico",
    "language": "lang preferred_language idioma",
    "sms_consent": "text_consent texts_ok sms_ok consent_to_text",
    "email_consent": "emails_ok email_ok consent_to_email",
}
_NAMED = {word: name for name, words in _ALSO.items() for word in words.split()} | {name: name for name in KNOWN}
_ACCENTS = str.maketrans("áéíóúñ", "aeioun")


def heading_of(text: str) -> str:
    """Return the column a heading means, in English or Spanish; one nobody knows stays what it is."""
    word = re.sub(r"[^a-z0-9]+", "_", text.strip().lower().translate(_ACCENTS)).strip("_")
    return _NAMED.get(word, text.strip().lower())


def repaired(text: str, fixes: Fixes, skipped: Collection[int]) -> str:
    """Return a list with what was mended; rows keep their numbers. What can't be read at all is left as it is.

    A fix of the heading calls a column by another name; an empty one leaves the column out.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns: list[str] = []
    kept: list[int] = []

    def write(number: int, cells: list[str]) -> None:
        nonlocal columns, kept
        if number == HEADING:
            columns = _headings(cells, fixes.get(HEADING, {}))
            kept = [index for index, name in enumerate(columns) if name]
            writer.writerow([columns[index] for index in kept])
        elif number in skipped or not any(cell.strip() for cell in cells):
            out.write("\n")
        else:
            beyond = [cell for cell in cells[len(columns) :] if cell.strip()]
            row = dict(zip(columns, cells, strict=False)) | dict(fixes.get(number, {}))
            writer.writerow([row.get(columns[index], "") for index in kept] + beyond)

    return out.getvalue() if _each(text, write) else text


def cells_of(text: str, fixes: Fixes, wanted: Collection[int]) -> dict[int, dict[str, str]]:
    """Return the cells of some rows by column, as they stand after what was mended."""
    found: dict[int, dict[str, str]] = {}
    columns: list[str] = []

    def note(number: int, cells: list[str]) -> None:
        nonlocal columns
        if number == HEADING:
            columns = _headings(cells, fixes.get(HEADING, {}))
        elif number in wanted:
            found[number] = dict(zip(columns, cells, strict=False)) | dict(fixes.get(number, {}))

    _each(text, note)
    return found


def _headings(cells: list[str], names: Mapping[str, str]) -> list[str]:
    found: list[str] = []
    for cell in cells:
        means = heading_of(cell)
        # A second phone is a column nobody asked for, not a heading that stands twice.
        name = means if means not in found else cell.strip().lower()
        found.append(names.get(name, name))
    return found


def _each(text: str, use: Callable[[int, list[str]], None]) -> bool:
    """Give every row of a list to `use` with its number; tell whether all of it could be read."""
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), dialect=dialect_of(text))
    try:
        for number, cells in enumerate(lines, start=HEADING):
            use(number, cells)
    except csv.Error:
        return False
    return True
