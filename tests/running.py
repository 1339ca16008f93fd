"""The product as its own process, as a person starts it."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import testkit

ROOT = Path(__file__).resolve().parent.parent


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Return an environment in which the product keeps everything in a folder."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "PORT")}
    return {**inherited, "DATA_DIR": str(folder), **variables}


def manage(*arguments: str, folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a management command to its end."""
    if not folder.exists():
        folder.mkdir(parents=True)
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(
        command,
        env=environment(folder, **variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@dataclass
class Running:
    """`manage.py up` in a session of its own, so that whatever it leaves behind can be found."""

    folder: Path
    arguments: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=testkit.free_port)

    def __enter__(self) -> "Running":
        command = [sys.executable, str(ROOT / "manage.py"), "up", *self.arguments]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                env=environment(self.folder, PORT=str(self.port), **self.variables),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        testkit.wait_until(self._ready_or_gone, "The product", seconds=120)
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.folder.with_name(f"{self.folder.name}-{self.port}.log")

    @property
    def said(self) -> str:
        """What it has printed so far."""
        return self.log.read_text()

    def stop(self, number: int) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(20)

    def left_behind(self) -> list[int]:
        """Return the processes of its session that are still there (Linux)."""
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and self._started(entry)]

    def resident_megabytes(self) -> int:
        """Return how much memory it holds (Linux)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) // 1024

    def _ready_or_gone(self) -> bool:
        return "is at http" in self.said or self.process.poll() is not None

    def _started(self, entry: Path) -> bool:
        try:
            after_name = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            return False  # it ended while we looked
        state, session = after_name[0], int(after_name[3])
        return session == self.process.pid and state != "Z"
