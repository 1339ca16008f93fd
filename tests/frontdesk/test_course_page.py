"""The page of a course: how far, how it keeps to its plan, what pays, what was scored, and what is done about it."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry
from patients import life_actions
from patients.domain.clinical import Instrument
from patients.models import MeasureResult
from scheduling.actions import attendance
from scheduling.models import Course, Session
from tests.factories import NOW, World

STATEMENTS = 23


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    return as_user(world.receptionist)


def as_user(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def course(world: World) -> Course:
    return world.book(counts={"acute": 10, "taper": 6})


def fresh(course: Course) -> Course:
    return Course.objects.get(pk=course.pk)


def page_of(desk: Client, course: Course, query: str = "") -> str:
    return desk.get(f"/courses/{course.pk}/{query}").content.decode()


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def post(desk: Client, course: Course, verb: str, **fields: str) -> Any:
    body = {"version": str(fresh(course).version), **fields}
    return desk.post(f"/courses/{course.pk}/{verb}/", body)


def undo(desk: Client, page: str) -> None:
    form = page[page.index('<form id="undo"') :]
    fields = dict(re.findall(r'name="(kind|id|version)" value="([^"]*)"', form[: form.index("</form>")]))
    assert desk.post("/undo/", fields).status_code == 302


def miss(course: Course, number: int, clock: Any) -> Session:
    row = Session.objects.get(course=course, number=number, is_counted=True)
    late = row.starts_at + dt.timedelta(minutes=15)
    clock(late)
    attendance.mark_no_show(session_id=row.pk, version=1, now=late, by=None)
    return row


def test_six_more_sessions_are_foretold_booked_and_taken_back(desk: Client, course: Course) -> None:
    foretold = desk.get(f"/courses/{course.pk}/resize/?add=6").content.decode().strip()

    answer = post(desk, course, "resize", add="6")
    page = page_of(desk, course)

    assert (answer.status_code, fresh(course).prescribed) == (302, 22)
    assert re.fullmatch(r"6 sessions more\. New end: \w+ \w+ \d+\.", foretold)
    assert foretold in words_of(page)
    undo(desk, page)
    assert fresh(course).prescribed == 16


def test_sessions_are_removed_from_the_end(desk: Client, course: Course) -> None:
    assert post(desk, course, "resize", add="-2").status_code == 302

    assert (fresh(course).prescribed, Session.objects.filter(course=course, is_counted=True).count()) == (14, 14)
    assert "2 sessions fewer. New end:" in words_of(page_of(desk, course))


@pytest.mark.parametrize(
    ("add", "status", "said"),
    [
        ("", 400, "Enter a number of sessions like 6"),
        ("six", 400, "Enter a number of sessions like 6"),
        ("0", 422, "from 1 to 60"),
        ("-16", 422, "end the course"),
    ],
)
def test_what_can_not_be_resized_says_why_and_changes_nothing(
    desk: Client, course: Course, add: str, status: int, said: str
) -> None:
    answer = post(desk, course, "resize", add=add)

    assert (answer.status_code, fresh(course).prescribed) == (status, 16)
    assert said in answer.content.decode()


def test_a_foretelling_of_half_a_number_says_nothing(desk: Client, course: Course) -> None:
    assert desk.get(f"/courses/{course.pk}/resize/?add=-").content.decode().strip() == ""
    assert "from 1 to 60" in desk.get(f"/courses/{course.pk}/resize/?add=0").content.decode()


def test_who_was_slower_sees_who_changed_the_course_and_may_insist(desk: Client, course: Course) -> None:
    seen = str(fresh(course).version)
    post(desk, course, "resize", add="1")

    answer = desk.post(
        f"/courses/{course.pk}/resize/",
        {"version": seen, "add": "2"},
        headers={"HX-Request": "true", "X-Here": "#course-said"},
    )

    assert (answer.status_code, answer["HX-Retarget"], fresh(course).prescribed) == (412, "#course-said", 17)
    assert "Use mine" in answer.content.decode()


def test_a_refused_end_is_said_where_the_hand_is(desk: Client, course: Course) -> None:
    answer = desk.post(
        f"/courses/{course.pk}/end/",
        {"version": "1", "reason": ""},
        headers={"HX-Request": "true", "X-Here": "#course-said"},
    )

    assert (answer.status_code, answer["HX-Retarget"]) == (400, "#course-said")
    assert "Say why the course ends." in answer.content.decode()


def test_a_deed_with_scripts_loads_the_page_anew_with_its_toast(desk: Client, course: Course) -> None:
    answer = desk.post(f"/courses/{course.pk}/hold/", {"version": "1", "reason": "Flu"}, headers={"HX-Request": "true"})

    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")
    assert "On hold. The times ahead are free again." in page_of(desk, course)


def test_a_total_is_recorded_shown_and_taken_back(desk: Client, world: World, course: Course) -> None:
    for day, score in ((2, 21), (1, 19)):
        life_actions.record_measure(
            request=world.request,
            patient=world.maria,
            instrument=Instrument.PHQ9,
            score=score,
            measured_on=NOW.date() - dt.timedelta(days=day),
            now=NOW,
        )

    answer = post(desk, course, "measure", instrument="phq9", score="14")
    page = page_of(desk, course)

    assert answer.status_code == 302
    assert "PHQ-9 is down a third, 21 to 14" in words_of(page)
    undo(desk, page)
    assert "PHQ-9 is down, 21 to 19" in words_of(page_of(desk, course))


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"score": "28"}, 422, "A score on this scale is from 0 to 27."),
        ({"score": "ten"}, 400, "Enter a whole number."),
        ({"instrument": "beck"}, 400, "There is no such scale."),
        ({"measured_on": "2031-01-01"}, 422, "That day has not come yet."),
        ({"measured_on": "soon"}, 400, "That is not a day."),
    ],
)
def test_a_total_that_can_not_be_is_refused(
    desk: Client, course: Course, fields: dict[str, str], status: int, said: str
) -> None:
    answer = post(desk, course, "measure", **{"instrument": "phq9", "score": "14"} | fields)

    assert (answer.status_code, MeasureResult.objects.count()) == (status, 0)
    assert said in answer.content.decode()


def test_a_second_total_of_a_day_is_refused_and_a_wrong_one_removed(desk: Client, course: Course) -> None:
    post(desk, course, "measure", instrument="phq9", score="14")
    again = post(desk, course, "measure", instrument="phq9", score="12")
    row = MeasureResult.objects.get()

    removed = desk.post(f"/courses/{course.pk}/measure/{row.pk}/remove/")

    assert (again.status_code, removed.status_code, MeasureResult.objects.count()) == (422, 302, 0)
    assert "recorded on that day already" in again.content.decode()


def test_a_course_without_scores_says_when_the_first_is_due(desk: Client, course: Course) -> None:
    assert "No scores yet. First one is due at visit 1." in page_of(desk, course)


def test_a_lost_session_puts_the_course_behind_and_its_dot_tells_of_it(
    desk: Client, course: Course, clock: Any
) -> None:
    row = miss(course, 1, clock)
    clock(row.starts_at + dt.timedelta(days=1))

    words = words_of(page_of(desk, course))

    assert "One session behind plan. The end stays:" in words
    assert "1 not booked yet." in words
    assert "No-show 1" in words
    assert re.search(r"Visit 1, \w+ \w+ \d+, no-show", words)


def test_the_authorisation_says_that_none_is_recorded(desk: Client, course: Course) -> None:
    assert "No authorisation is recorded." in page_of(desk, course)


def test_the_history_shows_everything_or_only_visits_or_messages(desk: Client, course: Course) -> None:
    everything, visits, texts = (page_of(desk, course, query) for query in ("", "?show=visits", "?show=messages"))

    assert ["16 visits booked" in page for page in (everything, visits, texts)] == [True, True, False]
    assert "No messages yet." in texts


def test_the_next_visits_lead_to_all_and_the_rest_can_be_moved(desk: Client, course: Course) -> None:
    page = page_of(desk, course)
    first = Session.objects.get(course=course, number=1)

    assert '<a class="ck-push" href="#sessions">All 16</a>' in page
    assert f'href="/sessions/{first.pk}/move/?scope=rest"' in page


def test_l_leads_to_the_waiting_list_for_this_course(desk: Client, course: Course) -> None:
    assert f'data-key="l" href="/waitlist/add/?course={course.pk}"' in page_of(desk, course)
    assert desk.get(f"/waitlist/add/?course={course.pk}").status_code == 200


def test_the_printed_schedule_names_days_and_times_and_no_treatment(desk: Client, course: Course) -> None:
    page = page_of(desk, course)
    begins = page.index('<section class="ck-schedule">')
    printed = page[begins : page.index("</section>", begins)]

    assert printed.count("<li>") == 16
    assert "Your visits" in printed
    assert "TMS" not in printed


@pytest.mark.parametrize("count", [4, 16])
def test_a_course_costs_the_same_statements_whatever_it_holds(world: World, desk: Client, count: int) -> None:
    course = world.book(counts={"acute": count - 3, "taper": 3})
    page_of(desk, course)

    with CaptureQueriesContext(connection) as queries:
        page = page_of(desk, course)

    assert page.count('id="session-') == count
    assert len(queries) == STATEMENTS


@pytest.mark.parametrize("path", ["resize/?add=1", "measure/", "measure/1/remove/"])
def test_another_site_finds_nothing_there(world: World, course: Course, path: str, clock: Any) -> None:
    client = as_user(world.outsider)
    ask = client.get if "?" in path else client.post

    assert ask(f"/courses/{course.pk}/{path}").status_code == 404


def test_who_may_not_book_sees_the_course_without_its_deeds(world: World, course: Course, clock: Any) -> None:
    client = as_user(world.auditor)
    page = page_of(client, course)

    assert 'id="resize"' not in page
    assert ("tel:" in page, "tel:" in page_of(as_user(world.technician), course)) == (False, True)
    assert "Enter total" not in page
    assert client.post(f"/courses/{course.pk}/resize/", {"add": "1", "version": "1"}).status_code in (403, 404)


def test_a_resize_leaves_one_audit_entry(desk: Client, course: Course) -> None:
    post(desk, course, "resize", add="1")

    assert AuditEntry.objects.filter(action="course.resized").count() == 1
