"""A site writes its own words: every version is kept, for messages were said with it."""

import datetime as dt

from django.db import IntegrityError, transaction

from clinic import actions as clinic_actions
from clinic.errors import Rejected, Stale
from clinic.models import Site
from notifications import site_texts
from notifications.domain.texts import Words
from notifications.models import SiteText
from notifications.site_texts import Place

LONGEST_BODY = 2_000


@transaction.atomic(durable=True)
def save_text(
    *, request: clinic_actions.Request, site: Site, place: Place, words: Words, version: int, now: dt.datetime
) -> int:
    """Make these a site's words for a place and return their version. The same words again change nothing.

    `version`: the one that was read, 0 if the site never wrote its own.

    :raises Stale: somebody wrote others meanwhile.
    :raises Rejected: the words have a fault; `fields` says which.
    """
    tidy = _tidy(place, words)
    if len(tidy.body) > LONGEST_BODY:
        raise Rejected(f"This text is longer than {LONGEST_BODY} letters.", fields={"body": "too long"})
    if faults := site_texts.faults_of(site, place, tidy):
        words_of_faults = "; ".join(fault.text for fault in faults)
        field = "subject" if all(fault.text.endswith("(in the subject)") for fault in faults) else "body"
        raise Rejected(f"This text {words_of_faults}.", code="text_faults", fields={field: words_of_faults})
    return _write(request, site, place, Words("") if _is_catalogue(place, tidy) else tidy, version, now)


@transaction.atomic(durable=True)
def drop_text(*, request: clinic_actions.Request, site: Site, place: Place, version: int, now: dt.datetime) -> int:
    """Go back to the catalogue's words for a place and return the version; where they are in force, nothing changes.

    :raises Stale: somebody wrote others meanwhile.
    """
    return _write(request, site, place, Words(""), version, now)


def _write(
    request: clinic_actions.Request, site: Site, place: Place, words: Words, version: int, now: dt.datetime
) -> int:
    latest = site_texts.latest_row(site, place)
    known = latest.version if latest else 0
    if known != version:
        who = latest.by.name if latest and latest.by else "Somebody"
        raise Stale(
            f"{who} changed these words meanwhile. Look at them, then save again.", fields={"version": str(known)}
        )
    before = Words(latest.body, latest.subject) if latest else Words("")
    if words == before:
        return known
    row = SiteText(
        site=site,
        kind=place.form.name,
        channel=place.channel,
        language=place.language,
        version=known + 1,
        subject=words.subject,
        body=words.body,
        at=now,
        by=request.user,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Stale("Somebody changed these words at the same moment. Look at them, then save again.") from error
    clinic_actions.write_audit(
        request=request,
        site=site,
        action="text.changed" if words.body else "text.dropped",
        patient_ids=[None],
        object_type="site_text",
        object_id=row.pk,
        now=now,
    )
    return row.version


def _is_catalogue(place: Place, words: Words) -> bool:
    """Tell whether somebody typed the catalogue's own words: they follow it when it changes."""
    theirs = site_texts.catalogue_of(place)
    return (words.body, words.subject) == (theirs.body, theirs.subject)


def _tidy(place: Place, words: Words) -> Words:
    """Return words without the blanks a form leaves: a text is one line, an e-mail keeps its paragraphs."""
    if place.channel == "sms":
        return Words(" ".join(words.body.split()))
    lines = [" ".join(line.split()) for line in words.body.splitlines()]
    body = "\n".join(lines).strip()
    while "\n\n\n" in body:
        body = body.replace("\n\n\n", "\n\n")
    return Words(body, " ".join(words.subject.split()))
