import datetime as dt
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from clinic import access, actions, queries
from clinic.domain.permissions import ALLOWED, Permission, Role, roles_with
from clinic.errors import NotAllowed, NotFound, Rejected
from clinic.models import ApiToken, AuditEntry, AuditSeal, IdempotencyKey, Membership, Site, StaffUser
from patients import access as patient_access
from scheduling import access as scheduling_access
from scheduling import errors
from tests.factories import NOW, World


def test_every_role_is_in_the_table_and_the_auditor_changes_nothing() -> None:
    assert set(ALLOWED) == set(Role)
    assert ALLOWED[Role.AUDITOR] == {Permission.VIEW_DAY, Permission.VIEW_COURSE, Permission.VIEW_MESSAGES}
    assert roles_with(Permission.BOOK_COURSE) == {Role.FRONT_DESK, Role.CLINICIAN, Role.MANAGER}


def test_a_site_of_others_does_not_exist(world: World) -> None:
    with pytest.raises(NotFound):
        access.site(world.receptionist, "harbor", Permission.VIEW_DAY)


def test_a_right_somebody_lacks_at_their_own_site_is_refused_in_words(world: World) -> None:
    with pytest.raises(NotAllowed, match="Ask a manager"):
        access.site(world.technician, "riverside", Permission.BOOK_COURSE)


def test_objects_of_another_site_do_not_exist(world: World) -> None:
    session = world.visit()

    for reach in (
        lambda: patient_access.patient(world.outsider, world.maria.pk),
        lambda: scheduling_access.course(world.outsider, session.course_id),
        lambda: scheduling_access.session(world.outsider, session.pk),
    ):
        with pytest.raises(errors.NotFound):
            reach()


def test_a_role_taken_away_is_gone_at_once(world: World) -> None:
    Membership.objects.filter(user=world.receptionist).delete()

    with pytest.raises(NotFound):
        patient_access.patient(world.receptionist, world.maria.pk)


def test_a_token_is_kept_as_its_digest_only_and_finds_its_owner(world: World) -> None:
    token = actions.create_token(user=world.receptionist, now=NOW)

    assert queries.token_owner(digest=actions.token_digest(token)) == world.receptionist
    StaffUser.objects.filter(pk=world.receptionist.pk).update(is_active=False)
    assert queries.token_owner(digest=actions.token_digest(token)) is None


def test_idempotency_keys_are_forgotten_after_two_days(world: World) -> None:
    user = world.receptionist
    for age in (47, 49):
        at = NOW - dt.timedelta(hours=age)
        IdempotencyKey.objects.create(user=user, key=str(age), route="r", body_sha256="b", result_id=1, created_at=at)

    actions.forget_idempotency_keys(now=NOW)

    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["47"]


def test_the_audit_chain_holds_until_a_row_is_altered(world: World) -> None:
    later = NOW + dt.timedelta(minutes=1)
    assert actions.seal_audit(now=later) == AuditEntry.objects.count()
    assert actions.seal_audit(now=later) == 0
    world.visit()
    actions.seal_audit(now=later)
    assert queries.broken_seal()[0] is None
    first = AuditEntry.objects.order_by("pk")[0].pk

    with connection.cursor() as cursor:  # as somebody with the database in hand would
        sqlite, postgres = "DROP TRIGGER auditentry_append_only_update", "SET session_replication_role = replica"
        cursor.execute(sqlite if connection.vendor == "sqlite" else postgres)
        cursor.execute("UPDATE clinic_auditentry SET patient_id = 4711 WHERE id = %s", [first])
        cursor.execute("SELECT 1" if connection.vendor == "sqlite" else "SET session_replication_role = DEFAULT")

    broken = AuditSeal.objects.order_by("through_id")[0].through_id
    assert queries.broken_seal()[0] == broken
    with pytest.raises(CommandError, match=f"altered at or before entry {broken}"):
        call_command("verify_audit")


def test_an_entry_of_the_last_seconds_waits_for_the_next_seal(world: World) -> None:
    assert actions.seal_audit(now=NOW + dt.timedelta(seconds=5)) == 0


def test_a_link_ends_before_the_first_entry_that_is_still_young(world: World) -> None:
    old, young = NOW - dt.timedelta(minutes=5), NOW + dt.timedelta(minutes=5)
    actions.write_audit_of_command(site=world.site, action="poison.young", patient_ids=[1], now=young)
    actions.write_audit_of_command(site=world.site, action="poison.old", patient_ids=[2], now=old)

    actions.seal_audit(now=NOW + dt.timedelta(minutes=1))

    last_sealed = AuditSeal.objects.get().through_id
    first_young = AuditEntry.objects.get(action="poison.young").pk
    assert last_sealed == AuditEntry.objects.filter(pk__lt=first_young).latest("pk").pk
    actions.seal_audit(now=young + dt.timedelta(minutes=1))
    assert queries.broken_seal() == (None, AuditEntry.objects.count())


def test_an_entry_taken_out_breaks_the_chain_where_it_was(world: World) -> None:
    later = NOW + dt.timedelta(minutes=1)
    actions.seal_audit(now=later)
    seal, first = AuditSeal.objects.get(), AuditEntry.objects.order_by("pk")[0].pk
    world.visit()
    actions.seal_audit(now=later)

    with connection.cursor() as cursor:
        sqlite, postgres = "DROP TRIGGER auditentry_append_only_delete", "SET session_replication_role = replica"
        cursor.execute(sqlite if connection.vendor == "sqlite" else postgres)
        cursor.execute("DELETE FROM clinic_auditentry WHERE id = %s", [first])
        cursor.execute("SELECT 1" if connection.vendor == "sqlite" else "SET session_replication_role = DEFAULT")

    assert queries.broken_seal() == (seal.through_id, 0)


def test_verify_audit_says_how_many_entries_it_looked_at(world: World) -> None:
    actions.seal_audit(now=NOW + dt.timedelta(minutes=1))
    said = StringIO()

    call_command("verify_audit", stdout=said)

    assert said.getvalue() == f"The audit log is whole: {AuditEntry.objects.count()} sealed entries.\n"


def test_create_token_prints_a_token_that_works_and_is_stored_nowhere(world: World) -> None:
    said = StringIO()

    call_command("create_token", "ROSA@example.com", stdout=said)

    token = said.getvalue().strip()
    assert queries.token_owner(digest=actions.token_digest(token)) == world.receptionist
    assert not ApiToken.objects.filter(digest=token).exists()


def test_create_token_for_nobody_says_so(world: World) -> None:
    with pytest.raises(CommandError, match=r"Nobody on the staff has the address x@example\.com\."):
        call_command("create_token", "x@example.com")


def test_opening_hours_are_made_just_what_is_asked_and_only_once(world: World) -> None:
    hours = {2: [(dt.time(9), dt.time(12)), (dt.time(13), dt.time(16))]}

    assert actions.set_opening_hours(site=world.site, hours=hours) is True
    assert actions.set_opening_hours(site=world.site, hours=hours) is False

    rows = world.site.opening_hours.order_by("opens").values_list("weekday", "opens", "closes")
    assert list(rows) == [(2, dt.time(9), dt.time(12)), (2, dt.time(13), dt.time(16))]
    assert world.other_site.opening_hours.count() == 5


def test_create_staff_makes_the_first_manager_and_the_first_site(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("a-long-enough-password\n"))

    call_command(
        "create_staff",
        "Boss@Example.com",
        role="manager",
        create_site="Elm Clinic",
        zone="America/Denver",
        password_stdin=True,
        stdout=StringIO(),
    )

    boss = StaffUser.objects.get()
    assert (boss.email, boss.check_password("a-long-enough-password"), Site.objects.get().zone) == (
        "boss@example.com",
        True,
        "America/Denver",
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"password": "short"}, "too short"),
        ({"email": "rosa@example.com"}, "already on the staff"),
        ({"email": "nobody"}, "valid email"),
        ({"site": "nowhere"}, "There is: riverside, harbor"),
        ({"create_site": "Elm", "zone": "Mars/Olympus"}, "is not a time zone"),
        ({"create_site": "Elm", "password": "short"}, "too short"),
        ({"site": None}, "Say which site with --site"),
    ],
    ids=["password", "taken", "address", "site", "zone", "password with a new site", "which site"],
)
def test_create_staff_refuses_in_one_sentence(
    world: World, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], words: str
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(options.pop("password", "a-long-enough-password") + "\n"))
    before = StaffUser.objects.count()

    with pytest.raises(CommandError, match=words):
        call_command(
            "create_staff",
            options.pop("email", "new@example.com"),
            **({"role": "manager", "site": "riverside", "password_stdin": True} | options),
        )

    assert (StaffUser.objects.count(), Site.objects.count()) == (before, 2)


def test_a_site_with_a_taken_short_name_is_refused(world: World) -> None:
    with pytest.raises(Rejected, match="already a site"):
        actions.add_site(site=actions.NewSite("riverside", "R", "R", "UTC", "", "", {}))
