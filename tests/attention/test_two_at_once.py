"""Eight people press at the same moment: one is on it, the others are told who."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from attention import actions
from attention.errors import Conflict
from attention.models import Acknowledgement
from clinic.actions import Request
from clinic.domain.permissions import Role
from clinic.models import AuditEntry, StaffUser
from tests.attention.desk import Desk
from tests.attention.scenes import LateArrival
from tests.factories import World, make_staff

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def at_once(people: list[StaffUser], act: Callable[[StaffUser], None]) -> list[str]:
    """Let everybody act at the same moment; return what each was told, empty where it worked."""
    line, told = threading.Barrier(len(people)), [""] * len(people)

    def one(place: int) -> None:
        try:
            line.wait()
            act(people[place])
        except Conflict as refusal:
            told[place] = str(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(place,)) for place in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_an_item_taken_by_eight_at_once_is_taken_by_one(live_world: World, clock: Any) -> None:
    now = LateArrival(Desk(live_world.site, live_world.receptionist, clock)).begin()
    people = [make_staff(f"nr{n}@example.com", Role.FRONT_DESK, live_world.site) for n in range(8)]
    [key] = [item["key"] for item in Desk(live_world.site, people[0], clock).items(now, kind="late_arrival")]

    told = at_once(people, lambda user: actions.take_item(request=Request(user=user), key=key, now=now))

    answer = Acknowledgement.objects.get()
    assert answer.owner
    assert sorted(told) == ["", *[f"{answer.owner.name} is on this."] * 7]
    assert told[people.index(answer.owner)] == ""
    assert AuditEntry.objects.filter(action="attention.taken").count() == 1
