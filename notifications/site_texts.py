"""A site's words as a person edits them: what is in force, what is wrong with a draft, how it would be read."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings

from clinic import queries as clinic_queries
from clinic.errors import NotFound
from clinic.models import Site
from notifications import mailing
from notifications.domain import texts
from notifications.domain.texts import FORMS, Fault, Form, Words, linter, samples
from notifications.models import SiteText
from patients import phones

# As long as the real ones, and opening nothing.
SAMPLE_LINK, SAMPLE_STOP = "v/Sample-link-0123456789/", "u/0.Sample-link-0123456789/"


@dataclass(frozen=True, slots=True)
class Place:
    """Which words: of a form, for a channel, in a language."""

    form: Form
    channel: str
    language: str


@dataclass(frozen=True, slots=True)
class InForceText:
    """The words in force at a place. `version` counts a site's own edits, 0: never edited; `by`: who edited last."""

    place: Place
    words: Words
    is_own: bool
    version: int
    at: dt.datetime | None
    by: str
    faults: list[Fault]
    letters: int  # of a text with the longest values; 0: of an e-mail, or of words that can't be filled in


@dataclass(frozen=True, slots=True)
class Preview:
    """Words as they would be read: with ordinary values and with the longest. `letters`: of the longest."""

    subject: str
    sample: str
    longest: str
    letters: int
    segments: int
    faults: list[Fault]
    page: str  # an e-mail as HTML


def place_of(form: str, channel: str, language: str) -> Place:
    """Return a place by its names.

    :raises NotFound: there are no such words.
    """
    found = FORMS.get(form)
    if found is None or language not in texts.LANGUAGES or channel not in texts.CHANNELS:
        raise NotFound("There is no such text.")
    if found not in texts.forms_in(channel):
        raise NotFound("Answers to a text are given by text only.")
    return Place(found, channel, language)


def texts_of(site: Site) -> list[InForceText]:
    """Return all the words in force at a site, each checked; two statements."""
    rows = SiteText.objects.filter(site=site).select_related("by").order_by("version")
    latest = {(row.kind, row.channel, row.language): row for row in rows}
    zone = zone_name(site)
    return [
        _in_force(site, Place(form, channel, language), latest.get((form.name, channel, language)), zone)
        for form in FORMS.values()
        for channel in texts.CHANNELS
        for language in texts.LANGUAGES
        if form in texts.forms_in(channel)
    ]


def text_of(site: Site, place: Place) -> InForceText:
    """Return the words in force at one place; two statements."""
    return _in_force(site, place, latest_row(site, place), zone_name(site))


def latest_row(site: Site, place: Place) -> SiteText | None:
    """Return the last edit at a place, or None."""
    return (
        SiteText.objects.filter(site=site, kind=place.form.name, channel=place.channel, language=place.language)
        .select_related("by")
        .order_by("-version")
        .first()
    )


def catalogue_of(place: Place) -> Words:
    """Return the catalogue's words at a place."""
    return texts.catalogue(place.form.name, place.channel, place.language)


def faults_of(site: Site, place: Place, words: Words, *, zone: str | None = None) -> list[Fault]:
    """Return what is wrong with words at a site, tried with the longest values."""
    zone = zone_name(site) if zone is None else zone
    return texts.lint(place.form, place.channel, place.language, words, **_tried_with(site, zone))


def zone_name(site: Site) -> str:
    """Return what a time at a site says of its zone: nothing where all sites keep one time."""
    if len({each.zone for each in clinic_queries.all_sites()}) < 2:
        return ""
    return texts.zone_name(dt.date(2026, 1, 15), 0, site.zone)


def preview(site: Site, place: Place, words: Words) -> Preview:
    """Return words as they would be read, and what is wrong with them; of broken ones only what is wrong."""
    zone = zone_name(site)
    faults = faults_of(site, place, words, zone=zone)
    if _are_broken(faults):
        return Preview("", "", "", 0, 0, faults, "")
    ordinary = samples.ordinary(
        place.language,
        clinic=site.message_name,
        phone=phones.readable(site.phone),
        address=site.address,
        link=_address(SAMPLE_LINK),
        region=site.region,
        zone_name=zone,
    ) | {"stop": _address(SAMPLE_STOP)}
    longest = linter.longest_facts(place.form, place.language, **_tried_with(site, zone))
    # Pages are longer than texts, and nobody counts their letters.
    if place.channel == "email":
        subject, sample = _mail(place, words, ordinary)
        at_most = _mail(place, words, longest)[1]
        return Preview(subject, sample, at_most, len(at_most), 1, faults, _page(place, words, ordinary))
    at_most = texts.filled(words.body, longest)
    sample = texts.filled(words.body, ordinary)
    return Preview("", sample, at_most, texts.letters(at_most), texts.segments(at_most), faults, "")


def notes_of(site: Site) -> list[str]:
    """Return what a manager should know about a site's texts beyond their words."""
    notes = [
        f'The name in every text, "{site.message_name}", {fault}. Ask for a neutral one.'
        for fault in texts.name_faults(site.message_name)
    ]
    if site.region not in texts.CATALOGUE_REGIONS:
        notes.append("The catalogue names 911 and 988. Write your own words where other numbers are answered.")
    return notes


def _in_force(site: Site, place: Place, row: SiteText | None, zone: str) -> InForceText:
    is_own = row is not None and bool(row.body)
    words = Words(row.body, row.subject) if row and is_own else catalogue_of(place)
    faults = faults_of(site, place, words, zone=zone)
    return InForceText(
        place=place,
        words=words,
        is_own=is_own,
        version=row.version if row else 0,
        at=row.at if row else None,
        by=row.by.name if row and row.by else "",
        faults=faults,
        letters=_letters(site, place, words, zone) if place.channel == "sms" and not _are_broken(faults) else 0,
    )


def _are_broken(faults: Sequence[Fault]) -> bool:
    return any(fault.code == "placeholder" for fault in faults)


def _tried_with(site: Site, zone: str) -> dict[str, str]:
    """Return what of a site decides how long its texts become, and which numbers they name."""
    return {"region": site.region, "zone_name": zone, "phone": phones.readable(site.phone)}


def _letters(site: Site, place: Place, words: Words, zone: str) -> int:
    facts = linter.longest_facts(place.form, place.language, **_tried_with(site, zone))
    return texts.letters(texts.filled(words.body, facts))


def _mail(place: Place, words: Words, facts: Mapping[str, str]) -> tuple[str, str]:
    told = _told(place, facts)
    return texts.mail(place.form.kind, place.language, told, words)


def _page(place: Place, words: Words, facts: Mapping[str, str]) -> str:
    return mailing.page(place.form.name, place.language, _told(place, facts), words)


def _told(place: Place, facts: Mapping[str, str]) -> dict[str, str]:
    """Return the facts this form has: what it is not told must not choose another form, nor a button."""
    return {name: text for name, text in facts.items() if name in place.form.facts | {"address", "stop"}}


def _address(path: str) -> str:
    return f"{settings.LINK_URL.rstrip('/')}/{path}"
