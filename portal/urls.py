"""What opens without a login: a patient's pages, by the token of their link or, where a device was checked, without it;
the feed their calendar reads, and the page of who takes them home, each by a token of its own.
"""

from collections.abc import Callable
from typing import Any

from django.urls import path

from portal import (
    answers,
    calendars,
    changing,
    check,
    driven,
    drivers,
    forms,
    home,
    offers,
    ready,
    settings,
    waitlist,
)

PAGES: list[tuple[str, Callable[..., Any], str]] = [
    ("", home.first, "portal"),
    ("answer/", answers.answer, "portal-answer"),
    ("week/", answers.week, "portal-week"),
    ("visits/", home.visits, "portal-visits"),
    ("change/", changing.change, "portal-change"),
    ("late/", changing.late, "portal-late"),
    ("back/", changing.back, "portal-back"),
    ("feel/", changing.feel, "portal-feel"),
    ("offer/", offers.answer, "portal-offer"),
    ("waitlist/", waitlist.waitlist, "portal-waitlist"),
    ("settings/", settings.messages, "portal-settings"),
    ("privacy/", settings.privacy, "portal-privacy"),
    ("not-you/", settings.not_you, "portal-not-you"),
    ("check/", check.ask, "portal-check"),
    ("ready/", ready.ready, "portal-ready"),
    ("calendar/", calendars.ways, "portal-calendar"),
    ("calendar/visits.ics", calendars.file, "portal-calendar-file"),
    ("driver/", drivers.name, "portal-driver"),
    ("form/<int:form>/", forms.first, "portal-form"),
    ("form/<int:form>/<int:item>/", forms.question, "portal-question"),
    ("form/<int:form>/help/", forms.help_now, "portal-help"),
]

urlpatterns = [
    *(path(f"v/<str:token>/{at}", view, name=name) for at, view, name in PAGES),
    *(path(f"my/{at}", view, name=f"{name}-mine") for at, view, name in PAGES),
    path("c/<str:token>.ics", calendars.feed, name="portal-feed"),
    path("d/<str:token>/", driven.page, name="portal-driven"),
]
