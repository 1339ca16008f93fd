"""A copy of the SQLite file before its tables change."""

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path

KEPT = 5


def copy_aside(database: Path, *, folder: Path, step: int, now: dt.datetime) -> Path:
    """Copy a live SQLite database to a folder, named by time and schema step; keep five, return the copy."""
    folder.mkdir(exist_ok=True)
    copy = folder / f"{database.stem}-{now:%Y%m%dT%H%M%S}Z-step{step}.sqlite3"
    copy_database(database, copy)
    for old in sorted(folder.glob(f"{database.stem}-*.sqlite3"))[:-KEPT]:
        old.unlink()
    return copy


def copy_database(database: Path, copy: Path) -> None:
    """Copy a live SQLite database into a file only its owner may read."""
    copy.touch(mode=0o600)
    # SQLite's own backup: right even while the write-ahead log holds what the file does not yet.
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
