"""Maria's esketamine: a week missed in the middle of the induction, and a clinician who decides.

Mondays and Thursdays from November 30 on, at nine. In week three she does not come on Monday and is ill on Thursday.
A desk may make up a lost visit; from seven days without a dose on a clinician says how it goes on (domain.md 1.5).
"""

import datetime as dt

import pytest

from clinic.errors import NotAllowed
from scheduling.actions import attendance, setup
from scheduling.domain.states import CancelledBy
from tests.factories import World
from tests.scheduling.living.clinic import ROOMS
from tests.scheduling.living.diary import MINUTE, Diary, at

CODES = ["G2082", "G2083"]
FIRST, USUAL = 56, 84  # milligrams: the dose decides the code


def nov(day: int) -> dt.date:
    return dt.date(2026, 11, day)


def dec(day: int) -> dt.date:
    return dt.date(2026, 12, day)


def jan(day: int) -> dt.date:
    return dt.date(2027, 1, day)


@pytest.fixture
def maria(world: World) -> Diary:
    setup.add_resources(site=world.site, resources=ROOMS)
    course = world.book(protocol_code="esk_trd", start_on=nov(30), preferred_minute=9 * 60)
    maria = Diary(world, course.pk)
    maria.authorize("S-24", CODES, 24, nov(23), dt.date(2027, 4, 30))
    maria.score(21, nov(27))
    return maria


def test_a_week_missed_in_the_middle_of_the_induction(maria: Diary) -> None:
    two_good_weeks(maria)
    a_monday_nobody_came(maria)
    a_fever(maria)
    the_clinician_decides(maria)
    on_with_it(maria)


def dose(maria: Diary, day: dt.date, milligrams: int = USUAL) -> None:
    """Give a dose at 9:25, watch her from 9:35 on for two hours, and let her ride home at the end of the visit."""
    visit = maria.on(day)
    maria.step(attendance.arrive, visit, visit.starts_at - 10 * MINUTE)
    maria.step(attendance.start, visit, visit.starts_at + 25 * MINUTE, dose_mg=milligrams)
    maria.step(attendance.monitor, visit, visit.starts_at + 35 * MINUTE)
    maria.step(attendance.complete, visit, visit.ends_at)


def two_good_weeks(maria: Diary) -> None:
    assert maria.days("induction") == [
        *["Mon Nov 30", "Thu Dec 3", "Mon Dec 7", "Thu Dec 10"],
        *["Mon Dec 14", "Thu Dec 17", "Mon Dec 21", "Thu Dec 24"],
    ]
    assert maria.days("weekly") == ["Mon Dec 28", "Mon Jan 4", "Mon Jan 11", "Tue Jan 19"]
    assert maria.days("maintenance") == ["Tue Feb 2", "Tue Feb 16", "Tue Mar 2", "Tue Mar 16"]
    assert maria.codes() == {"G2082": 1, "G2083": 15}  # expected: 56 mg first, then 84

    dose(maria, nov(30), FIRST)
    dose(maria, dec(3))
    maria.score(18, dec(3))
    dose(maria, dec(7))
    dose(maria, dec(10))
    maria.score(15, dec(10))

    assert maria.units(dec(10)) == (24, 4, 12, "green")
    assert maria.needs(at(dec(10), "18:00")) == []


def a_monday_nobody_came(maria: Diary) -> None:
    """December 14: half an hour after the start the chair and the observer are free for somebody else."""
    maria.is_open(dec(14))
    assert maria.held(dec(14)) == ["Chair 1", "Observer", "Observer's watch 1"]
    assert (maria.sweep(at(dec(14), "9:29")), maria.sweep(at(dec(14), "9:30"))) == (0, 1)
    assert maria.held(dec(14)) == []
    assert maria.needs(at(dec(14), "9:31")) == ["missed_to_settle: 9am on Mon Dec 14 -> No-show"]

    maria.step(attendance.mark_no_show, maria.on(dec(14)), at(dec(14), "10:00"))

    # Four days after the last dose this is still the desk's to repair; nobody picks up the phone, so it waits.
    assert maria.needs(at(dec(14), "10:01")) == []
    assert maria.make_ups(dec(14), at(dec(14), "10:05")) == [
        "Mon Dec 14, 11am, Chair 1",
        "Tue Dec 15, 9am, Chair 1",
        "Mon Dec 28, 9am, Chair 1",
    ]


def a_fever(maria: Diary) -> None:
    """Wednesday, December 16: she calls. Fever since Sunday, nothing tomorrow either."""
    maria.cancel(dec(17), "Fever", CancelledBy.PATIENT, at(dec(16), "8:00"))
    assert maria.needs(at(dec(16), "8:01")) == ["freed_slot: Thu Dec 17, 9am is free -> See the day"]
    assert maria.needs(at(dec(16), "23:59")) == ["freed_slot: Thu Dec 17, 9am is free -> See the day"]

    # On Thursday it is a week since the last dose.
    assert maria.needs(at(dec(17), "9:01")) == [
        "clinician_review: 7 days since the last visit -> Review with the facts"
    ]


def the_clinician_decides(maria: Diary) -> None:
    """Friday, December 18, eight days: the desk may look, and may not book."""
    now = at(dec(18), "9:40")
    assert maria.needs(now) == ["clinician_review: 8 days since the last visit -> Review with the facts"]
    choices = ["Fri Dec 18, 10:30am, Chair 1", "Mon Dec 28, 9am, Chair 1", "Tomorrow - Chair 1 is not there that day"]
    assert maria.make_ups(dec(14), now) == choices
    with pytest.raises(NotAllowed, match=r"^A clinician decides this\. Ask one, or put the course on hold\.$"):
        maria.make_up(dec(14), "Mon Dec 28, 9am, Chair 1", now)

    # Dr. Weiss has talked with her: not worse, so the schedule goes on, and both doses are given at its end.
    assert maria.make_up(dec(14), "Mon Dec 28, 9am, Chair 1", now, may_decide=True) == (
        "4 sessions move. 1 session is added. The last day stays Tue Mar 16. Authorisation still fits."
    )
    assert maria.make_up(dec(17), "Thu Dec 31, 9am, Chair 1", now, may_decide=True) == (
        "1 session is added. The last day stays Tue Mar 16. Authorisation still fits."
    )

    # Nothing is owed any more: the item is gone by itself.
    assert maria.needs(now) == []
    assert maria.days("induction")[4:] == ["Mon Dec 21", "Thu Dec 24", "Mon Dec 28", "Thu Dec 31"]
    assert maria.days("weekly") == ["Mon Jan 4", "Mon Jan 11", "Tue Jan 19", "Mon Jan 25"]
    assert maria.days("maintenance") == ["Tue Feb 2", "Tue Feb 16", "Tue Mar 2", "Tue Mar 16"]


def on_with_it(maria: Diary) -> None:
    """On Monday morning she is expected at nine; eleven days are long, and the list says so until she is there."""
    assert maria.needs(at(dec(21), "8:00")) == ["gap_too_long: 11 days since the last visit -> Look for a sooner time"]
    dose(maria, dec(21))
    assert maria.needs(at(dec(21), "18:00")) == []
    dose(maria, dec(24))
    maria.score(14, dec(24))
    dose(maria, dec(28))
    dose(maria, dec(31))
    maria.score(10, dec(31))
    dose(maria, jan(4), FIRST)  # less was enough that day, and is billed as less

    assert maria.units(jan(4)) == (24, 9, 7, "green")
    assert maria.needs(at(jan(4), "18:00")) == []
    assert maria.plan()[:10] == [
        "1 induction Mon Nov 30 9am completed",
        "2 induction Thu Dec 3 9am completed",
        "3 induction Mon Dec 7 9am completed",
        "4 induction Thu Dec 10 9am completed",
        "5 induction Mon Dec 21 9am completed",
        "6 induction Thu Dec 24 9am completed",
        "7 induction Mon Dec 28 9am completed",
        "8 induction Thu Dec 31 9am completed",
        "9 weekly Mon Jan 4 9am completed",
        "10 weekly Mon Jan 11 9am booked",
    ]
    assert maria.lost() == ["Mon Dec 14 no_show", "Thu Dec 17 cancelled: Fever"]
    assert maria.codes() == {"G2082": 9, "G2083": 7}  # what comes is expected to be as the last dose was
    assert maria.paid() == {"S-24": 16}
