"""Pure: how a patient gets ready for a visit: steps in both languages, the product's own, what is wrong in a list."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Formatter

from scheduling.domain.protocol import ProtocolDefinition

LANGUAGES = {"en": "English", "es": "Spanish"}
MOST_STEPS = 12
LONGEST = 120
_MARKS = re.compile(r"^[-–•*]\s*")  # a list that was pasted has them before each line


@dataclass(frozen=True, slots=True)
class PrepStep:
    """One step. The same words have the same id in every list: what was ticked stays ticked when others change."""

    id: str
    en: str
    es: str

    def said_in(self, language: str) -> str:
        """Return its words in a language; who reads another one reads English."""
        return self.es if language == "es" else self.en


@dataclass(frozen=True, slots=True)
class Defaults:
    """The steps that come with the product, by what a protocol says of fasting, what it is, and who comes along."""

    fasting: Mapping[str, Sequence[PrepStep]]
    modalities: Mapping[str, Sequence[PrepStep]]
    escort: Mapping[str, Sequence[PrepStep]]


def step(en: str, es: str) -> PrepStep:
    """Return a step of its words."""
    return PrepStep(hashlib.sha256(f"{en}\n{es}".encode()).hexdigest()[:16], en, es)


def default_steps(definition: ProtocolDefinition, defaults: Defaults) -> tuple[PrepStep, ...]:
    """Return the product's steps for a protocol, its times filled in; a step whose time it does not say is left out."""
    found = [
        *defaults.fasting.get(_fasting_of(definition), ()),
        *defaults.modalities.get(definition.modality, ()),
        *defaults.escort.get(definition.escort, ()),
    ]
    minutes = _minutes_of(definition)
    return tuple(_filled(each, minutes) for each in found if _needs(each) <= minutes.keys())


def lines_of(text: str) -> list[str]:
    """Return the steps typed in a field, one a line, without blanks and the marks of a list."""
    lines = (_MARKS.sub("", " ".join(line.split())) for line in text.splitlines())
    return [line for line in lines if line]


def faults(en: Sequence[str], es: Sequence[str]) -> dict[str, str]:
    """Return what is wrong with the steps of a list, by the language to be put right."""
    found = {
        language: words for language, lines in (("en", en), ("es", es)) if (words := _fault(lines, LANGUAGES[language]))
    }
    if not found and len(en) != len(es):
        short = "en" if len(en) < len(es) else "es"
        found[short] = (
            f"English has {_counted(len(en))}, Spanish has {_counted(len(es))}. "
            "Every step stands in both, in the same order."
        )
    return found


def duration(minutes: int, language: str) -> str:
    """Return a length of time as a patient reads it: 2 hours, 30 minutes, 1 hour and 30 minutes."""
    hours, rest = divmod(minutes, 60)
    hour, minute, between = ("hora", "minuto", " y ") if language == "es" else ("hour", "minute", " and ")
    parts = [(hours, hour), (rest, minute)]
    return between.join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in parts if count)


def _fasting_of(definition: ProtocolDefinition) -> str:
    asked = definition.fasting
    if isinstance(asked, Mapping):
        return "both" if len(set(asked.values())) == 1 else "each"
    return asked or ""


def _minutes_of(definition: ProtocolDefinition) -> dict[str, int]:
    hours = definition.fasting if isinstance(definition.fasting, Mapping) else {}
    found = {"food": hours.get("food_hours"), "fluid": hours.get("fluid_hours")}
    minutes = {name: round(each * 60) for name, each in found.items() if each}
    return minutes | ({"observe": definition.observe_minutes} if definition.observe_minutes else {})


def _needs(each: PrepStep) -> set[str]:
    return {name for words in (each.en, each.es) for _text, name, *_rest in Formatter().parse(words) if name}


def _filled(each: PrepStep, minutes: Mapping[str, int]) -> PrepStep:
    if not _needs(each):
        return each
    said = {language: {name: duration(count, language) for name, count in minutes.items()} for language in LANGUAGES}
    return step(each.en.format_map(said["en"]), each.es.format_map(said["es"]))


def _fault(lines: Sequence[str], language: str) -> str:
    if len(lines) > MOST_STEPS:
        return f"{language} has {len(lines)} steps. More than {MOST_STEPS} nobody reads."
    for place, line in enumerate(lines):
        if words := _fault_in(line, lines[:place]):
            return f"Step {place + 1} {words}."
    return ""


def _fault_in(line: str, before: Sequence[str]) -> str:
    if len(line) > LONGEST:
        return f"is longer than {LONGEST} letters: make two of it"
    if not line.isprintable():
        return "holds a character that can't be printed"
    return "stands twice" if line in before else ""


def _counted(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"
