"""How far what is authorised reaches for a plan, ready to print beside the form."""

import datetime as dt
from dataclasses import dataclass

from scheduling.domain.local_time import day_text
from scheduling.queries.burn_down import burn_down
from scheduling.queries.planning import Proposal

UNITS = {"session": "visits", "visit": "visits", "day": "days", "mg": "mg"}
ONE_EACH = ("session", "visit")  # units of which a visit takes one


@dataclass(frozen=True, slots=True)
class Authorised:
    """How many sessions of a plan are paid for, by whom, and what is left then."""

    title: str
    words: str
    is_whole: bool


def authorised(proposal: Proposal, *, today: dt.date) -> Authorised | None:
    """Return what pays for a plan, or None where no authorisation is known."""
    coverage = proposal.coverage
    if coverage is None:
        return None
    whole = len(coverage.grants)
    lines = [
        line for line in burn_down(proposal.wish.patient_id, today=today) if line.authorization_id in coverage.grants
    ]
    words = [f"{line.payer}, {line.approved} {UNITS[line.unit]} until {day_text(line.ends_on)}." for line in lines]
    if coverage.covered == whole and lines and all(line.unit in ONE_EACH for line in lines):
        words.append(_spare(sum(line.free for line in lines) - whole))
    return Authorised(f"{coverage.covered} of {whole} authorised", " ".join(words), coverage.covered == whole)


def _spare(left: int) -> str:
    return f"{left} to spare." if left > 0 else "None to spare: a missed visit will need a request."
