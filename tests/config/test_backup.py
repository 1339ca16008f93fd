"""The copy made before tables change."""

import datetime as dt
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

from config import backup

NOON = dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC)


def rows(path: Path) -> list[Any]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT word FROM poison").fetchall()


def make(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE poison (word TEXT)")
    database.execute("INSERT INTO poison VALUES ('kept')")
    database.commit()
    return database


def test_the_copy_holds_what_is_still_in_the_write_ahead_log(tmp_path: Path) -> None:
    with closing(make(tmp_path / "clinic.sqlite3")):
        copy = backup.copy_aside(tmp_path / "clinic.sqlite3", folder=tmp_path / "backups", step=7, now=NOON)

        assert rows(copy) == [("kept",)]


def test_the_copy_names_the_time_and_the_schema_step(tmp_path: Path) -> None:
    make(tmp_path / "clinic.sqlite3").close()

    copy = backup.copy_aside(tmp_path / "clinic.sqlite3", folder=tmp_path / "backups", step=7, now=NOON)

    assert copy == tmp_path / "backups" / "clinic-20261116T120000Z-step7.sqlite3"


def test_the_copy_belongs_to_its_owner_only(tmp_path: Path) -> None:
    make(tmp_path / "clinic.sqlite3").close()

    copy = backup.copy_aside(tmp_path / "clinic.sqlite3", folder=tmp_path / "backups", step=7, now=NOON)

    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_the_latest_five_copies_are_kept(tmp_path: Path) -> None:
    make(tmp_path / "clinic.sqlite3").close()
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "somebody-elses.sqlite3").touch()

    for minute in range(7):
        at = NOON + dt.timedelta(minutes=minute)
        backup.copy_aside(tmp_path / "clinic.sqlite3", folder=tmp_path / "backups", step=7, now=at)

    assert sorted(path.name for path in (tmp_path / "backups").iterdir()) == [
        "clinic-20261116T120200Z-step7.sqlite3",
        "clinic-20261116T120300Z-step7.sqlite3",
        "clinic-20261116T120400Z-step7.sqlite3",
        "clinic-20261116T120500Z-step7.sqlite3",
        "clinic-20261116T120600Z-step7.sqlite3",
        "somebody-elses.sqlite3",
    ]
