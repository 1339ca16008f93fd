"""Times that went while somebody was choosing: other ones are picked, and the whole plan is held until they looked."""

import datetime as dt

from clinic import actions as clinic_actions
from scheduling.actions import courses, locking
from scheduling.errors import SlotTaken
from scheduling.queries.mending import Mended, mended
from scheduling.queries.planning import Proposal

LOOK = dt.timedelta(minutes=5)


def hold_mended(
    *, request: clinic_actions.Request, proposal: Proposal, now: dt.datetime, held_until: dt.datetime | None = None
) -> tuple[int, Mended | None]:
    """Hold a plan with other places for what was taken, and return the course's id and what changed; nothing is booked.

    Until `held_until`, or for as long as it takes to look. Asked again with the same key: the id, and None.

    :raises SlotTaken: somebody was quicker twice.
    :raises PlanGone: what was taken fits nowhere else without moving others, or nothing was.
    :raises KeyReused: the key was used for another request.
    :raises NotFound, Rejected, CannotPlan: as `planning.propose_course`.
    """
    if (done := locking.already_done(request)) is not None:
        return done, None
    found, until = mended(proposal, now=now), held_until or now + LOOK
    try:
        course_id, again = courses.book_course(request=request, proposal=found.proposal, now=now, held_until=until)
    except SlotTaken:
        found = mended(proposal, now=now)
        course_id, again = courses.book_course(request=request, proposal=found.proposal, now=now, held_until=until)
    return course_id, None if again else found
