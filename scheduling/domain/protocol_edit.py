"""Pure: a protocol's mapping changed place by place, its sources kept true, and all that is wrong in it named at once.

A place is a path as the form's refusals say it: `phases[0].sessions`.
"""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from scheduling.domain.protocol import ProtocolError
from scheduling.domain.protocol_form import parse_protocol

_NAMES = re.compile(r"[^.\[\]]+")
MOST_FAULTS = 30


def value_at(data: Any, path: str) -> Any:
    """Return what stands at a path, or None."""
    for name in _NAMES.findall(path):
        if isinstance(data, list):
            data = data[int(name)] if name.isdecimal() and int(name) < len(data) else None
        else:
            data = data.get(name) if isinstance(data, Mapping) else None
    return data


def changed(data: Mapping[str, Any], values: Mapping[str, Any], *, source: str) -> dict[str, Any]:
    """Return a protocol with other values in some places, None: nothing; what is new says where it comes from."""
    found = deepcopy(dict(data))
    for path, value in values.items():
        _put(found, _NAMES.findall(path), value)
        _forget(found, path)
        if _has_number(value):
            found.setdefault("sources", {})[path] = source
    return _tidied(found)


def added(data: Mapping[str, Any], path: str, item: Any, *, source: str) -> dict[str, Any]:
    """Return a protocol with one more entry in a list, or under its key in a table."""
    key = f"{path}[{len(value_at(data, path) or [])}]"
    found = deepcopy(dict(data))
    _put(found, _NAMES.findall(path), [*(value_at(data, path) or []), item])
    if _has_number(item):
        found.setdefault("sources", {})[key] = source
    return found


def arranged(data: Mapping[str, Any], path: str, order: Sequence[int]) -> dict[str, Any]:
    """Return a protocol with a list's entries in another order, some left out; their sources go with them."""
    found, items = deepcopy(dict(data)), value_at(data, path) or []
    _put(found, _NAMES.findall(path), [items[index] for index in order] or None)
    kept = {key: words for key, words in found.get("sources", {}).items() if not key.startswith(f"{path}[")}
    for key, words in found.get("sources", {}).items():
        for to, index in enumerate(order):
            if _is_within(key, f"{path}[{index}]"):
                kept[f"{path}[{to}]{key.removeprefix(f'{path}[{index}]')}"] = words
    found["sources"] = kept
    return _tidied(found)


def dropped(data: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return a protocol without an entry of a list or a table."""
    if not path.endswith("]"):
        return changed(data, {path: None}, source="")
    base, _bracket, index = path[:-1].rpartition("[")
    return arranged(data, base, [each for each in range(len(value_at(data, base) or [])) if str(each) != index])


def source_of(data: Mapping[str, Any], path: str) -> str:
    """Return where a value comes from, in the words nearest to it."""
    sources = data.get("sources") or {}
    while path:
        if path in sources:
            return str(sources[path])
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return ""


def faults(data: Mapping[str, Any], sound: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return all that is wrong in a protocol: path and reason.

    What is wrong is replaced by what stands there in a sound one, to see what is wrong beside it; where that has
    nothing to put there, the rest is found once this is mended.
    """
    mended, found = deepcopy(dict(data)), list[tuple[str, str]]()
    while len(found) < MOST_FAULTS:
        try:
            parse_protocol(mended)
        except ProtocolError as fault:
            if any(_is_within(path, fault.path) for path, _reason in found):
                return found  # a consequence of how something in it was mended
            found.append((fault.path, fault.reason))
            if not _mend(mended, sound, fault.path):
                return found
        else:
            return found
    return found


def _is_within(path: str, other: str) -> bool:
    return path == other or path.startswith((f"{other}.", f"{other}["))


def _mend(data: dict[str, Any], sound: Mapping[str, Any], path: str) -> bool:
    names, better = _NAMES.findall(path), value_at(sound, path)
    is_entry = path.endswith("]")
    if path.startswith("sources") or better == value_at(data, path) or (is_entry and better is None):
        return False
    if value_at(data, path[: max(path.rfind("."), path.rfind("["), 0)]) is None and len(names) > 1:
        return False
    _put(data, names, deepcopy(better))
    if _has_number(better):
        data.setdefault("sources", {})[path] = "default"
    _drop_idle_sources(data)
    return True


def _put(data: dict[str, Any], names: Sequence[str], value: Any) -> None:
    here: Any = data
    trail = []
    for name in names[:-1]:
        trail.append((here, name))
        if isinstance(here, list):
            here = here[int(name)]
        else:
            here[name] = here[name] if isinstance(here.get(name), dict | list) else {}
            here = here[name]
    if isinstance(here, list):
        here[int(names[-1])] = value
    elif value is None:
        here.pop(names[-1], None)
        for above, name in reversed(trail):
            if not isinstance(above, dict) or above[name] != {}:
                break
            del above[name]
    else:
        here[names[-1]] = value


def _forget(data: dict[str, Any], path: str) -> None:
    sources = data.get("sources", {})
    data["sources"] = {key: words for key, words in sources.items() if not _is_within(key, path)}


def _tidied(data: dict[str, Any]) -> dict[str, Any]:
    _drop_idle_sources(data)
    return data


def _drop_idle_sources(data: dict[str, Any]) -> None:
    data["sources"] = {key: words for key, words in data.get("sources", {}).items() if value_at(data, key) is not None}


def _has_number(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_number, value.values()))
    if isinstance(value, list):
        return any(map(_has_number, value))
    return isinstance(value, int | float) and not isinstance(value, bool)
