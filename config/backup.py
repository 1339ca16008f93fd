"""Copies of the database: one aside before its tables change, and whole backups in one file with what they hold."""

import datetime as dt
import hashlib
import json
import os
import tarfile
import zlib
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from config.databases import Database, Sqlite

KEPT = 5
FORMAT = 1
MANIFEST, DATA = "manifest.json", "database"
_PIECE = 1024 * 1024


class BackupError(Exception):
    """A backup that can't be made, read or put back. `str()` is fit to be shown."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds, readable without the database. `migrations`: app.name, in order; `sha256` of the data."""

    format: int
    engine: str
    made_at: str
    migrations: tuple[str, ...]
    bytes: int
    sha256: str


def copy_aside(database: Path, *, folder: Path, step: int, now: dt.datetime) -> Path:
    """Copy a live SQLite database to a folder, named by time and schema step; keep five, return the copy."""
    folder.mkdir(exist_ok=True)
    copy = folder / f"{database.stem}-{now:%Y%m%dT%H%M%S}Z-step{step}.sqlite3"
    Sqlite(database).dump(copy)
    for old in sorted(folder.glob(f"{database.stem}-*.sqlite3"))[:-KEPT]:
        old.unlink()
    return copy


def make_backup(database: Database, *, file: Path, migrations: tuple[str, ...], now: dt.datetime) -> Manifest:
    """Write a running database as it is at one moment into a file, whole or not at all, for its owner only.

    :raises BackupError: the file is there already, or the folder can't be written.
    :raises databases.DatabaseError: the database can't be read.
    """
    if file.exists():
        raise BackupError(f"{file} is there already. Choose another name.")
    try:
        with TemporaryDirectory(dir=file.parent, prefix=f".{file.name}-") as folder:
            data, whole = Path(folder) / DATA, Path(folder) / "whole"
            database.dump(data)
            manifest = Manifest(
                format=FORMAT,
                engine=database.engine,
                made_at=f"{now:%Y-%m-%dT%H:%M:%SZ}",
                migrations=migrations,
                bytes=data.stat().st_size,
                sha256=_digest(data),
            )
            _pack(whole, data, manifest)
            whole.replace(file)
    except OSError as error:
        raise BackupError(f"{file} can't be written: {error.strerror}.") from error
    return manifest


def read_backup(file: Path, *, into: Path) -> Manifest:
    """Take the data out of a backup into a new file, every byte checked, and return what it is.

    :raises BackupError: it is no backup, it is damaged, or it is of a newer kind.
    """
    try:
        with tarfile.open(file, "r:gz") as packed:
            facts = json.load(_member(packed, MANIFEST))
            if facts["format"] != FORMAT:
                raise BackupError(f"{file} was made by a newer Coursekeeper. Upgrade first.")
            manifest = Manifest(**facts | {"migrations": tuple(facts["migrations"])})
            _copy(_member(packed, DATA), into)
    except FileNotFoundError as error:
        raise BackupError(f"There is no file {file}.") from error
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{file} is no backup of Coursekeeper, or it is damaged.") from error
    if _digest(into) != manifest.sha256:
        raise BackupError(f"{file} is damaged: what it holds is not what was written.")
    return manifest


def _pack(whole: Path, data: Path, manifest: Manifest) -> None:
    beside = data.with_name(MANIFEST)
    beside.write_text(json.dumps(asdict(manifest), indent=2))
    with whole.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as packed:
            packed.add(beside, MANIFEST)  # first: it can be read without the rest
            packed.add(data, DATA)
        file.flush()
        os.fsync(file.fileno())


def _member(packed: tarfile.TarFile, name: str) -> IO[bytes]:
    found = packed.extractfile(name)
    if found is None:
        raise KeyError(name)
    return found


def _copy(source: IO[bytes], into: Path) -> None:
    with suppress(FileExistsError):
        into.touch(mode=0o600, exist_ok=False)
    with into.open("wb") as target:
        while piece := source.read(_PIECE):
            target.write(piece)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
