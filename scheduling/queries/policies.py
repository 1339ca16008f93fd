"""How early a cancellation must come and how late a patient may, at a site."""

from clinic.models import Site
from scheduling.domain.policy import Notice
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.models import AttendancePolicy


def policies_of(site: Site) -> list[AttendancePolicy]:
    """Return what a site set for itself, by modality; the empty one is for all others."""
    return list(AttendancePolicy.objects.filter(site=site).order_by("modality"))


def notice_for(site: Site, definition: ProtocolDefinition) -> Notice:
    """Return the notice a site asks for before a visit of a protocol: its own for the modality, else its general one,
    else the protocol's hours."""
    own = {policy.modality: policy for policy in policies_of(site)}
    policy = own.get(definition.modality) or own.get("")
    if policy and (policy.notice_hours is not None or policy.notice_business_days is not None):
        return Notice(policy.notice_hours, policy.notice_business_days, policy.cutoff_minute)
    return Notice(hours=definition.late_cancel_hours)
