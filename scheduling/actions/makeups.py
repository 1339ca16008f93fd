"""What becomes of a make-up when the visit it makes up for takes place after all."""

from scheduling.actions.ledger import Edit
from scheduling.domain.states import MOVABLE, CancelledBy, SessionState
from scheduling.models import Session

NOT_NEEDED = "Not needed any more: the visit it made up for takes place"


def withdrawn(session: Session) -> list[Edit]:
    """Return the cancellation of what was booked in place of a lost session and still lies ahead.

    Its make-ups; without one, where as many visits count as were prescribed, the last one of its phase. The course and
    the patient must be locked.
    """
    ahead = Session.objects.select_for_update(no_key=True).filter(
        course=session.course_id, state__in=MOVABLE, starts_at__gt=session.starts_at
    )
    rows = list(ahead.filter(makeup_of=session).order_by("pk"))
    counted = Session.objects.filter(course=session.course_id, is_counted=True).count()
    if not rows and counted >= session.course.prescribed:
        rows = list(ahead.filter(phase=session.phase, makeup_of=None).order_by("-starts_at")[:1])
    facts = {"state": SessionState.CANCELLED, "cancelled_by": CancelledBy.SYSTEM, "reason": NOT_NEEDED}
    return [Edit(row, "moved", dict(facts)) for row in rows]
