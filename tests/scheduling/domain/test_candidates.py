"""The few starts that are priced always hold the cheapest of all."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.bitmap import each
from scheduling.domain.costs import AS_ASKED, EARLIEST, STEADIEST
from scheduling.domain.options import _candidates

pytestmark = pytest.mark.once


@given(
    mask=st.integers(1, (1 << 80) - 1),
    wanted=st.integers(0, 79),
    window=st.one_of(st.none(), st.tuples(st.integers(0, 60), st.integers(1, 19)).map(lambda w: (w[0], w[0] + w[1]))),
    costs=st.sampled_from([AS_ASKED, EARLIEST, STEADIEST, replace(AS_ASKED, is_any_time=True)]),
)
def test_no_start_is_cheaper_than_the_priced_ones(mask: int, wanted: int, window: object, costs: object) -> None:
    def price(quantum: int) -> int:
        return costs.of_time(quantum, wanted, window)  # type: ignore[attr-defined, no-any-return]

    assert min(map(price, _candidates(mask, wanted, window))) == min(map(price, each(mask)))  # type: ignore[arg-type]
