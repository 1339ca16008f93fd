"""Protocols in set-up: copied, changed in a draft nobody else sees, checked while typed, published for every site."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.domain.permissions import Role
from clinic.models import AuditEntry, StaffUser
from scheduling.models import Protocol, ProtocolDraft
from tests.factories import World, make_staff

LIST = "/settings/protocols/?site=riverside"
EVIL = '"><img src=x onerror=window.pwned=1>'


def as_user(user: StaffUser) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def maya(world: World, clock: Any) -> StaffUser:
    return make_staff("maya@example.com", Role.MANAGER, world.site, world.other_site)


@pytest.fixture
def manager(maya: StaffUser) -> Client:
    return as_user(maya)


def at(name: str, pk: int) -> str:
    return f"{reverse(name, args=[pk])}?site=riverside"


def copied(client: Client, name: str = "TMS of Riverside", code: str = "tms_mdd_36") -> ProtocolDraft:
    row = Protocol.objects.get(code=code, is_current=True)
    answer = client.post(at("protocol-copy", row.pk), {"name": name})
    assert answer.status_code == 302, page_of(answer)
    return ProtocolDraft.objects.latest("pk")


def form_of(client: Client, draft: ProtocolDraft) -> dict[str, Any]:
    """Return the form of a draft as a browser would send it."""
    page = page_of(client.get(at("protocol-draft", draft.pk)))
    form = re.search(r'<form id="protocol".*?</form>', page, re.DOTALL)
    assert form is not None
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form[0]):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if not name or name[1] == "csrfmiddlewaretoken":
            continue
        if "checkbox" not in tag:
            found[name[1]] = value[1] if value else ""
        elif "checked" in tag:
            found.setdefault(name[1], []).append(value[1] if value else "")
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form[0], re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def send(client: Client, draft: ProtocolDraft, do: str = "check", *, live: bool = False, **typed: Any) -> Any:
    form = form_of(client, draft) | {"do": do} | typed.pop("values", {}) | typed
    return client.post(at("protocol-draft", draft.pk), form, headers={"HX-Request": "true"} if live else None)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MANAGER])
def test_nobody_but_a_manager_gets_in(world: World, manager: Client, role: Role) -> None:
    draft, row = copied(manager), Protocol.objects.get(code="consult")
    client = as_user(make_staff("nina@example.com", role, world.site))

    answers = [
        client.get(LIST),
        client.get(at("protocol", row.pk)),
        client.post(at("protocol-copy", row.pk), {"name": "Mine"}),
        client.post(at("protocol-change", row.pk)),
        client.get(at("protocol-draft", draft.pk)),
    ]

    assert {answer.status_code for answer in answers} == {403}


def test_a_draft_is_nobody_elses(world: World, manager: Client) -> None:
    draft = copied(manager)
    other = as_user(make_staff("olga@example.com", Role.MANAGER, world.site))

    assert other.get(at("protocol-draft", draft.pk)).status_code == 404
    assert "Not published" not in page_of(other.get(LIST))


def test_the_list_costs_the_same_statements_whatever_it_holds(world: World, manager: Client) -> None:
    manager.get(LIST)
    with CaptureQueriesContext(connection) as few:
        manager.get(LIST)
    for number in range(3):
        send(manager, copied(manager, f"Ours {number}"), "publish")
    copied(manager)
    world.book()
    world.book(world.daniel)
    manager.get(LIST)
    with CaptureQueriesContext(connection) as many:
        page = page_of(manager.get(LIST))

    assert len(many) == len(few)
    assert "2 courses running" in page


def test_looking_writes_nothing(manager: Client) -> None:
    draft = copied(manager)
    before, entries = list(ProtocolDraft.objects.values()), AuditEntry.objects.count()

    for row in Protocol.objects.all():
        assert manager.get(at("protocol", row.pk)).status_code == 200
    manager.get(at("protocol-draft", draft.pk))

    assert (list(ProtocolDraft.objects.values()), AuditEntry.objects.count()) == (before, entries)


def test_what_comes_with_the_product_is_read_only_and_says_so(manager: Client) -> None:
    row = Protocol.objects.get(code="tms_mdd_36")

    page = page_of(manager.get(at("protocol", row.pk)))
    answer = manager.post(at("protocol-change", row.pk))

    assert "This one comes with Coursekeeper. Copy it to change it." in page
    assert '<fieldset class="ck-proto-form" disabled>' in page
    assert (answer.status_code, ProtocolDraft.objects.count()) == (409, 0)


@pytest.mark.parametrize("code", sorted(file for file in ("tms_mdd_36", "esk_trd", "ect_index", "mbct_8", "saint_50")))
def test_a_form_sent_as_it_was_drawn_changes_nothing(manager: Client, code: str) -> None:
    draft = copied(manager, code=code)

    send(manager, draft)

    assert ProtocolDraft.objects.get(pk=draft.pk).mapping == draft.mapping


def test_a_copy_is_changed_and_published_with_who_set_each_number(world: World, manager: Client) -> None:
    draft = copied(manager)
    assert Protocol.objects.filter(code=draft.code).count() == 0

    answer = send(manager, draft, "publish", values={"phases[0].sessions": "20", "gates": ["consent", "financial"]})

    assert (answer.status_code, answer["Location"].partition("#")[0]) == (302, LIST)
    row = Protocol.objects.get(code="tms_of_riverside")
    assert (row.name, row.version, row.is_current) == ("TMS of Riverside", 1, True)
    assert row.definition["gates"] == ["consent", "financial"]
    assert row.definition["phases"][0]["sessions"] == 20
    assert row.definition["sources"]["phases[0].sessions"] == "set by Maya 2026-11-16"
    assert row.definition["sources"]["phases[0].per_week"].startswith("[T5, T13 B]")
    assert ProtocolDraft.objects.count() == 0
    assert len(world.propose(protocol_code="tms_of_riverside").plan.sessions) == 26
    entries = AuditEntry.objects.filter(object_type="protocol").values_list("action", flat=True)
    assert list(entries) == ["protocol.copied", "protocol.published"]


def test_what_is_wrong_is_said_beside_it_and_nothing_is_published(manager: Client) -> None:
    draft = copied(manager)

    answer = send(manager, draft, "publish", values={"phases[0].per_week": "nine", "gaps.soft_days": "30"})

    page = page_of(answer)
    assert (answer.status_code, Protocol.objects.filter(code=draft.code).exists()) == (422, False)
    assert "2 things to fix before it can be published." in page
    beside = dict(re.findall(r'<span id="e-([^"]*)">\s*<span class="ck-bad">.*?</svg>([^<]*)</span>', page, re.DOTALL))
    assert beside == {
        "phases-0-per_week": "Must be a whole number.",
        "gaps-soft_days": "Must not be longer than the days after which the course stops.",
    }
    assert 'value="nine"' in page


def test_typing_is_checked_and_kept_as_it_goes(manager: Client) -> None:
    draft = copied(manager)

    wrong = page_of(send(manager, draft, live=True, values={"phases[0].sessions": "300"}))
    kept = ProtocolDraft.objects.get(pk=draft.pk)
    fine = page_of(send(manager, draft, live=True, values={"phases[0].sessions": "10"}))

    assert "1 thing to fix" in wrong
    assert kept.mapping["phases"][0]["sessions"] == 300
    assert "<html" not in wrong
    assert ("16 visits, the first 90 minutes, then 30." in fine, "Tue 7:30am" in fine) == (True, True)


def test_a_phase_is_added_and_taken_out_and_steps_likewise(manager: Client) -> None:
    draft = copied(manager)

    answers = [
        send(manager, draft, "add:phases", name="Kept"),
        send(manager, draft, "add:visit_types.treatment.steps"),
        send(manager, draft, "add:visit_types.treatment.steps[0].needs"),
        send(manager, draft, "drop:phases[1]"),
    ]

    assert {answer.status_code for answer in answers} == {302}
    mapping = ProtocolDraft.objects.get(pk=draft.pk).mapping
    assert ([phase["name"] for phase in mapping["phases"]], mapping["name"]) == (["acute", ""], "Kept")
    assert [len(step["needs"]) for step in mapping["visit_types"]["treatment"]["steps"]] == [3, 1]
    assert send(manager, draft, "add:sources").status_code == 400
    assert send(manager, draft, "drop:visit_types.treatment").status_code == 400


def test_a_form_drawn_before_another_window_changed_the_draft_is_refused(manager: Client) -> None:
    draft = copied(manager)
    old = form_of(manager, draft)
    send(manager, draft, "drop:phases[0]")

    answer = manager.post(at("protocol-draft", draft.pk), old | {"phases[0].name": "Lost", "do": "check"})

    assert answer.status_code == 412
    assert ProtocolDraft.objects.get(pk=draft.pk).mapping["phases"][0]["name"] == "taper"


def test_the_second_to_publish_is_told_who_was_first_and_may_still(world: World, manager: Client) -> None:
    send(manager, copied(manager), "publish")
    row = Protocol.objects.get(code="tms_of_riverside")
    dana = as_user(make_staff("dana@example.com", Role.MANAGER, world.site, world.other_site))
    for client in (manager, dana):
        client.post(at("protocol-change", row.pk))
    mine, hers = ProtocolDraft.objects.order_by("pk")
    assert send(dana, hers, "publish", values={"phases[0].sessions": "25"}).status_code == 302

    asked = send(manager, mine, "publish", values={"phases[0].sessions": "28"})

    assert (asked.status_code, "Dana changed this at" in page_of(asked)) == (412, True)
    assert 'name="mine" value="2"' in page_of(asked)
    assert send(manager, mine, "publish", mine="2").status_code == 302
    now = Protocol.objects.get(code="tms_of_riverside", is_current=True)
    assert (now.version, now.definition["phases"][0]["sessions"]) == (3, 28)


def test_running_courses_keep_their_version_and_the_page_says_what_differs(world: World, manager: Client) -> None:
    send(manager, copied(manager), "publish")
    course = world.book(protocol_code="tms_of_riverside")
    row = Protocol.objects.get(code="tms_of_riverside")
    manager.post(at("protocol-change", row.pk))
    draft = ProtocolDraft.objects.get()

    send(manager, draft, "publish", values={"phases[0].sessions": "28"})

    course.refresh_from_db()
    assert course.protocol_id == row.pk
    listed = page_of(manager.get(LIST))
    assert "1 course runs on an older version and keeps it." in listed
    new = Protocol.objects.get(code="tms_of_riverside", is_current=True)
    page = page_of(manager.get(at("protocol", new.pk)))
    assert "1 course on version 1" in page
    assert "<span>acute: Sessions</span> <del>30</del> <ins>28</ins>" in page


def test_who_does_not_manage_every_site_writes_but_does_not_publish(world: World, clock: Any) -> None:
    olga = as_user(make_staff("olga@example.com", Role.MANAGER, world.site))
    draft = copied(olga)

    answer = send(olga, draft, "publish")

    assert "It would count at <bdi>Harbor Clinic</bdi> too." in page_of(olga.get(at("protocol-draft", draft.pk)))
    assert (answer.status_code, Protocol.objects.filter(code=draft.code).exists()) == (409, False)


def test_a_name_that_is_taken_is_refused_and_a_strange_one_is_only_text(manager: Client) -> None:
    row = Protocol.objects.get(code="consult")

    taken = manager.post(at("protocol-copy", row.pk), {"name": "tms STANDARD 36"})
    draft = copied(manager, EVIL)
    page = page_of(manager.get(at("protocol-draft", draft.pk)))

    assert (taken.status_code, "There is a protocol tms STANDARD 36 already." in page_of(taken)) == (422, True)
    assert ("<img" in page, "&lt;img src=x" in page) == (False, True)
    assert draft.code == "img_src_x_onerror_window_pwned_1"


def test_a_draft_is_thrown_away(manager: Client) -> None:
    draft = copied(manager)

    answer = send(manager, draft, "forget")

    assert (answer.status_code, ProtocolDraft.objects.count()) == (302, 0)
    assert manager.get(at("protocol-draft", draft.pk)).status_code == 404
