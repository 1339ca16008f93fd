"""Who works here: invited with a link that works once, given a role, and let go.

An address may belong to somebody at another site already. A manager never learns that: the answer and the link look the
same, and the other site's account, with its password, stays as it is.
"""

import datetime as dt
from collections.abc import Sequence

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.crypto import get_random_string
from django.utils.http import base36_to_int, int_to_base36

from clinic.actions import Request, write_audit
from clinic.domain.details import one_line
from clinic.domain.permissions import ALLOWED, Permission, Role
from clinic.errors import Conflict, NotFound, Rejected, Stale
from clinic.models import ApiToken, Membership, Site, StaffUser

USED = (
    "This link has been used, or is older than three days. If you have a password, sign in with it; "
    "if not, ask a manager for a new link."
)


class _Tickets(PasswordResetTokenGenerator):
    """A ticket holds until the password is set or the person signs in: both are part of what it signs."""

    key_salt = "clinic.staff_actions.invitation"


_TICKETS = _Tickets()


@transaction.atomic(durable=True)
def invite(
    *, request: Request, site: Site, email: str, name: str, role: Role, now: dt.datetime
) -> tuple[Membership, str]:
    """Give somebody a role at a site and return it with the ticket of their link, which is kept nowhere.

    :raises Rejected: the address or the name can't be used, or the person works here already.
    """
    email, name = _checked(email, name)
    user = StaffUser.objects.select_for_update(no_key=True).filter(email=email).first()
    if user is None:
        user = StaffUser(email=email, name=name, joined_at=now)
        user.set_unusable_password()
        user.save(force_insert=True)
    elif not user.is_active:  # let go before: they begin anew, and no old link or password of theirs opens anything
        user.is_active, user.name = True, name
        user.set_unusable_password()
        user.save(update_fields=["is_active", "name", "password"])
    if Membership.objects.filter(user=user, site=site).exists():
        words = "This person works here already."
        raise Rejected(words, code="fields", fields={"email": words})
    row = Membership.objects.create(user=user, site=site, role=role, since=now)
    _audit(request, row, "invited", now)
    return row, ticket_for(row)


@transaction.atomic(durable=True)
def invite_again(*, request: Request, membership_id: int, version: int, now: dt.datetime) -> tuple[Membership, str]:
    """Return a new ticket for somebody; the one before does not work any more, and neither does their password.

    Of somebody who has an account elsewhere nothing changes.

    :raises NotFound: nobody of that number works there.
    :raises Stale: somebody changed it since it was read.
    """
    row = _locked(membership_id, version)
    if _is_ours(row):
        row.user.set_unusable_password()
        row.user.save(update_fields=["password"])
    _saved(row)
    _audit(request, row, "invited_again", now)
    return row, ticket_for(row)


@transaction.atomic(durable=True)
def join(*, ticket: str, password: str, now: dt.datetime) -> StaffUser:
    """Let somebody choose their password with the ticket of their link, once.

    :raises Conflict: the link has been used or is too old.
    :raises Rejected: the password is too weak.
    """
    number, _dash, token = ticket.partition("-")
    user = None
    if number.isalnum() and len(number) < 14 and token:
        rows = StaffUser.objects.select_for_update(no_key=True).filter(is_active=True)
        user = rows.filter(pk=base36_to_int(number)).first()
    if user is None or user.has_usable_password() or not _TICKETS.check_token(user, token):
        raise Conflict(USED, code="link_used")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Rejected(" ".join(error.messages), code="fields", fields={"password": error.messages[0]}) from error
    user.set_password(password)
    user.save(update_fields=["password"])
    for membership in Membership.objects.filter(user=user).select_related("site"):
        _audit(Request(user=user), membership, "joined", now)
    return user


@transaction.atomic(durable=True)
def change_membership(
    *, request: Request, membership_id: int, version: int, role: Role, skills: Sequence[str], now: dt.datetime
) -> Membership:
    """Give somebody another role at a site, and say what they can be rostered for.

    :raises NotFound: nobody of that number works there.
    :raises Stale: somebody changed it since it was read.
    :raises Conflict: nobody would be left who may change this.
    """
    row = _locked(membership_id, version)
    if Permission.MANAGE_SITE not in ALLOWED[role]:
        _check_not_last(row)
    row.role, row.skills = role, sorted({skill.strip() for skill in skills if skill.strip()})
    _saved(row)
    _audit(request, row, "changed", now)
    return row


@transaction.atomic(durable=True)
def end_membership(*, request: Request, membership_id: int, version: int, now: dt.datetime) -> None:
    """Let somebody go: they can't open this site any more; with no site left, no session or key of theirs holds.

    :raises NotFound: nobody of that number works there.
    :raises Stale: somebody changed it since it was read.
    :raises Conflict: nobody would be left who may change this.
    """
    row = _locked(membership_id, version)
    _check_not_last(row)
    _audit(request, row, "let_go", now)
    row.delete()
    if not Membership.objects.filter(user=row.user).exists():
        ApiToken.objects.filter(user=row.user, revoked_at=None).update(revoked_at=now)
        row.user.is_active = False
        row.user.set_unusable_password()
        row.user.save(update_fields=["is_active", "password"])


def ticket_for(row: Membership) -> str:
    """Return the ticket of a link; of somebody who has an account elsewhere, one that opens nothing."""
    number, token = int_to_base36(row.user_id), _TICKETS.make_token(row.user)
    if row.user.has_usable_password() or not _is_ours(row):
        token = f"{token.partition('-')[0]}-{get_random_string(len(token.partition('-')[2]), '0123456789abcdef')}"
    return f"{number}-{token}"


def _is_ours(row: Membership) -> bool:
    """Tell whether a person's account is this site's to open: they work nowhere else, or were invited here first."""
    others = Membership.objects.filter(user=row.user_id).exclude(pk=row.pk)
    if not row.user.has_usable_password():
        others = others.filter(pk__lt=row.pk)
    return not others.exists()


def _checked(email: str, name: str) -> tuple[str, str]:
    faults = {}
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        faults["email"] = "This is not an e-mail address. Type it like name@clinic.org."
    try:
        name = one_line(name, what="name", longest=80)
    except ValueError as error:
        faults["name"] = str(error)
    if faults:
        raise Rejected("This needs another look.", code="fields", fields=faults)
    return email, name


def _locked(membership_id: int, version: int) -> Membership:
    """Lock everybody at the site, so that two managers can't let each other go at once."""
    site_id = Membership.objects.filter(pk=membership_id).values_list("site_id", flat=True).first()
    rows = Membership.objects.select_for_update(no_key=True, of=("self",)).filter(site=site_id).order_by("pk")
    row = next((each for each in rows.select_related("user", "site") if each.pk == membership_id), None)
    if row is None:
        raise NotFound("Nobody of that number works here.")
    if row.version != version:
        raise Stale("Somebody changed this meanwhile.", fields={"version": str(row.version)})
    return row


def _check_not_last(row: Membership) -> None:
    managers = [role for role in Role if Permission.MANAGE_SITE in ALLOWED[role]]
    if row.role not in managers:
        return
    others = Membership.objects.filter(site=row.site_id, role__in=managers, user__is_active=True).exclude(pk=row.pk)
    if not others.exists():
        words = "You are the last manager here. Make somebody else a manager first."
        raise Conflict(words, code="last_manager")


def _saved(row: Membership) -> None:
    row.version += 1
    row.save()


def _audit(request: Request, row: Membership, step: str, now: dt.datetime) -> None:
    write_audit(
        request=request,
        site=row.site,
        action=f"staff.{step}",
        patient_ids=[None],
        object_type="membership",
        object_id=row.pk,
        now=now,
    )
