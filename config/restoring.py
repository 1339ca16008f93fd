"""Putting a backup back: into a new database first, made sound, disarmed, and only then in the place of the old one."""

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from tempfile import TemporaryDirectory

from config.backup import BackupError, Manifest, read_backup
from config.databases import Database

Say = Callable[[str], None]


def restore(
    database: Database,
    *,
    file: Path,
    folder: Path,
    known: Collection[str],
    may_replace: bool,
    manage: Path,
    say: Say,
    now: dt.datetime,
) -> None:
    """Put a backup in the place of a database nobody uses; the sender is disarmed before anybody can open it.

    `known`: the migrations this version has. `folder`: where the backup is unpacked. What was there is kept aside.

    :raises BackupError: it is damaged, or of a newer version; or there is data here and nobody said to replace it.
    :raises databases.DatabaseError: the database is in use, or says no. In either case it is as it was.
    """
    with TemporaryDirectory(dir=folder, prefix=".restoring-") as inner:
        dump = Path(inner) / "database"
        manifest = read_backup(file, into=dump)
        pending = _pending(manifest, database, known)
        database.refuse_if_used()
        if not may_replace and database.holds_data():
            raise BackupError("There is data in this database. To replace it, add --replace; it is kept aside.")
        try:
            address = database.fill_staging(dump)
            if pending:
                say(f"The backup is older: {len(pending)} migrations are applied to it.")
                _manage(manage, address, "migrate", "--noinput", "--verbosity=0")
            _manage(manage, address, "disarm_sender")
            kept = database.swap(now)
        finally:
            database.drop_staging()
    say(f"Restored the database of {manifest.made_at}.{f' What was here is kept as {kept}.' if kept else ''}")


def _pending(manifest: Manifest, database: Database, known: Collection[str]) -> list[str]:
    if manifest.engine != database.engine:
        raise BackupError(f"This is a backup of {manifest.engine}, and this installation runs on {database.engine}.")
    newer = [name for name in manifest.migrations if name not in known]
    if newer:
        raise BackupError(f"The backup was made by a newer version: {newer[0]} is not known here. Upgrade first.")
    return [name for name in known if name not in manifest.migrations]


def _manage(manage: Path, address: str, *arguments: str) -> None:
    """Run a command of ours on the new database, in a process of its own: this one is bound to the old one."""
    # A file named in DATABASE_URL_FILE would win over the address, and an armed sender has no business here.
    env = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL_FILE", "SEND_MESSAGES")}
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, str(manage), *arguments],
        env=env | {"DATABASE_URL": address},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise BackupError(f"{arguments[0]} on the restored database failed: {said[-1] if said else 'no reason given'}")
