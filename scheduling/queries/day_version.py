"""Whether a day's board looks as it did: asked by every open board every ten seconds, so it is one statement."""

import datetime as dt

from django.db import connection

from clinic.models import Site
from scheduling.domain import local_time

# A row's number is weighed with its version: two visits that change places on the day leave neither sum alone.
# Written out: building these parts through the ORM takes ten times as long as asking them.
_PARTS = """
    SELECT 0, COUNT(*), SUM(s.id * (s.version + s.note_version)),
           SUM(s.patient_id * p.version) + SUM(s.course_id * c.version)
      FROM scheduling_session s
      JOIN patients_patient p ON p.id = s.patient_id
      JOIN scheduling_course c ON c.id = s.course_id
     WHERE s.site_id = %(site)s AND s.day = %(day)s
    UNION ALL
    SELECT 1, COUNT(*), MAX(g.id), 0 FROM scheduling_prerequisite g
     WHERE g.withdrawn_at IS NULL AND g.patient_id IN (
           SELECT s.patient_id FROM scheduling_session s WHERE s.site_id = %(site)s AND s.day = %(day)s)
    UNION ALL
    SELECT 2, COUNT(*), SUM(r.id * r.version), 0 FROM scheduling_resource r WHERE r.site_id = %(site)s AND r.is_active
    UNION ALL
    SELECT 3, COUNT(*), SUM(x.id), 0 FROM scheduling_closure x
     WHERE x.site_id = %(site)s AND x.starts_at < %(until)s AND x.ends_at > %(since)s
    UNION ALL
    SELECT 4, COUNT(*), SUM(o.id), 0 FROM scheduling_outage o JOIN scheduling_resource r ON r.id = o.resource_id
     WHERE r.site_id = %(site)s AND o.starts_at < %(until)s AND o.ends_at > %(since)s
    UNION ALL
    SELECT 5, COUNT(*), SUM(e.id), 0 FROM scheduling_extrahours e
     WHERE e.site_id = %(site)s AND e.day = %(day)s AND e.removed_at IS NULL
    UNION ALL
    SELECT 6, COUNT(*), SUM(v.id), 0 FROM scheduling_reservation v JOIN scheduling_resource r ON r.id = v.resource_id
     WHERE r.site_id = %(site)s AND v.day_number = %(number)s AND v.is_active
    UNION ALL
    SELECT 7, COUNT(*), SUM(h.id), 0 FROM scheduling_shift h JOIN scheduling_resource r ON r.id = h.place_id
     WHERE r.site_id = %(site)s AND h.is_active AND h.starts_at < %(until)s AND h.ends_at > %(since)s
"""


def day_version(*, site: Site, day: dt.date) -> str:
    """Return a text that changes whenever anything on the day's board does."""
    since, until = local_time.day_bounds(day, site.zone)
    adapt = connection.ops
    facts = {
        "site": site.pk,
        "day": adapt.adapt_datefield_value(day),
        "number": day.toordinal(),
        "since": adapt.adapt_datetimefield_value(since),
        "until": adapt.adapt_datetimefield_value(until),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PARTS, facts)
        rows = sorted(cursor.fetchall())
    return f"{site.pk}-{day.toordinal()}-" + "-".join(str(number or 0) for _part, *seen in rows for number in seen)
