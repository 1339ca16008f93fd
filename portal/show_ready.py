"""How getting ready looks: the steps of one visit as boxes to tick, and the line the first page has about them."""

from dataclasses import dataclass
from typing import Any

from portal import words
from portal.pages import Visitor
from portal.words.ready import WORDS
from scheduling.queries import prep
from scheduling.queries.coming import ComingVisit
from scheduling.queries.prep import VisitPrep


@dataclass(frozen=True, slots=True)
class Box:
    """A step and whether it is ticked."""

    id: str
    words: str
    is_ticked: bool


def prep_line(visitor: Visitor, visit: ComingVisit) -> str:
    """Return how far somebody got: `3 steps`, `2 of 3 done`; empty: this visit asks for nothing. Two statements."""
    found = prep.prep_of(visit.session_id)
    if found is None or not found.steps:
        return ""
    w, count = WORDS[visitor.language], len(found.steps)
    if found.done:
        return w["steps_done"].format(done=found.done, count=count)
    return w["one_step"] if count == 1 else w["steps"].format(count=count)


def steps_of(visitor: Visitor, found: VisitPrep) -> dict[str, Any]:
    """Return the steps of a visit, and whether all of them are done."""
    language = visitor.language
    is_done = found.done == len(found.steps) > 0
    return {
        "boxes": [Box(each.id, each.said_in(language), each.id in found.ticked) for each in found.steps],
        "may_tick": found.is_open(visitor.now),
        "done": WORDS[language]["ready_done"].format(day=words.weekday(found.day, language)) if is_done else "",
    }
