"""What a backup file is, and what is not put back; the engine plays no part."""

import datetime as dt
import gzip
import io
import json
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from config import databases, restoring
from config.backup import BackupError, Manifest, make_backup
from config.databases import DatabaseError, Sqlite
from tests import running

pytestmark = pytest.mark.once
NOON = dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC)
KNOWN = ["clinic.0001_initial"]


def database(folder: Path, name: str = "clinic.sqlite3") -> Sqlite:
    """Make a small database, big enough to be damaged in its middle."""
    file = folder / name
    with closing(sqlite3.connect(file)) as made:
        made.execute("CREATE TABLE poison (word TEXT)")
        made.executemany("INSERT INTO poison VALUES (?)", [(f"kept {number}" * 20,) for number in range(200)])
        made.commit()
    return Sqlite(file)


def saved(folder: Path) -> tuple[Path, Manifest]:
    """Return a backup and what it says of itself."""
    file = folder / "one.backup"
    return file, make_backup(database(folder), file=file, migrations=tuple(KNOWN), now=NOON)


def refused(file: Path, folder: Path) -> str:
    """Return in what words a backup is not put back into an empty folder; nothing is left there."""
    folder.mkdir()
    target = Sqlite(folder / "clinic.sqlite3")
    with pytest.raises((BackupError, DatabaseError)) as refusal:
        restoring.restore(
            target,
            file=file,
            folder=folder,
            known=KNOWN,
            may_replace=False,
            manage=running.ROOT / "manage.py",
            say=lambda _line: None,
            now=NOON,
        )
    assert list(folder.iterdir()) == []
    return str(refusal.value)


def flipped(data: bytes) -> bytes:
    """Return data with one bit of its middle turned."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def with_manifest(file: Path, **changes: Any) -> None:
    """Change what a backup says about itself."""
    with tarfile.open(file) as packed:
        data = packed.extractfile("database").read()  # type: ignore[union-attr]
        manifest = json.loads(packed.extractfile("manifest.json").read())  # type: ignore[union-attr]
    with tarfile.open(file, "w:gz") as packed:
        for name, content in (("manifest.json", json.dumps(manifest | changes).encode()), ("database", data)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))


def test_a_backup_is_for_its_owner_and_says_what_it_holds(tmp_path: Path) -> None:
    file, manifest = saved(tmp_path)

    with tarfile.open(file) as packed:
        names = packed.getnames()
        inside = json.loads(packed.extractfile("manifest.json").read())  # type: ignore[union-attr]

    assert (names, file.stat().st_mode & 0o777) == (["manifest.json", "database"], 0o600)
    assert (inside["engine"], inside["made_at"], inside["migrations"]) == ("sqlite", "2026-11-16T12:00:00Z", KNOWN)
    assert (inside["sha256"], inside["bytes"]) == (manifest.sha256, manifest.bytes)


def test_a_backup_never_writes_over_another(tmp_path: Path) -> None:
    file, _manifest = saved(tmp_path)

    with pytest.raises(BackupError, match=r"is there already"):
        make_backup(Sqlite(tmp_path / "clinic.sqlite3"), file=file, migrations=(), now=NOON)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["clinic.sqlite3", "one.backup"]


def test_where_there_is_no_database_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"^There is no database"):
        make_backup(Sqlite(tmp_path / "x.sqlite3"), file=tmp_path / "one.backup", migrations=(), now=NOON)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["cut", "flipped", "something else", "gone"])
def test_a_damaged_backup_changes_nothing(tmp_path: Path, damage: str) -> None:
    file, _manifest = saved(tmp_path)
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-500])
    elif damage == "flipped":
        file.write_bytes(gzip.compress(flipped(gzip.decompress(file.read_bytes()))))
    elif damage == "gone":
        file.unlink()
    else:
        file.write_text("not a backup")

    assert any(word in refused(file, tmp_path / "there") for word in ("damaged", "There is no file"))


def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    file, _manifest = saved(tmp_path)
    with_manifest(file, migrations=["clinic.0001_initial", "scheduling.0999_telepathy"])

    assert refused(file, tmp_path / "there") == (
        "The backup was made by a newer version: scheduling.0999_telepathy is not known here. Upgrade first."
    )


def test_a_backup_of_a_newer_kind_is_refused(tmp_path: Path) -> None:
    file, _manifest = saved(tmp_path)
    with_manifest(file, format=2)

    assert refused(file, tmp_path / "there").endswith("was made by a newer Coursekeeper. Upgrade first.")


def test_a_backup_of_the_other_engine_is_refused(tmp_path: Path) -> None:
    file, _manifest = saved(tmp_path)
    with_manifest(file, engine="paper")

    assert "backup of paper" in refused(file, tmp_path / "there")


def test_what_fails_on_the_way_leaves_the_old_database_as_it_was(tmp_path: Path) -> None:
    file, _manifest = saved(tmp_path)  # without the product's tables: disarming it fails
    before = (tmp_path / "clinic.sqlite3").read_bytes()

    with pytest.raises(BackupError, match=r"^disarm_sender on the restored database failed"):
        restoring.restore(
            Sqlite(tmp_path / "clinic.sqlite3"),
            file=file,
            folder=tmp_path,
            known=KNOWN,
            may_replace=True,
            manage=running.ROOT / "manage.py",
            say=lambda _line: None,
            now=NOON,
        )

    assert (tmp_path / "clinic.sqlite3").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clinic.sqlite3", "one.backup"]


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PGBIN", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(databases.DatabaseError, match=r"^pg_dump isn't on this machine\. Install"):
        databases.program("pg_dump")
