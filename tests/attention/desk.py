"""A desk at one site: it books, records what happens, and looks at its list through the API."""

import datetime as dt
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from clinic.actions import Request
from clinic.models import Site, StaffUser
from patients.models import Patient
from scheduling.actions import attendance, authorizations, cancelling, courses
from scheduling.actions.authorizations import NewAuthorization
from scheduling.domain.states import AuthorizationState, CancelledBy, Scope
from scheduling.models import Authorization, Course, Session
from tests.api.conftest import Api
from tests.factories import FIRST_DAY, NOW, make_patient, prepare, prepare_visit, propose

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
_names = itertools.count(1)


@dataclass(slots=True)
class Desk:
    """One person's desk."""

    site: Site
    user: StaffUser
    clock: Callable[..., None]
    api: Api = field(init=False)

    def __post_init__(self) -> None:
        self.api = Api(self.user)

    @property
    def request(self) -> Request:
        return Request(user=self.user)

    def new_patient(self, **more: Any) -> Patient:
        number = next(_names)
        details = {"phone": f"+1555011{number:04}"} | more
        return make_patient(self.site, self.user, f"Ana{number}", "Sato", **details)

    def book(self, patient: Patient | None = None, *, now: dt.datetime = NOW, **wish: Any) -> Course:
        """Book a course, TMS at half past eight from Tue Nov 24 on if nothing else is asked."""
        held_until = wish.pop("held_until", None)
        proposal = propose(self.site, patient or self.new_patient(), now=now, **wish)
        course_id, _again = courses.book_course(request=self.request, proposal=proposal, now=now, held_until=held_until)
        return prepare(Course.objects.get(pk=course_id))

    def visit(self, patient: Patient | None = None, *, day: dt.date = FIRST_DAY, **wish: Any) -> Session:
        """Book a course of one and return its session."""
        course = self.book(patient, protocol_code="consult", start_on=day, **wish)
        return Session.objects.get(course=course)

    def items(self, now: dt.datetime, **query: Any) -> list[dict[str, Any]]:
        """Return the list as the API shows it at an instant."""
        self.clock(now)
        answer = self.api.get("attention/", page_size=200, **query)
        assert answer.status_code == 200, answer.json()
        found: list[dict[str, Any]] = answer.json()["results"]
        return found

    def kinds(self, now: dt.datetime) -> list[str]:
        return [item["kind"] for item in self.items(now)]

    def keys(self, now: dt.datetime, kind: str) -> list[str]:
        return [item["key"] for item in self.items(now, kind=kind)]

    def answer(self, now: dt.datetime, key: str, step: str, body: Any = None, **headers: str) -> Any:
        self.clock(now)
        return self.api.post(f"attention/{key}/{step}/", body, **headers)

    def cancel(self, session: Session, *, now: dt.datetime, **more: Any) -> None:
        asked = {"reason": "Ill", "by_whom": CancelledBy.PATIENT, "scope": Scope.ONE} | more
        session.refresh_from_db()
        cancelling.cancel_sessions(
            request=self.request, session_id=session.pk, version=session.version, now=now, **asked
        )
        session.refresh_from_db()


def nth(course: Course, *numbers: int) -> list[Session]:
    """Return sessions of a course by their place in time, whatever became of them."""
    rows = list(Session.objects.filter(course=course).order_by("starts_at", "pk"))
    return [rows[number - 1] for number in numbers]


def step(verb: Callable[..., None], session: Session, at: dt.datetime, **more: Any) -> None:
    """Take one step of a session."""
    session.refresh_from_db()
    verb(session_id=session.pk, version=session.version, now=at, by=None, **more)
    session.refresh_from_db()


def deliver(sessions: Iterable[Session]) -> None:
    """Let sessions take place on time."""
    for session in sessions:
        step(attendance.arrive, session, session.starts_at)
        step(attendance.start, prepare_visit(session), session.starts_at)
        step(attendance.complete, session, session.ends_at)


def miss(sessions: Iterable[Session]) -> None:
    """Record that nobody came."""
    for session in sessions:
        step(attendance.mark_no_show, session, session.starts_at + HOUR)


def authorize(desk: Desk, patient: Patient, units: int, until: dt.date, **more: Any) -> Authorization:
    """Enter what a payer granted for the daily course, from the day it begins."""
    asked: dict[str, Any] = {
        "payer": "Acme",
        "number": "A1",
        "state": AuthorizationState.APPROVED,
        "starts_on": FIRST_DAY,
        "ends_on": until,
        "pools": [(["90867", "90868", "90869"], units)],
    } | more
    pk = authorizations.add_authorization(
        request=desk.request, patient=patient, authorization=NewAuthorization(**asked), now=NOW
    )
    return Authorization.objects.get(pk=pk)
