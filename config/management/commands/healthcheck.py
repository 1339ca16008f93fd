"""Answer a container's question: does this part still work?"""

import datetime as dt
import http.client
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from clinic import clock, queries

TOO_OLD = dt.timedelta(minutes=3)


class Command(BaseCommand):
    help = "Exit 0 if the part works: web answers /livez; worker and beat moved a heartbeat in three minutes."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("part", choices=["web", "worker", "beat"])

    def handle(self, *args: Any, **options: Any) -> None:
        if options["part"] == "web":
            _ask_web()
        else:
            # One proof for both: a task that beat sent, the broker carried and a worker ran wrote the row.
            _read_heartbeat()


def _ask_web() -> None:
    host = settings.ALLOWED_HOSTS[0].lstrip(".") if settings.ALLOWED_HOSTS else "localhost"
    connection = http.client.HTTPConnection("127.0.0.1", settings.PORT, timeout=5)
    try:
        connection.request("GET", "/livez", headers={"Host": host})
        status = connection.getresponse().status
    except OSError as error:
        raise CommandError(f"Nothing answers on port {settings.PORT}: {error}.") from error
    finally:
        connection.close()
    if status != http.HTTPStatus.OK:
        raise CommandError(f"/livez answers {status}.")


def _read_heartbeat() -> None:
    age = queries.heartbeat_age(name="worker", now=clock.now())
    if age is None:
        raise CommandError("No heartbeat yet.")
    if age > TOO_OLD:
        raise CommandError(f"The latest heartbeat is {int(age.total_seconds())} seconds old.")
