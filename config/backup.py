"""A copy of the SQLite file before its tables change."""

import datetime as dt
import sqlite3
from pathlib import Path

KEPT = 5


def copy_aside(database: Path, *, now: dt.datetime) -> Path:
    """Copy a live SQLite database into `backups/` beside it, keep the latest five, and return the copy."""
    folder = database.parent / "backups"
    folder.mkdir(exist_ok=True)
    copy = folder / f"{database.stem}-{now:%Y%m%dT%H%M%S}.sqlite3"
    # SQLite's own backup: right even while the write-ahead log holds what the file does not yet.
    source, target = sqlite3.connect(database), sqlite3.connect(copy)
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
    copy.chmod(0o600)
    for old in sorted(folder.glob(f"{database.stem}-*.sqlite3"))[:-KEPT]:
        old.unlink()
    return copy
