"""Pure: words and facts become a text or an e-mail."""

import re
from collections.abc import Mapping

from notifications.domain.states import Kind
from notifications.domain.texts import english, spanish
from notifications.domain.texts.forms import Words, form_of

_SMS = {"en": english.SMS, "es": spanish.SMS}
_MAIL = {"en": english.MAIL, "es": spanish.MAIL}
_FOOT = {"en": (english.FOOT, english.STOP), "es": (spanish.FOOT, spanish.STOP)}
_FILLED_IN = re.compile(r"\{([a-z_]+)\}(\.?)")
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def catalogue(form: str, channel: str, language: str) -> Words:
    """Return the catalogue's words for a form.

    :raises KeyError: the channel has none for it.
    """
    return (_SMS if channel == "sms" else _MAIL)[language][form]


def filled(text: str, facts: Mapping[str, str]) -> str:
    """Return a text with the facts in it; braces inside of a fact stay as they are.

    :raises KeyError: a fact is missing.
    """

    def fact(found: re.Match[str]) -> str:
        # 8:30 a.m. at the end of a sentence has its full stop already.
        return facts[found[1]] + ("" if facts[found[1]].endswith(".") else found[2])

    return _FILLED_IN.sub(fact, text)


def sms(kind: Kind, language: str, facts: Mapping[str, str], words: Words | None = None) -> str:
    """Return the text message of a kind, in the catalogue's words or a site's own.

    :raises KeyError: a fact is missing.
    """
    said = words or catalogue(form_of(kind, facts), "sms", language)
    return filled(said.body, facts)


def mail(kind: Kind, language: str, facts: Mapping[str, str], words: Words | None = None) -> tuple[str, str]:
    """Return subject and plain body of an e-mail of a kind: the words, the link, whom to call, how to stop.

    :raises KeyError: a fact is missing, or the kind is told by text only.
    """
    form = form_of(kind, facts)
    said = words or catalogue(form, "email", language)
    parts = [filled(said.body, facts)]
    if button := button_of(form, language, facts):
        parts.append(f"{button}: {facts['link']}")
    foot, stop = foot_of(language)
    parts += [filled(foot, facts), f"{facts['clinic']}\n{facts.get('address', '')}".strip()]
    if facts.get("stop"):
        parts.append(f"{stop} {facts['stop']}")
    return filled(said.subject, facts), "\n\n".join(parts) + "\n"


def button_of(form: str, language: str, facts: Mapping[str, str]) -> str:
    """Return what stands on an e-mail's button; empty: there is none."""
    return catalogue(form, "email", language).button if facts.get("link") else ""


def foot_of(language: str) -> tuple[str, str]:
    """Return the sentence about whom to call, and the one before the address that stops the e-mails."""
    return _FOOT[language]
