"""A clinic in which every page has something to show, and the addresses of all pages there are.

Addresses come from `frontdesk.urls` itself: a new route is walked without a word here, unless it asks for an argument
that is not known yet; then the walk fails and names it.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import URLPattern, reverse

from clinic.models import Membership
from frontdesk import urls
from notifications.actions import planning
from notifications.models import Message
from patients.models import Patient
from scheduling.models import Protocol, Resource, ResourceHours, Session
from tests.factories import World, make_patient
from tests.scheduling import levelling
from tests.scheduling.freed import DAY, FreedDesk
from tests.scheduling.outage_scenes import Clinic

TODAY = dt.date(2026, 11, 25)
NOW = dt.datetime(2026, 11, 25, 14, 42, tzinfo=dt.UTC)  # 9:42am in New York
# Pages whose address alone does not say what they are about, and those of which there is more than one.
QUERIES = {
    "board": ["", "view=list", "view=staff", "day=2026-11-28", "day=2026-11-26"],  # full, at a weekend, closed
    "course-new": ["", "patient={patient_id}&start_on=2026-12-01&preferred_time=08:30"],
    "visit-places": ["day=2026-12-01"],
    "waitlist-add": ["course={course_id}"],
    "texts": ["", "channel=email"],
}
ROWS = """MRN,First name,Last name,DOB,Mobile
A-1,Ana,Cole,1984-03-07,(555) 010-6001
A-2,Cy,Evans,31/02/84,
"""
# What an address is made with that only takes POST: it is refused before anybody asks what it is about.
ANYTHING = {
    "IntConverter": 1,
    "StringConverter": "x",
    "UUIDConverter": uuid.UUID(int=1),
    "Verb": "arrive",
    "ItemKey": "late_arrival:1:1",
}
# What a browser is not asked to look at: its own policy keeps even the judge out, or it is a form that locks the door.
ELSEWHERE = {"text-mail": "tests/journeys/test_texts.py", "locked": "tests/journeys/test_lock.py"}


@dataclass(slots=True)
class Everything:
    """The clinic, and an argument for each name of one in the addresses."""

    world: World
    today: list[Session] = field(default_factory=list)
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """A whole page, as it came."""

    path: str
    answer: HttpResponse


def build(world: World, clock: Any, names: Iterable[tuple[str, str]] = ()) -> Everything:
    """Make a clinic with all there is, and a visit today for each of the names."""
    made = Everything(world)
    Membership.objects.filter(user=world.receptionist).update(role="manager")
    named = [
        make_patient(world.site, world.receptionist, *name, phone=f"+1555013{n:04}") for n, name in enumerate(names)
    ]
    # First visits need the one psychiatrist: two begin on each of the days before.
    made.today = [_visit(world, person, n) for n, person in enumerate([*named, world.daniel])]
    desk = FreedDesk(world)
    freed = desk.gone()
    entries = desk.three()
    desk.offer(freed, entries[0], now=NOW)
    levelling.crowd(world)
    proposal = levelling.proposed(world)
    ResourceHours.objects.all().delete()  # what crowded the clinic: the planner shall find room
    with override_settings(SEND_MESSAGES=True):  # planned, and never sent
        planning.plan_messages(now=NOW - DAY)
    clock(NOW)
    made.arguments = {
        "session_id": made.today[-1].pk,
        "course_id": made.today[-1].course_id,
        "patient_id": world.maria.pk,
        "other_id": world.daniel.pk,
        "message_id": Message.objects.order_by("pk")[0].pk,
        "membership_id": Membership.objects.get(user=world.technician).pk,
        "resource_id": Resource.objects.get(site=world.site, name="NeuroStar 3").pk,
        "proposal_id": proposal.pk,
        "protocol_id": Protocol.objects.get(code="tms_mdd_36", is_current=True).pk,
        "block_id": Clinic(world).block_now("NeuroStar 3").pk,
        "form": "day_before",
        "channel": "sms",
        "language": "en",
        "freed": {"session_id": freed.pk},
    }
    return made


def sign_in(made: Everything) -> Client:
    """Return the receptionist's client, with a protocol half written and a list half imported."""
    client = Client()
    client.force_login(made.world.receptionist)
    copied: Any = client.post(f"/settings/protocols/{made.arguments['protocol_id']}/copy/", {"name": "River"})
    listed: Any = client.post("/settings/import/", {"rows": ROWS})
    for name, answer in {"protocol-draft": copied, "import-draft": listed, "import-faults": listed}.items():
        draft = answer["Location"].partition("?")[0].strip("/").rpartition("/")[2]
        made.arguments[name] = {"draft_id": int(draft)}
    return client


def _visit(world: World, person: Patient, number: int) -> Session:
    start = dt.date(2026, 11, 17) + dt.timedelta(days=number // 2 % 4)
    course = world.book(person, start_on=start, preferred_minute=540 + 30 * number, counts={"acute": 8})
    return Session.objects.get(course=course, day=TODAY)


def pages(made: Everything, client: Client) -> Iterator[Page]:
    """Yield every whole page that answers GET.

    :raises AssertionError: a route wants an argument nobody gave, or does not answer.
    """
    for route in urls.urlpatterns:
        if route.name not in ELSEWHERE:
            yield from _of_route(made, client, route)


def _of_route(made: Everything, client: Client, route: URLPattern) -> Iterator[Page]:
    asked = made.arguments | made.arguments.get(str(route.name), {})
    wanted = {name: ANYTHING[type(kind).__name__] for name, kind in route.pattern.converters.items()}
    path = reverse(str(route.name), kwargs=wanted | {name: asked[name] for name in wanted.keys() & asked.keys()})
    for query in QUERIES.get(str(route.name), [""]):
        where = path + ("?" + query.format(**asked) if query else "")
        answer: Any = client.get(where)
        if answer.status_code == 405:
            return
        missing = wanted.keys() - asked.keys()
        assert not missing, f"{route.name}: say what {missing} is, in tests/journeys/everything.py"
        assert answer.status_code in (200, 302), f"{route.name}: {where} answers {answer.status_code}"
        if answer.status_code == 200 and answer.content.lstrip()[:9].lower() == b"<!doctype":
            yield Page(where, answer)
