"""Who may do what: one table, loaded by every view and endpoint, deny by default (reliability.md 4.4)."""

from enum import StrEnum


class Role(StrEnum):
    FRONT_DESK = "front_desk"
    TECHNICIAN = "technician"
    CLINICIAN = "clinician"
    MANAGER = "manager"
    AUDITOR = "auditor"


class Permission(StrEnum):
    VIEW_DAY = "view_day"
    VIEW_PATIENT = "view_patient"
    ADD_PATIENT = "add_patient"
    VIEW_COURSE = "view_course"
    BOOK_COURSE = "book_course"
    RECORD_ATTENDANCE = "record_attendance"
    SETTLE_MISS = "settle_miss"
    VIEW_MESSAGES = "view_messages"
    VIEW_ATTENTION = "view_attention"
    CLEAR_FLAG = "clear_flag"
    MANAGE_SITE = "manage_site"
    DECIDE_COURSE = "decide_course"  # what a protocol leaves to a clinician
    OVERRIDE_RULE = "override_rule"  # break a rule of a protocol, with a reason
    CORRECT_RECORD = "correct_record"  # say that a visit never was


_LOOK = frozenset({Permission.VIEW_DAY, Permission.VIEW_COURSE, Permission.VIEW_PATIENT, Permission.VIEW_ATTENTION})
_DESK = _LOOK | {
    Permission.ADD_PATIENT,
    Permission.BOOK_COURSE,
    Permission.RECORD_ATTENDANCE,
    Permission.SETTLE_MISS,
    Permission.VIEW_MESSAGES,
}

ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.FRONT_DESK: _DESK,
    Role.TECHNICIAN: _LOOK | {Permission.RECORD_ATTENDANCE},
    Role.CLINICIAN: _DESK
    | {Permission.CLEAR_FLAG, Permission.DECIDE_COURSE, Permission.OVERRIDE_RULE, Permission.CORRECT_RECORD},
    Role.MANAGER: _DESK | {Permission.MANAGE_SITE, Permission.OVERRIDE_RULE, Permission.CORRECT_RECORD},
    Role.AUDITOR: frozenset({Permission.VIEW_DAY, Permission.VIEW_COURSE, Permission.VIEW_MESSAGES}),
}


def roles_with(permission: Permission) -> frozenset[Role]:
    """Return the roles that hold a permission."""
    return frozenset(role for role, held in ALLOWED.items() if permission in held)
