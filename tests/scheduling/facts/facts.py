"""Pure: what the clinical specification (domain.md) says about each course, read from facts.yaml."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

SPOKEN = Path(__file__).parent / "facts.yaml"
_ABOUT = frozenset({"phase", "from"})


class FactError(ValueError):
    """The facts are not written in their form."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing said of one course: its kind, what was told, the phase it is about (None: the course), and where."""

    code: str
    kind: str
    told: Any
    phase: str | None
    source: str

    def __str__(self) -> str:
        where = f"{self.code}, {self.phase}" if self.phase else self.code
        return f"{where}: {self.kind} {self.told} [{self.source}]"


@cache
def read_facts(path: Path = SPOKEN) -> Mapping[str, tuple[Fact, ...]]:
    """Return the facts by code; where an entry is `like` another, it says only what differs.

    :raises FactError: an entry is written in another form.
    """
    entries = yaml.safe_load(path.read_text())
    return {code: tuple(_entry(code, code, entries).values()) for code in entries}


def _entry(code: str, model: str, entries: Mapping[str, Any]) -> dict[tuple[str, str | None], Fact]:
    entry = entries[model]
    if not isinstance(entry, Mapping):
        return _own(code, entry)
    if set(entry) != {"like", "facts"}:
        raise FactError(f"{model}: says neither a list of facts nor like and facts")
    return _entry(code, entry["like"], entries) | _own(code, entry["facts"])


def _own(code: str, written: list[Mapping[str, Any]]) -> dict[tuple[str, str | None], Fact]:
    own: dict[tuple[str, str | None], Fact] = {}
    for fact in (_fact(code, one) for one in written):
        if (fact.kind, fact.phase) in own:
            raise FactError(f"{fact}: is said twice")
        own[fact.kind, fact.phase] = fact
    return own


def _fact(code: str, written: Mapping[str, Any]) -> Fact:
    kinds = [kind for kind in written if kind not in _ABOUT]
    if len(kinds) != 1 or "from" not in written:
        raise FactError(f"{code}: a fact says one thing and where it is from, not {dict(written)}")
    return Fact(code, kinds[0], written[kinds[0]], written.get("phase"), written["from"])


def every(entries: Mapping[str, tuple[Fact, ...]]) -> Iterator[Fact]:
    """Yield every fact of every course."""
    for said in entries.values():
        yield from said
