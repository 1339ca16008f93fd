"""What can be read about sites, staff and the state of the installation."""

import datetime as dt
from collections.abc import Collection

from django.db import connection
from django.db.models import Prefetch, prefetch_related_objects

from clinic import seals
from clinic.domain.permissions import ALLOWED, Permission, Role
from clinic.models import (
    ApiToken,
    AuditEntry,
    AuditSeal,
    Downtime,
    Heartbeat,
    IdempotencyKey,
    Membership,
    Site,
    StaffUser,
)

DOWN_AFTER = dt.timedelta(minutes=30)  # two beats a minute: half an hour without one is an outage


def is_empty() -> bool:
    """Tell whether nobody has set this installation up yet."""
    return not Site.objects.exists() and not StaffUser.objects.exists()


def demo_staff_exists() -> bool:
    """Tell whether the logins with a printed password are in this database."""
    return StaffUser.objects.filter(is_demo=True).exists()


def demo_logins() -> list[tuple[str, str]]:
    """Return e-mail and name of every demo login."""
    return list(StaffUser.objects.filter(is_demo=True).order_by("pk").values_list("email", "name"))


def heartbeat_age(*, name: str, now: dt.datetime) -> dt.timedelta | None:
    """Return how long ago a background part last proved that it works; None if it never did."""
    beat_at = Heartbeat.objects.filter(name=name).values_list("beat_at", flat=True).first()
    return None if beat_at is None else now - beat_at


def database_clock() -> dt.datetime:
    """Return the instant it is by the database's clock; SQLite has none but this machine's."""
    is_file = connection.vendor == "sqlite"
    ask = "SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')" if is_file else "SELECT clock_timestamp()"
    with connection.cursor() as cursor:
        cursor.execute(ask)
        (at,) = cursor.fetchone()
    return at if isinstance(at, dt.datetime) else dt.datetime.fromisoformat(at)


def oldest_unsealed() -> dt.datetime | None:
    """Return when the oldest audit entry was written that no link of the chain covers yet; two statements."""
    sealed = latest_seal()
    waiting = AuditEntry.objects.filter(pk__gt=sealed.through_id if sealed else 0).order_by("pk")
    return waiting.values_list("at", flat=True).first()


def downtimes(*, name: str, since: dt.datetime, now: dt.datetime) -> list[tuple[dt.datetime, dt.datetime]]:
    """Return the stretches in which a background part was down that end after `since`; one may be going on."""
    found = list(Downtime.objects.filter(name=name, until__gt=since).order_by("since").values_list("since", "until"))
    silence = heartbeat_age(name=name, now=now)
    return [*found, (now - silence, now)] if silence is not None and silence > DOWN_AFTER else found


def memberships_of(user: StaffUser) -> list[Membership]:
    """Return a person's sites and roles, sites by name; read once for each user object, so once a request."""
    rows = Membership.objects.select_related("site").order_by("site__name", "site_id")
    prefetch_related_objects([user], Prefetch("memberships", rows))
    return list(user.memberships.all())


def sites_where(user: StaffUser, permission: Permission) -> list[Site]:
    """Return the sites at which a person holds a permission, by name."""
    return [m.site for m in memberships_of(user) if permission in ALLOWED[Role(m.role)]]


def token_owner(*, digest: str) -> StaffUser | None:
    """Return the active person an API token belongs to, if it is in force."""
    token = ApiToken.objects.filter(digest=digest, revoked_at=None, user__is_active=True).select_related("user").first()
    return token.user if token else None


def remembered_request(*, user: StaffUser, key: str) -> IdempotencyKey | None:
    """Return what was done under an Idempotency-Key, if anything."""
    return IdempotencyKey.objects.filter(user=user, key=key).first()


def seen_lately(*, user: StaffUser, action: str, patient_ids: Collection[int], since: dt.datetime) -> set[int]:
    """Return which of these patients the log already says a person saw this way since then; one statement."""
    rows = AuditEntry.objects.filter(actor=user, action=action, patient_id__in=patient_ids, at__gte=since)
    return {patient for patient in rows.values_list("patient_id", flat=True).distinct() if patient is not None}


def times_done(*, user: StaffUser, action: str, since: dt.datetime) -> list[dt.datetime]:
    """Return when the log says a person did this after an instant, the earliest first; one statement."""
    rows = AuditEntry.objects.filter(actor=user, action=action, at__gt=since)
    return list(rows.order_by("at", "pk").values_list("at", flat=True))


def latest_seal() -> AuditSeal | None:
    """Return the newest link of the audit chain."""
    return AuditSeal.objects.order_by("-through_id").first()


def entries_after(through_id: int, *, limit: int) -> list[AuditEntry]:
    """Return audit entries not yet sealed, oldest first."""
    return list(AuditEntry.objects.filter(pk__gt=through_id).order_by("pk")[:limit])


def all_sites() -> list[Site]:
    """Return every site, by id; for workers, which belong to no site."""
    return list(Site.objects.order_by("pk"))


def staff_by_email(email: str) -> StaffUser | None:
    """Return an active person by e-mail, in any case."""
    return StaffUser.objects.filter(email__iexact=email.strip(), is_active=True).first()


def broken_seal() -> tuple[int | None, int]:
    """Return the last entry id of the first link that does not hold (or None), and how many entries are sealed."""
    previous, start, sealed = "", 0, 0
    for seal in AuditSeal.objects.order_by("through_id"):
        entries = list(AuditEntry.objects.filter(pk__gt=start, pk__lte=seal.through_id).order_by("pk"))
        if len(entries) != seal.entries or seals.entry_digest(previous, entries) != seal.digest:
            return seal.through_id, sealed
        previous, start, sealed = seal.digest, seal.through_id, sealed + len(entries)
    return None, sealed


def skills_at(*, user: StaffUser, site: Site) -> list[str] | None:
    """Return what a person can be rostered for at a site, or None if they do not work there."""
    return (
        Membership.objects.filter(user=user, site=site, user__is_active=True).values_list("skills", flat=True).first()
    )
