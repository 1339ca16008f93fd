"""What was shown for a gate: evidence that something is there, or a person's word that it may be passed."""

from django.db import models
from django.db.models import Q

from scheduling.domain.gate_kinds import CANT_COME
from scheduling.domain.operations import GateKind


class Prerequisite(models.Model):
    """Evidence for one gate of a patient, of one course, or of one session; withdrawn, never altered.

    Which gates a course has follows from its protocol; without a row in force a gate is red.
    """

    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="prerequisites")
    course = models.ForeignKey("Course", on_delete=models.PROTECT, null=True, related_name="prerequisites")
    session = models.ForeignKey("Session", on_delete=models.PROTECT, null=True, related_name="prerequisites")
    kind = models.CharField(max_length=20, choices=[(k.value, k.value) for k in GateKind])
    is_override = models.BooleanField(default=False)
    is_confirmed = models.BooleanField(default=True)  # an escort may be named first and confirm later
    evidence = models.CharField(max_length=160, blank=True)  # what was seen: a document, a lot number
    person = models.ForeignKey("patients.RelatedPerson", on_delete=models.PROTECT, null=True, related_name="+")
    # The start of the visit it was shown for: a ride that is confirmed for one time is not for another.
    starts_at = models.DateTimeField(null=True)
    valid_until = models.DateField(null=True)  # the last day it says it is good for; null: as the protocol says
    ate_at = models.DateTimeField(null=True)  # fasting: when the patient last ate, and drank
    drank_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=120, blank=True)  # why it may be passed
    at = models.DateTimeField()
    by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=[k.value for k in GateKind]), name="prerequisite_kind_known"),
            models.CheckConstraint(
                condition=Q(is_override=False) | ~Q(reason=""), name="prerequisite_override_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(session=None, starts_at=None)
                | Q(session__isnull=False, course__isnull=False, starts_at__isnull=False),
                name="prerequisite_session_of_course",
            ),
            models.UniqueConstraint(
                fields=["patient", "kind", "is_override"],
                condition=Q(course=None, withdrawn_at=None),
                name="prerequisite_of_patient_once",
            ),
            models.UniqueConstraint(
                fields=["course", "kind", "is_override"],
                condition=Q(course__isnull=False, session=None, withdrawn_at=None),
                name="prerequisite_of_course_once",
            ),
            models.UniqueConstraint(
                # What was shown for another time stays: a move that is taken back brings it back.
                fields=["session", "kind", "is_override", "starts_at"],
                condition=Q(session__isnull=False, withdrawn_at=None),
                name="prerequisite_of_session_once",
            ),
        ]
        indexes = [
            models.Index(fields=["patient"], condition=Q(withdrawn_at=None), name="prerequisite_in_force"),
            models.Index(fields=["starts_at"], condition=Q(person__isnull=False), name="prerequisite_of_person"),
        ]

    def __str__(self) -> str:
        return f"Prerequisite {self.pk}"

    @property
    def is_refused(self) -> bool:
        """Tell whether who is named said that they can't."""
        return not self.is_confirmed and self.evidence == CANT_COME
