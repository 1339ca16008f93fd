"""How a form is filled in on a phone: page by page, tap by tap."""

import datetime as dt
from typing import Any

from django.test import Client

from tests.factories import FIRST_DAY, World
from tests.portal.phone import check, fields_in

MINE = "/my/form/1/"
THEN = dt.datetime.combine(FIRST_DAY - dt.timedelta(days=1), dt.time(15), dt.UTC)  # the day before the first visit
DAY = dt.timedelta(days=1)


def tap(phone: Client, path: str, **fields: str) -> Any:
    """Open a page and press one of the buttons of its form."""
    return phone.post(path, fields_in(phone.get(path)) | fields)


def begin(phone: Client) -> Any:
    return tap(phone, MINE, do="begin")


def fill(phone: Client, *answers: int) -> Any:
    """Answer the questions from the first on and return the last redirect."""
    for number, value in enumerate(answers, 1):
        last = tap(phone, f"{MINE}{number}/", answer=str(value))
    return last


def stale_tap(world: World, phone: Client, item: int, answer: str, *, then: Any) -> Any:
    """Open a question on a second phone, let something happen, and only then answer there."""
    other = Client()
    check(other, world)
    fields = fields_in(other.get(f"{MINE}{item}/"))
    then()
    return other, other.post(f"{MINE}{item}/", fields | {"answer": answer})
