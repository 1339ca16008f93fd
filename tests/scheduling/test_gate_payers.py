"""What payers say about a visit, the form after it, and a protocol that counts days of its own."""

import datetime as dt
from pathlib import Path

import pytest

from scheduling.actions import authorizations, catalogue
from scheduling.actions.authorizations import NewAuthorization
from scheduling.actions.gates import Whose
from scheduling.catalogue import SHIPPED
from scheduling.domain.operations import GateKind
from scheduling.domain.states import AuthorizationState
from scheduling.errors import IllegalMove
from scheduling.models import Authorization, Course, Prerequisite, Session
from scheduling.queries import gates as stored
from tests.factories import FIRST_DAY, NOW, World
from tests.scheduling.gatehouse import Gatehouse, make_gatehouse

K = GateKind
DAY = dt.timedelta(days=1)


@pytest.fixture
def house(world: World, tmp_path: Path) -> Gatehouse:
    return make_gatehouse(world, tmp_path)


def granted(house: Gatehouse, state: AuthorizationState, units: int = 3) -> Authorization:
    new = NewAuthorization("Acme", "A1", state, FIRST_DAY, FIRST_DAY + 90 * DAY, [(["96365", "96366"], units)])
    pk = authorizations.add_authorization(
        request=house.world.request, patient=house.world.maria, authorization=new, now=NOW
    )
    return Authorization.objects.get(pk=pk)


def payment(house: Gatehouse, number: int = 1) -> tuple[str, str]:
    found = house.standing(now=house.visit(number).starts_at, number=number)
    [gate] = [gate for gate in found.gates if gate.kind is K.AUTHORIZATION]
    return gate.state.value, gate.words


def test_the_recount_says_whether_a_visit_is_paid_for(house: Gatehouse) -> None:
    assert payment(house) == ("red", "missing")
    granted(house, AuthorizationState.APPROVED, units=2)

    assert [payment(house, number) for number in (1, 2, 3)] == [
        ("green", "authorised"),
        ("green", "authorised"),
        ("red", "this visit has no authorised unit left"),
    ]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (AuthorizationState.NEEDED, "not asked for yet"),
        (AuthorizationState.DRAFTING, "being written"),
        (AuthorizationState.SUBMITTED, "submitted, no answer yet"),
        (AuthorizationState.PENDED, "the payer wants to know more"),
        (AuthorizationState.DENIED, "denied"),
        (AuthorizationState.APPEALED, "appealed, no answer yet"),
    ],
)
def test_an_authorisation_that_waits_is_red_with_its_state_in_words(
    house: Gatehouse, state: AuthorizationState, words: str
) -> None:
    granted(house, state)

    assert payment(house) == ("red", words)


def test_who_pays_alone_is_recorded_by_hand_as_long_as_no_payer_says_otherwise(house: Gatehouse) -> None:
    house.record(K.AUTHORIZATION, text="Self-pay")
    assert payment(house)[0] == "green"
    granted(house, AuthorizationState.APPROVED, units=1)

    assert payment(house, 2) == ("red", "this visit has no authorised unit left")
    with pytest.raises(IllegalMove, match="An authorisation is about this course"):
        house.record(K.AUTHORIZATION, text="Self-pay, again")
    house.pass_by_hand(K.AUTHORIZATION, whose=Whose(session_id=house.visit(2).pk))
    assert payment(house, 2)[0] == "overridden"


# The form after a visit.


def test_after_a_visit_its_form_is_due_within_seven_days_and_stops_nothing(house: Gatehouse) -> None:
    house.record_all()
    with pytest.raises(IllegalMove, match="This visit is booked"):
        house.record(K.MONITORING_FORM, whose=Whose(session_id=house.first.pk))
    house.arrive()
    house.start()
    house.complete()
    due = dt.datetime(2026, 12, 2, 5, tzinfo=dt.UTC)  # the midnight after Tue Dec 1

    states = [house.states(now=at) for at in (due - dt.timedelta(seconds=1), due)]
    house.record(K.MONITORING_FORM, now=due)

    assert states == [{"monitoring_form": "open"}, {"monitoring_form": "red"}]
    assert house.states(now=due) == {"monitoring_form": "green"}


def test_a_protocols_own_days_are_kept(world: World, tmp_path: Path) -> None:
    text = (SHIPPED / "consult.yaml").read_text()
    text = text.replace("code: consult", "code: own").replace(
        "sources:", "gates: [{kind: consent, valid_days: 3, due_days: 0}]\n\nsources:\n  gates: default"
    )
    (tmp_path / "own.yaml").write_text(text)
    catalogue.load_protocols(folder=tmp_path, now=NOW)
    course = world.book(protocol_code="own", start_on=FIRST_DAY)
    Prerequisite.objects.filter(course=course).update(at=NOW)

    [gate] = stored.gates_of_course(Course.objects.select_related("site").get(pk=course.pk), now=NOW).gates

    assert (gate.state, gate.words) == ("open", "good until Thu Nov 19 only")
    assert gate.due_at == Session.objects.get(course=course).starts_at
