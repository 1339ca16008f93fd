"""Maria's 36 sessions: five visits lost here and there, a week in the sun, and an authorisation that runs out.

She begins on Tuesday, November 24. Her payer granted 36 units on November 10, for 90 days: until Sunday, February 7.
Without a loss she would be done on Monday, January 25, well inside. Five losses and a week away cost her two weeks.
"""

import datetime as dt

import pytest

from patients.life_actions import NewAbsence, add_absence
from scheduling.actions import attendance
from scheduling.domain.states import AuthorizationState, CancelledBy, TurnedAway
from scheduling.models import Session
from tests.factories import World
from tests.scheduling.living.diary import Diary, at

GRANTED_ON, ENDS_ON = dt.date(2026, 11, 10), dt.date(2027, 2, 7)
CODES = ["90867", "90868", "90869"]


def nov(day: int) -> dt.date:
    return dt.date(2026, 11, day)


def dec(day: int) -> dt.date:
    return dt.date(2026, 12, day)


def jan(day: int) -> dt.date:
    return dt.date(2027, 1, day)


def feb(day: int) -> dt.date:
    return dt.date(2027, 2, day)


@pytest.fixture
def maria(world: World) -> Diary:
    assert (ENDS_ON - GRANTED_ON).days == 89  # 90 days, both in
    maria = Diary(world, world.book().pk)
    maria.authorize("A-36", CODES, 36, GRANTED_ON, ENDS_ON)
    maria.score(19, nov(23))
    return maria


def test_thirty_six_sessions_with_five_losses_a_vacation_and_ninety_days(maria: Diary) -> None:
    as_planned(maria)
    a_morning_nobody_came(maria)
    ill_on_the_phone(maria)
    a_week_in_the_sun(maria)
    turned_away(maria)
    twice_more(maria)
    the_payer_answers(maria)
    the_end(maria)


def as_planned(maria: Diary) -> None:
    """Five a week around Thanksgiving, Christmas and New Year; then three, two and one around Dr. King's day."""
    assert maria.days("acute") == [
        *["Tue Nov 24", "Wed Nov 25", "Fri Nov 27"],
        *["Mon Nov 30", "Tue Dec 1", "Wed Dec 2", "Thu Dec 3", "Fri Dec 4"],
        *["Mon Dec 7", "Tue Dec 8", "Wed Dec 9", "Thu Dec 10", "Fri Dec 11"],
        *["Mon Dec 14", "Tue Dec 15", "Wed Dec 16", "Thu Dec 17", "Fri Dec 18"],
        *["Mon Dec 21", "Tue Dec 22", "Wed Dec 23", "Thu Dec 24"],
        *["Mon Dec 28", "Tue Dec 29", "Wed Dec 30", "Thu Dec 31"],
        *["Mon Jan 4", "Tue Jan 5", "Wed Jan 6", "Thu Jan 7"],
    ]
    assert maria.days("taper") == ["Mon Jan 11", "Wed Jan 13", "Fri Jan 15", "Tue Jan 19", "Thu Jan 21", "Mon Jan 25"]
    assert maria.units(nov(23)) == (36, 0, 36, "green")
    assert maria.needs(at(nov(23), "18:00")) == []

    maria.quiet_days(nov(24), dec(2), scores={dec(1): 18})


def a_morning_nobody_came(maria: Diary) -> None:
    """Thursday, December 3: the clock flags it a quarter of an hour after its end; a person says what happened."""
    maria.is_open(dec(3))
    assert maria.needs(at(dec(3), "8:41")) == ["late_arrival: Expected at 8:30am -> No-show"]
    assert (maria.sweep(at(dec(3), "9:14")), maria.sweep(at(dec(3), "9:15"))) == (0, 1)
    assert maria.needs(at(dec(3), "9:20")) == ["missed_to_settle: 8:30am on Thu Dec 3 -> No-show"]

    maria.step(attendance.mark_no_show, maria.on(dec(3)), at(dec(3), "9:30"))

    assert maria.needs(at(dec(3), "9:31")) == []
    assert maria.units(dec(3)) == (36, 6, 29, "green")  # what was lost uses no unit
    assert maria.make_ups(dec(3), at(dec(3), "9:31")) == [
        "Thu Dec 3, 10:30am, NeuroStar 1",
        "Fri Jan 8, 8:30am, NeuroStar 1",
        "Tomorrow - not allowed, one a day",
    ]
    assert maria.make_up(dec(3), "Fri Jan 8, 8:30am, NeuroStar 1", at(dec(3), "9:32")) == (
        "1 session is added. The last day stays Mon Jan 25. Authorisation still fits."
    )
    maria.quiet_days(dec(4), dec(15), scores={dec(9): 17})


def ill_on_the_phone(maria: Diary) -> None:
    """Wednesday, December 16, seven o'clock: too late to be in time, early enough to offer the chair to somebody."""
    maria.cancel(dec(16), "Stomach flu", CancelledBy.PATIENT, at(dec(16), "7:00"))

    lost = maria.on(dec(16))
    assert (lost.state, lost.is_late_cancel) == ("cancelled", True)
    assert maria.needs(at(dec(16), "7:01")) == ["freed_slot: Wed Dec 16, 8:30am is free -> See the day"]
    # The acute weeks end on a Monday now, and the taper begins on the Monday after.
    assert maria.make_up(dec(16), "Mon Jan 11, 8:30am, NeuroStar 1", at(dec(16), "7:02")) == (
        "6 sessions move. 1 session is added. The last day goes from Mon Jan 25 to Mon Feb 1. Authorisation still fits."
    )
    assert maria.days("taper") == ["Tue Jan 19", "Thu Jan 21", "Fri Jan 22", "Mon Jan 25", "Wed Jan 27", "Mon Feb 1"]
    assert maria.on(jan(19)).visit_type == "remap"  # eight days after January 11
    maria.quiet_days(dec(17), dec(18), scores={dec(17): 16})


def a_week_in_the_sun(maria: Diary) -> None:
    """She tells on the 18th that she is away from the 28th on: her ten acute sessions left begin on January 4."""
    away = NewAbsence(dec(28), jan(1))
    add_absence(request=maria.world.request, patient=maria.world.maria, absence=away, now=at(dec(18), "10:00"))

    assert maria.move_rest(dec(28), jan(4), at(dec(18), "10:05")) == (
        "11 sessions move. The last day stays Mon Feb 1. Authorisation still fits."
    )
    assert maria.days("acute")[20:] == [
        *["Mon Jan 4", "Tue Jan 5", "Wed Jan 6", "Thu Jan 7", "Fri Jan 8"],
        *["Mon Jan 11", "Tue Jan 12", "Wed Jan 13", "Thu Jan 14", "Fri Jan 15"],
    ]
    assert maria.on(jan(19)).visit_type == "treatment"  # four days after January 15 it is an ordinary one again
    # Eleven days after December 24 her threshold is measured anew: an hour with the psychiatrist, and its own code.
    assert (maria.on(jan(4)).visit_type, maria.on(jan(4)).billing_code) == ("remap", "90869")
    maria.quiet_days(dec(21), jan(4), scores={dec(24): 14})


def turned_away(maria: Diary) -> None:
    """Tuesday, January 5: she had wine at lunch the day before and slept two hours. Not today, says the technician."""
    visit = maria.on(jan(5))
    maria.step(attendance.arrive, visit, at(jan(5), "8:25"))
    reason = {"reason": "Alcohol and no sleep", "code": TurnedAway.OTHER}
    maria.step(attendance.turn_away, visit, at(jan(5), "8:40"), **reason)

    assert maria.units(jan(5)) == (36, 21, 14, "green")
    # Behind Dr. King's day the taper can only begin a week later; its last visit is one day too late.
    assert maria.make_up(jan(5), "Tue Jan 19, 8:30am, NeuroStar 1", at(jan(5), "8:45")) == (
        "6 sessions move. 1 session is added. The last day goes from Mon Feb 1 to Mon Feb 8. "
        "35 of 36 are authorised; the last one falls after Sun Feb 7."
    )
    assert maria.units(jan(5)) == (36, 21, 14, "red")
    assert maria.needs(at(jan(5), "9:00")) == [
        "authorization_short: 1 booked visit is not covered -> Request an extension"
    ]

    maria.authorize("A-37", CODES, 4, feb(8), feb(28), state=AuthorizationState.SUBMITTED, now=at(jan(5), "9:10"))

    assert maria.needs(at(jan(5), "9:11")) == [
        "authorization_short: 1 booked visit is not covered -> Ask how far it is"
    ]
    maria.treat(jan(6))


def twice_more(maria: Diary) -> None:
    """January 7 and 11: the desk is asked to call, and after the third of ten the clinician to look."""
    waiting = "authorization_short: 1 booked visit is not covered -> Ask how far it is"
    maria.is_open(jan(7))
    maria.step(attendance.mark_no_show, maria.on(jan(7)), at(jan(7), "9:05"))
    assert maria.needs(at(jan(7), "9:06")) == [waiting, "missed_twice: 2 visits missed in 10 days -> Plan the make-up"]
    assert maria.make_up(jan(7), "Wed Jan 20, 8:30am, NeuroStar 1", at(jan(7), "9:07")) == (
        "1 session is added. The last day stays Mon Feb 8. 35 of 36 are authorised; the last one falls after Sun Feb 7."
    )
    assert maria.needs(at(jan(7), "9:08")) == [waiting, "missed_twice: 2 visits missed in 10 days -> Open the course"]
    maria.treat(jan(8))

    maria.is_open(jan(11))
    maria.step(attendance.mark_no_show, maria.on(jan(11)), at(jan(11), "9:05"))
    assert maria.needs(at(jan(11), "9:06")) == [
        "clinician_review: 3 of the last 10 visits missed -> Review with the facts",
        waiting,
        "missed_twice: 3 visits missed in 10 days -> Plan the make-up",
    ]
    maria.make_up(jan(11), "Thu Jan 21, 8:30am, NeuroStar 1", at(jan(11), "9:07"))

    # She talks with Dr. Weiss, who is content to go on; both items stay until better days have pushed the bad ones out.
    assert maria.days("acute")[23:] == [
        *["Tue Jan 12", "Wed Jan 13", "Thu Jan 14", "Fri Jan 15", "Tue Jan 19", "Wed Jan 20", "Thu Jan 21"]
    ]
    maria.treat_until(jan(13))


def the_payer_answers(maria: Diary) -> None:
    """Wednesday, January 13: granted. The red item closes itself; nobody ticks anything off."""
    maria.grant("A-37", at(jan(13), "15:00"))
    maria.score(12, jan(13))

    assert maria.units(jan(13)) == (36, 25, 10, "green")
    assert maria.needs(at(jan(13), "15:01")) == [
        "clinician_review: 3 of the last 10 visits missed -> Review with the facts",
        "missed_twice: 3 visits missed in 10 days -> Open the course",
    ]


def the_end(maria: Diary) -> None:
    maria.treat_until(jan(21))
    maria.score(9, jan(21))
    # Ten units are left and ten were once asked for; everything booked is paid for, so she ticks it off.
    running_out = "authorization_short: 10 units left, until Sun Feb 28 -> Request an extension"
    assert maria.needs(at(jan(21), "18:00")) == [running_out]
    maria.finish("authorization_short", at(jan(21), "18:01"))
    maria.quiet_days(jan(22), feb(5))
    maria.treat(feb(8))
    maria.score(6, feb(8))

    assert maria.course.state == "completed"
    assert [line.split()[0] for line in maria.plan()] == [str(number) for number in range(1, 37)]
    assert {line.split()[-1] for line in maria.plan()} == {"completed"}
    assert maria.days("taper") == ["Mon Jan 25", "Wed Jan 27", "Fri Jan 29", "Mon Feb 1", "Wed Feb 3", "Mon Feb 8"]
    assert maria.lost() == [
        "Thu Dec 3 no_show",
        "Wed Dec 16 cancelled: Stomach flu",
        "Tue Jan 5 not_treated: Alcohol and no sleep",
        "Thu Jan 7 no_show",
        "Mon Jan 11 no_show",
    ]
    assert maria.paid() == {"A-36": 35, "A-37": 1}
    assert maria.codes() == {"90867": 1, "90868": 34, "90869": 1}
    assert maria.units(feb(8)) == (36, 35, 0, "green")
    assert maria.needs(at(feb(8), "18:00")) == []
    assert not Session.objects.filter(course=maria.course_id, state="booked").exists()
