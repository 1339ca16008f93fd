import datetime as dt
from scheduling.actions import course_states, undoing
from scheduling.domain.states import EndReason
from scheduling.models import Course
from tests.factories import NOW, World

def test_x(world: World) -> None:
    a = world.book(); b = world.book(protocol_code="consult", start_on=dt.date(2026,11,30))
    course_states.discontinue_course(request=world.request, course_id=a.pk, version=Course.objects.get(pk=a.pk).version, reason=EndReason.DIED, now=NOW)
    undoing.undo_change(request=world.request, course_id=a.pk, version=Course.objects.get(pk=a.pk).version, now=NOW)
    world.maria.refresh_from_db()
    print([(c.pk, c.state) for c in Course.objects.all()], world.maria.state)
