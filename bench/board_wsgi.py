"""The product with the baselines' addresses beside its own, and its static files compressed as in production."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
COMPRESSED = {"BACKEND": "config.static.NamedByContent"}


def adapt() -> None:
    """Change the settings of this process; a module of settings would be read in the middle of the product's."""
    settings.ROOT_URLCONF = "bench.board_urls"
    settings.STATIC_ROOT = settings.DATA_DIR / "static"
    settings.WHITENOISE_USE_FINDERS = False
    settings.STORAGES = settings.STORAGES | {"staticfiles": COMPRESSED}


adapt()
application = get_wsgi_application()
