"""One step of the machine: tried, and judged. A refused step changes nothing; an undone one restores what was."""

import datetime as dt
import time
from collections.abc import Callable, Collection, Iterator
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from clinic.actions import Request
from clinic.errors import Rejected
from scheduling.models import Session
from tests.scheduling.living import picture
from tests.scheduling.living.clinic import Clinic
from tests.scheduling.living.judge import Judge
from tests.scheduling.living.picture import Picture, Row
from tests.scheduling.living.tally import Tally

ZONE = ZoneInfo("America/New_York")
_KEYS = count()
# A person has looked at a flagged miss, so the clock does not flag it again; and what the clock put off stays put off.
_NOT_PUT_BACK = frozenset({"missed_after", "recording_gap_id"})
# Follows from which sessions count and when: put back too, where nothing else was changed meanwhile.
_FOLLOWS = frozenset({"number", "billing_code", "authorization_id", "uncovered"})


class Steps:
    """A clinic's courses, the clock, and every picture since the beginning."""

    def __init__(self, clinic: Clinic, judge: Judge, tally: Tally) -> None:
        self.clinic, self.judge, self.tally = clinic, judge, tally
        self.world = clinic.world
        self.now = clinic.began
        self.picture = picture.take()
        self.pictures: list[tuple[int, int, Picture]] = []  # how long both histories were after a step, and before it
        self.log: list[str] = []

    # What may be asked.

    def request(self) -> Request:
        return Request(user=self.world.receptionist, key=f"key-{next(_KEYS)}")

    @property
    def today(self) -> dt.date:
        return self.now.astimezone(ZONE).date()

    def sessions(self, states: Collection[str], *, first: dt.datetime | None = None) -> list[Row]:
        """Return the sessions in some states, by time; the same sessions in the same order in every run."""
        rows = [row for row in self.picture.sessions.values() if row["state"] in states]
        if first is not None:
            rows = [row for row in rows if row["starts_at"] > first]
        return sorted(rows, key=lambda row: (row["starts_at"], row["id"]))

    def courses(self, *states: str) -> list[Row]:
        return [row for row in self.picture.courses.values() if row["state"] in states]

    @staticmethod
    def model(row: Row) -> Session:
        """Return a session as the desk's interfaces hold it."""
        fetched = Session.objects.select_related(
            "site", "course", "course__protocol", "course__site", "course__patient"
        )
        return fetched.get(pk=row["id"])

    # What is tried.

    def attempt(self, action: str, do: Callable[[], Any], *, must: bool | None = None) -> bool:
        """Try an action and judge what it did; `must`: whether it may not be refused, or not be accepted.

        What returns words turned out to be another action; what returns nothing found nothing to do.
        """
        before, refusal, started = self.picture, None, time.perf_counter()
        try:
            result = do()
        except Rejected as raised:
            result, refusal = None, raised
        except Exception as fault:
            fault.add_note(f"in {action}\n{self.story()}")
            raise
        action = result if isinstance(result, str) else action
        self.tally.seconds[action] += time.perf_counter() - started
        if not result:
            self._refused(action, refusal, must)
            return False
        self.tally.accepted[action] += 1
        self.log.append(f"{self.now:%a %b %d %H:%M} {action}")
        assert must is not False, f"{action} was accepted\n{self.story()}"
        self._judge(before)
        return True

    def _refused(self, action: str, refusal: Rejected | None, must: bool | None) -> None:
        self.tally.refused[action] += 1
        self.tally.words[action, str(refusal.code) if refusal else "nothing to do"] += 1
        is_same = picture.take(self.picture).same(self.picture)
        assert is_same, f"{action} was refused ({refusal}) and changed something\n{self.story()}"
        assert must is not True, f"{action} was refused: {refusal}\n{self.story()}"

    def _judge(self, before: Picture) -> None:
        self.picture = after = picture.take(before)
        self.log[-1] += "".join(_what_changed(before, after))
        faults = [
            *self.judge.steps(before, after),
            *self.judge.faults(after, self.now, before),
            *self._not_restored(before, after),
        ]
        self.pictures.append((len(after.session_events), len(after.course_events), before))
        assert not faults, "\n".join([*faults, self.story()])

    def story(self) -> str:
        """Return the accepted steps that led here."""
        return "After:\n" + "\n".join(f"  {line}" for line in self.log[-60:])

    # Undo restores.

    def _not_restored(self, before: Picture, after: Picture) -> Iterator[str]:
        """Return what an undo in this step did not put back as it was before what it undid."""
        origin: Picture | None = None
        undone = [event for event in after.session_events[len(before.session_events) :] if _is_undo(event)]
        for event in undone:
            origin = self._before_event(event["data"]["undoes"], "session_events")
            yield from self._session_not_restored(origin, after, event["session_id"])
        for event in after.course_events[len(before.course_events) :]:
            if _is_undo(event):
                origin = self._before_event(event["data"]["undoes"], "course_events")
                yield from self._course_not_restored(origin, after, event)
        if origin is not None and self.pictures and self.pictures[-1][2] is origin:
            step = before.session_events[len(origin.session_events) :]
            if {event["session_id"] for event in step} <= {event["session_id"] for event in undone}:
                yield from self._wholly(origin, after)

    def _session_not_restored(self, origin: Picture, after: Picture, session_id: int) -> Iterator[str]:
        was, now = origin.sessions.get(session_id), after.sessions[session_id]
        if was is None:
            if now["is_counted"]:
                yield f"session {now['id']}: was added by what was undone, and still counts"
            return
        yield from self._differs(was, now, picture.COUNTERS | _NOT_PUT_BACK | _FOLLOWS)
        if _places(origin, was) != _places(after, now):
            yield f"session {now['id']}: does not hold what it held"

    def _course_not_restored(self, origin: Picture, after: Picture, event: Row) -> Iterator[str]:
        """Return which facts that the undone change had changed are not as they were."""
        undone = next(each for each in after.course_events if each["id"] == event["data"]["undoes"])
        was, now = origin.courses[event["course_id"]], after.courses[event["course_id"]]
        yield from self._differs(was, now, frozenset(was.keys() - undone["data"].get("before", {}).keys()))

    def _wholly(self, origin: Picture, after: Picture) -> Iterator[str]:
        """Return what differs although nothing happened between a step and its undoing."""
        for name in ("sessions", "courses", "authorizations"):
            for pk, was in getattr(origin, name).items():
                yield from self._differs(was, getattr(after, name)[pk], picture.COUNTERS | _NOT_PUT_BACK)
        if any(row["is_active"] for pk, row in after.sessions.items() if pk not in origin.sessions):
            yield "a session is left over from what was undone"

    @staticmethod
    def _differs(was: Row, now: Row, but: frozenset[str]) -> Iterator[str]:
        for name, value in was.items():
            if name not in but and value != now[name]:
                yield f"{was['id']}: {name} was {value}, and is {now[name]} after undoing"

    def _before_event(self, event_id: int, history: str) -> Picture:
        """Return the picture before the step that wrote an event."""
        for sessions, courses, before in self.pictures:
            length = sessions if history == "session_events" else courses
            known = getattr(self.picture, history)[:length]
            if known and known[-1]["id"] >= event_id:
                return before
        raise AssertionError("the event was never written")


def _is_undo(event: Row) -> bool:
    return event["kind"] == "undone" and "undoes" in event["data"]


def _what_changed(before: Picture, after: Picture) -> Iterator[str]:
    for pk, row in after.sessions.items():
        was = before.sessions.get(pk)
        if was is None or (was["state"], was["starts_at"], was["is_counted"]) != (
            row["state"],
            row["starts_at"],
            row["is_counted"],
        ):
            at = f"{row['phase']} {row['day']:%b %d} {row['minute'] // 60}:{row['minute'] % 60:02}"
            yield f"\n      {pk} of {row['course_id']}: {was['state'] if was else 'new'} -> {row['state']}, {at}"


def _places(picture: Picture, row: Row) -> list[tuple[int, dt.datetime, dt.datetime]]:
    return sorted((held["resource_id"], held["starts_at"], held["ends_at"]) for held in picture.held_by(row["id"]))
