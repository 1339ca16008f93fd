"""Locks in one order, so that nobody waits in a circle: course, resources by id, patient, sessions.

Booking a new course takes the same order without the course, which nobody else can see yet. The worker that flags
misses skips what is locked.
"""

from collections.abc import Callable, Iterable, Mapping

from django.db import IntegrityError, OperationalError, transaction

from clinic import actions as clinic_actions
from clinic import queries as clinic_queries
from patients import actions as patient_actions
from scheduling.actions import meanwhile, visits
from scheduling.errors import Busy, KeyReused, NotFound, PlanGone, SlotTaken
from scheduling.models import Course, Resource, Session

TRIES = 3
OVERLAPS = ("reservation_no_overlap", "session_patient_no_overlap")
TAKEN = "That time has gone to somebody else. Nothing was changed. Look again and pick another one."


def course(course_id: int, version: int | None = None) -> Course:
    """Lock a course; site, protocol and patient come with it.

    :raises NotFound: there is none.
    :raises Stale: it is not the version that was read.
    """
    visits.wait_briefly()
    locked = Course.objects.select_for_update(no_key=True, of=("self",)).select_related("site", "protocol", "patient")
    found = locked.filter(pk=course_id).first()
    if found is None:
        raise NotFound("There is no such course.")
    if version is not None and found.version != version:
        raise meanwhile.stale_course(found)
    return found


def courses(versions: Mapping[int, int]) -> dict[int, Course]:
    """Lock several courses in the order of their ids and return them by id; `versions`: as each was read.

    :raises NotFound: one is missing.
    :raises PlanGone: one was changed since.
    """
    found = {pk: course(pk) for pk in sorted(versions)}
    for pk, row in found.items():
        if row.version != versions[pk]:
            raise PlanGone(f"{meanwhile.who_changed_course(row)} The proposal was worked out before.")
    return found


def patients(ids: Iterable[int]) -> None:
    """Lock patients in the order of their ids, active or not."""
    for patient_id in sorted(set(ids)):
        patient(patient_id)


def resources(ids: Iterable[int]) -> None:
    """Lock resources in the order of their ids.

    :raises PlanGone: one of them is no longer in use.
    """
    wanted = set(ids)
    if not wanted:
        return
    rows = Resource.objects.select_for_update(no_key=True).filter(pk__in=wanted, is_active=True).order_by("pk")
    if len(rows.values_list("pk")) != len(wanted):
        raise PlanGone("A device or person of this plan is no longer in use. Look again.")


def patient(patient_id: int) -> None:
    """Lock a patient, active or not."""
    patient_actions.lock_patient(patient_id=patient_id)


def session(session_id: int, version: int, *, holds: Iterable[int] = ()) -> Session:
    """Lock a session and everything above it; `holds`: resources that are to be taken (again).

    :raises NotFound: there is none.
    :raises Stale: somebody changed it since it was read.
    """
    course_id = Session.objects.filter(pk=session_id).values_list("course_id", flat=True).first()
    if course_id is None:
        raise NotFound("There is no such visit.")
    above = course(course_id)
    resources(holds)
    patient(above.patient_id)
    row = Session.objects.select_for_update(of=("self",), no_key=True).get(pk=session_id)
    row.course = above
    if row.version != version:
        raise meanwhile.stale_session(row)
    return row


def check_version(session_id: int, version: int) -> None:
    """Check that a session of a locked course is the version that was read.

    :raises NotFound: there is none.
    :raises Stale: somebody changed it since.
    """
    _checked(session_id, version)


def unlocked_session(session_id: int, version: int) -> Session:
    """Lock a session's course and return the session with it; what it holds and the patient are locked later.

    :raises NotFound: there is none.
    :raises Stale: somebody changed it since it was read.
    """
    course_id = Session.objects.filter(pk=session_id).values_list("course_id", flat=True).first()
    if course_id is None:
        raise NotFound("There is no such visit.")
    above = course(course_id)
    row = _checked(session_id, version)
    row.course = above
    return row


def _checked(session_id: int, version: int) -> Session:
    row = Session.objects.filter(pk=session_id).first()
    if row is None:
        raise NotFound("There is no such visit.")
    if row.version != version:
        raise meanwhile.stale_session(row)
    return row


def already_done(request: clinic_actions.Request) -> int | None:
    """Return the id of what this very request did before, or None.

    :raises KeyReused: the key was used with another body or address.
    """
    seen = clinic_queries.remembered_request(user=request.staff, key=request.key) if request.key else None
    if seen is None:
        return None
    if (seen.route, seen.body_sha256) != (request.route, request.body_sha256):
        raise KeyReused("This Idempotency-Key was used for another request. Use a new one.")
    return seen.result_id


def once(
    request: clinic_actions.Request,
    run: Callable[[], int],
    *,
    words_for_taken: Callable[[], str] = lambda: TAKEN,
    has_looked: bool = False,
) -> tuple[int, bool]:
    """Run a transaction that begins by remembering its request, and return its id and whether it was done before.

    Contended, it is run again. A twin with the same key waits for the first and is then answered like it. `has_looked`:
    the caller asked `already_done` just before, and a key used since stops the first statement of `run`.

    :raises KeyReused: the key was used for another request.
    :raises SlotTaken: a time is taken meanwhile.
    :raises Busy: the database stays contended; nothing was saved.
    """
    for attempt in range(TRIES):
        if (attempt or not has_looked) and (done := already_done(request)) is not None:
            return done, True
        try:
            with transaction.atomic(durable=True):
                return run(), False
        except IntegrityError as error:
            if is_overlap(error):
                raise SlotTaken(words_for_taken()) from error
            if "idempotencykey" not in str(error):
                raise
            # Twins with one key: the other has just committed, so the next look finds what it did.
        except OperationalError as error:
            if not _is_contention(error):
                raise
    raise Busy("Too many people are changing this at this moment. Nothing was saved. Try again.")


def is_overlap(error: IntegrityError) -> bool:
    """Tell whether a row was refused because its resource or its patient is taken then."""
    return any(name in str(error) for name in OVERLAPS)


def _is_contention(error: OperationalError) -> bool:
    state = getattr(error.__cause__, "sqlstate", "")
    # Deadlock, serialization, lock time-out; SQLite says it in words.
    return state in {"40P01", "40001", "55P03"} or "database is locked" in str(error)
