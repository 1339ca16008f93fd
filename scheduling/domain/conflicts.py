"""Pure: what one course of a patient forbids another, on the same day and over its whole length.

Every rule is a default a clinic or payer setting may change: one sedation a day; magnetic stimulation and psychotherapy
not after sedation on its day; one magnetic treatment a day; a payer that forbids two treatments side by side [P4 B];
a payer that denies therapy on the day of ECT [B8 B].
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from scheduling.domain import bitmap

SEDATING = frozenset({"ect", "ketamine_iv", "esketamine"})
MAGNETIC = frozenset({"tms", "dtms"})
_NAMES = {
    "tms": "TMS",
    "dtms": "deep TMS",
    "ect": "ECT",
    "ketamine_iv": "ketamine",
    "esketamine": "esketamine",
    "vns": "VNS",
    "psychotherapy": "psychotherapy",
}


MODALITIES = frozenset(_NAMES)


@dataclass(frozen=True, slots=True)
class OtherVisit:
    """A visit of another course of the patient: day (ordinal), quanta [first, end), and the course's modality."""

    day: int
    first: int
    end: int
    modality: str


@dataclass(frozen=True, slots=True)
class PayerRules:
    """What a payer forbids: pairs of modalities side by side, and pairs on one day."""

    not_together: frozenset[frozenset[str]] = frozenset()
    not_same_day: frozenset[frozenset[str]] = frozenset()


NO_RULES = PayerRules()


@dataclass(frozen=True, slots=True)
class DayRules:
    """Busy quanta by day, and in words why."""

    masks: dict[int, int] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)

    def forbid(self, day: int, mask: int, text: str) -> None:
        """Add quanta of a day that may not be used."""
        self.masks[day] = self.masks.get(day, 0) | mask
        self.texts[day] = text


def name(modality: str) -> str:
    """Return a modality as staff say it."""
    return _NAMES.get(modality, modality.replace("_", " "))


def day_rules(modality: str, others: Iterable[OtherVisit], payer: PayerRules = NO_RULES) -> DayRules:
    """Return what the patient's other visits forbid a visit of a modality on their days."""
    rules = DayRules()
    for other in others:
        pair = frozenset({modality, other.modality})
        both = f"{name(other.modality)} that day"
        if modality in SEDATING and other.modality in SEDATING:
            rules.forbid(other.day, bitmap.FULL_DAY, f"{both}: one sedation a day")
        elif modality in MAGNETIC and other.modality in MAGNETIC:
            rules.forbid(other.day, bitmap.FULL_DAY, f"{both}: one such treatment a day")
        elif pair in payer.not_same_day:
            rules.forbid(other.day, bitmap.FULL_DAY, f"{both}: the payer does not pay for both on one day")
        elif other.modality in SEDATING and modality in MAGNETIC | {"psychotherapy"}:
            after = bitmap.FULL_DAY & ~((1 << other.first) - 1)
            rules.forbid(other.day, after, f"{both}: not after a sedation on its day")
        elif modality in SEDATING and other.modality in MAGNETIC | {"psychotherapy"}:
            rules.forbid(other.day, (1 << other.end) - 1, f"{both}: a sedation only after it")
    return rules


def forbidden_together(
    modality: str, spans: Mapping[str, tuple[int, int]], payer: PayerRules
) -> tuple[str, tuple[int, int]] | None:
    """Return the modality (and days, ordinals) of a course of the patient that the payer forbids beside this one."""
    for other, span in sorted(spans.items()):
        if frozenset({modality, other}) in payer.not_together:
            return other, span
    return None


def busy_of(others: Sequence[OtherVisit]) -> dict[int, int]:
    """Return the other visits themselves as busy quanta."""
    masks: dict[int, int] = {}
    for other in others:
        masks[other.day] = masks.get(other.day, 0) | bitmap.span(other.first, other.end - other.first)
    return masks
