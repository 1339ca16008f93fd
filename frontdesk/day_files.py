"""The day sheets as files: one for each site, whole or not there, readable by the owner alone."""

import datetime as dt
import os
import tempfile
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from clinic import actions as clinic_actions
from clinic.models import Site
from frontdesk import show_sheet
from frontdesk.show_sheet import BOXES, Paper, Sheet
from patients.reach import phones_of
from scheduling.domain import local_time
from scheduling.queries import board as boards
from scheduling.queries.availability import next_open_day

KEPT = dt.timedelta(days=2)


def folder() -> Path:
    """Return where the files lie unless another folder is asked for."""
    return Path(settings.DATA_DIR) / "print"


def write(*, site: Site, folder: Path, now: dt.datetime, day: dt.date | None = None, initials: bool = False) -> Path:
    """Write the sheets of a day and the next open one into one file, and note whose records stand in it.

    The file replaces the one before as a whole. Files older than two days are removed.

    :raises OSError: the folder can't be written.
    """
    first = day or local_time.today(now, site.zone)
    text, patients = _text(site, (first, next_open_day(site=site, after=first)), initials=initials, now=now)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{site.slug}.html"
    with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as file:  # mode 0600
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    clinic_actions.write_audit_of_command(site=site, action="day.printed", patient_ids=sorted(patients), now=now)
    os.utime(file.name, (now.timestamp(), now.timestamp()))  # its age goes by the product's clock
    Path(file.name).replace(path)
    _forget(folder, now)
    return path


def _text(site: Site, days: tuple[dt.date, dt.date], *, initials: bool, now: dt.datetime) -> tuple[str, set[int]]:
    paper, sheets, patients = Paper(initials=initials), [], set()
    for day in days:
        board = boards.board(site=site, day=day, now=now)
        people = {card.patient_id for card in show_sheet.on_paper(board, paper).values()}
        sheets.append(show_sheet.sheet_of(board, site=site, paper=paper, phones=phones_of(people), now=now))
        patients |= people
    return _rendered(sheets), patients


def _rendered(sheets: list[Sheet]) -> str:
    found = finders.find("frontdesk/sheet.css")
    css = Path(str(found)).read_text(encoding="utf-8") if found else ""
    return render_to_string("frontdesk/sheet/file.html", {"sheets": sheets, "boxes": BOXES, "css": css})


def _forget(folder: Path, now: dt.datetime) -> None:
    """Remove what was written for days that are over, by sites that are gone or other commands."""
    for path in folder.glob("*.html"):
        if path.stat().st_mtime < (now - KEPT).timestamp():
            path.unlink(missing_ok=True)
