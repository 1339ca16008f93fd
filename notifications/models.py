"""What is said, to whom, when, how, and the proof."""

import uuid

from django.db import models
from django.db.models import F, Q

from clinic.constraints import AppendOnly
from notifications.domain.states import REFUSED, MessageState

_STATES = [state.value for state in MessageState]
_HELD = [MessageState.CLAIMED.value, MessageState.SENDING.value]
_REFUSED = sorted(state.value for state in REFUSED)


class Message(models.Model):
    """One message to one address: the outbox. The database is the truth, the broker only wakes people up.

    The body is not kept: `template_version`, `language` and `facts` say it again; `body_hash` proves what left.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    dedupe_key = models.CharField(max_length=120, unique=True)  # subject + kind + channel + recipient: planned once
    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="+")

    # What it is about. No patient: the answer to a number nobody here has.
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, null=True, related_name="+")
    course = models.ForeignKey("scheduling.Course", on_delete=models.PROTECT, null=True, related_name="+")
    session = models.ForeignKey("scheduling.Session", on_delete=models.PROTECT, null=True, related_name="+")
    timing_version = models.PositiveIntegerField(default=0)
    week_of = models.DateField(null=True)
    offer = models.ForeignKey("scheduling.SlotOffer", on_delete=models.PROTECT, null=True, related_name="+")
    inbound = models.ForeignKey("InboundMessage", on_delete=models.PROTECT, null=True, related_name="answers")

    # To whom and how. The hash is what caps and suppressions count by, across all records of one number.
    contact_point = models.ForeignKey("patients.ContactPoint", on_delete=models.SET_NULL, null=True, related_name="+")
    related_person = models.ForeignKey("patients.RelatedPerson", on_delete=models.PROTECT, null=True, related_name="+")
    address_hash = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=24)
    channel = models.CharField(max_length=8)
    due_at = models.DateTimeField()
    send_by = models.DateTimeField()

    # What becomes of it. Leases and quarantine go by the database's clock, everything else by the product's.
    state = models.CharField(max_length=16, choices=[(state, state) for state in _STATES], default=MessageState.PENDING)
    reason = models.CharField(max_length=160, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    resends = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    unknown_since = models.DateTimeField(null=True)
    quarantine_until = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="merged")
    handed_at = models.DateTimeField(null=True)  # when it was last given to the provider, or would have been
    settled_at = models.DateTimeField(null=True)
    repaired_at = models.DateTimeField(null=True)  # when what follows from its failure was done, once
    created_at = models.DateTimeField()

    provider = models.CharField(max_length=12, blank=True)
    provider_sid = models.CharField(max_length=120, null=True, unique=True)  # noqa: DJ001 - unique when there is one
    provider_status = models.CharField(max_length=16, blank=True)
    error_code = models.CharField(max_length=16, blank=True)

    template_version = models.CharField(max_length=12)
    language = models.CharField(max_length=2, blank=True)
    facts = models.JSONField(default=dict)  # the words that went into the template: clinic, day, time, phone
    body_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=_STATES), name="message_state_known"),
            models.CheckConstraint(condition=~Q(dedupe_key=""), name="message_key_given"),
            models.CheckConstraint(
                condition=Q(course__isnull=False)
                | Q(session__isnull=False)
                | Q(offer__isnull=False)
                | Q(inbound__isnull=False),
                name="message_about_something",
            ),
            models.CheckConstraint(
                condition=Q(contact_point=None) | Q(related_person=None), name="message_to_one_person"
            ),
            models.CheckConstraint(condition=~Q(state__in=_HELD) | ~Q(lease_until=None), name="message_lease_ends"),
            models.CheckConstraint(
                condition=Q(state=MessageState.SKIPPED_MERGED.value, merged_into__isnull=False)
                | (~Q(state=MessageState.SKIPPED_MERGED.value) & Q(merged_into=None)),
                name="message_merged_into_another",
            ),
        ]
        indexes = [
            # Soonest useless first; only what waits is in it, so that a million sent rows cost nothing.
            models.Index(
                fields=["channel", "send_by"], condition=Q(state=MessageState.PENDING.value), name="message_due"
            ),
            models.Index(fields=["lease_until"], condition=Q(state__in=_HELD), name="message_leased"),
            models.Index(
                fields=["quarantine_until"], condition=Q(state=MessageState.UNKNOWN.value), name="message_unknown"
            ),
            models.Index(
                fields=["settled_at"], condition=Q(state__in=_REFUSED, repaired_at=None), name="message_to_repair"
            ),
            models.Index(fields=["site", "-due_at"], name="message_outbox"),
            models.Index(fields=["address_hash", "handed_at"], name="message_caps"),
        ]

    def __str__(self) -> str:
        return f"Message {self.pk}"


class MessageAttempt(models.Model):
    """One try to hand a message over: a row when it begins, a row when it ends. Added to, never altered."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=10, choices=[(step, step) for step in ("started", "ended", "looked_up")])
    at = models.DateTimeField()
    worker = models.CharField(max_length=80, blank=True)
    outcome = models.CharField(max_length=16, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    code = models.CharField(max_length=16, blank=True)
    provider_sid = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [AppendOnly(name="messageattempt_append_only")]
        # Must stay empty: a worker that spoke after its lease had gone to another one.
        indexes = [models.Index(fields=["at"], condition=Q(code="lease_lost"), name="messageattempt_lease_lost")]

    def __str__(self) -> str:
        return f"Attempt {self.pk}"


class ProviderEvent(models.Model):
    """What a provider called back to say about a message: once for each of its signed facts, applied later."""

    provider = models.CharField(max_length=12)
    event_key = models.CharField(max_length=160)  # made of signed fields only
    message = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, related_name="events")
    provider_sid = models.CharField(max_length=120)
    status = models.CharField(max_length=16)
    error_code = models.CharField(max_length=16, blank=True)
    payload_hash = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "event_key"], name="providerevent_once")]
        indexes = [models.Index(fields=["id"], condition=Q(applied_at=None), name="providerevent_waiting")]

    def __str__(self) -> str:
        return f"Provider event {self.pk}"


class InboundMessage(models.Model):
    """What somebody wrote to the clinic's number, stored before anything is done about it."""

    provider = models.CharField(max_length=12)
    provider_sid = models.CharField(max_length=120)
    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, null=True, related_name="+")
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, null=True, related_name="+")
    address = models.CharField(max_length=254)
    address_hash = models.CharField(max_length=64)
    to_address = models.CharField(max_length=254)
    body = models.TextField(blank=True)
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=24, blank=True)
    session = models.ForeignKey("scheduling.Session", on_delete=models.PROTECT, null=True, related_name="+")
    timing_version = models.PositiveIntegerField(default=0)  # of the visit as it was answered
    person = models.ForeignKey("patients.RelatedPerson", on_delete=models.PROTECT, null=True, related_name="+")

    # How it was read when it came (domain/keywords), and what a person did about it.
    meaning = models.CharField(max_length=8, blank=True)
    minutes = models.PositiveSmallIntegerField(null=True)
    language = models.CharField(max_length=2, blank=True)
    is_crisis = models.BooleanField(default=False)
    is_maybe_visit = models.BooleanField(default=False)
    is_answered_there = models.BooleanField(default=False)  # the provider answered STOP, START or HELP by itself
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")
    done_what = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "provider_sid"], name="inboundmessage_once"),
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None, done_what="")
                | (Q(done_at__isnull=False, done_by__isnull=False) & ~Q(done_what="")),
                name="inboundmessage_done_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(handled_at=None), name="inboundmessage_waiting"),
            models.Index(fields=["site", "-received_at"], name="inboundmessage_inbox"),
            models.Index(fields=["address_hash", "received_at"], name="inboundmessage_sender"),
        ]

    def __str__(self) -> str:
        return f"Inbound message {self.pk}"


class Suppression(models.Model):
    """An address nothing is sent to any more, by its hash, and why."""

    channel = models.CharField(max_length=8)
    address_hash = models.CharField(max_length=64)
    cause = models.CharField(max_length=40)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "address_hash"], name="suppression_once")]

    def __str__(self) -> str:
        return f"Suppression {self.pk}"


class Pace(models.Model):
    """How fast one channel may go, for all workers together: a bucket of tokens, and the pause a provider asked for."""

    channel = models.CharField(max_length=8, primary_key=True)
    tokens = models.FloatField()
    filled_at = models.DateTimeField()  # by the database's clock
    paused_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(tokens__gte=0), name="pace_not_overdrawn")]

    def __str__(self) -> str:
        return f"Pace of {self.channel}"


class Sender(models.Model):
    """Whether this database may send: its epoch must equal the one kept outside of it. One row at most."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.CharField(max_length=64)
    armed_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="sender_one_row")]

    def __str__(self) -> str:
        return "Sender"


class SitePolicy(models.Model):
    """When and how often a site writes, in wall-clock minutes and within the law. No row: the defaults below."""

    site = models.OneToOneField("clinic.Site", on_delete=models.CASCADE, primary_key=True, related_name="+")
    opens = models.PositiveSmallIntegerField(default=9 * 60)
    closes = models.PositiveSmallIntegerField(default=20 * 60)
    daily_cap = models.PositiveSmallIntegerField(default=2)
    weekly_cap = models.PositiveSmallIntegerField(default=7)
    digest_weekday = models.PositiveSmallIntegerField(default=5)
    digest_minute = models.PositiveSmallIntegerField(default=12 * 60)
    remind_minute = models.PositiveSmallIntegerField(default=10 * 60)
    kinds_off = models.JSONField(default=list)
    crisis_words = models.JSONField(default=list)  # beside those every site has
    shows_progress = models.BooleanField(default=True)  # on a patient's page, after the birth date: visit 3 of 36
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            # 47 CFR 64.1200(c)(1): 8am to 9pm of the person written to.
            models.CheckConstraint(
                condition=Q(opens__gte=8 * 60, closes__lte=21 * 60, closes__gt=F("opens")), name="sitepolicy_window"
            ),
            models.CheckConstraint(
                condition=Q(daily_cap__gte=1, daily_cap__lte=2, weekly_cap__gte=1, weekly_cap__lte=7),
                name="sitepolicy_caps",
            ),
            models.CheckConstraint(
                condition=Q(digest_weekday__gte=1, digest_weekday__lte=7), name="sitepolicy_weekday_iso"
            ),
        ]

    def __str__(self) -> str:
        return f"Site policy {self.pk}"


class AskedFor(models.Model):
    """A reminder a patient wants beside the usual ones: of every visit the day before, or two hours before it."""

    patient = models.ForeignKey("patients.Patient", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=24)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient", "kind"], name="askedfor_once")]

    def __str__(self) -> str:
        return f"Asked for {self.pk}"


class SiteText(models.Model):
    """A site's own words for one kind, channel and language: a row for each version, added to and never altered.

    The last one is in force; an empty body goes back to the catalogue. A message names the row it was said with.
    """

    site = models.ForeignKey("clinic.Site", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=24)
    channel = models.CharField(max_length=8)
    language = models.CharField(max_length=2)
    version = models.PositiveIntegerField()
    subject = models.CharField(max_length=120, blank=True)
    body = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "kind", "channel", "language", "version"], name="sitetext_version_once"
            ),
            AppendOnly(name="sitetext_append_only"),
        ]

    def __str__(self) -> str:
        return f"Site text {self.pk}"
