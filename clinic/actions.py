"""What changes sites, staff, tokens and the audit log."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from clinic import queries, seals
from clinic.domain.permissions import Role
from clinic.errors import Rejected
from clinic.models import (
    ApiToken,
    AuditEntry,
    AuditSeal,
    Heartbeat,
    IdempotencyKey,
    Membership,
    OpeningHours,
    Site,
    StaffUser,
)

REMEMBERED = dt.timedelta(hours=48)
SEAL_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class NewSite:
    """A site as it is set up. `hours`: ISO weekday to (opens, closes) pairs, wall clock."""

    slug: str
    name: str
    message_name: str
    zone: str
    address: str
    phone: str
    hours: Mapping[int, Sequence[tuple[dt.time, dt.time]]]
    region: str = "US"
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """Who is asking, for the audit log and for idempotency."""

    user: StaffUser
    request_id: str = ""
    ip: str | None = None
    key: str = ""
    route: str = ""
    body_sha256: str = ""


@transaction.atomic(durable=True)
def add_site(*, site: NewSite) -> Site:
    """Add a site with its opening hours.

    :raises Rejected: the zone is unknown or the slug is taken.
    """
    try:
        ZoneInfo(site.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Rejected(
            f"{site.zone} is not a time zone. Use a name such as America/New_York.",
            fields={"zone": "unknown"},
        ) from error
    if Site.objects.filter(slug=site.slug).exists():
        raise Rejected(f"There is already a site called {site.slug}.", fields={"slug": "taken"})
    row = Site.objects.create(
        slug=site.slug,
        name=site.name,
        message_name=site.message_name,
        zone=site.zone,
        region=site.region,
        address=site.address,
        phone=site.phone,
        is_demo=site.is_demo,
    )
    OpeningHours.objects.bulk_create(
        OpeningHours(site=row, weekday=weekday, opens=opens, closes=closes)
        for weekday, spans in sorted(site.hours.items())
        for opens, closes in spans
    )
    return row


@transaction.atomic(durable=True)
def create_staff(
    *,
    email: str,
    name: str,
    password: str | None,
    roles: Mapping[Site, Role],
    now: dt.datetime,
    is_demo: bool = False,
) -> StaffUser:
    """Create a staff login with a role at each site; without a password the person can't sign in yet.

    :raises Rejected: the address is taken or malformed, or the password too weak.
    """
    email = email.strip().lower()
    try:
        validate_email(email)
        user = StaffUser(email=email, name=name, joined_at=now, is_demo=is_demo)
        if password is not None:
            validate_password(password, user)
    except ValidationError as error:
        raise Rejected(" ".join(error.messages)) from error
    user.set_password(password)
    if StaffUser.objects.filter(email=email).exists():
        raise Rejected("Somebody with this e-mail address is already on the staff.", fields={"email": "taken"})
    user.save(force_insert=True)
    Membership.objects.bulk_create(Membership(user=user, site=site, role=role) for site, role in roles.items())
    return user


@transaction.atomic(durable=True)
def create_token(*, user: StaffUser, now: dt.datetime) -> str:
    """Create an API token and return it; only its digest is kept, so it can't be shown again."""
    token = secrets.token_urlsafe(32)
    ApiToken.objects.create(user=user, digest=token_digest(token), created_at=now)
    return token


def token_digest(token: str) -> str:
    """Return the SHA-256 under which an API token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic(durable=True)
def choose_theme(*, user: StaffUser, theme: str) -> None:
    """Remember light, dark or the system's choice for a person.

    :raises Rejected: there is no such theme.
    """
    if theme not in ("auto", "light", "dark"):
        raise Rejected("Choose auto, light or dark.", fields={"theme": "unknown"})
    StaffUser.objects.filter(pk=user.pk).update(theme=theme)


def write_audit(
    *,
    request: Request,
    site: Site,
    action: str,
    patient_ids: Iterable[int],
    now: dt.datetime,
    object_type: str = "patient",
    object_id: int | None = None,
) -> None:
    """Add one entry for each patient record, inside the transaction of the caller if there is one."""
    AuditEntry.objects.bulk_create(
        AuditEntry(
            at=now,
            actor=request.user,
            site=site,
            action=action,
            patient_id=patient_id,
            object_type=object_type,
            object_id=object_id if object_id is not None else patient_id,
            request_id=request.request_id,
            ip=request.ip,
        )
        for patient_id in patient_ids
    )


def remember_request(*, request: Request, result_id: int, now: dt.datetime) -> None:
    """Note in the caller's transaction that this request was carried out (reliability.md 3.3)."""
    if request.key:
        IdempotencyKey.objects.create(
            user=request.user,
            key=request.key,
            route=request.route,
            body_sha256=request.body_sha256,
            result_id=result_id,
            created_at=now,
        )


@transaction.atomic(durable=True)
def forget_idempotency_keys(*, now: dt.datetime) -> int:
    """Delete keys older than 48 hours and return how many."""
    return IdempotencyKey.objects.filter(created_at__lt=now - REMEMBERED).delete()[0]


def record_heartbeat(*, name: str, now: dt.datetime) -> None:
    """Note that a background part has just worked, end to end."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": now})


@transaction.atomic(durable=True)
def seal_audit(*, now: dt.datetime) -> int:
    """Add the next link of the chain over entries not yet sealed and return how many it covers."""
    latest = queries.latest_seal()
    # An entry with a lower id may still be uncommitted: leave the youngest ten seconds for the next run.
    entries = [
        entry
        for entry in queries.entries_after(latest.through_id if latest else 0, limit=SEAL_BATCH)
        if entry.at <= now - dt.timedelta(seconds=10)
    ]
    if not entries:
        return 0
    try:
        with transaction.atomic():
            AuditSeal.objects.create(
                through_id=entries[-1].pk,
                entries=len(entries),
                digest=seals.entry_digest(latest.digest if latest else "", entries),
                sealed_at=now,
            )
    except IntegrityError:
        return 0  # another worker sealed the same batch
    return len(entries)
