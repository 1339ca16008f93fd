"""What the last look at a few messages reads, for all of them at once: less work for each, and hardly older.

A batch answers from one read, at most a second old when a message begins to leave (`is_fresh`). What could have
changed since and must not be missed is asked again by the statement that says SENDING: see `sending`.
"""

import time
from collections.abc import Iterable
from functools import cached_property

from notifications.actions.transitions import address_hash
from notifications.facts import Sources
from notifications.models import Message, SitePolicy, Suppression
from notifications.policies import policy_of
from patients.domain.contact import Channel, Purpose
from patients.reach import Reach, reach_by_purpose, reach_of_people
from scheduling.queries import messaging
from scheduling.queries.messaging_batch import VisitsAhead

FRESH = 1.0  # seconds
_Ways = dict[tuple[int, Channel], Reach]


class Batch:
    """The answers about some messages; each question is one or two statements for all of them, when first asked."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self.messages = {message.pk: message for message in messages}
        self._read_at = time.monotonic()
        self._policies: dict[int, SitePolicy] = {}

    @property
    def is_fresh(self) -> bool:
        """Tell whether it is young enough to begin another message with."""
        return time.monotonic() - self._read_at < FRESH

    def reach(self, message: Message, purpose: Purpose = Purpose.REMINDERS) -> Reach | None:
        """Return how the message's own recipient is reached at this moment for a purpose; None: not any more."""
        way = Channel(message.channel)
        if message.related_person_id:
            return self._people.get((message.related_person_id, way))
        if message.patient_id is None:
            return None
        found = self._patients.get(purpose, {}).get((message.patient_id, way))
        return found if found and found.contact_point_id == message.contact_point_id else None

    def is_suppressed(self, *, channel: str, hashed: str) -> bool:
        """Tell whether an address of the batch asked for no more messages."""
        return (channel, hashed) in self._suppressed

    def has_ended_quietly(self, course_id: int | None) -> bool:
        """Tell whether a course of the batch ended in a way nobody is told about."""
        return course_id in self._quiet

    def is_as_read(self, message: Message) -> bool:
        """Ask again what may not be missed: whether its visit stands as it did, and its course did not end quietly."""
        if message.session_id:
            asked = {"session_id": message.session_id, "timing_version": message.timing_version}
            return self.visits.visit_if_unchanged(**asked) == messaging.visit_if_unchanged(**asked)
        return not message.course_id or not messaging.ended_quietly(course_ids=[message.course_id])

    def policy(self, site_id: int) -> SitePolicy:
        """Return when and how often a site of the batch writes."""
        if site_id not in self._policies:
            self._policies[site_id] = policy_of(site_id)
        return self._policies[site_id]

    def joined(self, message: Message) -> list[Message]:
        """Return what was merged into a message of the batch before it was tried again."""
        return [each for each in self._joined if each.merged_into_id == message.pk]

    @cached_property
    def visits(self) -> VisitsAhead:
        """Return the booked visits of the batch's sessions and courses."""
        return VisitsAhead(
            session_ids={each.session_id for each in self.messages.values() if each.session_id},
            course_ids=self._course_ids,
        )

    @cached_property
    def sources(self) -> Sources:
        """Return where the words of the batch's messages get their facts from."""
        return Sources(list(self.messages.values()), visits=self.visits)

    @cached_property
    def _joined(self) -> list[Message]:
        return list(Message.objects.filter(merged_into__in=self.messages).select_related("session").order_by("pk"))

    @cached_property
    def _course_ids(self) -> set[int]:
        return {each.course_id for each in self.messages.values() if each.course_id}

    @cached_property
    def _patients(self) -> dict[Purpose, _Ways]:
        patients = {each.patient_id for each in self.messages.values() if each.patient_id}
        return reach_by_purpose(patients, list(Purpose)) if patients else {}

    @cached_property
    def _people(self) -> _Ways:
        people = {each.related_person_id for each in self.messages.values() if each.related_person_id}
        return reach_of_people(people) if people else {}

    @cached_property
    def _suppressed(self) -> set[tuple[str, str]]:
        ways = [way for found in [*self._patients.values(), self._people] for way in found.values()]
        hashes = {address_hash(way.address) for way in ways} | {each.address_hash for each in self.messages.values()}
        rows = Suppression.objects.filter(address_hash__in=hashes - {""})
        return set(rows.values_list("channel", "address_hash"))

    @cached_property
    def _quiet(self) -> set[int]:
        return messaging.ended_quietly(course_ids=self._course_ids) if self._course_ids else set()
