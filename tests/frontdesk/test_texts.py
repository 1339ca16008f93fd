"""The page of a site's own words: a manager's, checked, working without a script."""

from typing import Any

import pytest
from django.test import Client

from clinic.domain.permissions import Role
from notifications.domain import texts
from notifications.models import SiteText
from tests.factories import World, make_staff

PATH = "/settings/texts/day_before/sms/en/"
OWN = "{clinic}: Coming {when}? {link} STOP to opt out."


@pytest.fixture
def manager(world: World, clock: Any) -> Client:
    client = Client()
    client.force_login(make_staff("maya@example.com", Role.MANAGER, world.site))
    return client


def page_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_list_shows_every_form_in_both_languages(manager: Client) -> None:
    page = page_of(manager.get("/settings/texts/"))

    for form in texts.FORMS:
        for language in texts.LANGUAGES:
            assert f'href="/settings/texts/{form}/sms/{language}/?site=riverside"' in page


def test_the_e_mails_are_listed_without_answers_to_texts(manager: Client) -> None:
    page = page_of(manager.get("/settings/texts/?channel=email"))

    assert "/settings/texts/day_before/email/es/" in page
    assert "/settings/texts/stop_ack/" not in page
    assert manager.get("/settings/texts/?channel=fax").status_code == 400


def test_every_form_has_a_page_in_every_language_and_channel(manager: Client) -> None:
    for form in texts.FORMS.values():
        for channel in texts.CHANNELS:
            expected = 200 if form in texts.forms_in(channel) else 404
            assert manager.get(f"/settings/texts/{form.name}/{channel}/es/").status_code == expected


def test_saving_without_a_script_keeps_the_words_and_goes_back_to_the_list(manager: Client) -> None:
    answer = manager.post(PATH, {"body": OWN, "version": "0", "do": "save"})

    assert (answer.status_code, answer["Location"]) == (302, "/settings/texts/?site=riverside&channel=sms#day_before")
    assert SiteText.objects.get().body == OWN
    assert "Your own" in page_of(manager.get("/settings/texts/"))


def test_words_with_a_fault_stay_in_the_form_with_the_reason(manager: Client) -> None:
    answer = manager.post(PATH, {"body": OWN.replace("Coming", "ECT"), "version": "0", "do": "save"})

    page = page_of(answer)
    assert (answer.status_code, SiteText.objects.count()) == (422, 0)
    assert "ECT {when}?" in page
    assert "This text says &quot;ect&quot;, which tells more than that there is a visit." in page


def test_checking_shows_how_it_reads_and_keeps_nothing(manager: Client) -> None:
    answer = manager.post(PATH, {"body": OWN, "version": "0", "do": "check"})

    assert "Riverside Clinic: Coming Wed, Nov 25 at 9am ET?" in page_of(answer)
    assert (answer.status_code, SiteText.objects.count()) == (200, 0)


def test_while_somebody_types_only_the_preview_is_sent_and_nothing_is_kept(manager: Client) -> None:
    answer = manager.post(PATH, {"body": OWN, "version": "0"}, headers={"HX-Request": "true"})

    page = page_of(answer)
    assert ("<html" in page, 'id="tried"' in page, SiteText.objects.count()) == (False, True, 0)


def test_going_back_to_the_catalogue(manager: Client) -> None:
    manager.post(PATH, {"body": OWN, "version": "0", "do": "save"})

    manager.post(PATH, {"body": "", "version": "1", "do": "drop"})

    assert "Your own" not in page_of(manager.get("/settings/texts/"))
    assert [row.body for row in SiteText.objects.order_by("version")] == [OWN, ""]


def test_words_changed_meanwhile_are_not_overwritten(manager: Client) -> None:
    manager.post(PATH, {"body": OWN, "version": "0", "do": "save"})

    answer = manager.post(PATH, {"body": OWN.replace("?", "."), "version": "0", "do": "save"})

    assert (answer.status_code, SiteText.objects.count()) == (412, 1)


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 12])
def test_a_form_out_of_date_is_said(manager: Client, version: str) -> None:
    assert manager.post(PATH, {"body": OWN, "version": version, "do": "save"}).status_code == 400


def test_what_somebody_types_is_text_and_never_markup(manager: Client) -> None:
    page = page_of(manager.post(PATH, {"body": "</textarea><script>x</script>{when}", "version": "0", "do": "check"}))

    assert "<script>x" not in page


def test_the_e_mail_arrives_as_shown_and_may_run_nothing(manager: Client) -> None:
    answer = manager.get("/settings/texts/day_before/es/page/")

    policy = answer["Content-Security-Policy"]
    assert ("Decir que voy" in page_of(answer), "default-src 'none'" in policy, "script" in policy) == (
        True,
        True,
        False,
    )


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MANAGER])
def test_nobody_else_gets_in(world: World, clock: Any, role: Role) -> None:
    client = Client()
    client.force_login(make_staff("nina@example.com", role, world.site))

    answers = [
        client.get("/settings/texts/"),
        client.get(PATH),
        client.get("/settings/texts/day_before/en/page/"),
        client.post(PATH, {"body": OWN, "version": "0", "do": "save"}),
    ]

    assert ({answer.status_code for answer in answers}, SiteText.objects.count()) == ({403}, 0)
    assert "/settings/texts/" not in page_of(client.get("/"))


def test_a_manager_of_another_site_changes_their_own(world: World, clock: Any) -> None:
    client = Client()
    client.force_login(make_staff("olga@example.com", Role.MANAGER, world.other_site))

    assert client.get("/settings/texts/?site=riverside").status_code == 404
    client.post(PATH, {"body": OWN, "version": "0", "do": "save"})
    assert SiteText.objects.get().site == world.other_site
