"""What happened: rows that are never altered."""

from django.db import models

from clinic.constraints import AppendOnly
from scheduling.models.courses import Course, Session


class SessionEvent(models.Model):
    """What happened to a session: written in the transaction of the change, never altered."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=20)
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16)
    at = models.DateTimeField()
    by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=120, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        constraints = [AppendOnly(name="sessionevent_append_only")]

    def __str__(self) -> str:
        return f"Session event {self.pk}"


class CourseEvent(models.Model):
    """What happened to a course as a whole."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=20)
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16)
    at = models.DateTimeField()
    by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=120, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        constraints = [AppendOnly(name="courseevent_append_only")]

    def __str__(self) -> str:
        return f"Course event {self.pk}"
