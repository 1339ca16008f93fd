"""What the beat asks of the front desk."""

import logging

from celery import shared_task
from django.conf import settings

from clinic import clock, queries
from frontdesk import day_files
from patients import draft_actions

logger = logging.getLogger(__name__)


@shared_task(name="frontdesk.print_days")  # type: ignore[untyped-decorator]
def print_days() -> None:
    """Write the day sheets for a downtime, if that is wanted here."""
    if not settings.PRINT_DAY:
        return
    for site in queries.all_sites():
        try:
            day_files.write(site=site, folder=day_files.folder(), now=clock.now())
        except OSError as error:
            logger.warning("The day sheet of site %s couldn't be written: %s", site.pk, error.strerror)


@shared_task(name="frontdesk.forget_imports")  # type: ignore[untyped-decorator]
def forget_imports() -> None:
    """Let lists of patients go that nobody imported."""
    draft_actions.forget_imports(now=clock.now())
