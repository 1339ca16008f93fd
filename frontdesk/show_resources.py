"""Devices, rooms and people as set-up lists them, and the forms that add and change them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from frontdesk import show_week
from frontdesk.show_settings import KINDS, Field, kind_words, with_errors

if TYPE_CHECKING:
    from scheduling.models import Resource


@dataclass(frozen=True, slots=True)
class Line:
    """One of them: what it is called and what there is to say about it."""

    pk: int
    version: int
    name: str
    words: str


def column_of(kind: str) -> str:
    """Return the heading a kind usually stands under on the board; people have none."""
    return KINDS[kind][1] if kind in KINDS else ""


def line_of(row: "Resource") -> Line:
    """Return one of them with what it is, what it can do, and whether it keeps hours of its own."""
    parts = [kind_words(row.kind), *row.capabilities]
    if row.hours.all():
        parts.append("own hours")
    return Line(row.pk, row.version, row.name, ", ".join(parts))


def groups_of(rows: Sequence["Resource"]) -> list[tuple[str, list[Line]]]:
    """Return them under the board's headings, in its order; those without a column last."""
    shown = groupby((row for row in rows if row.group), key=lambda row: row.group)
    found = [(heading, [line_of(row) for row in some]) for heading, some in shown]
    others = [line_of(row) for row in rows if not row.group]
    return [*found, ("People and places without a column of their own", others)] if others else found


def adding(kinds: Sequence[str]) -> list[Field]:
    """Return the form that adds one, or several."""
    options = tuple(sorted(((kind, kind_words(kind)) for kind in {*kinds, *KINDS}), key=lambda option: option[1]))
    first = next((kind for kind in ("tms_device", *kinds) if kind in {*kinds, *KINDS}), "")
    return [
        Field("kind", "What it is", first, kind="select", options=options),
        Field("name", "Name", hint="As it stands on the board: NeuroStar, Recovery bay, Dr. Weiss.", longest=60),
        Field("count", "How many", "1", kind="number", hint="Several are numbered: NeuroStar 1, NeuroStar 2."),
        Field(
            "group",
            "Heading on the board",
            hint="Left empty, the usual one for its kind. People have none.",
            longest=20,
            is_optional=True,
        ),
    ]


def form_of(
    row: "Resource", typed: Mapping[str, str], week: Mapping[str, str], faults: Mapping[str, str]
) -> dict[str, Any]:
    """Return the form that changes one of them."""
    fields = [
        Field("name", "Name", longest=60),
        Field(
            "group", "Heading on the board", hint="Left empty, it has no column there.", longest=20, is_optional=True
        ),
    ]
    return {
        "row": row,
        "what": kind_words(row.kind),
        "fields": with_errors(fields, typed, faults),
        "days": show_week.days_of(week, faults),
    }
