"""Maria's twelve ECT treatments: turned away once after breakfast, and once with nobody to take her home.

Monday, Wednesday, Friday from November 30 on, at eight. Twelve treatments are authorised until December 31; as planned
the twelfth is on December 28. What she loses is added at the end, and the year has few days left.
"""

import datetime as dt

import pytest

from patients.domain.clinical import Instrument
from scheduling.actions import attendance, setup
from scheduling.domain.operations import GateKind
from scheduling.domain.states import AuthorizationState, TurnedAway
from tests.factories import World
from tests.scheduling.living.clinic import ROOMS
from tests.scheduling.living.diary import Diary, at

CODES = ["90870"]
JAN_4 = dt.date(2027, 1, 4)


def nov(day: int) -> dt.date:
    return dt.date(2026, 11, day)


def dec(day: int) -> dt.date:
    return dt.date(2026, 12, day)


@pytest.fixture
def maria(world: World) -> Diary:
    setup.add_resources(site=world.site, resources=ROOMS)
    course = world.book(protocol_code="ect_index", start_on=nov(30), preferred_minute=8 * 60)
    maria = Diary(world, course.pk)
    maria.authorize("E-12", CODES, 12, nov(23), dec(31))
    for instrument, score in ((Instrument.HAMD17, 26), (Instrument.MOCA, 27)):
        maria.score(score, nov(27), instrument)
    return maria


def test_an_index_series_turned_away_twice(maria: Diary) -> None:
    as_planned(maria)
    breakfast(maria)
    nobody_to_take_her_home(maria)
    the_payer_answers(maria)
    the_end(maria)


def as_planned(maria: Diary) -> None:
    """Never on consecutive days; Christmas Day costs no treatment, it moves to the Monday."""
    assert maria.days("index") == [
        *["Mon Nov 30", "Wed Dec 2", "Fri Dec 4"],
        *["Mon Dec 7", "Wed Dec 9", "Fri Dec 11"],
        *["Mon Dec 14", "Wed Dec 16", "Fri Dec 18"],
        *["Mon Dec 21", "Wed Dec 23", "Mon Dec 28"],
    ]
    assert maria.units(nov(29)) == (12, 0, 12, "green")
    maria.quiet_days(nov(29), dec(1))

    maria.treat(dec(2))
    # Ten left: another twelve would be asked for now. She needs no more than these, so it is ticked off.
    assert maria.needs(at(dec(2), "18:00")) == [
        "authorization_short: 10 units left, until Thu Dec 31 -> Request an extension"
    ]
    maria.finish("authorization_short", at(dec(2), "18:01"))
    maria.treat(dec(4))
    assert maria.needs(at(dec(4), "18:00")) == ["measure_due: HAM-D17 is due -> Record the score"]
    maria.score(22, dec(4), Instrument.HAMD17)
    assert maria.needs(at(dec(4), "18:01")) == []


def breakfast(maria: Diary) -> None:
    """Monday, December 7: she had toast at six. The room and the bays are free again before the list is late."""
    visit = maria.on(dec(7))
    assert maria.held(dec(7)) == ["Pre-op bay 1", "Anesthesia", "Dr. Weiss", "ECT room", "Recovery bay 1"]

    maria.step(attendance.arrive, visit, at(dec(7), "7:30"))
    maria.step(attendance.turn_away, visit, at(dec(7), "7:45"), reason="Toast at six", code=TurnedAway.ATE)

    assert maria.held(dec(7)) == []
    assert maria.units(dec(7)) == (12, 3, 8, "amber")
    # One unplanned loss in an index series is the psychiatrist's to look at (domain.md 1.2).
    assert maria.needs(at(dec(7), "7:46")) == ["clinician_review: 1 visit missed -> Review with the facts"]
    assert maria.make_ups(dec(7), at(dec(7), "7:50")) == [
        "Wed Dec 30, 8am, ECT room",
        "Thu Dec 31, 8am, ECT room",
        "Mon Jan 4, 8am, ECT room",
        "Today - not before tomorrow: nothing to eat from midnight",
        "Tomorrow - not allowed, at least 2 days apart",
    ]
    assert maria.make_up(dec(7), "Wed Dec 30, 8am, ECT room", at(dec(7), "7:51")) == (
        "1 session is added. The last day goes from Mon Dec 28 to Wed Dec 30. Authorisation still fits."
    )
    assert maria.units(dec(7)) == (12, 3, 9, "amber")

    maria.quiet_days(dec(9), dec(10))  # treated again: the review closes itself
    maria.treat(dec(11))
    # What the anaesthetist found is good for thirty days.
    assert maria.needs(at(dec(11), "18:00")) == ["document_due: Pre-op clearance is good until Wed Dec 16 -> Open it"]
    maria.renew(GateKind.PREOP_CLEARANCE, at(dec(11), "18:01"))
    assert maria.needs(at(dec(11), "18:02")) == []


def nobody_to_take_her_home(maria: Diary) -> None:
    """Monday, December 14: her sister is ill. No escort, no anaesthetic."""
    visit = maria.on(dec(14))
    maria.step(attendance.arrive, visit, at(dec(14), "7:30"))
    maria.step(attendance.turn_away, visit, at(dec(14), "7:40"), reason="No escort", code=TurnedAway.NO_ESCORT)

    assert maria.needs(at(dec(14), "7:41")) == [
        "clinician_review: 1 visit missed -> Review with the facts",
        "missed_twice: 2 visits missed in 10 days -> Plan the make-up",
    ]
    # Had somebody come for her, there would still be a place on the list; nobody can.
    assert maria.make_ups(dec(14), at(dec(14), "7:45")) == [
        "Mon Dec 14, 8:30am, ECT room",
        "Mon Jan 4, 8am, ECT room",
        "Tue Jan 5, 8am, ECT room",
        "Tomorrow - not allowed, at least 2 days apart",
    ]
    assert maria.make_up(dec(14), "Mon Jan 4, 8am, ECT room", at(dec(14), "7:50")) == (
        "1 session is added. The last day goes from Wed Dec 30 to Mon Jan 4. "
        "11 of 12 are authorised; the last one falls after Thu Dec 31."
    )
    assert maria.units(dec(14)) == (12, 5, 6, "red")
    assert maria.needs(at(dec(14), "7:51")) == [
        "clinician_review: 1 visit missed -> Review with the facts",
        "authorization_short: 1 booked visit is not covered -> Request an extension",
        "missed_twice: 2 visits missed in 10 days -> Open the course",
    ]


def the_payer_answers(maria: Diary) -> None:
    """She is treated on the 16th and the 18th; the payer gives two more for January on the 18th."""
    maria.authorize("E-13", CODES, 2, dt.date(2027, 1, 1), dt.date(2027, 1, 31), state=AuthorizationState.SUBMITTED)
    maria.treat(dec(16))
    waiting = "authorization_short: 1 booked visit is not covered -> Ask how far it is"
    assert maria.needs(at(dec(16), "18:00")) == [
        waiting,
        "missed_twice: 2 visits missed in 10 days -> Open the course",
        "measure_due: HAM-D17 is due -> Record the score",
        "measure_due: MoCA is due -> Record the score",
    ]
    maria.score(17, dec(16), Instrument.HAMD17)
    maria.score(25, dec(16), Instrument.MOCA)

    maria.treat(dec(18))
    maria.grant("E-13", at(dec(18), "15:00"))
    assert maria.units(dec(18)) == (12, 7, 4, "amber")
    assert maria.needs(at(dec(18), "15:01")) == [
        "authorization_short: 7 units left, until Sun Jan 31 -> Request an extension"
    ]
    maria.finish("authorization_short", at(dec(18), "15:02"))


def the_end(maria: Diary) -> None:
    maria.treat_until(dec(23))
    maria.score(12, dec(23), Instrument.HAMD17)
    maria.quiet_days(dec(24), dec(31))
    maria.treat(JAN_4)
    maria.score(7, JAN_4, Instrument.HAMD17)
    maria.score(26, JAN_4, Instrument.MOCA)

    assert maria.course.state == "completed"
    assert maria.days("index") == [
        *["Mon Nov 30", "Wed Dec 2", "Fri Dec 4"],
        *["Wed Dec 9", "Fri Dec 11"],
        *["Wed Dec 16", "Fri Dec 18"],
        *["Mon Dec 21", "Wed Dec 23"],
        *["Mon Dec 28", "Wed Dec 30"],
        "Mon Jan 4",
    ]
    assert [line.split()[0] for line in maria.plan()] == [str(number) for number in range(1, 13)]
    assert {line.split()[-1] for line in maria.plan()} == {"completed"}
    assert maria.lost() == ["Mon Dec 7 not_treated: Toast at six", "Mon Dec 14 not_treated: No escort"]
    assert (maria.paid(), maria.codes()) == ({"E-12": 11, "E-13": 1}, {"90870": 12})
    assert maria.needs(at(JAN_4, "18:00")) == []
