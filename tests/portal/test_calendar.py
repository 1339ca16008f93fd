"""The visits in a patient's own calendar: neutral, right after every change, at an address that opens nothing else."""

import datetime as dt
import logging
from typing import Any

import icalendar
import pytest
from django.apps import apps
from django.test import Client

from clinic.actions import Request
from clinic.models import AuditEntry
from patients import contact_actions, feed_actions, feeds, link_actions, links
from patients.domain.contact import ContactKind
from patients.models import CalendarFeed, Patient
from scheduling.actions import cancelling, moving
from scheduling.domain.states import CancelledBy
from scheduling.models import Session
from tests import canary
from tests.factories import NOW, World
from tests.notifications.readers import READERS
from tests.portal.phone import BANNED, fields_in, path_of, seen, text_of

HOUR = dt.timedelta(hours=1)
DAY = 24 * HOUR
PATIENT = Request(user=None, actor="patient")
UNKNOWN = "/c/AAAAAAAAAAAAAAAAAAAAAA.ics"
SHOWS = "Your calendar can be a day behind. This page is always right."


@pytest.fixture(autouse=True)
def clocked(clock: Any) -> None:
    """It is Monday, nine in the morning in New York."""


@pytest.fixture
def visit(world: World) -> Session:
    return world.visit(start_on=dt.date(2026, 11, 18))


@pytest.fixture
def feed(world: World, visit: Session) -> str:
    """The address of Maria's calendar."""
    made = feed_actions.make_feed(request=PATIENT, patient_id=world.maria.pk, now=NOW)
    return f"/c/{feeds.token_of(made)}.ics"


def events(answer: Any) -> Any:
    return icalendar.Calendar.from_ical(answer.content).walk("VEVENT")


def facts(answer: Any) -> list[tuple[dt.date, int, str]]:
    return [(event["DTSTART"].dt, int(event["SEQUENCE"]), str(event["STATUS"])) for event in events(answer)]


def at(day: int, hour: int, minute: int = 0) -> Any:
    """An hour of November by the clinic's clock."""
    return icalendar.vDDDTypes.from_ical(f"202611{day:02}T{hour:02}{minute:02}00", "America/New_York")


def do(client: Client, world: World, what: str, **more: Any) -> Any:
    path = f"{path_of(world)}calendar/"
    return client.post(path, fields_in(client.get(path)) | {"do": what} | more)


def rows() -> list[Any]:
    return [
        list(model._default_manager.order_by("pk").values())
        for model in apps.get_models()
        if model._meta.app_label in ("patients", "scheduling", "clinic")
    ]


def move(world: World, visit: Session, minute: int) -> Session:
    fresh = Session.objects.get(pk=visit.pk)
    moving.move_to(
        request=world.request, session_id=fresh.pk, version=fresh.version, day=fresh.day, minute=minute, now=NOW
    )
    return Session.objects.get(pk=visit.pk)


def cancel(world: World, visit: Session, *, now: dt.datetime = NOW) -> None:
    fresh = Session.objects.get(pk=visit.pk)
    cancelling.cancel_sessions(
        request=world.request,
        session_id=fresh.pk,
        version=fresh.version,
        reason="Ill",
        by_whom=CancelledBy.PATIENT,
        now=now,
    )


def test_the_page_offers_a_file_and_a_calendar_that_follows_and_says_which_is_right(
    world: World, visit: Session, client: Client
) -> None:
    pages = [seen(client.get(f"{path_of(world)}calendar/?lang={language}")) for language in ("en", "es")]

    assert [word in pages[0] for word in (SHOWS, "Download my visits", "Subscribe")] == [True] * 3
    assert [word in pages[1] for word in ("Su calendario puede tardar un día", "Descargar", "Suscribirme")] == [
        True
    ] * 3


def test_the_file_holds_the_coming_visits_and_is_written_nowhere(world: World, client: Client) -> None:
    course = world.book()
    gone = Session.objects.filter(course=course).order_by("starts_at")[0]
    cancel(world, gone)
    path = f"{path_of(world)}calendar/visits.ics"
    before = rows()

    answer = client.get(path)
    client.head(path)

    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert len(events(answer)) == Session.objects.filter(course=course, state="booked").count()
    assert {str(event["STATUS"]) for event in events(answer)} == {"CONFIRMED"}
    assert rows() == before


def test_without_a_visit_there_is_no_file(world: World, visit: Session, client: Client) -> None:
    cancel(world, visit)

    answer = client.get(f"{path_of(world)}calendar/visits.ics", follow=True)

    assert "Download" not in seen(answer)
    assert "No visit is booked right now." in seen(answer)


def test_subscribing_is_one_tap_and_the_page_then_shows_the_address(
    world: World, visit: Session, client: Client
) -> None:
    shown_before = "webcal://" in text_of(client.get(f"{path_of(world)}calendar/"))

    page = client.get(do(client, world, "make")["Location"])

    made = CalendarFeed.objects.get()
    assert (shown_before, f'href="webcal://{feeds.address_of(made).partition("://")[2]}"' in text_of(page)) == (
        False,
        True,
    )
    assert client.get(f"/c/{feeds.token_of(made)}.ics").status_code == 200


def test_a_forged_host_is_nowhere_in_the_address(
    world: World, visit: Session, feed: str, client: Client, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    paths = (f"{path_of(world)}calendar/", f"{path_of(world)}calendar/visits.ics", feed)

    assert [path for path in paths if "evil" in text_of(client.get(path, HTTP_HOST="evil.example"))] == []
    assert feeds.address_of(CalendarFeed.objects.get()) == f"{settings.LINK_URL}{feed}"


def test_subscribing_again_is_the_same_calendar_and_the_log_names_nobody(
    world: World, visit: Session, client: Client
) -> None:
    for _time in range(2):
        do(client, world, "make")

    [entry] = AuditEntry.objects.filter(action="calendar.made")
    assert CalendarFeed.objects.count() == 1
    assert (entry.role, entry.actor, entry.patient_id, entry.object_type) == (
        "patient",
        None,
        world.maria.pk,
        "calendar",
    )


def test_a_stopped_calendar_is_gone_and_another_one_has_another_address(
    world: World, visit: Session, feed: str, client: Client
) -> None:
    for _time in range(2):
        do(client, world, "stop")
    gone = client.get(feed)
    do(client, world, "make")

    new = feeds.feed_of(world.maria.pk)
    assert (gone.status_code, client.get(feed).status_code) == (404, 404)
    assert new
    assert client.get(f"/c/{feeds.token_of(new)}.ics").status_code == 200
    assert AuditEntry.objects.filter(action="calendar.ended").count() == 1


@pytest.mark.parametrize("more", [{"form": "forged"}, {"form": ""}])
def test_a_form_of_another_page_makes_no_calendar(
    world: World, visit: Session, client: Client, more: dict[str, str]
) -> None:
    do(client, world, "make", **more)

    assert CalendarFeed.objects.count() == 0


def test_the_feed_says_when_and_where_and_nothing_else(world: World, visit: Session, feed: str, client: Client) -> None:
    answer = client.get(feed)

    [event] = events(answer)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == ("Visit - Riverside Clinic", "12 Main St")
    assert event["DTSTART"].params["TZID"] == "America/New_York"
    assert facts(answer) == [(at(18, 8, 30), 1, "CONFIRMED")]
    assert event.walk("VALARM") == []
    words = text_of(answer).replace(f"UID:{event['UID']}", "").replace("2026", "")
    assert [word for word in BANNED if word in words] == []
    canary.told("a calendar", words)


def test_the_feed_speaks_the_patients_language(world: World, visit: Session, feed: str, client: Client) -> None:
    Patient.objects.filter(pk=world.maria.pk).update(language="es")

    assert str(events(client.get(feed))[0]["SUMMARY"]) == "Visita - Riverside Clinic"


def test_it_is_right_after_a_move_a_cancelling_and_its_taking_back(
    world: World, visit: Session, feed: str, client: Client
) -> None:
    [before] = events(client.get(feed))
    move(world, visit, 660)
    [moved], moved_facts = events(client.get(feed)), facts(client.get(feed))
    cancel(world, visit)
    [gone], gone_facts = events(client.get(feed)), facts(client.get(feed))

    assert before["UID"] == moved["UID"] == gone["UID"]
    assert moved_facts == [(at(18, 11), 2, "CONFIRMED")]
    assert gone_facts == [(at(18, 11), 3, "CANCELLED")]


@pytest.mark.parametrize("read", READERS)
def test_two_readers_agree_before_and_after_moves_and_cancels_on_both_sides_of_a_change_of_clocks(
    world: World, feed: str, client: Client, read: Any
) -> None:
    days = [dt.date(2027, 3, 11), dt.date(2027, 3, 15), dt.date(2027, 11, 4), dt.date(2027, 11, 8)]
    visits = [world.visit(start_on=day, preferred_minute=510) for day in days]

    before = read(text_of(client.get(feed)))[1:]
    move(world, visits[1], 600)
    cancel(world, visits[3])
    after = read(text_of(client.get(feed)))[1:]

    assert [(when.date(), when.time()) for _uid, when, *_rest in before] == [(day, dt.time(8, 30)) for day in days]
    assert [when.utcoffset() for _uid, when, *_rest in before] == [-5 * HOUR, -4 * HOUR, -4 * HOUR, -5 * HOUR]
    assert [uid for uid, *_rest in after] == [uid for uid, *_rest in before]
    assert [(when.time(), version, state) for _uid, when, _title, version, state in after] == [
        (dt.time(8, 30), 1, "CONFIRMED"),
        (dt.time(10), 2, "CONFIRMED"),
        (dt.time(8, 30), 1, "CONFIRMED"),
        (dt.time(8, 30), 2, "CANCELLED"),
    ]


def test_what_is_cancelled_or_past_stays_for_thirty_days(
    world: World, visit: Session, feed: str, client: Client, clock: Any
) -> None:
    later = world.visit(start_on=dt.date(2027, 1, 11))
    cancel(world, later)
    days = (0, 29, 31)

    found = []
    for day in days:
        clock(NOW + day * DAY)
        found.append([status for _day, _number, status in facts(client.get(feed))])

    # The visit of the 18th is past by then; the later one was cancelled today.
    assert found == [["CONFIRMED", "CANCELLED"], ["CONFIRMED", "CANCELLED"], ["CONFIRMED"]]


def test_what_was_only_held_was_never_told_and_is_not_in_it(world: World, feed: str, client: Client) -> None:
    Session.objects.update(state="held")

    assert events(client.get(feed)) == []


def test_what_did_not_change_is_not_sent_again(
    world: World, visit: Session, feed: str, client: Client, clock: Any
) -> None:
    first = client.get(feed)
    clock(NOW + HOUR)
    again = client.get(feed, headers={"If-None-Match": first["ETag"]})
    move(world, visit, 660)
    changed = client.get(feed, headers={"If-None-Match": first["ETag"]})

    assert (first["Cache-Control"], again.status_code, again.content) == ("private, no-cache", 304, b"")
    assert (changed.status_code, changed["ETag"] == first["ETag"]) == (200, False)
    assert {answer["Referrer-Policy"] for answer in (first, again, changed)} == {"no-referrer"}
    assert {answer["X-Robots-Tag"] for answer in (first, again)} == {"noindex, nofollow, noarchive"}


def test_looking_changes_nothing_and_nothing_else_is_answered(
    world: World, visit: Session, feed: str, client: Client
) -> None:
    page = f"{path_of(world)}calendar/"
    before = rows()

    looked = [call(path).status_code for path in (feed, page) for call in (client.get, client.head)]
    other = [call(feed).status_code for call in (client.post, client.put, client.delete, client.options)]

    assert (looked, other, rows() == before) == ([200] * 4, [405] * 4, True)


def test_a_calendar_that_ended_and_one_that_never_was_are_the_same_answer(
    world: World, visit: Session, feed: str, client: Client, clock: Any
) -> None:
    unknown = client.get(UNKNOWN)
    clock(visit.ends_at + 31 * DAY)
    late = client.get(feed)
    clock(NOW)
    Patient.objects.filter(pk=world.maria.pk).update(state="inactive")
    closed = client.get(feed)
    Patient.objects.filter(pk=world.maria.pk).update(state="active")
    feed_actions.end_feed(request=PATIENT, patient_id=world.maria.pk, now=NOW)
    ended = client.get(feed)
    odd = client.get("/c/x.ics")

    answers = [unknown, late, closed, ended, odd]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, unknown.content)}


def test_a_calendars_token_opens_no_page_and_a_pages_no_calendar(
    world: World, visit: Session, feed: str, client: Client
) -> None:
    page = path_of(world)

    crossed = [f"/v/{feed[3:-4]}/", f"/d/{feed[3:-4]}/", f"/c/{page.split('/')[2]}.ics"]

    assert [client.get(path).status_code for path in (page, feed, *crossed)] == [200, 200, 404, 404, 404]


def test_what_the_database_keeps_opens_nothing(world: World, visit: Session, feed: str, client: Client) -> None:
    path_of(world)
    kept = str(rows())
    tokens = [feed[3:-4], path_of(world).split("/")[2]]
    hashes = [*CalendarFeed.objects.values_list("token_hash", flat=True)]

    assert [token for token in tokens if token in kept] == []
    assert [client.get(f"/c/{each}.ics").status_code for each in (*hashes, hashes[0][:22])] == [404, 404]


def test_without_the_key_a_dump_makes_no_token(world: World, visit: Session, feed: str, settings: Any) -> None:
    settings.LINK_KEY = "another key than the clinic's, which a dump does not hold"

    assert feeds.token_of(CalendarFeed.objects.get()) != feed[3:-4]
    assert links.token_of(links.link_of(patient_id=world.maria.pk, now=NOW)) != feed[3:-4]


@pytest.mark.parametrize("why", ["new number", "ended at the desk", "wrong birth dates"])
def test_a_calendar_ends_with_the_link_it_was_let_from(
    world: World, visit: Session, feed: str, client: Client, why: str
) -> None:
    patient, born = world.maria, dt.date(1999, 1, 1)
    path_of(world)
    if why == "new number":
        contact_actions.record_address(
            request=world.request, patient=patient, kind=ContactKind.PHONE, value="(555) 010-2077", now=NOW
        )
    elif why == "ended at the desk":
        link_actions.end_link(request=world.request, patient_id=patient.pk, now=NOW)
    else:
        for _time in range(5):
            link_actions.check_birth_date(patient_id=patient.pk, birth_date=born, now=NOW)

    assert client.get(feed).status_code == 404


@pytest.mark.parametrize("what", ["", "other"])
def test_a_form_that_asks_for_nothing_lets_no_calendar_in(
    world: World, visit: Session, client: Client, what: str
) -> None:
    do(client, world, what)

    assert CalendarFeed.objects.count() == 0


def test_its_token_reaches_no_log(
    world: World, visit: Session, feed: str, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client.get(feed)
    client.post(feed)
    feed_actions.end_feed(request=PATIENT, patient_id=world.maria.pk, now=NOW)
    client.get(feed)

    assert [record.getMessage() for record in caplog.records if feed[3:-4] in record.getMessage()] == []


def test_reading_it_asks_three_things_however_many_visits(
    world: World, client: Client, django_assert_num_queries: Any
) -> None:
    world.book()
    made = feed_actions.make_feed(request=PATIENT, patient_id=world.maria.pk, now=NOW)
    client.get(UNKNOWN)

    with django_assert_num_queries(3):
        client.get(f"/c/{feeds.token_of(made)}.ics")
