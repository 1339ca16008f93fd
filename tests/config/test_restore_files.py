"""What SQLite left beside a file that is replaced by a backup."""

import datetime as dt
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from config.databases import Sqlite

pytestmark = pytest.mark.once
NOON = dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC)


def make(file: Path, word: str, *, log_to: Path | None = None) -> None:
    """Make a database that holds one word; `log_to`: where to leave its write-ahead log as a crash does."""
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE poison (word TEXT)")
        database.execute("INSERT INTO poison VALUES (?)", [word])
        database.commit()
        if log_to:
            for ending in ("-wal", "-shm"):
                shutil.copy(f"{file}{ending}", f"{log_to}{ending}")


@pytest.mark.parametrize("before", ["missing", "garbage"])
def test_a_log_left_by_the_old_database_is_not_read_as_a_part_of_the_new_one(tmp_path: Path, before: str) -> None:
    file = tmp_path / "clinic.sqlite3"
    make(tmp_path / "old.sqlite3", "old", log_to=file)
    if before == "garbage":
        file.write_bytes(b"not a database" * 400)
    make(tmp_path / "dump", "new")
    target = Sqlite(file)

    target.fill_staging(tmp_path / "dump")
    kept = target.swap(NOON)

    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT word FROM poison").fetchall() == [("new",)]
    aside = tmp_path / "backups" / "before-restore-20261116T120000Z.sqlite3"
    assert (kept, aside.with_name(f"{aside.name}-wal").exists()) == (str(aside) if before == "garbage" else "", True)
