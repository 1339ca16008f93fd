"""Quick add, ready to print: its fields with what was typed, and who is here already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk.show_names import initial
from patients import phones, queries
from patients.domain.contact import CONSENT_SENTENCE, Channel, ContactKind
from patients.domain.pasted import guess_name
from patients.domain.spellings import MONTH_FIRST


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form. `has_focus`: the first to be typed or put right."""

    name: str
    label: str
    value: str
    fault: str
    placeholder: str
    mode: str
    is_required: bool
    has_focus: bool


@dataclass(frozen=True, slots=True)
class Person:
    """A patient with the two identifiers, as a card shows them."""

    id: int
    name: str
    initials: str
    born: str
    phone_end: str
    record_number: str


_FIELDS = (
    ("first_name", "First name", "", "text", True),
    ("last_name", "Last name", "", "text", True),
    ("birth_date", "Birth date", "", "text", True),
    ("phone", "Mobile", "(555) 010-2040", "tel", False),
)


def blank(site: Any) -> dict[str, Any]:
    """Return the patient's box of the planner with nobody in it and nothing typed."""
    return form(site, typed={}, starts_here=False)


def form(
    site: Any,
    *,
    typed: Mapping[str, str],
    faults: Mapping[str, str] | None = None,
    refusal: str = "",
    twins: Sequence[Any] = (),
    starts_here: bool = True,
) -> dict[str, Any]:
    """Return the form with what was typed; `starts_here`: the focus goes to the first field to be filled in."""
    faults = faults or {}
    empty = next((name for name, *_rest in _FIELDS if not typed.get(name)), "")
    focus = next((name for name, *_rest in _FIELDS if name in faults), empty or "sms_consent") if starts_here else ""
    return {
        "patient": None,
        "site": site,
        "consent": CONSENT_SENTENCE.format(clinic=site.message_name),
        "fields": [
            Field(
                name=name,
                label=label,
                value=typed.get(name, ""),
                fault=faults.get(name, ""),
                placeholder=_date_like(site) if name == "birth_date" else placeholder,
                mode=mode,
                is_required=is_required,
                has_focus=name == focus,
            )
            for name, label, placeholder, mode, is_required in _FIELDS
        ],
        "typed": {name: typed.get(name, "") for name in ("email", "language", "sms_consent", "email_consent")},
        "faults": [(name, words) for name, words in faults.items()],
        "email_fault": faults.get("email", ""),
        "refusal": refusal,
        "twins": [person(twin) for twin in twins],
        "focus": focus,
    }


def checked(site: Any, *, phone: str, twins: Sequence[Any]) -> dict[str, Any]:
    """Return what is said beside the form while somebody types: who is here already, and a number without texts."""
    return {
        "site": site,
        "twins": [person(twin) for twin in twins],
        "is_landline": bool(phone) and phones.is_landline(phone),
        "readable": phones.readable(phone) if phone else "",
    }


def person(patient: Any) -> Person:
    """Return a patient with the two identifiers."""
    phone = next((point.value for point in patient.contact_points.all() if point.kind == ContactKind.PHONE), "")
    born = patient.birth_date
    first = patient.preferred_name or patient.first_name
    return Person(
        id=patient.pk,
        name=f"{first} {patient.last_name}",
        initials=f"{initial(first)}{initial(patient.last_name)}",
        born=f"{born:%b} {born.day}, {born.year}",
        phone_end=f"…{phone[-4:]}" if phone else "no phone",
        record_number=patient.record_number,
    )


def chosen(patient: Any, *, just_added: bool = False) -> dict[str, Any]:
    """Return the patient's box of the planner with somebody in it."""
    said = {consent.channel for consent in queries.consents_in_force(patient)}
    return {
        "patient": patient,
        "person": person(patient),
        "may_text": Channel.SMS in said,
        "may_mail": Channel.EMAIL in said,
        "site": patient.site,
        "just_added": just_added,
    }


def guessed(text: str, *, site_ids: Sequence[int]) -> str:
    """Return the name to offer for adding when nobody was found, or nothing."""
    return " ".join(guessed_fields(text, site_ids=site_ids).values())


def guessed_fields(text: str, *, site_ids: Sequence[int]) -> dict[str, str]:
    """Return the names to fill in for what was typed to find somebody."""
    return guess_name(text, first_names=queries.first_names_like(site_ids=site_ids, words=text.split()))


def _date_like(site: Any) -> str:
    return "3/7/1984" if site.region in MONTH_FIRST else "7/3/1984"
