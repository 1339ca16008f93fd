"""Whom an item is about, as the fields of an item."""

from typing import Any

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
