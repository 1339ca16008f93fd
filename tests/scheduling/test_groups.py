import datetime as dt

import pytest

from scheduling.actions import groups, rosters, setup
from scheduling.actions.groups import NewGroup
from scheduling.actions.setup import NewResource
from scheduling.errors import CannotPlan, Conflict, NotFound, Rejected, SlotTaken
from scheduling.models import ClosedGroup, Reservation, Resource, Session
from tests.factories import World, make_patient

FIRST = dt.date(2026, 11, 24)


def group(**more: object) -> NewGroup:
    asked: dict[str, object] = {
        "name": "Winter group",
        "topic": "mbct",
        "places": 2,
        "first_day": FIRST,
        "minute": 14 * 60,
        "minutes": 120,
        "meetings": 8,
        "holds": ("Group room", "Therapist Ito"),
    } | more
    return NewGroup(**asked)  # type: ignore[arg-type]


@pytest.fixture
def house(world: World) -> World:
    setup.add_resources(
        site=world.site, resources=[NewResource("group_room", "Group room"), NewResource("therapist", "Therapist Ito")]
    )
    return world


def test_the_group_holds_its_room_and_therapist_once_on_each_date(house: World) -> None:
    groups.add_group(site=house.site, group=group())

    held = Reservation.objects.filter(meeting__isnull=False)
    assert (held.count(), held.values("resource").distinct().count()) == (16, 2)


def test_members_take_its_places_at_its_dates_until_they_are_full(house: World) -> None:
    groups.add_group(site=house.site, group=group())
    house.book(house.maria, protocol_code="mbct_8", preferred_minute=None)
    house.book(house.daniel, protocol_code="mbct_8", preferred_minute=None)
    third = make_patient(house.site, house.receptionist, "Ana", "Sato", birth_date=dt.date(1980, 1, 1))

    days = set(Session.objects.values_list("day", "minute"))
    assert days == {(FIRST + dt.timedelta(weeks=week), 840) for week in range(8)}
    assert Reservation.objects.filter(resource__name="Therapist Ito").count() == 8
    with pytest.raises(CannotPlan):
        house.book(third, protocol_code="mbct_8", preferred_minute=None)


def test_a_closed_day_is_skipped(house: World) -> None:
    groups.add_group(site=house.site, group=group(first_day=dt.date(2026, 11, 26), meetings=2))

    days = list(ClosedGroup.objects.get().meetings.order_by("number").values_list("day", flat=True))
    assert days == [dt.date(2026, 12, 3), dt.date(2026, 12, 10)]


def test_a_taken_room_refuses_the_whole_group(house: World) -> None:
    groups.add_group(site=house.site, group=group())

    with pytest.raises(SlotTaken):
        groups.add_group(site=house.site, group=group(name="Second", minute=15 * 60))

    assert list(ClosedGroup.objects.values_list("name", flat=True)) == ["Winter group"]


def test_an_unknown_room_a_name_in_use_and_no_place_are_refused(house: World) -> None:
    groups.add_group(site=house.site, group=group())

    with pytest.raises(NotFound, match="no Attic"):
        groups.add_group(site=house.site, group=group(name="Second", holds=("Attic",)))
    with pytest.raises(Rejected, match="already"):
        groups.add_group(site=house.site, group=group())
    with pytest.raises(Rejected, match="1 to 20 places"):
        groups.add_group(site=house.site, group=group(name="Second", places=0))


@pytest.fixture
def place(world: World) -> Resource:
    world.technician.memberships.update(skills=["operator"])
    world.receptionist.memberships.update(skills=["operator"])
    return Resource.objects.select_related("site").get(site=world.site, name="TMS operator 1")


def test_naming_and_swapping_an_operator_moves_no_visit(world: World, place: Resource) -> None:
    course = world.book()
    before = list(Session.objects.filter(course=course).values_list("starts_at", "version", "timing_version"))

    rosters.name_staff(place=place, staff=world.technician, day=FIRST, from_minute=480, to_minute=960)
    rosters.name_staff(place=place, staff=world.receptionist, day=FIRST, from_minute=480, to_minute=960)

    assert list(place.shifts.filter(is_active=True).values_list("staff", flat=True)) == [world.receptionist.pk]
    assert list(Session.objects.filter(course=course).values_list("starts_at", "version", "timing_version")) == before


def test_nobody_stands_at_two_places_at_once(world: World, place: Resource) -> None:
    other = Resource.objects.select_related("site").get(site=world.site, name="TMS operator 2")
    rosters.name_staff(place=place, staff=world.technician, day=FIRST, from_minute=480, to_minute=720)

    with pytest.raises(Conflict, match="stands at another place then"):
        rosters.name_staff(place=other, staff=world.technician, day=FIRST, from_minute=700, to_minute=960)
    rosters.name_staff(place=other, staff=world.technician, day=FIRST, from_minute=720, to_minute=960)


def test_a_person_without_the_skill_or_from_elsewhere_is_refused(world: World, place: Resource) -> None:
    with pytest.raises(Rejected, match="not trained for: operator"):
        rosters.name_staff(place=place, staff=world.auditor, day=FIRST, from_minute=480, to_minute=720)
    with pytest.raises(NotFound):
        rosters.name_staff(place=place, staff=world.outsider, day=FIRST, from_minute=480, to_minute=720)
    with pytest.raises(Rejected, match="must end after"):
        rosters.name_staff(place=place, staff=world.technician, day=FIRST, from_minute=480, to_minute=480)
