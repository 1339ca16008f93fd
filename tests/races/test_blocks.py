"""Blocking a time while people are booked and moved into it: nothing slips through, and nothing is half done."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from scheduling.actions import blocks, courses, open_places
from scheduling.models import Block, Course, Outage, Reservation, Resource, Session
from tests.races.conftest import SECONDS, Answer, Crowd, overlaps
from tests.races.edits import Desk

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

DAY = "2026-11-24"
A_MOMENT = 0.4  # seconds in which somebody who does not wait would be done


class Gate:
    """Holds whoever comes through, inside their transaction, until it is opened."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return the call, after which the first to come waits for the gate to be opened."""

        def held(*rows: Any, **more: Any) -> Any:
            answer = call(*rows, **more)
            if not self.reached.is_set():
                self.reached.set()
                assert self.opened.wait(SECONDS)
            return answer

        return held


@contextmanager
def in_background(call: Callable[[], Answer]) -> Iterator[list[Answer]]:
    """Let a call run while the body of the `with` does; its answer is there at the end."""
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(call()))
    thread.start()
    yield answers
    thread.join(SECONDS)


def device(crowd: Crowd, number: int = 1) -> Resource:
    return Resource.objects.get(site=crowd.world.site, name=f"NeuroStar {number}")


def plan(crowd: Crowd, patient: Any, time: str = "09:00", number: int = 1) -> str:
    pins = {"tms_device": device(crowd, number).pk}
    return crowd.plan(patient, protocol="single", start_on=DAY, preferred_time=time, pins=pins)


def book(crowd: Crowd, patient: Any, time: str = "09:00", number: int = 1) -> Session:
    status, answer, _headers = crowd.post("courses/", {"plan": plan(crowd, patient, time, number)})
    assert status == 201, answer
    # Only the first wish was for this device.
    Course.objects.filter(pk=answer["id"]).update(wish={})
    return Session.objects.get(course=answer["id"])


def body(crowd: Crowd) -> dict[str, Any]:
    return {"resources": [device(crowd).pk], "from_day": DAY, "to_day": DAY, "reason": "Coil is dead"}


def preview(crowd: Crowd) -> dict[str, Any]:
    status, answer, _headers = crowd.post("outages/preview/", body(crowd))
    assert status == 200, answer
    return answer


def device_of(session: Session) -> str:
    rows = Reservation.objects.filter(session=session, is_active=True, resource__kind="tms_device")
    return rows.values_list("resource__name", flat=True).get()


def test_a_booking_takes_a_proposed_place_and_the_block_is_worked_out_anew(crowd: Crowd) -> None:
    patients = iter(crowd.patients(12))
    for turn, time in enumerate(("08:00", "10:00", "12:00", "14:00")):
        hit = book(crowd, next(patients), time)
        shown = preview(crowd)
        rival = plan(crowd, next(patients), time, number=2)

        blocked, booked = crowd.at_once(
            partial(crowd.post, "outages/", {"plan": shown["plan"]}), partial(crowd.post, "courses/", {"plan": rival})
        )

        assert sorted((blocked[0], booked[0])) == [201, 409]
        if blocked[0] == 409:
            assert (Outage.objects.count(), device_of(hit)) == (0, "NeuroStar 1")
            [again] = blocked[1]["alternatives"]
            blocked = crowd.post("outages/", {"plan": again["plan"]})
        assert (blocked[0], blocked[1]["left"], device_of(hit) != "NeuroStar 1") == (201, 0, True)
        assert overlaps() == 0
        assert Block.objects.count() == turn + 1
        Outage.objects.all().delete()
        Block.objects.update(state="undone")


def test_who_books_while_the_device_is_being_blocked_waits_and_is_refused(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    monkeypatch.setattr(blocks, "_write_times", gate.around(blocks._write_times))
    token = plan(crowd, crowd.world.maria)

    sent = body(crowd)
    with in_background(lambda: crowd.post("outages/", sent)) as blocked:
        assert gate.reached.wait(SECONDS)
        with in_background(lambda: crowd.post("courses/", {"plan": token})) as booked:
            threading.Event().wait(A_MOMENT)
            still_waiting = not booked
            gate.opened.set()

    assert (still_waiting, blocked[0][0], booked[0][0], booked[0][1]["code"]) == (True, 201, 409, "plan_gone")
    assert not Session.objects.exists()


def test_who_is_moved_onto_the_device_while_it_is_being_blocked_is_refused(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    mover = book(crowd, crowd.world.maria, number=2)
    place = {"day": DAY, "time": "11:00", "resource": device(crowd).pk}
    gate = Gate()
    monkeypatch.setattr(blocks, "_write_times", gate.around(blocks._write_times))
    status, choices, _headers = crowd.post(f"sessions/{mover.pk}/move/preview/", {})
    assert (status, bool(choices["choices"])) == (200, True)

    sent = body(crowd)
    with in_background(lambda: crowd.post("outages/", sent)) as blocked:
        assert gate.reached.wait(SECONDS)
        with in_background(lambda: _moved(crowd, mover, place)) as moved:
            threading.Event().wait(A_MOMENT)
            gate.opened.set()

    assert (blocked[0][0], moved[0][0]) == (201, 409)
    assert device_of(mover) == "NeuroStar 2"


@pytest.mark.parametrize("is_shown", [True, False])
def test_who_was_booking_just_before_is_not_overlooked(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch, is_shown: bool
) -> None:
    sent = {"plan": preview(crowd)["plan"]} if is_shown else body(crowd)
    token = plan(crowd, crowd.world.maria)
    gate = Gate()
    monkeypatch.setattr(courses, "check_open", gate.around(open_places.check_open))

    with in_background(lambda: crowd.post("courses/", {"plan": token})) as booked:
        assert gate.reached.wait(SECONDS)
        with in_background(lambda: crowd.post("outages/", sent)) as blocked:
            threading.Event().wait(A_MOMENT)
            still_waiting = not blocked
            gate.opened.set()

    assert (still_waiting, booked[0][0]) == (True, 201)
    if is_shown:
        # The proposal did not know of this visit: the new one does, and nothing was blocked yet.
        assert (blocked[0][0], Outage.objects.count()) == (409, 0)
        assert blocked[0][1]["alternatives"][0]["counts"]["hit"] == 1
    else:
        assert (blocked[0][0], blocked[0][1]["left"]) == (201, 1)


@pytest.mark.postgres
def test_the_twin_that_does_not_lock_lets_a_booking_slip_through(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    shown, token = preview(crowd), plan(crowd, crowd.world.maria)
    gate = Gate()
    monkeypatch.setattr(blocks, "_lock_things", lambda *_rows: None)
    monkeypatch.setattr(courses, "check_open", gate.around(open_places.check_open))

    with in_background(lambda: crowd.post("courses/", {"plan": token})) as booked:
        assert gate.reached.wait(SECONDS)
        blocked = crowd.post("outages/", {"plan": shown["plan"]})
        gate.opened.set()

    assert (blocked[0], booked[0][0]) == (201, 201)
    assert device_of(Session.objects.get()) == "NeuroStar 1"


def test_two_people_block_and_undo_at_once_and_each_thing_happens_once(crowd: Crowd) -> None:
    hit = book(crowd, crowd.world.maria)
    shown = preview(crowd)

    made = crowd.at_once(*[lambda: crowd.post("outages/", {"plan": shown["plan"]}, "one-key")] * 6)
    block_id = made[0][1]["id"]
    undone = crowd.at_once(*[lambda: _undo(crowd, block_id)] * 6)

    assert ({answer[0] for answer in made}, {answer[1]["id"] for answer in made}) == ({201}, {block_id})
    assert sorted(answer[0] for answer in undone) == [200] + [412] * 5
    assert (Block.objects.count(), Outage.objects.count(), device_of(hit)) == (1, 0, "NeuroStar 1")


def test_opposite_blocks_never_wait_in_a_circle(crowd: Crowd) -> None:
    patients = crowd.patients(8)
    for number, patient in enumerate(patients):
        book(crowd, patient, f"{8 + number // 2:02}:00", number=1 + number % 2)
    one, other = preview(crowd), _preview_of(crowd, 2)

    answers = crowd.at_once(
        lambda: crowd.post("outages/", {"plan": one["plan"]}), lambda: crowd.post("outages/", {"plan": other["plan"]})
    )

    assert {answer[0] for answer in answers} <= {201, 409}
    assert overlaps() == 0
    for session in Session.objects.all():
        held = Reservation.objects.filter(session=session, is_active=True)
        assert held.count() == 2


def _preview_of(crowd: Crowd, number: int) -> dict[str, Any]:
    return crowd.post("outages/preview/", body(crowd) | {"resources": [device(crowd, number).pk]})[1]


def _undo(crowd: Crowd, block_id: int) -> Answer:
    return _with_version(crowd, f"outages/{block_id}/undo/", {}, 1)


def _moved(crowd: Crowd, session: Session, place: dict[str, Any]) -> Answer:
    return _with_version(crowd, f"sessions/{session.pk}/move/", place, session.version)


def _with_version(crowd: Crowd, path: str, sent: dict[str, Any], version: int) -> Answer:
    return Desk(crowd.host, "Rosa", crowd.token).post(path, sent, version=version)
