"""A proposal to level the future as a cause: how it comes about, is decided, and comes about anew."""

import datetime as dt

from clinic.domain.permissions import Role
from scheduling.actions import levelling
from scheduling.domain.plan import PlannedSession, PlannedUse
from scheduling.models import Course
from scheduling.models import LevelProposal as Proposal
from scheduling.plan_token import packed
from tests.attention.desk import DAY, HOUR, Desk, nth
from tests.factories import FIRST_DAY, NOW

WEEK = 7 * DAY


class LevelProposal:
    """A scene of its own: the desk is a manager's here."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def begin(self) -> dt.datetime:
        self.desk.user.memberships.update(role=Role.MANAGER)
        self._propose(self.desk.book(start_on=FIRST_DAY + 2 * WEEK), NOW)
        return NOW + HOUR

    def _propose(self, course: Course, now: dt.datetime) -> None:
        [session] = nth(course, 3)
        held = [
            PlannedUse(use.resource_id, "tms_device", "NeuroStar 1", 540, 570) for use in session.reservations.all()
        ]
        place = PlannedSession(3, session.phase, session.visit_type, session.day, 540, 30, tuple(held[:1]), "", None)
        was = {"day": str(session.day), "minute": session.minute, "resource": held[0].resource_id, "name": held[0].name}
        move = {"session": session.pk, "course": course.pk, "version": course.version, "from": was, "to": packed(place)}
        start = {"day": str(session.day), "minute": 480, "visit": "First visit", "protocols": ["Daily"]}
        gain = {"starts": [start], "room": [], "text": ""}
        self.row = Proposal.objects.create(site=self.desk.site, state="open", moves=[move], gain=gain, made_at=now)

    def solve(self) -> None:
        levelling.dismiss(
            request=self.desk.request, proposal_id=self.row.pk, version=1, reason="Not now", now=NOW + HOUR
        )

    def again(self) -> dt.datetime:
        Proposal.objects.filter(pk=self.row.pk).update(state="outdated", decided_at=NOW + HOUR)
        self._propose(self.desk.book(preferred_minute=660, start_on=FIRST_DAY + 2 * WEEK), NOW + HOUR)
        return NOW + 2 * HOUR
