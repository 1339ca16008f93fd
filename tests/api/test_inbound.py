"""What people wrote, as machines read it: by site and patient, the text for staff only, every look noted."""

import datetime as dt
from typing import Any

import pytest

from api.inbound_shapes import InboundOut
from clinic.domain.permissions import Role
from clinic.models import AuditEntry
from notifications.models import InboundMessage
from tests.api.conftest import Api
from tests.attention.reply_scenes import write, write_again
from tests.factories import NOW, World

MARIA, DANIEL, FOREIGN, STRANGER = "+15550102040", "+15550102041", "+15550103333", "+15550107777"
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def texts(world: World) -> list[InboundMessage]:
    """Maria, Daniel and a stranger wrote here, somebody else at the other site."""
    written = [
        write(MARIA, "is it ok to eat?", NOW),
        write(DANIEL, "HELP", NOW + MINUTE),
        write(STRANGER, "wrong number?", NOW + 2 * MINUTE),
    ]
    write(FOREIGN, "private matters", NOW)
    return written


def looks() -> list[int | None]:
    rows = AuditEntry.objects.filter(action="inbound.read").order_by("patient_id")
    return sorted(rows.values_list("patient_id", flat=True), key=lambda pk: pk or 0)


def test_the_latest_comes_first_with_the_number_the_words_and_what_was_done(
    api: Api, world: World, texts: list[InboundMessage]
) -> None:
    rows = api.get("inbound/").json()["results"]

    assert [row["text"] for row in rows] == ["wrong number?", "HELP", "is it ok to eat?"]
    assert sorted(rows[0]) == sorted(InboundOut().fields)
    assert rows[2] == {
        "id": texts[0].pk,
        "site": world.site.pk,
        "received_at": "2026-11-16T09:00:00-05:00",
        "number": MARIA,
        "patient": world.maria.pk,
        "person": None,
        "session": None,
        "text": "is it ok to eat?",
        "outcome": "free",
        "what_was_done": "Nothing was changed.",
        "minutes_late": None,
        "is_crisis": False,
        "is_waiting": True,
        "done_at": None,
        "done_by": None,
        "done_what": "",
    }


def test_one_patients_texts_and_what_waits_are_cut_out(api: Api, world: World, texts: list[InboundMessage]) -> None:
    mine = api.get("inbound/", patient=world.daniel.pk).json()["results"]
    waiting = api.get("inbound/", waiting="1").json()["results"]
    wrong = api.get("inbound/", waiting="yes")

    assert [row["text"] for row in mine] == ["HELP"]
    assert [row["text"] for row in waiting] == ["wrong number?", "is it ok to eat?"]
    assert wrong.status_code == 400


def test_what_waits_is_there_however_much_came_in_since(api: Api, world: World, texts: list[InboundMessage]) -> None:
    write_again(texts[1], 201)

    waiting = api.get("inbound/", waiting="1").json()
    mine = api.get("inbound/", waiting="1", patient=world.maria.pk).json()
    everything = api.get("inbound/", page_size="200", page="2").json()

    assert [row["text"] for row in waiting["results"]] == ["wrong number?", "is it ok to eat?"]
    assert [row["text"] for row in mine["results"]] == ["is it ok to eat?"]
    assert (everything["count"], everything["results"][-1]["text"]) == (204, "is it ok to eat?")


def test_every_look_is_noted_before_the_answer_leaves(api: Api, world: World, texts: list[InboundMessage]) -> None:
    api.get("inbound/")
    api.get(f"inbound/{texts[0].pk}/")

    assert looks() == [None, world.maria.pk, world.maria.pk, world.daniel.pk]


def test_another_sites_texts_are_not_there(api: Api, outsider: Api, texts: list[InboundMessage]) -> None:
    theirs = outsider.get("inbound/").json()["results"]
    refused = [
        outsider.get(f"inbound/{texts[0].pk}/").status_code,
        outsider.post(f"inbound/{texts[0].pk}/done/", {"what": "x"}).status_code,
    ]

    assert ([row["text"] for row in theirs], refused) == (["private matters"], [404, 404])


@pytest.mark.parametrize(
    ("role", "read", "done"),
    [(Role.FRONT_DESK, 200, 200), (Role.CLINICIAN, 200, 200), (Role.TECHNICIAN, 200, 403), (Role.AUDITOR, 403, 403)],
)
def test_a_role_reads_and_settles_what_the_table_says(
    api: Api, world: World, texts: list[InboundMessage], role: Role, read: int, done: int
) -> None:
    world.receptionist.memberships.update(role=role)

    answers = [api.get("inbound/"), api.post(f"inbound/{texts[0].pk}/done/", {"what": "Called"})]

    assert [answer.status_code for answer in answers] == [read, done]


def test_done_says_who_and_what_and_waits_no_more(api: Api, texts: list[InboundMessage]) -> None:
    answer = api.post(f"inbound/{texts[0].pk}/done/", {"what": " Called, yes it is "})
    again = api.post(f"inbound/{texts[0].pk}/done/", {"what": "Something else"})

    row = answer.json()
    assert (row["done_by"], row["done_what"], row["is_waiting"]) == ("Rosa", "Called, yes it is", False)
    assert (again.status_code, again.json()["done_what"]) == (200, "Called, yes it is")
    assert AuditEntry.objects.filter(action="inbound.done").count() == 1


def test_somebody_elses_done_stands(api: Api, world: World, texts: list[InboundMessage]) -> None:
    world.technician.memberships.update(role=Role.MANAGER)
    api.post(f"inbound/{texts[0].pk}/done/", {"what": "Called"})

    answer = Api(world.technician).post(f"inbound/{texts[0].pk}/done/", {"what": "Called too"})

    assert (answer.status_code, answer.json()["code"]) == (409, "already_done")
    assert answer.json()["message"] == "Rosa saw to this already: Called"


@pytest.mark.parametrize("body", [{}, {"what": ""}, {"what": "  "}, {"what": "x" * 121}, {"who": "me"}])
def test_done_without_saying_what_is_refused(api: Api, texts: list[InboundMessage], body: dict[str, Any]) -> None:
    answer = api.post(f"inbound/{texts[0].pk}/done/", body)

    assert (answer.status_code, InboundMessage.objects.get(pk=texts[0].pk).done_at) == (400, None)
