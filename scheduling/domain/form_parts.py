"""Pure: the parts of a protocol's form that are read in one go: gaps, misses, gates, fasting, billing."""

import datetime as dt
from collections.abc import Mapping, Sequence

from scheduling.domain.form_reader import Node, whole
from scheduling.domain.operations import GateKind
from scheduling.domain.protocol import Billing, Gaps, GateRule, MissReview, ProtocolError

# These follow from other keys of the form: hours without food, days until a form is due.
_NOT_LISTED = {GateKind.FASTING: "fasting", GateKind.MONITORING_FORM: "form_due_days"}
_UNITS = ("session", "day", "visit", "mg")
MOST_MILLIGRAMS = 500


def gaps(node: Node) -> Gaps:
    """Return the gap limits.

    :raises ProtocolError: a soft limit longer than the hard one.
    """
    keys = ("soft_days", "remap_days", "flag_days", "hard_days", "close_days")
    found = Gaps(**{key: node.whole(key, 1, 366) for key in keys})
    node.close()
    if found.soft_days and found.hard_days and found.soft_days > found.hard_days:
        raise ProtocolError("gaps.soft_days", "must not be longer than hard_days")
    return found


def miss_review(top: Node) -> MissReview | None:
    """Return after how many misses a clinician is asked, or None.

    :raises ProtocolError: `count` without `of_last`, or more misses than sessions.
    """
    if top.get("miss_review") is None:
        return None
    node = top.child("miss_review")
    found = MissReview(
        consecutive=node.whole("consecutive", 1, 20),
        count=node.whole("count", 1, 20),
        of_last=node.whole("of_last", 1, 60),
    )
    node.close()
    if (found.count is None) != (found.of_last is None) or (found.count or 0) > (found.of_last or 0):
        raise ProtocolError("miss_review", "count and of_last go together, and count is the smaller")
    return found


def gates(top: Node, *, is_lenient: bool) -> tuple[GateRule, ...]:
    """Return what must be there before a course or a visit; `is_lenient`: what may not be listed is left out.

    :raises ProtocolError: an unknown kind, one that follows from another key, or one said twice.
    """
    found: list[GateRule] = []
    for item, path in top.items("gates"):
        node = Node({"kind": item} if isinstance(item, str) else item, path)
        wrong = _not_a_gate(node.text("kind"), found)
        if not wrong:
            found.append(_gate(node))
        elif not is_lenient:
            raise ProtocolError(path, wrong)
    return tuple(found)


def _not_a_gate(kind: str, found: Sequence[GateRule]) -> str:
    """Return why a kind may not be listed; empty: it may."""
    if kind not in set(GateKind):
        return f"must be one of {', '.join(each for each in GateKind if each not in _NOT_LISTED)}"
    if kind in _NOT_LISTED:
        return f"follows from {_NOT_LISTED[GateKind(kind)]} and is not listed"
    return f"is said twice: {kind}" if any(kind == other.kind for other in found) else ""


def _gate(node: Node) -> GateRule:
    rule = GateRule(
        kind=GateKind(node.text("kind")),
        valid_days=node.whole("valid_days", 1, 3660),
        due_days=node.whole("due_days", 0, 30),
        before=node.choice("before", ("visit", "booking"), "visit"),
    )
    node.close()
    return rule


def clock(top: Node, key: str) -> int | None:
    """Return a time of day as wall-clock minutes, or None.

    :raises ProtocolError: it is not written as "16:30".
    """
    if top.get(key) is None:
        return None
    try:
        written = dt.time.fromisoformat(top.text(key))
    except ValueError as error:
        raise ProtocolError(top.at(key), 'must be a time of day in quotes, as "16:30"') from error
    return written.hour * 60 + written.minute


def fasting(top: Node) -> Mapping[str, float] | str | None:
    """Return the hours without food and fluid, `midnight`, or None.

    :raises ProtocolError: neither.
    """
    value = top.get("fasting")
    if value is None or value == "midnight":
        return "midnight" if value else None
    node = Node(value, "fasting")
    hours = {}
    for key in ("food_hours", "fluid_hours"):
        given = node.need(key)
        if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 24:
            raise ProtocolError(node.at(key), "must be hours from 0 to 24")
        hours[key] = float(given)
    node.close()
    return hours


def billing(node: Node) -> Billing:
    """Return the procedure codes.

    :raises ProtocolError: doses that do not rise.
    """
    codes = {key: node.text(key) if node.get(key) is not None else None for key in ("first", "other", "remap")}
    visits = node.child("visits")
    own = {visit: visits.text(visit) for visit in map(str, visits.value)}
    visits.close()
    doses = tuple(_dose(item, path) for item, path in node.items("doses"))
    if list(doses) != sorted(set(doses)):
        raise ProtocolError(node.at("doses"), "must rise")
    found = Billing(
        **codes,
        visits=own,
        unit=node.choice("unit", _UNITS, "session"),
        doses=doses,
        first_dose=node.whole("first_dose", 1, MOST_MILLIGRAMS),
        usual_dose=node.whole("usual_dose", 1, MOST_MILLIGRAMS),
    )
    node.close()
    return found


def _dose(item: object, path: str) -> tuple[int, str]:
    node = Node(item, path)
    most, code = whole(node.need("up_to"), 1, MOST_MILLIGRAMS, node.at("up_to")), node.text("code")
    node.close()
    return most, code
