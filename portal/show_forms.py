"""Where the pages of a form are, and the lines of the first page that lead to those that are due.

An address holds a number and no name, for browsers keep addresses.
"""

from collections.abc import Sequence

from patients.domain.clinical import Instrument
from patients.domain.questions import FORMS
from portal.pages import Visitor
from scheduling.domain import local_time
from scheduling.domain.measures import AHEAD_DAYS
from scheduling.queries.coming import ComingVisit
from scheduling.queries.scales import forms_due

NUMBERS = dict(enumerate(FORMS, 1))


def path_to(instrument: Instrument, item: int = 0) -> str:
    """Return where the pages of a form are, or one of its questions."""
    number = next(number for number, each in NUMBERS.items() if each is instrument)
    return f"form/{number}/{item}/" if item else f"form/{number}/"


def forms_to_fill(visitor: Visitor, found: Sequence[ComingVisit]) -> list[str]:
    """Return the addresses of the forms that are due; nothing is read as long as the next visit is days away."""
    today = local_time.today(visitor.now, visitor.site.zone)
    if found and (found[0].day - today).days > AHEAD_DAYS:
        return []
    due = forms_due(patient_id=visitor.link.patient_id, zone=visitor.site.zone, now=visitor.now)
    return [visitor.url(path_to(each.instrument)) for each in due]
