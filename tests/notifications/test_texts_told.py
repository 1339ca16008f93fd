"""What each message says of the world as it is at the last moment, and says again later in the same words."""

import datetime as dt
from typing import Any

import pytest

from clinic.models import Site
from notifications import rendering
from notifications.domain import texts
from notifications.domain.states import Kind
from notifications.models import Message, SiteText
from notifications.rendering import Changed, Rendered, Sources, render, said, shown
from patients import links
from patients.models import PatientLink, RelatedPerson
from scheduling.domain.operations import OfferState
from scheduling.models import Resource, Session, SlotOffer, WaitlistEntry
from tests.factories import NOW, World, cancel

LATER = NOW + dt.timedelta(hours=1)
LINK = "http://127.0.0.1:8000/v/"


def about(session: Session, kind: str, *, channel: str = "sms", **more: Any) -> Message:
    facts: dict[str, Any] = {
        "session_id": session.pk,
        "timing_version": session.timing_version,
        "course_id": session.course_id,
        "patient_id": session.patient_id,
    }
    site = Site.objects.get(pk=session.site_id)
    return Message(site=site, kind=kind, channel=channel, due_at=NOW, send_by=NOW, **(facts | more))


def told(message: Message, language: str = "en", now: dt.datetime = LATER) -> str:
    """Return a text with its token taken out."""
    return rendering._TOKEN.sub(r"\1…/", render(message, language=language, now=now).body)


@pytest.fixture
def one_zone(world: World) -> World:
    Site.objects.update(zone="America/New_York")
    return world


@pytest.fixture
def visit(one_zone: World) -> Session:
    """A visit on Tuesday, November 24, at 8:30am."""
    return one_zone.visit(preferred_minute=510)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("first_visit", "Your first visit is Tue, Nov 24 at 8:30am. See how to find us: {link} STOP to opt out."),
        ("day_before", "You have a visit Tue, Nov 24 at 8:30am. Can you come? {link} STOP to opt out."),
        ("prep", "Visit Tue, Nov 24 at 8:30am. Please read how to get ready: {link} STOP to opt out."),
        ("same_day", "See you Tue, Nov 24 at 8:30am. Running late? Call (555) 010-2000. STOP to opt out."),
        ("moved", "Your visit moved to Tue, Nov 24 at 8:30am. See or change: {link} STOP to opt out."),
        ("confirmed", "Thank you. You are set for Tue, Nov 24 at 8:30am."),
        (
            "stop_ack",
            "You will get no more texts from us. Questions? Call (555) 010-2000. Reply START to get texts again.",
        ),
    ],
)
def test_each_kind_says_when_where_to_look_and_whom_to_call(visit: Session, kind: str, text: str) -> None:
    assert told(about(visit, kind)) == f"Riverside Clinic: {text}".replace("{link}", f"{LINK}…/")


def test_every_kind_can_be_told_in_both_languages_and_is_neutral(visit: Session) -> None:
    course = about(visit, "booked")
    for kind in sorted(set(Kind) - {Kind.OPENING, Kind.CANCELLED, Kind.MISSED, Kind.WEEK, Kind.ESCORT_OFF}):
        for language in texts.LANGUAGES:
            course.kind = kind
            words = render(course, language=language, now=LATER)
            assert (kind, texts.faults(words.body, is_sms=True, form=words.form)) == (kind, [])


def test_spanish_keeps_the_clinics_region_and_its_time(visit: Session) -> None:
    assert told(about(visit, "day_before"), "es") == (
        f"Riverside Clinic: Tiene visita mar 24 nov, 8:30 a.m. ¿Puede venir? {LINK}…/ STOP para no recibir."
    )
    Site.objects.update(region="ES")
    assert "mar 24 nov, 08:30. ¿" in told(about(visit, "day_before"), "es")


def test_where_sites_keep_different_times_a_time_says_whose_it_is(world: World) -> None:
    visit = world.visit(preferred_minute=510)

    assert "Tue, Nov 24 at 8:30am ET. Can" in told(about(visit, "day_before"))


def test_a_course_says_its_first_and_last_day(one_zone: World) -> None:
    course = one_zone.book()
    message = about(course.sessions.all()[0], "booked", session_id=None)

    assert told(message) == (
        f"Riverside Clinic: Your visits are booked, Nov 24 - Jan 25. See your times: {LINK}…/ STOP to opt out."
    )


def test_a_week_says_its_times_or_where_they_stand_if_they_do_not_fit(one_zone: World) -> None:
    course = one_zone.book()
    week_of = dt.date(2026, 11, 30)
    message = about(course.sessions.all()[0], "week", session_id=None, week_of=week_of)
    assert told(message).startswith("Riverside Clinic: Your visits from Nov 30: Mon-Fri 8:30am. See or change:")

    for offset, session in enumerate(Session.objects.filter(course=course, day__gte=week_of).order_by("day")[:5]):
        Session.objects.filter(pk=session.pk).update(minute=session.minute + 5 * offset)

    assert told(message) == (f"Riverside Clinic: Your visits from Nov 30: see your times at {LINK}…/ STOP to opt out.")
    email = about(course.sessions.all()[0], "week", session_id=None, week_of=week_of, channel="email")
    assert "Mon 8:30am, Tue 8:35am, Wed 8:40am" in render(email, language="en", now=LATER).body


def test_a_cancelled_visit_is_named_by_its_day_until_it_would_have_been(visit: Session) -> None:
    before = about(visit, "cancelled", timing_version=2)
    with pytest.raises(Changed, match="not cancelled any more"):
        render(before, language="en", now=LATER)

    cancel(session_id=visit.pk, version=visit.version, reason="Clinic", now=NOW, by=None)

    assert told(before).startswith("Riverside Clinic: Sorry, we had to cancel your visit on Tue, Nov 24. New time:")
    with pytest.raises(Changed, match="would be over"):
        render(before, language="en", now=visit.starts_at)


def test_a_miss_names_the_next_visit_or_whom_to_call(one_zone: World) -> None:
    course = one_zone.book()
    missed = Session.objects.filter(course=course).order_by("day")[0]
    with pytest.raises(Changed):
        render(about(missed, "missed"), language="en", now=LATER)
    Session.objects.filter(pk=missed.pk).update(state="no_show", is_active=False, is_counted=False)
    after = missed.ends_at

    assert told(about(missed, "missed"), now=after) == (
        f"Riverside Clinic: We missed you Tue, Nov 24. Next visit: Wed, Nov 25 at 8:30am. {LINK}…/ STOP to opt out."
    )
    Session.objects.filter(course=course).update(state="no_show", is_active=False, is_counted=False)
    assert told(about(missed, "missed"), now=after) == (
        "Riverside Clinic: We missed you Tue, Nov 24. Call (555) 010-2000 for a new time. STOP to opt out."
    )


def test_a_visit_that_moved_since_is_not_spoken_of(visit: Session) -> None:
    message = about(visit, "day_before")
    Session.objects.filter(pk=visit.pk).update(timing_version=2)

    with pytest.raises(Changed):
        render(message, language="en", now=LATER)


def test_who_drives_is_told_when_to_be_there_and_no_name(visit: Session) -> None:
    person = RelatedPerson.objects.create(
        patient_id=visit.patient_id, role="escort", name="Pat Poe", phone="+15550109876"
    )
    message = about(visit, "escort", related_person=person)

    text = told(message)

    assert text.startswith("Riverside Clinic: You are listed to pick someone up on Tue, Nov 24, about ")
    assert not {"Pat", "Poe", "Maria", "Garcia"} & set(text.replace(":", " ").split())
    assert "/v/" not in text


def test_the_facts_keep_a_link_by_its_number_and_never_by_its_token(visit: Session) -> None:
    words = render(about(visit, "day_before"), language="en", now=LATER)
    link = PatientLink.objects.get()

    assert words.facts["link"] == f"{link.pk}.1"
    assert links.token_of(link) in words.body
    assert links.token_of(link) not in str(words.facts)


def keep(message: Message, words: Rendered, language: str) -> Message:
    message.facts, message.language, message.template_version = words.facts, language, words.version
    return message


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_what_was_said_is_said_again_after_the_visit_moved_and_the_link_changed(visit: Session, channel: str) -> None:
    message = about(visit, "day_before", channel=channel)
    words = render(message, language="es", now=LATER)
    keep(message, words, "es")
    Session.objects.filter(pk=visit.pk).update(timing_version=2, minute=700)
    PatientLink.objects.update(generation=2, token_hash="another")

    assert said(message) == words.body


def test_what_staff_read_holds_no_token(visit: Session) -> None:
    message = about(visit, "day_before")
    keep(message, render(message, language="en", now=LATER), "en")

    assert (
        shown(message)
        == f"Riverside Clinic: You have a visit Tue, Nov 24 at 8:30am. Can you come? {LINK}…/ STOP to opt out."
    )
    assert shown(message) != said(message)


def test_a_sites_own_words_are_in_force_and_an_older_message_keeps_the_older_ones(visit: Session) -> None:
    def write(version: int, body: str) -> SiteText:
        return SiteText.objects.create(
            site_id=visit.site_id, kind="day_before", channel="sms", language="en", version=version, body=body, at=NOW
        )

    first = about(visit, "day_before")
    own = write(1, "{clinic}: Coming {when}? {link} STOP to opt out.")
    keep(first, render(first, language="en", now=LATER), "en")
    write(2, "")  # back to the catalogue
    second = about(visit, "day_before")
    keep(second, render(second, language="en", now=LATER), "en")

    assert (first.template_version, second.template_version) == (f"s{own.pk}", "2026-11c")
    assert said(first).startswith("Riverside Clinic: Coming Tue, Nov 24 at 8:30am?")
    assert said(second).startswith("Riverside Clinic: You have a visit")


def test_another_sites_words_and_another_languages_are_not_ours(visit: Session, world: World) -> None:
    for site_id, language in ((world.other_site.pk, "en"), (visit.site_id, "es")):
        SiteText.objects.create(
            site_id=site_id,
            kind="day_before",
            channel="sms",
            language=language,
            version=1,
            body="Poison {clinic}",
            at=NOW,
        )

    assert "Poison" not in told(about(visit, "day_before"))


def test_an_offer_says_until_when_it_holds_and_not_after(visit: Session) -> None:
    entry = WaitlistEntry.objects.create(
        site_id=visit.site_id,
        patient_id=visit.patient_id,
        kind="standby",
        course_id=visit.course_id,
        urgency="soon",
        since=NOW,
    )
    expires_at = dt.datetime(2026, 11, 24, 20, tzinfo=dt.UTC)
    offer = SlotOffer.objects.create(
        entry=entry,
        patient_id=visit.patient_id,
        freed=visit,
        resource=Resource.objects.filter(site_id=visit.site_id)[0],
        day=dt.date(2026, 11, 25),
        minute=600,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        state=OfferState.OPEN,
        asked_at=NOW,
        expires_at=expires_at,
    )
    message = about(visit, "opening", session_id=None, offer_id=offer.pk)

    assert told(message) == (
        f"Riverside Clinic: Free time Wed, Nov 25 at 10am. Want it? Tap by Tue 3pm: {LINK}…/ STOP to opt out."
    )
    with pytest.raises(Changed, match="closed"):
        render(message, language="en", now=expires_at)


def test_a_batch_shares_what_it_reads(one_zone: World, django_assert_num_queries: Any) -> None:
    visits = [one_zone.visit(one_zone.maria), one_zone.visit(one_zone.daniel)]
    messages = [about(visit, "day_before") for visit in visits]
    for message in messages:
        render(message, language="en", now=LATER)  # their links are there now
    sources = Sources(messages)
    render(messages[0], language="en", now=LATER, sources=sources)

    with django_assert_num_queries(1):  # the visit itself
        render(messages[1], language="en", now=LATER, sources=sources)
