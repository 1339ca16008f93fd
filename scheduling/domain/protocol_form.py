"""Pure: from a loaded YAML mapping to a ProtocolDefinition, refusing whatever breaks the form.

Unknown keys are refused, and so is every number without a source: a prefix of its path in `sources` is enough.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scheduling.domain import form_parts
from scheduling.domain.form_reader import Node, pair, whole
from scheduling.domain.protocol import (
    MAX_SESSIONS,
    MAX_VISIT_MINUTES,
    Need,
    Phase,
    ProtocolDefinition,
    ProtocolError,
    Step,
    VisitType,
)

_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_MAKEUPS = ("append", "none", "clinician", "day_end")
_ESCORTS = ("none", "ride", "required")
_STARTS = ("next_day", "next_monday")
_RULES = ("stable_hamd24",)
_STYLES = ("weekly_digest", "every_visit", "recall")
# What a protocol may leave out of the reminders its style has.
_REMINDERS = ("week", "first_visit", "ahead", "ride", "day_before", "prep", "escort", "same_day", "recall", "form_due")
_KEEPS = ("prefer", "hard")


def merge_like(base: Mapping[str, Any], child: Mapping[str, Any]) -> dict[str, Any]:
    """Return a protocol that says only what differs, filled up from its model; mappings merge, the rest replaces.

    A source of the model goes with the number it is for: what the file says itself it must source itself.
    """
    merged = _merge({key: value for key, value in base.items() if key != "sources"}, child)
    said = [path for path, _value in _leaves({k: v for k, v in child.items() if k != "sources"}, "")]
    inherited = {
        path: source
        for path, source in dict(base.get("sources") or {}).items()
        if not any(_is_about(str(path), leaf) for leaf in said)
    }
    merged["sources"] = inherited | dict(child.get("sources") or {})
    return merged


def _merge(base: Mapping[str, Any], child: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in child.items():
        if key == "like":
            continue
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _is_about(source: str, leaf: str) -> bool:
    replaced = leaf.partition("[")[0] if "[" in leaf else leaf  # a list is replaced as a whole
    return source in _prefixes(leaf) or (f"{source}[".startswith(f"{replaced}[") and "[" in leaf)


def parse_protocol(data: Mapping[str, Any], *, is_stored: bool = False) -> ProtocolDefinition:
    """Return the protocol a mapping describes.

    `is_stored`: a version courses were built from. It was accepted when a gate could be called anything; one that is
    not known is left out, as it always was.

    :raises ProtocolError: it breaks the form; path and reason say where and why.
    """
    top = Node(data, "")
    code = top.text("code")
    if not _NAME.fullmatch(code):
        raise ProtocolError("code", "must be lower-case letters, digits and underscores")
    visits = _visit_types(top)
    use = top.child("visits")
    definition = ProtocolDefinition(
        code=code,
        name=top.text("name"),
        tag=_short(top.text("tag"), "tag", 6),
        modality=top.text("modality"),
        summary=top.text("summary"),
        phases=_phases(top, visits),
        visit_types=visits,
        first_visit=_known(use, "first", visits),
        other_visit=_known(use, "other", visits),
        remap_visit=_known(use, "remap", visits) if use.get("remap") else None,
        gaps=form_parts.gaps(top.child("gaps")),
        makeup=top.choice("makeup", _MAKEUPS, "append"),
        gates=form_parts.gates(top, is_lenient=is_stored),
        **_rest(top),
    )
    use.close()
    _check_main(definition)
    _sources(top, data)
    top.close()
    if definition.planned > MAX_SESSIONS:
        raise ProtocolError("phases", f"plan {definition.planned} sessions; a course has at most {MAX_SESSIONS}")
    return definition


def _check_main(definition: ProtocolDefinition) -> None:
    """Refuse visits of one course built around different kinds of resource: the planner keeps one main device."""
    codes = {definition.first_visit, definition.other_visit, definition.remap_visit or definition.other_visit}
    mains = {code: definition.visit_types[code].steps[0].needs[0].kind for code in sorted(codes)}
    odd = next((code for code, kind in mains.items() if kind != mains[definition.other_visit]), None)
    if odd:
        usual = mains[definition.other_visit]
        raise ProtocolError(f"visit_types.{odd}.steps[0]", f"must need {usual} first, as the other visits do")


def _rest(top: Node) -> dict[str, Any]:
    measures = top.child("measures")
    reminders = top.child("reminders")
    found = {
        "escort": top.choice("escort", _ESCORTS, "none"),
        "fasting": form_parts.fasting(top),
        "observe_minutes": top.whole("observe_minutes", 0, MAX_VISIT_MINUTES),
        "vitals_at_minutes": top.wholes("vitals_at_minutes", 0, MAX_VISIT_MINUTES),
        "form_due_days": top.whole("form_due_days", 1, 60),
        "measures": {name: measures.wholes(name, 0, MAX_SESSIONS) for name in map(str, measures.value)},
        "miss_review": form_parts.miss_review(top),
        "clinician_after_days": top.whole("clinician_after_days", 1, 60),
        "keep_provider": top.choice("keep_provider", _KEEPS, "prefer"),
        "is_group": _flag(top, "group"),
        "reminder_style": reminders.choice("style", _STYLES, "weekly_digest"),
        "reminder_ahead_days": reminders.whole("ahead_days", 0, 7),
        "reminder_at": form_parts.clock(reminders, "at"),
        "reminders_off": _known_of(reminders, "off", _REMINDERS),
        "late_cancel_hours": top.whole("late_cancel_hours", 0, 24 * 14),
        "missed_grace_minutes": top.whole("missed_grace_minutes", 0, 24 * 60),
        "missed_from": top.choice("missed_from", ("end", "start"), "end"),
        "refill_lead_minutes": top.whole("refill_lead_minutes", 0, 7 * 24 * 60),
        "list_frozen_at": form_parts.clock(top, "list_frozen_at"),
        "authorized_units": top.whole("authorized_units", 1, 500),
        "billing": form_parts.billing(top.child("billing")),
    }
    measures.close()
    reminders.close()
    return found


def _known_of(node: Node, key: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    found = node.texts(key)
    if odd := next((name for name in found if name not in allowed), None):
        raise ProtocolError(node.at(key), f"must be some of {', '.join(allowed)}, not {odd}")
    return found


def _flag(node: Node, key: str) -> bool:
    value = node.get(key)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise ProtocolError(node.at(key), "must be true or false")
    return value


def _short(text: str, path: str, longest: int) -> str:
    if len(text) > longest:
        raise ProtocolError(path, f"must be at most {longest} letters")
    return text


def _known(node: Node, key: str, visits: Mapping[str, VisitType]) -> str:
    code = node.text(key)
    if code not in visits:
        raise ProtocolError(node.at(key), f"names no visit type: {code}")
    return code


def _visit_types(top: Node) -> dict[str, VisitType]:
    table = Node(top.need("visit_types"), "visit_types")
    visits = {}
    for code in map(str, table.value):
        node = Node(table.get(code), table.at(code))
        minutes = node.minutes("minutes", 5)
        steps = tuple(_step(item, path, minutes) for item, path in node.items("steps"))
        if not steps:
            raise ProtocolError(node.at("steps"), "must list at least one step")
        if not steps[0].needs:
            raise ProtocolError(f"{node.at('steps')}[0].needs", "must name what the visit is built around")
        visits[code] = VisitType(code=code, name=node.text("name"), minutes=minutes, steps=steps)
        node.close()
    if not visits:
        raise ProtocolError("visit_types", "must describe at least one visit")
    return visits


def _step(item: Any, path: str, visit_minutes: int) -> Step:
    node = Node(item, path)
    step = Step(
        name=node.text("name"),
        at=node.minutes("at", 0, 0),
        minutes=node.minutes("minutes", 5),
        needs=tuple(_need(need, where) for need, where in node.items("needs")),
    )
    node.close()
    if step.at + step.minutes > visit_minutes:
        raise ProtocolError(path, f"ends after the visit's {visit_minutes} minutes")
    return step


def _need(item: Any, path: str) -> Need:
    node = Node(item, path)
    kind = node.text("kind")
    if not _NAME.fullmatch(kind):
        raise ProtocolError(node.at("kind"), "must be lower-case letters, digits and underscores")
    need = Need(
        kind=kind,
        count=node.whole("count", 1, 10, 1) or 1,
        capabilities=node.texts("capabilities"),
        setup=node.minutes("setup", 0, 0),
        turnover=node.minutes("turnover", 0, 0),
        position_minutes=node.minutes("position_minutes", 5) if node.get("position_minutes") is not None else None,
    )
    node.close()
    return need


def _phases(top: Node, visits: Mapping[str, VisitType]) -> tuple[Phase, ...]:
    phases = tuple(_phase(item, path, visits) for item, path in top.items("phases"))
    if not phases:
        raise ProtocolError("phases", "must list at least one phase")
    names = [phase.name for phase in phases]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ProtocolError(f"phases[{index}].name", f"is used twice: {name}")
    return phases


def _phase(item: Any, path: str, visits: Mapping[str, VisitType]) -> Phase:
    node = Node(item, path)
    weekdays = node.wholes("weekdays", 1, 7) or (1, 2, 3, 4, 5)
    if list(weekdays) != sorted(set(weekdays)):
        raise ProtocolError(node.at("weekdays"), "must be in order, each once")
    phase = Phase(
        name=node.text("name"),
        series=node.text("series") if node.get("series") is not None else "",
        visit=_known(node, "visit", visits) if node.get("visit") is not None else None,
        sessions=node.whole("sessions", 1, 1000),
        weeks=node.wholes("weeks", 1, 7),
        windows_days=tuple(_window(item, where) for item, where in node.items("windows_days")),
        rule=node.choice("rule", _RULES, _RULES[0]) if node.get("rule") is not None else None,
        rule_weeks=node.pair("rule_weeks", 1, 104),
        open_ended=_flag(node, "open_ended"),
        plan_ahead=node.whole("plan_ahead", 1, 26),
        per_week=node.whole("per_week", 1, 7),
        min_per_week=node.whole("min_per_week", 1, 7),
        first_weeks=node.whole("first_weeks", 1, 52, 0) or 0,
        first_weeks_per_week=node.whole("first_weeks_per_week", 1, 7),
        interval_weeks=node.whole("interval_weeks", 1, 52),
        range_weeks=node.pair("range_weeks", 1, 52),
        per_day=node.whole("per_day", 1, 12, 1) or 1,
        spacing_minutes=node.minutes("spacing_minutes", 5) if node.get("spacing_minutes") is not None else None,
        rest_minutes=node.minutes("rest_minutes", 5) if node.get("rest_minutes") is not None else None,
        consecutive_days=node.whole("consecutive_days", 1, 31),
        weekdays=weekdays,
        min_gap_days=node.whole("min_gap_days", 1, 60, 1) or 1,
        wish_gap_days=node.whole("wish_gap_days", 1, 60),
        starts=node.choice("starts", _STARTS, "next_day"),
        offset_weeks=node.whole("offset_weeks", 0, 52, 0) or 0,
        least_sessions=node.whole("least_sessions", 1, MAX_SESSIONS),
        stop=node.choice("stop", ("clinician",), "clinician") if node.get("stop") is not None else None,
        checkpoint_after=node.whole("checkpoint_after", 1, MAX_SESSIONS),
    )
    node.close()
    _check_phase(phase, path)
    return phase


def _window(item: Any, path: str) -> tuple[int, int]:
    if not isinstance(item, list):
        raise ProtocolError(path, "must be two numbers, the smaller first")
    return pair(tuple(whole(value, 0, 366, path) for value in item), path)


_PHASE_RULES: tuple[tuple[Callable[[Phase], bool], str], ...] = (
    (
        lambda p: sum(map(bool, (p.sessions, p.weeks, p.windows_days, p.rule, p.open_ended))) == 1,
        "must count in exactly one way: sessions, weeks, windows_days, rule or open_ended",
    ),
    (
        lambda p: not p.open_ended or p.interval_weeks is not None or p.per_week is not None,
        "open_ended needs interval_weeks or per_week",
    ),
    (lambda p: not (p.per_week and p.interval_weeks), "takes per_week or interval_weeks, not both"),
    (
        lambda p: (p.per_day > 1) == ((p.spacing_minutes is None) != (p.rest_minutes is None)),
        "per_day needs spacing_minutes or rest_minutes, one of them",
    ),
    (
        lambda p: p.per_day == 1 or (p.sessions or 0) % p.per_day == 0,
        "sessions must fill whole days of per_day",
    ),
    (
        lambda p: not p.min_per_week or (p.per_week or 0) >= p.min_per_week,
        "min_per_week must not exceed per_week",
    ),
    (
        lambda p: bool(p.first_weeks) == bool(p.first_weeks_per_week),
        "first_weeks and first_weeks_per_week go together",
    ),
    (lambda p: not p.range_weeks or p.interval_weeks is not None, "range_weeks needs interval_weeks"),
    (
        lambda p: not (p.range_weeks and p.interval_weeks) or p.range_weeks[0] <= p.interval_weeks <= p.range_weeks[1],
        "interval_weeks must lie within range_weeks",
    ),
    (lambda p: p.open_ended == (p.plan_ahead is not None), "open_ended and plan_ahead go together"),
    (
        lambda p: not p.interval_weeks or p.min_gap_days <= 7 * p.interval_weeks,
        "min_gap_days must not be longer than the interval",
    ),
    (
        lambda p: not p.per_week or p.per_week <= -(-7 // p.min_gap_days),
        "per_week can't be kept with this min_gap_days",
    ),
    (
        lambda p: not p.consecutive_days or p.consecutive_days <= len(p.weekdays),
        "consecutive_days need as many weekdays",
    ),
    (lambda p: p.rule_weeks is None or p.rule is not None, "rule_weeks needs rule"),
)


def _check_phase(phase: Phase, path: str) -> None:
    for holds, reason in _PHASE_RULES:
        if not holds(phase):
            raise ProtocolError(path, reason)


def _sources(top: Node, data: Mapping[str, Any]) -> None:
    table = Node(top.need("sources"), "sources")
    for path in map(str, table.value):
        table.text(path)
    paths = {re.sub(r"^\.", "", p) for p, _value in _leaves({k: v for k, v in data.items() if k != "sources"}, "")}
    prefixes = {prefix for path in paths for prefix in _prefixes(path)}
    for path in map(str, table.value):
        if path not in prefixes:
            raise ProtocolError(f"sources[{path}]", "names nothing in this file")
    for path, value in _leaves({k: v for k, v in data.items() if k != "sources"}, ""):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and not any(prefix in table.value for prefix in _prefixes(path)):
            raise ProtocolError(path, "has no source; write where the number comes from, or the word default")


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from _leaves(child, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _leaves(child, f"{path}[{index}]")
    else:
        yield path, value


def _prefixes(path: str) -> list[str]:
    cuts = [match.start() for match in re.finditer(r"[.\[]", path)]
    return [path[:cut] for cut in cuts] + [path]
