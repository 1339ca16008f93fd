"""The wiring's own checks, registered by hand."""

from django.apps import AppConfig
from django.core import checks

from config.checks import ALL


class Wiring(AppConfig):
    name = "config"

    def ready(self) -> None:
        for check in ALL:
            checks.register(check)
