"""A proposal worked out anew: what was decided stays decided, whoever is hit since is on it, and nothing is written."""

import datetime as dt

import pytest

from scheduling import block_token
from scheduling.block_token import ShownBlock
from scheduling.models import Resource
from scheduling.queries import outages
from scheduling.queries.anew import worked_out_anew
from scheduling.queries.availability import opens_at
from scheduling.queries.outages import Fixed, Proposal, within
from tests.factories import NOW, World
from tests.scheduling.outage_scenes import TUESDAY, Clinic, on, picture


@pytest.fixture
def clinic(world: World) -> Clinic:
    return Clinic(world)


def shown(found: Proposal, fixed: dict[int, Fixed] | None = None) -> ShownBlock:
    return block_token.shown_in(block_token.sign(found, now=NOW, fixed=fixed))


def test_who_was_to_be_called_stays_so_and_who_was_booked_since_is_on_it(clinic: Clinic) -> None:
    first = on(clinic.course(0, 510), TUESDAY)
    fixed = {first.pk: Fixed(None)}
    token = shown(clinic.preview(clinic.blocking("NeuroStar 1"), fixed=fixed), fixed)
    second = on(clinic.course(1, 600, pins={"tms_device": clinic.device(1).pk}), TUESDAY)
    before = picture()

    found = worked_out_anew(token, now=NOW, is_over=within(60))

    assert found is not None
    goes = {row.session.pk: row.to is not None for row in found[0].rows}
    assert (goes, dict(found[1]), picture() == before) == ({first.pk: False, second.pk: True}, fixed, True)


def test_a_block_that_stands_is_looked_at_as_it_stands(clinic: Clinic) -> None:
    clinic.course(0, 510)
    block = clinic.block_now("NeuroStar 1")
    token = shown(clinic.preview(outages.blocking_in_force(block)))

    found = worked_out_anew(token, now=NOW, is_over=within(60))

    assert found is not None
    assert (found[0].blocking.block_id, len(found[0].rows)) == (block.pk, 1)


def test_the_way_back_stays_the_way_back(clinic: Clinic) -> None:
    clinic.course(0, 510)
    block = clinic.reopen(clinic.block("NeuroStar 1"))
    token = shown(outages.return_choices(block=block, now=NOW))

    found = worked_out_anew(token, now=NOW, is_over=within(60))

    assert found is not None
    assert (found[0].is_way_back, [row.to is not None for row in found[0].rows]) == (True, [True])


def test_what_is_not_in_use_any_more_has_no_new_proposal(clinic: Clinic) -> None:
    token = shown(clinic.preview(clinic.blocking("NeuroStar 1")))
    Resource.objects.filter(pk=clinic.device(1).pk).update(is_active=False)

    assert worked_out_anew(token, now=NOW, is_over=within(60)) is None


def test_a_search_knows_when_its_time_is_over() -> None:
    assert (within(60)(), within(-1)()) == (False, True)


@pytest.mark.parametrize(("day", "minute"), [(TUESDAY, 7 * 60 + 30), (dt.date(2026, 12, 6), 0)])
def test_when_a_site_opens(world: World, day: dt.date, minute: int) -> None:
    assert opens_at(site=world.site, day=day) == minute
