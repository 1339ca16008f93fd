"""How patients get ready: a site's own lists of steps, and what of them was ticked for a visit."""

from django.db import models

from clinic.constraints import AppendOnly


class PrepSheet(models.Model):
    """A site's own steps for a protocol: a row for each version, added to and never altered; the last is in force.

    `steps`: each with its id and its words in every language; null goes back to the product's.
    """

    site = models.ForeignKey("clinic.Site", on_delete=models.CASCADE, related_name="+")
    code = models.SlugField(max_length=40)  # of the protocol, whichever version of it a course runs on
    version = models.PositiveIntegerField()
    steps = models.JSONField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "code", "version"], name="prepsheet_version_once"),
            AppendOnly(name="prepsheet_append_only"),
        ]

    def __str__(self) -> str:
        return f"Prep sheet {self.pk}"


class PrepTick(models.Model):
    """A step a patient says is done for a visit. Of a visit that moved to another day nothing is done yet.

    `sheet`: the version it was read in; null: the site had none.
    """

    session = models.ForeignKey("Session", on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    step = models.CharField(max_length=16)
    sheet = models.ForeignKey(PrepSheet, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()
    agent = models.CharField(max_length=200, blank=True)  # the browser it was said with

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "day", "step"], name="preptick_once")]

    def __str__(self) -> str:
        return f"Prep tick {self.pk}"
