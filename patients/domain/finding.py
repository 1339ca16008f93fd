"""Pure: what a search text asks for, and which of the found look alike."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from patients.domain.contact import folded
from patients.domain.spellings import dates_in

LONGEST_DATE = 4  # words: `7 mar , 84`
_NUMBER = re.compile(r"[\d()+./\-]*\d[\d()+./\-]*")
_RECORD = re.compile(r"([a-z]{1,3})(\d+)")


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a search: the record holds any of the texts, or the person was born on any of the dates."""

    texts: tuple[str, ...]
    born: tuple[dt.date, ...] = ()
    year: int | None = None


class Person(Protocol):
    """Whoever has a name and a birth date."""

    pk: int
    first_name: str
    last_name: str
    preferred_name: str
    birth_date: dt.date


def terms(text: str, *, region: str) -> tuple[Term, ...]:
    """Return what a search text asks for, all of it at once and in any order: names, dates of birth, digits."""
    return tuple(_terms(re.sub(r"[,;]+", " ", folded(text)).split(), region))


def _terms(words: Sequence[str], region: str) -> Iterator[Term]:
    at = 0
    while at < len(words):
        size, born = _date_at(words, at, region)
        if born:
            yield _of_date("".join(words[at : at + size]), born)
        elif _NUMBER.fullmatch(words[at]):
            size = _numbers_at(words, at, region)
            yield _of_digits(words[at : at + size])
        else:
            size = 1
            yield _of_word(words[at])
        at += size


def _date_at(words: Sequence[str], at: int, region: str) -> tuple[int, tuple[dt.date, ...]]:
    for size in range(min(LONGEST_DATE, len(words) - at), 0, -1):
        if born := dates_in(" ".join(words[at : at + size]), region=region):
            return size, born
    return 1, ()


def _numbers_at(words: Sequence[str], at: int, region: str) -> int:
    """Return how many words from here on are one number, as people write a phone."""
    size = 1
    while at + size < len(words) and _NUMBER.fullmatch(words[at + size]) and not _date_at(words, at + size, region)[1]:
        size += 1
    return size


def _of_date(joined: str, born: tuple[dt.date, ...]) -> Term:
    # 03071984 may be a part of a phone number as well.
    return Term((joined,) if joined.isdigit() else (), born)


def _of_digits(words: Sequence[str]) -> Term:
    digits = re.sub(r"\D", "", "".join(words))
    # At home people write a nought before the area code that the number from abroad does not have.
    texts = (digits, digits[1:]) if digits.startswith("0") and len(digits) > 8 else (digits,)
    year = int(digits) if len(digits) == 4 and 1900 <= int(digits) < 2100 else None
    return Term(texts, year=year)


def _of_word(word: str) -> Term:
    record = _RECORD.fullmatch(word)
    return Term((word, f"{record[1]}-{record[2]}") if record else (word,))


def look_alikes(people: Iterable[Person]) -> frozenset[int]:
    """Return the ids of those who share a name, either way round, and the month of birth with another."""
    alike: dict[tuple[frozenset[str], int], set[int]] = defaultdict(set)
    for person in people:
        for first in {person.first_name, person.preferred_name} - {""}:
            alike[frozenset({folded(first), folded(person.last_name)}), person.birth_date.month].add(person.pk)
    return frozenset().union(*(ids for ids in alike.values() if len(ids) > 1))


def is_same_name(person: Person, *, first: str, last: str) -> bool:
    """Tell whether a person goes by a name, whatever its accents and whichever way round it was typed."""
    typed = sorted((folded(first), folded(last)))
    firsts = {person.first_name, person.preferred_name or person.first_name}
    return any(sorted((folded(own), folded(person.last_name))) == typed for own in firsts)
