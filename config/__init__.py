"""Wiring: settings, addresses, Celery, and the ways to run."""

import zoneinfo

from config.celery import app as celery_app

__all__ = ["celery_app"]

# Zone rules change by decree: the pinned tzdata package is newer than the system's copy, so it wins.
zoneinfo.reset_tzpath(to=())
