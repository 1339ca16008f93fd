import pytest

from scheduling.domain.stable import Stable, treatments_this_week


@pytest.mark.parametrize(
    ("baseline", "scores", "expected"),
    [
        (4, [6], Stable.NONE),  # at most 6
        (8, [10], Stable.NONE),  # 7 to 12 and at most 2 above baseline
        (8, [11], Stable.ONE),  # 3 above baseline
        (2, [8, 10], Stable.NONE),  # 7 to 10, previous 5 to 10, rise of at most 2
        (2, [7, 10], Stable.ONE),  # a rise of 3
        (2, [4, 6, 7], Stable.NONE),
        (2, [4, 7], Stable.ONE),  # the previous one was below 5
        (3, [16], Stable.TWO),
        (3, [8, 11], Stable.TWO),  # 11 to 15, rise of 3, 8 above baseline
        (4, [8, 11], Stable.ONE),  # only 7 above baseline
        (3, [9, 11], Stable.ONE),  # a rise of only 2
        (3, [21], Stable.TWO),  # one score of 21
        (3, [21, 22], Stable.LEAVE),  # two in a row
        (3, [21, 20, 21], Stable.TWO),  # not in a row
        (15, [13], Stable.ONE),  # falling, but above 12
    ],
)
def test_the_stable_rule_says_how_many_treatments_a_week_holds(
    baseline: int, scores: list[int], expected: Stable
) -> None:
    assert treatments_this_week(baseline=baseline, scores=scores) is expected
