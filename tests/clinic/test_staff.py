"""Inviting, changing and letting go, and what nobody may learn or do meanwhile."""

import datetime as dt

import pytest

from clinic import access, staff_actions, staff_queries
from clinic.actions import Request, create_token, token_digest
from clinic.domain.permissions import Permission, Role
from clinic.errors import Conflict, NotFound, Rejected, Stale
from clinic.models import AuditEntry, Membership, Site, StaffUser
from clinic.queries import token_owner
from tests.factories import NOW, PASSWORD, World, make_staff

LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture
def maya(world: World) -> StaffUser:
    return make_staff("maya@example.com", Role.MANAGER, world.site)


def invite(
    by: StaffUser, site: Site, email: str = "nia@example.com", role: Role = Role.FRONT_DESK
) -> tuple[Membership, str]:
    return staff_actions.invite(request=Request(user=by), site=site, email=email, name="Nia", role=role, now=NOW)


def test_somebody_invited_chooses_a_password_once_and_has_the_role(world: World, maya: StaffUser) -> None:
    row, ticket = invite(maya, world.site)

    user = staff_actions.join(ticket=ticket, password=PASSWORD, now=LATER)

    assert (user.pk, user.check_password(PASSWORD)) == (row.user_id, True)
    assert access.site(user, "riverside", Permission.BOOK_COURSE) == world.site
    with pytest.raises(Conflict, match="has been used"):
        staff_actions.join(ticket=ticket, password="another-long-password", now=LATER)


@pytest.mark.parametrize("ticket", ["", "-", "1-", "zz-abc-def", "!!-abc", "9" * 40 + "-a-b"])
def test_a_ticket_nobody_was_given_opens_nothing(world: World, ticket: str) -> None:
    with pytest.raises(Conflict, match="has been used"):
        staff_actions.join(ticket=ticket, password=PASSWORD, now=NOW)


def test_a_weak_password_is_refused_and_the_link_still_holds(world: World, maya: StaffUser) -> None:
    _row, ticket = invite(maya, world.site)

    with pytest.raises(Rejected) as refused:
        staff_actions.join(ticket=ticket, password="short", now=LATER)

    assert (refused.value.status, set(refused.value.fields)) == (422, {"password"})
    assert staff_actions.join(ticket=ticket, password=PASSWORD, now=LATER).has_usable_password()


def test_somebody_of_another_site_keeps_their_password_and_the_link_opens_nothing(
    world: World, maya: StaffUser
) -> None:
    row, ticket = invite(maya, world.site, "otto@example.com")

    with pytest.raises(Conflict):
        staff_actions.join(ticket=ticket, password="taken-over-by-maya", now=LATER)

    world.outsider.refresh_from_db()
    assert (row.user, row.user.name, world.outsider.check_password(PASSWORD)) == (world.outsider, "Otto", True)
    assert access.site(world.outsider, "riverside", Permission.VIEW_DAY) == world.site


def test_the_links_of_a_new_and_of_a_known_address_look_alike(world: World, maya: StaffUser) -> None:
    shapes = [
        [len(part) for part in invite(maya, world.site, email)[1].split("-")[1:]]
        for email in ("new@example.com", "otto@example.com")
    ]

    assert shapes[0] == shapes[1]


def test_a_new_link_ends_the_one_before_and_the_password(world: World, maya: StaffUser) -> None:
    row, first = invite(maya, world.site)
    staff_actions.join(ticket=first, password=PASSWORD, now=LATER)

    _row, second = staff_actions.invite_again(request=Request(user=maya), membership_id=row.pk, version=1, now=LATER)

    assert not StaffUser.objects.get(pk=row.user_id).has_usable_password()
    staff_actions.join(ticket=second, password=PASSWORD, now=LATER)


def test_a_new_link_for_somebody_of_another_site_changes_nothing_there(world: World, maya: StaffUser) -> None:
    row, _ticket = invite(maya, world.site, "otto@example.com")

    _row, ticket = staff_actions.invite_again(request=Request(user=maya), membership_id=row.pk, version=1, now=LATER)

    with pytest.raises(Conflict):
        staff_actions.join(ticket=ticket, password="taken-over-by-maya", now=LATER)
    world.outsider.refresh_from_db()
    assert world.outsider.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("email", "name", "fields"),
    [
        ("nia", "Nia", {"email"}),
        ("nia@example.com", " ", {"name"}),
        ("", "\u202eaiN", {"email", "name"}),
        ("rosa@example.com", "Rosa", {"email"}),
    ],
)
def test_what_cant_be_used_is_said_by_field(
    world: World, maya: StaffUser, email: str, name: str, fields: set[str]
) -> None:
    with pytest.raises(Rejected) as refused:
        staff_actions.invite(
            request=Request(user=maya), site=world.site, email=email, name=name, role=Role.TECHNICIAN, now=NOW
        )

    assert set(refused.value.fields) == fields


def test_the_last_manager_neither_leaves_nor_steps_down(world: World, maya: StaffUser) -> None:
    mine = Membership.objects.get(user=maya)
    about = {"request": Request(user=maya), "membership_id": mine.pk, "version": 1, "now": NOW}

    with pytest.raises(Conflict, match="last manager"):
        staff_actions.end_membership(**about)  # type: ignore[arg-type]
    with pytest.raises(Conflict, match="last manager"):
        staff_actions.change_membership(**about, role=Role.AUDITOR, skills=[])  # type: ignore[arg-type]

    invite(maya, world.site, role=Role.MANAGER)
    staff_actions.end_membership(**about)  # type: ignore[arg-type]
    assert not Membership.objects.filter(user=maya).exists()


def test_somebody_let_go_opens_nothing_and_their_keys_are_gone(world: World, maya: StaffUser) -> None:
    token = create_token(user=world.receptionist, now=NOW)
    row = Membership.objects.get(user=world.receptionist)

    staff_actions.end_membership(request=Request(user=maya), membership_id=row.pk, version=1, now=NOW)

    user = StaffUser.objects.get(pk=world.receptionist.pk)
    assert (user.is_active, user.has_usable_password(), token_owner(digest=token_digest(token))) == (False, False, None)
    with pytest.raises(NotFound):
        access.site(user, "riverside", Permission.VIEW_DAY)


def test_somebody_who_works_elsewhere_too_keeps_that(world: World, maya: StaffUser) -> None:
    row, _ticket = invite(maya, world.site, "otto@example.com")

    staff_actions.end_membership(request=Request(user=maya), membership_id=row.pk, version=1, now=NOW)

    world.outsider.refresh_from_db()
    assert (world.outsider.is_active, world.outsider.check_password(PASSWORD)) == (True, True)


def test_somebody_let_go_begins_anew(world: World, maya: StaffUser) -> None:
    row, old = invite(maya, world.site)
    staff_actions.end_membership(request=Request(user=maya), membership_id=row.pk, version=1, now=NOW)

    back, new = invite(maya, world.site)

    assert back.user_id == row.user_id
    with pytest.raises(Conflict):
        staff_actions.join(ticket=old, password=PASSWORD, now=LATER)
    assert staff_actions.join(ticket=new, password=PASSWORD, now=LATER).is_active


def test_a_change_made_meanwhile_is_not_overwritten_and_says_the_version(world: World, maya: StaffUser) -> None:
    row = Membership.objects.get(user=world.receptionist)
    about = {"request": Request(user=maya), "membership_id": row.pk, "now": NOW}
    staff_actions.change_membership(**about, version=1, role=Role.CLINICIAN, skills=["operator"])  # type: ignore[arg-type]

    with pytest.raises(Stale) as refused:
        staff_actions.change_membership(**about, version=1, role=Role.AUDITOR, skills=[])  # type: ignore[arg-type]

    row.refresh_from_db()
    assert (row.role, row.skills, row.version, refused.value.fields) == ("clinician", ["operator"], 2, {"version": "2"})


def test_every_deed_leaves_one_audit_entry_about_nobodys_record(world: World, maya: StaffUser) -> None:
    row, ticket = invite(maya, world.site)
    staff_actions.join(ticket=ticket, password=PASSWORD, now=LATER)
    staff_actions.end_membership(request=Request(user=maya), membership_id=row.pk, version=1, now=LATER)

    entries = AuditEntry.objects.filter(object_type="membership").order_by("pk")
    assert [(entry.action, entry.actor_id, entry.patient_id) for entry in entries] == [
        ("staff.invited", maya.pk, None),
        ("staff.joined", row.user_id, None),
        ("staff.let_go", maya.pk, None),
    ]


def test_the_staff_of_a_site_are_its_own_and_active(world: World, maya: StaffUser) -> None:
    StaffUser.objects.filter(pk=world.auditor.pk).update(is_active=False)

    found = [row.user.name for row in staff_queries.staff_of(site=world.site)]

    assert found == ["Maya", "Rosa", "Tess"]
    assert staff_queries.staff_member(site=world.other_site, membership_id=Membership.objects.get(user=maya).pk) is None
