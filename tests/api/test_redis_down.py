import os
import subprocess
import sys

import pytest

from clinic import actions
from notifications.actions.planning import plan_messages
from notifications.models import Message
from scheduling.models import Session
from tests.factories import NOW, World
from tests.notifications.test_worker import address_of_test_database

pytestmark = pytest.mark.services

BOOK = """
import json, sys
import django
django.setup()
from django.test import Client
token, patient = sys.argv[1:]
wish = {"patient": int(patient), "protocol": "tms_mdd_36", "start_on": "2026-11-24", "preferred_time": "08:30"}
answer = Client(SERVER_NAME="localhost").post(
    "/api/v1/courses/", wish, content_type="application/json",
    headers={"Authorization": "Token " + token, "Idempotency-Key": "k"},
)
print(answer.status_code)
"""


def test_a_booking_stands_while_redis_is_down_and_its_messages_are_found_by_the_sweep(live_world: World) -> None:
    token = actions.create_token(user=live_world.receptionist, now=NOW)
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": address_of_test_database(),
        "REDIS_URL": "redis://127.0.0.1:9/0",  # nobody listens there
        "TEST_CLOCK": NOW.isoformat(),
    }

    run = subprocess.run(
        [sys.executable, "-c", BOOK, token, str(live_world.maria.pk)],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout.splitlines()[-1] == "201"
    assert (Session.objects.count(), Message.objects.count()) == (36, 0)
    assert plan_messages(now=NOW) > 0
