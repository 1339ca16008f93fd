"""Protocols enter as files and stay as versions."""

import datetime as dt
from pathlib import Path

from django.db import transaction

from scheduling import catalogue
from scheduling.errors import NotFound, Rejected
from scheduling.models import Protocol


@transaction.atomic(durable=True)
def copy_protocol(*, code: str, new_code: str, name: str, now: dt.datetime) -> None:
    """Store a protocol's current version as version 1 of a clinic's own, with its own code and name.

    :raises NotFound: there is no protocol of that code.
    :raises Rejected: the new code is in use or not lower-case letters, digits and underscores.
    """
    model = Protocol.objects.filter(code=code, is_current=True).first()
    if model is None:
        raise NotFound(f"There is no protocol {code}.", fields={"protocol": "unknown"})
    if Protocol.objects.filter(code=new_code).exists():
        raise Rejected(f"There is a protocol {new_code} already.", fields={"code": "in use"})
    file = catalogue.validated(model.definition | {"code": new_code, "name": name}, where=new_code)
    _publish(file, None, now)


@transaction.atomic(durable=True)
def load_protocols(*, folder: Path, now: dt.datetime) -> list[str]:
    """Store every protocol file that is new or changed as a new version, and return their codes.

    :raises ProtocolRefused: a file breaks the form; nothing of the folder is stored.
    """
    files = catalogue.read_folder(folder)
    current = {protocol.code: protocol for protocol in Protocol.objects.filter(is_current=True)}
    changed = []
    for file in files:
        code = file.definition.code
        known = current.get(code)
        if known and known.digest == file.digest:
            continue
        _publish(file, known, now)
        changed.append(code)
    return changed


def _publish(file: catalogue.ProtocolFile, known: Protocol | None, now: dt.datetime) -> None:
    # Courses keep pointing at the version they were built from.
    Protocol.objects.filter(code=file.definition.code, is_current=True).update(is_current=False)
    Protocol.objects.create(
        code=file.definition.code,
        version=known.version + 1 if known else 1,
        name=file.definition.name,
        tag=file.definition.tag,
        definition=file.mapping,
        digest=file.digest,
        loaded_at=now,
    )
