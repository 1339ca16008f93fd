"""Readers for the environment: one variable, one answer, a clear refusal when the value makes no sense."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from secrets import token_urlsafe
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """Return the variable, or the content of the file named by `NAME_FILE`, or the default."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE names {path}, which can't be read: {error.strerror}.") from error
    return os.environ.get(name, default)


def flag(name: str, *, default: bool = False) -> bool:
    """Return a true or false value; anything else is refused."""
    value = text(name, "true" if default else "false").strip().lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def number(name: str, default: int) -> int:
    """Return a whole number."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list without empty entries."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(url: str) -> dict[str, Any]:
    """Return Django's database settings for a `sqlite:///` or `postgres://` address."""
    config: dict[str, Any] = environ.Env.db_url_config(url)
    if config["ENGINE"].endswith("sqlite3"):
        # IMMEDIATE: a read-then-write under a plain BEGIN fails at once when another writer is in the way.
        # FULL: a power cut must not forget that a text is on its way.
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
    else:
        config["CONN_MAX_AGE"] = 60
        config["CONN_HEALTH_CHECKS"] = True
    return config


def email(url: str) -> dict[str, Any]:
    """Return Django's e-mail settings for `smtp://user:password@host:port`, `smtp+tls://…` or `log://`."""
    if urlsplit(url).scheme == "log":
        return {"EMAIL_HOST": "", "EMAIL_PORT": 0}
    config: dict[str, Any] = environ.Env.email_url_config(url)
    return {key: value for key, value in config.items() if key != "EMAIL_FILE_PATH"}


def sms(url: str) -> dict[str, str]:
    """Return account, token and sender of `twilio://SID:TOKEN@/?from=+1555…`, or an empty dict for `log://`.

    `&old_token=…`: signatures made with it are accepted too, while the token is exchanged.
    """
    parts = urlsplit(url)
    if parts.scheme == "log":
        return {}
    if parts.scheme != "twilio":
        raise ImproperlyConfigured(f"SMS_URL must start with twilio:// or log://, not {parts.scheme}://.")
    sender = parse_qs(parts.query.replace("+", "%2B")).get("from", [""])[0]
    if not (parts.username and parts.password and sender):
        raise ImproperlyConfigured("SMS_URL must read twilio://SID:TOKEN@/?from=+15550102040.")
    old = parse_qs(parts.query).get("old_token", [""])[0]
    login = {"account": unquote(parts.username), "token": unquote(parts.password), "from": sender}
    return login | ({"old_token": old} if old else {})


def secret_key(path: Path) -> str:
    """Return SECRET_KEY, or the key kept in a file only the owner may read, made on the first start."""
    if given := text("SECRET_KEY"):
        return given
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, token_urlsafe(48))
    except OSError as error:
        raise ImproperlyConfigured(f"Can't write the key file {path}: {error.strerror}.") from error
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ImproperlyConfigured(f"{path} may be read by others. Run: chmod 600 {path}")
    return path.read_text().strip()


def _write_once(path: Path, key: str) -> None:
    """Write a file only its owner may read, whole or not at all; of two that start together one wins."""
    with NamedTemporaryFile("w", dir=path.parent, prefix=path.name) as file:
        file.write(key)
        file.flush()
        with suppress(FileExistsError):
            os.link(file.name, path)
