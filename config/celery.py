"""Celery, and the whole beat schedule in one place.

Beat only says "look now": what is due stands in the database, so the broker may lose everything it holds.
There is no eta and no countdown anywhere: redelivery after the visibility time-out would text people twice.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

from config.watchdog import Watchdog

REDIS_OPTIONS = {
    "socket_connect_timeout": 0.5,  # a booking must not wait for a broker that is down
    "max_retries": 0,  # nor for kombu to try again after 2 and 4 seconds; the worker's own reconnecting is not meant
    "socket_timeout": 5,
    "visibility_timeout": 600,  # longer than the longest task (90 s)
}

UNTIL_THE_NEXT = {"expires": 20}  # where looks last longer than that, they must not pile up in the queue

app = Celery("coursekeeper")
app.conf.update(
    broker_url=settings.REDIS_URL or "memory://localhost/",
    broker_transport_options=REDIS_OPTIONS if settings.REDIS_URL else {"polling_interval": 0.05},
    broker_connection_retry_on_startup=True,
    task_publish_retry=False,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_soft_time_limit=60,
    task_time_limit=90,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    timezone="UTC",
    enable_utc=True,
    beat_schedule={  # seconds
        "flag missed sessions": {"task": "scheduling.flag_missed_sessions", "schedule": 60},
        "release expired holds": {"task": "scheduling.release_expired_holds", "schedule": 60},
        "close offers": {"task": "scheduling.close_offers", "schedule": 30},
        "close waiting list": {"task": "scheduling.close_waitlist", "schedule": 60},
        "recount authorisations": {"task": "scheduling.recount_authorizations", "schedule": 14_400},
        "extend courses": {"task": "scheduling.extend_courses", "schedule": 3600},
        "propose levelling": {"task": "notifications.propose_levelling", "schedule": 900},
        "plan messages": {"task": "notifications.plan_messages", "schedule": 20, "options": UNTIL_THE_NEXT},
        "send messages": {"task": "notifications.drain_messages", "schedule": 20, "options": UNTIL_THE_NEXT},
        "apply call-backs": {"task": "notifications.apply_events", "schedule": 20, "options": UNTIL_THE_NEXT},
        "handle what came in": {"task": "notifications.handle_inbound", "schedule": 20, "options": UNTIL_THE_NEXT},
        "repair messages": {"task": "notifications.repair_messages", "schedule": 60},
        "reconcile messages": {"task": "notifications.reconcile_messages", "schedule": 60},
        "seal the audit log": {"task": "clinic.seal_audit", "schedule": 60},
        "forget imports": {"task": "frontdesk.forget_imports", "schedule": 3600},
        "forget idempotency keys": {"task": "clinic.forget_idempotency_keys", "schedule": 3600},
        "print day sheets": {"task": "frontdesk.print_days", "schedule": 900},
        "heartbeat": {"task": "clinic.record_heartbeat", "schedule": 30},
    },
)
app.steps["worker"].add(Watchdog)
app.autodiscover_tasks()
