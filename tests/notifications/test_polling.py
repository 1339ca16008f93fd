"""The loop that does the beat's work on messages where there is no broker."""

import datetime as dt
import threading

import pytest
from django.db import OperationalError

from clinic.models import Heartbeat
from notifications.management.commands import poll_messages


@pytest.mark.parametrize(("is_broken", "beats"), [(False, ["poller"]), (True, [])])
@pytest.mark.django_db(transaction=True)
def test_only_a_look_in_which_all_was_done_is_a_sign_of_life(
    monkeypatch: pytest.MonkeyPatch, is_broken: bool, beats: list[str]
) -> None:
    done: list[str] = []

    def broken(*, now: dt.datetime) -> None:
        if is_broken:
            raise OperationalError("could not connect")

    def whole(*, now: dt.datetime) -> None:
        done.append("whole")

    monkeypatch.setattr(poll_messages, "STEPS", [broken, whole])

    poll_messages._look(threading.Event())

    assert (done, list(Heartbeat.objects.values_list("name", flat=True))) == (["whole"], beats)
