"""Courses that are under way when gates begin to be recorded go on: what they need counts as passed, and says why."""

from django.db import migrations
from django.utils import timezone

REASON = "Under way before gates were recorded"
DELIVERED = ["completed", "partial"]
OVER = ["completed", "discontinued", "entered_in_error"]
# Asked anew at every visit: from now on for every visit.
OF_A_VISIT = {"drug_on_hand", "escort", "ride", "fasting", "monitoring_form"}
BATCH = 500


def asked(definition, known):
    """Return the gates of a course by the protocol version it was built from, as far as they are known."""
    kinds = [gate if isinstance(gate, str) else gate.get("kind") for gate in definition.get("gates") or []]
    return [kind for kind in dict.fromkeys(kinds) if kind in known and kind not in OF_A_VISIT]


def let_pass(apps, schema_editor):
    Course, Session, Prerequisite = (
        apps.get_model("scheduling", name) for name in ("Course", "Session", "Prerequisite")
    )
    now = timezone.now()
    known = {value for value, _name in Prerequisite._meta.get_field("kind").choices}
    delivered = Session.objects.filter(state__in=DELIVERED)
    going = Course.objects.filter(pk__in=delivered.values("course_id")).exclude(state__in=OVER)
    rows = [
        Prerequisite(
            patient_id=course.patient_id, course=course, kind=kind, is_override=True, reason=REASON, at=now
        )
        for course in going.select_related("protocol").iterator(chunk_size=BATCH)
        for kind in asked(course.protocol.definition, known)
    ]
    # A form of a visit that is long over was filed somewhere else, or never will be.
    watched = delivered.filter(course__protocol__definition__form_due_days__isnull=False)
    rows += [
        Prerequisite(
            patient_id=patient_id,
            course_id=course_id,
            session_id=session_id,
            starts_at=starts_at,
            kind="monitoring_form",
            is_override=True,
            reason=REASON,
            at=now,
        )
        for session_id, course_id, patient_id, starts_at in watched.values_list(
            "pk", "course_id", "patient_id", "starts_at"
        ).iterator(chunk_size=BATCH)
    ]
    Prerequisite.objects.bulk_create(rows, batch_size=BATCH)


def take_back(apps, schema_editor):
    apps.get_model("scheduling", "Prerequisite").objects.filter(is_override=True, reason=REASON, by=None).delete()


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0004_operations"), ("patients", "0002_life_and_record")]

    operations = [migrations.RunPython(let_pass, take_back)]
