"""Wiring: settings, addresses, Celery, and the ways to run."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
