from pathlib import Path

import pytest
import yaml

from scheduling.actions import catalogue, versions
from scheduling.catalogue import SHIPPED, ProtocolRefused
from scheduling.errors import IllegalMove, NotFound, Rejected, Stale
from scheduling.models import Course, CourseEvent, Protocol
from scheduling.queries.versions import version_preview
from tests.factories import NOW, World


@pytest.fixture
def newer(world: World, tmp_path: Path) -> Course:
    """A running course, and a newer version of its protocol: 32 acute sessions instead of 30."""
    course = world.book()
    text = (SHIPPED / "tms_mdd_36.yaml").read_text().replace("sessions: 30", "sessions: 32")
    (tmp_path / "tms_mdd_36.yaml").write_text(text)
    catalogue.load_protocols(folder=tmp_path, now=NOW)
    return course


def test_a_changed_file_is_a_new_version_and_running_courses_keep_theirs(world: World, newer: Course) -> None:
    newer.refresh_from_db()

    assert (newer.protocol.version, newer.prescribed) == (1, 36)
    assert len(world.propose(world.daniel).plan.sessions) == 38


def test_the_preview_names_every_difference_and_what_a_replanning_would_do(newer: Course) -> None:
    preview = version_preview(newer, now=NOW)

    assert (preview.from_version, preview.to_version) == (1, 2)
    assert preview.differences == (("phases[0].sessions", 30, 32),)
    assert preview.change is not None
    assert len(preview.change.added) == 2


def test_a_course_is_moved_over_on_purpose_and_no_time_moves_by_itself(world: World, newer: Course) -> None:
    times = list(newer.sessions.values_list("starts_at", flat=True))

    versions.move_to_current(request=world.request, course_id=newer.pk, version=1, to_version=2, now=NOW)

    newer.refresh_from_db()
    event = CourseEvent.objects.get(course=newer, kind="moved_version")
    assert (newer.protocol.version, newer.version, event.data) == (2, 2, {"from": 1, "to": 2})
    assert list(newer.sessions.values_list("starts_at", flat=True)) == times


def test_a_stale_preview_and_a_second_move_are_refused(world: World, newer: Course) -> None:
    with pytest.raises(Stale):
        versions.move_to_current(request=world.request, course_id=newer.pk, version=7, to_version=2, now=NOW)
    with pytest.raises(Stale):
        versions.move_to_current(request=world.request, course_id=newer.pk, version=1, to_version=3, now=NOW)
    versions.move_to_current(request=world.request, course_id=newer.pk, version=1, to_version=2, now=NOW)
    with pytest.raises(IllegalMove, match="on the current version"):
        versions.move_to_current(request=world.request, course_id=newer.pk, version=2, to_version=2, now=NOW)


def test_a_clinics_own_protocol_is_a_copy_with_its_own_code(world: World) -> None:
    catalogue.copy_protocol(code="tms_mdd_36", new_code="our_tms", name="Our TMS", now=NOW)

    own = Protocol.objects.get(code="our_tms")
    assert (own.version, own.name, own.definition["code"]) == (1, "Our TMS", "our_tms")
    assert len(world.propose(protocol_code="our_tms").plan.sessions) == 36


def test_a_copy_needs_a_model_and_a_free_valid_code(world: World) -> None:
    with pytest.raises(NotFound):
        catalogue.copy_protocol(code="nothing", new_code="our_tms", name="Our TMS", now=NOW)
    with pytest.raises(Rejected, match="already"):
        catalogue.copy_protocol(code="tms_mdd_36", new_code="consult", name="Our TMS", now=NOW)
    with pytest.raises(ProtocolRefused, match="lower-case"):
        catalogue.copy_protocol(code="tms_mdd_36", new_code="Our TMS", name="Our TMS", now=NOW)


def test_a_protocol_that_contradicts_itself_is_refused(db: None, tmp_path: Path) -> None:
    form = yaml.safe_load((SHIPPED / "ect_index.yaml").read_text())
    form["phases"][0] |= {"per_week": 5, "min_gap_days": 2}
    (tmp_path / "ect_index.yaml").write_text(yaml.safe_dump(form))

    with pytest.raises(ProtocolRefused, match=r"phases\[0\]: per_week can't be kept with this min_gap_days"):
        catalogue.load_protocols(folder=tmp_path, now=NOW)
