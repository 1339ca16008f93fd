"""The web server's entry point."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

OBJECTS_BETWEEN_LOOKS = 50_000  # an answer with a full board makes half of them


def _settle() -> None:
    """Load what the first request would, and leave it out of every later look for garbage.

    A look through all of it stops every thread for a seventh of a second, every few answers of a busy process.
    """
    _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS, 20, 20)


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
_settle()
