"""The two kinds of database, as backup and restore see them: dump one, fill a new one beside it, swap them."""

import datetime as dt
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

PROGRAMS = ["/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin"]
_BESIDE = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a file
_HAS_DATA = "SELECT EXISTS (SELECT 1 FROM clinic_site) OR EXISTS (SELECT 1 FROM clinic_staffuser)"


class DatabaseError(Exception):
    """The database refuses. `str()` is fit to be shown."""


class Database(Protocol):
    """One database of this installation. A staging one is filled beside it, checked, and then takes its place."""

    engine: str

    def dump(self, to: Path) -> None:
        """Write the database as it is at one moment into a file."""
        ...

    def refuse_if_used(self) -> None:
        """Refuse while anybody is connected."""
        ...

    def holds_data(self) -> bool:
        """Tell whether a site or a login is in it."""
        ...

    def fill_staging(self, dump: Path) -> str:
        """Make a new database of a dump and return its DATABASE_URL."""
        ...

    def drop_staging(self) -> None:
        """Take the new database away again, if it is there."""
        ...

    def swap(self, now: dt.datetime) -> str:
        """Let the new database take the place of the old one, in one step; return where the old one is, or nothing."""
        ...


def of_settings(settings: dict[str, Any]) -> Database:
    """Return the database of Django's settings."""
    return Sqlite(Path(settings["NAME"])) if settings["ENGINE"].endswith("sqlite3") else Postgres(settings)


class Sqlite:
    """A file."""

    engine = "sqlite"

    def __init__(self, file: Path) -> None:
        self.file = file
        self.staging = file.with_name(f"{file.name}.restoring")

    def dump(self, to: Path) -> None:
        """Copy the live file by SQLite's own backup, which knows what is only in its log as yet; for its owner only.

        :raises DatabaseError: there is none, or it can't be read.
        """
        if not self.file.exists():
            raise DatabaseError(f"There is no database {self.file}.")
        to.touch(mode=0o600)
        try:
            with closing(sqlite3.connect(self.file)) as source, closing(sqlite3.connect(to)) as target:
                source.backup(target)
                # Alone in its file: the copy needs no log beside it.
                target.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.Error as error:
            raise DatabaseError(f"{self.file} can't be read: {error}.") from error

    def refuse_if_used(self) -> None:
        """Refuse while another process has the file open.

        :raises DatabaseError: one has.
        """
        if not self.file.exists():
            return
        try:
            with closing(sqlite3.connect(self.file, timeout=0)) as database:
                # Leaving the write-ahead log needs the file for oneself, and folds the log into it.
                (mode,) = database.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError:
            mode = "wal"
        except sqlite3.DatabaseError:
            return  # damaged: the reason to restore
        if mode != "delete":
            raise DatabaseError(f"{self.file} is in use. Stop Coursekeeper first.")

    def holds_data(self) -> bool:
        """Tell whether a site or a login is in it; a file that can't be read counts as held."""
        if not self.file.exists() or not self.file.stat().st_size:
            return False
        try:
            with closing(sqlite3.connect(self.file)) as database:
                return bool(database.execute(_HAS_DATA).fetchone()[0])
        except sqlite3.OperationalError as error:
            return "no such table" not in str(error)
        except sqlite3.DatabaseError:
            return True

    def fill_staging(self, dump: Path) -> str:
        """Put the dump beside the database, checked page by page.

        :raises DatabaseError: it is damaged.
        """
        self.drop_staging()
        self.file.parent.mkdir(parents=True, exist_ok=True)
        dump.replace(self.staging)
        try:
            with closing(sqlite3.connect(self.staging)) as database:
                (said,) = database.execute("PRAGMA integrity_check").fetchone()
                lost = database.execute("PRAGMA foreign_key_check").fetchone()
        except sqlite3.DatabaseError as error:
            raise DatabaseError(f"The backup holds no sound database: {error}.") from error
        if said != "ok" or lost:
            raise DatabaseError("The backup holds no sound database. Use an older one.")
        return f"sqlite:///{self.staging}"

    def drop_staging(self) -> None:
        """Take away what a restore began and did not end."""
        for ending in ("", *_BESIDE):
            self.staging.with_name(self.staging.name + ending).unlink(missing_ok=True)

    def swap(self, now: dt.datetime) -> str:
        """Rename: a file is either the old one or the new one.

        What SQLite left beside the old one goes first: it would be read as a part of the new one.
        """
        with closing(sqlite3.connect(self.staging)) as database:
            database.execute("PRAGMA journal_mode=DELETE")
        folder = self.file.parent / "backups"
        folder.mkdir(exist_ok=True)
        before = folder / f"before-restore-{now:%Y%m%dT%H%M%S}Z.sqlite3"
        is_there = self.file.exists()
        if is_there:
            # A link, so that there is no moment without a database.
            before.unlink(missing_ok=True)
            os.link(self.file, before)
        for ending in _BESIDE:
            with suppress(FileNotFoundError):
                self.file.with_name(self.file.name + ending).replace(before.with_name(before.name + ending))
        self.staging.replace(self.file)
        return str(before) if is_there else ""


class Postgres:
    """A database of a server, served by PostgreSQL's own programs."""

    engine = "postgresql"

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.name = str(settings["NAME"])
        self.staging = f"{self.name[:50]}_restoring"

    def dump(self, to: Path) -> None:
        """Dump one snapshot in PostgreSQL's own format.

        :raises DatabaseError: pg_dump is missing, or says no.
        """
        to.touch(mode=0o600)
        self._run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={to}", self.name)

    def refuse_if_used(self) -> None:
        """Refuse while anybody is connected.

        :raises DatabaseError: somebody is.
        """
        with self._beside() as server:
            # Not the server's own cleaning, which gives way.
            ask = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
            found = server.execute(ask, [self.name]).fetchone()
        if found and found[0]:
            raise DatabaseError(f"{found[0]} connections to {self.name} are open. Stop web, worker and beat first.")

    def holds_data(self) -> bool:
        """Tell whether a site or a login is in it."""
        if not self._exists(self.name):
            return False
        try:
            with psycopg.connect(**self._login(self.name)) as database:
                found = database.execute(_HAS_DATA).fetchone()
        except psycopg.errors.UndefinedTable:
            return False
        return bool(found and found[0])

    def fill_staging(self, dump: Path) -> str:
        """Restore the dump into a new database, all of it or none.

        :raises DatabaseError: pg_restore is missing or says no, or this login may make no database.
        """
        self.drop_staging()
        try:
            with self._beside() as server:
                server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(self.staging)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise DatabaseError("The database login may not make databases: ALTER ROLE … CREATEDB.") from error
        whole = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
        self._run("pg_restore", *whole, f"--dbname={self.staging}", str(dump))
        return self._address(self.staging)

    def drop_staging(self) -> None:
        """Take away what a restore began and did not end."""
        with self._beside() as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(self.staging)))

    def swap(self, now: dt.datetime) -> str:
        """Rename both in one transaction.

        :raises DatabaseError: somebody connected meanwhile.
        """
        before = f"{self.name[:40]}_before_{now:%Y%m%d%H%M%S}"
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        is_there = self._exists(self.name)
        try:
            with self._beside() as server, server.transaction():
                if is_there:
                    server.execute(rename.format(sql.Identifier(self.name), sql.Identifier(before)))
                server.execute(rename.format(sql.Identifier(self.staging), sql.Identifier(self.name)))
        except psycopg.errors.ObjectInUse as error:
            raise DatabaseError(f"Somebody connected to {self.name} meanwhile. Stop everything, try again.") from error
        return f"the database {before}" if is_there else ""

    def _exists(self, name: str) -> bool:
        with self._beside() as server:
            return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    @contextmanager
    def _beside(self) -> Iterator[psycopg.Connection[Any]]:
        """Connect to the same server, but not to the database that is to be renamed."""
        other = "postgres" if self.name != "postgres" else "template1"
        try:
            with psycopg.connect(**self._login(other), autocommit=True) as server:
                yield server
        except psycopg.OperationalError as error:
            if isinstance(error, psycopg.errors.ObjectInUse):
                raise
            raise DatabaseError(f"The database server can't be reached ({type(error).__name__}).") from error

    def _login(self, name: str) -> dict[str, Any]:
        given = {
            "host": self.settings["HOST"],
            "port": self.settings["PORT"],
            "user": self.settings["USER"],
            "password": self.settings["PASSWORD"],
        }
        known = {key: value for key, value in given.items() if value}
        return known | {"dbname": name} | _connection_options(self.settings)

    def _address(self, name: str) -> str:
        login = f"{quote(str(self.settings['USER']), safe='')}:{quote(str(self.settings['PASSWORD']), safe='')}"
        host = f"{self.settings['HOST']}:{self.settings['PORT'] or 5432}"
        options = _connection_options(self.settings)
        return f"postgres://{login}@{host}/{quote(name, safe='')}{'?' + urlencode(options) if options else ''}"

    def _run(self, name: str, *arguments: str) -> None:
        login = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
        known = {key: str(self.settings[name]) for key, name in login.items() if self.settings[name]}
        if mode := _connection_options(self.settings).get("sslmode"):
            known["PGSSLMODE"] = mode
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own program
            [program(name), *arguments], env=os.environ | known, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DatabaseError(f"{name}: {done.stderr.strip().splitlines()[0] if done.stderr else 'no reason given'}")


def program(name: str) -> str:
    """Return the newest of PostgreSQL's programs of a name: in PGBIN, where packages put it, or on the path.

    :raises DatabaseError: there is none.
    """
    if folder := os.environ.get("PGBIN"):
        found = [Path(folder) / name]
    else:
        found = [path / name for pattern in PROGRAMS for path in Path("/").glob(pattern.lstrip("/"))]
    here = [path for path in found if path.is_file()]
    if here:
        return str(max(here, key=_version))
    if on_path := shutil.which(name):
        return on_path
    raise DatabaseError(
        f"{name} isn't on this machine. Install PostgreSQL's client programs, of the server's version or newer,"
        " or name their folder in PGBIN."
    )


def _version(path: Path) -> int:
    found = re.search(r"(\d+)/bin", str(path)) or re.search(r"@(\d+)", str(path))
    return int(found[1]) if found else 0


def _connection_options(settings: dict[str, Any]) -> dict[str, str]:
    kept = ("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout")
    return {key: str(value) for key, value in settings.get("OPTIONS", {}).items() if key in kept}
