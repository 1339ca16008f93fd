"""`manage.py up` as a process: what it refuses, what it prepares, how it stops."""

import shutil
import signal
import socket
import sqlite3
import stat
import sys
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

import testkit
from tests.running import Running, manage

pytestmark = [pytest.mark.services, pytest.mark.long]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose tables are up to date and empty, to be copied: nothing was started on it."""
    made = tmp_path_factory.mktemp("migrated") / "data"
    assert manage("migrate", "--skip-checks", "--verbosity=0", folder=made).returncode == 0
    return made


@pytest.fixture(scope="module")
def set_up(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of it, to be started as often as it takes."""
    return shutil.copytree(migrated, tmp_path_factory.mktemp("set-up") / "data")


@dataclass
class FirstStart:
    """What the first start of a real clinic said and made, from a folder that wasn't there."""

    said: str
    modes: dict[str, int]
    staff: int
    heartbeats: list[str]


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> FirstStart:
    """A first start, stopped when its worker had its time to beat."""
    folder = tmp_path_factory.mktemp("first") / "data"

    def ask(question: str) -> list[str]:
        with closing(sqlite3.connect(folder / "coursekeeper.sqlite3")) as database:
            return [row[0] for row in database.execute(question)]

    def heartbeats() -> list[str]:
        return ask("SELECT name FROM clinic_heartbeat")

    with Running(folder, ("--empty",), {"SECRET_KEY": ""}) as up:
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        with suppress(TimeoutError):
            testkit.wait_until(lambda: bool(heartbeats()), "The heartbeat", seconds=15)
        return FirstStart(up.said, modes, len(ask("SELECT id FROM clinic_staffuser")), heartbeats())


@pytest.fixture(scope="module")
def demo(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo clinic, made by the second start: the first was cut off while it seeded."""
    made = shutil.copytree(migrated, tmp_path_factory.mktemp("demo") / "data")
    (made / "coursekeeper.sqlite3.seeding").write_text("half a clinic")
    (made / "coursekeeper.sqlite3.seeding-wal").write_text("half a log")
    with Running(made, variables={"SECRET_KEY": ""}) as up:
        assert up.process.poll() is None, up.said
    return made


def refused(folder: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    """Return exit code and words of a start that ends by itself."""
    ended = manage("up", *arguments, folder=folder, **variables)
    return ended.returncode, ended.stderr


def test_a_port_in_use_is_one_sentence_and_nothing_is_made(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        answer = refused(folder, PORT=str(port))

    assert answer == (
        1,
        f"Can't listen on 127.0.0.1:{port}: Address already in use. Choose another port: script/up --port 8001.\n",
    )
    assert not (folder / "coursekeeper.sqlite3").exists()


def test_a_data_folder_that_is_a_file_is_one_sentence(folder: Path) -> None:
    folder.write_text("not a folder")

    assert refused(folder, SECRET_KEY="given") == (
        1,
        f"Can't write to {folder}: File exists. Make it writable, or set DATA_DIR.\n",
    )


def test_a_key_that_cannot_be_kept_is_one_sentence(folder: Path) -> None:
    folder.write_text("not a folder")

    assert refused(folder, SECRET_KEY="") == (
        1,
        f"Can't write the key file {folder}/secret.key: File exists.\n",
    )


def test_a_broker_of_its_own_is_refused(folder: Path) -> None:
    assert refused(folder, REDIS_URL="redis://127.0.0.1:1/0") == (
        1,
        "REDIS_URL is set: run web, worker and beat as docker-compose.yml does, or unset it.\n",
    )


def test_a_second_start_on_the_same_folder_is_refused(set_up: Path) -> None:
    with Running(set_up, ("--empty",)):
        answer = refused(set_up, "--empty", PORT=str(testkit.free_port()))

    assert answer == (1, f"Coursekeeper is already running on {set_up}. Stop it, or set DATA_DIR.\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_stop_signal_ends_everything_cleanly(set_up: Path, number: signal.Signals) -> None:
    with Running(set_up, ("--empty",)) as up:
        code = up.stop(number)

    assert (code, up.left_behind(), testkit.accepts(up.port)) == (0, [], False)
    assert up.said.endswith("Stopping.\n")


def test_a_kill_leaves_no_process_behind(set_up: Path) -> None:
    with Running(set_up, ("--empty",)) as up:
        code = up.stop(signal.SIGKILL)

    assert (code, up.left_behind(), testkit.accepts(up.port)) == (-signal.SIGKILL, [], False)


def test_a_killed_start_does_not_lock_out_the_next(set_up: Path) -> None:
    with Running(set_up, ("--empty",)) as killed:
        killed.stop(signal.SIGKILL)

    with Running(set_up, ("--empty",)) as up:
        assert testkit.accepts(up.port)


def test_the_port_option_wins_over_the_variable(set_up: Path) -> None:
    port = testkit.free_port()
    with Running(set_up, ("--empty", "--port", str(port))) as up:
        assert (testkit.accepts(port), testkit.accepts(up.port)) == (True, False)


def test_key_and_database_belong_to_their_owner_only(first_start: FirstStart) -> None:
    modes = first_start.modes

    assert {modes["secret.key"], modes["coursekeeper.sqlite3"]} == {0o600}


def test_a_real_clinic_starts_with_nobody_and_says_what_to_do(first_start: FirstStart) -> None:
    assert first_start.staff == 0
    assert ".venv/bin/python manage.py create_staff " in first_start.said
    assert "password" not in first_start.said


def test_the_worker_and_the_beat_run_inside(first_start: FirstStart) -> None:
    assert first_start.heartbeats == ["worker"]


def test_the_database_is_copied_aside_before_its_tables_change(migrated: Path, folder: Path) -> None:
    shutil.copytree(migrated, folder)
    manage("migrate", "notifications", "zero", "--skip-checks", "--verbosity=0", folder=folder)

    with Running(folder, ("--empty",)) as up:
        copies = list((folder / "backups").iterdir())

    assert [f"Copied the database to {copy}." in up.said for copy in copies] == [True]
    with closing(sqlite3.connect(copies[0])) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert ("clinic_site" in tables, "notifications_message" in tables) == (True, False)


def test_a_start_with_nothing_to_change_copies_nothing(set_up: Path) -> None:
    with Running(set_up, ("--empty",)):
        pass

    assert not (set_up / "backups").exists()


def test_the_demo_prints_its_logins(demo: Path) -> None:
    with Running(demo) as up:
        printed = {line.split()[0] for line in up.said.splitlines() if "demo.example" in line}

    assert printed == {
        "frontdesk@demo.example",
        "technician@demo.example",
        "clinician@demo.example",
        "manager@demo.example",
        "auditor@demo.example",
    }


def test_the_demo_is_seeded_once(demo: Path) -> None:
    with closing(sqlite3.connect(demo / "coursekeeper.sqlite3")) as database:
        database.execute("UPDATE clinic_site SET name = 'Poison'")
        database.commit()

    with Running(demo) as up:
        assert "Making the demo clinic" not in up.said

    with closing(sqlite3.connect(demo / "coursekeeper.sqlite3")) as database:
        assert set(database.execute("SELECT name FROM clinic_site")) == {("Poison",)}


def test_a_seeding_that_was_cut_off_leaves_nothing(demo: Path) -> None:
    assert sorted(path.name for path in demo.iterdir()) == ["coursekeeper.sqlite3", "secret.key", "up.lock"]


def test_the_demo_is_refused_off_loopback(demo: Path) -> None:
    assert refused(demo, "--host", "0.0.0.0", PORT=str(testkit.free_port())) == (  # noqa: S104 - what is refused
        1,
        "The demo's password is printed for all to see, so the demo is served on 127.0.0.1 only.\n",
    )


def test_the_demo_is_refused_when_sending_is_armed(demo: Path) -> None:
    assert refused(demo, SEND_MESSAGES="true", PORT=str(testkit.free_port())) == (
        1,
        "SEND_MESSAGES is on, but this is the demo clinic. Unset it, or start with --empty elsewhere.\n",
    )


def test_a_real_clinic_does_not_start_over_the_demo(demo: Path) -> None:
    assert refused(demo, "--empty", PORT=str(testkit.free_port())) == (
        1,
        f"{demo} holds the demo clinic. Set DATA_DIR to a new folder for a real one.\n",
    )


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_stays_under_120_megabytes(demo: Path) -> None:
    with Running(demo) as up:
        testkit.wait_until(lambda: testkit.accepts(up.port), "The server")

        assert up.resident_megabytes() < 120
