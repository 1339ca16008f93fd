"""Books the demo's courses and lives through them, by the actions the desk uses, with clocks in the past."""

import datetime as dt
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connection

from clinic import actions as clinic_actions
from clinic import demo
from clinic.models import Site, StaffUser
from patients import actions as patient_actions
from patients.domain.contact import Language
from patients.domain.details import NewPatient
from scheduling.actions import attendance, cancelling, courses, misses, setup
from scheduling.demo import cast
from scheduling.domain import local_time
from scheduling.errors import Rejected
from scheduling.models import Session
from scheduling.queries.planning import CourseWish, propose_course

WEEKS_BACK = 11
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
    for _attempt in range(5):
        wish = CourseWish(patient.pk, start.protocol, begins, start.minute)
        try:
            proposal = propose_course(site=start.site, wish=wish, now=booked_at)
        except Rejected:
            begins += dt.timedelta(days=1)  # a holiday, or a day without room
            continue
        courses.book_course(request=request, proposal=proposal, now=booked_at)
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
    begun = Session.objects.filter(site=site, starts_at__lt=now + dt.timedelta(minutes=20)).order_by("starts_at", "pk")
    todays = 0
    for session in list(begun):
        if session.day < today:
            _past(session, desk, dice)
        else:
            _today(session, todays, desk, now)
            todays += 1


def _past(session: Session, desk: StaffUser, dice: random.Random) -> None:
    luck = dice.random()
    # 4 % missed: inside the 3 to 8 % a day that domain.md 5 assumes, and some courses come to their end.
    if luck < 0.96:
        _treat(session, desk, dice)
    elif luck < 0.98:
        _do(session, desk, attendance.mark_no_show, session.starts_at + dt.timedelta(minutes=15))
    elif luck < 0.99:
        eve = session.starts_at - dt.timedelta(hours=20)
        asked = clinic_actions.Request(user=desk)
        cancelling.cancel_sessions(request=asked, session_id=session.pk, version=1, reason="Ill", now=eve)
    else:
        attendance.turn_away(session_id=session.pk, version=1, reason="Blood pressure", now=session.starts_at, by=desk)


def _treat(session: Session, desk: StaffUser, dice: random.Random) -> None:
    came = session.starts_at - dt.timedelta(minutes=dice.randrange(1, 12))
    attendance.arrive(session_id=session.pk, version=1, now=came, by=desk)
    attendance.start(session_id=session.pk, version=2, now=session.starts_at + dt.timedelta(minutes=1), by=desk)
    attendance.complete(session_id=session.pk, version=3, now=session.ends_at, by=desk)


def _today(session: Session, order: int, desk: StaffUser, now: dt.datetime) -> None:
    """Leave the day as a board at this hour looks: done, in the chair, here, late, and one nobody has settled."""
    if order == 2 and session.ends_at + dt.timedelta(minutes=15) < now:
        return  # nobody said what happened: the worker flags it
    came = min(session.starts_at - dt.timedelta(minutes=4), now)
    began = session.starts_at <= now
    if began and now < session.ends_at and order % 4 == 3:
        return  # late
    _do(session, desk, attendance.arrive, came)
    if began and (session.ends_at <= now or order % 4 != 2):
        _do(session, desk, attendance.start, max(session.starts_at, came))
    if session.ends_at <= now:
        _do(session, desk, attendance.complete, session.ends_at)


def _do(session: Session, desk: StaffUser, verb: Callable[..., None], at: dt.datetime) -> None:
    version = Session.objects.filter(pk=session.pk).values_list("version", flat=True).get()
    verb(session_id=session.pk, version=version, now=at, by=desk)
