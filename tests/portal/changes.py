"""What a patient's page offers instead of a visit, and what is sent from it."""

import datetime as dt
import re
from typing import Any

from django.test import Client

from attention import queries as attention
from notifications.models import InboundMessage
from scheduling.models import Course, CourseEvent, Session, SessionEvent
from tests.factories import NOW, World
from tests.portal.phone import fields_in, path_of, text_of

TABLES = (Session, SessionEvent, Course, CourseEvent, InboundMessage)


def fresh(session: Session) -> Session:
    return Session.objects.get(pk=session.pk)


def page_of(client: Client, world: World, session: Session) -> Any:
    return client.get(f"{path_of(world)}change/?visit={session.pk}")


def offered(page: Any) -> list[str]:
    return re.findall(r'name="to" value="(\d[^"]*)"', text_of(page))


def send(client: Client, world: World, session: Session, to: str, why: str = "") -> Any:
    fields = fields_in(page_of(client, world, session))
    return client.post(f"{path_of(world)}change/", fields | {"to": to, "why": why})


def place(session: Session) -> str:
    return f"{session.day} {session.minute}"


def snapshot() -> list[Any]:
    return [list(model._default_manager.order_by("pk").values()) for model in TABLES]


def replies(world: World, now: dt.datetime = NOW) -> list[tuple[str, str, str]]:
    found = attention.items(site_ids=[world.site.pk], now=now)
    return [(item.kind, item.title, item.severity) for item in found if item.group == "replies"]
