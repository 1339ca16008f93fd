"""Patients in lists, ready to print."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from patients.domain.contact import ContactKind
from patients.joined import former_numbers
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_text
from scheduling.queries import courses


@dataclass(frozen=True, slots=True)
class PatientLine:
    """A patient in a list: two identifiers always, then where the course stands."""

    id: int
    name: str
    born: str
    phone_end: str
    record_number: str
    course: str
    next: str
    was: str = ""  # the number of a record that was merged into this one


def patient_lines(rows: Sequence[Any], *, now: dt.datetime) -> list[PatientLine]:
    """Return patients as a list prints them, in three queries more."""
    lines = courses.course_lines([row.pk for row in rows], now=now)
    former = former_numbers([row.pk for row in rows])
    found = []
    for row in rows:
        course = next(iter(lines.get(row.pk, [])), None)
        points = sorted(row.contact_points.all(), key=lambda point: not point.is_preferred)
        phone = next((point.value for point in points if point.kind == ContactKind.PHONE), "")
        found.append(
            PatientLine(
                id=row.pk,
                name=f"{row.last_name}, {row.preferred_name or row.first_name}",
                born=f"{row.birth_date:%b} {row.birth_date.day}, {row.birth_date.year}",
                phone_end=f"…{phone[-4:]}" if phone else "no phone",
                record_number=row.record_number,
                course=f"{course.tag} {course.delivered}/{course.prescribed}" if course else "No course yet",
                next=_when(course.next_at, row.site.zone) if course and course.next_at else "",
                was=", ".join(former.get(row.pk, [])),
            )
        )
    return found


def _when(at: dt.datetime, zone: str) -> str:
    day, minute = local_time.wall(at, zone)
    return f"{day_text(day)}, {clock_text(minute)}"
