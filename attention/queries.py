"""What needs a person: derived from the tables below, gone when its cause is gone."""

from collections.abc import Sequence
from dataclasses import dataclass

from scheduling.domain import local_time
from scheduling.queries import courses


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do. `key` is stable for its cause; the words carry no treatment."""

    key: str
    kind: str
    site_id: int
    patient_id: int
    last_name: str
    first_name: str
    session_id: int
    session_version: int
    course_id: int
    title: str
    detail: str


def items(*, site_ids: Sequence[int]) -> list[Item]:
    """Return the open items of some sites, oldest first (screens.md S7: Q17, missed and to settle)."""
    return [
        Item(
            key=f"missed:{session.pk}:{session.timing_version}",
            kind="missed_to_settle",
            site_id=session.site_id,
            patient_id=session.patient_id,
            last_name=session.patient.last_name,
            first_name=session.patient.preferred_name or session.patient.first_name,
            session_id=session.pk,
            session_version=session.version,
            course_id=session.course_id,
            title=f"{local_time.clock_text(session.minute)} on {local_time.day_text(session.day)}",
            detail="Nobody has said what happened.",
        )
        for session in courses.missed_to_settle(site_ids=site_ids)
    ]
