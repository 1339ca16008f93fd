"""The product with the baselines' addresses beside its own, and its static files compressed as in production."""

import os

from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
COMPRESSED = {"BACKEND": "config.static.NamedByContent"}


def adapt() -> None:
    """Change the settings of this process; a module of settings would be read in the middle of the product's."""
    settings.ROOT_URLCONF = "bench.board_urls"
    settings.STATIC_ROOT = settings.DATA_DIR / "static"
    settings.WHITENOISE_USE_FINDERS = False
    settings.STORAGES = settings.STORAGES | {"staticfiles": COMPRESSED}


adapt()
from config.wsgi import application  # noqa: E402, F401 - the server's entry point, once the settings are ours
