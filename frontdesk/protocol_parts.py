"""The form of a protocol: which places of it are edited, under which headings, and how each is typed and read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.http import QueryDict

from frontdesk import protocol_words as words
from scheduling.domain import protocol_edit
from scheduling.domain.protocol_edit import source_of, value_at

_UNSEEN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
CHECKED = ("days", "ticks", "flag")


@dataclass(frozen=True, slots=True)
class Place:
    """One input: the path of what it edits, and how. `shown` is the text in it, `chosen` the boxes that are ticked."""

    path: str
    label: str
    kind: str
    shown: str = ""
    chosen: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    source: str = ""
    default: Any = None

    @property
    def slug(self) -> str:
        """The path as an id."""
        return slug_of(self.path)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the form that belongs together; `drops`: the entry that can be taken out, `adds`: to which list."""

    path: str
    title: str
    places: tuple[Place, ...]
    more: tuple[Place, ...] = ()
    parts: tuple["Part", ...] = ()
    drops: str = ""
    adds: str = ""
    level: int = 0
    note: str = ""

    @property
    def slug(self) -> str:
        """The path as an id."""
        return slug_of(self.path)


@dataclass(frozen=True, slots=True)
class Section:
    """One heading of the form."""

    key: str
    title: str
    hint: str
    parts: tuple[Part, ...] = field(default=())
    adds: str = ""

    @property
    def slug(self) -> str:
        """What the heading is called in an id."""
        return self.adds or self.key


def slug_of(path: str) -> str:
    """Return a path as it can stand in an id."""
    return re.sub(r"[.\[]", "-", path.replace("]", ""))


def sections_of(mapping: Mapping[str, Any], kinds: Sequence[str]) -> list[Section]:
    """Return the whole form of a protocol."""
    visits = tuple((code, str(visit.get("name", code))) for code, visit in mapping["visit_types"].items())
    paper = (*_scores(mapping), *words.PAPER)
    return [
        Section("about", "What it is", "", (_part(mapping, "", "", words.ABOUT),)),
        Section(
            "phases",
            "Phases",
            "One after the other. Each counts sessions, or the visits of each week.",
            tuple(_phase(mapping, index, visits) for index in range(len(mapping.get("phases") or []))),
            adds="phases",
        ),
        Section(
            "visit_types",
            "Visits",
            "What one visit takes, and what has to be free for it.",
            (
                _part(mapping, "visits", "Which visit when", _uses(visits)),
                *(_visit(mapping, code, name, kinds) for code, name in visits),
            ),
        ),
        Section("before", "Before a visit", "", (_part(mapping, "", "", words.BEFORE, note=_fasting(mapping)),)),
        Section("misses", "Gaps and missed visits", "", (_part(mapping, "", "", words.MISSES, words.MISSES_MORE),)),
        Section("notice", "Reminders and notice", "", (_part(mapping, "", "", words.NOTICE, words.NOTICE_MORE),)),
        Section("paper", "Scores and billing", "", (_part(mapping, "", "", paper, words.PAPER_MORE),)),
    ]


def places_of(sections: Sequence[Section]) -> Iterator[Place]:
    """Return every input of a form."""
    for section in sections:
        for part in section.parts:
            yield from _places_in(part)


def shape_of(sections: Sequence[Section]) -> str:
    """Return what tells whether a form that is sent was drawn from the same places."""
    return sha256(" ".join(place.path for place in places_of(sections)).encode()).hexdigest()[:16]


def typed_in(sections: Sequence[Section], posted: QueryDict) -> dict[str, Any]:
    """Return what somebody changed, by path; None: nothing stands there any more."""
    found = {}
    for place in places_of(sections):
        if place.kind in CHECKED:
            chosen = tuple(each for each in posted.getlist(place.path) if each in dict(place.options))
            if chosen != place.chosen:
                found[place.path] = _chosen(place, chosen)
        elif place.path in posted and (text := _clean(str(posted[place.path]))) != place.shown:
            found[place.path] = _read(place, text)
    return found


def edited(
    mapping: Mapping[str, Any], sections: Sequence[Section], posted: QueryDict, *, source: str
) -> dict[str, Any]:
    """Return a protocol with what somebody typed; `source`: where its new numbers come from."""
    values = typed_in(sections, posted)
    gates = values.pop("gates", ...)
    found = protocol_edit.changed(mapping, values, source=source)
    if gates is ...:
        return found
    there = [each if isinstance(each, str) else str(each.get("kind")) for each in found.get("gates") or []]
    found = protocol_edit.arranged(
        found, "gates", [n for n, kind in enumerate(there) if kind in (gates or ()) or kind not in words.GATES]
    )
    for kind in gates or ():
        if kind not in there:
            found = protocol_edit.added(found, "gates", kind, source=source)
    return found


def _places_in(part: Part) -> Iterator[Place]:
    yield from part.places
    yield from part.more
    for inner in part.parts:
        yield from _places_in(inner)


def _part(
    mapping: Mapping[str, Any],
    path: str,
    title: str,
    places: Sequence[words.Asked],
    more: Sequence[words.Asked] = (),
    **about: Any,
) -> Part:
    return Part(
        path=path,
        title=title,
        places=tuple(_place(mapping, path, asked) for asked in places),
        more=tuple(_place(mapping, path, asked) for asked in more),
        **about,
    )


def _phase(mapping: Mapping[str, Any], index: int, visits: tuple[tuple[str, str], ...]) -> Part:
    phase = mapping["phases"][index]
    counted = [words.OTHERWISE[key] for key in words.OTHERWISE if key in phase]
    other_visit = words.Asked("visit", "Visit", "choice", (("", "As the others"), *visits))
    return _part(
        mapping,
        f"phases[{index}]",
        str(phase.get("name") or f"Phase {index + 1}"),
        words.PHASE,
        (*words.PHASE_MORE, other_visit),
        drops=f"phases[{index}]" if len(mapping["phases"]) > 1 else "",
        note=f"It {counted[0]}; that changes by file only." if counted else "",
    )


def _fasting(mapping: Mapping[str, Any]) -> str:
    said = "Nothing to eat from midnight, as it stands. Hours typed here replace that."
    return said if mapping.get("fasting") == "midnight" else ""


def _scores(mapping: Mapping[str, Any]) -> list[words.Asked]:
    names = dict.fromkeys(["phq9", "gad7", *(mapping.get("measures") or {})])
    return [
        words.Asked(f"measures.{name}", f"{words.SCORES.get(name, name)} after sessions", "numbers") for name in names
    ]


def _uses(visits: tuple[tuple[str, str], ...]) -> tuple[words.Asked, ...]:
    return (
        words.Asked("first", "The first", "choice", visits),
        words.Asked("other", "All others", "choice", visits),
        words.Asked("remap", "After a long gap", "choice", (("", "As the others"), *visits)),
    )


def _visit(mapping: Mapping[str, Any], code: str, name: str, kinds: Sequence[str]) -> Part:
    path = f"visit_types.{code}"
    steps = mapping["visit_types"][code].get("steps") or []
    used = set((mapping.get("visits") or {}).values()) | {phase.get("visit") for phase in mapping["phases"]}
    return _part(
        mapping,
        path,
        name,
        words.VISIT,
        parts=tuple(_step(mapping, f"{path}.steps", index, kinds) for index in range(len(steps))),
        drops="" if code in used else path,
        adds=f"{path}.steps",
    )


def _step(mapping: Mapping[str, Any], path: str, index: int, kinds: Sequence[str]) -> Part:
    step, count = value_at(mapping, f"{path}[{index}]"), len(value_at(mapping, path))
    needs = step.get("needs") or []
    where = f"{path}[{index}].needs"
    return _part(
        mapping,
        f"{path}[{index}]",
        str(step.get("name") or f"Step {index + 1}"),
        words.STEP,
        parts=tuple(_need(mapping, where, each, kinds) for each in range(len(needs))),
        drops=f"{path}[{index}]" if count > 1 else "",
        adds=where,
        level=1,
    )


def _need(mapping: Mapping[str, Any], path: str, index: int, kinds: Sequence[str]) -> Part:
    kind = words.Asked("kind", "Needs", "choice", words.kinds_of(kinds))
    drops = f"{path}[{index}]" if len(value_at(mapping, path)) > 1 else ""
    return _part(mapping, f"{path}[{index}]", "", (kind, *words.NEED), words.NEED_MORE, drops=drops, level=2)


def _place(mapping: Mapping[str, Any], path: str, asked: words.Asked) -> Place:
    at = f"{path}.{asked.key}" if path else asked.key
    value = value_at(mapping, at)
    if asked.key == "gates":
        value = [each if isinstance(each, str) else str(each.get("kind")) for each in value or []]
    if value is None or value == []:
        value = asked.default
    marked = set(map(str, value or ())) if asked.kind in ("days", "ticks") else {"1"} if value is True else set()
    source = source_of(mapping, at) if asked.kind in ("whole", "hours", "numbers", "days") and value else ""
    return Place(
        path=at,
        label=asked.label,
        kind=asked.kind,
        shown="" if asked.kind in CHECKED else _shown(value),
        chosen=tuple(each for each, _word in asked.options if each in marked),
        options=asked.options,
        source="" if source == "default" else source,
        default=asked.default,
    )


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _chosen(place: Place, chosen: tuple[str, ...]) -> Any:
    if place.kind == "flag":
        return bool(chosen) or None
    return [int(each) for each in chosen] if place.kind == "days" else list(chosen) or None


def _clean(text: str) -> str:
    return _UNSEEN.sub("", " ".join(text.split()))[:200]


def _read(place: Place, text: str) -> Any:
    """Return a text as its place has it; what can't be read stays text, and the form's rules say so."""
    if not text or (place.kind == "choice" and text == place.default):
        return None
    if place.kind == "numbers":
        return [_number(each.strip()) for each in text.split(",") if each.strip()]
    if place.kind == "words":
        return [each.strip() for each in text.split(",") if each.strip()]
    return _number(text) if place.kind in ("whole", "hours") else text


def _number(text: str) -> int | float | str:
    if re.fullmatch(r"-?\d{1,6}", text):
        return int(text)
    return float(text) if re.fullmatch(r"\d{1,3}\.\d{1,2}", text) else text
