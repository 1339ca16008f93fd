"""What is sent to a patient, what is kept of them, and the way out for whoever got it by mistake."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse

from notifications import queries as notifications
from notifications.actions.transitions import address_hash
from patients import contact_actions, own_actions, phones
from patients.domain.contact import CONSENT_SENTENCES, OWN_PURPOSES, Channel, ContactKind, Language, Purpose
from patients.own import OwnChoices, own_choices
from portal.pages import Visitor, closed, go, page, show
from portal.words.settings import WORDS

NO_ADDRESS = "none"
KINDS: dict[str, ContactKind] = {Channel.SMS: ContactKind.PHONE, Channel.EMAIL: ContactKind.EMAIL}
OTHER = {Language.ENGLISH: Language.SPANISH, Language.SPANISH: Language.ENGLISH}


@page()
def messages(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show and change in which language, how and about what a patient is written to."""
    choices = own_choices(visitor.link.patient_id)
    if request.method == "POST":
        return _changed(request, visitor, choices)
    return show(request, visitor, "portal/settings.html", _settings(request, visitor, choices), WORDS)


@page()
def privacy(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Say what this page is, what is kept and whom to ask."""
    facts = {"clinic": visitor.site.message_name, "phone": phones.readable(visitor.site.phone)}
    w = WORDS[visitor.language]
    parts = [
        (w[f"privacy_{part}"], w[f"privacy_{part}_text"].format(**facts)) for part in ("what", "kept", "texts", "reach")
    ]
    return show(request, visitor, "portal/privacy.html", {"parts": parts}, WORDS)


@page()
def not_you(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Let whoever got a message by mistake say so: nothing more goes there, and the link ends."""
    used = own_choices(visitor.link.patient_id).addresses
    asked = [channel.value for channel in Channel if channel in used] or [NO_ADDRESS]
    said = request.POST.get("wrong", "")
    if request.method != "POST" or said not in asked:
        w = WORDS[visitor.language]
        wrong = [(each, w[f"not_theirs_{each}"]) for each in asked]
        return show(request, visitor, "portal/not_you.html", {"wrong": wrong}, WORDS)
    kind = KINDS.get(said)
    contact_actions.disown(request=visitor.request, patient_id=visitor.link.patient_id, kind=kind, now=visitor.now)
    why = "thanked" if kind is ContactKind.PHONE else f"thanked_{said}"
    return closed(request, why, status=200, own=WORDS)


def is_reached_by_text(choices: OwnChoices, purpose: Purpose) -> bool:
    """Tell whether texts about something reach a patient: they agreed, and never said STOP since."""
    return (Channel.SMS, purpose) in choices.given and Channel.SMS in _open_channels(choices)


def _open_channels(choices: OwnChoices) -> list[Channel]:
    """Return the ways a patient may choose: where there is an address that did not ask for silence."""
    return [channel for channel in Channel if channel in choices.addresses and not _is_stopped(channel, choices)]


def _is_stopped(channel: Channel, choices: OwnChoices) -> bool:
    address = choices.addresses.get(channel, "")
    return bool(address) and notifications.is_stopped(channel=channel, hashed=address_hash(address))


def _changed(request: HttpRequest, visitor: Visitor, choices: OwnChoices) -> HttpResponse:
    asking: dict[str, Any] = {
        "request": visitor.request,
        "patient_id": visitor.link.patient_id,
        "now": visitor.now,
    }
    deed = request.POST.get("do", "")
    if deed == "language" and (chosen := request.POST.get("language", "")) in set(Language):
        own_actions.choose_language(language=Language(chosen), **asking)
        return go(replace(visitor, language=chosen), "settings/", saved="1")
    if deed == "stop":
        own_actions.stop_all(**asking)
    if deed == "messages":
        shown = set(request.POST.getlist("channel"))
        wanted = {channel: _ticked(request, channel) for channel in _open_channels(choices) if channel in shown}
        own_actions.choose_messages(wanted=wanted, language=Language(visitor.language), **asking)
    return go(visitor, "settings/", saved="1")


def _ticked(request: HttpRequest, channel: Channel) -> Collection[Purpose]:
    ticked = set(request.POST.getlist(channel.value))
    return [purpose for purpose in OWN_PURPOSES if purpose.value in ticked]


def _settings(request: HttpRequest, visitor: Visitor, choices: OwnChoices) -> dict[str, Any]:
    w, language = WORDS[visitor.language], Language(visitor.language)
    channels = _open_channels(choices)
    lacking = [
        w["stopped"] if channel in choices.addresses else w[f"no_{channel}"]
        for channel in Channel
        if channel not in channels
    ]
    written = Language(visitor.link.language)
    return {
        "is_saved": "saved" in request.GET,
        "speaks": WORDS[written]["speaks"],
        "speaks_in": written.value,
        "other_offer": WORDS[written]["speak_other"],
        "other_written": OTHER[written].value,
        "channels": [channel.value for channel in channels],
        "rows": [
            (w[purpose], [_box(purpose, channel, choices, w) for channel in channels]) for purpose in OWN_PURPOSES
        ],
        "sentences": [
            CONSENT_SENTENCES[language, channel].format(clinic=visitor.site.message_name) for channel in channels
        ],
        "lacking": lacking,
        "is_silent": not choices.given,
    }


def _box(purpose: Purpose, channel: Channel, choices: OwnChoices, w: Any) -> tuple[str, str, str, bool]:
    """Return a check box: its name, what it stands for, what it says, whether it is ticked."""
    return channel.value, purpose.value, w[channel], (channel, purpose) in choices.given
