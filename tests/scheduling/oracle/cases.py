"""Cases as clinics have them: devices filled with other patients' courses, limited hours, absences and holidays."""

import datetime as dt
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from scheduling.domain.ground import Ground
from scheduling.domain.options import Lane
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.protocol_form import merge_like, parse_protocol
from scheduling.domain.wish import Life, Wish

ZONE = "America/New_York"
FOLDER = Path(__file__).parents[3] / "scheduling" / "protocols"
DAYS = 170
HORIZON = 150
HOLIDAYS = {
    dt.date.fromisoformat(day): name
    for day, name in {
        "2026-01-01": "New Year's Day",
        "2026-01-19": "Martin Luther King Jr. Day",
        "2026-05-25": "Memorial Day",
        "2026-07-03": "Independence Day",
        "2026-09-07": "Labor Day",
        "2026-11-26": "Thanksgiving",
        "2026-11-27": "Day after Thanksgiving",
        "2026-12-25": "Christmas Day",
        "2027-01-01": "New Year's Day",
        "2027-01-18": "Martin Luther King Jr. Day",
        "2027-05-31": "Memorial Day",
    }.items()
}
OFFICE = (450, 1050)  # minutes: 7:30 to 17:30
MORNING = (420, 780)
EVERY_DAY = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Pool:
    """Lanes of one kind: how full other courses make them, in slots of so many minutes."""

    kind: str
    count: int
    load: float
    slot: int
    hours: tuple[int, int] = OFFICE
    weekdays: tuple[int, ...] = EVERY_DAY


TMS = (Pool("tms_device", 3, 0.6, 30), Pool("operator", 3, 0.4, 30))
DEEP = (
    Pool("deep_tms_device", 3, 0.6, 30),
    Pool("h1_helmet", 3, 0.3, 30),
    Pool("h7_helmet", 2, 0.3, 30),
    Pool("operator", 3, 0.3, 30),
)
LISTS = (1, 3, 5)
ECT = (
    Pool("ect_room", 2, 0.6, 30, MORNING),
    Pool("anesthesia", 1, 0.2, 30, MORNING, LISTS),
    Pool("preop_bay", 3, 0.4, 60, (360, 780)),
    Pool("recovery_bay", 3, 0.4, 50, (420, 900)),
)
KETAMINE = (Pool("infusion_chair", 3, 0.6, 120), Pool("iv_nurse", 2, 0.5, 15), Pool("iv_watch", 3, 0.5, 90))
ESKETAMINE = (
    Pool("observation_chair", 3, 0.6, 165),
    Pool("observer", 2, 0.4, 15),
    Pool("observation_place", 3, 0.5, 120),
)
SITES = {
    "tms_mdd_36": TMS,
    "tms_itbs_36": TMS,
    "tms_10hz_36": TMS,
    "dtms_mdd_36": DEEP,
    "dtms_ocd_29": DEEP,
    "ect_index": ECT,
    "ect_maint_ladder": ECT,
    "ket_iv_6": KETAMINE,
    "esk_trd": ESKETAMINE,
    "ipt_16": (Pool("therapist", 3, 0.6, 60),),
}
# TMS is what the clinic mostly does; the others take their turns.
TURNS = ("tms_mdd_36", "tms_itbs_36", "dtms_mdd_36", "ket_iv_6", "tms_mdd_36", "ect_index", "tms_itbs_36", "esk_trd")
RARE = ("tms_10hz_36", "dtms_ocd_29", "ect_maint_ladder", "ipt_16")


@cache
def protocol(code: str) -> ProtocolDefinition:
    """Return a shipped protocol, `like:` resolved."""
    return parse_protocol(json.loads(json.dumps(mapping(code))))


def mapping(code: str) -> Mapping[str, Any]:
    """Return a shipped protocol as it is written, `like:` resolved."""
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / f"{code}.yaml").read_text())
    return merge_like(mapping(loaded["like"]), loaded) if "like" in loaded else loaded


def realistic_case(seed: int) -> tuple[Wish, Ground]:
    """Return a wish and what it is planned on; the same for the same seed."""
    rng = random.Random(seed)
    code = RARE[seed // 10 % len(RARE)] if seed % 10 == 9 else TURNS[seed % 10 % len(TURNS)]
    start = dt.date(2026, 1, 5) + dt.timedelta(days=rng.randrange(420))
    lanes = _lanes(rng, code, start)
    return _wish(rng, code, start, lanes), Ground(lanes, ZONE, _life(rng, code, start), HOLIDAYS)


def _lanes(rng: random.Random, code: str, start: dt.date) -> list[Lane]:
    weekdays = tuple(sorted(rng.sample(EVERY_DAY, rng.randint(3, 5))))
    hours = rng.choice([(480, 780), (780, 1020), (540, 960)])
    if SITES[code] is ECT:
        hours, weekdays = MORNING, EVERY_DAY
    pools = (*SITES[code], Pool("psychiatrist", rng.randint(1, 2), 0.4, 30, hours, weekdays))
    kinds = [pool for pool in pools for _each in range(pool.count)]
    return [_lane(rng, number, pool, start) for number, pool in enumerate(kinds, start=1)] + [_interpreter(start)]


def _interpreter(start: dt.date) -> Lane:
    hours = {day.toordinal(): _mask(*OFFICE) for day in _open_days(start, EVERY_DAY)}
    return Lane(99, "interpreter", "Interpreter", frozenset({"es"}), hours, hours)


def _open_days(start: dt.date, weekdays: Sequence[int]) -> list[dt.date]:
    days = [start + dt.timedelta(days=offset) for offset in range(DAYS)]
    return [day for day in days if day.isoweekday() in weekdays and day not in HOLIDAYS]


def _mask(first: int, end: int) -> int:
    return ((1 << (end - first) // 5) - 1) << first // 5


def _lane(rng: random.Random, number: int, pool: Pool, start: dt.date) -> Lane:
    days = _open_days(start, pool.weekdays)
    hours = {day.toordinal(): _mask(*pool.hours) for day in days}
    free = dict(hours)
    for minute in range(pool.hours[0], pool.hours[1], pool.slot):
        slot = _mask(minute, min(minute + pool.slot, pool.hours[1]))
        for day in _taken(rng, days, pool.load):
            free[day.toordinal()] &= ~slot
    has = frozenset({"dbt", "b_coil"} if number % 2 else {"dbt"})
    return Lane(number, pool.kind, f"{pool.kind} {number}", has, free, hours)


def _taken(rng: random.Random, days: Sequence[dt.date], load: float) -> set[dt.date]:
    """Return the days one slot is taken on: by one course after the other, some visits missed, some out of turn."""
    taken: set[dt.date] = set()
    at = -rng.randrange(30)
    while at < len(days):
        run = rng.randint(16, 36)
        if rng.random() < load:
            taken.update(days[max(at, 0) : max(at + run, 0)])
        at += run
    return taken ^ {day for day in days if rng.random() < 0.06}


def _life(rng: random.Random, code: str, start: dt.date) -> Life:
    whole, calendar = _mask(0, 1440), range(start.toordinal(), start.toordinal() + DAYS)
    away = {rng.choice(calendar): whole for _absence in range(rng.randrange(4))}
    if rng.random() < 0.5:
        first = start.toordinal() + rng.randrange(60)
        away |= dict.fromkeys(range(first, first + rng.randint(2, 9)), whole)
    if rng.random() < 0.3:
        weekday, busy = rng.choice(EVERY_DAY), rng.choice([_mask(0, 720), _mask(720, 1440)])
        away |= {day: away.get(day, 0) | busy for day in calendar if _weekday(day) == weekday}
    visits = {rng.choice(calendar): _mask(minute, minute + 60) for minute in rng.sample(range(480, 1020, 30), 5)}
    needs_escort = protocol(code).escort != "none" and rng.random() < 0.5
    works = rng.choice([_mask(0, 720), _mask(900, 1440)])
    escort = {day: works for day in calendar if _weekday(day) in (2, 4)} if needs_escort else {}
    rules = {day: _mask(0, 600) for day in visits if rng.random() < 0.5}
    return Life(visits=visits, rules=rules, away=away, escort=escort)


def _weekday(day: int) -> int:
    return dt.date.fromordinal(day).isoweekday()


def _wish(rng: random.Random, code: str, start: dt.date, lanes: Sequence[Lane]) -> Wish:
    day = start.toordinal()
    main = lanes[rng.randrange(2)]
    wishes: dict[str, tuple[float, Any]] = {
        "pins": (0.1, {main.kind: main.id}),
        "requires": (0.1, {main.kind: frozenset({"b_coil"})}),
        "weekdays": (0.15, frozenset(rng.sample(EVERY_DAY, 4))),
        "max_travel_days": (0.15, rng.randint(3, 4)),
        "interpreter": (0.1, "es"),
        "covered": (0.2, ((day, day + rng.randint(40, 90)),)),
    }
    said = {key: value for key, (chance, value) in wishes.items() if rng.random() < chance}
    morning = SITES[code] is ECT
    return Wish(
        protocol=protocol(code),
        start_on=start,
        preferred_minute=rng.randrange(390, 540, 30) if morning else rng.randrange(480, 990, 30),
        window=None,
        pins=said.pop("pins", {}),
        not_before=rng.choice([(start, 600), (start - dt.timedelta(days=3), 600)]),
        horizon_days=HORIZON,
        **said,
    )
