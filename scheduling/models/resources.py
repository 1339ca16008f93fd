"""What can be in one visit at a time: devices, rooms, people, places in a group; and when they can't."""

from django.db import models
from django.db.models import F, Q

from scheduling.constraints import NoOverlapConstraint


class Resource(models.Model):
    """A device, chair, room, place or person that can be in one visit at a time.

    A capacity above one is numbered places ("Recovery bay 1 … 4"), so that an overlap rule can be a constraint.
    """

    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="resources")
    kind = models.CharField(max_length=30)
    name = models.CharField(max_length=60)
    capabilities = models.JSONField(default=list)
    group = models.CharField(max_length=20, blank=True)  # heading over the board's column; empty: no column
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    # A place in a closed group is free only while the group meets.
    closed_group = models.ForeignKey("ClosedGroup", on_delete=models.PROTECT, null=True, related_name="places")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="resource_name_once")]

    def __str__(self) -> str:
        return f"Resource {self.pk}"


class ResourceHours(models.Model):
    """Wall-clock hours of a resource on a weekday; without any row a resource keeps the site's opening hours."""

    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__gte=1, weekday__lte=7), name="resourcehours_weekday_iso"),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="resourcehours_not_empty"),
        ]

    def __str__(self) -> str:
        return f"Resource hours {self.pk}"


class Closure(models.Model):
    """A time in which the whole site is closed, as instants: it may cross midnight."""

    site = models.ForeignKey("clinic.Site", on_delete=models.CASCADE, related_name="closures")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=80)
    block = models.ForeignKey("Block", on_delete=models.PROTECT, null=True, related_name="closures")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="closure_not_empty"),
            # A closed day is entered once; a block may begin where another one or a holiday does, and last longer.
            models.UniqueConstraint(fields=["site", "starts_at"], condition=Q(block=None), name="closure_once"),
        ]

    def __str__(self) -> str:
        return f"Closure {self.pk}"


class Outage(models.Model):
    """A time in which one resource is out of service."""

    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="outages")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=80)
    block = models.ForeignKey("Block", on_delete=models.PROTECT, null=True, related_name="outages")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="outage_not_empty")]

    def __str__(self) -> str:
        return f"Outage {self.pk}"


class ClosedGroup(models.Model):
    """A group with fixed dates: its members hold numbered places, the group itself holds room and therapist once."""

    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    topic = models.CharField(max_length=30)  # what its places can be used for, as a protocol's need asks: `mbct`

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="closedgroup_name_once")]

    def __str__(self) -> str:
        return f"Closed group {self.pk}"


class GroupMeeting(models.Model):
    """One date of a closed group."""

    group = models.ForeignKey(ClosedGroup, on_delete=models.CASCADE, related_name="meetings")
    number = models.PositiveSmallIntegerField()
    day = models.DateField()
    minute = models.PositiveSmallIntegerField()
    minutes = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "number"], name="groupmeeting_number_once")]

    def __str__(self) -> str:
        return f"Group meeting {self.pk}"


class Shift(models.Model):
    """Who stands at a role place on a day. Naming or swapping a person moves no visit and tells no patient."""

    place = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="shifts")
    staff = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_not_empty"),
            NoOverlapConstraint(
                name="shift_place_no_overlap", key="place", start="starts_at", end="ends_at", active="is_active"
            ),
            NoOverlapConstraint(
                name="shift_staff_no_overlap", key="staff", start="starts_at", end="ends_at", active="is_active"
            ),
        ]

    def __str__(self) -> str:
        return f"Shift {self.pk}"


class AttendancePolicy(models.Model):
    """How early a cancellation must come and how late a patient may, at a site; empty modality: for all others."""

    site = models.ForeignKey("clinic.Site", on_delete=models.CASCADE, related_name="+")
    modality = models.CharField(max_length=20, blank=True)
    notice_hours = models.PositiveSmallIntegerField(null=True)
    notice_business_days = models.PositiveSmallIntegerField(null=True)
    cutoff_minute = models.PositiveSmallIntegerField(null=True)  # wall clock, on the last day of notice
    late_minutes = models.PositiveSmallIntegerField(default=10)  # after the start a visit counts as late

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "modality"], name="attendancepolicy_once"),
            models.CheckConstraint(
                condition=Q(notice_hours=None) | Q(notice_business_days=None), name="attendancepolicy_one_notice"
            ),
        ]

    def __str__(self) -> str:
        return f"Attendance policy {self.pk}"
