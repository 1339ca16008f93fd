"""Start everything in one process: set-up, web, worker, beat."""

import contextlib
import os
import signal
import socket
import sys
from argparse import ArgumentParser
from types import FrameType
from typing import Any, TextIO

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from waitress.server import create_server

from clinic import demo, queries
from config import embedded, first_start
from config.wsgi import application

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FIRST_MANAGER = '.venv/bin/python manage.py create_staff you@example.com --role manager --create-site "Your Clinic"'
LARGEST_BODY = 16 * 1024 * 1024  # bytes; what is under it gets the product's own answer


class Command(BaseCommand):
    help = "Migrate, load protocols, seed the demo clinic once, then serve pages and run the worker."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--empty", action="store_true", help="start a real clinic: no demo data")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["port"] != settings.PORT:
            # The settings were read before the option was, and BASE_URL follows PORT: start over with it.
            os.environ["PORT"] = str(options["port"])
            os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - the same program, the same arguments
        os.umask(0o077)  # the database, its copies and the key belong to one user
        _on_stop_signals(_interrupt)
        try:
            self._run(host=options["host"], port=options["port"], empty=options["empty"])
        except CommandError as refusal:
            sys.exit(str(refusal))
        except KeyboardInterrupt:
            self._say("Stopped.")

    def _run(self, *, host: str, port: int, empty: bool) -> None:
        if settings.REDIS_URL:
            raise CommandError("REDIS_URL is set: run web, worker and beat as docker-compose.yml does, or unset it.")
        with _locked_folder(), _listen(host, port) as listener:
            first_start.prepare(empty=empty, say=self._say)
            _refuse_open_demo(host=host, empty=empty)
            server = create_server(
                application, sockets=[listener], threads=8, ident="", max_request_body_size=LARGEST_BODY
            )
            background = embedded.Background()
            background.start()
            with contextlib.suppress(KeyboardInterrupt):  # which the loop takes itself, once it runs
                self._say_hello(host, port)
                server.run()  # until a stop signal
            _on_stop_signals(signal.SIG_IGN)
            self._say("\nStopping.")
            server.close()
            if not background.stop():
                # A task hangs on somebody else's network. Its lease runs out and the next start recovers it.
                os._exit(0)

    def _say_hello(self, host: str, port: int) -> None:
        shown = f"[{host}]" if ":" in host else host
        lines = ["", f"Coursekeeper is at http://{shown}:{port}/   (stop it with Ctrl-C)", ""]
        if logins := queries.demo_logins():
            lines.append(f"Sign in to the demo clinic, with the password {demo.PASSWORD}, as")
            lines += [f"  {email:<28} {name}" for email, name in logins]
        elif queries.is_empty():
            lines.append("Nobody can sign in yet. In another terminal, make the first manager:")
            lines.append(f"  {FIRST_MANAGER}")
        self._say("\n".join(lines))

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        sys.stdout.flush()  # whoever reads a log file sees the address at once


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _on_stop_signals(handler: Any) -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, handler)


def _locked_folder() -> TextIO:
    folder = settings.DATA_DIR
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return embedded.lock(folder)
    except embedded.AlreadyRunning as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"Can't write to {folder}: {error.strerror}. Make it writable, or set DATA_DIR.") from error


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before any work is done; the server listens on it once all is ready."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        why = error.strerror if isinstance(error, OSError) else "there is no such port"
        raise CommandError(
            f"Can't listen on {host}:{port}: {why}. Choose another port: script/up --port 8001."
        ) from error
    return listener


def _refuse_open_demo(*, host: str, empty: bool) -> None:
    if not queries.demo_staff_exists():
        return
    if empty:
        raise CommandError(f"{settings.DATA_DIR} holds the demo clinic. Set DATA_DIR to a new folder for a real one.")
    if host not in LOOPBACK or settings.PRODUCTION:
        raise CommandError("The demo's password is printed for all to see, so the demo is served on 127.0.0.1 only.")
    if settings.SEND_MESSAGES:
        raise CommandError(
            "SEND_MESSAGES is on, but this is the demo clinic. Unset it, or start with --empty elsewhere."
        )
