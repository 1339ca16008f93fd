"""What changes for a running course if it is moved to the current version of its protocol."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scheduling.domain import changes
from scheduling.domain.living import Change
from scheduling.domain.prescription import NotPermitted, prescribed
from scheduling.domain.wish import Infeasible
from scheduling.errors import NotFound
from scheduling.models import Course, Protocol
from scheduling.queries.definitions import definition_of
from scheduling.queries.living import under_way
from scheduling.wishes import read_wish


@dataclass(frozen=True, slots=True)
class VersionPreview:
    """Every rule that differs (path, before, after), and what a replanning of the rest would do; None: nothing fits."""

    from_version: int
    to_version: int
    differences: tuple[tuple[str, Any, Any], ...]
    change: Change | None
    problem: str


def current_of(course: Course) -> Protocol:
    """Return the current version of a course's protocol.

    :raises NotFound: it was withdrawn.
    """
    found = Protocol.objects.filter(code=course.protocol.code, is_current=True).first()
    if found is None:
        raise NotFound("This protocol has no current version.")
    return found


def version_preview(course: Course, *, now: dt.datetime) -> VersionPreview:
    """Return what changes for a course under the current version of its protocol; writes nothing."""
    current = current_of(course)
    differences = tuple(differences_of(course.protocol.definition, current.definition))
    change, problem = None, ""
    try:
        wish = read_wish(course.wish)
        definition = prescribed(definition_of(current), counts=wish.counts, per_week=wish.per_week)
        under, ground = under_way(course, now=now, definition=definition)
        change = changes.make_up(under, ground)
    except (NotPermitted, Infeasible) as refusal:
        problem = str(refusal)
    return VersionPreview(course.protocol.version, current.version, differences, change, problem)


def differences_of(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Return every place where two versions of a protocol differ: path, before, after; sources aside."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            if path or key != "sources":
                yield from differences_of(old.get(key), new.get(key), f"{path}.{key}" if path else key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from differences_of(before, after, f"{path}[{index}]")
    elif old != new:
        yield path, old, new
