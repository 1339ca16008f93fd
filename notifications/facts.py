"""What goes into a message's words, read anew at the last moment."""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import cached_property

from clinic import queries as clinic_queries
from notifications.domain import texts
from notifications.domain.cadence import PURPOSES
from notifications.domain.states import Kind
from notifications.domain.texts import FORMS
from notifications.models import Message
from notifications.together import Together
from notifications.wording import SiteWords
from patients import links, phones, stop_links
from patients.domain.contact import Channel
from scheduling.domain import local_time
from scheduling.domain.states import SessionState
from scheduling.queries import messaging, rides, spoken
from scheduling.queries.messaging import Visit
from scheduling.queries.messaging_batch import Visits
from scheduling.queries.pickups import pickups


class Changed(Exception):
    """What the message is about was moved, cancelled or is over. `str()` is the reason shown to staff."""


Facts = dict[str, str]
SHORTER = ("when_from", "when_first")  # what stands for a `when` of several visits that is too long
GONE = "The visit was moved, cancelled or has begun."
CONFIRMED = "They said yes to this visit already."
NEEDED = "They are needed at that time after all."
NOT_THEM = "Somebody else drives now, or they said that they can't."
_SEVERAL = {"en": (" and ", "and later"), "es": (" y ", "y después")}


class Sources:
    """Where facts come from. One for a batch of messages reads what they share once."""

    def __init__(self, messages: Sequence[Message], *, visits: Visits = messaging) -> None:
        self.visits = visits
        self.words = SiteWords(message.site_id for message in messages)
        self._patient_ids = {message.patient_id for message in messages if message.patient_id}

    @cached_property
    def names_zones(self) -> bool:
        """Tell whether this installation's sites keep different times, so that a time must say whose it is."""
        return len({site.zone for site in clinic_queries.all_sites()}) > 1

    def link(self, patient_id: int, now: dt.datetime) -> str:
        """Return what is kept of a patient's link: its id and generation, never a token. The first use makes it."""
        if patient_id not in self._links:
            self._links.update(links.links_made({patient_id, *self._patient_ids} - self._links.keys(), now=now))
        number, generation = self._links[patient_id]
        return f"{number}.{generation}"

    def consent(self, patient_id: int, purpose: str) -> int | None:
        """Return the id of a patient's consent to e-mail for a purpose."""
        return self._consents.get((patient_id, purpose))

    @cached_property
    def _links(self) -> dict[int, tuple[int, int]]:
        return links.links_in_force(self._patient_ids)

    @cached_property
    def _consents(self) -> dict[tuple[int, str], int]:
        return stop_links.consents_of(self._patient_ids, channel=Channel.EMAIL)


class Teller:
    """One message, told in one language at one instant."""

    def __init__(
        self,
        message: Message,
        *,
        language: str,
        now: dt.datetime,
        sources: Sources,
        joined: Sequence[Message] = (),
    ) -> None:
        self.message, self.site = message, message.site
        self.language, self.now, self.sources = language, now, sources
        self.together = Together(message, joined, visits=sources.visits)

    def facts(self) -> Facts:
        """Return the words that go into the message.

        :raises Changed: there is nothing left to say.
        """
        kind = Kind(self.message.kind)
        facts = {
            "clinic": self.site.message_name,
            "phone": phones.readable(self.site.phone),
            "address": self.site.address,
        }
        if about := _ABOUT.get(kind):
            facts |= about(self)
        return facts | self._link(texts.form_of(kind, facts)) | self._stop(kind)

    def _link(self, form: str) -> Facts:
        if "link" not in FORMS[form].facts or self.message.patient_id is None:
            return {}
        return {"link": self.sources.link(self.message.patient_id, self.now)}

    def _stop(self, kind: Kind) -> Facts:
        if self.message.channel != Channel.EMAIL or self.message.patient_id is None:
            return {}
        consent = self.sources.consent(self.message.patient_id, PURPOSES[kind])
        return {"stop": str(consent)} if consent else {}

    def booked(self) -> Facts:
        visits = self._visits(self.now)
        return {"first": self._date(visits[0].day), "last": self._date(max(visit.day for visit in visits))}

    def week(self) -> Facts:
        week_of = self.message.week_of
        assert week_of is not None
        since = local_time.day_bounds(week_of, self.site.zone)[0]
        until = local_time.day_bounds(week_of + dt.timedelta(days=6), self.site.zone)[1]
        # Said late, a week's times leave out what is past.
        visits = self._visits(max(since, self.now), until, "No visit is left in that week.")
        times = texts.times_text(
            [(visit.day, visit.minute) for visit in visits],
            self.language,
            region=self.site.region,
            zone_name=self._zone(visits[0].day, visits[0].minute),
        )
        return {"first": self._date(visits[0].day), "times": times}

    def visit(self) -> Facts:
        visits = self.together.reminded()
        if not visits:
            raise Changed(CONFIRMED if self.together.is_confirmed() else GONE)
        return self._when_all(visits)

    def picked_up(self) -> Facts:
        self._unchanged()
        visit = self._spoken()
        asked = self.message.related_person_id
        if rides.asked_for([visit.session_id]).get(visit.session_id, asked) != asked:
            raise Changed(NOT_THEM)
        return self._about(visit.ends_at)

    def spared(self) -> Facts:
        assert self.message.session_id is not None
        until, person_id = self.message.send_by, self.message.related_person_id
        rows = pickups(now=self.now, session_id=self.message.session_id)
        if not any((each.person_id, each.ends_at) == (person_id, until) for each in rows if each.is_spared):
            raise Changed(NEEDED)
        return self._about(until)

    def moved(self) -> Facts:
        if self.message.session_id is None:
            self._visits(self.now)
            return {}
        moved, cancelled = self.together.moved(), self.together.cancelled(self.now)
        if not moved and not cancelled:
            raise Changed(GONE)
        return self._when_all(moved) if len(moved) == 1 and not cancelled else {}

    def cancelled(self) -> Facts:
        if self.message.session_id is None:
            return {}
        visits = self.together.cancelled(self.now)
        if not visits:
            raise Changed("The visit is not cancelled any more, or would be over.")
        return {"old": texts.day_text(visits[0].day, self.language)} if len(visits) == 1 else {}

    def missed(self) -> Facts:
        visit = self._spoken()
        if visit.state is not SessionState.NO_SHOW:
            raise Changed("Nobody says any more that the visit was missed.")
        facts = {"old": texts.day_text(visit.day, self.language)}
        assert self.message.course_id is not None
        left = self.sources.visits.visits_of(course_id=self.message.course_id, since=self.now)
        return facts | ({"when": self._when(left[0].day, left[0].minute)} if left else {})

    def opening(self) -> Facts:
        assert self.message.offer_id is not None
        offer = spoken.spoken_offer(self.message.offer_id)
        if offer is None or not offer.is_open or offer.expires_at <= self.now:
            raise Changed("The offer is closed.")
        day, minute = local_time.wall(offer.expires_at, self.site.zone)
        time = texts.time_text(minute, self.language, region=self.site.region)
        return {
            "when": self._when(offer.day, offer.minute),
            "until": f"{texts.weekday_text(day, self.language)} {time}",
        }

    def confirmed(self) -> Facts:
        session_id = self.message.session_id or (self.message.inbound.session_id if self.message.inbound else None)
        visit = spoken.spoken_visit(session_id) if session_id else None
        if visit is None or visit.state is not SessionState.BOOKED:
            return {}
        return {"when": self._when(visit.day, visit.minute)}

    def _unchanged(self) -> Visit:
        assert self.message.session_id is not None
        visit = self.sources.visits.visit_if_unchanged(
            session_id=self.message.session_id, timing_version=self.message.timing_version
        )
        if visit is None:
            raise Changed(GONE)
        return visit

    def _visits(
        self, since: dt.datetime, until: dt.datetime | None = None, none: str = "No visit of the course is left."
    ) -> list[Visit]:
        visits = []
        for course_id in self.together.course_ids(Kind(self.message.kind)):
            source = self.sources.visits if course_id == self.message.course_id else messaging
            visits += source.visits_of(course_id=course_id, since=since, until=until)
        if not visits:
            raise Changed(none)
        return sorted(visits, key=lambda visit: visit.starts_at)

    def _spoken(self) -> spoken.SpokenVisit:
        assert self.message.session_id is not None
        visit = spoken.spoken_visit(self.message.session_id)
        assert visit is not None
        return visit

    def _date(self, day: dt.date) -> str:
        return texts.date_text(day, self.language)

    def _when(self, day: dt.date, minute: int, *, is_about: bool = False) -> str:
        return texts.when_text(
            day,
            minute,
            self.language,
            region=self.site.region,
            zone_name=self._zone(day, minute),
            is_about=is_about,
        )

    def _about(self, at: dt.datetime) -> Facts:
        day, minute = local_time.wall(at, self.site.zone)
        return {"when": self._when(day, minute, is_about=True)}

    def _when_all(self, visits: Sequence[Visit]) -> Facts:
        """Return when visits are, and when the first of several is; the link says the others."""
        first, *others = visits
        when = self._when(first.day, first.minute)
        if not others:
            return {"when": when}
        region, language = self.site.region, self.language
        times = [
            texts.time_text(visit.minute, language, region=region)
            if visit.day == first.day
            else self._when(visit.day, visit.minute)
            for visit in others
        ]
        joint, since = _SEVERAL[language]
        return {"when": joint.join([when, *times]), "when_from": f"{when} {since}", "when_first": when}

    def _zone(self, day: dt.date, minute: int) -> str:
        return texts.zone_name(day, minute, self.site.zone) if self.sources.names_zones else ""


_ABOUT: dict[Kind, Callable[[Teller], Facts]] = {
    Kind.BOOKED: Teller.booked,
    Kind.WEEK: Teller.week,
    Kind.FIRST_VISIT: Teller.visit,
    Kind.AHEAD: Teller.visit,
    Kind.RIDE: Teller.visit,
    Kind.DAY_BEFORE: Teller.visit,
    Kind.PREP: Teller.visit,
    Kind.SAME_DAY: Teller.visit,
    Kind.ESCORT: Teller.picked_up,
    Kind.ESCORT_OFF: Teller.spared,
    Kind.MOVED: Teller.moved,
    Kind.CANCELLED: Teller.cancelled,
    Kind.MISSED: Teller.missed,
    Kind.OPENING: Teller.opening,
    Kind.CONFIRMED: Teller.confirmed,
}
