"""When and how often a site writes: its own row, or the defaults."""

from notifications.domain.window import Caps, Hours
from notifications.models import AskedFor, SitePolicy


def policy_of(site_id: int) -> SitePolicy:
    """Return a site's policy; where it has none of its own, an unsaved row of defaults. One statement."""
    return SitePolicy.objects.filter(site=site_id).first() or SitePolicy(site_id=site_id)


def policies() -> dict[int, SitePolicy]:
    """Return the policies of the sites that have one of their own; one statement."""
    return {row.site_id: row for row in SitePolicy.objects.all()}


def hours_of(policy: SitePolicy) -> Hours:
    """Return a policy's sending window."""
    return Hours(policy.opens, policy.closes)


def caps_of(policy: SitePolicy) -> Caps:
    """Return how many texts a policy allows for one number."""
    return Caps(policy.daily_cap, policy.weekly_cap)


def asked_for(patient_id: int) -> list[str]:
    """Return the reminders a patient wants beside the usual ones, in order; one statement."""
    return list(AskedFor.objects.filter(patient=patient_id).order_by("kind").values_list("kind", flat=True))
