"""A site's own words: versions that are never altered, checked before they are kept, noted in the audit log."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from clinic.actions import Request
from clinic.domain.permissions import Role
from clinic.errors import NotFound, Rejected, Stale
from clinic.models import AuditEntry, Site
from notifications import site_texts
from notifications.actions.site_texts import drop_text, save_text
from notifications.domain import texts
from notifications.domain.texts import Words
from notifications.models import SiteText
from notifications.site_texts import Place
from notifications.wording import SiteWords
from patients import phones
from tests.factories import NOW, World, make_staff

OWN = "{clinic}: Coming {when}? {link} STOP to opt out."
DAY_BEFORE = site_texts.place_of("day_before", "sms", "en")
CATALOGUE = "{clinic}: You have a visit {when}. Can you come? {link} STOP to opt out."


@pytest.fixture
def manager(world: World) -> Request:
    return Request(user=make_staff("maya@example.com", Role.MANAGER, world.site))


def save(world: World, manager: Request, body: str, version: int = 0, **more: Any) -> int:
    facts: dict[str, Any] = {"place": DAY_BEFORE, "subject": ""} | more
    return save_text(
        request=manager,
        site=world.site,
        place=facts["place"],
        words=Words(body, facts["subject"]),
        version=version,
        now=NOW,
    )


def in_force(world: World, place: Place = DAY_BEFORE) -> tuple[str, int, bool]:
    row = site_texts.text_of(world.site, place)
    return row.words.body, row.version, row.is_own


def test_without_own_words_the_catalogue_is_in_force(world: World) -> None:
    assert in_force(world) == (CATALOGUE, 0, False)


def test_own_words_are_in_force_at_once_and_noted_without_a_word_of_them(world: World, manager: Request) -> None:
    assert save(world, manager, OWN) == 1

    row = SiteText.objects.get()
    assert in_force(world) == (OWN, 1, True)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.object_type, entry.object_id, entry.patient_id, entry.actor, entry.site) == (
        "text.changed",
        "site_text",
        row.pk,
        None,
        manager.user,
        world.site,
    )
    words = SiteWords([world.site.pk, world.other_site.pk])
    assert words.in_force(world.site.pk, "day_before", "sms", "en").version == f"s{row.pk}"
    assert words.in_force(world.other_site.pk, "day_before", "sms", "en").words is None


def test_every_version_stays_and_none_can_be_altered(world: World, manager: Request) -> None:
    save(world, manager, OWN)
    save(world, manager, OWN.replace("Coming", "Are you coming"), 1)

    assert list(SiteText.objects.order_by("version").values_list("version", flat=True)) == [1, 2]
    with pytest.raises(IntegrityError), transaction.atomic():
        SiteText.objects.update(body="other")


def test_the_same_words_again_change_nothing(world: World, manager: Request) -> None:
    save(world, manager, OWN)
    audit = AuditEntry.objects.count()

    assert save(world, manager, f"  {OWN.replace(' ', '  ')}\r\n", 1) == 1
    assert (SiteText.objects.count(), AuditEntry.objects.count()) == (1, audit)


def test_going_back_to_the_catalogue_is_a_version_too(world: World, manager: Request) -> None:
    save(world, manager, OWN)

    version = drop_text(request=manager, site=world.site, place=DAY_BEFORE, version=1, now=NOW)

    assert (version, in_force(world)) == (2, (CATALOGUE, 2, False))
    assert AuditEntry.objects.latest("pk").action == "text.dropped"


def test_typing_the_catalogues_words_follows_the_catalogue(world: World, manager: Request) -> None:
    save(world, manager, OWN)
    save(world, manager, CATALOGUE, 1)

    assert in_force(world) == (CATALOGUE, 2, False)


def test_words_that_somebody_changed_meanwhile_are_not_overwritten(world: World, manager: Request) -> None:
    save(world, manager, OWN)

    with pytest.raises(Stale, match="Maya changed these words meanwhile"):
        save(world, manager, OWN.replace("Coming", "Here"), 0)

    assert in_force(world) == (OWN, 1, True)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (OWN.replace("Coming", "TMS"), 'says "tms"'),
        (OWN + " More." * 30, "letters long"),
        (OWN.replace("{when}", "{day}"), "{day}, which it can't be told"),
        (OWN.replace("Coming", "Reply CANCEL or come"), "asks to reply CANCEL"),
        ("", "says nothing"),
    ],
)
def test_words_with_a_fault_are_refused_with_the_reason_and_nothing_is_kept(
    world: World, manager: Request, body: str, said: str
) -> None:
    with pytest.raises(Rejected) as caught:
        save(world, manager, body)

    assert (said in str(caught.value), caught.value.code, list(caught.value.fields)) == (True, "text_faults", ["body"])
    assert SiteText.objects.count() == 0


def test_an_e_mail_keeps_its_paragraphs_and_its_subject_is_checked(world: World, manager: Request) -> None:
    place = site_texts.place_of("day_before", "email", "es")
    with pytest.raises(Rejected) as caught:
        save(world, manager, "Venga el {when}.", place=place, subject="Su terapia")
    assert list(caught.value.fields) == ["subject"]

    save(world, manager, "Venga el {when}.\r\n\r\n\r\n¿Puede?  ", place=place, subject=" Su visita ")

    row = site_texts.text_of(world.site, place)
    assert (row.words.body, row.words.subject) == ("Venga el {when}.\n\n¿Puede?", "Su visita")


def test_a_sites_zone_counts_where_sites_keep_different_times(world: World, manager: Request) -> None:
    exact = "{clinic}: You have a visit with us {when}. Can you come? {link} STOP to opt out."
    padded = exact.replace("with us", "with us" + "." * (160 - len_of(exact)))
    with pytest.raises(Rejected, match="163 letters"):
        save(world, manager, padded)

    Site.objects.update(zone="America/New_York")

    assert save(world, manager, padded) == 1


def len_of(body: str) -> int:
    return texts.letters(texts.filled(body, texts.linter.longest_facts(DAY_BEFORE.form, "en")))


@pytest.mark.parametrize(
    "names",
    [("nothing", "sms", "en"), ("day_before", "fax", "en"), ("day_before", "sms", "fr"), ("help", "email", "en")],
)
def test_words_that_are_nowhere_said_do_not_exist(names: tuple[str, str, str]) -> None:
    with pytest.raises(NotFound):
        site_texts.place_of(*names)


def test_the_whole_list_is_faultless_and_costs_two_questions(world: World, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        rows = site_texts.texts_of(world.site)

    count = sum(len(texts.forms_in(channel)) for channel in texts.CHANNELS) * len(texts.LANGUAGES)
    assert (len(rows), [row for row in rows if row.faults]) == (count, [])


def test_a_preview_shows_the_sites_name_a_link_that_opens_nothing_and_the_longest_values(world: World) -> None:
    found = site_texts.preview(world.site, DAY_BEFORE, Words(OWN))

    assert found.sample == (
        "Riverside Clinic: Coming Wed, Nov 25 at 9am ET? http://127.0.0.1:8000/v/Sample-link-0123456789/ "
        "STOP to opt out."
    )
    assert (found.letters, found.segments, len(found.longest)) == (found.letters, 1, found.letters)
    assert "Riverside Clinic Two" in found.longest


def test_a_preview_of_an_e_mail_is_the_page_that_would_arrive(world: World) -> None:
    place = site_texts.place_of("day_before", "email", "en")

    found = site_texts.preview(world.site, place, site_texts.catalogue_of(place))

    assert found.subject == "Your visit on Wed, Nov 25 at 9am ET"
    assert (found.page.count('class="ck-go"'), "Tell us you will come" in found.page) == (1, True)


def test_a_name_that_is_not_neutral_and_a_country_with_other_numbers_are_said(world: World) -> None:
    assert site_texts.notes_of(world.site) == []
    world.site.message_name, world.site.region = "Hudson TMS", "ES"

    notes = site_texts.notes_of(world.site)

    assert len(notes) == 2
    assert notes[0].startswith('The name in every text, "Hudson TMS", says "tms"')


@pytest.mark.parametrize("form", ["crisis", "free_text", "stranger"])
def test_where_other_numbers_are_answered_a_site_writes_its_own(world: World, manager: Request, form: str) -> None:
    place = site_texts.place_of(form, "sms", "es")
    body = "{clinic}: ¿Corre peligro? Llame ya al 112. Para llamarnos: {phone}."
    with pytest.raises(Rejected, match="does not name 911"):
        save(world, manager, body, place=place)
    Site.objects.filter(pk=world.site.pk).update(region="ES", phone="+34910102000")
    world.site.refresh_from_db()

    assert save(world, manager, body, place=place) == 1


def test_words_are_tried_with_a_sites_own_phone_where_that_is_longer(world: World, manager: Request) -> None:
    place = site_texts.place_of("same_day", "sms", "en")
    body = site_texts.catalogue_of(place).body
    usual = site_texts.text_of(world.site, place)
    padded = body.replace("Running late?", "Running late?" + "." * (160 - usual.letters))
    assert site_texts.faults_of(world.site, place, Words(padded)) == []

    Site.objects.filter(pk=world.site.pk).update(phone="+5511912345678")
    world.site.refresh_from_db()

    assert len(phones.readable(world.site.phone)) > len("(555) 010-2040")
    with pytest.raises(Rejected, match="letters long"):
        save(world, manager, padded, place=place)
    assert site_texts.text_of(world.site, place).letters > usual.letters


@pytest.mark.parametrize("form", sorted(texts.FORMS))
def test_every_preview_can_be_made(world: World, form: str) -> None:
    for channel in texts.CHANNELS:
        for language in texts.LANGUAGES:
            if texts.FORMS[form] in texts.forms_in(channel):
                place = site_texts.place_of(form, channel, language)
                found = site_texts.preview(world.site, place, site_texts.catalogue_of(place))
                assert (bool(found.sample), bool(found.page)) == (True, channel == "email")


def test_one_saves_while_another_does(world: World, manager: Request) -> None:
    SiteText.objects.create(
        site=world.site, kind="day_before", channel="sms", language="en", version=1, body=OWN, at=NOW + dt.timedelta(1)
    )

    with pytest.raises(Stale, match="Somebody changed"):
        save(world, manager, OWN.replace("Coming", "Here"), 0)
