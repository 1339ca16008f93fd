"""Books the demo's courses and lives through them, by the actions the desk uses, with clocks in the past."""

import datetime as dt
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from django.db import connection
from django.db.models import Q, QuerySet

from clinic import actions as clinic_actions
from clinic import demo
from clinic.models import Site, StaffUser
from patients import actions as patient_actions
from patients import life_actions
from patients.domain.clinical import Instrument
from patients.domain.contact import Language
from patients.domain.details import NewPatient
from scheduling.actions import attendance, cancelling, courses, misses, moving, setup
from scheduling.demo import cast, evidence, waiting
from scheduling.domain import local_time
from scheduling.domain.states import CancelledBy, SessionState
from scheduling.errors import Rejected
from scheduling.models import Session
from scheduling.queries import repairs
from scheduling.queries.definitions import definition_of
from scheduling.queries.planning import CourseWish, propose_course

WEEKS_BACK = 11
JUST_BEGUN = dt.timedelta(minutes=25)
# Packed, as a desk books: the late morning and the afternoon keep room for first visits of 90 minutes.
TIMES = (450, 480, 510, 540, 570, 600, 630, 750, 780, 810, 840, 870)
OTHERS = (("ket_iv_6", 8), ("esk_trd", 9), ("ect_index", 7))


@dataclass(frozen=True, slots=True)
class Start:
    """A course of the story: who, what, when it begins."""

    site: Site
    protocol: str
    begins: dt.date
    minute: int


def tell(*, seed: int, patients: int, holidays: Callable[[int], dict[dt.date, str]], now: dt.datetime) -> int:
    """Fill an empty database with the demo clinic as it stands at `now`, and return how many courses it holds."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        # Made-up data that can be made again: thousands of small commits need not reach the disk one by one.
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous = OFF")
    dice = random.Random(seed)  # noqa: S311 - a story, not a secret
    sites, desk = _set_up(holidays, now)
    request = clinic_actions.Request(user=desk)
    starts = _starts(sites, patients, now)
    booked = sum(_book(start, number, request, dice, now) for number, start in enumerate(starts))
    for site in sites:
        _live(site, desk, dice, now)
        evidence.ahead(site, desk, now)
        waiting.add(site, desk, now)
    misses.flag_missed_sessions(now=now)
    return booked


def _set_up(holidays: Callable[[int], dict[dt.date, str]], now: dt.datetime) -> tuple[list[Site], StaffUser]:
    sites = []
    for new, resources in ((cast.RIVERSIDE, cast.RIVERSIDE_RESOURCES), (cast.HARBOR, cast.HARBOR_RESOURCES)):
        site = clinic_actions.add_site(site=new)
        setup.add_resources(site=site, resources=resources)
        for year in range(now.year - 1, now.year + 3):
            setup.close_days(site=site, days=holidays(year))
        sites.append(site)
    joined = now - dt.timedelta(weeks=WEEKS_BACK + 2)
    staff = [
        clinic_actions.create_staff(
            email=email,
            name=name,
            password=demo.PASSWORD,
            roles=dict.fromkeys(sites, role),
            now=joined,
            is_demo=True,
        )
        for email, name, role in cast.STAFF
    ]
    return sites, staff[0]


def _starts(sites: Sequence[Site], patients: int, now: dt.datetime) -> list[Start]:
    riverside, harbor = sites
    today = local_time.today(now, riverside.zone)
    starts = []
    for number in range(patients):
        # Every stage: from done a while ago to starting next week.
        back = WEEKS_BACK * 7 - number * (WEEKS_BACK * 7 + 9) // max(patients - 1, 1)
        site = harbor if number % 4 == 3 else riverside
        starts.append(Start(site, "tms_mdd_36", today - dt.timedelta(days=back), TIMES[number % len(TIMES)]))
    for protocol, count in OTHERS:
        starts += [
            Start(riverside, protocol, today - dt.timedelta(days=1 + 3 * number), 480 + 90 * (number % 5))
            for number in range(count)
        ]
    return sorted(starts, key=lambda start: (start.begins, start.protocol, start.minute))


def _book(start: Start, number: int, request: clinic_actions.Request, dice: random.Random, now: dt.datetime) -> bool:
    begins = start.begins
    while begins.isoweekday() > 5:
        begins += dt.timedelta(days=1)
    weekday_before = begins - dt.timedelta(days=7)
    booked_at = min(local_time.to_utc(weekday_before, 600 + number % 300, start.site.zone), now - dt.timedelta(days=3))
    patient = patient_actions.add_patient(
        request=request, site=start.site, details=_person(number, dice), now=booked_at
    )
    evidence.of_patient(patient.pk, start.protocol, request, booked_at)
    for _attempt in range(5):
        wish = CourseWish(patient.pk, start.protocol, begins, start.minute)
        try:
            proposal = propose_course(site=start.site, wish=wish, now=booked_at)
        except Rejected:
            begins += dt.timedelta(days=1)  # a holiday, or a day without room
            continue
        course_id, _again = courses.book_course(request=request, proposal=proposal, now=booked_at)
        evidence.of_course(course_id, request, booked_at, now)
        return True
    return False


def _person(number: int, dice: random.Random) -> NewPatient:
    named = cast.LOOK_ALIKES.get(number, number)
    first = cast.FIRST[named % len(cast.FIRST)]
    last = cast.LAST[(named * 7 + named // len(cast.LAST)) % len(cast.LAST)]
    has_phone, agrees = dice.random() > 0.05, dice.random() > 0.1
    email = f"patient{number + 1}@example.com" if dice.random() > 0.4 else None
    return NewPatient(
        first_name=first,
        last_name=last,
        birth_date=dt.date(1950 + dice.randrange(55), 1 + dice.randrange(12), 1 + dice.randrange(28)),
        phone=f"+1555010{1100 + number:04}" if has_phone else None,
        email=email,
        language=Language.SPANISH if number % 6 == 5 else Language.ENGLISH,
        sms_consent=has_phone and agrees,
        email_consent=email is not None,
    )


def _live(site: Site, desk: StaffUser, dice: random.Random, now: dt.datetime) -> None:
    """Replay every visit that has begun, in the order of the clock."""
    today = local_time.today(now, site.zone)
    begun = Session.objects.filter(site=site, starts_at__lt=now + dt.timedelta(minutes=20)).select_related(
        "course__site", "course__protocol", "course__patient"
    )
    at, ended, fresh = (dt.datetime.min.replace(tzinfo=dt.UTC), 0), 0, 0
    # One after the other: a make-up may move what comes next.
    while session := _next(begun, at):
        at = (session.starts_at, session.pk)
        if session.day < today:
            _past(session, desk, dice, now)
        else:
            _today(session, fresh if session.ends_at > now else ended, desk, now)
            ended += session.ends_at <= now
            fresh += now - JUST_BEGUN <= session.starts_at <= now < session.ends_at


def _next(begun: QuerySet[Session], at: tuple[dt.datetime, int]) -> Session | None:
    later = Q(starts_at__gt=at[0]) | Q(starts_at=at[0], pk__gt=at[1])
    return begun.filter(later, state=SessionState.BOOKED).order_by("starts_at", "pk").first()


def _past(session: Session, desk: StaffUser, dice: random.Random, now: dt.datetime) -> None:
    luck = dice.random()
    # 4 % missed: inside the 3 to 8 % a day that domain.md 5 assumes, and some courses come to their end.
    if luck < 0.96:
        _treat(session, desk, dice, now)
        return
    late = session.starts_at + dt.timedelta(minutes=15)
    if luck < 0.98:
        _do(session, desk, attendance.mark_no_show, late)
    elif luck < 0.99:
        eve = session.starts_at - dt.timedelta(hours=20)
        asked = clinic_actions.Request(user=desk)
        cancelling.cancel_sessions(
            request=asked,
            session_id=session.pk,
            version=session.version,
            reason="Ill",
            by_whom=CancelledBy.PATIENT,
            now=eve,
        )
    else:
        _do(session, desk, partial(attendance.turn_away, reason="Blood pressure"), session.starts_at)
    if dice.random() < 0.9:
        _make_up(session, desk, late)


def _make_up(session: Session, desk: StaffUser, now: dt.datetime) -> None:
    """Book the first make-up of another day that is offered; where there is none the visit stays owed."""
    session.refresh_from_db()
    session.course.refresh_from_db()
    try:
        offered = repairs.make_up_choices(session, now=now)
        choice = next((each for each in offered if each.token and each.kind != "today"), None)
        if choice:
            moving.apply_change(request=clinic_actions.Request(user=desk), token=choice.token, now=now, may_decide=True)
    except Rejected:
        return


def _treat(session: Session, desk: StaffUser, dice: random.Random, now: dt.datetime) -> None:
    came = session.starts_at - dt.timedelta(minutes=dice.randrange(1, 12))
    evidence.of_visit(session, desk, came)
    _do(session, desk, attendance.arrive, came)
    _do(session, desk, attendance.start, session.starts_at + dt.timedelta(minutes=1))
    _do(session, desk, attendance.complete, session.ends_at)
    evidence.form_of(session, desk, now)
    _rate(session, desk, dice)


def _rate(session: Session, desk: StaffUser, dice: random.Random) -> None:
    """Record the score where the protocol asks for one: it falls as the course goes on."""
    measures = definition_of(session.course.protocol).measures or {}
    number = Session.objects.filter(course=session.course_id, state=SessionState.COMPLETED).count()
    for name, after in measures.items():
        if name == Instrument.PHQ9 and (number in after or (number == 1 and 0 in after)):
            life_actions.record_measure(
                request=clinic_actions.Request(user=desk),
                patient=session.course.patient,
                instrument=Instrument(name),
                score=max(2, 21 - number * 2 // 3 + dice.randrange(-2, 3)),
                measured_on=session.day,
                now=session.ends_at,
            )


def _today(session: Session, order: int, desk: StaffUser, now: dt.datetime) -> None:
    """Leave the day as a board at this hour looks: done, in the chair, here, late, and one nobody has settled.

    `order`: among those that have ended, or among those that have just begun.
    """
    came = min(session.starts_at - dt.timedelta(minutes=4), now)
    if session.ends_at <= now:
        if order == 2 and session.ends_at + dt.timedelta(minutes=15) < now:
            return  # nobody said what happened: the worker flags it
        evidence.of_visit(session, desk, came)
        _do(session, desk, attendance.arrive, came)
        _do(session, desk, attendance.start, max(session.starts_at, came))
        _do(session, desk, attendance.complete, session.ends_at)
        return
    began = session.starts_at <= now
    has_just_begun = began and session.starts_at >= now - JUST_BEGUN
    if has_just_begun and order == 0:
        return  # late
    evidence.of_visit(session, desk, came)
    _do(session, desk, attendance.arrive, came)
    if began and not (has_just_begun and order == 1):
        _do(session, desk, attendance.start, max(session.starts_at, came))


def _do(session: Session, desk: StaffUser, verb: Callable[..., None], at: dt.datetime) -> None:
    version = Session.objects.filter(pk=session.pk).values_list("version", flat=True).get()
    verb(session_id=session.pk, version=version, now=at, by=desk)
