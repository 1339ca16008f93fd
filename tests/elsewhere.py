"""Another installation beside the one under test: a folder and a database of its own, on the same engine."""

import datetime as dt
import io
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as live_settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from config import restoring
from config.backup import BackupError
from config.databases import Database, DatabaseError, Postgres, Sqlite
from tests import running
from tests.factories import NOW

EACH = """
import sys
import django
django.setup()
from django.core.management import call_command
for command in sys.argv[1:]:
    call_command(command)
"""
LATER = NOW + dt.timedelta(hours=6)


def backup(file: Path) -> Path:
    call_command("backup", str(file), stdout=io.StringIO())
    return file


@dataclass
class Elsewhere:
    """Another installation: a folder and a database of its own, on the same engine."""

    folder: Path
    more: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"elsewhere_{os.getpid()}"

    @property
    def address(self) -> str:
        if connection.vendor == "sqlite":
            return f"sqlite:///{self.folder / 'coursekeeper.sqlite3'}"
        given = live_settings.DATABASES["default"]
        return f"postgres://{given['USER']}@{given['HOST']}:{given['PORT']}/{self.name}"

    def manage(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        facts = {"DATABASE_URL": self.address, "LOG_LEVEL": "ERROR", "TEST_CLOCK": LATER.isoformat()}
        return running.manage(*arguments, folder=self.folder, **facts | self.more | variables)

    def run(self, *commands: str) -> list[str]:
        """Run commands one after the other, in one process of its own; return what each of them said."""
        facts = {"DATABASE_URL": self.address, "LOG_LEVEL": "ERROR", "TEST_CLOCK": LATER.isoformat()} | self.more
        facts["DJANGO_SETTINGS_MODULE"] = "config.settings"
        done = subprocess.run(
            [sys.executable, "-c", EACH, *commands],
            cwd=running.ROOT,
            env=running.environment(self.folder, **facts),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()

    def database(self) -> Database:
        """Return its database as backup and restore see it."""
        if connection.vendor == "sqlite":
            return Sqlite(self.folder / "coursekeeper.sqlite3")
        return Postgres({**live_settings.DATABASES["default"], "NAME": self.name})

    def restore(self, file: Path, *, may_replace: bool = False) -> None:
        """Put a backup back as the command does, in this process."""
        self.folder.mkdir(exist_ok=True)
        restoring.restore(
            self.database(),
            file=file,
            folder=self.folder,
            known=[f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations],
            may_replace=may_replace,
            manage=running.ROOT / "manage.py",
            say=lambda _line: None,
            now=LATER,
        )

    def refused(self, file: Path, *, may_replace: bool = False) -> str:
        """Return in what words a backup is not put back."""
        with pytest.raises((BackupError, DatabaseError)) as refusal:
            self.restore(file, may_replace=may_replace)
        return str(refusal.value)

    def rows(self, question: str) -> list[Any]:
        if connection.vendor == "sqlite":
            with closing(sqlite3.connect(self.folder / "coursekeeper.sqlite3")) as database:
                return database.execute(question).fetchall()
        with psycopg.connect(self.address) as server:
            return server.execute(question).fetchall()

    def databases(self) -> list[str]:
        """Return the names of everything it left: databases, or files."""
        if connection.vendor == "sqlite":
            return sorted(path.name for path in self.folder.glob("**/*.sqlite3*"))
        with psycopg.connect(self.address.replace(self.name, "postgres")) as server:
            found = server.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{self.name}%"])
            return sorted(name for (name,) in found)


@contextmanager
def installation(folder: Path) -> Iterator[Elsewhere]:
    """Give an installation with no database yet, and take away whatever it made on the server."""
    there = Elsewhere(folder)
    try:
        yield there
    finally:
        if connection.vendor == "postgresql":
            with psycopg.connect(there.address.replace(there.name, "postgres"), autocommit=True) as server:
                for name in there.databases():
                    server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
