"""What people answered to what needed them. What needs them is derived, never stored."""

from django.db import models
from django.db.models import Q


class Acknowledgement(models.Model):
    """An item somebody took, held or finished. Finished, it never comes back for the same cause."""

    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=120)  # the item's, stable for its cause
    owner = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")
    held_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "key"], name="acknowledgement_once"),
            models.CheckConstraint(condition=Q(held_until=None) | Q(done_at=None), name="acknowledgement_held_or_done"),
        ]

    def __str__(self) -> str:
        return f"Acknowledgement {self.pk}"
