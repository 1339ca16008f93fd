"""The address a patient's calendar reads their visits from: a token of its own, which opens no page."""

from django.conf import settings

from patients import tokens
from patients.models import CalendarFeed

PURPOSE = "calendar feed"


def token_of(feed: CalendarFeed) -> str:
    """Return a feed's token."""
    return tokens.made(PURPOSE, feed.pk, feed.generation)


def address_of(feed: CalendarFeed) -> str:
    """Return the address a calendar subscribes to, on the clinic's own domain."""
    return f"{settings.LINK_URL.rstrip('/')}/c/{token_of(feed)}.ics"


def feed_of(patient_id: int) -> CalendarFeed | None:
    """Return the feed in force of a patient; None: they have none."""
    return CalendarFeed.objects.filter(patient=patient_id, ended_at=None).first()


def find(token: str) -> CalendarFeed | None:
    """Return the feed of a token, its patient fetched; None: there is none, or it has ended."""
    found = CalendarFeed.objects.filter(token_hash=tokens.hash_of(token), ended_at=None)
    return found.select_related("patient__site").first()
