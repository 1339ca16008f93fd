"""Receptionists over HTTP: a script of a desk's morning, and plain asking as fast as it goes."""

import http.client
import itertools
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_ETAG = re.compile(r'data-etag="([^"]+)"')
_VERSION = re.compile(r'name="version" value="(\d+)"')
STEPS = ("arrive", "start", "complete")
THINK = 1.0


@dataclass
class Seen:
    """What one user saw: milliseconds and status of each kind of request."""

    spent: dict[str, list[float]] = field(default_factory=dict)
    statuses: dict[str, list[int]] = field(default_factory=dict)

    def note(self, kind: str, ms: float, status: int) -> None:
        self.spent.setdefault(kind, []).append(ms)
        self.statuses.setdefault(kind, []).append(status)


class Line:
    """One kept-open connection of a person who is signed in."""

    def __init__(self, port: int, cookie: str) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies = {"sessionid": cookie}
        self.token = ""

    def ask(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> tuple[float, int, Any, str]:
        """Send one request; return milliseconds, status, headers and the text."""
        given = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **headers}
        data = None
        if body is not None:
            given |= {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self.token}
            data = urlencode(body)
        started = time.perf_counter()
        self.line.request("GET" if body is None else "POST", path, data, given)
        answer = self.line.getresponse()
        text = answer.read().decode(errors="replace")
        spent = (time.perf_counter() - started) * 1000
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        if found := _TOKEN.search(text):
            self.token = found.group(1)
        return spent, answer.status, answer.headers, text


def work(port: int, cookie: str, visits: list[int], seconds: float, number: int) -> Seen:
    """Run the desk for so long: news every ten seconds, a deed each second of thinking."""
    user, seen, chance = Line(port, cookie), Seen(), random.Random(number)
    time.sleep(THINK / 2 * number)  # people come in one after the other
    _spent, _status, headers, _text = user.ask("/")
    etag, next_news = headers["ETag"], time.monotonic()
    deeds = _deeds(visits)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if time.monotonic() >= next_news:
            next_news = time.monotonic() + 10
            spent, status, headers, _text = user.ask("/", **{"HX-Request": "true", "If-None-Match": etag})
            etag = headers["ETag"] or etag
            seen.note(f"news {status}", spent, status)
        else:
            _one(user, seen, chance, deeds)
        time.sleep(chance.uniform(0.5, 1.5) * THINK)
    return seen


def _deeds(visits: list[int]) -> Any:
    """Return what comes up one after the other: visits step by step, and what lies between."""
    steps = [(step, visit) for visit in visits for step in STEPS]
    between = itertools.cycle([("page", 0), ("find", 0), ("open", 0), ("attention", 0)])
    return itertools.chain.from_iterable(zip(steps, between, strict=False))


def _one(user: Line, seen: Seen, chance: random.Random, deeds: Any) -> None:
    kind, visit = next(deeds, ("page", 0))
    if kind in STEPS:
        _spent, _status, _headers, text = user.ask(f"/sessions/{visit}/", **{"HX-Request": "true"})
        version = _VERSION.search(text)
        assert version is not None, "the panel names no version"
        spent, status, *_more = user.ask(
            f"/sessions/{visit}/{kind}/", {"version": version.group(1)}, **{"HX-Request": "true"}
        )
        seen.note("step of a visit", spent, status)
    elif kind == "find":
        word = chance.choice(["gar", "cast", "ito", "hug", "555 01", "3/7/84"])
        spent, status, *_more = user.ask("/patients/find/", {"q": word}, **{"HX-Request": "true"})
        seen.note("find a patient", spent, status)
    else:
        path = {"page": "/", "open": "/messages/", "attention": "/attention/"}[kind]
        spent, status, *_more = user.ask(path)
        seen.note({"page": "the board", "open": "messages", "attention": "needs attention"}[kind], spent, status)


def hammer(port: int, cookie: str, path: str, seconds: float, headers: dict[str, str]) -> Seen:
    """Ask for one address again and again, without thinking."""
    user, seen = Line(port, cookie), Seen()
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        spent, status, *_more = user.ask(path, **headers)
        seen.note(path, spent, status)
    return seen


def together(run: Callable[..., Seen], pool: Any, jobs: list[tuple[Any, ...]]) -> dict[str, list[float]]:
    """Run all users at once and return the milliseconds of all of them by kind; a 5xx ends the run."""
    spent: dict[str, list[float]] = {}
    for seen in pool.starmap(run, jobs):
        for kind, statuses in seen.statuses.items():
            assert max(statuses) < 500, (kind, statuses)
            spent.setdefault(kind, []).extend(seen.spent[kind])
    return spent
