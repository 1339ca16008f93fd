"""Nobody is booked twice, nobody is refused for nothing, and the test itself can tell."""

import os
import random
from collections import Counter
from typing import Any

import pytest

from scheduling.models import Course, Reservation, Resource, Session
from tests.races.conftest import Answer, Crowd, overlaps

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = int(os.environ.get("RACE_ROUNDS", "3"))
SLOTS = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(450, 1050, 30)]  # 07:30 to 17:00


def _statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(status for status, _body, _headers in answers)


def test_fifty_requests_with_one_plan_book_it_exactly_once(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        wish = {"protocol": "single", "start_on": "2026-11-24", "preferred_time": SLOTS[number % len(SLOTS)]}
        plan = crowd.plan(crowd.world.maria, **wish)

        answers = crowd.book_at_once([{"plan": plan}] * 50)

        assert _statuses(answers) == {201: 1, 409: 49}
        refusals = [body for status, body, _headers in answers if status == 409]
        assert {refusal["code"] for refusal in refusals} == {"slot_taken"}
        assert all(refusal["alternatives"] for refusal in refusals)
        assert (Course.objects.count(), Session.objects.count()) == (number + 1, number + 1)
        assert overlaps() == 0


def test_twenty_clients_on_twenty_free_times_of_one_device_all_succeed(crowd: Crowd) -> None:
    device = Resource.objects.get(site=crowd.world.site, name="NeuroStar 1")
    wish = {"protocol": "single", "start_on": "2026-11-24", "pins": {"tms_device": device.pk}}
    plans = [
        crowd.plan(patient, preferred_time=time, **wish)
        for patient, time in zip(crowd.patients(20), SLOTS, strict=True)
    ]

    answers = crowd.book_at_once([{"plan": plan} for plan in plans])

    assert _statuses(answers) == {201: 20}
    assert Reservation.objects.filter(resource=device).values("starts_at").distinct().count() == 20
    assert overlaps() == 0


@pytest.mark.usefixtures("unguarded")
def test_the_twin_without_lock_and_constraint_books_the_same_time_twice(crowd: Crowd) -> None:
    plan = crowd.plan(crowd.world.maria, protocol="single", start_on="2026-11-24", preferred_time="09:00")

    answers = crowd.book_at_once([{"plan": plan}] * 20)

    assert _statuses(answers)[201] > 1
    assert overlaps() > 0


def test_one_key_sent_many_times_at_once_books_one_course(crowd: Crowd) -> None:
    body = {"patient": crowd.world.maria.pk, "protocol": "tms_mdd_36", "start_on": "2026-11-24"}

    answers = crowd.book_at_once([body] * 8, key="double-click")

    assert _statuses(answers) == {201: 8}
    assert len({body["id"] for _status, body, _headers in answers}) == 1
    assert Counter(headers.get("Idempotency-Replayed") for _status, _body, headers in answers) == {None: 1, "true": 7}
    assert (Course.objects.count(), Session.objects.count()) == (1, 36)


def test_whole_courses_in_random_order_are_booked_whole_or_not_at_all(crowd: Crowd) -> None:
    # All planned against an empty calendar around two times: nearly every pair of them clashes somewhere.
    chance = random.Random(36)
    times = [chance.choice(["08:30", "09:00"]) for _ in range(24)]
    plans = [
        crowd.plan(patient, protocol="tms_mdd_36", start_on="2026-11-24", preferred_time=time)
        for patient, time in zip(crowd.patients(24), times, strict=True)
    ]
    chance.shuffle(plans)

    seen = crowd.at_once(*(lambda mine=plans[n::8]: _book_all(crowd, mine) for n in range(8)))

    statuses = Counter(status for answers in seen for status, _code in answers)
    codes = {code for answers in seen for _status, code in answers}
    assert (set(statuses), codes) == ({201, 409}, {"", "slot_taken"})
    assert Course.objects.count() == statuses[201]
    assert {course.sessions.count() for course in Course.objects.all()} == {36}
    assert Reservation.objects.count() == Course.objects.count() * (36 * 2 + 1)
    assert overlaps() == 0


def _book_all(crowd: Crowd, plans: list[str]) -> list[tuple[int, str]]:
    """Book each plan; refused ones are tried again with what was offered instead, a few times."""
    seen = []
    for plan in plans:
        body: dict[str, Any] = {"plan": plan}
        for _again in range(4):
            status, answer, _headers = crowd.post("courses/", body)
            seen.append((status, str(answer.get("code", ""))))
            if status != 409 or not answer["alternatives"]:
                break
            body = {"plan": answer["alternatives"][0]["plan"]}
    return seen
