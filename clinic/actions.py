"""What changes sites, staff, tokens and the audit log."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
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
    Downtime,
    Heartbeat,
    IdempotencyKey,
    Membership,
    OpeningHours,
    Site,
    StaffUser,
)

REMEMBERED = dt.timedelta(hours=48)
SEAL_BATCH = 5_000
Hours = Mapping[int, Sequence[tuple[dt.time, dt.time]]]


@dataclass(frozen=True, slots=True)
class NewSite:
    """A site as it is set up. `hours`: ISO weekday to (opens, closes) pairs, wall clock."""

    slug: str
    name: str
    message_name: str
    zone: str
    address: str
    phone: str
    hours: Hours
    region: str = "US"
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """Who is asking, for the audit log and for idempotency.

    Without a `user` it is nobody on the staff: `actor` says whose hand it is, such as the patient's, and `agent` with
    which browser.
    """

    user: StaffUser | None
    request_id: str = ""
    ip: str | None = None
    key: str = ""
    route: str = ""
    body_sha256: str = ""
    actor: str = ""
    agent: str = ""

    @property
    def staff(self) -> StaffUser:
        """Who on the staff is asking; what nobody else may ask for reads this."""
        assert self.user, "only somebody on the staff asks for this"
        return self.user


@transaction.atomic(durable=True)
def add_site(*, site: NewSite) -> Site:
    """Add a site with its opening hours.

    :raises Rejected: the zone is unknown or the slug is taken.
    """
    return insert_site(site)


@transaction.atomic(durable=True)
def set_opening_hours(*, site: Site, hours: Hours) -> bool:
    """Make a site's opening hours just these and tell whether that changed anything; booked visits stay."""
    wanted = spans_of(hours)
    if wanted == sorted(OpeningHours.objects.filter(site=site).values_list("weekday", "opens", "closes")):
        return False
    OpeningHours.objects.filter(site=site).delete()
    insert_hours(site, wanted)
    return True


def insert_site(site: NewSite) -> Site:
    """Add a site with its opening hours, inside the caller's transaction.

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
    insert_hours(row, spans_of(site.hours))
    return row


def spans_of(hours: Hours) -> list[tuple[int, dt.time, dt.time]]:
    """Return opening hours as rows: weekday, opens, closes; in order."""
    return sorted((weekday, opens, closes) for weekday, spans in hours.items() for opens, closes in spans)


def insert_hours(site: Site, spans: Iterable[tuple[int, dt.time, dt.time]]) -> None:
    """Write opening hours, inside the caller's transaction."""
    OpeningHours.objects.bulk_create(
        OpeningHours(site=site, weekday=weekday, opens=opens, closes=closes) for weekday, opens, closes in spans
    )


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
    return _insert_staff(email=email, name=name, password=password, roles=roles, now=now, is_demo=is_demo)


@transaction.atomic(durable=True)
def create_staff_and_site(
    *, site: NewSite, email: str, name: str, password: str | None, role: Role, now: dt.datetime
) -> StaffUser:
    """Create a site and a staff login for it: both, or neither.

    :raises Rejected: either can't be made; the words say which.
    """
    roles = {insert_site(site): role}
    return _insert_staff(email=email, name=name, password=password, roles=roles, now=now)


def _insert_staff(
    *,
    email: str,
    name: str,
    password: str | None,
    roles: Mapping[Site, Role],
    now: dt.datetime,
    is_demo: bool = False,
) -> StaffUser:
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
    patient_ids: Iterable[int | None],
    now: dt.datetime,
    object_type: str = "patient",
    object_id: int | None = None,
) -> None:
    """Add one entry for each patient record, inside the transaction of the caller if there is one.

    None stands for nobody: what is done is about no patient.
    """
    AuditEntry.objects.bulk_create(
        AuditEntry(
            at=now,
            actor=request.user,
            site=site,
            role=request.actor,
            action=action,
            patient_id=patient_id,
            object_type=object_type,
            object_id=object_id if object_id is not None else patient_id,
            request_id=request.request_id,
            ip=request.ip,
        )
        for patient_id in patient_ids
    )


def write_audit_of_command(*, site: Site, action: str, patient_ids: Iterable[int], now: dt.datetime) -> None:
    """Add one entry for each patient record a command at the console changed; nobody is signed in there."""
    AuditEntry.objects.bulk_create(
        AuditEntry(at=now, site=site, action=action, patient_id=patient_id, object_type="patient", object_id=patient_id)
        for patient_id in patient_ids
    )


def remember_request(*, request: Request, result_id: int, now: dt.datetime) -> None:
    """Note in the caller's transaction that this request was carried out (reliability.md 3.3)."""
    if request.key:
        IdempotencyKey.objects.create(
            user=request.staff,
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
    """Note that a background part has just worked, end to end; after a long silence, that it was down meanwhile."""
    latest = Heartbeat.objects.filter(name=name).values_list("beat_at", flat=True).first()
    if latest is not None and now - latest > queries.DOWN_AFTER:
        Downtime.objects.create(name=name, since=latest, until=now)
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": now})


@transaction.atomic(durable=True)
def seal_audit(*, now: dt.datetime) -> int:
    """Add the next link of the chain over entries not yet sealed and return how many it covers."""
    latest = queries.latest_seal()
    unsealed = queries.entries_after(latest.through_id if latest else 0, limit=SEAL_BATCH)
    # An entry with a lower id may still be uncommitted: leave the youngest ten seconds for the next run. And stop
    # at the first young one: ids do not follow the clock, and a link covers every id up to its last.
    entries = list(takewhile(lambda entry: entry.at <= now - dt.timedelta(seconds=10), unsealed))
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
