"""The demo clinic as tests look at it: an instant, and everything there is."""

import datetime as dt
from typing import Any

from django.apps import apps

TUESDAY_MORNING = dt.datetime(2026, 11, 24, 14, 42, tzinfo=dt.UTC)
SECRET = {"password", "last_login"}


def dump() -> dict[str, list[dict[str, Any]]]:
    """Return every row of our tables, keys apart from the first one's number, without password hashes."""
    tables = {}
    for model in apps.get_models():
        if model._meta.app_label in ("clinic", "patients", "scheduling", "notifications"):
            fields = [f.attname for f in model._meta.concrete_fields if f.attname not in SECRET]
            tables[model._meta.label] = list(model._default_manager.order_by("pk").values(*fields))
    return tables
