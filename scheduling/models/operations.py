"""Running the clinic: time blocked as one decision, days opened beside the template, proposals to level the future."""

from django.db import models
from django.db.models import F, Q

from scheduling.domain.operations import BlockKind, BlockState, ProposalState


class Block(models.Model):
    """One decision to take something, or the whole site, out of use for a time. What it moved is undone with it."""

    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="blocks")
    kind = models.CharField(max_length=16, choices=[(k.value, k.value) for k in BlockKind])
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in BlockState])
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="block_not_empty"),
            models.CheckConstraint(condition=Q(kind__in=[k.value for k in BlockKind]), name="block_kind_known"),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in BlockState]), name="block_state_known"),
        ]
        indexes = [models.Index(fields=["site", "ends_at"], name="block_of_site")]

    def __str__(self) -> str:
        return f"Block {self.pk}"


class ExtraHours(models.Model):
    """Hours on one day beside the weekly template, wall clock; without a resource the whole site opens.

    A row taken back is kept: a plan made before is told by it that the time is closed again.
    """

    site = models.ForeignKey("clinic.Site", on_delete=models.CASCADE, related_name="extra_hours")
    resource = models.ForeignKey("Resource", on_delete=models.CASCADE, null=True, related_name="extra_hours")
    day = models.DateField()
    opens = models.TimeField()
    closes = models.TimeField()
    reason = models.CharField(max_length=80, blank=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="extrahours_not_empty"),
            models.UniqueConstraint(
                fields=["site", "day", "opens"],
                condition=Q(resource=None, removed_at=None),
                name="extrahours_of_site_once",
            ),
            models.UniqueConstraint(
                fields=["resource", "day", "opens"],
                condition=Q(resource__isnull=False, removed_at=None),
                name="extrahours_once",
            ),
        ]
        indexes = [models.Index(fields=["site", "day"], name="extrahours_by_day")]

    def __str__(self) -> str:
        return f"Extra hours {self.pk}"


class LevelProposal(models.Model):
    """Sessions nobody was told about yet that could move to open rigid lanes: proposed by night, decided by a manager.

    `moves`: per session its course, the version it was read at, and from where to where; `gain`: what it opens.
    """

    site = models.ForeignKey("clinic.Site", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in ProposalState])
    moves = models.JSONField()
    gain = models.JSONField()
    made_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=120, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in ProposalState]), name="levelproposal_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state=ProposalState.OPEN.value, decided_at=None)
                | ~Q(state=ProposalState.OPEN.value) & Q(decided_at__isnull=False),
                name="levelproposal_decided_once",
            ),
            models.UniqueConstraint(
                fields=["site"], condition=Q(state=ProposalState.OPEN.value), name="levelproposal_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"Level proposal {self.pk}"


class DayPrint(models.Model):
    """A day sheet somebody printed: what stood on it, so that the changes since can be told and printed alone."""

    site = models.ForeignKey("clinic.Site", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    resource = models.ForeignKey("Resource", on_delete=models.CASCADE, null=True, related_name="+")  # null: all of them
    at = models.DateTimeField()
    by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, related_name="+")
    lines = models.JSONField()  # by session: its minute and its resource

    class Meta:
        indexes = [models.Index(fields=["site", "day", "at"], name="dayprint_of_day")]

    def __str__(self) -> str:
        return f"Day print {self.pk}"
