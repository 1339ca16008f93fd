"""What is owed and when: resources, protocols, courses, sessions, what they occupy and wait for, and their history."""

from scheduling.models.authorizations import Authorization, AuthorizationUnit, Payer
from scheduling.models.courses import Course, Protocol, ProtocolDraft, Reservation, Session
from scheduling.models.gates import Prerequisite
from scheduling.models.history import CourseEvent, RecordingGap, SessionEvent
from scheduling.models.operations import Block, DayPrint, ExtraHours, LevelProposal
from scheduling.models.prep import PrepSheet, PrepTick
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
from scheduling.models.waiting import SlotOffer, WaitlistEntry

__all__ = [
    "AttendancePolicy",
    "Authorization",
    "AuthorizationUnit",
    "Block",
    "ClosedGroup",
    "Closure",
    "Course",
    "CourseEvent",
    "DayPrint",
    "ExtraHours",
    "GroupMeeting",
    "LevelProposal",
    "Outage",
    "Payer",
    "PrepSheet",
    "PrepTick",
    "Prerequisite",
    "Protocol",
    "ProtocolDraft",
    "RecordingGap",
    "Reservation",
    "Resource",
    "ResourceHours",
    "Session",
    "SessionEvent",
    "Shift",
    "SlotOffer",
    "WaitlistEntry",
]
