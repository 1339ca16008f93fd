"""Who works at a site."""

from clinic.models import AuditEntry, Membership, Site


def staff_of(*, site: Site) -> list[Membership]:
    """Return who works at a site, by name, people fetched; one statement."""
    rows = Membership.objects.filter(site=site, user__is_active=True).select_related("user")
    return list(rows.order_by("user__name", "pk"))


def staff_member(*, site: Site, membership_id: int) -> Membership | None:
    """Return one of them, or None."""
    return (
        Membership.objects.filter(site=site, pk=membership_id, user__is_active=True)
        .select_related("user", "site")
        .first()
    )


def last_hand(*, site: Site, object_type: str, object_id: int) -> AuditEntry | None:
    """Return the latest entry about a part of a site's set-up, with who made it."""
    rows = AuditEntry.objects.filter(site=site, object_type=object_type, object_id=object_id)
    return rows.select_related("actor").order_by("-pk").first()
