"""A phone that opens a link: what is read on the page, and what is tapped."""

import datetime as dt
import html
import re
from typing import Any

from django.test import Client

from patients import links
from patients.models import Patient
from tests.factories import NOW, World

# Keys, ids and tokens: which letters are in them is chance.
CHANCE = re.compile(r'value="[^"]*"|(?:visit=|offer[=-])\d+|UID:\S+|id="[0-9a-f]+"|/[cd]/[A-Za-z0-9_-]{22}')
BANNED = ("Maria", "Garcia", "TMS", "treatment", "session", "1984", "2040", "36", "psych", "Weiss", "NeuroStar")


def banned_in(answer: Any, path: str) -> list[str]:
    """Return the words a page may not hold."""
    words = CHANCE.sub("", text_of(answer).replace(path, ""))
    return [word for word in BANNED if word in words]


def path_of(world: World) -> str:
    return path_for(world.maria)


def path_for(patient: Patient) -> str:
    link = links.link_of(patient_id=patient.pk, now=NOW)
    return f"/v/{links.token_of(link)}/"


def text_of(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def seen(answer: Any) -> str:
    """Return what a person reads on a page."""
    words = re.sub(r"<svg.*?</svg>|<head.*?</head>|<[^>]+>", " ", text_of(answer), flags=re.DOTALL)
    return re.sub(r"\s+", " ", words).strip()


def fields_in(answer: Any, to: str = "") -> dict[str, str]:
    """Return the hidden fields of a page's first form, or of the first one that is sent to `to`."""
    forms = re.findall(r"<form.*?</form>", text_of(answer), flags=re.DOTALL)
    form = next((each for each in forms if not to or f'{to}"' in each.partition(">")[0]), "")
    return dict(re.findall(r'type="hidden" name="([a-z_]+)" value="([^"]*)"', form))


def say(client: Client, path: str, answer: str, **more: Any) -> Any:
    fields = fields_in(client.get(path)) | {"answer": answer} | more.pop("fields", {})
    return client.post(f"{path}answer/", fields, **more)


def check(client: Client, world: World, day: dt.date | None = None) -> Any:
    """Give a birth date on the page that asks for it; without a day, the right one."""
    at, born = f"{path_of(world)}check/", day or world.maria.birth_date
    given = {"year": born.year, "month": born.month, "day": born.day}
    return client.post(at, fields_in(client.get(at)) | given)
