"""Pure: how easy a text is to read, computed as the schools' formulas do."""

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_END = re.compile(r"[.!?:]+(?=\s|$)|\n\s*\n")
_SILENT_E = re.compile(r"(?:[^laeiouy]es|[^laeiouydt]ed|[^laeiouy]e)$")
_STRONG = "aeoáéó"


@dataclass(frozen=True, slots=True)
class Count:
    """What the formulas count."""

    words: int
    sentences: int
    syllables: int


def count(text: str, language: str) -> Count:
    """Count words, sentences and syllables; figures and addresses are no words."""
    plain = re.sub(r"https?://\S+", " ", text)
    words = _WORD.findall(plain)
    sentences = sum(bool(_WORD.search(part)) for part in _END.split(plain))
    syllables = _english if language == "en" else _spanish
    return Count(len(words), max(1, sentences), sum(map(syllables, words)))


def flesch_kincaid(text: str) -> float:
    """Return the school grade of an English text; 2 is a second-grader's."""
    found = count(text, "en")
    if not found.words:
        return 0.0
    return 0.39 * found.words / found.sentences + 11.8 * found.syllables / found.words - 15.59


def fernandez_huerta(text: str) -> float:
    """Return how easy a Spanish text is: 80 to 90 is easy, above 90 very easy."""
    found = count(text, "es")
    if not found.words:
        return 120.0
    return 206.84 - 60 * found.syllables / found.words - 1.02 * found.words / found.sentences


def _english(word: str) -> int:
    """Count by groups of vowels, a silent e at the end aside."""
    plain = word.lower().replace("'", "").replace("’", "")
    short = _SILENT_E.sub(lambda found: found[0][0], plain) if len(plain) > 2 else plain
    return max(1, len(re.findall(r"[aeiouy]+", short)))


def _spanish(word: str) -> int:
    """Count by groups of vowels; two strong ones, or an accented weak one, are two syllables."""
    groups = re.findall(r"[aeiouáéíóúü]+", re.sub(r"qu|gu(?=[eiéí])", "q", unicodedata.normalize("NFC", word.lower())))
    return max(1, sum(1 + sum(_is_apart(*pair) for pair in pairwise(group)) for group in groups))


def _is_apart(first: str, second: str) -> bool:
    return (first in _STRONG and second in _STRONG) or first in "íú" or second in "íú"
