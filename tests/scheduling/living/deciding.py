"""What is decided about a course as a whole, and what payers say."""

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from scheduling.actions import authorizations, course_states
from scheduling.actions.authorizations import NewAuthorization
from scheduling.domain.states import AuthorizationState, EndReason
from scheduling.models import Course
from scheduling.queries import repairs
from tests.scheduling.living.actions import PICK, UNDER_WAY, action, pick
from tests.scheduling.living.clinic import ORDERS
from tests.scheduling.living.picture import Row
from tests.scheduling.living.planning import apply
from tests.scheduling.living.steps import Steps


@action("pause", lambda steps: steps.courses("active"), number=PICK, days=st.integers(1, 12))
def pause(steps: Steps, number: int, days: int) -> None:
    row = pick(steps.courses("active"), number)
    what = {"course_id": row["id"], "version": row["version"], "reason": "Flu", "now": steps.now}
    resume_on = steps.today + dt.timedelta(days=days)
    steps.attempt(
        "pause", lambda: course_states.hold_course(request=steps.request(), resume_on=resume_on, **what), must=True
    )


@action(
    "resume",
    lambda steps: steps.courses("on_hold"),
    number=PICK,
    days=st.integers(0, 4),
    is_decided=st.sampled_from([True, True, False]),
)
def resume(steps: Steps, number: int, days: int, is_decided: bool) -> None:
    row = pick(steps.courses("on_hold"), number)

    def do() -> Any:
        course = Course.objects.select_related("site", "patient", "protocol").get(pk=row["id"])
        on = steps.today + dt.timedelta(days=days)
        found = repairs.resume_choices(course, on=on, now=steps.now, is_decided=is_decided)
        return apply(steps, found, 0)

    steps.attempt("resume", do)


def may_end(steps: Steps) -> list[Row]:
    """Return the courses nobody is here for, as long as there are others: courses ended early leave little to do."""
    here = {row["course_id"] for row in steps.sessions(UNDER_WAY)}
    going = steps.courses("active", "on_hold")
    return [course for course in going if course["id"] not in here] if len(going) > 2 else []


# One in fifteen dies: with more of them, and nobody is left to look at.
REASONS = [*EndReason, *(reason for reason in EndReason if reason is not EndReason.DIED)]


@action("end", may_end, number=PICK, reason=st.sampled_from(REASONS))
def end(steps: Steps, number: int, reason: EndReason) -> None:
    row = pick(may_end(steps), number)
    what = {"course_id": row["id"], "version": row["version"], "reason": reason, "now": steps.now}
    steps.attempt("end", lambda: course_states.discontinue_course(request=steps.request(), **what), must=True)


@action("add authorisation", number=PICK, units=st.integers(0, 8), days=st.integers(-3, 60))
def authorize(steps: Steps, number: int, units: int, days: int) -> None:
    order = pick(ORDERS, number)
    new = NewAuthorization(
        payer="Blue Shield",
        number="A-1",
        state=AuthorizationState.APPROVED,
        starts_on=steps.today,
        ends_on=steps.today + dt.timedelta(days=days),
        pools=[(order.codes, units)],
    )
    patient = steps.clinic.patients[order.patient]
    what = {"patient": patient, "authorization": new, "now": steps.now}
    steps.attempt(
        "add authorisation",
        lambda: authorizations.add_authorization(request=steps.request(), **what),
        must=units > 0 and days >= 0,
    )


@action(
    "edit authorisation",
    lambda steps: steps.picture.authorizations,
    number=PICK,
    state=st.sampled_from(list(AuthorizationState)),
    days=st.integers(0, 60),
    units=st.integers(0, 8),
)
def change_authorization(steps: Steps, number: int, state: AuthorizationState, days: int, units: int) -> None:
    row = pick(list(steps.picture.authorizations.values()), number)
    patient = next(each for each in steps.clinic.patients if each.pk == row["patient_id"])

    changed: dict[str, Any] = {"state": state, "ends_on": steps.today + dt.timedelta(days=days)}
    if units:
        codes = next(pool["codes"] for pool in steps.picture.pools.values() if pool["authorization_id"] == row["id"])
        changed["pools"] = [(codes, units)]

    def do() -> bool:
        authorizations.change_authorization(
            request=steps.request(),
            patient=patient,
            authorization_id=row["id"],
            version=row["version"],
            now=steps.now,
            **changed,
        )
        return True

    steps.attempt("edit authorisation", do, must=True)
