"""What a patient agreed to and how they can be reached, as far as their own page goes."""

from collections.abc import Mapping
from dataclasses import dataclass

from patients.domain.contact import OWN_PURPOSES, Channel, ContactKind, Purpose
from patients.models import Consent, ContactPoint

_CHANNELS = {ContactKind.PHONE: Channel.SMS, ContactKind.EMAIL: Channel.EMAIL}


@dataclass(frozen=True, slots=True)
class OwnChoices:
    """The addresses in use by channel, and what a patient agreed to be written to about."""

    addresses: Mapping[Channel, str]
    given: frozenset[tuple[Channel, Purpose]]


def own_choices(patient_id: int) -> OwnChoices:
    """Return what a patient agreed to and the addresses that can be used; two statements."""
    points = ContactPoint.objects.filter(patient=patient_id, is_preferred=True, is_usable=True)
    given = Consent.objects.filter(patient=patient_id, person=None, revoked_at=None, purpose__in=OWN_PURPOSES)
    return OwnChoices(
        addresses={_CHANNELS[ContactKind(kind)]: value for kind, value in points.values_list("kind", "value")},
        given=frozenset(
            (Channel(channel), Purpose(purpose)) for channel, purpose in given.values_list("channel", "purpose")
        ),
    )
