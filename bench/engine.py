"""A database of a benchmark's own, and Django on it: what every program that measures the product begins with."""

import os
import subprocess
import sys
from pathlib import Path

import django

import testkit

ROOT = Path(__file__).resolve().parent.parent
CLOCK = "2026-11-16T14:00:00+00:00"
ENGINES = ("postgres", "sqlite")


def each_engine(module: str) -> None:
    """Run a benchmark once for each engine, in a process of its own, with the arguments this one was given."""
    for engine in ENGINES:
        subprocess.run([sys.executable, "-m", module, "--engine", engine, *sys.argv[1:]], check=True, cwd=ROOT)


def start_engine(engine: str, **more: str) -> None:
    """Set Django up on a new database: PostgreSQL with fsync on, or SQLite. `more`: further settings by name.

    Models can be imported only afterwards: these settings decide which database they live in.
    """
    folder = testkit.temporary_folder()
    is_server = engine == "postgres"
    os.environ |= {
        "DATABASE_URL": testkit.start_postgres(folder, durable=True) if is_server else f"sqlite:///{folder}/b.sqlite3",
        "DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "TEST_CLOCK": CLOCK,
        "SECRET_KEY": testkit.TEST_KEY,
        "LOG_LEVEL": "ERROR",
        "PYTHONPATH": str(ROOT),
    } | more
    os.environ.pop("REDIS_URL", None)
    django.setup()
