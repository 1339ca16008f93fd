"""Moving at the desk: the same change whatever the path, and what is said where it can't be."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from clinic.models import AuditEntry
from scheduling.models import CourseEvent, Outage, Reservation, Session, SessionEvent
from tests.factories import World
from tests.frontdesk.test_changes import first_form

IN_PANEL = {"HX-Request": "true", "HX-Target": "panel"}


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    client = Client()
    client.force_login(world.receptionist)
    return client


@pytest.fixture
def session(world: World) -> Session:
    """The fourth visit of a course of ten and three."""
    return Session.objects.get(course=world.book(counts={"acute": 10, "taper": 3}), number=4)


def device(session: Session) -> int:
    return Reservation.objects.filter(session=session, is_active=True).order_by("pk")[0].resource_id


def drop(desk: Client, session: Session, minute: int, *, day: dt.date | None = None, **more: str) -> Any:
    fields = {
        "version": str(session.version),
        "key": f"k{minute}",
        "resource": str(device(session)),
        "minute": str(minute),
    }
    return desk.post(
        f"/sessions/{session.pk}/place/", fields | {"day": str(day or session.day)} | more, headers=IN_PANEL
    )


def trail(session: Session) -> tuple[Any, Any, Any]:
    """Return what a change left behind: of the session, of the course, in the audit log."""
    session.refresh_from_db()
    step = SessionEvent.objects.filter(session=session).latest("pk")
    whole = CourseEvent.objects.filter(course=session.course_id).exclude(kind="renumbered").latest("pk")
    audit = AuditEntry.objects.filter(action="course.moved").latest("pk")
    return (
        (session.day, session.minute, step.kind, step.data["after"]["minute"]),
        (whole.kind, whole.data["moved"], whole.data["added"]),
        (audit.object_type, audit.object_id),
    )


def test_the_box_says_where_to_why_what_it_does_to_the_end_and_who_hears_of_it(
    desk: Client, session: Session, settings: Any
) -> None:
    settings.SEND_MESSAGES = True

    page = desk.get(f"/sessions/{session.pk}/move/", headers=IN_PANEL).content.decode()

    assert page.count('data-alt="') == 5
    assert "Same day, same chair" in page
    assert "End stays " in page
    assert "Text to ...2040 goes out 3 min later." in page


def test_a_choice_and_a_drop_leave_the_same_trail(desk: Client, session: Session) -> None:
    fields = first_form(desk.get(f"/sessions/{session.pk}/move/", headers=IN_PANEL).content.decode())
    desk.post(f"/sessions/{session.pk}/move/", fields, headers=IN_PANEL)
    chosen = trail(session)
    desk.post("/undo/", {"kind": "session", "id": str(session.pk), "version": str(session.version)})
    session.refresh_from_db()

    answer = drop(desk, session, chosen[0][1])

    assert (answer.status_code, answer["HX-Trigger-After-Swap"], trail(session)) == (200, "changed", chosen)


def test_a_place_somebody_has_is_refused_with_who_is_there_and_three_places_near(
    desk: Client, world: World, session: Session
) -> None:
    other = world.visit(world.daniel, start_on=session.day, preferred_minute=600)
    taken = Reservation.objects.filter(session=other, is_active=True).order_by("pk")[0]

    answer = drop(desk, session, 600, resource=str(taken.resource_id))

    text = answer.content.decode()
    session.refresh_from_db()
    assert (answer.status_code, session.version) in ((409, 1), (422, 1))
    assert text.count('data-alt="') == 3
    assert "(Okafor, D. until " in text
    assert "; Rosa took it just now)" in text
    assert AuditEntry.objects.filter(action="visit.opened", patient_id=world.daniel.pk).count() == 1


def test_a_rule_of_the_protocol_says_itself_and_is_passed_only_by_who_may(
    desk: Client, world: World, session: Session
) -> None:
    third = Session.objects.get(course=session.course_id, number=3)

    answer = drop(desk, session, third.minute + 180, day=third.day, override="She asked")

    session.refresh_from_db()
    assert (answer.status_code, session.version) == (422, 1)
    assert "Move anyway" not in answer.content.decode()


def test_the_places_of_a_day_are_told_by_device_without_a_name(desk: Client, session: Session) -> None:
    found = desk.get(f"/sessions/{session.pk}/places/?day={session.day}").json()

    assert found["minute"] == session.minute
    assert session.minute in found["places"][str(device(session))]
    assert all(minute % 5 == 0 for starts in found["places"].values() for minute in starts)


def plans(html: str) -> list[dict[str, str]]:
    """Return the hidden fields of every choice that can be taken."""
    forms = [part.partition("</form>")[0] for part in html.split("<form")[1:] if 'name="plan"' in part]
    return [dict(re.findall(r'name="(version|key|plan|scope)" value="([^"]*)"', form)) for form in forms]


def insisted(desk: Client, session: Session, choice: int, *, other: int) -> tuple[Any, dict[str, str]]:
    """Choose a place after somebody else took another for the visit, and use it all the same."""
    found = plans(desk.get(f"/sessions/{session.pk}/move/", headers=IN_PANEL).content.decode())
    hers = plans(desk.get(f"/sessions/{session.pk}/move/", headers=IN_PANEL).content.decode())[other]
    desk.post(f"/sessions/{session.pk}/move/", hers, headers=IN_PANEL)
    clash = desk.post(f"/sessions/{session.pk}/move/", found[choice], headers=IN_PANEL | {"X-Here": "#panel-says"})
    assert clash.status_code == 412
    mine = dict(re.findall(r'name="(version|key|plan|scope|insist)" value="([^"]*)"', clash.content.decode()))
    return clash, mine


def test_mine_is_booked_in_one_press_after_somebody_else_moved_the_visit(desk: Client, session: Session) -> None:
    _clash, mine = insisted(desk, session, 1, other=0)

    answer = desk.post(f"/sessions/{session.pk}/move/", mine, headers=IN_PANEL)

    session.refresh_from_db()
    assert (answer.status_code, session.minute, session.version) == (200, 540, 3)
    assert "Moved to Mon Nov 30, 9am." in answer.content.decode()


def test_mine_that_went_to_somebody_else_says_so_and_shows_what_is_left(
    desk: Client, world: World, session: Session
) -> None:
    _clash, mine = insisted(desk, session, 1, other=0)
    for place in Reservation.objects.filter(resource__kind="tms_device").values_list("resource", flat=True).distinct():
        at = session.starts_at + dt.timedelta(minutes=30)
        Outage.objects.create(resource_id=place, starts_at=at, ends_at=at + dt.timedelta(hours=1), reason="Service")

    answer = desk.post(f"/sessions/{session.pk}/move/", mine, headers=IN_PANEL)

    session.refresh_from_db()
    text = answer.content.decode()
    assert (answer.status_code, session.version, 'data-alt="1"' in text) == (409, 2, True)
    assert "Nothing was changed." in text


def test_what_moves_more_than_one_visit_is_shown_anew_before_it_is_used(desk: Client, session: Session) -> None:
    page = f"/sessions/{session.pk}/move/?scope=rest&minute=600"
    rest = plans(desk.get(page, headers=IN_PANEL).content.decode())[0]
    one = plans(desk.get(f"/sessions/{session.pk}/move/", headers=IN_PANEL).content.decode())[0]
    desk.post(f"/sessions/{session.pk}/move/", one, headers=IN_PANEL)

    answer = desk.post(f"/sessions/{session.pk}/move/", rest | {"version": "2", "insist": "1"}, headers=IN_PANEL)

    session.refresh_from_db()
    assert (answer.status_code, session.version) == (409, 2)


def test_all_after_move_as_one_and_come_back_as_one(desk: Client, session: Session) -> None:
    page = desk.get(f"/sessions/{session.pk}/move/?scope=rest&minute=600", headers=IN_PANEL).content.decode()
    rest = Session.objects.filter(course=session.course_id, number__gte=4)

    desk.post(f"/sessions/{session.pk}/move/", first_form(page) | {"scope": "rest"}, headers=IN_PANEL)

    assert set(rest.values_list("minute", flat=True)) == {600}
    session.refresh_from_db()
    desk.post("/undo/", {"kind": "session", "id": str(session.pk), "version": str(session.version)})
    assert set(rest.values_list("minute", flat=True)) == {510}


@pytest.mark.parametrize("path", ["move/", "places/?day=2026-11-24"])
def test_who_may_not_book_moves_nothing(world: World, session: Session, clock: Any, path: str) -> None:
    client = Client()
    client.force_login(world.technician)

    assert client.get(f"/sessions/{session.pk}/{path}").status_code == 404


@pytest.mark.parametrize("fields", [{"day": "soon"}, {"minute": "x"}, {"version": ""}])
def test_what_can_not_be_read_changes_nothing(desk: Client, session: Session, fields: dict[str, str]) -> None:
    whole = {"version": "1", "key": "k", "resource": "0", "minute": "600", "day": str(session.day)} | fields
    answer = desk.post(f"/sessions/{session.pk}/place/", whole, headers=IN_PANEL)

    session.refresh_from_db()
    assert (answer.status_code, session.version) == (400, 1)
