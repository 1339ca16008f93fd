"""Who is treated, and how they may be reached."""

from django.db import models
from django.db.models import F, Q

from patients.domain.clinical import RANGES, Instrument, RelatedRole, ScreeningCode
from patients.domain.contact import TRIES, Channel, ContactKind, Language, PatientState, Problem, Purpose
from patients.domain.questions import FORMS, MOST


def _one_of(field: str, values: list[str], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": values}), name=name)


class Patient(models.Model):
    """A person in treatment at one site. Names and birth date stay in clear columns: the desk searches by them."""

    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="patients")
    record_number = models.CharField(max_length=20)
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in PatientState], default=PatientState.ACTIVE
    )
    first_name = models.CharField(max_length=60)
    last_name = models.CharField(max_length=60)
    preferred_name = models.CharField(max_length=60, blank=True)
    birth_date = models.DateField()
    language = models.CharField(max_length=2, choices=[(x.value, x.value) for x in Language], default=Language.ENGLISH)
    interpreter = models.CharField(max_length=20, blank=True)  # the language an interpreter must speak; empty: none
    search_text = models.CharField(max_length=200)  # phone digits, record number, folded names: for the one search box
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "record_number"], name="patient_record_number_once"),
            _one_of("state", [s.value for s in PatientState], "patient_state_known"),
        ]
        indexes = [models.Index(fields=["site", "last_name", "first_name"], name="patient_site_name")]

    def __str__(self) -> str:
        return f"Patient #{self.pk}"


class ContactPoint(models.Model):
    """One way to reach a patient: a phone in E.164 or an e-mail address."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="contact_points")
    kind = models.CharField(max_length=5, choices=[(k.value, k.value) for k in ContactKind])
    value = models.CharField(max_length=254)
    is_preferred = models.BooleanField(default=True)
    is_usable = models.BooleanField(default=True)
    problem = models.CharField(max_length=16, blank=True, choices=[(p.value, p.value) for p in Problem])
    problem_at = models.DateTimeField(null=True)
    zone = models.CharField(max_length=40, blank=True)  # empty: the site's

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "kind", "value"], name="contactpoint_once"),
            models.UniqueConstraint(
                fields=["patient", "kind"], condition=Q(is_preferred=True), name="contactpoint_one_preferred"
            ),
            _one_of("kind", [k.value for k in ContactKind], "contactpoint_kind_known"),
            _one_of("problem", [p.value for p in Problem], "contactpoint_problem_known"),
            models.CheckConstraint(
                condition=Q(problem="") | Q(is_usable=False, problem_at__isnull=False),
                name="contactpoint_problem_stops",
            ),
        ]
        indexes = [models.Index(fields=["kind", "value"], name="contactpoint_value")]

    def __str__(self) -> str:
        return f"Contact point {self.pk}"


class Consent(models.Model):
    """A person's yes to one channel for one purpose, in the words shown: without it no text (47 CFR 64.1200).

    `person`: somebody beside the patient, who says yes for a phone of their own.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="consents")
    person = models.ForeignKey("RelatedPerson", on_delete=models.CASCADE, null=True, related_name="consents")
    channel = models.CharField(max_length=5, choices=[(c.value, c.value) for c in Channel])
    purpose = models.CharField(max_length=10, choices=[(p.value, p.value) for p in Purpose], default=Purpose.REMINDERS)
    wording = models.CharField(max_length=20)
    how = models.CharField(max_length=20)
    given_at = models.DateTimeField()
    recorded_by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "channel", "purpose"],
                condition=Q(revoked_at=None, person=None),
                name="consent_one_in_force",
            ),
            models.UniqueConstraint(
                fields=["person", "channel", "purpose"],
                condition=Q(revoked_at=None, person__isnull=False),
                name="consent_one_of_person",
            ),
            _one_of("channel", [c.value for c in Channel], "consent_channel_known"),
            _one_of("purpose", [p.value for p in Purpose], "consent_purpose_known"),
        ]

    def __str__(self) -> str:
        return f"Consent {self.pk}"


class RelatedPerson(models.Model):
    """Somebody who comes with the patient: an escort, a carer, a guardian."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="related_people")
    role = models.CharField(max_length=10, choices=[(r.value, r.value) for r in RelatedRole])
    name = models.CharField(max_length=80)
    phone = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=2, choices=[(x.value, x.value) for x in Language], default=Language.ENGLISH)
    zone = models.CharField(max_length=40, blank=True)  # empty: the site's
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [_one_of("role", [r.value for r in RelatedRole], "relatedperson_role_known")]

    def __str__(self) -> str:
        return f"Related person {self.pk}"


class Absence(models.Model):
    """A time in which the patient, or the person who comes along, can't come: a vacation, or hours of each week.

    Wall clock of the site. `weekday` (ISO) limits it to one day a week; without an `ends_on` it goes on.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="absences")
    person = models.ForeignKey(RelatedPerson, on_delete=models.CASCADE, null=True, related_name="absences")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    weekday = models.PositiveSmallIntegerField(null=True)
    from_minute = models.PositiveSmallIntegerField(default=0)
    to_minute = models.PositiveSmallIntegerField(default=24 * 60)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="absence_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(to_minute__gt=F("from_minute"), to_minute__lte=24 * 60), name="absence_not_empty"
            ),
            models.CheckConstraint(
                condition=Q(weekday=None) | Q(weekday__gte=1, weekday__lte=7), name="absence_weekday_iso"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=False) | Q(weekday__isnull=False), name="absence_bounded"
            ),
        ]
        indexes = [models.Index(fields=["patient", "starts_on"], name="absence_of_patient")]

    def __str__(self) -> str:
        return f"Absence {self.pk}"


class ScreeningFlag(models.Model):
    """Something found in screening that forbids a treatment until a clinician clears it, with a reason."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="screening_flags")
    code = models.CharField(max_length=30, choices=[(c.value, c.value) for c in ScreeningCode])
    noted_at = models.DateTimeField()
    noted_by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")
    cleared_at = models.DateTimeField(null=True)
    cleared_by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")
    cleared_because = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "code"], condition=Q(cleared_at=None), name="screeningflag_one_open"
            ),
            _one_of("code", [c.value for c in ScreeningCode], "screeningflag_code_known"),
            models.CheckConstraint(
                condition=Q(cleared_at=None) | ~Q(cleared_because=""), name="screeningflag_cleared_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"Screening flag {self.pk}"


class MeasureResult(models.Model):
    """A score of an outcome scale. Scales are never mixed in one trend, so each keeps its instrument."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="measure_results")
    instrument = models.CharField(max_length=10, choices=[(i.value, i.value) for i in Instrument])
    score = models.PositiveSmallIntegerField()
    measured_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "instrument", "measured_on"], name="measureresult_one_a_day"),
            _one_of("instrument", [i.value for i in Instrument], "measureresult_instrument_known"),
        ]

    def __str__(self) -> str:
        return f"Measure result {self.pk}"


def _in_range() -> Q:
    """Return what a score of a form obeys: it is on its scale, if there is one."""
    found = Q(score=None)
    for instrument in FORMS:
        low, high = RANGES[instrument]
        found |= Q(instrument=instrument.value, score__gte=low, score__lte=high)
    return found


class FormRun(models.Model):
    """A form its patient fills in, saved answer by answer, until they send it or it is dropped for a new one.

    `answers`: the number of a question to 0 to 3, in the words of `wording` and `language`. `alarm`: the gravest answer
    ever given to the question that alarms, and when it was; what a patient says after it takes nothing back.
    `course_number`: of the course that asked for it. `result`: the score it became, as long as that stands. `agent`:
    the browser of the latest tap.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="form_runs")
    course_number = models.BigIntegerField(null=True)
    instrument = models.CharField(max_length=10, choices=[(i.value, i.value) for i in FORMS])
    language = models.CharField(max_length=2, choices=[(x.value, x.value) for x in Language])
    wording = models.PositiveSmallIntegerField()
    begun_at = models.DateTimeField()
    answers = models.JSONField(default=dict)
    alarm = models.PositiveSmallIntegerField(default=0)
    alarm_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    score = models.PositiveSmallIntegerField(null=True)
    result = models.OneToOneField(MeasureResult, on_delete=models.SET_NULL, null=True, related_name="run")
    dropped_at = models.DateTimeField(null=True)
    agent = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "instrument"],
                condition=Q(finished_at=None, dropped_at=None),
                name="formrun_one_open",
            ),
            _one_of("instrument", [i.value for i in FORMS], "formrun_instrument_known"),
            models.CheckConstraint(
                condition=Q(finished_at=None, score=None) | Q(finished_at__isnull=False, score__isnull=False),
                name="formrun_finished_with_score",
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(dropped_at=None), name="formrun_finished_or_dropped"
            ),
            models.CheckConstraint(condition=_in_range(), name="formrun_score_on_scale"),
            models.CheckConstraint(
                condition=Q(alarm=0, alarm_at=None) | Q(alarm__gte=1, alarm__lte=MOST, alarm_at__isnull=False),
                name="formrun_alarm_with_time",
            ),
        ]
        indexes = [models.Index(fields=["alarm_at"], condition=Q(alarm__gte=1), name="formrun_alarming")]

    def __str__(self) -> str:
        return f"Form {self.pk}"


class IssuedToken(models.Model):
    """An address that opens something without a login. Only the token's hash is kept.

    The token is made again from id and generation with LINK_KEY (`patients.tokens`), so a text can carry it any time;
    a new generation ends the old one.
    """

    generation = models.PositiveSmallIntegerField(default=1)
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class PatientLink(IssuedToken):
    """The address a patient opens (`patients.links`)."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="links")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient"], condition=Q(ended_at=None), name="patientlink_one_in_force"),
        ]

    def __str__(self) -> str:
        return f"Patient link {self.pk}"


class LinkCheck(models.Model):
    """The wrong birth dates somebody gave on a patient's page, whichever device and link it was.

    At the fifth the link ends, and no page asks for the date until the desk lets them try again.
    """

    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, related_name="link_check")
    wrong = models.PositiveSmallIntegerField(default=0)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None, wrong__lt=TRIES) | Q(closed_at__isnull=False, wrong=TRIES),
                name="linkcheck_closed_at_the_last",
            ),
        ]

    def __str__(self) -> str:
        return f"Link check {self.pk}"


class CalendarFeed(IssuedToken):
    """The address a patient's calendar reads their visits from (`patients.feeds`)."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="calendar_feeds")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient"], condition=Q(ended_at=None), name="calendarfeed_one_in_force"),
        ]

    def __str__(self) -> str:
        return f"Calendar feed {self.pk}"


class DriverLink(IssuedToken):
    """The address somebody opens who takes a patient home (`patients.driver_links`)."""

    person = models.ForeignKey(RelatedPerson, on_delete=models.CASCADE, related_name="links")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(ended_at=None), name="driverlink_one_in_force"),
        ]

    def __str__(self) -> str:
        return f"Driver link {self.pk}"


class ImportDraft(models.Model):
    """A list of patients on its way in. `text` is emptied when it is done, and the row goes after a week.

    `fixes`: row to column to what was typed instead; `added`: the ids of those who came in by it.
    """

    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey("clinic.StaffUser", on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    text = models.TextField()
    fixes = models.JSONField(default=dict)
    skipped = models.JSONField(default=list)
    added = models.JSONField(default=list)
    done_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["made_at"], name="importdraft_made")]

    def __str__(self) -> str:
        return f"Import {self.pk}"


class PatientMerge(models.Model):
    """Two records of one person made one: what moved from `gone` to `kept`, row by row, so that it can move back."""

    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="+")
    kept = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merges")
    gone = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField()  # it can be taken back before then
    steps = models.JSONField(default=list)  # as `patients.moved_rows` writes them
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey("clinic.StaffUser", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gone"], condition=Q(undone_at=None), name="patientmerge_into_one"),
            models.CheckConstraint(condition=~Q(kept=F("gone")), name="patientmerge_of_two"),
        ]
        indexes = [models.Index(fields=["kept"], condition=Q(undone_at=None), name="patientmerge_in_force")]

    def __str__(self) -> str:
        return f"Patient merge {self.pk}"
