"""Protocols as set-up shows them: the list, the form with what is wrong beside it, a course as it would be planned."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from clinic.errors import Rejected
from clinic.models import Site
from frontdesk.protocol_parts import Part, Section, places_of, slug_of
from frontdesk.protocol_words import KEYS
from frontdesk.show_settings import counted, kind_words
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.protocol_form import parse_protocol
from scheduling.queries import protocols
from scheduling.queries.protocols import Listed

if TYPE_CHECKING:
    from scheduling.queries.planning import Proposal

WEEKS_SHOWN = 9


@dataclass(frozen=True, slots=True)
class Line:
    """A protocol in the list."""

    pk: int
    name: str
    tag: str
    summary: str
    words: str
    is_lacking: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, in words, and where the form has it."""

    slug: str
    where: str
    words: str


@dataclass(frozen=True, slots=True)
class Week:
    """A week of the preview course: each visit as `Mon 8:30am`, marked where it is longer than usual."""

    number: int
    days: str
    visits: tuple[tuple[str, bool], ...]


def lines_of(found: Sequence[Listed]) -> tuple[list[Line], list[Line]]:
    """Return the clinic's own, and those that come with the product."""
    lines = [(each.is_shipped, _line(each)) for each in found]
    return [line for is_shipped, line in lines if not is_shipped], [line for is_shipped, line in lines if is_shipped]


def _line(found: Listed) -> Line:
    parts = [f"{counted(found.running, 'course')} running"] if found.running else []
    parts += [f"{found.on_older} on an older version"] if found.on_older else []
    if found.lacking:
        parts.append(f"not here yet: {', '.join(kind_words(kind) for kind in found.lacking)}")
    return Line(
        found.row.pk,
        found.row.name,
        found.row.tag,
        found.definition.summary,
        _sentence_case(", ".join(parts)),
        bool(found.lacking),
    )


def _sentence_case(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def faults_in(sections: Sequence[Section], wrong: Mapping[str, str]) -> list[Fault]:
    """Return what is wrong at the places of the form nearest to it."""
    names = {place.slug: place.label for place in places_of(sections)} | dict(_parts(sections))
    found = []
    for path, reason in wrong.items():
        slug = slug_of(path)
        while slug and slug not in names:
            slug = slug.rpartition("-")[0]
        found.append(Fault(slug or "about", names.get(slug, "What it is"), sentence(reason)))
    return found


def slugs_of(sections: Sequence[Section]) -> list[str]:
    """Return every place and piece of the form that something can be wrong with."""
    return list(dict.fromkeys([place.slug for place in places_of(sections)] + [slug for slug, _t in _parts(sections)]))


def sentence(reason: str) -> str:
    """Return a rule's words as a sentence, its keys called what the form calls them."""
    words = re.sub(r"[a-z]+(?:_[a-z0-9]+)+", lambda key: KEYS.get(key[0], key[0].replace("_", " ")), reason).strip()
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith(('.', '?')) else '.'}"


def preview_of(site: Site, mapping: Mapping[str, Any], now: dt.datetime) -> dict[str, Any]:
    """Return the course a sound protocol gives at a site, week by week, or why there is none."""
    definition = parse_protocol(mapping)
    first, usual = definition.visit_types[definition.first_visit], definition.visit_types[definition.other_visit]
    lengths = f"{usual.minutes} minutes each"
    if first.minutes != usual.minutes:
        lengths = f"the first {first.minutes} minutes, then {usual.minutes}"
    shown: dict[str, Any] = {"sum": f"{counted(definition.planned, 'visit')}, {lengths}.", "weeks": [], "more": 0}
    try:
        found = protocols.preview_definition(site=site, definition=definition, now=now)
    except Rejected as refusal:
        return shown | {"problem": str(refusal)}
    weeks = _weeks(found, usual.minutes)
    days = [session.day for session in found.plan.sessions]
    span = f"{day_text(days[0])} to {day_text(days[-1])}" if days[0] != days[-1] else day_text(days[0])
    return shown | {
        "problem": "",
        "span": f"{span}, from {clock_text(found.plan.standing_minute)}",
        "weeks": weeks[:WEEKS_SHOWN],
        "more": max(len(weeks) - WEEKS_SHOWN, 0),
    }


def differences(sections: Sequence[Section], found: Sequence[tuple[str, Any, Any]]) -> list[tuple[str, str, str]]:
    """Return what differs between two versions, by what the form calls it."""
    names = {place.path: place.label for place in places_of(sections)}
    titles = {path: title for path, title in _titles(sections) if title}
    said = []
    for path, before, after in found:
        inside = next((titles[each] for each in sorted(titles, key=len, reverse=True) if path.startswith(each)), "")
        name = names.get(path) or names.get(path.partition("[")[0]) or path.rpartition(".")[2].replace("_", " ")
        said.append((f"{inside}: {name}" if inside else name, _value(before), _value(after)))
    return said


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "nothing" if value is None else str(value) if not isinstance(value, dict) else "something else"


def _weeks(found: "Proposal", usual: int) -> list[Week]:
    first = found.plan.sessions[0].day
    monday = first - dt.timedelta(days=first.weekday())
    by_week = groupby(found.plan.sessions, key=lambda session: (session.day - monday).days // 7)
    weeks = []
    for number, sessions in by_week:
        visits = [(f"{each.day:%a} {clock_text(each.minute)}", each.minutes != usual) for each in sessions]
        weeks.append(Week(number + 1, day_text(monday + dt.timedelta(weeks=number)), tuple(visits)))
    return weeks


def _parts(sections: Sequence[Section]) -> list[tuple[str, str]]:
    return [(slug_of(path), title) for path, title in _titles(sections)]


def _titles(sections: Sequence[Section]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []

    def walk(part: Part) -> None:
        if part.path:
            found.append((part.path, part.title or "What it needs"))
        for inner in part.parts:
            walk(inner)

    for section in sections:
        found.append((section.slug, section.title))
        for part in section.parts:
            walk(part)
    return found
