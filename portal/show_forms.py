"""Where the pages of a form are, and the lines of the first page that lead to those to fill in.

An address holds a number and no name, for browsers keep addresses.
"""

from patients import forms
from patients.domain.clinical import Instrument
from patients.domain.questions import FORMS
from portal.pages import Visitor
from scheduling.queries.scales import forms_due

NUMBERS = dict(enumerate(FORMS, 1))


def path_to(instrument: Instrument, item: int = 0) -> str:
    """Return where the pages of a form are, or one of its questions."""
    number = next(number for number, each in NUMBERS.items() if each is instrument)
    return f"form/{number}/{item}/" if item else f"form/{number}/"


def forms_to_fill(visitor: Visitor) -> list[str]:
    """Return the addresses of the forms that are due, and of those begun that can be gone on with."""
    patient_id = visitor.link.patient_id
    due = forms_due(patient_id=patient_id, zone=visitor.site.zone, now=visitor.now)
    open_now = forms.begun_forms(patient_id=patient_id, now=visitor.now) | {each.instrument for each in due}
    return [visitor.url(path_to(instrument)) for instrument in FORMS if instrument in open_now]
