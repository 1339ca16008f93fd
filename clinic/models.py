"""Who we are: sites, staff, their roles, and the record of who looked at what."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q

from clinic.constraints import AppendOnly
from clinic.domain.permissions import Role

WEEKDAYS = [
    (1, "Monday"),
    (2, "Tuesday"),
    (3, "Wednesday"),
    (4, "Thursday"),
    (5, "Friday"),
    (6, "Saturday"),
    (7, "Sunday"),
]


class Site(models.Model):
    """One place where patients are treated. `message_name` is neutral: it is all a text message says about us."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    message_name = models.CharField(max_length=20)
    zone = models.CharField(max_length=40)
    region = models.CharField(max_length=2, default="US")
    address = models.CharField(max_length=160)
    phone = models.CharField(max_length=20)
    missed_grace_minutes = models.PositiveSmallIntegerField(default=15)
    lock_minutes = models.PositiveSmallIntegerField(default=10)  # without a touch, until its screens lock
    is_demo = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(lock_minutes__gte=2, lock_minutes__lte=30), name="site_lock_minutes")
        ]

    def __str__(self) -> str:
        return f"Site {self.slug}"


class OpeningHours(models.Model):
    """Wall-clock hours of one weekday; several rows a day are allowed (a lunch break)."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(choices=WEEKDAYS)
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__gte=1, weekday__lte=7), name="openinghours_weekday_iso"),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="openinghours_not_empty"),
            models.UniqueConstraint(fields=["site", "weekday", "opens"], name="openinghours_once"),
        ]

    def __str__(self) -> str:
        return f"Opening hours {self.pk}"


class StaffManager(BaseUserManager["StaffUser"]):
    def get_by_natural_key(self, username: str | None) -> "StaffUser":
        return self.get(email__iexact=username)


class StaffUser(AbstractBaseUser):
    """A person on the staff, signed in by e-mail. Nobody shares an account."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=80)
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)
    theme = models.CharField(
        max_length=5, choices=[("auto", "Auto"), ("light", "Light"), ("dark", "Dark")], default="auto"
    )
    single_keys = models.BooleanField(default=True)  # A for Arrive; combinations with Ctrl stay on without them
    is_private = models.BooleanField(default=False)  # initials instead of names
    lock_minutes = models.PositiveSmallIntegerField(null=True)  # None: as long as their sites say
    board = models.JSONField(default=dict)  # how they like the day: zoom, view, what is shown
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lock_minutes__gte=2, lock_minutes__lte=30), name="staffuser_lock_minutes"
            )
        ]

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = StaffManager()

    def __str__(self) -> str:
        return f"Staff #{self.pk}"


class BoardView(models.Model):
    """A set of the board's columns a person gave a name, at one site."""

    user = models.ForeignKey(StaffUser, on_delete=models.CASCADE, related_name="board_views")
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    columns = models.JSONField(default=list)  # numbers of resources, in the person's order; clinic knows no other app
    position = models.PositiveSmallIntegerField()
    is_default = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "site", "name"], name="boardview_once"),
            models.UniqueConstraint(
                fields=["user", "site"], condition=Q(is_default=True), name="boardview_one_default"
            ),
        ]

    def __str__(self) -> str:
        return f"Board view {self.pk}"


class Membership(models.Model):
    """What a person may do, at one site."""

    user = models.ForeignKey(StaffUser, on_delete=models.CASCADE, related_name="memberships")
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=[(role.value, role.value) for role in Role])
    skills = models.JSONField(default=list)  # what the person can be rostered for: `operator`, `neuronavigation`, …
    since = models.DateTimeField(null=True)  # invited; who has not signed in since then has not come in yet
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "site"], name="membership_one_role_a_site"),
            models.CheckConstraint(condition=Q(role__in=[role.value for role in Role]), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"Membership {self.pk}"


class ApiToken(models.Model):
    """A machine's key. Only its SHA-256 is kept."""

    user = models.ForeignKey(StaffUser, on_delete=models.CASCADE, related_name="api_tokens")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Token {self.pk}"


class IdempotencyKey(models.Model):
    """A request that was carried out, so that the same request again changes nothing. Kept 48 hours."""

    user = models.ForeignKey(StaffUser, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    route = models.CharField(max_length=80)
    body_sha256 = models.CharField(max_length=64)
    result_id = models.BigIntegerField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotencykey_once")]

    def __str__(self) -> str:
        return f"Idempotency key {self.pk}"


class AuditEntry(models.Model):
    """One patient record opened, listed or changed by one person. Added to, never altered; sealed in batches."""

    at = models.DateTimeField()
    actor = models.ForeignKey(StaffUser, on_delete=models.PROTECT, null=True, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=12, blank=True)
    action = models.CharField(max_length=40)
    patient_id = models.BigIntegerField(null=True)  # a number, not a key: clinic knows no other app
    object_type = models.CharField(max_length=20, blank=True)
    object_id = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=12, default="done")
    request_id = models.CharField(max_length=36, blank=True)
    ip = models.GenericIPAddressField(null=True)

    class Meta:
        constraints = [AppendOnly(name="auditentry_append_only")]
        indexes = [models.Index(fields=["patient_id", "at"], name="auditentry_patient")]

    def __str__(self) -> str:
        return f"Audit entry {self.pk}"


class AuditSeal(models.Model):
    """The SHA-256 chain over audit entries: one link a batch, made by one job so that booking never waits for it."""

    through_id = models.BigIntegerField(unique=True)
    entries = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [AppendOnly(name="auditseal_append_only")]

    def __str__(self) -> str:
        return f"Audit seal {self.pk}"


class Heartbeat(models.Model):
    """When a background part last proved that it works, end to end."""

    name = models.CharField(max_length=20, unique=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Heartbeat {self.name}"


class Downtime(models.Model):
    """A stretch in which a background part gave no sign of life: what happened meanwhile may be recorded nowhere."""

    name = models.CharField(max_length=20)
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(until__gt=F("since")), name="downtime_not_empty")]
        indexes = [models.Index(fields=["name", "until"], name="downtime_by_end")]

    def __str__(self) -> str:
        return f"Downtime {self.pk}"
