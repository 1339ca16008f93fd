"""Put a backup in the place of the database, and leave the sender disarmed."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader

from clinic import clock
from config import databases, embedded, restoring
from config.backup import BackupError

NEXT = (
    "The sender is disarmed. Whoever said STOP since the copy was made is not known here: enter them first, from the"
    " provider's log of incoming texts and the desk's notes. Then look at the messages page and run manage.py"
    " arm_sender."
)


class Command(BaseCommand):
    help = "Put a backup in the place of the database. Nothing is sent afterwards until arm_sender is run."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="there is data here: keep it aside, take the backup")

    def handle(self, *args: Any, **options: Any) -> None:
        database = databases.of_settings(connection.settings_dict)
        known = [f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations]
        home = Path(settings.DATA_DIR)
        # The same disk: the last step is a rename.
        folder = database.file.parent if isinstance(database, databases.Sqlite) else home
        connections.close_all()
        try:
            for each in (home, folder):
                each.mkdir(parents=True, exist_ok=True)
            with embedded.lock(home):
                restoring.restore(
                    database,
                    file=options["file"].resolve(),
                    folder=folder,
                    known=known,
                    may_replace=options["replace"],
                    manage=Path(settings.BASE_DIR) / "manage.py",
                    say=self.stdout.write,
                    now=clock.now(),
                )
        except (BackupError, databases.DatabaseError, embedded.AlreadyRunning) as refusal:
            raise CommandError(str(refusal)) from refusal
        except OSError as error:
            raise CommandError(f"Can't write to {error.filename or folder}: {error.strerror}.") from error
        self.stdout.write(NEXT)
