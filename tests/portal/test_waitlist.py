"""Wanting an earlier time, on the patient's page: on the list, other days and times, off the list."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from clinic.models import AuditEntry
from patients.models import Consent, ContactPoint
from scheduling.domain.states import CourseState
from scheduling.models import Course, WaitlistEntry
from tests.factories import NOW, World
from tests.portal.phone import banned_in, fields_in, path_for, seen, text_of
from tests.scheduling.freed import FreedDesk


@pytest.fixture(autouse=True)
def clocked(clock: Any) -> None:
    """It is Monday, November 16, nine in the morning in New York."""


@pytest.fixture
def desk(world: World) -> FreedDesk:
    return FreedDesk(world)


@pytest.fixture
def course(desk: FreedDesk) -> Course:
    return desk.course()


def send(client: Client, course: Course, *, page: Any = None, path: str = "", **fields: Any) -> Any:
    at = f"{path_for(course.patient)}waitlist/{path}"
    form = fields_in(page or client.get(at), "waitlist/")
    return client.post(at, form | {"do": "save", "times": "any"} | fields, follow=True)


def entry() -> WaitlistEntry:
    return WaitlistEntry.objects.get(closed_at=None)


def agree_to_offers(course: Course, channel: str = "sms") -> None:
    Consent.objects.create(
        patient=course.patient, channel=channel, purpose="offers", wording="2026-11", how="here", given_at=NOW
    )


def ticked(page: Any) -> list[tuple[str, str]]:
    return re.findall(r'name="(day|times)" value="(\w+)" checked', text_of(page))


def test_the_first_page_asks_who_has_two_visits_ahead(client: Client, desk: FreedDesk, course: Course) -> None:
    single = desk.world.visit(desk.world.maria)

    pages = [seen(client.get(path_for(patient))) for patient in (course.patient, single.patient)]

    assert ["Want an earlier time?" in page for page in pages] == [True, False]


@pytest.mark.parametrize("state", [CourseState.ON_HOLD, CourseState.DRAFT])
def test_of_a_course_that_is_not_under_way_nothing_can_be_earlier(
    client: Client, course: Course, state: CourseState
) -> None:
    Course.objects.update(state=state, held_until="2026-11-20T00:00Z" if state == CourseState.DRAFT else None)

    page = client.get(f"{path_for(course.patient)}waitlist/")

    assert "There is no visit that could be earlier." in seen(page)
    assert "Want an earlier time?" not in seen(client.get(path_for(course.patient)))


def test_one_tap_puts_them_on_the_list_for_any_day_and_time(client: Client, course: Course) -> None:
    agree_to_offers(course)

    page = send(client, course)

    row = entry()
    assert (row.course, row.weekdays, row.from_minute, row.to_minute, row.by) == (course, [], 0, 1440, None)
    assert "You are on the list. If a time gets free, we will text you. You chose: any day, any time." in seen(page)
    assert AuditEntry.objects.filter(action="waitlist.added", role="patient", actor=None).count() == 1
    assert "You are on the list" in seen(client.get(path_for(course.patient)))


@pytest.mark.parametrize(
    ("chosen", "span", "words", "spanish"),
    [
        ({"times": "morning"}, (0, 720), "mornings", "por la mañana"),
        ({"times": "afternoon"}, (720, 1440), "afternoons", "por la tarde"),
        (
            {"times": "between", "since": "540", "until": "660"},
            (540, 660),
            "from 9am to 11am",
            "de 9 a.m. a 11 a.m",
        ),
    ],
)
def test_they_choose_days_and_times(
    client: Client, course: Course, chosen: dict[str, str], span: tuple[int, int], words: str, spanish: str
) -> None:
    page = send(client, course, day=["1", "4"], **chosen)

    row = entry()
    assert (row.weekdays, (row.from_minute, row.to_minute)) == ([1, 4], span)
    assert f"You chose: Monday and Thursday, {words}." in seen(page)
    assert ticked(page) == [("day", "1"), ("day", "4"), ("times", chosen["times"])]
    other = client.get(f"{path_for(course.patient)}waitlist/?lang=es")
    assert f"Usted eligió: lunes y jueves, {spanish}." in seen(other)


def test_they_change_what_they_chose_and_keep_their_place(client: Client, course: Course, desk: FreedDesk) -> None:
    before = desk.standby(course, lead_minutes=40, urgency="soon")

    send(client, course, day=["2"], times="morning")

    row = entry()
    assert (row.pk, row.since, row.lead_minutes, row.urgency) == (before.pk, before.since, 40, "soon")
    assert (row.weekdays, row.to_minute, row.version) == ([2], 720, 2)


def test_a_second_tap_changes_nothing(client: Client, course: Course) -> None:
    page = client.get(f"{path_for(course.patient)}waitlist/")
    joined = [send(client, course, page=page, times="morning") for _time in range(2)]
    page = client.get(f"{path_for(course.patient)}waitlist/")

    changed = [send(client, course, page=page, times="afternoon") for _time in range(2)]

    assert ["This changed while" in seen(answer) for answer in [*joined, *changed]] == [False] * 4
    assert (WaitlistEntry.objects.count(), entry().version) == (1, 2)


def test_what_the_desk_changed_meanwhile_is_looked_at_first(client: Client, course: Course, desk: FreedDesk) -> None:
    desk.standby(course)
    page = client.get(f"{path_for(course.patient)}waitlist/")
    WaitlistEntry.objects.update(version=2, to_minute=720)

    answer = send(client, course, page=page, times="afternoon")

    assert "This changed while you were reading." in seen(answer)
    assert entry().to_minute == 720


def test_a_time_that_ends_before_it_begins_is_told_and_nothing_is_kept(client: Client, course: Course) -> None:
    page = send(client, course, times="between", since="660", until="540")

    assert (page.status_code, "The second time must be later than the first." in seen(page)) == (422, True)
    assert WaitlistEntry.objects.count() == 0


def test_they_leave_the_list_once_and_may_come_back(client: Client, course: Course, desk: FreedDesk) -> None:
    desk.standby(course)
    page = client.get(f"{path_for(course.patient)}waitlist/")

    left = [send(client, course, page=page, do="leave") for _time in range(2)]
    gone = WaitlistEntry.objects.get()
    send(client, course)

    assert "You are not on the list any more. Your visits stay as they are." in seen(left[0])
    assert ([answer.status_code for answer in left], gone.closed_because) == ([200, 200], "Left on their own page")
    assert entry().course == course


def test_who_waits_for_a_first_visit_changes_days_but_does_not_leave(client: Client, desk: FreedDesk) -> None:
    waiting = desk.waiting()
    path = path_for(waiting.patient)
    home, page = client.get(path), client.get(f"{path}waitlist/")

    client.post(f"{path}waitlist/", fields_in(page, "waitlist/") | {"day": ["3"], "times": "morning", "do": "save"})
    client.post(f"{path}waitlist/", fields_in(page, "waitlist/") | {"do": "leave"})

    assert "When can you come?" in seen(home)
    assert ("When can you come?" in seen(page), "Take me off the list" in seen(page)) == (True, False)
    row = entry()
    assert (row.pk, row.weekdays, row.to_minute, row.closed_at) == (waiting.pk, [3], 720, None)


@pytest.mark.parametrize(
    ("reached", "words"),
    [
        ("text", "If a time gets free, we will text you."),
        ("email", "If a time gets free, we will e-mail you."),
        ("call", "If a time gets free, we will call you."),
        ("nothing", "You get no messages about free times, so we can’t ask you. Turn them on"),
    ],
)
def test_the_page_says_how_they_will_hear(
    client: Client, course: Course, desk: FreedDesk, reached: str, words: str
) -> None:
    desk.standby(course, is_call_only=reached == "call")
    if reached in ("text", "call"):
        agree_to_offers(course)
    if reached == "email":
        ContactPoint.objects.create(patient=course.patient, kind="email", value="pat@example.com")
        agree_to_offers(course, "email")

    page = seen(client.get(f"{path_for(course.patient)}waitlist/"))

    assert words in page
    assert ("Turn them on" in page) == (reached == "nothing")


def test_nobody_gets_on_the_list_for_somebody_elses_course(client: Client, course: Course, desk: FreedDesk) -> None:
    other = desk.course(preferred_minute=660)

    send(client, course, of=f"course-{other.pk}")

    assert WaitlistEntry.objects.count() == 0


def test_two_courses_are_told_apart_by_when_they_begin(client: Client, course: Course, desk: FreedDesk) -> None:
    desk.course(course.patient, start_on=dt.date(2026, 12, 14), preferred_minute=660)

    page = client.get(f"{path_for(course.patient)}waitlist/")

    assert re.findall(r"<h2>(.*?)</h2>", text_of(page)) == [
        "About your visits from Tue, November 24 on",
        "About your visits from Mon, December 14 on",
    ]


def test_nothing_is_said_a_stranger_may_not_read_and_looking_changes_nothing(client: Client, course: Course) -> None:
    path = f"{path_for(course.patient)}waitlist/"
    fields = fields_in(client.get(path), "waitlist/") | {"do": "save", "times": "any"}

    pages = [client.get(path, fields), client.get(f"{path}?lang=es"), client.head(path)]
    forged = client.post(path, fields | {"form": "forged"})

    assert [word for page in pages for word in banned_in(page, path)] == []
    assert ("<script" in text_of(pages[0]), len(re.findall("<h1", text_of(pages[0])))) == (False, 1)
    assert (forged.status_code, WaitlistEntry.objects.count()) == (303, 0)
