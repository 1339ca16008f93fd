"""Whatever is blocked, whenever: no proposal breaks a rule by a judge of its own, and one undo restores everything."""

import datetime as dt
import os
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from clinic.actions import Request
from scheduling import block_token
from scheduling.actions import blocks, unblocking
from scheduling.domain import local_time, spots
from scheduling.models import Block, Resource, Session
from scheduling.queries import outages
from tests.factories import NOW, World
from tests.scheduling.living.clinic import ORDERS, book, make_clinic
from tests.scheduling.living.judge import Judge
from tests.scheduling.living.picture import Picture, take
from tests.scheduling.outage_scenes import picture

EXAMPLES = int(os.environ.get("BLOCK_EXAMPLES", "12"))
FIRST = dt.date(2026, 11, 17)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is blocked: by place in the list of everything at the site (none: all of it), from when, for how long."""

    things: frozenset[int]
    day: int
    minute: int
    hours: int


asked = st.builds(
    Asked,
    things=st.frozensets(st.integers(0, 15), max_size=3),
    day=st.integers(0, 24),
    minute=st.sampled_from((0, 7 * 60 + 30, 9 * 60, 12 * 60 + 20)),
    hours=st.sampled_from((1, 4, 10, 24, 48, 96)),
)


@pytest.fixture
def busy(world: World) -> World:
    """Courses of four kinds that share people, one patient in two of them."""
    clinic = make_clinic(world)
    for order in ORDERS[2:4]:
        book(clinic, order, FIRST, Request(user=world.receptionist), NOW)
    return world


FEW = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)


def play(busy: World, what: Asked) -> None:
    """Block something, have it judged, and take it back."""
    before = picture()
    known = set(Judge().faults(take(), NOW))
    blocking = _blocking(busy, what)
    proposal = outages.preview_block(blocking=blocking, now=NOW)

    block_id, _again = blocks.apply_block(request=busy.request, token=block_token.sign(proposal, now=NOW), now=NOW)

    called = {row.session.pk for row in proposal.rows if row.to is None}
    assert sorted(_faults(take(), called) - known) == []
    assert _left(block_id) == called
    assert all(_stands_as_before(before, pk) for pk in called)
    unblocking.undo_block(request=busy.request, block_id=block_id, version=1, now=NOW)
    assert picture() == before


@FEW
@given(what=asked)
def test_a_proposal_breaks_no_rule_and_one_undo_restores_everything(busy: World, what: Asked) -> None:
    play(busy, what)


def test_the_judge_notices_a_proposal_that_minds_no_rule(busy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spots, "broken", lambda *_rows, **_more: [])

    # Everything is closed for four days: visits have to go elsewhere, where others of their course are.
    with pytest.raises(AssertionError, match=r"two on one day|allowed|is over|apart"):
        play(busy, Asked(things=frozenset(), day=3, minute=0, hours=96))


def _blocking(world: World, what: Asked) -> Any:
    everything = list(Resource.objects.filter(site=world.site).order_by("pk").values_list("pk", flat=True))
    since = local_time.to_utc(FIRST + dt.timedelta(days=what.day), what.minute, world.site.zone)
    return outages.blocking_of(
        site=world.site,
        resource_ids=[everything[place] for place in what.things],
        starts_at=since,
        ends_at=since + dt.timedelta(hours=what.hours),
        reason="Drill",
        now=NOW,
    )


def _faults(after: Picture, called: set[int]) -> set[str]:
    """Return what the judge finds; who has to be called still holds what is closed."""
    closed = {f"session {pk}: holds" for pk in called}
    return {
        fault
        for fault in Judge().faults(after, NOW)
        if not any(fault.startswith(words) and "outside its hours" in fault for words in closed)
    }


def _left(block_id: int) -> set[int]:
    standing = outages.blocking_in_force(Block.objects.select_related("site").get(pk=block_id))
    return set(outages.hits_of(standing, now=NOW).ahead)


def _stands_as_before(before: dict[str, Any], session_id: int) -> bool:
    was = next(row for row in before["sessions"] if row["id"] == session_id)
    now = Session.objects.get(pk=session_id)
    return bool((was["starts_at"], was["state"]) == (now.starts_at, now.state))
