"""What a person did about a text that came in."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from clinic import actions as clinic_actions
from clinic.actions import Request
from clinic.errors import Conflict, NotFound, Rejected
from notifications.models import InboundMessage


@transaction.atomic(durable=True)
def finish_inbound(*, request: Request, inbound_id: int, site_ids: Sequence[int], what: str, now: dt.datetime) -> None:
    """Note what was done about a text, in a few words; the same person saying so again changes nothing.

    :raises Rejected: no words.
    :raises NotFound: no such text came in at one of the sites.
    :raises Conflict: somebody else saw to it already.
    """
    if not what.strip():
        raise Rejected("Say what you did: called, moved the visit, nothing to do.", fields={"what": "required"})
    rows = InboundMessage.objects.select_for_update(of=("self",)).filter(pk=inbound_id, site__in=site_ids)
    row = rows.select_related("site", "done_by").first()
    if row is None or row.site is None:
        raise NotFound("There is no such text.")
    if row.done_by is not None:
        if row.done_by != request.user:
            raise Conflict(f"{row.done_by.name} saw to this already: {row.done_what}", code="already_done")
        return
    InboundMessage.objects.filter(pk=row.pk).update(done_at=now, done_by=request.user, done_what=what.strip()[:120])
    clinic_actions.write_audit(
        request=request,
        site=row.site,
        action="inbound.done",
        patient_ids=[row.patient_id],
        object_type="inbound",
        object_id=row.pk,
        now=now,
    )
