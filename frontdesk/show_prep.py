"""How the lists for getting ready look in set-up, and the line the panel of a visit has about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clinic.errors import Rejected
from clinic.models import Site
from frontdesk.show_settings import counted
from scheduling.domain import local_time, prep
from scheduling.domain.prep import PrepStep
from scheduling.domain.states import SessionState
from scheduling.queries.prep import PrepList, prep_of_visit
from scheduling.queries.protocols import Listed

HEADINGS = {"en": "Get ready", "es": "Cómo prepararse"}
PRODUCTS = "Comes with Coursekeeper"


@dataclass(frozen=True, slots=True)
class Line:
    """A protocol in the list: whose steps its patients read, and how many."""

    pk: int
    name: str
    tag: str
    words: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Version:
    """A list that was in force: whose it was, its steps in each language, and whether it is in force now."""

    number: int
    whose: str
    steps: Sequence[PrepStep]
    is_now: bool


def lines_of(found: Sequence[tuple[Listed, PrepList]], site: Site) -> tuple[list[Line], list[Line]]:
    """Return the protocols courses run on, and the others."""
    lines = [(each.running, _line(each, own, site)) for each, own in found]
    return [line for running, line in lines if running], [line for running, line in lines if not running]


def versions_of(rows: Sequence[PrepList], site: Site) -> list[Version]:
    """Return every list a site published for a protocol, the latest first."""
    return [Version(row.version, whose(row, site), row.steps, is_now=not place) for place, row in enumerate(rows)]


def whose(found: PrepList, site: Site) -> str:
    """Return whose steps these are: `Your own, version 3, by Dana, Thu Nov 12`."""
    if found.at is None:
        return PRODUCTS
    day = local_time.day_text(local_time.wall(found.at, site.zone)[0])
    by = f"by {found.by}, {day}" if found.by else day
    return f"Your own, version {found.version}, {by}" if found.is_own else f"{PRODUCTS}, put back {by}"


def typed_of(steps: Sequence[PrepStep]) -> dict[str, str]:
    """Return steps as they are typed: one a line, by language."""
    return {language: "\n".join(each.said_in(language) for each in steps) for language in HEADINGS}


def tried(typed: dict[str, str]) -> dict[str, Any]:
    """Return a list as patients would read it, and what is wrong with it."""
    lines = {language: prep.lines_of(typed[language]) for language in HEADINGS}
    return {
        "faults": list(prep.faults(lines["en"], lines["es"]).items()),
        "pages": [(language, heading, lines[language]) for language, heading in HEADINGS.items()],
    }


def fields_of(typed: dict[str, str], refusal: Rejected | None) -> list[tuple[str, str, str, str]]:
    """Return the two fields: language, its name, what is typed, what is wrong."""
    wrong = refusal.fields if refusal else {}
    return [(language, name, typed[language], wrong.get(language, "")) for language, name in prep.LANGUAGES.items()]


def panel_line(session: Any) -> str:
    """Return how far a patient got with getting ready: `2 of 3 ticked`; empty: nothing is asked. Two statements."""
    if session.state != SessionState.BOOKED:
        return ""
    found = prep_of_visit(session)
    return f"{found.done} of {len(found.steps)} ticked" if found.steps else ""


def _line(each: Listed, own: PrepList, site: Site) -> Line:
    steps = counted(len(own.steps), "step") if own.steps else "No steps"
    words = f"{steps}. {whose(own, site)}." if own.steps or own.version else f"{steps}."
    return Line(each.row.pk, each.row.name, each.row.tag, words, own.is_own)
