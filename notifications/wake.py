"""A nudge for the worker, sent by an interface once its action has returned. Losing it costs seconds, nothing else."""

import logging
from functools import lru_cache
from typing import Any

from celery import current_app
from kombu import pools
from kombu.connection import Connection
from kombu.exceptions import LimitExceeded, OperationalError

from notifications import tasks

logger = logging.getLogger(__name__)

# A broker that hangs takes the connection and says nothing: whoever books must not wait as long as a worker does.
IMPATIENT = {"socket_connect_timeout": 0.3, "socket_timeout": 0.3}


def wake_sender() -> None:
    """Ask the worker to plan messages now; with the broker down the booking stands and the next sweep finds it."""
    _wake(tasks.plan_messages)


def wake_listener() -> None:
    """Ask the worker to look at what came in; with the broker down the text is stored and the next sweep finds it."""
    _wake(tasks.handle_inbound)


def _wake(task: Any) -> None:
    try:
        with pools.producers[_line()].acquire(block=False) as producer:
            task.apply_async(producer=producer, retry=False)
    except (OperationalError, LimitExceeded, OSError):
        logger.warning("The broker can't be reached; the next sweep will do what %s does", task.name)


@lru_cache(maxsize=1)
def _line() -> Connection:
    connection: Connection = current_app.connection_for_write(transport_options=IMPATIENT)
    return connection
