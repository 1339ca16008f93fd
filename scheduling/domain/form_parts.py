"""Pure: the parts of a protocol's form that are read in one go: gaps, misses, fasting, billing."""

from collections.abc import Mapping

from scheduling.domain.form_reader import Node, whole
from scheduling.domain.protocol import Billing, Gaps, MissReview, ProtocolError

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
