"""Pure: what is wrong with a text: too long, in the wrong alphabet, hard to read, or saying what it must not."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from clinic.domain import neutral
from notifications.domain.texts import grade, samples
from notifications.domain.texts.composing import PLACEHOLDER, filled
from notifications.domain.texts.forms import CATALOGUE_REGIONS, EMERGENCY, FORMS, Form, Words

ONE_TEXT = 160
GSM7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_DOUBLE = set("^{}\\[~]|€")  # in the alphabet's second table: each counts as two
HARDEST_GRADE = 6.0  # domain.md 4.5: sixth grade at most
EASY = 80.0
LONGEST_SUBJECT = 78
_SHORTER = "Use shorter words and sentences"

_RELATIVE = """
today tomorrow tonight yesterday this_week next_week this_morning this_afternoon this_evening
hoy manana ayer anoche esta_semana proxima_semana semana_que_viene esta_tarde esta_noche
"""
# What a reply with it does is not what the sender of such a text meant: carriers act on these words (47 CFR 64.1200).
_OPT_OUT = (
    "stopall unsubscribe end quit cancel revoke optout opt_out remove arret yes unstop alto parar cancelar baja si"
)
_TELLS_TO_SAY = r"(?:reply|text|send|type|answer|write|respond|responda|conteste|envie|mande|escriba|texto)"
_STOP_SENTENCE = re.compile(r"stop\W+(?:to|para|:|y|and)?\W*(?P<then>[^.!?]*)")
_STOPS_TEXTS = re.compile(r"^(?:opt out|end|stop|no recibir|no texts?|terminar)\b|^$")


_RELATIVE_WORDS = neutral.pattern(_RELATIVE)
_COUNT = re.compile(r"\b\d{1,2}\s*(?:of|de|/)\s*\d{1,2}\b|\b\d+\s+(?:visits|visitas)\b")
_REPLY_OPT_OUT = re.compile(
    _TELLS_TO_SAY + r"\s+[\"'“]?(" + _OPT_OUT.replace(" ", "|").replace("_", r"\s+") + r")[\"'”]?(?!\w)"
)
_REPLY_START = re.compile(_TELLS_TO_SAY + r"\s+[\"'“]?start\b")
# The path of an address is letters by chance; its host was chosen by a person.
_PATH = re.compile(r"(https?://[^\s/]+)/\S*")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. `text` completes "This text ..."."""

    code: str
    text: str


def letters(text: str) -> int:
    """Return how much room a text takes of one: letters of the alphabet's second table count twice."""
    return len(text) + sum(char in GSM7_DOUBLE for char in text)


def segments(text: str) -> int:
    """Return how many texts a text becomes on its way: 160 letters, or 70 if one is not in GSM-7; less if split."""
    if set(text) <= GSM7 | GSM7_DOUBLE:
        size, one, each = letters(text), ONE_TEXT, 153
    else:
        size, one, each = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if size <= one else -(-size // each)


def faults(text: str, *, is_sms: bool, form: str = "") -> list[str]:
    """Return what is wrong with a finished text: length, alphabet, words that would out a patient.

    `form`: which text it is; without it, an SMS must say how to stop, and anything else is read by staff.
    """
    found = list(_said(text, is_to_patient=is_sms or bool(form)))
    if is_sms:
        needs_stop = FORMS[form].needs_stop if form else True
        found += [*_size(text), *_stop(text, needs_stop=needs_stop)]
    return [fault.text for fault in found]


def lint(
    form: Form, channel: str, language: str, words: Words, *, region: str = "US", zone_name: str = "", phone: str = ""
) -> list[Fault]:
    """Return what is wrong with words for a form, tried with the longest values of its language.

    `phone`: the site's own as people read it, where that is longer than a usual one.
    """
    if broken := [*_placeholders(form, words)]:
        return broken
    facts = longest_facts(form, language, region=region, zone_name=zone_name, phone=phone)
    body = filled(words.body, facts)
    found = [*_needs(form, channel, words), *_said(body), *_reading(words, language, facts)]
    if channel == "sms":
        if region in CATALOGUE_REGIONS:
            found += _numbers(form, words)
        found += [*_size(body), *_stop(body, needs_stop=form.needs_stop), *_keywords(form, body)]
    else:
        found += _subject(filled(words.subject, facts))
    return found


def longest_facts(
    form: Form, language: str, *, region: str = "US", zone_name: str = "", phone: str = ""
) -> dict[str, str]:
    """Return the longest values a form is tried with."""
    facts = samples.longest(language, region=region, zone_name=zone_name)
    facts["phone"] = max(facts["phone"], phone, key=len)
    if form.name in ("escort", "escort_off"):
        facts["when"] = samples.longest_about(language, region=region, zone_name=zone_name)
    return facts


def name_faults(text: str) -> list[str]:
    """Return what is wrong with a name that stands in every text: the clinic's, its address or a domain."""
    return [fault.text for fault in [*_said(text), *_alphabet(text)]]


def _said(text: str, *, is_to_patient: bool = True) -> Iterator[Fault]:
    plain = neutral.folded(_PATH.sub(r"\1", text))
    for word in neutral.telling(plain, is_to_patient=is_to_patient):
        yield Fault("banned", f'says "{word}", which tells more than that there is a visit')
    for match in _RELATIVE_WORDS.finditer(plain):
        yield Fault("relative", f'says "{match[0]}", which is wrong when it is read a day late: name the day')
    for match in _COUNT.finditer(plain) if is_to_patient else ():
        yield Fault("count", f'says "{match[0]}": a count of visits hints at what they are for')


def _size(text: str) -> Iterator[Fault]:
    if letters(text) > ONE_TEXT:
        yield Fault("long", f"is {letters(text)} letters long with the longest values; {ONE_TEXT} fit into one text")
    yield from _alphabet(text)


def _alphabet(text: str) -> Iterator[Fault]:
    if odd := sorted(set(text) - GSM7 - GSM7_DOUBLE):
        yield Fault("alphabet", f"holds {' '.join(odd)}, which makes it two texts")


def _stop(text: str, *, needs_stop: bool) -> Iterator[Fault]:
    said = _STOP_SENTENCE.findall(neutral.folded(_PATH.sub(r"\1", text)))
    if needs_stop and "STOP" not in text:
        yield Fault("stop", "does not say how to stop: end it with STOP to opt out")
    for then in said:
        if not _STOPS_TEXTS.match(then.strip()):
            yield Fault("keyword", "uses STOP for something else: whoever replies STOP gets no more texts at all")


def _keywords(form: Form, text: str) -> Iterator[Fault]:
    plain = neutral.folded(_PATH.sub(r"\1", text))
    for match in _REPLY_OPT_OUT.finditer(plain):
        word = match[1].upper()
        yield Fault("keyword", f"asks to reply {word}: carriers read that as STOP or START. Ask for 1 or 2")
    if form.name != "stop_ack" and _REPLY_START.search(plain):
        yield Fault("keyword", "asks to reply START: that only turns texts back on")


def _needs(form: Form, channel: str, words: Words) -> Iterator[Fault]:
    named = set(PLACEHOLDER.findall(words.body))
    for name in sorted(form.must - named):
        yield Fault("missing", f"does not say {{{name}}}, without which it is of no use")
    if channel == "sms" and "clinic" not in named:
        yield Fault("missing", "does not say {clinic}: nobody knows who writes")
    if channel == "sms" and form.needs_way_back and not named & {"link", "phone"}:
        yield Fault("missing", "holds neither {link} nor {phone}: nobody can answer")


def _numbers(form: Form, words: Words) -> Iterator[Fault]:
    for number in EMERGENCY.get(form.name, ()):
        if number not in words.body:
            yield Fault("missing", f"does not name {number}, which somebody in danger needs")


def _placeholders(form: Form, words: Words) -> Iterator[Fault]:
    for text in (words.subject, words.body):
        for name in PLACEHOLDER.findall(text):
            if name not in form.facts:
                known = ", ".join(f"{{{each}}}" for each in sorted(form.facts))
                yield Fault("placeholder", f"holds {{{name}}}, which it can't be told. It knows {known}")
        if set("{}") & set(PLACEHOLDER.sub("", text)):
            yield Fault("placeholder", "holds a brace that opens or closes nothing: write {link}, all letters small")
    if not words.body.strip():
        yield Fault("missing", "says nothing")


def _reading(words: Words, language: str, facts: Mapping[str, str]) -> Iterator[Fault]:
    # Names, numbers and addresses are not what makes a text hard.
    said = filled(words.body, {name: "" if name in ("link", "phone", "clinic") else facts[name] for name in facts})
    if language == "en" and (level := grade.flesch_kincaid(said)) > HARDEST_GRADE:
        yield Fault(
            "hard", f"reads like grade {level:.1f}; {HARDEST_GRADE:.0f} is the most. Shorter words, shorter sentences"
        )
    if language == "es" and (ease := grade.fernandez_huerta(said)) < EASY:
        yield Fault(
            "hard", f"has a reading ease of {ease:.0f}; {EASY:.0f} is the least. Shorter words, shorter sentences"
        )


def _subject(text: str) -> Iterator[Fault]:
    if not text.strip():
        yield Fault("subject", "has no subject")
    if len(text) > LONGEST_SUBJECT or "\n" in text:
        yield Fault("subject", f"has a subject of {len(text)} letters; {LONGEST_SUBJECT} fit on one line")
    for fault in _said(text):
        yield Fault(fault.code, f"{fault.text} (in the subject)")
