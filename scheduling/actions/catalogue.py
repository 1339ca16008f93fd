"""Protocols enter as files and stay as versions."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from django.db import transaction

from clinic import actions as clinic_actions
from clinic.models import Site
from scheduling import catalogue
from scheduling.errors import NotFound, Rejected
from scheduling.models import Protocol

COMMON = ("tms_mdd_36", "tms_itbs_36", "esk_trd", "ket_iv_6", "consult")


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
    publish([file], now=now)


@transaction.atomic(durable=True)
def load_protocols(*, folder: Path, now: dt.datetime) -> list[str]:
    """Store every protocol file that is new or changed as a new version, and return their codes.

    :raises ProtocolRefused: a file breaks the form; nothing of the folder is stored.
    """
    return publish(catalogue.read_folder(folder), now=now)


@transaction.atomic(durable=True)
def add_common(*, request: clinic_actions.Request, site: Site, now: dt.datetime) -> list[str]:
    """Store the protocols most clinics begin with, those that are not there yet, and return their codes.

    :raises ProtocolRefused: a file breaks the form; nothing is stored.
    """
    there = set(Protocol.objects.filter(code__in=COMMON).values_list("code", flat=True))
    files = [file for file in catalogue.read_folder(catalogue.SHIPPED) if file.definition.code in COMMON]
    added = publish([file for file in files if file.definition.code not in there], now=now)
    clinic_actions.write_audit(
        request=request, site=site, action="protocols.added", patient_ids=[None], object_type="protocol", now=now
    )
    return added


@transaction.atomic
def publish(files: Iterable[catalogue.ProtocolFile], *, now: dt.datetime) -> list[str]:
    """Store every protocol that is new or changed as a new version, and return their codes; three statements."""
    current = {protocol.code: protocol for protocol in Protocol.objects.filter(is_current=True)}
    digests = {code: protocol.digest for code, protocol in current.items()}
    changed = [file for file in files if digests.get(file.definition.code) != file.digest]
    codes = [file.definition.code for file in changed]
    # Courses keep pointing at the version they were built from.
    Protocol.objects.filter(code__in=codes, is_current=True).update(is_current=False)
    Protocol.objects.bulk_create(
        Protocol(
            code=code,
            version=current[code].version + 1 if code in current else 1,
            name=file.definition.name,
            tag=file.definition.tag,
            definition=file.mapping,
            digest=file.digest,
            loaded_at=now,
        )
        for code, file in zip(codes, changed, strict=True)
    )
    return codes
