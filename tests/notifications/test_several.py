"""Several visits of one day in one text: all of them, or the first and that more follow, or the first alone."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from clinic.models import Site
from notifications import facts
from notifications.domain import texts
from notifications.domain.states import Kind
from notifications.facts import Teller
from notifications.models import Message, SiteText
from notifications.rendering import render
from scheduling.actions import setup
from scheduling.actions.setup import NewResource
from scheduling.models import Session
from tests.factories import NOW, World
from tests.notifications.days import DAY, MINUTE, at, left, settle
from tests.servers import Gateway

MONDAY, WEDNESDAY = dt.date(2026, 11, 30), dt.date(2026, 11, 25)
HERE = ZoneInfo("America/New_York")
MAY_SAY_SEVERAL = [kind for kind, about in facts._ABOUT.items() if about is Teller.visit]
ALL = {"en": "and Fri, Nov 27", "es": "y vie 27 nov"}
LATER = {"en": "and later", "es": "y después"}


@pytest.fixture
def long_names(world: World, settings: Any) -> None:
    """A clinic of 20 letters and a link of 53."""
    settings.LINK_URL = "https://go.riverside.health"
    Site.objects.filter(pk=world.site.pk).update(message_name="Riverside Clinic Two")


@pytest.fixture
def visits(world: World) -> list[Session]:
    """Visits whose times are the longest there are: Wed, Nov 25 at 10:30am."""
    course = world.book(start_on=WEDNESDAY, preferred_minute=630)
    return list(Session.objects.filter(course=course).order_by("starts_at"))


def told(visits: list[Session], kind: Kind, language: str, count: int) -> str:
    messages = [
        Message(
            site=Site.objects.get(pk=visit.site_id),
            kind=kind,
            channel="sms",
            patient_id=visit.patient_id,
            course_id=visit.course_id,
            session_id=visit.pk,
            timing_version=visit.timing_version,
        )
        for visit in visits[:count]
    ]
    return render(messages[0], language=language, now=NOW, joined=messages[1:]).body


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("kind", MAY_SAY_SEVERAL)
def test_the_longest_values_of_ten_visits_fit_into_one_text(
    long_names: None, visits: list[Session], kind: Kind, language: str
) -> None:
    body = told(visits, kind, language, 10)

    assert texts.faults(body, is_sms=True, form=kind) == []
    assert texts.when_text(WEDNESDAY, 630, language, zone_name="ET") in body


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_as_much_is_said_as_fits(world: World, visits: list[Session], language: str) -> None:
    Site.objects.update(zone="America/New_York", message_name="RC")

    two, ten = (told(visits, Kind.PREP, language, count) for count in (2, 10))

    assert (ALL[language] in two, LATER[language] in two) == (True, False)
    assert (ALL[language] in ten, LATER[language] in ten) == (False, True)


def test_a_sites_own_words_decide_what_fits(world: World, visits: list[Session]) -> None:
    body = "{clinic}: Here is a much longer text than ours. Coming {when}? {link} STOP to opt out."
    SiteText.objects.create(site=world.site, kind="ahead", channel="sms", language="en", version=1, body=body, at=NOW)

    said = told(visits, Kind.AHEAD, "en", 10)

    assert (texts.segments(said), "much longer text" in said) == (1, True)


def test_the_first_reminder_of_ten_visits_a_day_is_taken_by_the_gateway_as_one_text(
    world: World, long_names: None, gateway: Gateway
) -> None:
    setup.add_resources(
        site=world.site,
        resources=[NewResource("tms_device", "Navigated 1", "TMS", capabilities=("neuronavigation",))],
    )
    world.book(protocol_code="saint_50", start_on=MONDAY, preferred_minute=450)
    settle(NOW + 4 * MINUTE)

    settle(at(MONDAY - 3 * DAY, 10, zone=HERE))

    [reminder] = left(kind="first_visit", channel="sms")
    body = gateway.texts[-1]["Body"]
    assert (reminder.state, texts.segments(body), gateway.of_message(reminder.pk)) == ("accepted", 1, 1)
    assert "Your first visit is Mon, Nov 30 at 7:30am ET. See how to find us:" in body
