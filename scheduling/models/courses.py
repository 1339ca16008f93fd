"""What is owed and when: protocols, courses, sessions, and the time they occupy."""

from django.db import models
from django.db.models import F, Q

from scheduling.constraints import NoOverlapConstraint
from scheduling.domain.states import RELEASED, CancelledBy, CourseState, EndReason, SessionState
from scheduling.models.resources import Resource

_S = SessionState
_RELEASED = sorted(RELEASED)
_ARRIVED_OR_LATER = [_S.ARRIVED, _S.IN_TREATMENT, _S.MONITORING, _S.COMPLETED, _S.PARTIAL]


class Protocol(models.Model):
    """One version of a protocol. A course keeps the version it was built from; a change is a new row."""

    code = models.SlugField(max_length=40)
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=80)
    tag = models.CharField(max_length=6)
    definition = models.JSONField()
    digest = models.CharField(max_length=64)
    is_current = models.BooleanField(default=True)
    loaded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="protocol_version_once"),
            models.UniqueConstraint(fields=["code"], condition=Q(is_current=True), name="protocol_one_current"),
        ]

    def __str__(self) -> str:
        return f"Protocol {self.code} v{self.version}"


class ProtocolDraft(models.Model):
    """A protocol as one person is writing it, so that nothing typed is lost; `sound`: what it began with.

    `from_version` 0: there is none of that code yet.
    """

    code = models.SlugField(max_length=40)
    by = models.ForeignKey("clinic.StaffUser", on_delete=models.CASCADE, related_name="+")
    mapping = models.JSONField()
    sound = models.JSONField()
    from_version = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "by"], name="protocoldraft_once")]

    def __str__(self) -> str:
        return f"Draft {self.pk} of protocol {self.code}"


class Course(models.Model):
    """One prescribed treatment of one patient: N sessions under one protocol version."""

    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="courses")
    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=16, choices=[(s.value, s.value) for s in CourseState])
    prescribed = models.PositiveSmallIntegerField()
    standing_minute = models.PositiveSmallIntegerField()  # wall-clock minutes after midnight
    booked_at = models.DateTimeField()
    wish = models.JSONField(default=dict)  # what was asked for: later changes of the plan keep to it
    held_until = models.DateTimeField(null=True)  # times are only held until then, while an authorisation is pending
    resume_on = models.DateField(null=True)  # on hold: when the patient expects to go on
    end_reason = models.CharField(max_length=16, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[s.value for s in CourseState]), name="course_state_known"),
            models.CheckConstraint(condition=Q(prescribed__gt=0), name="course_not_empty"),
            models.CheckConstraint(
                condition=Q(held_until=None) | Q(state=CourseState.DRAFT.value), name="course_held_is_draft"
            ),
            models.CheckConstraint(
                condition=Q(resume_on=None) | Q(state=CourseState.ON_HOLD.value), name="course_resume_on_hold"
            ),
            models.CheckConstraint(
                condition=Q(end_reason__in=["", *(reason.value for reason in EndReason)]), name="course_end_known"
            ),
        ]
        indexes = [
            models.Index(fields=["held_until"], condition=Q(held_until__isnull=False), name="course_held_until"),
            # Who is due for a next visit is looked for every few seconds, among all the courses there ever were.
            models.Index(fields=["protocol"], condition=Q(state=CourseState.ACTIVE.value), name="course_active"),
        ]

    def __str__(self) -> str:
        return f"Course {self.pk}"


class Session(models.Model):
    """One visit of a course. UTC instants stand beside the clinic's wall clock (`day`, `minute`, `zone`)."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="sessions")
    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    phase = models.CharField(max_length=30)
    visit_type = models.CharField(max_length=30)
    state = models.CharField(max_length=16, choices=[(s.value, s.value) for s in SessionState])
    is_active = models.BooleanField(default=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    day = models.DateField()
    minute = models.PositiveSmallIntegerField()
    zone = models.CharField(max_length=40)
    why = models.CharField(max_length=200)
    deviation = models.CharField(max_length=300, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    observation_until = models.DateTimeField(null=True)  # nobody leaves before then without a name
    reason = models.CharField(max_length=120, blank=True)
    reason_code = models.CharField(max_length=16, blank=True)
    cancelled_by = models.CharField(max_length=8, blank=True)
    is_late_cancel = models.BooleanField(default=False)
    is_counted = models.BooleanField(default=True)  # delivered, or still to come: has a place in 1..N
    dose_mg = models.PositiveSmallIntegerField(null=True)
    makeup_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="makeups")
    missed_after = models.DateTimeField(null=True)
    recording_gap = models.ForeignKey(
        "RecordingGap", on_delete=models.PROTECT, null=True, related_name="sessions", db_index=False
    )
    # What a recount of the patient's authorisations found; written by it alone.
    billing_code = models.CharField(max_length=12, blank=True)
    authorization = models.ForeignKey(
        "Authorization", on_delete=models.PROTECT, null=True, related_name="sessions", db_index=False
    )
    uncovered = models.CharField(max_length=60, blank=True)  # why no authorisation pays, in words
    version = models.PositiveIntegerField(default=1)
    timing_version = models.PositiveIntegerField(default=1)
    note = models.CharField(max_length=300, blank=True)  # for whoever is at the chair; it has a version of its own
    note_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[s.value for s in SessionState]), name="session_state_known"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="session_not_empty"),
            models.CheckConstraint(
                condition=Q(is_active=True) & ~Q(state__in=_RELEASED) | Q(is_active=False, state__in=_RELEASED),
                name="session_active_as_state",
            ),
            models.CheckConstraint(
                condition=Q(is_active=False, is_counted=False)
                | Q(is_active=True, is_counted=True)
                | Q(is_active=True, state=_S.PARTIAL.value),
                name="session_counted_as_state",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_by="") & ~Q(state=_S.CANCELLED.value)
                | Q(cancelled_by__in=[by.value for by in CancelledBy], state=_S.CANCELLED.value),
                name="session_cancelled_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=_ARRIVED_OR_LATER) | Q(arrived_at__isnull=False),
                name="session_present_has_arrival",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[_S.NOT_TREATED, _S.CANCELLED]) | ~Q(reason=""),
                name="session_refusal_has_reason",
            ),
            NoOverlapConstraint(
                name="session_patient_no_overlap",
                key="patient",
                start="starts_at",
                end="ends_at",
                active="is_active",
            ),
        ]
        indexes = [
            models.Index(fields=["site", "day"], name="session_board"),
            models.Index(fields=["course", "number"], name="session_course_number"),
            models.Index(
                fields=["patient", "starts_at", "ends_at"],
                condition=Q(is_active=True),
                name="session_patient_active",
            ),
            models.Index(
                fields=["missed_after"],
                condition=Q(state=_S.BOOKED.value, missed_after__isnull=False),
                name="session_to_flag",
            ),
            models.Index(fields=["starts_at"], condition=Q(state=_S.BOOKED.value), name="session_open"),
            models.Index(fields=["site"], condition=Q(state=_S.MISSED.value), name="session_to_settle"),
            models.Index(
                fields=["site"],
                condition=Q(state__in=[_S.ARRIVED.value, _S.IN_TREATMENT.value, _S.MONITORING.value]),
                name="session_under_way",
            ),
            models.Index(fields=["recording_gap"], condition=Q(recording_gap__isnull=False), name="session_held_back"),
            models.Index(
                fields=["authorization"], condition=Q(authorization__isnull=False), name="session_authorization"
            ),
        ]

    def __str__(self) -> str:
        return f"Session {self.pk}"


class Reservation(models.Model):
    """The time a session occupies one resource, set-up and turnover included.

    The local day (as an ordinal) and its 5-minute quanta stand beside the instants: availability is read as
    plain integers, tens of thousands of rows at a time.
    """

    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="reservations")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, null=True, related_name="reservations")
    meeting = models.ForeignKey("GroupMeeting", on_delete=models.PROTECT, null=True, related_name="reservations")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    day_number = models.IntegerField()
    first_quantum = models.PositiveSmallIntegerField()
    end_quantum = models.PositiveSmallIntegerField()
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="reservation_not_empty"),
            models.CheckConstraint(
                condition=Q(end_quantum__gt=F("first_quantum"), end_quantum__lte=288),
                name="reservation_within_day",
            ),
            models.CheckConstraint(
                condition=Q(session__isnull=False, meeting__isnull=True)
                | Q(session__isnull=True, meeting__isnull=False),
                name="reservation_for_one_thing",
            ),
            NoOverlapConstraint(
                name="reservation_no_overlap",
                key="resource",
                start="starts_at",
                end="ends_at",
                active="is_active",
            ),
        ]
        indexes = [
            models.Index(
                fields=["resource", "day_number"],
                include=["first_quantum", "end_quantum"],
                condition=Q(is_active=True),
                name="reservation_by_day",
            ),
            models.Index(
                fields=["resource", "starts_at", "ends_at"],
                condition=Q(is_active=True),
                name="reservation_active",
            ),
            models.Index(fields=["starts_at"], condition=Q(is_active=False), name="reservation_let_go"),
        ]

    def __str__(self) -> str:
        return f"Reservation {self.pk}"
