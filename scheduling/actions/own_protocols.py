"""A clinic's own protocols: copied, written in a draft nobody else sees, and published for every site."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from clinic import actions as clinic_actions
from clinic.domain.details import one_line
from clinic.models import Site, StaffUser
from scheduling import catalogue
from scheduling.actions.catalogue import publish
from scheduling.domain.protocol_edit import faults
from scheduling.errors import IllegalMove, NotFound, Rejected, Stale
from scheduling.models import Protocol, ProtocolDraft
from scheduling.queries.protocols import sites_without

LONGEST_NAME = 80
_LONGEST_CODE = 36  # of 40: a number may follow


@transaction.atomic(durable=True)
def copy_own(*, request: clinic_actions.Request, site: Site, code: str, name: str, now: dt.datetime) -> int:
    """Begin a protocol of the clinic's own with what another one says, and return the draft's id.

    :raises NotFound: there is no protocol of that code.
    :raises Rejected: the name is empty, too long or in use.
    """
    model = Protocol.objects.filter(code=code, is_current=True).first()
    if model is None:
        raise NotFound("There is no such protocol.")
    name = _named(name, code="")
    draft = ProtocolDraft.objects.create(
        code=(own := _code_of(name)),
        by=request.staff,
        mapping=(mapping := model.definition | {"code": own, "name": name}),
        sound=mapping,
        from_version=0,
        at=now,
    )
    _audit(request, site, "copied", model.pk, now)
    return draft.pk


@transaction.atomic(durable=True)
def begin_draft(*, request: clinic_actions.Request, code: str, now: dt.datetime) -> int:
    """Begin to change one of the clinic's own, or go on where this person stopped; return the draft's id.

    :raises NotFound: there is no protocol of that code.
    :raises IllegalMove: it comes with Coursekeeper.
    """
    row = Protocol.objects.filter(code=code, is_current=True).first()
    if row is None:
        raise NotFound("There is no such protocol.")
    _check_own(code)
    draft, _is_new = ProtocolDraft.objects.get_or_create(
        code=code,
        by=request.user,
        defaults={"mapping": row.definition, "sound": row.definition, "from_version": row.version, "at": now},
    )
    return draft.pk


@transaction.atomic(durable=True)
def keep_draft(*, by: StaffUser, draft_id: int, mapping: Mapping[str, Any], now: dt.datetime) -> None:
    """Keep what a person has typed so far, sound or not."""
    ProtocolDraft.objects.filter(pk=draft_id, by=by).update(mapping=dict(mapping), at=now)


@transaction.atomic(durable=True)
def drop_draft(*, by: StaffUser, draft_id: int) -> None:
    """Throw a draft away; what is published stays."""
    ProtocolDraft.objects.filter(pk=draft_id, by=by).delete()


@transaction.atomic(durable=True)
def publish_own(
    *, request: clinic_actions.Request, site: Site, draft_id: int, from_version: int, now: dt.datetime
) -> Protocol:
    """Make a draft the version new courses are built from, at every site; running courses keep theirs.

    :raises NotFound: there is no such draft of this person.
    :raises IllegalMove: it comes with Coursekeeper, or this person does not manage every site.
    :raises Stale: there is another version by now.
    :raises Rejected: it breaks the form; `fields` say where, by path.
    """
    draft = ProtocolDraft.objects.select_for_update(no_key=True).filter(pk=draft_id, by=request.user).first()
    if draft is None:
        raise NotFound("There is no such draft. Published, or thrown away, it is gone.")
    _check_own(draft.code)
    if missing := sites_without(request.staff):
        raise IllegalMove(f"It would count at {', '.join(each.name for each in missing)} too. Ask a manager there.")
    current = Protocol.objects.select_for_update(no_key=True).filter(code=draft.code, is_current=True).first()
    version = current.version if current else 0
    if version != from_version:
        raise Stale("Somebody published this meanwhile.", fields={"version": str(version)})
    if wrong := faults_of(draft):
        count = "One thing" if len(wrong) == 1 else f"{len(wrong)} things"
        raise Rejected(f"{count} to fix before it can be published.", code="fields", fields=wrong)
    publish([catalogue.validated(draft.mapping, where=draft.code)], now=now)
    draft.delete()
    row = Protocol.objects.get(code=draft.code, is_current=True)
    _audit(request, site, "published", row.pk, now)
    return row


def faults_of(draft: ProtocolDraft) -> dict[str, str]:
    """Return all that is wrong in a draft, by path."""
    found = dict(faults(draft.mapping, draft.sound))
    if "name" not in found:
        try:
            _named(str(draft.mapping["name"]), code=draft.code)
        except Rejected as refusal:
            found |= refusal.fields
    return found


def _named(text: str, *, code: str) -> str:
    try:
        name = one_line(text, what="name", longest=LONGEST_NAME)
    except ValueError as error:
        raise Rejected("It needs a name.", code="fields", fields={"name": str(error)}) from error
    if Protocol.objects.filter(name__iexact=name, is_current=True).exclude(code=code).exists():
        words = f"There is a protocol {name} already. Give this one another name."
        raise Rejected(words, code="fields", fields={"name": words})
    return name


def _code_of(name: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    base = (words if words[:1].isalpha() and len(words) > 1 else f"own_{words}".rstrip("_"))[:_LONGEST_CODE]
    like = {"code__startswith": base}
    taken = {*Protocol.objects.filter(**like).values_list("code", flat=True)}
    taken |= {*ProtocolDraft.objects.filter(**like).values_list("code", flat=True), *catalogue.shipped_codes()}
    return next(code for code in (base, *(f"{base}_{n}" for n in range(2, 999))) if code not in taken)


def _check_own(code: str) -> None:
    if code in catalogue.shipped_codes():
        raise IllegalMove("This one comes with Coursekeeper. Copy it to change it.")


def _audit(request: clinic_actions.Request, site: Site, step: str, pk: int, now: dt.datetime) -> None:
    clinic_actions.write_audit(
        request=request,
        site=site,
        action=f"protocol.{step}",
        patient_ids=[None],
        object_type="protocol",
        object_id=pk,
        now=now,
    )
