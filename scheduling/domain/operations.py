"""Pure: the words of running a clinic: what is asked before a visit, what blocks time, who waits, what is offered."""

from enum import StrEnum


class GateKind(StrEnum):
    """What must be there before a course is confirmed or a visit begins (domain 1: before-session, day-of)."""

    CONSULT = "consult"
    SCREENING = "screening"
    CONSENT = "consent"
    MEDICAL_CLEARANCE = "medical_clearance"
    PREOP_CLEARANCE = "preop_clearance"
    REMS_ENROLLMENT = "rems_enrollment"
    IMPLANT_RECORD = "implant_record"
    WOUND_CHECK = "wound_check"
    FMRI_TARGET = "fmri_target"
    FINANCIAL = "financial"
    AUTHORIZATION = "authorization"
    ESCORT = "escort"
    RIDE = "ride"
    FASTING = "fasting"
    DRUG_ON_HAND = "drug_on_hand"
    MONITORING_FORM = "monitoring_form"


# Kinds of resource that are somebody, in the order a board shows them; a place under somebody's watch is not one.
PEOPLE = ("operator", "iv_nurse", "observer", "psychiatrist", "anesthesia", "therapist", "coordinator", "interpreter")


class BlockKind(StrEnum):
    """Why time is blocked: a thing is out of service, somebody is away, the site is closed."""

    OUT_OF_SERVICE = "out_of_service"
    AWAY = "away"
    CLOSED = "closed"


class BlockState(StrEnum):
    IN_FORCE = "in_force"
    REOPENED = "reopened"  # ended before its time: people may be moved back
    UNDONE = "undone"  # taken back as if it had never been


class WaitKind(StrEnum):
    """`waiting` has not started; `standby` has a course and wants an earlier visit."""

    WAITING = "waiting"
    STANDBY = "standby"


class Urgency(StrEnum):
    ROUTINE = "routine"
    SOON = "soon"
    URGENT = "urgent"


class OfferState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    TAKEN = "taken"  # somebody else was quicker, or the desk used the time: the place on the list is kept
    DECLINED = "declined"
    EXPIRED = "expired"


class ProposalState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    OUTDATED = "outdated"  # something changed meanwhile: it can't be accepted any more
