"""Who waits for a time, and which freed times were offered to them."""

from django.db import models
from django.db.models import F, Q

from scheduling.domain.operations import OfferState, Urgency, WaitKind


class WaitlistEntry(models.Model):
    """Somebody who wants to begin, or to come sooner. `weekdays` (ISO) empty: any; minutes are wall clock."""

    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="waitlist")
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in WaitKind])
    course = models.ForeignKey("Course", on_delete=models.PROTECT, null=True, related_name="+")  # standby
    protocol = models.ForeignKey("Protocol", on_delete=models.PROTECT, null=True, related_name="+")  # waiting
    weekdays = models.JSONField(default=list)
    from_minute = models.PositiveSmallIntegerField(default=0)
    to_minute = models.PositiveSmallIntegerField(default=24 * 60)
    lead_minutes = models.PositiveSmallIntegerField(default=0)  # how long the way here takes; the treatment adds to it
    urgency = models.CharField(max_length=8, choices=[(u.value, u.value) for u in Urgency])
    is_call_only = models.BooleanField(default=False)
    since = models.DateTimeField()
    by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_because = models.CharField(max_length=80, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=WaitKind.STANDBY.value, course__isnull=False, protocol=None)
                | Q(kind=WaitKind.WAITING.value, course=None, protocol__isnull=False),
                name="waitlistentry_for_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(to_minute__gt=F("from_minute"), to_minute__lte=24 * 60), name="waitlistentry_times"
            ),
            models.CheckConstraint(
                condition=Q(urgency__in=[u.value for u in Urgency]), name="waitlistentry_urgency_known"
            ),
            models.UniqueConstraint(
                fields=["course"],
                condition=Q(course__isnull=False, closed_at=None),
                name="waitlistentry_course_once",
            ),
            models.UniqueConstraint(
                fields=["patient", "protocol"],
                condition=Q(protocol__isnull=False, closed_at=None),
                name="waitlistentry_protocol_once",
            ),
        ]
        indexes = [models.Index(fields=["site"], condition=Q(closed_at=None), name="waitlistentry_open")]

    def __str__(self) -> str:
        return f"Waitlist entry {self.pk}"


class SlotOffer(models.Model):
    """A freed time offered to one person who waits; of all offers of one freed time at most one is accepted.

    `freed`: the session that let go of it; `session`: the one of a standby course that would move here, or of a course
    that waited the first one once it is booked.
    """

    entry = models.ForeignKey(WaitlistEntry, on_delete=models.PROTECT, related_name="offers")
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="+")
    freed = models.ForeignKey("Session", on_delete=models.PROTECT, related_name="slot_offers")
    resource = models.ForeignKey("Resource", on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey("Session", on_delete=models.PROTECT, null=True, related_name="+")  # what would move
    day = models.DateField()
    minute = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()  # of the visit that would be there, not of the one that left
    state = models.CharField(max_length=8, choices=[(s.value, s.value) for s in OfferState])
    is_by_phone = models.BooleanField(default=False)  # asked and answered on the phone: no text goes out
    why = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[s.value for s in OfferState]), name="slotoffer_state_known"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("asked_at")), name="slotoffer_lasts"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="slotoffer_not_empty"),
            models.UniqueConstraint(
                fields=["resource", "starts_at", "freed"],
                condition=Q(state=OfferState.ACCEPTED.value),
                name="slotoffer_accepted_once",
            ),
            models.UniqueConstraint(
                fields=["entry", "freed", "starts_at"],
                condition=Q(state__in=[OfferState.OPEN.value, OfferState.ACCEPTED.value]),
                name="slotoffer_asked_once",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state=OfferState.OPEN.value), name="slotoffer_open"),
            models.Index(fields=["patient", "asked_at"], name="slotoffer_of_patient"),
        ]

    def __str__(self) -> str:
        return f"Slot offer {self.pk}"
