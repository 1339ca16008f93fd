"""What is owed and when: resources, protocols, courses, sessions, reservations, authorisations, and their history."""

from scheduling.models.authorizations import Authorization, AuthorizationUnit, Payer
from scheduling.models.courses import Course, Protocol, Reservation, Session
from scheduling.models.history import CourseEvent, RecordingGap, SessionEvent
from scheduling.models.resources import (
    AttendancePolicy,
    ClosedGroup,
    Closure,
    GroupMeeting,
    Outage,
    Resource,
    ResourceHours,
    Shift,
)

__all__ = [
    "AttendancePolicy",
    "Authorization",
    "AuthorizationUnit",
    "ClosedGroup",
    "Closure",
    "Course",
    "CourseEvent",
    "GroupMeeting",
    "Outage",
    "Payer",
    "Protocol",
    "RecordingGap",
    "Reservation",
    "Resource",
    "ResourceHours",
    "Session",
    "SessionEvent",
    "Shift",
]
