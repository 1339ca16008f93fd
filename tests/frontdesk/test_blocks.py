"""Blocked time as the desk sees it: who is hit, decided row by row, made and taken back, worked out anew."""

import datetime as dt
import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry
from scheduling import block_token
from scheduling.models import Block, Closure, Outage
from scheduling.queries.cards import facts_of
from tests.factories import NOW, World
from tests.frontdesk.test_attention import HTMX, as_user
from tests.scheduling.outage_scenes import TUESDAY, Clinic, names_held, on, picture

pytestmark = pytest.mark.once
PROPOSAL = 34


@pytest.fixture
def clinic(world: World, clock: Any) -> Clinic:
    return Clinic(world)


@pytest.fixture
def desk(world: World) -> Client:
    return as_user(world.receptionist)


def form(clinic: Clinic, *names: str, **more: Any) -> dict[str, Any]:
    asked = {
        "site": "riverside",
        "resource": [str(clinic.named(name).pk) for name in names],
        "from_day": "2026-12-01",
        "until": "rest",
        "reason": "Broken",
    }
    return asked | more


def text_of(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<(?!input|option)[^>]*>", "", answer.content.decode())))


def hidden(answer: Any) -> dict[str, str]:
    """Return the hidden fields and selects of a proposal, as the form would send them again."""
    markup = html.unescape(answer.content.decode())
    found = dict(re.findall(r'type="hidden" name="((?:plan|key|kept-\d+))" value="([^"]*)"', markup))
    for name, body in re.findall(r'<select[^>]* name="(fix-\d+)">(.*?)</select>', markup):
        found[name] = re.search(r'value="([^"]*)" selected', body)[1]  # type: ignore[index]
    return found


def preview(desk: Client, sent: dict[str, Any]) -> Any:
    return desk.post("/blocks/preview/", sent, headers=HTMX)


def toast(desk: Client) -> str:
    return text_of(desk.get("/blocks/")).partition("Undo")[0]


def test_the_page_offers_what_can_be_out_and_has_the_device_it_was_asked_for(clinic: Clinic, desk: Client) -> None:
    page = desk.get(f"/blocks/new/?site=riverside&day=2026-12-01&resource={clinic.device(2).pk}").content.decode()

    marked = re.findall(r'name="resource" value="(\d+)" checked', page)
    assert marked == [str(clinic.device(2).pk)]
    assert 'name="from_day" value="2026-12-01"' in page
    assert "Until Wed Dec 2, 7:30am" in page
    assert [name in page for name in ("NeuroStar 1", "TMS operator 3", "Dr. Weiss", "Whole clinic")] == [True] * 4


def test_today_begins_now(clinic: Clinic, desk: Client, clock: Any) -> None:
    clock(NOW + dt.timedelta(minutes=43))

    page = desk.get("/blocks/new/").content.decode()

    assert 'name="from_time" step="300" value="09:40"' in page


def test_who_is_hit_is_shown_and_noted_and_nothing_is_written(clinic: Clinic, desk: Client) -> None:
    course = clinic.course(0, 510)
    before = picture()

    said = text_of(preview(desk, form(clinic, "NeuroStar 1")))

    assert "NeuroStar 1 is out on Tue Dec 1." in said
    assert "1 session: 1 moves to NeuroStar 2. One text per patient." in said
    assert "Leea, P. visit" in said
    assert "Same time on NeuroStar 2" in said
    assert "Block and move 1" in said
    assert (picture(), Block.objects.count()) == (before, 0)
    seen = AuditEntry.objects.filter(action="block.previewed").values_list("patient_id", flat=True)
    assert list(seen) == [course.patient_id]


@pytest.mark.parametrize(
    ("until", "ends_at"),
    [
        ("rest", "2026-12-02T05:00:00+00:00"),
        ("next", "2026-12-02T12:30:00+00:00"),
        ("week", "2026-12-07T05:00:00+00:00"),
    ],
)
def test_until_is_one_press(clinic: Clinic, desk: Client, until: str, ends_at: str) -> None:
    sent = form(clinic, "NeuroStar 3", until=until)

    desk.post("/blocks/make/", sent | hidden(preview(desk, sent)))

    assert Block.objects.get().ends_at == dt.datetime.fromisoformat(ends_at)


def test_exactly_until_is_by_the_clock_on_the_wall(clinic: Clinic, desk: Client) -> None:
    exact = {"from_time": "09:00", "until": "exact", "to_day": "2026-12-03", "to_time": "12:15"}
    sent = form(clinic, "NeuroStar 3", **exact)

    desk.post("/blocks/make/", sent | hidden(preview(desk, sent)))

    block = Block.objects.get()
    assert (block.starts_at.isoformat(), block.ends_at.isoformat(), block.reason) == (
        "2026-12-01T14:00:00+00:00",
        "2026-12-03T17:15:00+00:00",
        "Broken",
    )


def test_it_is_made_as_shown_said_and_taken_back_as_one(clinic: Clinic, desk: Client) -> None:
    course = clinic.course(0, 510)
    before = picture()
    sent = form(clinic, "NeuroStar 1")

    made = desk.post("/blocks/make/", sent | hidden(preview(desk, sent)))
    held = names_held(on(course, TUESDAY))
    block = Block.objects.get()
    said = toast(desk)
    desk.post("/undo/", {"kind": "block", "id": block.pk, "version": block.version})

    assert (made.status_code, made["Location"]) == (302, "/?site=riverside&day=2026-12-01")
    assert held[0] == "NeuroStar 2"
    assert "NeuroStar 1 is out on Tue Dec 1. 1 moved. Texts go out in 3 minutes." in said
    assert (picture(), Outage.objects.count()) == (before, 0)


def test_whoever_moved_stands_where_they_are_now_everywhere(clinic: Clinic, desk: Client) -> None:
    visit = on(clinic.course(0, 510), TUESDAY)
    clinic.block("NeuroStar 1")

    board = desk.get(f"/?day={TUESDAY}").content.decode()
    panel = text_of(desk.get(f"/sessions/{visit.pk}/"))

    lanes = re.findall(r'id="lane-(\d+)"(.*?)(?=id="lane-|$)', board, re.DOTALL)
    assert [int(pk) for pk, lane in lanes if f'id="visit-{visit.pk}"' in lane] == [clinic.device(2).pk]
    assert ("NeuroStar 2" in panel, "NeuroStar 1" in panel) == (True, False)
    assert facts_of([visit.pk])[visit.pk].place == "NeuroStar 2"


def test_pressing_twice_blocks_once(clinic: Clinic, desk: Client) -> None:
    clinic.course(0, 510)
    sent = form(clinic, "NeuroStar 1")
    sent |= hidden(preview(desk, sent))

    answers = [desk.post("/blocks/make/", sent).status_code for _press in range(2)]

    assert (answers, Block.objects.count()) == ([302, 302], 1)


def test_only_blocking_moves_nobody_and_says_who_still_stands_there(clinic: Clinic, desk: Client) -> None:
    course = clinic.course(0, 510)
    sent = form(clinic, "NeuroStar 1", reason="", words="Coil makes a noise")

    desk.post("/blocks/make/", sent | hidden(preview(desk, sent)) | {"do": "only"})

    assert names_held(on(course, TUESDAY))[0] == "NeuroStar 1"
    assert Block.objects.get().reason == "Coil makes a noise"
    assert "1 session still stands there, in Needs attention; nobody was texted about it." in toast(desk)


@pytest.mark.parametrize(
    ("names", "whole", "reason"),
    [(["NeuroStar 3"], "", "Not in use"), (["Dr. Weiss"], "", "Not here"), ([], "1", "Closed")],
)
def test_nothing_booked_then_is_one_press_and_needs_no_reason(
    clinic: Clinic, desk: Client, names: list[str], whole: str, reason: str
) -> None:
    sent = form(clinic, *names, whole=whole, reason="")
    shown = preview(desk, sent)

    desk.post("/blocks/make/", sent | hidden(shown))

    said = text_of(shown)
    assert "Nothing is booked in that time." in said
    assert ("Block it" in said, "Only block" in said) == (True, False)
    assert Block.objects.get().reason == reason


def test_the_whole_clinic_wins_over_what_else_is_marked(clinic: Clinic, desk: Client) -> None:
    sent = form(clinic, "NeuroStar 1", whole="1")

    desk.post("/blocks/make/", sent | hidden(preview(desk, sent)))

    assert (Closure.objects.filter(block__isnull=False).count(), Outage.objects.count()) == (1, 0)


def test_a_row_is_decided_and_the_rest_seated_around_it(clinic: Clinic, desk: Client) -> None:
    first, second = on(clinic.course(0, 510), TUESDAY), on(clinic.course(1, 600), TUESDAY)
    own = {f"fix-{first.pk}": f"2026-12-01@840@{clinic.device(3).pk}", f"fix-{second.pk}": "call"}
    sent = form(clinic, "NeuroStar 1") | own

    shown = preview(desk, sent)
    desk.post("/blocks/make/", sent | hidden(shown))

    first.refresh_from_db()
    said = text_of(shown)
    assert ("2pm instead of 8:30am, NeuroStar 3" in said, "Stays for now: somebody calls" in said) == (True, True)
    assert said.index("Leeb, P.") < said.index("Leea, P.")  # who has to be called is first
    assert "Call" in said
    assert (first.minute, names_held(first)[0], names_held(second)[0]) == (840, "NeuroStar 3", "NeuroStar 1")


def test_a_decision_that_cant_be_is_said_in_its_row_and_the_others_are_kept(clinic: Clinic, desk: Client) -> None:
    first, second = on(clinic.course(0, 510), TUESDAY), on(clinic.course(1, 600), TUESDAY)
    sent = form(clinic, "NeuroStar 1") | {f"fix-{second.pk}": "call"}
    sent |= hidden(preview(desk, sent)) | {f"fix-{first.pk}": f"2026-12-01@840@{clinic.device(1).pk}"}

    said = text_of(preview(desk, sent))

    assert "Pick another time, or call." in said
    assert ("Same time on NeuroStar 2" in said, "Stays for now: somebody calls" in said) == (True, True)


@pytest.mark.parametrize(
    ("more", "status", "words"),
    [
        ({"until": "exact", "to_day": "2026-11-30"}, 422, "A block must end after it begins."),
        ({"from_day": ""}, 400, "Pick the day from which"),
        ({"from_time": "9 o'clock"}, 400, "Type the time as 9:30 or 14:00."),
        ({"words": "x" * 81}, 422, "Say why, in up to 80 letters."),
        ({"resource": ["987654"]}, 404, "There is no such device, place or person at this site."),
    ],
)
def test_what_cant_be_is_said_in_the_place_of_the_proposal(
    clinic: Clinic, desk: Client, more: dict[str, Any], status: int, words: str
) -> None:
    answer = preview(desk, form(clinic, "NeuroStar 1") | more)

    said = text_of(answer, status)
    assert (words in said, 'name="plan"' in answer.content.decode()) == (True, False)


def test_a_place_taken_meanwhile_is_worked_out_anew_in_place_with_what_changed_marked(
    clinic: Clinic, desk: Client
) -> None:
    clinic.course(0, 510)
    sent = form(clinic, "NeuroStar 1")
    sent |= hidden(preview(desk, sent))
    clinic.course(1, 510, pins={"tms_device": clinic.device(2).pk}, start_on=dt.date(2026, 11, 30))

    answer = desk.post("/blocks/make/", sent, headers=HTMX)
    said = text_of(answer, 409)
    again = desk.post("/blocks/make/", sent | hidden(answer), headers=HTMX)

    assert ("This is worked out anew" in said, "Changed" in said, "Same time on NeuroStar 3" in said) == (True,) * 3
    assert (again.status_code, again["HX-Redirect"]) == (204, "/?site=riverside&day=2026-12-01")
    assert Block.objects.count() == 1


def test_without_javascript_a_refusal_is_the_page_with_the_new_proposal(clinic: Clinic, desk: Client) -> None:
    clinic.course(0, 510)
    sent = form(clinic, "NeuroStar 1")
    shown = desk.post("/blocks/preview/", sent)
    clinic.course(1, 510, pins={"tms_device": clinic.device(2).pk}, start_on=dt.date(2026, 11, 30))

    answer = desk.post("/blocks/make/", sent | hidden(shown))

    page = answer.content.decode()
    assert (answer.status_code, "<!doctype html>" in page, "This is worked out anew" in page) == (409, True, True)
    assert 'name="from_day" value="2026-12-01"' in page


def test_a_plan_of_another_site_is_nobodys(clinic: Clinic, world: World) -> None:
    token = block_token.sign(clinic.preview(clinic.blocking("NeuroStar 1")), now=NOW)

    answer = as_user(world.outsider).post("/blocks/make/", {"plan": token, "key": "k"})

    assert (answer.status_code, Block.objects.count()) == (404, 0)


@pytest.mark.parametrize("courses", [1, 3])
def test_a_proposal_costs_the_same_whoever_is_hit(clinic: Clinic, desk: Client, courses: int) -> None:
    for number in range(courses):
        clinic.course(number, 510 + 60 * number, pins={"tms_device": clinic.device(1).pk})
    sent = form(clinic, "NeuroStar 1")
    preview(desk, sent)

    with CaptureQueriesContext(connection) as queries:
        answer = preview(desk, sent)

    assert answer.content.count(b'name="fix-') == courses
    assert len(queries) == PROPOSAL
