"""Backup and restore, on the engine of the run: whole or not at all, and disarmed."""

import datetime as dt
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from config import databases, embedded
from notifications.actions import planning
from tests.elsewhere import Elsewhere, backup, installation
from tests.factories import NOW, World

# Processes of their own, one after the other.
pytestmark = [pytest.mark.services, pytest.mark.timeout(600), pytest.mark.usefixtures("clock")]
SOON = NOW + dt.timedelta(minutes=4)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    with installation(tmp_path / "elsewhere") as there:
        yield there


def logical_dump(address: str) -> list[str]:
    """Return everything a database holds, in words; but not the sender's row, which a restore changes."""
    if address.startswith("sqlite"):
        with closing(sqlite3.connect(address.removeprefix("sqlite:///"))) as database:
            return [line for line in database.iterdump() if 'INSERT INTO "notifications_sender"' not in line]
    words = subprocess.run(
        [databases.program("pg_dump"), "--no-owner", "--exclude-table-data=notifications_sender", address],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    # PostgreSQL itself words conditions anew when it reads its own dump: ARRAY['x'::varchar]::text[] or 'x'::text each.
    return [
        line.partition(" CHECK (")[0].partition(" WHERE (")[0]
        for line in words
        if not line.startswith(("--", "\\restrict", "\\unrestrict"))
    ]


def address_of_test_database() -> str:
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    return f"postgres://{given['USER']}@{given['HOST']}:{given['PORT']}/{given['NAME']}"


def test_a_dump_of_what_was_restored_equals_the_dump_of_what_was_saved(
    live_world: World, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    live_world.book()
    planning.plan_messages(now=SOON)
    file = backup(tmp_path / "one.backup")

    elsewhere.restore(file)

    assert logical_dump(elsewhere.address) == logical_dump(address_of_test_database())


def test_what_is_written_later_is_not_in_it(live_world: World, elsewhere: Elsewhere, tmp_path: Path) -> None:
    live_world.book()
    file = backup(tmp_path / "one.backup")
    live_world.book(live_world.daniel, preferred_minute=720)

    elsewhere.restore(file)

    assert elsewhere.rows("SELECT count(*) FROM scheduling_course") == [(1,)]


def test_data_is_replaced_only_where_somebody_says_so_and_is_kept_aside(
    live_world: World, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    first = backup(tmp_path / "one.backup")
    elsewhere.restore(first)
    live_world.book()
    second = backup(tmp_path / "two.backup")

    words = elsewhere.refused(second)
    before = elsewhere.rows("SELECT count(*) FROM scheduling_course")
    elsewhere.restore(second, may_replace=True)

    assert words == ("There is data in this database. To replace it, add --replace; it is kept aside.")
    assert (before, elsewhere.rows("SELECT count(*) FROM scheduling_course")) == ([(0,)], [(1,)])
    kept = {
        "sqlite": ["before-restore-20261116T200000Z.sqlite3", "coursekeeper.sqlite3"],
        "postgresql": [elsewhere.name, f"{elsewhere.name}_before_20261116200000"],
    }
    assert elsewhere.databases() == kept[connection.vendor]


def test_a_database_in_use_is_not_touched(live_world: World, elsewhere: Elsewhere, tmp_path: Path) -> None:
    file = backup(tmp_path / "one.backup")
    elsewhere.restore(file)

    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(elsewhere.folder / "coursekeeper.sqlite3")) as user:
            user.execute("PRAGMA journal_mode=WAL")
            user.execute("SELECT * FROM clinic_site").fetchall()
            words = elsewhere.refused(file, may_replace=True)
    else:
        with psycopg.connect(elsewhere.address):
            words = elsewhere.refused(file, may_replace=True)

    assert words.endswith(("Stop Coursekeeper first.", "Stop web, worker and beat first."))


def test_a_running_installation_is_not_restored_over(live_world: World, elsewhere: Elsewhere, tmp_path: Path) -> None:
    file = backup(tmp_path / "one.backup")
    elsewhere.folder.mkdir()

    with embedded.lock(elsewhere.folder):
        done = elsewhere.manage("restore", str(file))

    assert (done.returncode, "is already running on" in done.stderr) == (1, True)
    assert elsewhere.databases() == []
