"""What changes how patients get ready: a site's own lists, published and put back, and what a patient ticks."""

import datetime as dt

from django.db import IntegrityError, transaction

from clinic import actions as clinic_actions
from clinic.models import Site
from scheduling.domain import prep
from scheduling.domain.prep import PrepStep
from scheduling.errors import NotFound, Rejected, Stale
from scheduling.models import PrepSheet, PrepTick, Protocol, Session
from scheduling.queries import prep as queries
from scheduling.queries.definitions import definition_of


@transaction.atomic(durable=True)
def publish_sheet(
    *, request: clinic_actions.Request, site: Site, code: str, en: str, es: str, version: int, now: dt.datetime
) -> PrepSheet | None:
    """Put a site's own steps for a protocol in force, one a line in each language; the same again change nothing.

    Words that are the product's follow the product. `version`: the one that was read, 0 if the site never wrote its
    own; None is returned where nothing changed.

    :raises NotFound: there is no such protocol.
    :raises Rejected: the steps have a fault; `fields` say which, by language.
    :raises Stale: somebody published others meanwhile.
    """
    protocol = _protocol(code)
    lines = prep.lines_of(en), prep.lines_of(es)
    if wrong := prep.faults(*lines):
        raise Rejected(" ".join(wrong.values()), code="prep_faults", fields=wrong)
    steps = tuple(prep.step(*words) for words in zip(*lines, strict=True))
    is_default = steps == queries.default_steps(definition_of(protocol))
    return _write(request, site, code, None if is_default else steps, version, now)


@transaction.atomic(durable=True)
def put_back(
    *, request: clinic_actions.Request, site: Site, code: str, wanted: int, version: int, now: dt.datetime
) -> PrepSheet | None:
    """Put an earlier version of a site's steps in force again, 0: the product's; what is in force changes nothing.

    :raises NotFound: there is no such protocol, or no such version.
    :raises Stale: somebody published others meanwhile.
    """
    _protocol(code)
    steps: tuple[PrepStep, ...] | None = None
    if wanted:
        row = PrepSheet.objects.filter(site=site, code=code, version=wanted).first()
        if row is None:
            raise NotFound("There is no such version of this list.")
        steps = queries.steps_of(row)
    return _write(request, site, code, steps, version, now)


@transaction.atomic(durable=True)
def tick_step(
    *,
    request: clinic_actions.Request,
    patient_id: int,
    session_id: int,
    step: str,
    is_done: bool,
    now: dt.datetime,
    agent: str = "",
) -> bool:
    """Note that a patient did a step for a visit, or take that back; return False if it can't be said any more.

    Again changes nothing. `step`: the id of a step of the list in force; `agent`: the browser it was said with.
    """
    session = (
        Session.objects.select_related("site", "course__protocol").filter(pk=session_id, patient=patient_id).first()
    )
    found = queries.prep_of_visit(session) if session else None
    if session is None or found is None or not found.may_tick(step, now):
        return False
    about = {"session": session, "day": session.day, "step": step}
    if is_done:
        facts = {"sheet_id": found.sheet_id, "at": now, "agent": agent[:200]}
        is_changed = PrepTick.objects.get_or_create(**about, defaults=facts)[1]
    else:
        is_changed = PrepTick.objects.filter(**about).delete()[0] > 0
    if is_changed:
        clinic_actions.write_audit(
            request=request,
            site=session.site,
            action="prep.ticked" if is_done else "prep.unticked",
            patient_ids=[patient_id],
            object_type="session",
            object_id=session_id,
            now=now,
        )
    return True


def _protocol(code: str) -> Protocol:
    found = Protocol.objects.filter(code=code, is_current=True).first()
    if found is None:
        raise NotFound("There is no such protocol.")
    return found


def _write(
    request: clinic_actions.Request,
    site: Site,
    code: str,
    steps: tuple[PrepStep, ...] | None,
    version: int,
    now: dt.datetime,
) -> PrepSheet | None:
    latest = queries.latest_sheet(site.pk, code)
    known = latest.version if latest else 0
    if known != version:
        who = latest.by.name if latest and latest.by else "Somebody"
        raise Stale(f"{who} published another list meanwhile.", fields={"version": str(known)})
    wanted = None if steps is None else queries.stored(steps)
    if wanted == (latest.steps if latest else None):
        return None
    row = PrepSheet(site=site, code=code, version=known + 1, steps=wanted, at=now, by=request.user)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Stale("Somebody published another list at the same moment.") from error
    clinic_actions.write_audit(
        request=request,
        site=site,
        action="prep.dropped" if wanted is None else "prep.published",
        patient_ids=[None],
        object_type="prep_sheet",
        object_id=row.pk,
        now=now,
    )
    return row
