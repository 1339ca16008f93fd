"""A desk that fills freed times: who waits, a time that is let go of, and what was asked of whom."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clinic.actions import Request
from patients.models import Patient
from scheduling.actions import authorizations, cancelling, catalogue, filling, offers, waitlist
from scheduling.actions.authorizations import NewAuthorization
from scheduling.actions.waitlist import AskedFor
from scheduling.domain.states import AuthorizationState, CancelledBy
from scheduling.models import Course, Resource, Session, SlotOffer, WaitlistEntry
from scheduling.queries import refill
from scheduling.queries.refill import Found, FreedTime
from tests.factories import NOW, World, make_patient

DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)
EARLY = dt.datetime(2026, 11, 27, 15, 0, tzinfo=dt.UTC)  # Friday, 10am: four days before that Tuesday
TAKEN = "That time is taken. You keep your place."

# Three a week on any weekday: the planner takes Monday, Wednesday and Friday, so that Tuesdays and Thursdays are open.
PROTOCOL = """
code: {code}
name: {code}
tag: T
modality: {modality}
summary: Three a week.
phases:
  - name: acute
    sessions: {sessions}
    per_week: 3
    weekdays: [1, 2, 3, 4, 5]
    min_gap_days: {min_gap}
    wish_gap_days: 2
visit_types:
  first:
    name: First visit
    minutes: {first_minutes}
    steps:
      - {{name: first, minutes: {first_minutes}, needs: [{{kind: tms_device}}]}}
  visit:
    name: Visit
    minutes: {minutes}
    steps:
      - {{name: visit, minutes: {minutes}, needs: [{{kind: {kind}}}]}}
visits: {{first: first, other: visit}}
{more}
sources:
  "phases[0]": default
  visit_types: default
  {sources}
"""
UNSOURCED = {"", "makeup", "escort", "keep_provider", "gates"}


def load_protocol(
    folder: Path, code: str, *, modality: str = "tms", more: str = "", min_gap: int = 1, **changes: Any
) -> str:
    """Load a protocol of three a week on a device and return its code; `more`: lines of its own, each with a source."""
    keys = {line.partition(":")[0] for line in more.splitlines()} - UNSOURCED
    keys |= {'"gates[1]"'} if "due_days" in more else set()
    facts = {"sessions": 6, "first_minutes": 60, "minutes": 30, "kind": "tms_device"} | changes
    sources = "\n  ".join(f"{key}: default" for key in sorted(keys))
    text = PROTOCOL.format(code=code, modality=modality, more=more, min_gap=min_gap, sources=sources, **facts)
    (folder / f"{code}.yaml").write_text(text)
    catalogue.load_protocols(folder=folder, now=NOW)
    return code


@dataclass(slots=True)
class FreedDesk:
    """The desk of one site. Daily courses of six visits begin on Tue Nov 24; only one device can be had at a time."""

    world: World
    people: list[Patient] = field(default_factory=list)

    def device(self, number: int = 1) -> Resource:
        return Resource.objects.get(site=self.world.site, name=f"NeuroStar {number}")

    def person(self) -> Patient:
        number = len(self.people)
        name = "".join(chr(ord("a") + int(digit)) for digit in str(number))
        made = make_patient(self.world.site, self.world.receptionist, "Pat", f"No{name}", phone=f"+1555016{number:04}")
        self.people.append(made)
        return made

    def course(self, patient: Patient | None = None, **wish: Any) -> Course:
        """Book a daily course on the first device unless something else is wished."""
        asked: dict[str, Any] = {"counts": {"acute": 6, "taper": 0}, "pins": {"tms_device": self.device().pk}} | wish
        return self.world.book(patient or self.person(), **asked)

    def nth(self, course: Course, number: int) -> Session:
        return Session.objects.get(course=course, number=number, is_counted=True)

    def gone(self) -> Session:
        """Return a visit on Friday, November 27, 8:30am, cancelled two days before: the eve of a holiday."""
        visit = self.nth(self.course(), 3)
        return self.cancel(visit, now=visit.starts_at - 2 * DAY)

    def three(self) -> list[WaitlistEntry]:
        """Put three courses on the list that come later on that Friday, on the same device."""
        return [self.standby(self.course(preferred_minute=minute)) for minute in (600, 660, 720)]

    def gone_on_a_tuesday(self) -> Session:
        """Return a visit on Tuesday, December 1, 8:30am, cancelled on the Friday before."""
        course = self.course(preferred_minute=510, start_on=dt.date(2026, 11, 24))
        visit = Session.objects.get(course=course, day=dt.date(2026, 12, 1))
        return self.cancel(visit, now=visit.starts_at - 4 * DAY)

    def on_other_days(self, code: str, *, start_on: dt.date = dt.date(2026, 11, 27), **wish: Any) -> Course:
        """Book a course of three a week at one o'clock that does not come on that Tuesday."""
        asked: dict[str, Any] = {"counts": {}, "preferred_minute": 780, "protocol_code": code} | wish
        course = self.course(start_on=start_on, now=NOW, **asked)
        assert not any(day.startswith("1 ") for day in days(course))
        return course

    def refused(self, session: Session, course: Course, *, now: dt.datetime = EARLY, **asked: Any) -> str:
        """Put a course on the list and return why it would not be asked for a freed time; empty: it would."""
        return self.why_not(session, self.standby(course, now=NOW, **asked), now=now)

    def authorize(self, patient: Patient, codes: list[str], units: int, **more: Any) -> None:
        """Enter what a payer granted a patient."""
        asked: dict[str, Any] = {
            "payer": "Acme",
            "number": "A1",
            "state": AuthorizationState.APPROVED,
            "starts_on": dt.date(2026, 11, 1),
            "ends_on": dt.date(2027, 12, 31),
            "pools": [(codes, units)],
        } | more
        authorizations.add_authorization(
            request=self.world.request, patient=patient, authorization=NewAuthorization(**asked), now=NOW
        )

    def cancel(self, session: Session, *, now: dt.datetime) -> Session:
        session.refresh_from_db()
        cancelling.cancel_sessions(
            request=self.world.request,
            session_id=session.pk,
            version=session.version,
            reason="Ill",
            by_whom=CancelledBy.PATIENT,
            now=now,
        )
        session.refresh_from_db()
        return session

    def standby(self, course: Course, *, now: dt.datetime = NOW, **asked: Any) -> WaitlistEntry:
        pk, _again = waitlist.join_standby(
            request=self.world.request, course_id=course.pk, asked=AskedFor(**asked), now=now
        )
        return WaitlistEntry.objects.get(pk=pk)

    def waiting(
        self, patient: Patient | None = None, protocol: str = "tms_mdd_36", *, now: dt.datetime = NOW, **asked: Any
    ) -> WaitlistEntry:
        pk, _again = waitlist.join_waiting(
            request=self.world.request,
            site=self.world.site,
            patient_id=(patient or self.person()).pk,
            protocol_code=protocol,
            asked=AskedFor(**asked),
            now=now,
        )
        return WaitlistEntry.objects.get(pk=pk)

    def freed(self, session: Session, *, now: dt.datetime) -> FreedTime:
        return refill.freed_time(site_id=self.world.site.pk, session_id=session.pk, now=now)

    def found(self, session: Session, *, now: dt.datetime, **more: Any) -> Found:
        return refill.candidates(self.freed(session, now=now), now=now, **more)

    def why_not(self, session: Session, entry: WaitlistEntry, *, now: dt.datetime) -> str:
        """Return why somebody would not be asked; empty: they would."""
        found = self.found(session, now=now)
        return next((each.why_not for each in found.others if each.entry.pk == entry.pk), "")

    def offer(self, session: Session, *entries: WaitlistEntry, now: dt.datetime, key: str = "") -> list[SlotOffer]:
        """Offer a time, to the best unless somebody is named, and return the offers of that time, the oldest first."""
        offers.offer(
            request=Request(user=self.world.receptionist, key=key, route="/offers/"),
            site=self.world.site,
            session_id=session.pk,
            entry_ids=[each.pk for each in entries] or None,
            now=now,
        )
        return list(SlotOffer.objects.filter(starts_at=session.starts_at).order_by("pk"))

    def accept(self, offer: SlotOffer, *, now: dt.datetime) -> Course:
        course_id, _again = filling.accept(request=self.world.request, offer_id=offer.pk, now=now)
        return Course.objects.get(pk=course_id)

    def by_phone(self, session: Session, entry: WaitlistEntry, *, now: dt.datetime) -> Course:
        course_id, _again = filling.book_by_phone(
            request=self.world.request, site=self.world.site, session_id=session.pk, entry_id=entry.pk, now=now
        )
        return Course.objects.get(pk=course_id)


def states(*rows: SlotOffer) -> list[str]:
    """Return the states of offers as they are stored now."""
    stored = dict(SlotOffer.objects.values_list("pk", "state"))
    return [stored[row.pk] for row in rows]


def days(course: Course) -> list[str]:
    """Return when the counted visits of a course are: `24 8:30`."""
    rows = Session.objects.filter(course=course, is_counted=True).order_by("starts_at")
    return [f"{row.day.day} {row.minute // 60}:{row.minute % 60:02}" for row in rows]
