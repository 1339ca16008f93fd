"""A site's own steps for getting ready: versions that are never altered; and what a patient ticks for one visit."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clinic.actions import Request
from clinic.domain.permissions import Permission, Role
from clinic.models import AuditEntry, Site
from scheduling import access
from scheduling.actions import moving, prep
from scheduling.errors import NotFound, Rejected, Stale
from scheduling.models import PrepSheet, PrepTick, Protocol, Session
from scheduling.queries import prep as queries
from scheduling.queries.definitions import definition_of
from scheduling.queries.prep import PrepList, VisitPrep
from tests.factories import NOW, World, cancel, make_staff

CODE = "tms_mdd_36"
PRODUCTS = [
    "Take off all metal on your head: earrings, pins, glasses.",
    "Tell us if you changed a medicine.",
    "Tell us if you slept badly or drank alcohol.",
]
DAY = dt.timedelta(days=1)
PATIENT = Request(user=None, actor="patient")


@pytest.fixture
def manager(world: World) -> Request:
    return Request(user=make_staff("dana@example.com", Role.MANAGER, world.site))


@pytest.fixture
def visit(world: World) -> Session:
    return Session.objects.get(course=world.book(counts={"acute": 10, "taper": 3}), number=1)


def publish(world: World, manager: Request, en: str = "Rest.\nCome early.", version: int = 0, **more: Any) -> Any:
    facts: dict[str, Any] = {
        "site": world.site,
        "code": CODE,
        "es": "\n".join(f"{n}." for n in range(en.count("\n") + 1)),
    }
    return prep.publish_sheet(request=manager, en=en, version=version, now=NOW, **facts | more)


def in_force(site: Site) -> PrepList:
    row = Protocol.objects.get(code=CODE, is_current=True)
    return queries.prep_list(site.pk, CODE, definition_of(row))


def english(found: PrepList | VisitPrep) -> list[str]:
    return [each.said_in("en") for each in found.steps]


def tick(visit: Session, place: int = 0, *, is_done: bool = True, now: dt.datetime = NOW, **more: Any) -> bool:
    facts: dict[str, Any] = {
        "patient_id": visit.patient_id,
        "session_id": visit.pk,
        "step": of(visit).steps[place].id,
    } | more
    return prep.tick_step(request=PATIENT, is_done=is_done, now=now, **facts)


def of(visit: Session) -> VisitPrep:
    found = queries.prep_of(visit.pk)
    assert found is not None
    return found


def test_without_own_steps_the_products_are_in_force(world: World) -> None:
    found = in_force(world.site)

    assert (english(found), found.is_own, found.version, found.sheet_id) == (PRODUCTS, False, 0, None)


def test_own_steps_are_in_force_at_once_at_that_site_alone_and_noted_without_a_word(
    world: World, manager: Request
) -> None:
    row = publish(world, manager)

    found = in_force(world.site)
    assert (english(found), found.is_own, found.version) == (["Rest.", "Come early."], True, 1)
    assert (found.sheet_id, found.at, found.by) == (row.pk, NOW, "Dana")
    assert english(in_force(world.other_site)) == PRODUCTS
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.object_type, entry.object_id, entry.patient_id, entry.actor, entry.site) == (
        "prep.published",
        "prep_sheet",
        row.pk,
        None,
        manager.user,
        world.site,
    )


def test_every_version_stays_and_none_can_be_altered(world: World, manager: Request) -> None:
    publish(world, manager)
    publish(world, manager, "Rest.", 1)

    assert list(PrepSheet.objects.order_by("version").values_list("version", flat=True)) == [1, 2]
    for change in (lambda: PrepSheet.objects.update(steps=None), lambda: PrepSheet.objects.all().delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_no_version_of_a_list_is_there_twice(world: World, manager: Request) -> None:
    publish(world, manager)

    with pytest.raises(IntegrityError), transaction.atomic():
        PrepSheet.objects.create(site=world.site, code=CODE, version=1, steps=[], at=NOW)


def test_the_same_steps_again_change_nothing(world: World, manager: Request) -> None:
    publish(world, manager)
    entries = AuditEntry.objects.count()

    assert publish(world, manager, "  Rest. \r\n\r\n- Come  early.", 1, es="0.\n1.") is None
    assert (PrepSheet.objects.count(), AuditEntry.objects.count()) == (1, entries)


def test_typing_the_products_own_steps_follows_the_product(world: World, manager: Request) -> None:
    theirs = in_force(world.site).steps
    typed: dict[str, Any] = {"en": "\n".join(each.en for each in theirs), "es": "\n".join(each.es for each in theirs)}

    assert publish(world, manager, **typed) is None
    publish(world, manager)
    publish(world, manager, version=1, **typed)

    assert (in_force(world.site).is_own, in_force(world.site).version) == (False, 2)
    assert PrepSheet.objects.latest("version").steps is None
    assert AuditEntry.objects.latest("pk").action == "prep.dropped"


def test_a_site_may_ask_for_nothing(world: World, manager: Request) -> None:
    publish(world, manager, "", es="")

    assert (english(in_force(world.site)), in_force(world.site).is_own) == ([], True)


def test_a_list_with_a_fault_is_refused_and_says_where(world: World, manager: Request) -> None:
    with pytest.raises(Rejected) as refused:
        publish(world, manager, "Rest.\nCome early.", es="Descanse.")

    said = "English has 2 steps, Spanish has 1 step. Every step stands in both, in the same order."
    assert (refused.value.code, refused.value.message, refused.value.fields) == ("prep_faults", said, {"es": said})
    assert PrepSheet.objects.count() == 0


def test_a_list_published_meanwhile_is_not_overwritten(world: World, manager: Request) -> None:
    publish(world, manager)

    with pytest.raises(Stale, match="Dana published another list meanwhile") as refused:
        publish(world, manager, "Rest well.", 0)

    assert (refused.value.fields, english(in_force(world.site))) == ({"version": "1"}, ["Rest.", "Come early."])


def test_there_is_no_list_for_what_is_no_protocol(world: World, manager: Request) -> None:
    with pytest.raises(NotFound):
        publish(world, manager, code="nothing")


def test_an_earlier_version_is_put_back_as_a_new_one_with_the_ids_it_had(world: World, manager: Request) -> None:
    publish(world, manager)
    first = in_force(world.site).steps
    publish(world, manager, "Sleep.", 1)

    prep.put_back(request=manager, site=world.site, code=CODE, wanted=1, version=2, now=NOW)

    assert (in_force(world.site).steps, in_force(world.site).version) == (first, 3)


def test_the_products_steps_are_put_back_as_version_0(world: World, manager: Request) -> None:
    publish(world, manager)

    prep.put_back(request=manager, site=world.site, code=CODE, wanted=0, version=1, now=NOW)

    assert (english(in_force(world.site)), in_force(world.site).version) == (PRODUCTS, 2)
    row = Protocol.objects.get(code=CODE, is_current=True)
    versions = queries.prep_versions(world.site.pk, CODE, definition_of(row))
    assert [(each.version, each.is_own, len(each.steps)) for each in versions] == [(2, False, 3), (1, True, 2)]


def test_nothing_is_put_back_that_never_was_or_over_what_nobody_read(world: World, manager: Request) -> None:
    publish(world, manager)

    with pytest.raises(NotFound):
        prep.put_back(request=manager, site=world.site, code=CODE, wanted=7, version=1, now=NOW)
    with pytest.raises(Stale):
        prep.put_back(request=manager, site=world.site, code=CODE, wanted=0, version=0, now=NOW)
    assert prep.put_back(request=manager, site=world.site, code=CODE, wanted=1, version=1, now=NOW) is None


def test_a_list_of_another_site_is_not_there(world: World, manager: Request) -> None:
    row = publish(world, manager)
    assert manager.user

    assert access.prep_sheet(manager.user, row.pk, Permission.MANAGE_SITE) == row
    with pytest.raises(NotFound):
        access.prep_sheet(world.outsider, row.pk, Permission.MANAGE_SITE)
    with pytest.raises(NotFound):
        access.prep_sheet(world.receptionist, row.pk, Permission.MANAGE_SITE)


def test_the_lists_of_a_site_cost_four_statements_whatever_they_hold(world: World, manager: Request) -> None:
    def listed() -> tuple[dict[str, tuple[bool, int]], int]:
        with CaptureQueriesContext(connection) as statements:
            found = queries.prep_lists(site=world.site)
        return {each.row.code: (own.is_own, own.version) for each, own in found}, len(statements)

    few = listed()
    world.book(protocol_code="consult")
    for version in range(3):
        publish(world, manager, f"Step {version}.", version)
    many = listed()

    assert (few[1], many[1]) == (4, 4)
    assert (few[0][CODE], many[0][CODE], next(iter(many[0]))) == ((False, 0), (True, 3), "consult")


def test_a_visit_has_the_steps_of_its_protocol_and_costs_two_statements(world: World, visit: Session) -> None:
    tick(visit)

    with CaptureQueriesContext(connection) as statements:
        found = of(visit)

    assert (english(found), found.done, found.day, len(statements)) == (PRODUCTS, 1, visit.day, 2)
    assert queries.prep_of(0) is None


def test_both_ways_to_ask_for_the_steps_of_a_visit_say_the_same(world: World, manager: Request, visit: Session) -> None:
    def asked() -> list[VisitPrep]:
        row = Session.objects.select_related("course__protocol").get(pk=visit.pk)
        return [of(visit), queries.prep_of_visit(row)]

    found = [asked()]
    publish(world, manager)
    tick(visit, 1)
    found.append(asked())
    publish(world, manager, "", 1, es="")
    found.append(asked())
    prep.put_back(request=manager, site=world.site, code=CODE, wanted=0, version=2, now=NOW)
    found.append(asked())

    assert [one for one, other in found if one != other] == []
    assert [(len(one.steps), one.done) for one, _other in found] == [(3, 0), (2, 1), (0, 0), (3, 0)]


def test_a_step_is_ticked_by_the_patient_and_noted_as_their_own(world: World, visit: Session) -> None:
    assert tick(visit, 1, agent="Phone/1")

    row = PrepTick.objects.get()
    assert (row.step, row.day, row.sheet, row.at, row.agent) == (of(visit).steps[1].id, visit.day, None, NOW, "Phone/1")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.object_type, entry.object_id, entry.patient_id, entry.actor, entry.role) == (
        "prep.ticked",
        "session",
        visit.pk,
        visit.patient_id,
        None,
        "patient",
    )


def test_ticking_and_unticking_again_changes_nothing(visit: Session) -> None:
    entries = AuditEntry.objects.count()

    answers = [tick(visit), tick(visit, now=NOW + DAY / 24), tick(visit, 1)]
    ticked = sorted(PrepTick.objects.values_list("at", flat=True))
    answers += [tick(visit, is_done=False), tick(visit, is_done=False)]

    assert (answers, ticked) == ([True] * 5, [NOW, NOW])
    assert (of(visit).done, AuditEntry.objects.count() - entries) == (1, 3)
    assert AuditEntry.objects.latest("pk").action == "prep.unticked"


def test_a_new_version_keeps_the_ticks_of_the_steps_that_stay(world: World, manager: Request, visit: Session) -> None:
    publish(world, manager, "Rest.\nCome early.")
    tick(visit, 0)
    tick(visit, 1)

    publish(world, manager, "Come early.\nRest well.\nEat.", 1, es="1.\n0.\n2.")

    found = of(visit)
    assert [(each.en, each.id in found.ticked) for each in found.steps] == [
        ("Come early.", True),
        ("Rest well.", False),
        ("Eat.", False),
    ]
    assert (found.done, PrepTick.objects.values_list("sheet__version", flat=True).first()) == (1, 1)


def test_a_visit_that_moves_to_another_day_is_got_ready_for_anew(world: World, visit: Session) -> None:
    tick(visit)

    def move(day: dt.date, minute: int) -> int:
        visit.refresh_from_db()
        moving.move_to(
            request=world.request, session_id=visit.pk, version=visit.version, day=day, minute=minute, now=NOW
        )
        return of(visit).done

    assert [move(visit.day, 660), move(visit.day - DAY, 660), move(visit.day, 660)] == [1, 0, 1]


def test_nobody_ticks_what_is_not_theirs_or_not_on_the_list(world: World, visit: Session) -> None:
    rows = AuditEntry.objects.count()

    assert tick(visit, patient_id=world.daniel.pk) is False
    assert tick(visit, step="0123456789abcdef") is False
    assert tick(visit, session_id=0) is False
    assert (PrepTick.objects.count(), AuditEntry.objects.count()) == (0, rows)


def test_nothing_is_ticked_once_a_visit_is_over_or_called_off(world: World, visit: Session) -> None:
    assert (tick(visit, now=visit.starts_at), tick(visit, 1, now=visit.ends_at)) == (True, False)

    cancel(session_id=visit.pk, version=visit.version, reason="Ill", now=NOW, by=world.receptionist)
    assert tick(visit, is_done=False) is False
    assert PrepTick.objects.count() == 1
