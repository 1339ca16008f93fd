"""The day on paper: what stands on it, what is noted of it, and the file that needs no server."""

import datetime as dt
import io
import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry
from frontdesk import day_files, tasks
from patients.models import Patient
from scheduling.actions import attendance
from scheduling.models import DayPrint, Reservation, Session
from tests import factories
from tests.factories import World, make_patient

TUESDAY = dt.date(2026, 11, 17)
MORNING = "2026-11-17T12:42:00+00:00"  # 7:42am at Riverside


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    clock(MORNING)
    client = Client()
    client.force_login(world.receptionist)
    return client


def printed(desk: Client, **more: str) -> str:
    answer = desk.post("/day/sheet/", {"day": str(TUESDAY), **more})
    assert answer.status_code == 200
    return answer.content.decode()


def cells(page: str) -> list[list[str]]:
    """Return the rows of the sheets, cell by cell."""
    rows = re.findall(r"<tr(?: class=\"struck\")?><td.*?</tr>", page, re.DOTALL)
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)] for row in rows]


def at(world: World, minute: int, patient: Any = None) -> Session:
    course = world.book(patient, start_on=TUESDAY, preferred_minute=minute)
    return Session.objects.get(course=course, number=1)


def elena(world: World, phone: str = "047") -> Patient:
    return make_patient(world.site, world.receptionist, "Elena", f"Ruiz{phone}", phone=f"+155501{int(phone):05}")


def test_a_row_says_when_who_where_and_leaves_boxes_and_room_for_notes(world: World, desk: Client) -> None:
    session = at(world, 540)
    where = Reservation.objects.get(session=session, resource__kind="tms_device").resource.name

    [row] = cells(printed(desk))

    assert row == ["9am", "Garcia, M.", "1/36", where, "2040", "&#9744;", "&#9744;", "&#9744;", "&#9744;", ""]


def test_what_has_happened_is_ticked(world: World, desk: Client, clock: Any) -> None:
    session = at(world, 540)
    clock("2026-11-17T13:55:00+00:00")
    attendance.arrive(
        session_id=session.pk, version=session.version, now=factories.NOW + dt.timedelta(days=1), by=world.receptionist
    )

    [row] = cells(printed(desk))

    assert row[5:9] == ["&#9746;", "&#9744;", "&#9744;", "&#9744;"]


def test_the_head_says_where_when_and_by_whom_and_the_foot_to_shred_it(world: World, desk: Client) -> None:
    at(world, 540)

    page = printed(desk)

    assert "Riverside" in page
    assert "Tuesday, November 17, 2026" in page
    assert "printed 7:42am by R, page 1 of 1" in page.replace("\n", " ")
    assert "Contains patient information. Shred after use." in page


def test_initials_are_printed_where_they_are_asked_for(world: World, desk: Client) -> None:
    at(world, 540)

    page = printed(desk, resource="", initials="on")

    assert [row[1] for row in cells(page)] == ["G. M."]
    assert "Garcia" not in page


def test_a_sheet_of_one_device_leaves_the_others_out_and_is_remembered(world: World, desk: Client) -> None:
    mine, other = at(world, 540), at(world, 540, elena(world))
    device = Reservation.objects.get(session=mine, resource__kind="tms_device").resource
    assert Reservation.objects.get(session=other, resource__kind="tms_device").resource != device

    first = cells(printed(desk, resource=str(device.pk)))
    again = cells(printed(desk))

    assert [row[1] for row in first] == [row[1] for row in again] == ["Garcia, M."]


def test_a_cancelled_visit_is_not_on_paper(world: World, desk: Client) -> None:
    session = at(world, 540)
    factories.cancel(
        session_id=session.pk, version=session.version, reason="Ill", now=factories.NOW, by=world.receptionist
    )

    page = printed(desk)

    assert cells(page) == []
    assert "No visits booked. Open 7:30am to 5:30pm." in page


def test_a_closed_day_says_why_there_is_nothing(world: World, desk: Client) -> None:
    page = desk.post("/day/sheet/", {"day": "2026-11-26"}).content.decode()

    assert "Closed: Thanksgiving" in page


@pytest.mark.parametrize(("visits", "pages"), [(1, 1), (24, 1), (25, 2)])
def test_twenty_four_rows_are_a_page(world: World, desk: Client, visits: int, pages: int) -> None:
    first = at(world, 540)
    Session.objects.bulk_create(_copies(first, visits - 1))

    page = printed(desk)

    assert (len(cells(page)), page.count("<section"), f"page {pages} of {pages}" in page) == (visits, pages, True)


def _copies(session: Session, number: int) -> list[Session]:
    copies = []
    for after in range(1, number + 1):
        copy = Session.objects.get(pk=session.pk)
        copy.pk, copy.minute = None, copy.minute + 5 * after
        copy.starts_at = session.starts_at + dt.timedelta(days=100 + after)
        copy.ends_at = copy.starts_at + dt.timedelta(minutes=30)
        copies.append(copy)
    return copies


def test_printing_is_noted_for_each_patient_on_the_paper(world: World, desk: Client) -> None:
    at(world, 540)
    at(world, 600, world.daniel)

    printed(desk)

    noted = AuditEntry.objects.filter(action="day.printed").values_list("actor_id", "patient_id")
    assert set(noted) == {(world.receptionist.pk, world.maria.pk), (world.receptionist.pk, world.daniel.pk)}


def test_looking_at_what_could_be_printed_shows_and_notes_nobody(world: World, desk: Client) -> None:
    at(world, 540)

    page = desk.get(f"/day/sheet/?day={TUESDAY}").content.decode()

    assert ("Garcia" in page, DayPrint.objects.count()) == (False, 0)


def test_the_statements_of_a_sheet_do_not_grow_with_the_day(world: World, desk: Client) -> None:
    at(world, 540)
    printed(desk)
    counts = []
    for turn in range(2):
        with CaptureQueriesContext(connection) as seen:
            printed(desk)
        counts.append(len(seen))
        for minute in (600, 660):
            at(world, minute, elena(world, f"{turn}{minute}"))

    assert counts[0] == counts[1]


def test_without_a_print_there_is_nothing_to_say_about_changes(world: World, desk: Client) -> None:
    at(world, 540)

    assert "Printed list" not in desk.get(f"/day/sheet/since/?day={TUESDAY}").content.decode()


def test_changes_since_the_print_are_counted_and_printed_alone(world: World, desk: Client) -> None:
    gone, kept = at(world, 540), at(world, 600, world.daniel)
    printed(desk)
    factories.cancel(session_id=gone.pk, version=gone.version, reason="Ill", now=factories.NOW, by=world.receptionist)
    at(world, 720, elena(world))

    said = desk.get(f"/day/sheet/since/?day={TUESDAY}").content.decode()
    page = printed(desk, only="changes")

    assert "Printed list is from 7:42am. 2 changes since." in said
    assert [(row[0], row[1]) for row in cells(page)] == [("12pm", "Ruiz047, E."), ("9am", "Garcia, M.")]
    assert page.count('class="struck"') == 1
    assert kept.patient.last_name not in page


def test_arriving_is_no_change_of_the_paper(world: World, desk: Client, clock: Any) -> None:
    session = at(world, 540)
    printed(desk)
    clock("2026-11-17T13:55:00+00:00")
    attendance.arrive(
        session_id=session.pk, version=session.version, now=factories.NOW + dt.timedelta(days=1), by=world.receptionist
    )

    assert "Printed list" not in desk.get(f"/day/sheet/since/?day={TUESDAY}").content.decode()


def test_another_sites_people_print_nothing_of_ours(world: World, clock: Any) -> None:
    clock(MORNING)
    at(world, 540)
    outsider = Client()
    outsider.force_login(world.outsider)

    answer = outsider.post("/day/sheet/", {"day": str(TUESDAY), "site": world.site.slug})

    assert answer.status_code == 404


def test_who_may_not_see_patients_prints_no_phones(world: World, clock: Any) -> None:
    clock(MORNING)
    at(world, 540)
    auditor = Client()
    auditor.force_login(world.auditor)

    assert "2040" not in printed(auditor)


def test_the_file_for_downtime_needs_nothing_else(world: World, clock: Any, tmp_path: Path) -> None:
    clock(MORNING)
    at(world, 540)
    said = io.StringIO()

    call_command("print_day", "--site", world.site.slug, "--out", str(tmp_path), stdout=said)

    path = tmp_path / f"{world.site.slug}.html"
    page = path.read_text(encoding="utf-8")
    assert said.getvalue() == f"Written: {path}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert re.findall(r"<(?:script|link|img|a) |url\(|@import|https?:", page) == []
    assert [row[:3] for row in cells(page)] == [["9am", "Garcia, M.", "1/36"], ["9am", "Garcia, M.", "2/36"]]
    assert page.count("<section") == 2
    assert AuditEntry.objects.filter(action="day.printed", actor=None, patient_id=world.maria.pk).count() == 1


def test_a_file_is_replaced_as_a_whole_and_old_ones_go(world: World, clock: Any, tmp_path: Path) -> None:
    clock(MORNING)
    before = tmp_path / "gone.html"
    before.write_text("a site that closed")
    long_ago = (factories.NOW - dt.timedelta(days=3)).timestamp()
    os.utime(before, (long_ago, long_ago))

    for _turn in range(2):
        call_command("print_day", "--out", str(tmp_path), stdout=io.StringIO())

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{slug}.html" for slug in _slugs(world))


def _slugs(world: World) -> list[str]:
    return [world.site.slug, world.other_site.slug]


def test_the_files_of_all_sites_stay_whatever_the_clock_says(world: World, clock: Any, tmp_path: Path) -> None:
    clock("2030-01-07T14:00:00+00:00")

    call_command("print_day", "--out", str(tmp_path), stdout=io.StringIO())

    assert sorted(path.stem for path in tmp_path.iterdir()) == sorted(_slugs(world))


def test_a_site_that_is_not_there_is_said_so(world: World, clock: Any) -> None:
    with pytest.raises(CommandError, match=r"^There is no such site\.$"):
        call_command("print_day", "--site", "nowhere")


def test_the_beat_writes_the_files_where_it_is_wanted(
    world: World, clock: Any, settings: Any, tmp_path: Path, caplog: Any
) -> None:
    clock(MORNING)
    settings.DATA_DIR, settings.PRINT_DAY = tmp_path, False
    tasks.print_days()
    before = list(tmp_path.iterdir())
    settings.PRINT_DAY = True

    tasks.print_days()

    assert (before, sorted(path.stem for path in day_files.folder().iterdir())) == ([], sorted(_slugs(world)))


def test_a_disk_that_refuses_is_said_and_stops_nothing(
    world: World, clock: Any, settings: Any, tmp_path: Path, caplog: Any
) -> None:
    clock(MORNING)
    settings.DATA_DIR, settings.PRINT_DAY = tmp_path, True
    (tmp_path / "print").write_text("a file where the folder should be")

    tasks.print_days()

    assert caplog.text.count("couldn't be written") == len(_slugs(world))
