"""Two answers at once of one sign-in: each saves what it changed, and nothing of the other's."""

import pytest
from django.contrib.sessions.backends.base import UpdateError

from clinic.sessions import SessionStore

pytestmark = pytest.mark.django_db


@pytest.fixture
def key() -> str:
    session = SessionStore()
    session.update({"site": "riverside", "toast": "Booked.", "recent": [1]})
    session.create()
    session.save()
    assert session.session_key is not None
    return session.session_key


def opened(key: str) -> SessionStore:
    """Return a session as a request reads it when it begins."""
    session = SessionStore(key)
    assert session.get("site") == "riverside"
    return session


def kept(key: str) -> dict[str, object]:
    return dict(SessionStore(key).items())


def test_the_slower_of_two_answers_keeps_what_the_quicker_one_saved(key: str) -> None:
    slow, quick = opened(key), opened(key)
    quick["mine"] = "the way back"
    quick.save()

    slow["draft"] = {"patient": 7}
    slow.save()

    assert kept(key) == {
        "site": "riverside",
        "toast": "Booked.",
        "recent": [1],
        "mine": "the way back",
        "draft": {"patient": 7},
    }


def test_what_one_answer_took_out_stays_out(key: str) -> None:
    slow, quick = opened(key), opened(key)
    quick.pop("toast")
    quick.save()

    slow["recent"].append(2)
    slow.save()

    assert kept(key) == {"site": "riverside", "recent": [1, 2]}


def test_who_signed_out_meanwhile_stays_signed_out(key: str) -> None:
    slow = opened(key)
    opened(key).flush()
    slow["draft"] = {}

    with pytest.raises(UpdateError):
        slow.save()

    assert kept(key) == {}


def test_a_new_key_takes_everything_along(key: str) -> None:
    session = opened(key)

    session.cycle_key()
    session["mine"] = 1
    session.save()

    assert session.session_key is not None
    assert session.session_key != key
    assert kept(session.session_key) == {"site": "riverside", "toast": "Booked.", "recent": [1], "mine": 1}
    assert kept(key) == {}


def test_what_is_saved_twice_in_one_answer_is_saved_over_what_came_between(key: str) -> None:
    first = opened(key)
    first["draft"] = 1
    first.save()
    other = opened(key)
    other["draft"] = 2
    other.save()

    first["site"] = "harbor"
    first.save()

    assert kept(key) == {"site": "harbor", "toast": "Booked.", "recent": [1], "draft": 2}
