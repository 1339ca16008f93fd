"""Start everything in one process: set-up, web, worker, beat."""

import os
import signal
import socket
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from waitress.server import create_server

from clinic import clock, demo, queries
from config import backup, embedded
from config.wsgi import application

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Command(BaseCommand):
    help = "Migrate, load protocols, seed the demo clinic once, then serve pages and run the worker."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--empty", action="store_true", help="start a real clinic: no demo data")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.REDIS_URL:
            raise CommandError("REDIS_URL is set: run web, worker and beat as docker-compose.yml does, or unset it.")
        host, port = options["host"], options["port"]
        lock = self._lock()
        self._refuse_taken_port(host, port)
        self._prepare(empty=options["empty"])
        self._refuse_open_demo(host)
        server = create_server(application, host=host, port=port, threads=8, ident="")
        worker = embedded.Worker()
        worker.start()
        self._say_hello(host, port)
        self._serve(server, worker)
        lock.close()

    def _lock(self) -> Any:
        folder: Path = settings.DATA_DIR
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return embedded.lock(folder)
        except embedded.AlreadyRunning as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"Can't write to {folder}: {error.strerror}. Make it writable, or set DATA_DIR.") from error

    def _refuse_taken_port(self, host: str, port: int) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise CommandError(f"Port {port} on {host} is in use. Stop what uses it, or choose another: PORT=8001.") from error

    def _prepare(self, *, empty: bool) -> None:
        connection.prepare_database()
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if pending:
            self._copy_aside(is_new=not executor.loader.applied_migrations)
            self.stdout.write("Setting up the database.")
            call_command("migrate", verbosity=0, interactive=False)
        call_command("load_protocols", stdout=self.stdout if pending else open(os.devnull, "w"))
        if not empty and not settings.PRODUCTION and queries.is_empty():
            self.stdout.write("Seeding the demo clinic.")
            call_command("seed_demo", seed=1)

    def _copy_aside(self, *, is_new: bool) -> None:
        if connection.vendor == "sqlite" and not is_new:
            copy = backup.copy_aside(Path(connection.settings_dict["NAME"]), now=clock.now())
            self.stdout.write(f"Copied the database to {copy} first.")

    def _refuse_open_demo(self, host: str) -> None:
        if not queries.demo_staff_exists():
            return
        if host not in LOOPBACK:
            raise CommandError("The demo's password is printed for all to see, so it is served on 127.0.0.1 only.")
        if settings.SEND_MESSAGES:
            raise CommandError("SEND_MESSAGES is on, but this is the demo clinic. Use --empty with a DATA_DIR of its own.")

    def _say_hello(self, host: str, port: int) -> None:
        self.stdout.write(f"\nCoursekeeper is at http://{host}:{port}/   (stop it with Ctrl-C)\n")
        if logins := queries.demo_logins():
            self.stdout.write(f"Sign in to the demo clinic, with the password {demo.PASSWORD}, as")
            for email, name in logins:
                self.stdout.write(f"  {email:<28} {name}")
        elif queries.is_empty():
            self.stdout.write("Nobody can sign in yet. In another terminal, make the first manager:")
            self.stdout.write('  .venv/bin/python manage.py create_staff you@example.com --role manager --create-site "Your Clinic"')
        self.stdout._out.flush()  # type: ignore[attr-defined]

    def _serve(self, server: Any, worker: embedded.Worker) -> None:
        def stop(_number: int, _frame: FrameType | None) -> None:
            raise KeyboardInterrupt

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, stop)
        try:
            server.run()
        except KeyboardInterrupt:
            pass
        finally:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            self.stdout.write("\nStopping.")
            server.close()
            worker.stop()
