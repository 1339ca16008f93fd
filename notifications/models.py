"""What is said, to whom, when, how, and the proof."""

import uuid

from django.db import models
from django.db.models import Q

from clinic.constraints import AppendOnly
from notifications.domain.states import Kind, MessageState
from patients.domain.contact import Channel

_STATES = [state.value for state in MessageState]


class Message(models.Model):
    """One message to one address: the outbox. The database is the truth, the broker only wakes people up."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    dedupe_key = models.CharField(max_length=120, unique=True)  # subject + kind + channel + recipient: planned once
    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="+")
    course = models.ForeignKey("scheduling.Course", on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey("scheduling.Session", on_delete=models.PROTECT, null=True, related_name="+")
    timing_version = models.PositiveIntegerField(default=0)
    week_of = models.DateField(null=True)
    contact_point = models.ForeignKey("patients.ContactPoint", on_delete=models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in Kind])
    channel = models.CharField(max_length=5, choices=[(channel.value, channel.value) for channel in Channel])
    due_at = models.DateTimeField()
    send_by = models.DateTimeField()
    state = models.CharField(max_length=16, choices=[(state, state) for state in _STATES], default=MessageState.PENDING)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    provider_sid = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - unique when there is one
    template_version = models.CharField(max_length=12)
    reason = models.CharField(max_length=160, blank=True)
    text = models.TextField(blank=True)  # what was, or would have been, said: clinic, day, time, phone
    settled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(state__in=_STATES), name="message_state_known")]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state=MessageState.PENDING.value), name="message_due"),
            models.Index(
                fields=["lease_until"],
                condition=Q(state__in=[MessageState.CLAIMED.value, MessageState.SENDING.value]),
                name="message_leased",
            ),
            models.Index(fields=["site", "-due_at"], name="message_outbox"),
            models.Index(fields=["contact_point", "settled_at"], name="message_caps"),
        ]

    def __str__(self) -> str:
        return f"Message {self.pk}"


class MessageAttempt(models.Model):
    """One try to hand a message over: a row when it begins, a row when it ends. Added to, never altered."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=10, choices=[("started", "started"), ("ended", "ended")])
    at = models.DateTimeField()
    outcome = models.CharField(max_length=16, blank=True)
    code = models.CharField(max_length=16, blank=True)
    provider_sid = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [AppendOnly(name="messageattempt_append_only")]

    def __str__(self) -> str:
        return f"Attempt {self.pk}"


class Suppression(models.Model):
    """An address nothing is sent to any more, by its hash, and why."""

    channel = models.CharField(max_length=5)
    address_hash = models.CharField(max_length=64)
    cause = models.CharField(max_length=40)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "address_hash"], name="suppression_once")]

    def __str__(self) -> str:
        return f"Suppression {self.pk}"
