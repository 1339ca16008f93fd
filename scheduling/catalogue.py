"""Reads protocol files: YAML in, validated definition out. The form is described in docs/protocols.md."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from scheduling.domain.protocol import ProtocolDefinition, ProtocolError
from scheduling.domain.protocol_form import merge_like, parse_protocol
from scheduling.errors import Rejected

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SHIPPED = Path(__file__).parent / "protocols"


class ProtocolRefused(Rejected):
    """A protocol file breaks the form."""

    code = "protocol_refused"


@dataclass(frozen=True, slots=True)
class ProtocolFile:
    """One valid file: its mapping as stored, the parsed definition, and the digest by which a change is noticed."""

    mapping: dict[str, Any]
    definition: ProtocolDefinition
    digest: str


@cache
def shipped_codes() -> frozenset[str]:
    """Return the codes that come with the product: a new start would turn back what was changed in them."""
    return frozenset(path.stem for path in SHIPPED.glob("*.yaml"))


def read_folder(folder: Path) -> list[ProtocolFile]:
    """Return every protocol of a folder, `like:` resolved, in the order of their codes.

    :raises ProtocolRefused: a file is not YAML or breaks the form; the message names file, path and reason.
    """
    raw = {path: _mapping(path) for path in sorted(folder.glob("*.yaml"))}
    by_code = {str(mapping.get("code")): mapping for mapping in raw.values()}
    return [_validated(path, mapping, by_code) for path, mapping in raw.items()]


def _mapping(path: Path) -> dict[str, Any]:
    try:
        loaded = yaml.load(path.read_text(), Loader=_Loader)  # noqa: S506 - the safe loader, in C where it is built
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ProtocolRefused(f"{path.name} can't be read as YAML: {' '.join(str(error).split())}") from error
    if not isinstance(loaded, dict):
        raise ProtocolRefused(f"{path.name} must hold one protocol, as a mapping.")
    return loaded


def _merged(mapping: dict[str, Any], by_code: dict[str, dict[str, Any]]) -> dict[str, Any]:
    base = mapping.get("like")
    if base is None:
        return mapping
    if base not in by_code:
        raise ProtocolError("like", f"there is no protocol {base} in this folder")
    return merge_like(by_code[base], mapping)


def _validated(path: Path, mapping: dict[str, Any], by_code: dict[str, dict[str, Any]]) -> ProtocolFile:
    try:
        mapping = _merged(mapping, by_code)
    except ProtocolError as error:
        raise ProtocolRefused(f"{path.name}: {error.path}: {error.reason}.") from error
    return validated(mapping, where=path.name)


def validated(mapping: dict[str, Any], *, where: str) -> ProtocolFile:
    """Return a mapping as a valid protocol; `where` names it in the refusal.

    :raises ProtocolRefused: it breaks the form.
    """
    try:
        # Through JSON and back: what is stored is exactly what was validated.
        mapping = json.loads(json.dumps(mapping, sort_keys=True))
        definition = parse_protocol(mapping)
    except ProtocolError as error:
        raise ProtocolRefused(f"{where}: {error.path}: {error.reason}.") from error
    except TypeError as error:
        raise ProtocolRefused(
            f"{where}: holds a value that is neither text, number, list nor mapping: {error}."
        ) from error
    digest = hashlib.sha256(json.dumps(mapping, sort_keys=True).encode()).hexdigest()
    return ProtocolFile(mapping=mapping, definition=definition, digest=digest)
