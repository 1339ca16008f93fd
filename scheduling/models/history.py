"""What happened: rows that are never altered."""

from django.db import models
from django.db.models import Q

from clinic.constraints import AppendOnly
from scheduling.models.courses import Course, Session


class CourseEvent(models.Model):
    """What happened to a course as a whole; a change of several sessions is one, and is undone as one."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=20)
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16)
    at = models.DateTimeField()
    by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=120, blank=True)
    data = models.JSONField(default=dict)
    # Many courses changed by one decision: told as one, taken back as one.
    block = models.ForeignKey("Block", on_delete=models.PROTECT, null=True, related_name="changes", db_index=False)

    class Meta:
        constraints = [AppendOnly(name="courseevent_append_only")]
        indexes = [
            models.Index(fields=["block"], condition=Q(block__isnull=False), name="courseevent_of_block"),
            models.Index(fields=["at"], name="courseevent_at"),  # what is new is told
        ]

    def __str__(self) -> str:
        return f"Course event {self.pk}"


class SessionEvent(models.Model):
    """What happened to a session: written in the transaction of the change, never altered."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="events")
    change = models.ForeignKey(CourseEvent, on_delete=models.PROTECT, null=True, related_name="sessions")
    kind = models.CharField(max_length=20)
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16)
    at = models.DateTimeField()
    by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=120, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        constraints = [AppendOnly(name="sessionevent_append_only")]
        indexes = [models.Index(fields=["at"], name="sessionevent_at")]

    def __str__(self) -> str:
        return f"Session event {self.pk}"


class RecordingGap(models.Model):
    """A day on which a site recorded nothing, or the system was down: misses are asked about, not flagged."""

    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    is_outage = models.BooleanField()  # the system was down; else nobody recorded anything
    noticed_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "day", "is_outage"], name="recordinggap_asked_once")]
        indexes = [models.Index(fields=["site"], condition=Q(settled_at=None), name="recordinggap_open")]

    def __str__(self) -> str:
        return f"Recording gap {self.pk}"
