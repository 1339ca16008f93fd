"""A list of patients on its way in: the rows that need a look with what stands in them, and the first rows as read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from frontdesk.show_settings import counted
from patients.domain.csv_repair import HEADING, cells_of
from patients.domain.csv_rows import KNOWN, REQUIRED, Fault, Row
from patients.import_drafts import Checked, fixes_of

if TYPE_CHECKING:
    from patients.models import ImportDraft

MOST_SHOWN, ROWS_SHOWN = 100, 20
COLUMNS = {
    "record_number": "record number",
    "first_name": "first name",
    "last_name": "last name",
    "birth_date": "date of birth",
    "preferred_name": "preferred name",
    "phone": "phone",
    "email": "e-mail",
    "language": "language",
    "sms_consent": "yes to texts",
    "email_consent": "yes to e-mail",
}
_FIXED_ELSEWHERE = "differs from the stored record"


@dataclass(frozen=True, slots=True)
class Cell:
    """One fault: what is wrong, and the cell to type in, if typing mends it."""

    row: int
    column: str
    label: str
    words: str
    value: str
    is_typed: bool
    options: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """What its input is called."""
        return f"fix-{self.row}-{self.column}"


def cells_to_mend(draft: "ImportDraft", found: Checked) -> list[Cell]:
    """Return the first faults of a list, each with what stands in its cell."""
    faults = found.faults[:MOST_SHOWN]
    cells = cells_of(draft.text, fixes_of(draft), {fault.row for fault in faults})
    return [_cell(fault, cells.get(fault.row, {})) for fault in faults]


def summary(draft: "ImportDraft", found: Checked) -> dict[str, Any]:
    """Return how many come in, are here already, are left out, and need a look."""
    rows = {fault.row for fault in found.faults}
    return {
        "new": found.new,
        "known": max(len(found.rows) - found.new - len(rows & {row.number for row in found.rows}), 0),
        "wrong": len(rows),
        "left_out": len(draft.skipped),
        "is_heading": HEADING in rows,
    }


def first_rows(rows: Sequence[Row]) -> list[list[str]]:
    """Return the first patients as they were read."""
    return [
        [
            str(row.number),
            row.details.record_number or "",
            row.details.last_name,
            row.details.first_name,
            f"{row.details.birth_date:%m/%d/%Y}",
            row.details.phone or row.details.email or "",
        ]
        for row in rows[:ROWS_SHOWN]
    ]


def as_csv(faults: Sequence[Fault]) -> list[list[str]]:
    """Return every fault as a line of a table; the words repeat no name and no number."""
    return [
        ["row", "column", "what"],
        *([str(fault.row), COLUMNS.get(fault.field, fault.field), fault.why] for fault in faults),
    ]


def said_of(undone: tuple[int, int]) -> str:
    """Return who went and who stays when an import is taken back."""
    gone, stay = undone
    kept = f" {stay} stay{'s' if stay == 1 else ''}: something was entered since." if stay else ""
    return f"{counted(gone, 'patient')} taken out again.{kept}"


def typed_in(posted: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """Return what was typed instead of cells, by row and column."""
    found: dict[int, dict[str, str]] = {}
    for name, value in posted.items():
        word, _dash, rest = name.partition("-")
        row, _dash, column = rest.partition("-")
        if word == "fix" and row.isdecimal() and len(row) < 6:
            found.setdefault(int(row), {})[column[:100]] = value[:300]
    return found


def _cell(fault: Fault, cells: Mapping[str, str]) -> Cell:
    label = COLUMNS.get(fault.field, fault.field)
    is_column = fault.field in KNOWN
    is_typed = fault.row != HEADING and is_column and not fault.why.startswith(_FIXED_ELSEWHERE)
    options: tuple[tuple[str, str], ...] = ()
    if fault.row == HEADING and fault.field not in KNOWN and fault.field != "file":
        free = [(name, COLUMNS[name].capitalize()) for name in KNOWN]
        options = (("", "Leave this column out"), *free)
    words = fault.why
    if fault.row == HEADING and fault.field in REQUIRED:
        words = "is missing from the heading. Name one of the columns so, or choose another file."
    elif options:
        words = "is no column of this list."
    return Cell(fault.row, fault.field, label, words, cells.get(fault.field, ""), is_typed, options)
