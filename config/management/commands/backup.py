"""Write the database, as it is at one moment, into one file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from clinic import clock
from config import databases
from config.backup import BackupError, make_backup


class Command(BaseCommand):
    help = "Write the database, as it is at one moment, into FILE, while everything runs. The secret key is not in it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        applied = MigrationRecorder(connection).applied_migrations()
        try:
            made = make_backup(
                databases.of_settings(connection.settings_dict),
                file=options["file"].resolve(),
                migrations=tuple(f"{app}.{name}" for app, name in sorted(applied)),
                now=clock.now(),
            )
        except (BackupError, databases.DatabaseError) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{options['file']}: {made.engine}, {made.bytes} bytes, sha256 {made.sha256}")
