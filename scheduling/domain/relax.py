"""Pure: where no plan keeps every wish and rule, the smallest set of them that has to give, named."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from scheduling.domain.ground import Ground, Series
from scheduling.domain.planner import plan_course
from scheduling.domain.wish import Infeasible, Wish

Case = tuple[Wish, Ground]

# In the order in which a desk would give them up. Resources, closures and the patient's other visits are not wishes.
_GIVEN_UP: Mapping[str, tuple[str, Callable[[Wish, Ground], Case]]] = {
    "pins": ("any device may be used", lambda w, g: (replace(w, pins={}), g)),
    "requires": ("the device need not have what was asked for", lambda w, g: (replace(w, requires={}), g)),
    "weekdays": ("other weekdays are allowed", lambda w, g: (replace(w, weekdays=None), g)),
    "max_travel_days": ("more travel days a week are allowed", lambda w, g: (replace(w, max_travel_days=None), g)),
    "interpreter": ("no interpreter is needed", lambda w, g: (replace(w, interpreter=""), g)),
    "escort": ("another escort comes", lambda w, g: (w, replace(g, life=replace(g.life, escort={})))),
    "away": (
        "the patient can come in the times marked absent",
        lambda w, g: (w, replace(g, life=replace(g.life, away={}))),
    ),
    "rules": (
        "a clinician sets aside what the other course's visits forbid",
        lambda w, g: (w, replace(g, life=replace(g.life, rules={}))),
    ),
    "keep_provider": (
        "the person may change",
        lambda w, g: (replace(w, protocol=replace(w.protocol, keep_provider="prefer")), g),
    ),
    "gap": (
        "a clinician allows a longer gap",
        lambda w, g: (
            replace(
                w,
                protocol=replace(
                    w.protocol, gaps=replace(w.protocol.gaps, hard_days=None, flag_days=None, close_days=None)
                ),
            ),
            g,
        ),
    ),
}
MOST_GIVEN_UP = 3


def explained(refusal: Infeasible, wish: Wish, ground: Ground) -> Infeasible:
    """Return a refusal with the smallest set of wishes and rules that have to give, and in words what then fits."""
    if refusal.code == "nothing_to_plan":
        return refusal
    names = _smallest(wish, ground)
    if names is None:
        advice = "Add hours or a resource, or start later." if refusal.code == "no_plan" else ""
    else:
        advice = f"It fits if {' and '.join(_GIVEN_UP[name][0] for name in names)}."
    return Infeasible(
        f"{refusal} {advice}".strip(), code=refusal.code, at_session=refusal.at_session, relax=names or ()
    )


def _smallest(wish: Wish, ground: Ground) -> tuple[str, ...] | None:
    asked = [name for name, (_words, give_up) in _GIVEN_UP.items() if give_up(wish, ground) != (wish, ground)]
    if not _fits(wish, ground, asked):
        return None
    for size in range(1, MOST_GIVEN_UP + 1):
        for names in combinations(asked, size):
            if _fits(wish, ground, names):
                return names
    return tuple(asked)


def _fits(wish: Wish, ground: Ground, names: Sequence[str]) -> bool:
    for name in names:
        wish, ground = _GIVEN_UP[name][1](wish, ground)
    try:
        if len(wish.protocol.series) > 1:
            plan_course(wish, ground)
            return True
        series = Series(wish, ground, wish.protocol.series[0])
        series.check_kinds()
        return series.can_finish()
    except Infeasible:
        return False
