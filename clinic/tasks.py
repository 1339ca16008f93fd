"""What the beat asks of the clinic app."""

from celery import shared_task

from clinic import actions, clock


@shared_task(name="clinic.seal_audit")  # type: ignore[untyped-decorator]
def seal_audit() -> None:
    """Add the next link to the audit chain."""
    actions.seal_audit(now=clock.now())


@shared_task(name="clinic.forget_idempotency_keys")  # type: ignore[untyped-decorator]
def forget_idempotency_keys() -> None:
    """Delete request keys older than 48 hours."""
    actions.forget_idempotency_keys(now=clock.now())


@shared_task(name="clinic.record_heartbeat")  # type: ignore[untyped-decorator]
def record_heartbeat() -> None:
    """Prove that beat, broker, worker and database work together."""
    actions.record_heartbeat(name="worker", now=clock.now())
