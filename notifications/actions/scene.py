"""What planning goes by: the clock, the sites, how each of them writes, and drafts in their words."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clinic import queries as clinic_queries
from clinic.models import Site
from notifications.domain.states import Kind
from notifications.models import Message, SitePolicy
from notifications.policies import policies
from scheduling.domain import local_time

HOLD = dt.timedelta(minutes=3)  # a slip undone at once sends nothing (screens.md 2.4)


@dataclass(frozen=True, slots=True)
class Scene:
    """One look of the planner."""

    now: dt.datetime
    sites: Mapping[int, Site]
    own: Mapping[int, SitePolicy]

    def policy(self, site_id: int) -> SitePolicy:
        """Return when and how often a site writes."""
        return self.own.get(site_id) or SitePolicy(site_id=site_id)

    def today(self, site_id: int) -> dt.date:
        """Return the date on a site's wall."""
        return local_time.today(self.now, self.sites[site_id].zone)

    def at(self, site_id: int, day: dt.date, minute: int) -> dt.datetime:
        """Return the instant of a wall-clock minute at a site."""
        return local_time.to_utc(day, minute, self.sites[site_id].zone)


def scene(now: dt.datetime) -> Scene:
    """Return what planning goes by at an instant; two statements."""
    return Scene(now, {site.pk: site for site in clinic_queries.all_sites()}, policies())


def draft(
    kind: Kind, subject: str, *, site_id: int, patient_id: int, due_at: dt.datetime, until: dt.datetime, **about: Any
) -> Message:
    """Return a message that is not a row yet: to nobody, by no channel. `subject`: what its key begins with."""
    return Message(
        dedupe_key=subject,
        kind=kind,
        site_id=site_id,
        patient_id=patient_id,
        due_at=due_at,
        send_by=until,
        **about,
    )
