"""What everybody at the desk must know about the machinery: reminders have stopped, or nothing may be sent."""

import datetime as dt
import time
from dataclasses import dataclass

from django.conf import settings

from clinic import queries
from clinic.models import Site
from notifications.actions import arming
from scheduling.domain import local_time

SILENCE = dt.timedelta(minutes=3)
REMEMBERED = 15.0  # seconds: the board asks every ten
NEVER = "Reminders have not started: no worker has run yet. Tell whoever looks after this server."
STOPPED = (
    "Reminders have stopped. Nothing was sent or checked since {}. Nothing is lost: they go on by themselves once the"
    " worker runs again. Tell whoever looks after this server."
)
POLLED = (
    "Background work has stopped; texts still go out. Missed visits, offers and waiting lists are not looked at. Tell"
    " whoever looks after this server."
)
DISARMED = "The sender is not armed, so nothing is sent. After a restore, a manager looks here and runs arm_sender."

_armed: dict[str, tuple[float, bool]] = {}


@dataclass(frozen=True, slots=True)
class Alarm:
    """One banner: its look and its words."""

    css: str
    icon: str
    text: str


def alarms(*, site: Site, now: dt.datetime) -> list[Alarm]:
    """Return the banners a site's pages show, the gravest first; one statement, and now and then one or two more."""
    silence = _silence(site, now)
    found = [silence] if silence else []
    if settings.SEND_MESSAGES and not _is_armed():
        found.append(Alarm("is-late", "info-circle", DISARMED))
    return found


def when(site: Site, at: dt.datetime, now: dt.datetime) -> str:
    """Return the time something happened as a site's people say it, with the day if that is another one."""
    return local_time.when_text(at, site.zone, now)


def _silence(site: Site, now: dt.datetime) -> Alarm | None:
    age = queries.heartbeat_age(name="worker", now=now)
    if age is None and not settings.SEND_MESSAGES:
        return None
    if age is not None and age <= SILENCE:
        return None
    polled = queries.heartbeat_age(name="poller", now=now)
    if polled is not None and polled <= SILENCE:
        return Alarm("is-late", "wifi-off", POLLED)
    return Alarm("is-noshow", "wifi-off", NEVER if age is None else STOPPED.format(when(site, now - age, now)))


def _is_armed() -> bool:
    """Tell whether this database may send, as of some seconds ago."""
    key = f"{settings.SENDER_FILE}{settings.SENDER_EPOCH}"
    at, is_armed = _armed.get(key, (0.0, False))
    if not at or time.monotonic() - at > REMEMBERED:
        is_armed = arming.looks_armed()
        _armed[key] = time.monotonic(), is_armed
    return is_armed
