"""From a message row to what is said, read anew at the last moment."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from notifications import mailing
from notifications.domain import texts
from notifications.domain.calendar import Invite
from notifications.domain.states import Kind
from notifications.facts import SHORTER, Changed, Facts, Sources, Teller
from notifications.models import Message
from notifications.wording import words_of
from patients import links, stop_links

__all__ = ["Changed", "Rendered", "Sources", "render", "said", "shown", "subject"]

_TOKEN = re.compile(r"(/[vu]/(?:\d+\.)?)[\w-]{16,}/")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered message, and what is kept of it: the facts and the version that say it again.

    `html`, `invite` and `stop_url`: e-mail only.
    """

    subject: str
    body: str
    facts: dict[str, str]
    version: str
    form: str
    html: str = ""
    invite: Invite | None = None
    stop_url: str = ""


def render(
    message: Message,
    *,
    language: str,
    now: dt.datetime,
    sources: Sources | None = None,
    joined: Sequence[Message] = (),
) -> Rendered:
    """Return what a message says at this moment. `sources`: what a batch of messages shares; `joined`: other messages
    to the same reader that are said in it, beside those merged into it before.

    :raises Changed: there is nothing left to say.
    """
    sources = sources or Sources([message])
    told = Teller(message, language=language, now=now, sources=sources, joined=joined).facts()
    kind, channel = Kind(message.kind), message.channel
    ways = _ways(told)
    facts = _short(message, language, ways, sources) if channel == "sms" else ways[0]
    form = texts.form_of(kind, facts)
    chosen = sources.words.in_force(message.site_id, form, channel, language)
    spoken = _spoken(facts)
    subject, body = _composed(kind, channel, language, spoken, chosen.words)
    rendered = Rendered(subject, body, facts, chosen.version, form)
    if channel == "sms":
        return rendered
    return Rendered(
        subject,
        body,
        facts,
        chosen.version,
        form,
        html=mailing.page(form, language, spoken, chosen.words),
        invite=mailing.invite(message, joined, language=language, now=now),
        stop_url=spoken.get("stop", ""),
    )


def said(message: Message, own: Mapping[str, texts.Words] | None = None) -> str:
    """Return the body that left, or would have, again from its facts; empty if it was never written.

    `own`: what `words_of` read for many messages at once.
    """
    if not message.facts:
        return ""
    if "text" in message.facts:  # from before facts were kept
        return str(message.facts["text"])
    return _said(message, words_of([message.template_version]) if own is None else own)[1]


def subject(message: Message) -> str:
    """Return the subject an e-mail left with, again from its facts; empty for a text, and if it was never written."""
    if message.channel != "email" or not message.facts or "text" in message.facts:
        return ""
    return _said(message, words_of([message.template_version]))[0]


def shown(message: Message, own: Mapping[str, texts.Words] | None = None) -> str:
    """Return the body for eyes that are not the patient's: without the token, with which one could answer as them."""
    return _TOKEN.sub(r"\1…/", said(message, own))


def _said(message: Message, own: Mapping[str, texts.Words]) -> tuple[str, str]:
    words = own.get(message.template_version)
    return _composed(Kind(message.kind), message.channel, message.language, _spoken(message.facts), words)


def _short(message: Message, language: str, ways: Sequence[Facts], sources: Sources) -> Facts:
    """Return the first of some ways to say it that fits into one text; the last, if none does."""
    kind = Kind(message.kind)
    for facts in ways[:-1]:
        words = sources.words.in_force(message.site_id, texts.form_of(kind, facts), "sms", language).words
        if texts.segments(texts.sms(kind, language, _spoken(facts), words)) == 1:
            return facts
    return ways[-1]


def _ways(told: Facts) -> list[Facts]:
    """Return the facts in full, then without a week's times or the later of several visits: the link says them."""
    full = {name: told[name] for name in told if name not in SHORTER}
    if "times" in full:
        return [full, {name: full[name] for name in full if name != "times"}]
    return [full, *(full | {"when": told[name]} for name in SHORTER if name in told)]


def _spoken(facts: Mapping[str, str]) -> dict[str, str]:
    """Return the facts with the addresses made of what was kept of them; nothing is read."""
    spoken = dict(facts)
    if "link" in facts:
        number, _dot, generation = facts["link"].partition(".")
        spoken["link"] = links.address_again(int(number), int(generation))
    if "stop" in facts:
        spoken["stop"] = stop_links.address_of(int(facts["stop"]))
    return spoken


def _composed(
    kind: Kind, channel: str, language: str, spoken: Mapping[str, str], words: texts.Words | None
) -> tuple[str, str]:
    """Return subject (empty for SMS) and body; the same facts say the same again."""
    if channel == "email":
        return texts.mail(kind, language, spoken, words)
    return "", texts.sms(kind, language, spoken, words)
