"""PostgreSQL stopped without a word and started again: nothing is lost, nothing said twice unexplained.

`FAULT_KILLS=50` restarts twenty times.
"""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

import testkit
from testkit import wait_until
from tests.faults.conftest import FINE, Clinic, Crew, Outcome

pytestmark = [pytest.mark.services, pytest.mark.postgres]
Hire = Callable[..., Crew]
SOME = 60
RESTARTS = 20 if int(os.environ.get("FAULT_KILLS", "10")) >= 50 else 3


class OwnServer:
    """A durable server for one test, begun as a copy of the one all tests share: this one may be stopped at will."""

    def __init__(self) -> None:
        programs, shared = testkit.find_postgres(), connection.settings_dict
        assert programs is not None
        folder = testkit.temporary_folder()
        self.identity = testkit.unprivileged()
        if self.identity:
            os.chown(folder, self.identity["user"], self.identity["group"])
        self.data, self.port = folder / "data", testkit.free_port()
        self.log: Path = folder / "log"
        line = ["-h", shared["HOST"], "-p", str(shared["PORT"]), "-U", shared["USER"]]
        copy: testkit.Command = [
            programs / "pg_basebackup",
            *line,
            "-D",
            self.data,
            "--checkpoint",
            "fast",
            "--no-sync",
        ]
        subprocess.run(copy, check=True, cwd="/", **self.identity)
        listen = ["-p", str(self.port), "-k", "", "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"]
        self.command: testkit.Command = [programs / "postgres", "-D", self.data, *listen]
        self.start()

    def start(self) -> None:
        """Start it; it recovers first."""
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                self.command, cwd="/", stdout=log, stderr=log, preexec_fn=testkit.die_with_parent, **self.identity
            )
        wait_until(_answers_at(self.port), "PostgreSQL", 60)

    def stop(self) -> None:
        """Stop it as `pg_ctl stop -m immediate` does: everybody is thrown out, nothing is written any more."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)


def _answers_at(port: int) -> Callable[[], bool]:
    programs = testkit.find_postgres()
    assert programs is not None
    ask: testkit.Command = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    return lambda: subprocess.run(ask, check=False).returncode == 0


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """Let the test, and whoever is started in it, live on a server of its own."""
    database: dict[str, Any] = connection.settings_dict
    server, port = OwnServer(), database["PORT"]
    connection.close()
    database["PORT"] = server.port
    try:
        yield server
    finally:
        connection.close()
        database["PORT"] = port
        server.stop()


def restart_again_and_again(clinic: Clinic, crew: Hire, naive: str = "") -> Outcome:
    """Restart the database while texts are on their way; the next ones leave within fifteen seconds."""
    clinic.gateway.delay = 0.05
    clinic.plan(SOME)
    with own_server() as server:
        pollers = crew(3, naive=naive)
        for restart in range(RESTARTS):
            seen = SOME * (restart + 1) // (RESTARTS + 2)
            wait_until(lambda seen=seen: len(clinic.gateway.texts) > seen, "some texts", 60)  # type: ignore[misc]
            server.stop()
            server.start()
            seen = len(clinic.gateway.texts)
            wait_until(lambda seen=seen: len(clinic.gateway.texts) > seen, "the next text", 15)  # type: ignore[misc]
        outcome = pollers.finish(60 + 5 * RESTARTS)
        pollers.stop()
    return outcome


def test_a_database_restarted_at_once_loses_and_doubles_nothing(clinic: Clinic, crew: Hire) -> None:
    assert restart_again_and_again(clinic, crew) == FINE


def test_the_twin_that_marks_after_sending_doubles_what_was_on_its_way(clinic: Clinic, crew: Hire) -> None:
    assert restart_again_and_again(clinic, crew, "blind").doubled > 1


def test_a_server_process_that_crashes_loses_and_doubles_nothing(clinic: Clinic, crew: Hire) -> None:
    clinic.plan(SOME)
    with own_server():  # the one all tests share would first have to redo what a whole suite has written
        pollers = crew(3)
        for share in (0.2, 0.5, 0.8):
            wait_until(lambda share=share: len(clinic.gateway.texts) >= SOME * share, "some texts", 60)  # type: ignore[misc]
            crash_the_database()
        outcome = pollers.finish()
        pollers.stop()
    assert outcome == FINE


def crash_the_database() -> None:
    """Kill one of the server's processes: it throws everybody out and recovers by itself."""
    victim, witness = connection.copy(), connection.copy()
    with victim.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid: int = cursor.fetchone()[0]
    witness.ensure_connection()
    os.kill(pid, signal.SIGKILL)
    # Until it has noticed it still lets people in, only to throw them out.
    wait_until(lambda: not witness.is_usable(), "the crash", 30)
    victim.close()
    witness.close()
    connection.close()
    wait_until(_is_back, "PostgreSQL", 30)


def _is_back() -> Any:
    try:
        connection.ensure_connection()
        return connection.is_usable()
    except Exception:  # noqa: BLE001 - whatever it says while it recovers
        connection.close()
        return False
