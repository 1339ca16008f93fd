"""What opens links without reading them: mail scanners, previews, robots. Nothing changes, no try is burnt."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from clinic.models import AuditEntry
from notifications.models import Message
from patients.models import LinkCheck, PatientLink
from scheduling.models import Session, SessionEvent
from tests.factories import NOW, World
from tests.portal.phone import fields_in, path_of, seen

SECOND = dt.timedelta(seconds=1)
SCANNERS = (
    {"User-Agent": "Mozilla/5.0 (compatible; Barracuda Sentinel)"},
    {"Sec-Purpose": "prefetch", "Purpose": "prefetch"},
    {"User-Agent": "facebookexternalhit/1.1"},
)


@pytest.fixture
def visit(world: World, clock: Any) -> Session:
    return world.visit(start_on=dt.date(2026, 11, 18))


@pytest.fixture
def texted(world: World, visit: Session) -> Message:
    """A message to the patient that left this very moment."""
    return Message.objects.create(
        dedupe_key="x",
        site=world.site,
        patient=world.maria,
        session=visit,
        course=visit.course,
        kind="booked",
        channel="email",
        due_at=NOW,
        send_by=NOW + dt.timedelta(days=1),
        handed_at=NOW,
        state="sent",
        settled_at=NOW,
        template_version="x",
        created_at=NOW,
    )


def rows() -> list[Any]:
    tables = (Session, SessionEvent, PatientLink, LinkCheck)
    return [list(model._default_manager.order_by("pk").values()) for model in tables]


def confirm(client: Client, path: str) -> Any:
    return client.post(f"{path}answer/", fields_in(client.get(path)) | {"answer": "yes"})


@pytest.mark.parametrize("headers", SCANNERS)
def test_one_that_follows_every_link_and_asks_for_heads_changes_nothing(
    world: World, visit: Session, headers: dict[str, str]
) -> None:
    path = path_of(world)
    before = rows()
    scanner = Client(headers=headers)

    for at in ("", "visits/", f"change/?visit={visit.pk}", "check/", "answer/", "week/", "late/", "back/", "feel/"):
        assert scanner.get(f"{path}{at}").status_code < 400
        assert scanner.head(f"{path}{at}").status_code < 400

    assert rows() == before


def test_one_that_sends_every_form_empty_changes_nothing_and_burns_no_try(world: World, visit: Session) -> None:
    path = path_of(world)
    before = rows()
    scanner = Client()

    for at in ("", "change/", "check/", "answer/", "week/", "late/", "back/"):
        assert scanner.post(f"{path}{at}").status_code == 303
    forms = {"form": fields_in(scanner.get(path))["form"]}
    statuses = [scanner.post(f"{path}{at}", forms).status_code for at in ("check/", "answer/", "week/", "back/")]

    assert statuses == [422, 303, 303, 303]
    assert rows() == before


def test_a_yes_right_after_a_message_and_sooner_than_anybody_reads_is_noted_as_no_persons(
    world: World, visit: Session, texted: Message, clock: Any
) -> None:
    path = path_of(world)
    before = rows()

    answer = confirm(Client(), path)

    assert (answer["Location"], rows()) == (f"{path}?once_more=1", before)
    assert AuditEntry.objects.filter(action="link.not_a_person", patient_id=world.maria.pk, role="patient").count() == 1


def test_a_person_who_was_that_quick_is_asked_to_tap_once_more(
    world: World, visit: Session, texted: Message, client: Client, clock: Any
) -> None:
    path = path_of(world)
    page = client.get(confirm(client, path)["Location"], follow=True)
    clock(NOW + 3 * SECOND)

    client.post(f"{path}answer/", fields_in(page) | {"answer": "yes"})

    assert "Please tap once more, so that we know it’s you." in seen(page)
    assert Session.objects.get(pk=visit.pk).confirmed_at == NOW + 3 * SECOND


@pytest.mark.parametrize(("read_for", "after"), [(2, 0), (0, 121)])
def test_who_reads_first_or_comes_later_is_believed_at_once(
    world: World, visit: Session, texted: Message, client: Client, clock: Any, read_for: int, after: int
) -> None:
    path = path_of(world)
    clock(NOW + after * SECOND)
    fields = fields_in(client.get(path)) | {"answer": "yes"}
    clock(NOW + (after + read_for) * SECOND)

    client.post(f"{path}answer/", fields)

    assert Session.objects.get(pk=visit.pk).confirmed_at is not None


def test_the_page_offers_nothing_to_a_preview(world: World, visit: Session, client: Client) -> None:
    page = client.get(path_of(world)).content.decode()

    assert [word for word in ("og:", "twitter:", 'name="description"', "itemprop") if word in page] == []
    assert "<title>Your visit</title>" in page
