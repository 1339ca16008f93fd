"""Whom an item is about, as the fields of an item."""

from collections.abc import Iterable, Mapping
from typing import Any

from scheduling.queries.waitlist import WaitingPatient
from scheduling.queries.watch import WatchedCourse, WatchedSession, WatchedVisit


def of_course(course: WatchedCourse, session: WatchedSession | None = None) -> dict[str, Any]:
    """Return the fields that name a course and its patient, and one of its sessions."""
    return of_patient(course) | {
        "course_id": course.course_id,
        "course_version": course.version,
        "session_id": session.id if session else None,
        "session_version": session.version if session else 0,
    }


def of_patient(row: WaitingPatient | WatchedCourse | WatchedVisit) -> dict[str, Any]:
    """Return the fields that name a patient."""
    return {
        "site_id": row.site_id,
        "zone": row.zone,
        "patient_id": row.patient_id,
        "last_name": row.last_name,
        "first_name": row.first_name,
        "about": (row.patient_id,),
    }


def by_patient(courses: Iterable[WatchedCourse], waiting: Iterable[WaitingPatient]) -> Mapping[int, Mapping[str, Any]]:
    """Return the fields that name each patient in treatment, by the first of their courses, or on the waiting list."""
    found: dict[int, Mapping[str, Any]] = {}
    for course in courses:
        found.setdefault(course.patient_id, of_course(course))
    for patient in waiting:
        found.setdefault(patient.patient_id, of_patient(patient))
    return found


def of_visit(visit: WatchedVisit) -> dict[str, Any]:
    """Return the fields that name a visit and its patient."""
    return of_patient(visit) | {
        "course_id": visit.course_id,
        "course_version": visit.course_version,
        "session_id": visit.session_id,
        "session_version": visit.version,
        "resource_id": visit.resource_id,
    }
