"""What a payer pays for."""

from django.db import models
from django.db.models import F, Q

from scheduling.domain.states import UNITS, AuthorizationState


class Payer(models.Model):
    """Who pays, and what they forbid: pairs of modalities side by side or on one day."""

    name = models.CharField(max_length=80, unique=True)
    rules = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"Payer {self.pk}"


class Authorization(models.Model):
    """A payer's word on what is paid for: units of some codes between two dates, both in (domain 2)."""

    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="authorizations")
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=18, choices=[(s.value, s.value) for s in AuthorizationState])
    unit = models.CharField(max_length=8, choices=[(u, u) for u in UNITS], default="session")
    starts_on = models.DateField()
    ends_on = models.DateField()
    plan = models.CharField(max_length=80, blank=True)
    diagnosis = models.CharField(max_length=12, blank=True)  # ICD-10
    provider = models.CharField(max_length=80, blank=True)  # who must render it
    requested_on = models.DateField(null=True)
    decided_on = models.DateField(null=True)
    frequency = models.JSONField(default=dict)  # the most units, by "day" and "week"
    conditions = models.CharField(max_length=300, blank=True)  # what an extension needs
    documents = models.JSONField(default=list)  # names of what was sent
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="authorization_ends_after_start"),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in AuthorizationState]), name="authorization_state_known"
            ),
            models.CheckConstraint(condition=Q(unit__in=UNITS), name="authorization_unit_known"),
        ]
        indexes = [models.Index(fields=["patient", "ends_on"], name="authorization_of_patient")]

    def __str__(self) -> str:
        return f"Authorization {self.pk}"


class AuthorizationUnit(models.Model):
    """A pool of units of one authorization, and the procedure codes it may be used for."""

    authorization = models.ForeignKey(Authorization, on_delete=models.CASCADE, related_name="pools")
    codes = models.JSONField()
    units = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(units__gt=0), name="authorizationunit_not_empty")]

    def __str__(self) -> str:
        return f"Authorization units {self.pk}"
