"""Pure: what mail servers say of an address (RFC 3463, 3464), and the return path that names the message."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message as Mail

_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_PATH = re.compile(r"\+([0-9a-f]{32})\.([0-9a-f]{16})@")
_NAMES = ("X-Original-To", "Delivered-To", "Envelope-To", "To")
NO_ADDRESS = "5.1.0"  # something about the address: what a refusal of it means that says no more


@dataclass(frozen=True, slots=True)
class Report:
    """What one delivery report says: the message's id, and the first status of a delivery that failed for good."""

    message_id: str
    status: str  # empty: nothing failed for good


def enhanced(words: bytes | str, otherwise: str) -> str:
    """Return the status code in a server's words, or else another one."""
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    found = _STATUS.search(text)
    return found[0] if found else otherwise


def is_about_the_address(code: str) -> bool:
    """Tell whether a permanent status means that the address is wrong, not the letter: 5.1.x, or disabled."""
    return code.startswith("5.1.") or code == "5.2.1"


def return_path(mailbox: str, message_id: str, key: str) -> str:
    """Return the address reports about a message come back to: `bounce+<id>.<seal>@domain`.

    Nobody without the key can make one, and so nobody can make a message bounce that did not.
    """
    local, _at, domain = mailbox.partition("@")
    plain = message_id.replace("-", "")
    return f"{local}+{plain}.{_seal(plain, key)}@{domain}"


def message_of(address: str, key: str) -> str | None:
    """Return the id of the message a return path was made for; None: it was not made here."""
    found = _PATH.search(address.lower())
    if found and hmac.compare_digest(found[2], _seal(found[1], key)):
        return found[1]
    return None


def read(mail: Mail, key: str, *, to: str = "") -> Report | None:
    """Return what a delivery report says; None: it is none, or it came back to no address of ours.

    `to`: the address the mail server received it for, where it says so; else its headers are believed.
    """
    addresses = [to] if to else [str(value) for name in _NAMES for value in mail.get_all(name, [])]
    ours = next((found for address in addresses if (found := message_of(address, key))), None)
    if ours is None or mail.get_content_type() != "multipart/report":
        return None
    failed = (_final(part) for part in _deliveries(mail))
    return Report(ours, next((status for status in failed if status), ""))


def _deliveries(mail: Mail) -> Iterable[Mail]:
    """Return the part about each recipient; the first of the report is about the message as a whole."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            yield from (block for block in blocks if isinstance(block, Mail)) if isinstance(blocks, list) else ()


def _final(block: Mail) -> str:
    action, status = str(block.get("Action", "")).strip().lower(), str(block.get("Status", "")).strip()
    code = enhanced(status, "")
    return code if action == "failed" and code.startswith("5.") else ""


def _seal(plain: str, key: str) -> str:
    return hmac.new(key.encode(), f"return path {plain}".encode(), hashlib.sha256).hexdigest()[:16]
