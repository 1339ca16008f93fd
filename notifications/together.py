"""The visits of a message and of those that are said in it, as far as they still stand."""

import datetime as dt
from collections.abc import Sequence

from notifications.domain.states import Kind
from notifications.models import Message
from scheduling.queries import spoken
from scheduling.queries.messaging import Visit
from scheduling.queries.messaging_batch import Visits, VisitsAhead

# Who said yes to a visit is not asked again (screens.md 4.1); how to get ready, and with whom, is still said.
_ASKING = frozenset({Kind.DAY_BEFORE, Kind.FIRST_VISIT, Kind.AHEAD})


class Together:
    """What one text says for several messages to the same reader. `joined`: the others; `visits`: read ahead."""

    def __init__(self, message: Message, joined: Sequence[Message], *, visits: Visits) -> None:
        self.message, self.joined, self.visits = message, joined, visits
        # Of those ahead only the message's own visit was read.
        self._joined_visits = VisitsAhead(
            session_ids={each.session_id for each in joined if each.session_id}, course_ids=()
        )

    def reminded(self) -> list[Visit]:
        """Return the visits a reminder is about, in order: those still booked as they were, and not said yes to."""
        found = [self._visit(each) for each in [self.message, *self.joined]]
        return sorted({visit for visit in found if visit is not None}, key=lambda visit: visit.starts_at)

    def is_confirmed(self) -> bool:
        """Tell whether the message's own visit stands, and the patient said yes to it."""
        visit = self._booked(self.message)
        return visit is not None and visit.is_confirmed

    def course_ids(self, kind: Kind) -> list[int]:
        """Return the courses the messages of a kind are about."""
        found = {each.course_id for each in [self.message, *self.joined] if each.kind == kind and each.course_id}
        return sorted(found)

    def moved(self) -> list[Visit]:
        """Return the visits that were moved and still stand where they were moved to, in order."""
        found = [self._booked(each) for each in self._of(Kind.MOVED)]
        return sorted({visit for visit in found if visit is not None}, key=lambda visit: visit.starts_at)

    def cancelled(self, now: dt.datetime) -> list[spoken.SpokenVisit]:
        """Return the visits that were cancelled, still are, and would have begun after an instant, in order."""
        meant = {(each.session_id or 0, each.timing_version) for each in self._of(Kind.CANCELLED)}
        visits = spoken.visits_by_id({session_id for session_id, _timing in meant}) if meant else []
        still = [each for each in visits if each.is_called_off and (each.session_id, each.timing_version) in meant]
        return sorted((each for each in still if each.starts_at > now), key=lambda visit: visit.starts_at)

    def _of(self, kind: Kind) -> list[Message]:
        return [each for each in [self.message, *self.joined] if each.kind == kind and each.session_id is not None]

    def _visit(self, message: Message) -> Visit | None:
        if message.session_id is None:
            return None
        visit = self._booked(message)
        return None if visit and visit.is_confirmed and message.kind in _ASKING else visit

    def _booked(self, message: Message) -> Visit | None:
        assert message.session_id is not None
        source = self.visits if message is self.message else self._joined_visits
        return source.visit_if_unchanged(session_id=message.session_id, timing_version=message.timing_version)
