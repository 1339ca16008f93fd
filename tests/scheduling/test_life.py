"""What is entered about a patient, and what the plans make of it."""

import datetime as dt
from typing import Any

import pytest

from patients import life_actions
from patients.domain.clinical import Instrument, RelatedRole, ScreeningCode
from patients.errors import NotFound, Rejected
from patients.life_actions import NewAbsence
from scheduling.actions import authorizations, courses, setup
from scheduling.actions.authorizations import NewAuthorization
from scheduling.actions.setup import NewResource
from scheduling.domain.states import AuthorizationState
from scheduling.errors import CannotPlan, PlanGone, Stale
from scheduling.models import Authorization
from tests.factories import FIRST_DAY, NOW, World, propose

CHAIRS = [
    NewResource("infusion_chair", "Chair 1", "KETAMINE"),
    NewResource("iv_nurse", "Nurse 1"),
    NewResource("iv_watch", "Watch 1"),
    NewResource("therapist", "Therapist Ito"),
    NewResource("interpreter", "Interpreter", capabilities=("es",)),
]


@pytest.fixture
def clinic(world: World) -> World:
    setup.add_resources(site=world.site, resources=CHAIRS)
    return world


def away(world: World, **more: Any) -> int:
    asked: dict[str, Any] = {"starts_on": FIRST_DAY} | more
    return life_actions.add_absence(
        request=world.request,
        patient=world.maria,
        absence=NewAbsence(**asked),
        now=NOW,
    )


def grant(
    world: World, units: int = 36, *, ends_on: dt.date = dt.date(2027, 6, 30), payer: str = "Cigna", **more: object
) -> int:
    new = NewAuthorization(
        payer=payer,
        number="A-1",
        state=AuthorizationState.APPROVED,
        starts_on=dt.date(2026, 11, 1),
        ends_on=ends_on,
        pools=[(["90867", "90868", "90869"], units)],
    )
    return authorizations.add_authorization(request=world.request, patient=world.maria, authorization=new, now=NOW)


def test_a_vacation_and_a_weekly_absence_are_planned_around_and_taken_back(world: World) -> None:
    vacation = away(world, starts_on=dt.date(2026, 12, 7), ends_on=dt.date(2026, 12, 11))
    away(world, weekday=3, from_minute=0, to_minute=720)

    sessions = world.propose().plan.sessions

    assert not any(dt.date(2026, 12, 7) <= s.day <= dt.date(2026, 12, 11) for s in sessions)
    assert min(s.minute for s in sessions if s.day.isoweekday() == 3) >= 720
    life_actions.remove_absence(request=world.request, patient=world.maria, absence_id=vacation, now=NOW)
    assert any(dt.date(2026, 12, 7) <= s.day <= dt.date(2026, 12, 11) for s in world.propose().plan.sessions)


def test_an_absence_that_makes_no_sense_is_refused(world: World) -> None:
    with pytest.raises(Rejected, match="end on or after"):
        away(world, ends_on=FIRST_DAY - dt.timedelta(days=1))
    with pytest.raises(Rejected, match="Give the last day"):
        away(world)
    with pytest.raises(Rejected, match="begin before it ends"):
        away(world, weekday=1, from_minute=600, to_minute=600)
    with pytest.raises(NotFound):
        away(world, weekday=1, person_id=999)


def test_one_of_two_escorts_is_enough(clinic: World) -> None:
    first, second = (
        life_actions.add_related_person(
            request=clinic.request, patient=clinic.maria, role=RelatedRole.ESCORT, name=name, phone="", now=NOW
        )
        for name in ("Luis", "Rosa")
    )
    for person in (first, second):
        away(clinic, person_id=person, weekday=1)
    away(clinic, person_id=first, weekday=2)

    days = {s.day.isoweekday() for s in clinic.propose(protocol_code="ket_iv_6").plan.sessions}

    assert (1 in days, 2 in days) == (False, True)


def test_an_interpreter_is_reserved_for_every_visit(clinic: World) -> None:
    life_actions.set_interpreter(request=clinic.request, patient=clinic.maria, language="ES ", now=NOW)

    plan = clinic.propose().plan

    assert all("Interpreter" in {use.name for use in session.uses} for session in plan.sessions)


def test_an_interpreter_the_site_does_not_have_is_said_so(clinic: World) -> None:
    life_actions.set_interpreter(request=clinic.request, patient=clinic.maria, language="vi", now=NOW)

    with pytest.raises(CannotPlan, match=r"no interpreter with vi at this site.*It fits if no interpreter is needed"):
        clinic.propose()


def test_an_implant_stops_magnetic_stimulation_until_a_clinician_clears_it(world: World) -> None:
    flag = life_actions.note_flag(
        request=world.request, patient=world.maria, code=ScreeningCode.IMPLANTED_STIMULATOR, now=NOW
    )

    with pytest.raises(CannotPlan, match="implanted stimulator"):
        world.propose()
    assert len(world.propose(protocol_code="consult").plan.sessions) == 1
    with pytest.raises(Rejected, match="Write why"):
        life_actions.clear_flag(request=world.request, patient=world.maria, flag_id=flag, because=" ", now=NOW)
    life_actions.clear_flag(request=world.request, patient=world.maria, flag_id=flag, because="Explanted", now=NOW)
    assert len(world.propose().plan.sessions) == 36


def test_a_vns_course_is_itself_a_flag(clinic: World) -> None:
    setup.add_resources(
        site=clinic.site, resources=[NewResource("vns_programmer", "Wand"), NewResource("exam_room", "Exam room")]
    )
    clinic.book(protocol_code="vns_titration")

    with pytest.raises(CannotPlan, match="implanted stimulator"):
        clinic.propose()


def test_two_courses_of_one_patient_keep_the_rules_of_a_day(clinic: World) -> None:
    clinic.book(protocol_code="ket_iv_6", preferred_minute=600)
    infusions = {s.day for s in clinic.propose(protocol_code="ket_iv_6", start_on=FIRST_DAY).plan.sessions}
    booked = dict(_visits(clinic))

    treatments = clinic.propose(preferred_minute=14 * 60).plan.sessions

    assert infusions.isdisjoint(booked)
    assert all(s.minute + s.minutes <= booked[s.day] for s in treatments if s.day in booked)


def _visits(world: World) -> list[tuple[dt.date, int]]:
    return list(world.maria.courses.get().sessions.values_list("day", "minute"))


def test_a_course_booked_meanwhile_that_forbids_this_one_is_noticed_in_the_booking(clinic: World) -> None:
    stale = clinic.propose(preferred_minute=14 * 60)
    clinic.book(protocol_code="ket_iv_6", preferred_minute=600)

    with pytest.raises(PlanGone, match="not after a sedation on its day"):
        courses.book_course(request=clinic.request, proposal=stale, now=NOW)


def test_a_payer_may_forbid_two_treatments_side_by_side(clinic: World) -> None:
    clinic.book(protocol_code="ket_iv_6", preferred_minute=600)
    grant(clinic)
    authorizations.set_payer(name="Cigna", rules={"not_together": [["tms", "ketamine_iv"]]})

    with pytest.raises(CannotPlan, match="Cigna does not pay for TMS beside ketamine, which runs until"):
        clinic.propose()


def test_a_payer_rule_that_is_no_pair_of_modalities_is_refused(db: None) -> None:
    with pytest.raises(Rejected, match="pairs of modalities"):
        authorizations.set_payer(name="Cigna", rules={"not_together": [["tms", "astrology"]]})


def test_the_plan_says_what_is_authorised(world: World) -> None:
    assert world.propose().coverage_words == ""

    grant(world, ends_on=dt.date(2027, 1, 19))

    assert world.propose().coverage_words == "34 of 36 are authorised; the last 2 fall after Tue Jan 19."


def test_units_other_visits_use_up_are_gone(world: World) -> None:
    grant(world, 40)
    world.book()

    later = propose(world.site, world.maria, start_on=dt.date(2027, 2, 1))

    assert later.coverage_words == "4 of 36 are authorised; the last 32 have no authorised unit left."


def test_a_denied_authorisation_pays_for_nothing(world: World) -> None:
    row_id = grant(world)
    row = Authorization.objects.get(pk=row_id)

    authorizations.change_authorization(
        request=world.request,
        patient=world.maria,
        authorization_id=row_id,
        version=row.version,
        state=AuthorizationState.DENIED,
        now=NOW,
    )

    assert world.propose().coverage_words == ""
    with pytest.raises(Stale):
        authorizations.change_authorization(
            request=world.request,
            patient=world.maria,
            authorization_id=row_id,
            version=row.version,
            state=AuthorizationState.APPROVED,
            now=NOW,
        )


def test_a_score_outside_its_scale_or_twice_a_day_is_refused(world: World) -> None:
    def record(score: int) -> None:
        life_actions.record_measure(
            request=world.request,
            patient=world.maria,
            instrument=Instrument.PHQ9,
            score=score,
            measured_on=FIRST_DAY,
            now=NOW,
        )

    with pytest.raises(Rejected, match="from 0 to 27"):
        record(28)
    record(27)
    with pytest.raises(Rejected, match="already"):
        record(3)
