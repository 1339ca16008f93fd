"""Let this database send nothing until `arm_sender`: what a restore does last, whichever way it was made."""

from typing import Any

from django.core.management.base import BaseCommand

from notifications.actions import arming


class Command(BaseCommand):
    help = "Let this database send nothing until arm_sender is run. For a database restored by hand, before it is used."

    def handle(self, *args: Any, **options: Any) -> None:
        arming.disarm()
        self.stdout.write("Disarmed. Nothing is sent until arm_sender is run.")
