"""The only place where a stored session is changed: its row, what it holds, and one event that can be taken back.

An event keeps every fact it changed as it was before and as it is after, so that undoing is restoring.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from clinic import actions as clinic_actions
from clinic.models import StaffUser
from scheduling.actions import locking, recount, visits
from scheduling.actions.visits import Visit
from scheduling.domain.states import RELEASED, SessionState
from scheduling.errors import SlotTaken
from scheduling.models import Block, Course, CourseEvent, Reservation, Session, SessionEvent

# What a step may change and undoing restores. Numbers and coverage follow from these and are worked out anew.
FACTS = (
    "state",
    "reason",
    "reason_code",
    "cancelled_by",
    "is_late_cancel",
    "is_counted",
    "arrived_at",
    "started_at",
    "observation_until",
    "ended_at",
    "dose_mg",
    "day",
    "minute",
    "starts_at",
    "ends_at",
    "phase",
    "visit_type",
    "why",
    "deviation",
    "missed_after",
    "confirmed_at",
    "makeup_of_id",
    "recording_gap_id",
)
_TIMING = {"day", "minute", "starts_at", "ends_at", "cancelled_by", "visit_type"}
_TOLD = {"is_counted", "day", "minute", "visit_type", "dose_mg"}  # a recount or a new numbering may follow from these
_UNBILLED: dict[str, Any] = {"billing_code": "", "authorization_id": None, "uncovered": ""}
AGENT = 200  # letters of a browser's name that are kept
_FAR = dt.timedelta(days=500 * 365)


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose hand writes and when; nobody's is the clock's, or that of the `actor` who is not on the staff."""

    now: dt.datetime
    by: StaffUser | None = None
    actor: str = ""
    agent: str = ""  # the browser it was done with

    @classmethod
    def of(cls, request: clinic_actions.Request, now: dt.datetime) -> "Hand":
        """Return the hand of who asks."""
        return cls(now, request.user, request.actor, request.agent)

    @property
    def note(self) -> dict[str, str]:
        """What an event says of the hand beside who on the staff it is."""
        found = {"actor": self.actor, "agent": self.agent[:AGENT]}
        return {name: value for name, value in found.items() if value}


@dataclass(slots=True)
class Edit:
    """What happens to one locked session: new facts, another place, or reservations it had before."""

    session: Session
    kind: str
    facts: dict[str, Any]
    place: Visit | None = None
    held: Sequence[int] | None = None  # reservations to take again
    undoes: int | None = None
    note: Mapping[str, Any] = field(default_factory=dict)
    _before: dict[str, Any] = field(default_factory=dict)

    @property
    def is_moved(self) -> bool:
        """Whether the session lets go of what it holds and takes something else."""
        return self.place is not None or self.held is not None


def write(
    edits: Sequence[Edit], hand: Hand, *, change: CourseEvent | None = None, words_for_taken: str = locking.TAKEN
) -> None:
    """Change sessions of one course, add an event for each, number the course anew and recount what is paid for.

    The course, the resources and the patient must be locked.

    :raises SlotTaken: a place is taken.
    """
    changes = {edits[0].session.course_id: change} if change else {}
    write_all(edits, hand, changes, words_for_taken=words_for_taken)


def write_all(
    edits: Sequence[Edit], hand: Hand, changes: Mapping[int, CourseEvent], *, words_for_taken: str = locking.TAKEN
) -> None:
    """Change sessions of several courses as one, so that they may trade places; else as `write`.

    `changes`: by course, the event its sessions' events belong to.

    :raises SlotTaken: a place is taken.
    """
    with taken_in_words(words_for_taken):
        _write(edits, hand, changes)


@contextmanager
def taken_in_words(words: str = locking.TAKEN) -> Iterator[None]:
    """Within this, nothing is written if a place is taken, and the desk is told so.

    :raises SlotTaken: a place is taken.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if locking.is_overlap(error):
            raise SlotTaken(words) from error
        raise


def _write(edits: Sequence[Edit], hand: Hand, changes: Mapping[int, CourseEvent]) -> None:
    held = _held([edit.session.pk for edit in edits])
    for edit in edits:
        _apply(edit, held[edit.session.pk])
    letting_go = [edit.session.pk for edit in edits if edit.is_moved or SessionState(edit.session.state) in RELEASED]
    if letting_go:
        Reservation.objects.filter(session__in=letting_go, is_active=True).update(is_active=False)
    _store(edits)
    placed = [(edit.session.pk, edit.place) for edit in edits if edit.place]
    if placed:
        visits.insert_reservations([pk for pk, _visit in placed], [visit for _pk, visit in placed])
    again = [pk for edit in edits for pk in edit.held or () if SessionState(edit.session.state) not in RELEASED]
    if again:
        Reservation.objects.filter(pk__in=again).update(is_active=True)
    _note(edits, hand, changes, _held([edit.session.pk for edit in edits]))
    told = {edit.session.course_id: edit.session.patient_id for edit in edits if _TOLD & edit._before.keys()}
    for course_id, patient_id in told.items():
        follow(course_id, patient_id, hand)


def follow(course_id: int, patient_id: int, hand: Hand) -> None:
    """Bring up to date what follows from which sessions of a course count and when: numbers, coverage, version."""
    _renumber(course_id, hand)
    recount.recount(patient_id)
    Course.objects.filter(pk=course_id).update(version=F("version") + 1)


def header(
    course: Course,
    kind: str,
    hand: Hand,
    *,
    facts: Mapping[str, Any] | None = None,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
    block: Block | None = None,
) -> CourseEvent:
    """Change a locked course and return the event that its sessions' events belong to.

    `block`: the decision that made many courses change.
    """
    facts = dict(facts or {})
    before = {name: plain(getattr(course, name)) for name in facts}
    frm = course.state
    for name, value in facts.items():
        setattr(course, name, value)
    if facts:
        course.save(update_fields=list(facts))
    Course.objects.filter(pk=course.pk).update(version=F("version") + 1)
    return CourseEvent.objects.create(
        course=course,
        kind=kind,
        from_state=frm,
        to_state=course.state,
        at=hand.now,
        by=hand.by,
        reason=reason[:120],
        data={**hand.note, **(data or {}), **({"before": before} if before else {})},
        block=block,
    )


def plain(value: Any) -> Any:
    """Return a fact as it is kept in an event."""
    return value.isoformat() if isinstance(value, dt.date) else value


def revived(model: type[Session] | type[Course], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return kept facts as the model's values."""
    fields = {found.attname: found for found in model._meta.concrete_fields}
    return {name: fields[name].to_python(value) for name, value in facts.items() if name in fields}


def _held(session_ids: Iterable[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {pk: [] for pk in session_ids}
    rows = Reservation.objects.filter(session__in=found, is_active=True).order_by("pk")
    for pk, session_id in rows.values_list("pk", "session_id"):
        found[session_id].append(pk)
    return found


def _apply(edit: Edit, held: list[int]) -> None:
    session = edit.session
    facts = dict(edit.facts)
    if "state" in facts:
        # A partial counts by decision; of every other state the state decides.
        facts.setdefault("is_counted", SessionState(facts["state"]) not in RELEASED)
        if facts["state"] != SessionState.CANCELLED:
            facts.setdefault("cancelled_by", "")
            facts.setdefault("is_late_cancel", False)
    edit._before = {
        name: plain(getattr(session, name)) for name, value in facts.items() if getattr(session, name) != value
    }
    edit._before["held"] = held
    edit.note = {**edit.note, "from": session.state}
    for name, value in facts.items():
        setattr(session, name, value)
    session.is_active = SessionState(session.state) not in RELEASED
    if not session.is_counted:
        for name, value in _UNBILLED.items():
            setattr(session, name, value)
    session.version += 1
    session.timing_version += bool(_TIMING & edit._before.keys())


def _store(edits: Sequence[Edit]) -> None:
    """Write the rows so that none meets another on its way: rows are checked one by one, and one may go where another
    still is. What lets go of its time goes first, then what moves is put out of the way."""
    names = {name.removesuffix("_id") for edit in edits for name in edit._before if name != "held"}
    names |= {"is_active", "version", "timing_version"}
    if any(not edit.session.is_counted for edit in edits):
        names |= {name.removesuffix("_id") for name in _UNBILLED}
    if len(edits) == 1:
        edits[0].session.save(update_fields=sorted(names))
        return
    moved = [edit.session.pk for edit in edits if edit.session.is_active and "starts_at" in edit._before]
    leaving = [edit.session for edit in edits if not edit.session.is_active]
    staying = [edit.session for edit in edits if edit.session.is_active]
    Session.objects.bulk_update(leaving, sorted(names))
    if len(moved) > 1:
        Session.objects.filter(pk__in=moved).update(starts_at=F("starts_at") + _FAR, ends_at=F("ends_at") + _FAR)
    Session.objects.bulk_update(staying, sorted(names))


def _note(
    edits: Sequence[Edit], hand: Hand, changes: Mapping[int, CourseEvent], held: Mapping[int, Sequence[int]]
) -> None:
    SessionEvent.objects.bulk_create(
        SessionEvent(
            session=edit.session,
            change=changes.get(edit.session.course_id),
            kind=edit.kind,
            from_state=edit.note["from"],
            to_state=edit.session.state,
            at=hand.now,
            by=hand.by,
            reason=edit.session.reason if "reason" in edit._before else "",
            data=hand.note | _data(edit, held[edit.session.pk]),
        )
        for edit in edits
    )


def _data(edit: Edit, held: Sequence[int]) -> dict[str, Any]:
    after = {name: plain(getattr(edit.session, name)) for name in edit._before if name != "held"}
    note = {name: value for name, value in edit.note.items() if name != "from"}
    undoes = {"undoes": edit.undoes} if edit.undoes else {}
    return {
        "number": edit.session.number,
        "before": edit._before,
        "after": after | {"held": list(held)},
        **undoes,
        **note,
    }


def _renumber(course_id: int, hand: Hand) -> None:
    """Number the counted sessions 1..N in the order of their times; a lost one keeps the number it had."""
    rows = list(
        Session.objects.filter(course_id=course_id, is_counted=True)
        .order_by("starts_at", "pk")
        .only("pk", "number", "course_id")
    )
    changed = {row.pk: (row.number, place) for place, row in enumerate(rows, start=1) if row.number != place}
    if not changed:
        return
    for row in rows:
        if row.pk in changed:
            row.number = changed[row.pk][1]
    Session.objects.bulk_update([row for row in rows if row.pk in changed], ["number"])
    state = Course.objects.values_list("state", flat=True).get(pk=course_id)
    CourseEvent.objects.create(
        course_id=course_id,
        kind="renumbered",
        from_state=state,
        to_state=state,
        at=hand.now,
        by=hand.by,
        data=hand.note | {"numbers": {str(pk): list(pair) for pk, pair in changed.items()}},
    )
