import pytest

from scheduling.domain.bitmap import FULL_DAY, span
from scheduling.domain.conflicts import OtherVisit, PayerRules, day_rules, forbidden_together

DAY = 740_000


def visit(modality: str, first: int = 120, end: int = 132) -> OtherVisit:
    return OtherVisit(DAY, first, end, modality)


@pytest.mark.parametrize("modality", ["ect", "ketamine_iv", "esketamine"])
@pytest.mark.parametrize("other", ["ect", "ketamine_iv", "esketamine"])
def test_one_sedation_a_day(modality: str, other: str) -> None:
    assert day_rules(modality, [visit(other)]).masks == {DAY: FULL_DAY}


@pytest.mark.parametrize("modality", ["tms", "dtms"])
def test_magnetic_stimulation_once_a_day(modality: str) -> None:
    assert day_rules(modality, [visit("tms")]).masks == {DAY: FULL_DAY}


@pytest.mark.parametrize("modality", ["tms", "dtms", "psychotherapy"])
def test_nothing_of_these_after_a_sedation_and_all_of_them_before(modality: str) -> None:
    mask = day_rules(modality, [visit("ketamine_iv")]).masks[DAY]

    assert mask & span(0, 120) == 0
    assert mask & span(120, 168) == span(120, 168)


def test_a_sedation_comes_after_the_other_visit_of_the_day() -> None:
    mask = day_rules("ect", [visit("tms")]).masks[DAY]

    assert (mask & span(0, 132), mask >> 132) == (span(0, 132), 0)


@pytest.mark.parametrize(
    ("modality", "other"), [("tms", "psychotherapy"), ("psychotherapy", "psychotherapy"), ("vns", "ect")]
)
def test_the_rest_may_share_a_day(modality: str, other: str) -> None:
    assert day_rules(modality, [visit(other)]).masks == {}


def test_a_payer_may_deny_therapy_on_the_day_of_ect() -> None:
    payer = PayerRules(not_same_day=frozenset({frozenset({"psychotherapy", "ect"})}))

    assert day_rules("psychotherapy", [visit("ect")], payer).masks == {DAY: FULL_DAY}


def test_a_payer_may_forbid_two_treatments_side_by_side() -> None:
    payer = PayerRules(not_together=frozenset({frozenset({"tms", "esketamine"})}))
    spans = {"esketamine": (DAY, DAY + 30), "psychotherapy": (DAY, DAY + 90)}

    assert forbidden_together("tms", spans, payer) == ("esketamine", (DAY, DAY + 30))
    assert forbidden_together("ect", spans, payer) is None
