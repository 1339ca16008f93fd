"""Who is treated, and how they may be reached."""

from django.db import models
from django.db.models import Q

from patients.domain.contact import Channel, ContactKind, Language, PatientState, Purpose


def _one_of(field: str, values: list[str], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": values}), name=name)


class Patient(models.Model):
    """A person in treatment at one site. Names and birth date stay in clear columns: the desk searches by them."""

    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="patients")
    record_number = models.CharField(max_length=20)
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in PatientState], default=PatientState.ACTIVE
    )
    first_name = models.CharField(max_length=60)
    last_name = models.CharField(max_length=60)
    preferred_name = models.CharField(max_length=60, blank=True)
    birth_date = models.DateField()
    language = models.CharField(max_length=2, choices=[(x.value, x.value) for x in Language], default=Language.ENGLISH)
    search_text = models.CharField(max_length=200)  # folded names, birth date and phone digits, for the one search box
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "record_number"], name="patient_record_number_once"),
            _one_of("state", [s.value for s in PatientState], "patient_state_known"),
        ]
        indexes = [models.Index(fields=["site", "last_name", "first_name"], name="patient_site_name")]

    def __str__(self) -> str:
        return f"Patient #{self.pk}"


class ContactPoint(models.Model):
    """One way to reach a patient: a phone in E.164 or an e-mail address."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="contact_points")
    kind = models.CharField(max_length=5, choices=[(k.value, k.value) for k in ContactKind])
    value = models.CharField(max_length=254)
    is_preferred = models.BooleanField(default=True)
    is_usable = models.BooleanField(default=True)
    zone = models.CharField(max_length=40, blank=True)  # empty: the site's

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "kind", "value"], name="contactpoint_once"),
            models.UniqueConstraint(
                fields=["patient", "kind"], condition=Q(is_preferred=True), name="contactpoint_one_preferred"
            ),
            _one_of("kind", [k.value for k in ContactKind], "contactpoint_kind_known"),
        ]
        indexes = [models.Index(fields=["kind", "value"], name="contactpoint_value")]

    def __str__(self) -> str:
        return f"Contact point {self.pk}"


class Consent(models.Model):
    """A person's yes to one channel for one purpose, in the words shown: without it no text (47 CFR 64.1200)."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="consents")
    channel = models.CharField(max_length=5, choices=[(c.value, c.value) for c in Channel])
    purpose = models.CharField(max_length=10, choices=[(p.value, p.value) for p in Purpose], default=Purpose.REMINDERS)
    wording = models.CharField(max_length=20)
    how = models.CharField(max_length=20)
    given_at = models.DateTimeField()
    recorded_by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "channel", "purpose"],
                condition=Q(revoked_at=None),
                name="consent_one_in_force",
            ),
            _one_of("channel", [c.value for c in Channel], "consent_channel_known"),
        ]

    def __str__(self) -> str:
        return f"Consent {self.pk}"
