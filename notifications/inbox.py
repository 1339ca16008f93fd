"""What people wrote, for those on the staff who may read it: each with what the system did, and what still waits."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from notifications.domain.inbound import NEEDS_A_PERSON, WORDS, Outcome
from notifications.models import InboundMessage
from patients import phones
from scheduling.domain.states import CourseState, SessionState
from scheduling.queries.coming import rides_promised

PAGE = "page"  # where a provider stands: tapped on the patient's own page
LONG = dt.timedelta(minutes=5)  # a text nobody's machine has worked by then is read by a person
_ABOUT_ONE_VISIT = frozenset({Outcome.ASKED, Outcome.RIDE_NO, Outcome.NO_RIDE, Outcome.LATE})
_ABOUT_RIDE = frozenset({Outcome.RIDE_NO, Outcome.NO_RIDE})
_ENDED = frozenset({CourseState.COMPLETED, CourseState.DISCONTINUED, CourseState.ENTERED_IN_ERROR})


@dataclass(frozen=True, slots=True)
class About:
    """The visit a text is about, as it stands now, and whether it is still the one that was meant."""

    session_id: int
    course_id: int
    course_version: int
    version: int
    day: dt.date
    minute: int
    starts_at: dt.datetime
    is_same: bool  # still booked, at the time it had when they wrote, and its course goes on
    is_promised: bool  # the patient said yes since, or to a question about the ride whoever drives


@dataclass(frozen=True, slots=True)
class InboundLine:
    """One text that came in. `sender`: the number to call back, as people write it."""

    inbound_id: int
    site_id: int
    zone: str
    received_at: dt.datetime
    number: str
    body: str
    outcome: str
    is_handled: bool
    is_crisis: bool
    is_maybe_visit: bool
    minutes: int | None
    patient_id: int | None
    first_name: str
    last_name: str
    person_name: str
    about: About | None
    done_at: dt.datetime | None
    done_by: str
    done_what: str
    is_tapped: bool = False  # on the patient's own page, not written

    @property
    def sender(self) -> str:
        """The number as people write it."""
        return phones.readable(self.number)

    @property
    def what_was_done(self) -> str:
        """What the system did about it, in a sentence."""
        if not self.is_handled:
            return "Stored. Not worked yet."
        words = WORDS.get(Outcome(self.outcome), "") if self.outcome else ""
        if self.is_crisis and self.outcome != Outcome.CRISIS:
            words = f"{words} Call now.".strip()
        if self.is_waiting and self.is_meant_for_visit:
            words += " They may have meant the visit."
        return words

    @property
    def is_meant_for_visit(self) -> bool:
        """Tell whether CANCEL may have meant a visit that still stands."""
        about = self.about
        return self.is_maybe_visit and about is not None and about.is_same and not about.is_promised

    @property
    def is_waiting(self) -> bool:
        """Tell whether nobody has said what was done about it, it did not settle itself, and somebody should."""
        if self.done_at is not None:
            return False
        if self.is_crisis or not self.is_handled:
            return True
        return self.is_meant_for_visit or (self.outcome in NEEDS_A_PERSON and not self.is_settled)

    @property
    def is_settled(self) -> bool:
        """Tell whether a no, or running late, is answered by what became of the visit since."""
        about = self.about
        if about is None or self.outcome not in _ABOUT_ONE_VISIT:
            return False
        return not about.is_same or (about.is_promised and self.outcome != Outcome.LATE)


def came_in(
    *, site_ids: Sequence[int], patient_id: int | None = None, without: Collection[int] = ()
) -> QuerySet[InboundMessage]:
    """Return what came in at some sites, or from one patient and who comes along, the latest first, to take a part of.

    `without`: ids that are left out.
    """
    rows = _of_patient(InboundMessage.objects.filter(site__in=site_ids).exclude(pk__in=without), patient_id)
    return _read_whole(rows.order_by("-received_at", "-pk"))


def lines(rows: Iterable[InboundMessage]) -> list[InboundLine]:
    """Return rows of `came_in` as they are shown; one statement."""
    return [_line(row) for row in rows]


def line(*, inbound_id: int, site_ids: Sequence[int]) -> InboundLine | None:
    """Return one text that came in at one of some sites."""
    return next(iter(lines(_read_whole(InboundMessage.objects.filter(pk=inbound_id, site__in=site_ids)))), None)


def waiting(
    *, site_ids: Sequence[int], now: dt.datetime, patient_id: int | None = None, unworked_for: dt.timedelta = LONG
) -> list[InboundLine]:
    """Return all texts nobody has said what was done about, the oldest first; one statement.

    `unworked_for`: how long one has to lie before the worker saw to it.
    """
    needs = Q(is_crisis=True) | Q(outcome__in=NEEDS_A_PERSON)
    meant = Q(outcome=Outcome.STOPPED, is_maybe_visit=True, session__isnull=False)
    stuck = Q(handled_at=None, received_at__lte=now - unworked_for)
    rows = InboundMessage.objects.filter(needs | meant | stuck, site__in=site_ids, done_at=None)
    return lines(_read_whole(_of_patient(rows, patient_id).order_by("received_at", "pk")))


def _of_patient(rows: QuerySet[InboundMessage], patient_id: int | None) -> QuerySet[InboundMessage]:
    return rows if patient_id is None else rows.filter(patient=patient_id)


def _read_whole(rows: QuerySet[InboundMessage]) -> QuerySet[InboundMessage]:
    promised = rides_promised(OuterRef("session"), OuterRef("session__starts_at")).filter(
        at__gte=OuterRef("received_at")
    )
    found = rows.select_related("site", "patient", "person", "session__course", "done_by")
    return found.annotate(is_promised=Exists(promised))


def _line(row: InboundMessage) -> InboundLine:
    assert row.site is not None
    patient = row.patient
    return InboundLine(
        inbound_id=row.pk,
        site_id=row.site.pk,
        zone=row.site.zone,
        received_at=row.received_at,
        number=row.address,
        body=row.body,
        outcome=row.outcome,
        is_handled=row.handled_at is not None,
        is_crisis=row.is_crisis,
        is_maybe_visit=row.is_maybe_visit,
        minutes=row.minutes,
        patient_id=row.patient_id,
        first_name=(patient.preferred_name or patient.first_name) if patient else "",
        last_name=patient.last_name if patient else "",
        person_name=row.person.name if row.person else "",
        about=_about(row),
        done_at=row.done_at,
        done_by=row.done_by.name if row.done_by else "",
        done_what=row.done_what,
        is_tapped=row.provider == PAGE,
    )


def _about(row: InboundMessage) -> About | None:
    session = row.session
    if session is None:
        return None
    is_same = (
        session.state == SessionState.BOOKED
        and session.timing_version == row.timing_version
        and session.course.state not in _ENDED
    )
    confirmed = session.confirmed_at is not None and session.confirmed_at > row.received_at
    is_about_ride = row.person_id is not None or row.outcome in _ABOUT_RIDE
    return About(
        session_id=session.pk,
        course_id=session.course_id,
        course_version=session.course.version,
        version=session.version,
        day=session.day,
        minute=session.minute,
        starts_at=session.starts_at,
        is_same=is_same,
        is_promised=row.is_promised if is_about_ride else confirmed,  # type: ignore[attr-defined]
    )
