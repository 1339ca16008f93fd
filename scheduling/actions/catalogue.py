"""Protocols enter as files and stay as versions."""

import datetime as dt
from pathlib import Path

from django.db import transaction

from scheduling import catalogue
from scheduling.models import Protocol


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
        # Courses keep pointing at the version they were built from.
        Protocol.objects.filter(code=code, is_current=True).update(is_current=False)
        Protocol.objects.create(
            code=code,
            version=known.version + 1 if known else 1,
            name=file.definition.name,
            tag=file.definition.tag,
            definition=file.mapping,
            digest=file.digest,
            loaded_at=now,
        )
        changed.append(code)
    return changed
