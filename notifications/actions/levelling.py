"""Levelling by night. It is started here because only here is known whom somebody told what."""

import datetime as dt
import logging
import time
from functools import partial

from clinic import queries as clinic_queries
from clinic.models import Site
from notifications import queries
from scheduling.actions import levelling
from scheduling.domain import local_time

logger = logging.getLogger(__name__)

STOP_AFTER = 40.0  # seconds: a look takes no new site after that; the next one, a quarter of an hour later, goes on
LOOKS_A_NIGHT = 12


def propose_by_night(*, now: dt.datetime) -> int:
    """Propose how to level the future of every site at which it is night, once a night; return how many proposals.

    Nothing moves: a manager accepts or dismisses each. One site that can't be looked at stops no other.
    """
    began = time.monotonic()
    due = [site for site in clinic_queries.all_sites() if levelling.is_due(site=site, now=now)]
    # Where nothing is to be gained nothing is stored, and the site is due again: each look begins with another one.
    first = len(due) * (int(now.timestamp()) // 900 % LOOKS_A_NIGHT) // LOOKS_A_NIGHT
    proposed = 0
    for site in due[first:] + due[:first]:
        if time.monotonic() - began > STOP_AFTER:
            break
        proposed += _propose_safely(site, now)
    return proposed


def _propose_safely(site: Site, now: dt.datetime) -> bool:
    today = local_time.today(now, site.zone)
    told = partial(queries.told_of, today=today)
    try:
        return levelling.propose(site=site, since=queries.untold_from(today), told=told, now=now) is not None
    except Exception:  # one site's night must not be the other sites'
        logger.exception("Could not look how to level the future of site %s", site.pk)
        return False
