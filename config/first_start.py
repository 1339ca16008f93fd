"""What `up` does before it serves: tables, protocols, and on the very first start the demo clinic."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from clinic import clock, queries
from config import backup, databases

Say = Callable[[str], None]


def prepare(*, empty: bool, say: Say) -> None:
    """Bring the tables up to date, load the protocols, and seed the demo into a database nobody uses yet.

    :raises CommandError: the demo could not be made.
    """
    migrate(say=say)
    with Path(os.devnull).open("w") as nowhere:
        call_command("load_protocols", stdout=nowhere)
    if not empty and not settings.PRODUCTION and queries.is_empty():
        say("Making the demo clinic (once).")
        seed()


def migrate(*, say: Say) -> None:
    """Apply what is pending; a SQLite file that already holds tables is copied aside first."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    applied = len(executor.loader.applied_migrations)
    if applied and connection.vendor == "sqlite":
        copy = backup.copy_aside(
            Path(connection.settings_dict["NAME"]),
            folder=settings.DATA_DIR / "backups",
            step=applied,
            now=clock.now(),
        )
        say(f"Copied the database to {copy}.")
    say("Setting up the database.")
    call_command("migrate", verbosity=0, interactive=False)


def seed() -> None:
    """Seed the demo in a process of its own: what it needs is given back, and the server stays small."""
    if connection.vendor != "sqlite":
        _run_seed({})
        return
    # Into a copy that then takes the database's place: a seeding that is cut off leaves no half clinic.
    database = Path(connection.settings_dict["NAME"])
    seeding = database.with_name(f"{database.name}.seeding")
    for left in database.parent.glob(f"{seeding.name}*"):
        left.unlink()
    connection.close()
    databases.Sqlite(database).dump(seeding)
    _run_seed({"DATABASE_URL": f"sqlite:///{seeding}"})
    seeding.replace(database)


def _run_seed(environment: dict[str, str]) -> None:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "seed_demo", "--seed", "1"]
    done = subprocess.run(  # noqa: S603 - our own command
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        raise CommandError("The demo clinic could not be made; the reason is above.")
