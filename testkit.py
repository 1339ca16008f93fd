"""Start what the tests need before Django reads its settings: `-p testkit` in pyproject.toml.

`TEST_ENGINE=sqlite` (default) or `postgres` chooses the database, unless `DATABASE_URL` is given.
Redis is started where it is found and named by `TEST_REDIS_URL`; the product's own `REDIS_URL` stays unset.
"""

import atexit
import ctypes
import faulthandler
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

POSTGRES_FOLDERS = [
    "/usr/lib/postgresql/*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
]
OLDEST_POSTGRES = 15
READY_SECONDS = 20
# One list: of a switch given twice Chromium heeds the last. RenderDocument on, a page closed while it goes somewhere
# never says that it is closed (crbug.com/536385539, playwright issue 42068); the others Playwright switches off itself.
_NOT_IN_TESTS = [
    "RenderDocument",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "PreconnectToSearch",
    "MediaRouter",
]
BROWSER_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", f"--disable-features={','.join(_NOT_IN_TESTS)}"]
Command = list[str | Path]
TEST_KEY = "a-key-for-tests-that-guards-nothing-0123456789abcdef"

_lines: list[str] = []
_stderr = os.dup(2)  # the one of before pytest takes what is printed


def find_postgres() -> Path | None:
    """Return the folder with the newest PostgreSQL programs of version 15 or later, or None."""
    folders = [Path(os.environ["PGBIN"])] if "PGBIN" in os.environ else []
    for pattern in POSTGRES_FOLDERS:
        folders += Path("/").glob(pattern.lstrip("/"))
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    known = {folder: _postgres_version(folder) for folder in folders}
    usable = [folder for folder, version in known.items() if version >= OLDEST_POSTGRES]
    return max(usable, key=lambda folder: known[folder], default=None)


def find_redis() -> str | None:
    """Return the path of a Redis server, or None."""
    return shutil.which("redis-server") or shutil.which("valkey-server")


def find_browser() -> str | None:
    """Return the path of a Chromium, or None; the one without a window's frame is lighter by a process a page."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def start_postgres(folder: Path, *, durable: bool = False) -> str:
    """Start a PostgreSQL server of its own and return its address; `durable` keeps fsync on, to measure."""
    programs = find_postgres()
    if programs is None:
        raise RuntimeError("PostgreSQL 15 or newer isn't installed. Install it (apt install postgresql), or set PGBIN.")
    port, identity = free_port(), unprivileged()
    data = folder / "postgres"
    data.mkdir(mode=0o700)
    if identity:
        folder.chmod(0o755)
        os.chown(data, identity["user"], identity["group"])
    initdb: Command = [
        programs / "initdb",
        "-D",
        data,
        "-A",
        "trust",
        "-U",
        "postgres",
        "-E",
        "UTF8",
        "--no-locale",
        "--no-sync",
    ]
    subprocess.run(initdb, check=True, cwd="/", stdout=subprocess.DEVNULL, **identity)
    careless = [] if durable else ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
    listen = ["-p", str(port), "-k", "", "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"]
    server: Command = [programs / "postgres", "-D", data, *listen, *careless]
    with (folder / "postgres.log").open("w") as log:
        _keep(subprocess.Popen(server, cwd="/", stdout=log, stderr=log, preexec_fn=die_with_parent, **identity))
    ready: Command = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    wait_until(lambda: subprocess.run(ready, check=False).returncode == 0, "PostgreSQL")
    return f"postgres://postgres@127.0.0.1:{port}/postgres"


def start_redis(folder: Path, port: int | None = None) -> str:
    """Start a Redis server of its own, without files, and return its address; `port`: where one was stopped before.

    :raises RuntimeError: there is no Redis on this machine.
    """
    program, port = find_redis(), port or free_port()
    if program is None:
        raise RuntimeError("Redis 7 isn't installed. Install it: apt install redis-server.")
    server = [
        program,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(folder),
        "--daemonize",
        "no",
    ]
    _keep(subprocess.Popen(server, stdout=subprocess.DEVNULL, preexec_fn=die_with_parent))
    wait_until(lambda: accepts(port), "Redis")
    return f"redis://127.0.0.1:{port}/0"


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def accepts(port: int) -> bool:
    """Tell whether something on this machine accepts connections on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(ready: Callable[[], bool], what: str, seconds: float = READY_SECONDS) -> None:
    """Wait until a condition holds.

    :raises TimeoutError: it did not within the given seconds.
    """
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            raise TimeoutError(f"{what} was not ready within {seconds} seconds.")
        time.sleep(0.02)


def die_with_parent() -> None:
    """Ask Linux to end this process with its parent: a killed test run leaves no server."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def temporary_folder() -> Path:
    """Return a new folder that is removed at exit."""
    folder = Path(tempfile.mkdtemp(prefix="coursekeeper-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """End the run and show where it hangs when a test's tidying up does: its time limit ended with its failure."""
    faulthandler.dump_traceback_later(float(item.config.getini("faulthandler_timeout")), exit=True, file=_stderr)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


def pytest_report_header() -> str:
    """Name the services in the run's header."""
    return "services: " + ", ".join(_lines)


def _postgres_version(folder: Path) -> int:
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"\d+", said)
    return int(found[0]) if found else 0


def unprivileged() -> dict[str, Any]:
    """Return the arguments that start a program as somebody else: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    somebody = known.get("postgres") or known["nobody"]
    return {"user": somebody.pw_uid, "group": somebody.pw_gid, "extra_groups": []}


def _keep(process: "subprocess.Popen[Any]") -> None:
    def stop() -> None:
        process.send_signal(signal.SIGINT)  # PostgreSQL: end the sessions and stop at once
        process.wait(10)

    atexit.register(stop)


def _start() -> None:
    folder = temporary_folder()
    os.environ.update({"DATA_DIR": str(folder), "SECRET_KEY": TEST_KEY, "DJANGO_ALLOW_ASYNC_UNSAFE": "true"})
    os.environ.pop("REDIS_URL", None)
    engine = os.environ.get("TEST_ENGINE", "sqlite")
    started = time.monotonic()
    if "DATABASE_URL" in os.environ:
        _lines.append("database of DATABASE_URL")
    elif engine == "postgres":
        os.environ["DATABASE_URL"] = start_postgres(folder)
        _lines.append(f"PostgreSQL in {time.monotonic() - started:.1f} s")
    elif engine == "sqlite":
        _lines.append("SQLite")
    else:
        raise pytest.UsageError(f"TEST_ENGINE must be sqlite or postgres, not {engine}.")
    if find_redis():
        os.environ["TEST_REDIS_URL"] = start_redis(folder)
        _lines.append("Redis")


if "PYTEST_VERSION" in os.environ:  # not where only the helpers are wanted
    _start()
