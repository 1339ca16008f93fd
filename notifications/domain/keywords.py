"""Pure: what somebody means who writes back to the clinic's number, in English or Spanish.

What is set in stone comes first: a crisis, wherever it is said and whatever else is said; then the words that end texts
(47 CFR 64.1200(a)(10): any reasonable means), START and HELP; then the answers to a text. The rest is for a person.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Meaning(StrEnum):
    STOP = "stop"
    START = "start"
    HELP = "help"
    CONFIRM = "confirm"
    ASK = "ask"  # can't come, or wants another time: the visit stays booked and a person sees to it
    LATE = "late"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text means. `minutes`: how late somebody will be, if said; `language`: of its words, empty if unknown.

    `is_crisis` stands beside the meaning: whoever says STOP in a crisis gets no more texts and is called.
    `is_maybe_visit`: CANCEL ends texts by law, and may have meant the visit. `is_more`: STOP was said among other
    words, which somebody has to read.
    """

    meaning: Meaning
    language: str = ""
    minutes: int | None = None
    is_crisis: bool = False
    is_maybe_visit: bool = False
    is_more: bool = False


_M = Meaning
LONGEST_DELAY = 600  # minutes; a bigger number is something else

# Whole texts, once courtesies are taken away.
_WHOLE: dict[tuple[Meaning, str], str] = {
    (
        _M.STOP,
        "en",
    ): "stop, stopall, stop all, stop it, stop this, end, quit, cancel, revoke, unsubscribe, optout, opt out,"
    "remove, arret, remove me, leave me alone, enough",
    (
        _M.STOP,
        "es",
    ): "alto, parar, pare, paren, para, cancelar, cancele, cancelen, baja, basta, no mas, ya no, ya no mas",
    (_M.START, "en"): "start, unstop, restart, resume, opt in, optin, start texts, start texting",
    (_M.START, "es"): "iniciar, empezar, comenzar, reanudar",
    # HELP alone is the carriers' keyword. "Help me" is a cry, and goes to a person.
    (_M.HELP, "en"): "help, info",
    (_M.HELP, "es"): "ayuda, informacion",
    (_M.CONFIRM, ""): "1, c",
    # The texts ask "Can you come?", so a plain yes is the answer to that. See `read` for the one exception.
    (_M.CONFIRM, "en"): "y, yes, yep, yeah, confirm, confirmed, i confirm, ill be there, i will be there, see you then,"
    "i can come, yes i can, yes i can come, yes ill be there, im coming",
    (
        _M.CONFIRM,
        "es",
    ): "s, si, confirmo, confirmar, confirmado, alli estare, ahi estare, si puedo, si voy, si puedo ir,"
    "si alli estare, si ahi estare, voy a ir",
    (_M.ASK, ""): "2, r",
    (_M.ASK, "en"): "n, no, nope, change, reschedule, move, no i cant, i cant",
    (_M.ASK, "es"): "no puedo, cambiar, cambio, reprogramar, mover, no puedo ir",
    (_M.LATE, ""): "3",
    (_M.LATE, "en"): "late, running late, im late, im running late",
    (_M.LATE, "es"): "tarde, voy tarde, llego tarde",
}
_YES = frozenset({"yes", "y", "si", "s"})
_CANCEL = frozenset({"cancel", "cancelar", "cancele", "cancelen"})
_COURTESY = re.compile(
    r"\b(please|pls|plz|thanks|thank you|thx|ok|okay|now|already|por favor|porfavor|gracias|muchas gracias)\b"
)

_MINUTES = r"(m|min|mins|minutes?|minutos?)"
# "I can't be there until nine" comes late.
_LATER = r"( it| there| alli)? (until|till|before|on time|in time|hasta|antes|a tiempo)\b"
_PHRASES: dict[tuple[Meaning, str], tuple[str, ...]] = {
    (_M.STOP, "en"): (
        r"stop (texting|texts?|sending|messag\w+|contacting|writing|bothering|all (texts?|messages?))",
        r"(no|not any|without) more (texts?|messages?|sms)",
        r"(?<!\bi )(?<!\bwe )(dont|do not|never|quit) (text|message|texting|messaging)\b(?! and)( me| us)?",
        r"(dont|do not) (want|send)( me)?( any| your| these| more)* (texts?|messages?)",
        r"opt(ing)? ?(me )?out|unsubscribe( me)?|revoke|take me off|remove (me|my number)|lose my number",
        r"cancel (all )?(the |these |your |my )?(texts?|messages?|reminders?)",
        r"(end|quit) (the |these |all )?(texts?|messages?)",
    ),
    (_M.STOP, "es"): (
        r"no (quiero |deseo )?(recibir )?mas (mensajes?|textos?|sms)|no quiero (mensajes|textos)",
        r"(dejen|deje|deja|dejar) de (enviar|mandar|escribir|textear)\w*",
        r"no me (escriban?|manden?|envien?|textee?n?)|no (manden?|envien?) mas",
        r"(dar|darme|denme|deme) de baja|(quiten|quite|borren|borre|saquen|saque)me",
        r"cancelar? (los |mis |todos los )?(mensajes|textos)",
    ),
    (_M.ASK, "en"): (
        r"(cant|cannot|can not|wont|will not|unable to|not able to|not going to) "
        rf"(come|make|be there|get there|attend)\b(?!{_LATER})",
        r"(cancel|reschedule|change|move|postpone) "
        r"(my|the|this|our|todays?|tomorrows?|it|visit|appointment|appt|time)",
        r"(need|want|like|have) to (cancel|reschedule|change|move|postpone)|another (day|time)|not coming",
    ),
    (_M.ASK, "es"): (
        rf"no (puedo|podre|voy a|vamos a) (ir|venir|llegar|asistir|poder)\b(?!{_LATER})|no (podre|ire|asistire)",
        r"(cancelar?|cambiar?|mover|reprogramar) (mi|la|el|esta|de) ",
        r"(necesito|quiero|tengo que|quisiera) (cancelar|cambiar|mover|reprogramar)",
        r"otr[oa] (dia|hora|cita)",
    ),
    (_M.LATE, "en"): (
        r"(running|be|am|im|ill be|arrive|arriving|get there) (a (little|bit|few minutes) |about |around )*"
        r"(\d{1,3} ?\w* )?late\b(?! (to|for))",
        rf"\d{{1,3}} ?{_MINUTES} late|late by \d{{1,3}}|late \d{{1,3}}( ?{_MINUTES})?",
        r"delayed|stuck in traffic",
    ),
    (_M.LATE, "es"): (
        r"(voy|llego|llegare|llegaremos|voy a llegar)( un poco| unos| como| \d{1,3}| min\w*)* tarde",
        r"\d{1,3} min\w* tarde|tarde \d{1,3}( min\w*)?",
        r"(con|tengo) retraso|retrasad[oa]|(estoy|voy) atrasad[oa]",
    ),
}
# What may stand around a STOP and says nothing more.
_AROUND = (
    "i we you me us my your this that these those it from of off on to at a the any all ever again anymore more just "
    "want would like need must kindly so and texts text texting sms messages message list number phone consent hi "
    "hello yo mi de del la el lo los las este esta estos su sus que quiero favor mensajes mensaje textos texto lista "
    "numero telefono mas nunca hola y"
)
# A phone tells a "like" as a text that quotes what was liked.
_QUOTING = re.compile(r"([^\"“”«»„]*)[\"“«„](.+)[\"“”»]", re.DOTALL)
_REACTION = re.compile(
    r"(liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|reacted|removed an? |to$"
    r"|(a [\w ]+ )?(no )?(le|me) (gusto|encanto|gusta|encanta)|indico que|reacciono|se rio|rio|destaco|exclamo|enfatizo"
    r"|pregunto|cuestiono|quito|elimino)"
)
_LONG_QUOTATION, _SHORT_LEAD = 40, 60  # letters
_PLAIN_YES = frozenset({"1", "y", "yes", "yep", "yeah", "s", "si"})
_PLAIN_NO = frozenset({"2", "n", "no", "nope"})
_NOT_STOP = re.compile(r"\b(dont|do not|never|no) (stop|paren?|dejen?|cancelen?)\b")

# Whole words; what stands before them does not matter: "I do not want to kill myself" is a person to call.
CRISIS: dict[str, tuple[str, ...]] = {
    "en": (
        "suicide",
        "suicidal",
        "suicde",
        "sucide",
        "suiside",
        "kill myself",
        "killing myself",
        "kill me",
        "kms",
        "unalive",
        "end my life",
        "ending my life",
        "take my life",
        "take my own life",
        "end it all",
        "want to die",
        "wanna die",
        "want 2 die",
        "wants to die",
        "wish i was dead",
        "wish i were dead",
        "better off dead",
        "better off without me",
        "hurt myself",
        "hurting myself",
        "harm myself",
        "harming myself",
        "self harm",
        "selfharm",
        "cut myself",
        "cutting myself",
        "hang myself",
        "shoot myself",
        "overdose",
        "overdosed",
        "overdosing",
        "took all my pills",
        "take all my pills",
        "no reason to live",
        "nothing to live for",
        "dont want to live",
        "do not want to live",
        "dont want to be here anymore",
        "dont want to be alive",
        "cant go on",
        "can not go on",
        "not safe with myself",
        "in crisis",
    ),
    "es": (
        "suicidio",
        "suicida",
        "suicidar",
        "suicidarme",
        "suicidarse",
        "matarme",
        "me mato",
        "quitarme la vida",
        "quiero morir",
        "quiero morirme",
        "me quiero morir",
        "morirme",
        "no quiero vivir",
        "no quiero seguir viviendo",
        "ya no quiero vivir",
        "hacerme dano",
        "lastimarme",
        "cortarme",
        "ahorcarme",
        "dispararme",
        "sobredosis",
        "acabar con mi vida",
        "terminar con mi vida",
        "acabar con todo",
        "mejor muerto",
        "mejor muerta",
        "sin ganas de vivir",
        "no puedo seguir asi",
        "no aguanto mas",
        "en crisis",
    ),
}


def folded(text: str) -> str:
    """Return a text as it is compared: lower case, no accents, no apostrophes, one blank between words."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text))
    kept = "".join(
        char for char in plain if unicodedata.category(char)[0] != "M" and unicodedata.category(char) != "Cf"
    )
    joined = re.sub(r"['’‘`´ʼ]", "", kept.casefold())
    return re.sub(r"[^a-z0-9]+", " ", joined).strip()


def read(text: str, *, is_suppressed: bool = False, crisis_words: Iterable[str] = ()) -> Reading:
    """Return what a text means; `crisis_words`: a site's own beside those every site has.

    A bare YES or SI confirms a visit, for the texts ask "Can you come?". Only from a number that said STOP it is an
    opt-in word: providers lift their block by it, and ours must not say otherwise.
    """
    said, is_reaction = _without_quotation(text)
    words = folded(said)
    # A crisis in a quotation counts, unless all that was said is "Liked": they may quote somebody, or themselves.
    crisis = _crisis(words if is_reaction else folded(text), crisis_words)
    found = _meaning(words, is_suppressed=is_suppressed)
    return replace(found, language=crisis or found.language, is_crisis=crisis is not None)


def is_plain(text: str) -> bool:
    """Tell whether a text is a bare number, yes or no, and so answers the very question that was asked."""
    return _bare(folded(text)) in _PLAIN_YES | _PLAIN_NO


def _without_quotation(text: str) -> tuple[str, bool]:
    """Return what was said before a long quotation that ends a text, and whether it only says that it was liked."""
    shown = "".join(char for char in text if unicodedata.category(char) != "Cf").strip()
    match = _QUOTING.fullmatch(shown)
    if match is None or len(match[1]) > _SHORT_LEAD or not folded(match[1]):
        return text, False
    if _REACTION.match(folded(match[1])):
        return match[1], True
    return (match[1] if len(match[2]) >= _LONG_QUOTATION else text), False


def _crisis(words: str, more: Iterable[str]) -> str | None:
    """Return the language of what sounds like a crisis, empty if it is a site's own word; None: nothing does."""
    for language, phrases in CRISIS.items():
        if _holds(words, phrases):
            return language
    return "" if _holds(words, (folded(each) for each in more)) else None


def _holds(words: str, phrases: Iterable[str]) -> bool:
    return any(phrase and f" {phrase} " in f" {words} " for phrase in phrases)


def _meaning(words: str, *, is_suppressed: bool) -> Reading:
    bare = _bare(words)
    if is_suppressed and bare in _YES:
        return Reading(_M.START, _language_of(bare))
    for (meaning, language), known in _TABLE.items():
        if bare in known or words in known:
            return Reading(meaning, language, is_maybe_visit=bare in _CANCEL)
    for meaning, language, pattern in _PATTERNS:
        match = pattern.search(words)
        if match is None or (meaning is _M.STOP and _NOT_STOP.search(words)):
            continue
        if meaning is _M.STOP:
            return Reading(meaning, language, is_more=_is_more(words, match))
        return Reading(meaning, language, _minutes(words) if meaning is _M.LATE else None)
    return _numbered(bare)


def _bare(words: str) -> str:
    return re.sub(r" +", " ", _COURTESY.sub(" ", words)).strip() or words


def _is_more(words: str, match: re.Match[str]) -> bool:
    """Tell whether words stand around a STOP that say something else."""
    around = _COURTESY.sub(" ", f"{words[: match.start()]} {words[match.end() :]}")
    return not set(around.split()) <= set(_AROUND.split())


def _language_of(word: str) -> str:
    return "es" if word in ("si", "s") else "en"


def _numbered(bare: str) -> Reading:
    """Return a text that begins with 3 and says no more than how late: `3 20 min`."""
    match = re.fullmatch(r"3 (\d{1,3})( ?(m|min|mins|minutes?|minutos?))?( late| tarde)?", bare)
    if match is None:
        return Reading(_M.FREE)
    return Reading(_M.LATE, "es" if "minuto" in bare or "tarde" in bare else "", _minutes(bare[1:]))


def _minutes(words: str) -> int | None:
    """Return how late, in minutes, if one number says so; hours count sixty."""
    numbers = re.findall(r"\b(\d{1,3})\b|\b(\d{1,3})(?=m|h)", words)
    if len(numbers) != 1:
        return None
    number = int(numbers[0][0] or numbers[0][1])
    if re.search(r"\d ?(h|hr|hrs|hours?|horas?)\b", words):
        number *= 60
    return number if 0 < number <= LONGEST_DELAY else None


_TABLE = {key: frozenset(word.strip() for word in words.split(",")) for key, words in _WHOLE.items()}
_PATTERNS = [
    (meaning, language, re.compile(rf"\b({'|'.join(patterns)})")) for (meaning, language), patterns in _PHRASES.items()
]
