"""Pure: which messages a course has and when each is due (screens.md 4.3, domain.md 4.4), as data.

Days and minutes are the wall clock of the site. What is due later than it should be is still said as long as it is of
use; what was said by then is not said again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from notifications.domain.states import Kind

AHEAD_DAYS = 3  # two reminders, three days and one day ahead: fewest missed (domain.md 4.4 [X2 A])
LONGEST_AHEAD = 7
WITHOUT_VISIT_DAYS = 3  # after so many days without a visit a daily patient is reminded again (screens.md 4.3)
LEAST_AHEAD_MINUTES = 120  # later than that a reminder helps nobody: somebody calls
SAME_DAY_MINUTES = 120
SAME_DAY_UNTIL = 30
PREP_BY = 16 * 60  # what has to be read the day before is sent by four in the afternoon
PREP_UNTIL = 20 * 60  # later that day a person calls (domain.md 4.2): on the day of the visit it is too late to fast


class Purpose(StrEnum):
    """What somebody has to have agreed to; the words of `patients.domain.contact.Purpose`."""

    REMINDERS = "reminders"
    OFFERS = "offers"
    FORMS = "forms"
    ESCORT = "escort"


class Only(StrEnum):
    """Of which visits a reminder is sent."""

    EVERY = "every"
    FIRST = "first"
    LATER = "later"  # all but the first
    UNUSUAL = "unusual"  # the first, after days without one, at a time that changed, or where it was asked for
    ASKED = "asked"  # where it was asked for


@dataclass(frozen=True, slots=True)
class Moment:
    """A reminder so many days before a visit. `by`: the minute of that day it is sent by, where that matters."""

    kind: Kind
    days: int
    only: Only = Only.EVERY
    by: int | None = None
    is_answered_by_yes: bool = True  # somebody who said yes to the visit is not asked again


@dataclass(frozen=True, slots=True)
class Cadence:
    """What a course's patient is told. `at`: the minute reminders are due, None: as the site has it."""

    has_digest: bool
    has_recall: bool
    has_forms: bool
    moments: tuple[Moment, ...]
    at: int | None = None


_ASKED = Moment(Kind.SAME_DAY, 0, Only.ASKED, is_answered_by_yes=False)
_FIRST_OF_TWO = frozenset({Kind.RIDE, Kind.FIRST_VISIT, Kind.AHEAD})


def cadence(
    *, style: str, needs_company: bool, ahead_days: int | None = None, at: int | None = None, off: tuple[str, ...] = ()
) -> Cadence:
    """Return what a protocol of a style has. `needs_company`: nobody goes home alone; `off`: kinds it leaves out.

    `ahead_days`: how long before a visit the first of two reminders is sent, 0: there is none; None: as usual.
    """
    days = AHEAD_DAYS if ahead_days is None else ahead_days
    is_daily = style == "weekly_digest"
    if needs_company:
        found = [
            Moment(Kind.RIDE, days, is_answered_by_yes=False),
            Moment(Kind.PREP, 1, by=PREP_BY, is_answered_by_yes=False),
            Moment(Kind.ESCORT, 1, by=PREP_BY, is_answered_by_yes=False),
        ]
    elif is_daily:
        found = [Moment(Kind.FIRST_VISIT, days, Only.FIRST), Moment(Kind.DAY_BEFORE, 1, Only.UNUSUAL)]
    else:
        found = [
            Moment(Kind.FIRST_VISIT, days, Only.FIRST),
            Moment(Kind.AHEAD, days, Only.LATER),
            Moment(Kind.DAY_BEFORE, 1),
        ]
    return Cadence(
        has_digest=is_daily and Kind.WEEK not in off,
        has_recall=style == "recall" and Kind.RECALL not in off,
        has_forms=Kind.FORM_DUE not in off,
        moments=_without(found, off),
        at=at,
    )


def _without(found: list[Moment], off: tuple[str, ...]) -> tuple[Moment, ...]:
    """Return the moments that are left: the first of two reminders is none on the day of the other, or of the visit."""
    left = [each for each in found if each.kind not in off and each.days]
    says_all = any(each.kind in (Kind.PREP, Kind.DAY_BEFORE) for each in left)
    found = [each for each in left if each.days > 1 or each.kind not in _FIRST_OF_TWO or not says_all]
    return (*found, *([] if _ASKED.kind in off else [_ASKED]))


PURPOSES: Mapping[Kind, Purpose] = {
    **dict.fromkeys(Kind, Purpose.REMINDERS),
    Kind.OPENING: Purpose.OFFERS,
    Kind.FORM_DUE: Purpose.FORMS,
    Kind.ESCORT: Purpose.ESCORT,
    Kind.ESCORT_OFF: Purpose.ESCORT,
    Kind.ESCORT_YES: Purpose.ESCORT,
}
# Said to somebody who just wrote: at once, whatever the hour and however much was said that day.
ANSWERS = frozenset(
    {
        Kind.CONFIRMED,
        Kind.ASKED,
        Kind.LATE,
        Kind.ESCORT_YES,
        Kind.STOP_ACK,
        Kind.START_ACK,
        Kind.HELP,
        Kind.FREE_TEXT,
        Kind.CRISIS,
        Kind.STRANGER,
    }
)
# To an address that asked for no more: one text that says so (47 CFR 64.1200(a)(12)), and where to turn in danger.
DESPITE_STOP = frozenset({Kind.STOP_ACK, Kind.CRISIS})
# Without these a patient comes in vain.
SAFETY = frozenset({Kind.MOVED, Kind.CANCELLED})
# Nor may anybody drive in vain, or be missing: the last to give way, and up to the limits of the law if nothing else
# is left.
VITAL = SAFETY | {Kind.ESCORT, Kind.ESCORT_OFF}
CHANGES = SAFETY | {Kind.MISSED}
# Planned ahead: one a day to a number is enough.
REMINDERS = frozenset(
    {
        Kind.WEEK,
        Kind.FIRST_VISIT,
        Kind.AHEAD,
        Kind.RIDE,
        Kind.DAY_BEFORE,
        Kind.PREP,
        Kind.RECALL,
        Kind.FORM_DUE,
    }
)
# Nobody expects these, so nobody is called where they can't be said.
OPTIONAL = frozenset({Kind.SAME_DAY, Kind.FORM_DUE, Kind.RECALL, Kind.ESCORT, Kind.ESCORT_OFF})
