"""Readers of the environment: a value that makes no sense is refused with words."""

import re
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


def test_a_variable_wins_over_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POISON", "wanted")

    assert env.text("POISON", "unwanted") == "wanted"


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    monkeypatch.setenv("POISON", "from the variable")
    monkeypatch.setenv("POISON_FILE", str(tmp_path / "secret"))

    assert env.text("POISON") == "from the file"


def test_a_missing_secret_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("POISON_FILE", str(tmp_path / "absent"))

    with pytest.raises(ImproperlyConfigured) as refusal:
        env.text("POISON")

    assert str(refusal.value) == f"POISON_FILE names {tmp_path}/absent, which can't be read: No such file or directory."


@pytest.mark.parametrize("value", ["1", "true", "TRUE", "yes", "on"])
def test_a_flag_reads_yes(monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    monkeypatch.setenv("POISON", value)

    assert env.flag("POISON") is True


@pytest.mark.parametrize("value", ["0", "false", "no", "off", ""])
def test_a_flag_reads_no(monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    monkeypatch.setenv("POISON", value)

    assert env.flag("POISON", default=True) is False


def test_a_flag_refuses_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POISON", "maybe")

    with pytest.raises(ImproperlyConfigured, match=re.escape("POISON must be true or false, not 'maybe'.")):
        env.flag("POISON")


def test_a_number_refuses_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POISON", "eight")

    with pytest.raises(ImproperlyConfigured, match=re.escape("POISON must be a whole number, not 'eight'.")):
        env.number("POISON", 8)


def test_a_list_drops_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POISON", " one, ,two,")

    assert env.words("POISON") == ["one", "two"]


def test_sqlite_begins_immediate_and_syncs_fully() -> None:
    assert env.database("sqlite:////tmp/x.sqlite3")["OPTIONS"] == {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }


def test_an_sms_account_is_read_from_its_address() -> None:
    assert env.sms("twilio://AC1:se%2Fcret@/?from=+15550102040") == {
        "account": "AC1",
        "token": "se/cret",
        "from": "+15550102040",
    }


def test_an_sms_log_needs_no_account() -> None:
    assert env.sms("log://") == {}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://api.example", "SMS_URL must start with twilio:// or log://, not https://."),
        ("twilio://AC1:token@/", "SMS_URL must read twilio://SID:TOKEN@/?from=+15550102040."),
        ("twilio:///?from=+15550102040", "SMS_URL must read twilio://SID:TOKEN@/?from=+15550102040."),
    ],
)
def test_a_malformed_sms_account_is_refused(url: str, words: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{re.escape(words)}$"):
        env.sms(url)


def test_mail_goes_to_the_named_server() -> None:
    config = env.email("smtp://visits:se%2Fcret@mail.example:2525")

    assert (
        config["EMAIL_HOST"],
        config["EMAIL_PORT"],
        config["EMAIL_HOST_USER"],
        config["EMAIL_HOST_PASSWORD"],
    ) == (
        "mail.example",
        2525,
        "visits",
        "se/cret",
    )


def test_the_key_file_is_made_for_its_owner_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    path = tmp_path / "new" / "secret.key"

    key = env.secret_key(path)

    assert (stat.S_IMODE(path.stat().st_mode), path.read_text(), len(key) >= 50) == (0o600, key, True)


def test_the_key_stays_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    first = env.secret_key(tmp_path / "secret.key")

    assert env.secret_key(tmp_path / "secret.key") == first


@pytest.mark.race
def test_processes_that_start_together_share_one_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    together = threading.Barrier(8)

    def start(_number: int) -> str:
        together.wait()
        return env.secret_key(tmp_path / "secret.key")

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(start, range(8)))

    assert keys == {(tmp_path / "secret.key").read_text()}


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_key_file_others_may_read_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: int) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    path = tmp_path / "secret.key"
    env.secret_key(path)
    path.chmod(mode)

    with pytest.raises(ImproperlyConfigured, match=re.escape(f"{path} may be read by others. Run: chmod 600 {path}")):
        env.secret_key(path)


def test_a_folder_that_is_a_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    (tmp_path / "data").write_text("not a folder")
    path: Path = tmp_path / "data" / "secret.key"

    with pytest.raises(ImproperlyConfigured, match=re.escape(f"Can't write the key file {path}: ")):
        env.secret_key(path)
