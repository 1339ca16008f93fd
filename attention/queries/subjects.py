"""Whom an item is about, as the fields of an item."""

from collections.abc import Iterable, Mapping
from typing import Any

from scheduling.queries.waitlist import WaitingPatient
from scheduling.queries.watch import WatchedCourse, WatchedSession, WatchedVisit


def of_course(course: WatchedCourse, session: WatchedSession | None = None) -> dict[str, Any]:
    """Return the fields that name a course and its patient, and one of its sessions."""
    return {
        "site_id": course.site_id,
        "zone": course.zone,
        "patient_id": course.patient_id,
        "last_name": course.last_name,
        "first_name": course.first_name,
        "course_id": course.course_id,
        "course_version": course.version,
        "session_id": session.id if session else None,
        "session_version": session.version if session else 0,
        "about": (course.patient_id,),
    }


def of_waiting(patient: WaitingPatient) -> dict[str, Any]:
    """Return the fields that name somebody who waits for a time."""
    return {
        "site_id": patient.site_id,
        "zone": patient.zone,
        "patient_id": patient.patient_id,
        "last_name": patient.last_name,
        "first_name": patient.first_name,
        "about": (patient.patient_id,),
    }


def by_patient(courses: Iterable[WatchedCourse], waiting: Iterable[WaitingPatient]) -> Mapping[int, Mapping[str, Any]]:
    """Return the fields that name each patient in treatment, by the first of their courses, or on the waiting list."""
    found: dict[int, Mapping[str, Any]] = {}
    for course in courses:
        found.setdefault(course.patient_id, of_course(course))
    for patient in waiting:
        found.setdefault(patient.patient_id, of_waiting(patient))
    return found


def of_visit(visit: WatchedVisit) -> dict[str, Any]:
    """Return the fields that name a visit and its patient."""
    return {
        "site_id": visit.site_id,
        "zone": visit.zone,
        "patient_id": visit.patient_id,
        "last_name": visit.last_name,
        "first_name": visit.first_name,
        "course_id": visit.course_id,
        "course_version": visit.course_version,
        "session_id": visit.session_id,
        "session_version": visit.version,
        "resource_id": visit.resource_id,
        "about": (visit.patient_id,),
    }
