"""Changing a course by machine: choices, keys, versions, rights, and who is told what when two people meet."""

import datetime as dt
from typing import Any

import pytest

from clinic.domain.permissions import Role
from clinic.models import AuditEntry, Membership
from scheduling.actions import misses
from scheduling.models import Course, RecordingGap, Session
from tests.api.conftest import Api
from tests.factories import World, make_staff

ON_THE_DAY = "2026-11-24T13:45:00+00:00"  # 8:45am in New York


@pytest.fixture
def course(world: World) -> Course:
    return world.book(counts={"acute": 10, "taper": 3})


@pytest.fixture
def clinician(world: World, clock: Any) -> Api:
    return Api(make_staff("cleo@example.com", Role.CLINICIAN, world.site))


def row(course: Course, number: int) -> Session:
    return Session.objects.get(course=course, number=number, is_counted=True)


def post(api: Api, path: str, body: Any = None, *, version: int = 1, key: str = "k-1") -> Any:
    return api.post(path, body or {}, If_Match=f'"{version}"', Idempotency_Key=key)


def no_show(api: Api, course: Course, number: int, clock: Any) -> Session:
    session = row(course, number)
    clock(session.starts_at + dt.timedelta(minutes=15))
    assert api.step(session, "no-show").status_code == 200
    session.refresh_from_db()
    return session


def test_a_session_is_read_with_the_version_a_change_must_name(api: Api, world: World, course: Course) -> None:
    session = row(course, 4)

    answer = api.get(f"sessions/{session.pk}/")

    assert (answer.status_code, answer["ETag"], answer.json()["number"]) == (200, '"1"', 4)
    assert AuditEntry.objects.filter(action="visit.opened", patient_id=world.maria.pk).count() == 1


def test_a_session_moves_as_it_was_previewed(api: Api, course: Course) -> None:
    session = row(course, 4)
    choices = api.post(f"sessions/{session.pk}/move/preview/", {}).json()["choices"]

    answer = post(api, f"sessions/{session.pk}/move/", {"plan": choices[0]["plan"]})

    assert (answer.status_code, answer["ETag"]) == (200, '"2"')
    assert answer.json()["starts_at"] == choices[0]["moves"][0]["to"]["starts_at"] == "2026-11-30T08:00:00-05:00"


def test_a_session_moves_to_a_place_of_ones_own(api: Api, course: Course) -> None:
    session = row(course, 4)

    answer = post(api, f"sessions/{session.pk}/move/", {"starts_at": "2026-11-30T14:00:00-05:00"})
    again = post(api, f"sessions/{session.pk}/move/", {"day": "2026-11-30", "time": "15:00"}, version=2, key="k-2")

    assert answer.json()["starts_at"] == "2026-11-30T14:00:00-05:00"
    assert again.json()["starts_at"] == "2026-11-30T15:00:00-05:00"


def test_a_rule_is_overridden_only_by_those_who_may_and_with_a_reason(api: Api, clinician: Api, course: Course) -> None:
    session = row(course, 4)
    two_a_day = {"day": "2026-12-01", "time": "14:00"}

    refused = post(api, f"sessions/{session.pk}/move/", two_a_day)
    not_allowed = post(api, f"sessions/{session.pk}/move/", two_a_day | {"override": "Travels"}, key="k-2")
    done = post(clinician, f"sessions/{session.pk}/move/", two_a_day | {"override": "Travels"}, key="k-3")

    assert (refused.status_code, refused.json()["code"]) == (422, "rule_broken")
    assert (not_allowed.status_code, done.status_code) == (403, 200)


def test_the_same_key_moves_once_and_says_so(api: Api, course: Course) -> None:
    session = row(course, 4)
    body = {"day": "2026-11-30", "time": "14:00"}

    first = post(api, f"sessions/{session.pk}/move/", body)
    second = post(api, f"sessions/{session.pk}/move/", body)

    assert (first.status_code, second.status_code) == (200, 200)
    assert (first.get("Idempotency-Replayed"), second.get("Idempotency-Replayed")) == (None, "true")
    assert row(course, 4).version == 2


def test_a_move_by_plan_is_replayed_long_after_the_plan_grew_old(api: Api, course: Course, clock: Any) -> None:
    session = row(course, 4)
    plan = api.post(f"sessions/{session.pk}/move/preview/", {}).json()["choices"][0]["plan"]
    post(api, f"sessions/{session.pk}/move/", {"plan": plan})
    clock("2026-11-16T16:00:00+00:00")

    again = post(api, f"sessions/{session.pk}/move/", {"plan": plan})

    assert (again.status_code, again["Idempotency-Replayed"]) == (200, "true")


def test_on_replay_the_right_is_asked_again(api: Api, world: World, course: Course) -> None:
    session = row(course, 4)
    body = {"day": "2026-11-30", "time": "14:00"}
    post(api, f"sessions/{session.pk}/move/", body)
    Membership.objects.filter(user=world.receptionist).delete()

    replay = post(api, f"sessions/{session.pk}/move/", body)

    assert replay.status_code in (403, 404)
    assert "Garcia" not in replay.content.decode()


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Idempotency_Key": "k"}, "if_match_required"),
        ({"If_Match": '"1"'}, "key_required"),
        ({"If_Match": '"1"', "Idempotency_Key": "x" * 256}, "key_required"),
    ],
)
def test_a_move_needs_a_key_and_a_version(api: Api, course: Course, headers: dict[str, str], code: str) -> None:
    session = row(course, 4)

    answer = api.post(f"sessions/{session.pk}/move/", {"day": "2026-11-30", "time": "14:00"}, **headers)

    assert answer.json()["code"] == code


def test_who_comes_second_is_told_who_was_first_and_what_it_is_now(api: Api, course: Course) -> None:
    session = row(course, 4)
    post(api, f"sessions/{session.pk}/move/", {"day": "2026-11-30", "time": "14:00"})

    late = post(api, f"sessions/{session.pk}/move/", {"day": "2026-11-30", "time": "15:00"}, key="k-2")

    assert (late.status_code, late.json()["code"]) == (412, "stale")
    assert late.json()["message"].startswith(
        "Rosa changed this visit at 9am on Mon Nov 16: it is booked for Mon Nov 30"
    )


def test_a_no_show_is_made_up_in_two_requests(api: Api, course: Course, clock: Any) -> None:
    lost = no_show(api, course, 1, clock)

    choices = api.post(f"sessions/{lost.pk}/make-up/preview/").json()["choices"]
    answer = post(api, f"sessions/{lost.pk}/make-up/", {"plan": choices[0]["plan"]}, version=lost.version)

    added = next(each for each in answer.json()["sessions"] if each["makeup_of"] == lost.pk)
    assert answer.status_code == 200
    assert (added["number"], added["visit_type"], added["state"]) == (1, "mapping", "booked")
    assert (answer.json()["owed"], answer.json()["delivered"]) == (0, 0)


def test_a_refused_make_up_says_why_and_has_no_plan(api: Api, course: Course, clock: Any) -> None:
    lost = no_show(api, course, 4, clock)

    refused = [c for c in api.post(f"sessions/{lost.pk}/make-up/preview/").json()["choices"] if not c["plan"]]

    assert [(choice["label"], choice["why_not"]) for choice in refused] == [("Tomorrow", "not allowed, one a day")]


def test_a_course_is_held_goes_on_and_the_change_is_taken_back(api: Api, course: Course) -> None:
    held = post(api, f"courses/{course.pk}/hold/", {"reason": "Flu", "resume_on": "2026-12-01"})
    choices = api.post(f"courses/{course.pk}/resume/preview/", {"on": "2026-12-01"}).json()["choices"]
    resumed = post(api, f"courses/{course.pk}/resume/", {"plan": choices[0]["plan"]}, key="k-2")
    version = int(resumed["ETag"].strip('"'))
    undone = post(api, f"courses/{course.pk}/undo/", version=version, key="k-3")

    assert (held.json()["state"], held.json()["resume_on"], held.json()["owed"]) == ("on_hold", "2026-12-01", 13)
    assert (resumed.json()["state"], resumed.json()["owed"]) == ("active", 0)
    assert (undone.json()["state"], undone.json()["owed"]) == ("on_hold", 13)


def test_a_course_becomes_shorter_as_previewed_and_longer_again_by_undo(api: Api, course: Course) -> None:
    [choice] = api.post(f"courses/{course.pk}/resize/preview/", {"add": -2}).json()["choices"]
    resized = post(api, f"courses/{course.pk}/resize/", {"plan": choice["plan"]}, key="k-4")
    again = post(api, f"courses/{course.pk}/resize/", {"plan": choice["plan"]}, key="k-4")
    undone = post(api, f"courses/{course.pk}/undo/", version=int(resized["ETag"].strip('"')), key="k-5")

    assert (choice["dropped"], choice["added"]) == ([12, 13], [])
    assert [answer.json()["prescribed"] for answer in (resized, again, undone)] == [11, 11, 13]


def test_a_course_ends_and_its_history_tells_it(api: Api, course: Course) -> None:
    answer = post(api, f"courses/{course.pk}/discontinue/", {"reason": "moved_away", "note": "To Ohio"})

    lines = api.get(f"courses/{course.pk}/history/").json()["results"]
    assert (answer.json()["state"], answer.json()["end_reason"]) == ("discontinued", "moved_away")
    ended = next(line for line in lines if line["kind"] == "ended")
    assert (ended["text"], ended["by"], ended["reason"]) == ("The course was ended", "Rosa", "To Ohio")


def test_a_sessions_history_reads_newest_first(api: Api, course: Course) -> None:
    session = row(course, 4)
    post(api, f"sessions/{session.pk}/move/", {"day": "2026-11-30", "time": "14:00"})

    texts = [line["text"] for line in api.get(f"sessions/{session.pk}/history/").json()["results"]]

    assert texts == ["Moved from 8:30am to 2pm", "Booked"]


def test_rest_of_the_course_is_cancelled_by_the_clinic(api: Api, course: Course) -> None:
    session = row(course, 5)

    answer = api.step(session, "cancel", {"reason": "Inventory", "by": "clinic", "scope": "rest"})

    states = Session.objects.filter(course=course).values_list("state", "cancelled_by", "is_late_cancel")
    assert answer.status_code == 200
    assert sorted(states) == [("booked", "", False)] * 4 + [("cancelled", "clinic", False)] * 9


def test_leaving_before_the_observation_is_over_needs_a_name(api: Api, course: Course, clock: Any) -> None:
    session = row(course, 1)
    clock(ON_THE_DAY)
    for step in ("arrive", "start", "monitor"):
        assert api.step(session, step).status_code == 200
        session.refresh_from_db()
    Session.objects.filter(pk=session.pk).update(observation_until=dt.datetime(2026, 11, 24, 16, 0, tzinfo=dt.UTC))

    refused = api.step(session, "complete")
    done = api.step(session, "complete", {"let_go_by": "Dr. Weiss"})

    assert (refused.status_code, refused.json()["code"]) == (422, "too_early_to_leave")
    assert refused.json()["message"] == "The observation lasts until 11am. Wait, or say who lets the patient go."
    assert done.json()["state"] == "completed"


def test_a_treatment_stopped_early_counts_only_by_a_clinicians_word(
    api: Api, clinician: Api, course: Course, clock: Any
) -> None:
    session = row(course, 1)
    clock(ON_THE_DAY)
    for step in ("arrive", "start"):
        api.step(session, step)
        session.refresh_from_db()

    refused = api.step(session, "stop-early", {"reason": "Headache", "code": "pain", "counts": True})
    stopped = api.step(session, "stop-early", {"reason": "Headache", "code": "pain"})
    session.refresh_from_db()
    decided = clinician.step(session, "count", {"counts": True})

    assert refused.status_code == 403
    assert (stopped.json()["state"], stopped.json()["counts"], stopped.json()["reason_code"]) == (
        "partial",
        False,
        "pain",
    )
    assert decided.json()["counts"] is True


def test_a_visit_that_never_was_is_struck_by_those_who_may(api: Api, clinician: Api, course: Course) -> None:
    session = row(course, 4)

    assert api.step(session, "error", {"reason": "Typed twice"}).status_code in (403, 404)
    assert clinician.step(session, "error", {"reason": "Typed twice"}).json()["state"] == "entered_in_error"


def test_the_burn_down_counts_what_is_used_and_booked(api: Api, world: World, clock: Any) -> None:
    granted = {
        "payer": "Blue",
        "state": "approved",
        "starts_on": "2026-11-20",
        "ends_on": "2026-12-31",
        "pools": [{"codes": ["90867", "90868", "90869"], "units": 12}],
    }
    api.post(f"patients/{world.maria.pk}/authorizations/", granted)
    world.book(counts={"acute": 10, "taper": 3})

    [line] = api.get(f"patients/{world.maria.pk}/burn-down/").json()["authorizations"]

    assert {key: line[key] for key in ("approved", "used", "booked", "left", "free", "level")} == {
        "approved": 12,
        "used": 0,
        "booked": 12,
        "left": 12,
        "free": 0,
        "level": "red",
    }
    assert line["text"] == "12 of 12 left until Thu Dec 31: 1 visit is not paid for."


@pytest.mark.parametrize("path", ["courses/{course}/hold/", "sessions/{session}/move/", "sessions/{session}/make-up/"])
def test_another_site_does_not_even_learn_that_it_exists(outsider: Api, course: Course, path: str) -> None:
    answer = post(outsider, path.format(course=course.pk, session=row(course, 1).pk), {"reason": "x"})

    assert answer.status_code in (400, 404)
    assert "Garcia" not in answer.content.decode()


def test_the_day_nobody_recorded_is_answered(api: Api, outsider: Api, world: World, clock: Any) -> None:
    visit = world.visit()
    misses.flag_missed_sessions(now=visit.ends_at + dt.timedelta(days=1))
    gap = RecordingGap.objects.get()

    assert outsider.post(f"recording-gaps/{gap.pk}/settle/", {"nobody_came": True}).status_code == 404
    answer = api.post(f"recording-gaps/{gap.pk}/settle/", {"nobody_came": True})

    assert answer.json() == {"id": gap.pk, "flagged": 1}
    assert Session.objects.get(pk=visit.pk).state == "missed"
