"""A site's own words: the list, one text with what is wrong with it, and the e-mail as it would arrive."""

from typing import Any

from csp.decorators import csp_replace
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, Rejected
from clinic.models import Site
from frontdesk import show_texts
from frontdesk.guard import needs, who
from frontdesk.settings_pages import frame
from frontdesk.site import current_site
from notifications import site_texts
from notifications.actions.site_texts import drop_text, save_text
from notifications.domain.texts import Words
from notifications.site_texts import Place


@require_GET
@needs(Permission.MANAGE_SITE)
def index(request: HttpRequest) -> HttpResponse:
    """List every text of a site, in every language."""
    site = current_site(request, Permission.MANAGE_SITE)
    channel = request.GET.get("channel", "sms")
    if channel not in show_texts.CHANNELS:
        raise Malformed("There are texts and e-mails.")
    context = frame(request, site, "texts") | {
        "channel": channel,
        "channels": show_texts.CHANNELS.items(),
        "parts": show_texts.parts_of(site_texts.texts_of(site), channel),
        "notes": site_texts.notes_of(site),
    }
    return render(request, "frontdesk/texts/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_SITE)
def edit(request: HttpRequest, form: str, channel: str, language: str) -> HttpResponse:
    """Show one text and try other words; save them, or go back to the catalogue's."""
    site = current_site(request, Permission.MANAGE_SITE)
    place = site_texts.place_of(form, channel, language)
    if request.method != "POST":
        return _shown(request, site, place, site_texts.text_of(site, place).words)
    words = Words(request.POST.get("body", ""), request.POST.get("subject", ""))
    step = request.POST.get("do", "check")
    if step == "check" or request.headers.get("HX-Request"):
        return _shown(request, site, place, words)
    try:
        if step == "drop":
            drop_text(request=who(request), site=site, place=place, version=_version(request), now=clock.now())
        else:
            save_text(
                request=who(request), site=site, place=place, words=words, version=_version(request), now=clock.now()
            )
    except Rejected as refusal:
        if refusal.code != "text_faults":
            raise
        return _shown(request, site, place, words, status=422)
    name = show_texts.NAMES[form][0]
    said = "Back to the catalogue's words." if step == "drop" else "Saved. Messages say it from now on."
    messages.success(request, f"{name}, {show_texts.LANGUAGES[language]}: {said}")
    return redirect(f"{reverse('texts')}?site={site.slug}&channel={channel}#{form}")


@csp_replace({"default-src": ["'none'"], "style-src": ["'unsafe-inline'"]})  # type: ignore[arg-type] # has arguments
@require_GET
@needs(Permission.MANAGE_SITE)
def mail(request: HttpRequest, form: str, language: str) -> HttpResponse:
    """Show an e-mail as it arrives: its page has styles of its own, and may fetch and run nothing."""
    site = current_site(request, Permission.MANAGE_SITE)
    place = site_texts.place_of(form, "email", language)
    return HttpResponse(site_texts.preview(site, place, site_texts.text_of(site, place).words).page)


def _shown(request: HttpRequest, site: Site, place: Place, words: Words, *, status: int = 200) -> HttpResponse:
    """Show words as they would be read; while somebody types, only that part of the page."""
    found = site_texts.preview(site, place, words)
    context: dict[str, Any] = {"site": site, "place": place, "preview": found, "words": words}
    if request.headers.get("HX-Request"):
        return render(request, "frontdesk/texts/_tried.html", context)
    in_force = site_texts.text_of(site, place)
    needed = place.form.must | ({"clinic"} if place.channel == "sms" else set())
    name, when = show_texts.NAMES[place.form.name]
    context |= frame(request, site, "texts") | {
        "name": name,
        "when": when,
        "language": show_texts.LANGUAGES[place.language],
        "in_force": in_force,
        "catalogue": site_texts.catalogue_of(place),
        "facts": [(fact, fact in needed) for fact in sorted(place.form.facts)],
        "rows": 8 if place.channel == "email" else 4,
    }
    return render(request, "frontdesk/texts/edit.html", context, status=status)


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    if not text.isdecimal() or len(text) > 9:
        raise Malformed("This page is out of date. Reload it.")
    return int(text)
