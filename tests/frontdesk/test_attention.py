"""What needs a person, as the desk sees it: a deed for every kind, answers in place, nothing lost when a part fails."""

import datetime as dt
import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attention.domain.items import Action, Item, Kind, Severity
from attention.queries import at_risk_by_course, today
from clinic.domain.permissions import Permission, Role
from clinic.models import AuditEntry
from frontdesk.deeds import DEEDS, Known, deeds_of
from frontdesk.show_attention import row_id
from frontdesk.views.attention_deeds import DEEDS as VIEW_DEEDS
from patients.models import Consent, MeasureResult
from scheduling.models import Course, Session, SlotOffer
from tests.attention.desk import Desk
from tests.attention.gate_scenes import GateDue
from tests.attention.reply_scenes import Reply
from tests.attention.scenes import FreedSlot, LateArrival, MeasureDue, MissedTwice, NoTextConsent
from tests.factories import FIRST_DAY, NOW, World, make_staff

HTMX = {"HX-Request": "true"}
PAGE = 44  # 37 of them read the list


@pytest.fixture
def desk(world: World, clock: Any) -> Desk:
    return Desk(world.site, world.receptionist, clock)


def as_user(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def page(world: World) -> Client:
    return as_user(world.receptionist)


def listed(client: Client, query: str = "") -> str:
    answer = client.get(f"/attention/{query}")
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def row(text: str, key: str) -> str:
    """Return the row of an item, or nothing."""
    found = re.search(rf'<li id="{row_id(key)}".*?</li>', text, re.DOTALL)
    return found[0] if found else ""


def buttons(text: str) -> list[str]:
    """Return the words of a row's buttons and links in the order of the page, without icons."""
    head = text.partition("<details")[0]
    found = re.findall(r"<(?:button|a) class=\"ck-btn[^>]*>(.*?)</(?:button|a)>", head, re.DOTALL)
    return [words for each in found if (words := re.sub("<svg.*?</svg>", "", each))]


def test_every_kind_has_a_deed() -> None:
    assert set(DEEDS) == set(Kind)


@pytest.mark.once
@pytest.mark.parametrize("kind", sorted(Kind))
def test_every_kind_has_something_to_press_and_no_address_of_the_api(kind: Kind) -> None:
    verb = {Kind.MISSED_TWICE: "make-up", Kind.FREED_SLOT: "offer"}.get(kind, "look")
    item = Item(
        key=f"{kind}:12:phq9:1",
        kind=kind,
        site_id=1,
        zone="UTC",
        title="PHQ-9 is due",
        detail="",
        severity=Severity.LOW,
        since=NOW,
        action=Action(verb, "Look at it", "GET", "/api/v1/poison/", 12),
        patient_id=5,
        course_id=6,
        session_id=7,
    )

    deeds = deeds_of(Known(item, may=frozenset(Permission)))

    assert len(deeds) >= 1
    assert [deed for deed in deeds if "/api/" in deed.url or not (deed.url or deed.name)] == []
    assert {deed.name for deed in deeds} <= {"", "open", "done", *VIEW_DEEDS}


@pytest.mark.once
def test_a_late_patient_is_called_or_recorded_in_the_row(desk: Desk, page: Client) -> None:
    scene = LateArrival(desk)
    [key] = desk.keys(scene.begin(), "late_arrival")
    shown = row(listed(page), key)

    answer = page.post(
        "/attention/do/no-show/",
        {"key": key, "session": scene.visit.pk, "session_version": scene.visit.version, "at": 0},
        headers=HTMX,
    )

    scene.visit.refresh_from_db()
    assert buttons(shown) == ["Call", "No-show", "Came"]
    assert "is 11 min late" in shown
    assert (answer.status_code, scene.visit.state) == (200, "no_show")
    assert row(answer.content.decode(), key) == ""


@pytest.mark.once
def test_a_form_works_without_javascript_and_comes_back_to_the_list(desk: Desk, page: Client) -> None:
    scene = LateArrival(desk)
    [key] = desk.keys(scene.begin(), "late_arrival")

    answer = page.post(
        "/attention/do/arrive/", {"key": key, "session": scene.visit.pk, "session_version": scene.visit.version}
    )

    scene.visit.refresh_from_db()
    assert (answer.status_code, answer["Location"].split("?")[0], scene.visit.state) == (302, "/attention/", "arrived")


@pytest.mark.once
def test_done_says_so_and_is_taken_back(desk: Desk, page: Client) -> None:
    scene = LateArrival(desk)
    [key] = desk.keys(scene.begin(), "late_arrival")

    done = page.post(f"/attention/{key}/done/", {"version": 0, "at": 0}, headers=HTMX)
    gone = listed(page)
    page.post("/undo/", {"kind": "attention", "id": key, "version": 1})

    assert "Done." in done.content.decode()
    assert (row(gone, key), row(listed(page), key) != "") == ("", True)


@pytest.mark.once
@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("tomorrow", "Put off until Wed Nov 25, 8am."),
        ("monday", "Put off until Mon Nov 30, 8am."),
        ("2026-12-04", "Put off until Fri Dec 4, 8am."),
    ],
)
def test_an_item_is_put_off_to_a_morning_and_shown_again_then(desk: Desk, page: Client, until: str, said: str) -> None:
    [key] = desk.keys(LateArrival(desk).begin(), "late_arrival")

    answer = page.post(f"/attention/{key}/hold/", {"version": 0, "until": until}, headers=HTMX).content.decode()

    assert said in answer
    assert row(answer, key) == ""
    assert "Put off until" in row(listed(page, "?held=1"), key)


@pytest.mark.once
@pytest.mark.parametrize(("until", "status"), [("2020-01-01", 422), ("2027-12-31", 422), ("soon", 422)])
def test_a_day_that_makes_no_sense_is_refused_in_words(desk: Desk, page: Client, until: str, status: int) -> None:
    [key] = desk.keys(LateArrival(desk).begin(), "late_arrival")

    answer = page.post(f"/attention/{key}/hold/", {"version": 0, "until": until}, headers=HTMX)

    assert (answer.status_code, "Put it off to a" in html.unescape(answer.content.decode())) == (status, True)


@pytest.mark.once
def test_what_somebody_else_is_on_says_so_and_is_refused(desk: Desk, page: Client, world: World) -> None:
    dana = as_user(make_staff("dana@example.com", Role.FRONT_DESK, world.site))
    scene = MissedTwice(desk)
    [key] = desk.keys(scene.begin(), "missed_twice")

    opened = html.unescape(dana.post(f"/attention/{key}/open/", {"version": 0}, headers=HTMX).content.decode())
    mine = listed(page)
    refused = [
        page.post(f"/attention/{key}/open/", {"version": 1}, headers=HTMX),
        page.post("/attention/do/way/", {"key": key, "plan": "x", "session": 1, "session_version": 1}, headers=HTMX),
    ]

    assert opened.count('class="ck-alt"') == 2  # no third place in its ten days
    assert "Dana is on this" in row(mine, key)
    assert [answer.status_code for answer in refused] == [409, 409]
    assert all("Dana is on this." in answer.content.decode() for answer in refused)


@pytest.mark.once
def test_a_way_books_the_make_up_and_the_row_is_gone(desk: Desk, page: Client) -> None:
    scene = MissedTwice(desk)
    [key] = desk.keys(scene.begin(), "missed_twice")
    opened = page.post(f"/attention/{key}/open/", {"version": 0}, headers=HTMX).content.decode()
    form = re.search(r'attention/do/way/.*?class="ck-alt"', opened, re.DOTALL)
    assert form
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))

    answer = page.post("/attention/do/way/", fields, headers=HTMX)

    assert answer.status_code == 200
    assert "Booked." in answer.content.decode()
    assert Session.objects.filter(makeup_of__isnull=False, course=scene.course).count() == 1


@pytest.mark.once
def test_a_way_that_is_gone_is_followed_by_fresh_ones(desk: Desk, page: Client) -> None:
    scene = MissedTwice(desk)
    [key] = desk.keys(scene.begin(), "missed_twice")
    opened = page.post(f"/attention/{key}/open/", {"version": 0}, headers=HTMX).content.decode()
    form = re.search(r'attention/do/way/.*?class="ck-alt"', opened, re.DOTALL)
    assert form
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
    Course.objects.filter(pk=scene.course.pk).update(version=99)

    answer = page.post("/attention/do/way/", fields, headers=HTMX).content.decode()

    assert "That time is gone. These are free now:" in answer
    assert answer.count('class="ck-alt"') == 2


@pytest.mark.once
def test_what_somebody_wrote_is_read_and_answered_in_the_row(desk: Desk, page: Client) -> None:
    scene = Reply(desk)
    [key] = desk.keys(scene.begin(), "reply")
    shown = row(listed(page), key)

    answer = page.post(
        "/attention/do/told/", {"key": key, "inbound": scene.text.pk, "what": "Called back"}, headers=HTMX
    )

    scene.text.refresh_from_db()
    assert "<q>hello?</q>" in shown
    assert (row(answer.content.decode(), key), scene.text.done_what) == ("", "Called back")


@pytest.mark.once
def test_a_score_is_typed_in_the_row(desk: Desk, page: Client) -> None:
    scene = MeasureDue(desk)
    [key] = desk.keys(scene.begin(), "measure_due")
    fields = {"key": key, "patient": scene.course.patient_id, "instrument": "phq9"}

    wrong = page.post("/attention/do/measure/", fields | {"score": "forty"}, headers=HTMX)
    right = page.post("/attention/do/measure/", fields | {"score": "18"}, headers=HTMX)

    assert (wrong.status_code, right.status_code) == (400, 200)
    assert list(MeasureResult.objects.values_list("score", flat=True)) == [18]


@pytest.mark.once
def test_a_yes_to_texts_is_kept_with_a_name(desk: Desk, page: Client, world: World) -> None:
    scene = NoTextConsent(desk)
    [key] = desk.keys(scene.begin(), "no_text_consent")

    page.post("/attention/do/texts/", {"key": key, "patient": scene.patient.pk}, headers=HTMX)

    given = Consent.objects.filter(patient=scene.patient).values_list("channel", "purpose", "recorded_by")
    assert list(given) == [("sms", "reminders", world.receptionist.pk)]


@pytest.mark.once
@pytest.mark.parametrize("kinds", [1, 2])
def test_the_page_costs_the_same_statements_whatever_it_holds(desk: Desk, page: Client, kinds: int) -> None:
    now = LateArrival(desk).begin()
    for number in range(1, kinds):
        desk.visit(day=FIRST_DAY, preferred_minute=510 + 60 * number)
    # Each is late until the clock flags it.
    desk.clock(now + dt.timedelta(hours=kinds - 1))
    listed(page)

    with CaptureQueriesContext(connection) as statements:
        text = listed(page)

    assert text.count("data-row ") == kinds
    assert len(statements) == PAGE


@pytest.mark.once
def test_an_answer_reads_everything_once(desk: Desk, page: Client) -> None:
    [key] = desk.keys(LateArrival(desk).begin(), "late_arrival")

    with CaptureQueriesContext(connection) as statements:
        page.post(f"/attention/{key}/take/", {"version": 0}, headers=HTMX)

    reads = [each["sql"] for each in statements if 'FROM "scheduling_recordinggap"' in each["sql"]]
    assert len(reads) == 1


@pytest.mark.once
def test_an_unchanged_list_is_answered_304_and_notes_nobody(desk: Desk, page: Client) -> None:
    [key] = desk.keys(LateArrival(desk).begin(), "late_arrival")
    etag = page.get("/attention/", headers=HTMX)["ETag"]
    before = AuditEntry.objects.count()

    same = page.get("/attention/", headers=HTMX | {"If-None-Match": etag})
    page.post(f"/attention/{key}/take/", {"version": 0}, headers=HTMX)
    after = page.get("/attention/", headers=HTMX | {"If-None-Match": etag})

    assert (same.status_code, after.status_code) == (304, 200)
    assert AuditEntry.objects.filter(pk__gt=0).count() > before


@pytest.mark.once
def test_whoever_is_listed_is_noted(desk: Desk, page: Client) -> None:
    scene = LateArrival(desk)
    desk.clock(scene.begin())

    listed(page)

    noted = AuditEntry.objects.filter(action="attention.listed").values_list("patient_id", flat=True)
    assert list(noted) == [scene.visit.patient_id]


@pytest.mark.once
def test_a_part_that_cannot_be_read_is_named_and_the_others_are_shown(
    desk: Desk, page: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = LateArrival(desk)
    [key] = desk.keys(scene.begin(), "late_arrival")

    def broken(*_args: Any) -> list[Any]:
        raise AssertionError("poison")

    monkeypatch.setattr(today, "freed", broken)

    text = listed(page)

    assert "Couldn't load 1 of 6 lists." in text
    assert (row(text, key) != "", "poison" in text) == (True, False)


@pytest.mark.once
@pytest.mark.parametrize(("role", "status", "answers"), [("technician", 200, 403), ("auditor", 403, 403)])
def test_a_role_sees_and_answers_what_is_its_own(
    desk: Desk, world: World, role: str, status: int, answers: int
) -> None:
    scene = LateArrival(desk)
    [key] = desk.keys(scene.begin(), "late_arrival")
    client = as_user(getattr(world, role))

    seen = client.get("/attention/")
    said = client.post(f"/attention/{key}/done/", {"version": 0}, headers=HTMX)

    assert (seen.status_code, said.status_code) == (status, answers)
    assert "Mark done" not in seen.content.decode()


@pytest.mark.once
def test_a_freed_time_is_offered_from_its_row(desk: Desk, page: Client) -> None:
    scene = FreedSlot(desk)
    now = scene.begin()
    [key] = desk.keys(now, "freed_slot")

    nobody = row(listed(page), key)

    assert buttons(nobody) == ["See who waits"]
    assert SlotOffer.objects.count() == 0


@pytest.mark.once
def test_an_empty_list_says_what_comes_next(desk: Desk, page: Client) -> None:
    nothing = listed(page)
    GateDue(desk).begin()
    desk.clock(NOW)

    assert ("All clear." in nothing, "Next thing due" in nothing) == (True, False)
    assert "<p>Next thing due: 1 visit needs: consent, by Mon Nov 23, 3pm.</p>" in listed(page)


@pytest.mark.once
def test_the_badge_counts_what_is_open(desk: Desk, page: Client) -> None:
    empty = page.get("/attention/count/").content.decode()
    desk.clock(LateArrival(desk).begin())

    one = page.get("/attention/count/").content.decode()

    assert (" hidden" in empty, " hidden" in one, ">1<" in one) == (True, False, True)


@pytest.mark.once
def test_the_courses_at_risk_are_named_with_why(desk: Desk) -> None:
    scene = MissedTwice(desk)
    now = scene.begin()

    found = at_risk_by_course([desk.site.pk], now)

    assert set(found) == {scene.course.pk}
    assert "2 visits missed in 10 days" in found[scene.course.pk]
    assert at_risk_by_course([desk.site.pk + 1], now) == {}
