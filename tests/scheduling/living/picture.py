"""What the database says about every course at one moment, as plain rows: to be judged, and to be compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Model

from clinic.models import AuditEntry, IdempotencyKey
from scheduling.models import (
    Authorization,
    AuthorizationUnit,
    Course,
    CourseEvent,
    Prerequisite,
    RecordingGap,
    Reservation,
    Session,
    SessionEvent,
)

Row = Mapping[str, Any]

_MODELS: dict[str, type[Model]] = {
    "courses": Course,
    "sessions": Session,
    "held": Reservation,
    "authorizations": Authorization,
    "pools": AuthorizationUnit,
    "gaps": RecordingGap,
    "shown": Prerequisite,
}

# What rises with every edit, says how often, and is never put back.
COUNTERS = frozenset({"version", "timing_version"})


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows by id. Histories only grow, so a picture shares them with the one before."""

    courses: Mapping[int, Row]
    sessions: Mapping[int, Row]
    held: Mapping[int, Row]
    authorizations: Mapping[int, Row]
    pools: Mapping[int, Row]
    gaps: Mapping[int, Row]
    shown: Mapping[int, Row]  # for gates
    session_events: tuple[Row, ...]
    course_events: tuple[Row, ...]
    asked: tuple[int, int]  # audit entries and remembered requests
    stored: Mapping[str, Mapping[int, tuple[Any, ...]]]  # by table and id: what the database itself returned
    _by_course: dict[int, list[Row]] = field(default_factory=dict)
    _events_of: dict[int, list[Row]] = field(default_factory=dict)
    _held_by: dict[int, list[Row]] = field(default_factory=dict)

    def of_course(self, course_id: int) -> list[Row]:
        """Return the sessions of a course in the order of their times."""
        if not self._by_course:
            for row in sorted(self.sessions.values(), key=lambda row: (row["starts_at"], row["id"])):
                self._by_course.setdefault(row["course_id"], []).append(row)
        return self._by_course.get(course_id, [])

    def counted(self, course_id: int) -> list[Row]:
        """Return the counted sessions of a course in the order of their times."""
        return [row for row in self.of_course(course_id) if row["is_counted"]]

    def events_of(self, session_id: int) -> list[Row]:
        """Return the events of a session, the oldest first."""
        if not self._events_of:
            for event in self.session_events:
                self._events_of.setdefault(event["session_id"], []).append(event)
        return self._events_of.get(session_id, [])

    def held_by(self, session_id: int) -> list[Row]:
        """Return the active reservations of a session, in the order they were made."""
        if not self._held_by:
            for row in sorted(self.held.values(), key=lambda row: row["id"]):
                if row["is_active"]:
                    self._held_by.setdefault(row["session_id"], []).append(row)
        return self._held_by.get(session_id, [])

    def is_new(self, row: Row, before: "Picture") -> bool:
        """Tell whether anything about a session is not as it was before; unchanged rows are the very same objects."""
        return (
            before.sessions.get(row["id"]) is not row
            or len(before.events_of(row["id"])) != len(self.events_of(row["id"]))
            or before.held_by(row["id"]) != self.held_by(row["id"])
        )

    def same(self, other: "Picture") -> bool:
        """Tell whether nothing at all differs."""
        lengths = [(len(each.session_events), len(each.course_events)) for each in (self, other)]
        return (self.stored, self.asked, lengths[0]) == (other.stored, other.asked, lengths[1])


def take(before: Picture | None = None) -> Picture:
    """Return what is stored now; only what differs from the picture before is read as values."""
    session_events = before.session_events if before else ()
    course_events = before.course_events if before else ()
    stored = {model._meta.db_table: _stored(model) for model in _MODELS.values()}
    rows: Any = {name: _rows(model, name, stored, before) for name, model in _MODELS.items()}
    return Picture(
        **rows,
        session_events=session_events + _since(SessionEvent, session_events),
        course_events=course_events + _since(CourseEvent, course_events),
        asked=(AuditEntry.objects.count(), IdempotencyKey.objects.count()),
        stored=stored,
    )


def _stored(model: type[Model]) -> dict[int, tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {model._meta.db_table} ORDER BY id")
        return {row[0]: row for row in cursor.fetchall()}


def _rows(
    model: type[Model], name: str, stored: Mapping[str, Mapping[int, tuple[Any, ...]]], before: Picture | None
) -> dict[int, Row]:
    now = stored[model._meta.db_table]
    was = before.stored[model._meta.db_table] if before else {}
    known: Mapping[int, Row] = getattr(before, name) if before else {}
    new = [pk for pk, row in now.items() if was.get(pk) != row]
    read = {row["id"]: row for row in model._default_manager.filter(pk__in=new).values()} if new else {}
    return {pk: read.get(pk) or known[pk] for pk in now}


def _since(model: type[Model], known: Iterable[Row]) -> tuple[Row, ...]:
    last = max((row["id"] for row in known), default=0)
    return tuple(model._default_manager.filter(pk__gt=last).order_by("pk").values())
