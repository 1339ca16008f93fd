from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context, Template

from frontdesk import show_inbox
from frontdesk.show_names import initial, short_name
from frontdesk.toasts import Toast


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("Maria", "M"),
        (" Maria", "M"),
        ("", ""),
        ("E\N{COMBINING ACUTE ACCENT}va", "E\N{COMBINING ACUTE ACCENT}"),
        (
            "\N{DEVANAGARI LETTER KA}\N{DEVANAGARI VOWEL SIGN I}ran",
            "\N{DEVANAGARI LETTER KA}\N{DEVANAGARI VOWEL SIGN I}",
        ),
        ("\U0001f44d\U0001f3fdup", "\U0001f44d\U0001f3fd"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467x", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("\U0001f1fa\U0001f1f8a", "\U0001f1fa\U0001f1f8"),
        ("李明", "李"),
    ],
)
def test_an_initial_is_one_letter_as_people_see_it(name: str, letter: str) -> None:
    assert initial(name) == letter


def test_a_short_name_is_last_name_and_initial_and_two_initials_in_privacy_mode() -> None:
    names = [short_name("Garcia", "Maria", is_private=is_private) for is_private in (False, True)]

    assert names == ["Garcia, M.", "G. M."]


def test_a_name_in_a_page_is_kept_apart_from_the_text_around_it_and_follows_the_mode() -> None:
    template = Template("{% load ck %}{% short last first %}")
    facts = {"last": "<Levi", "first": "Maria"}

    pages = [template.render(Context(facts | {"is_private": is_private})) for is_private in (False, True)]

    assert pages == ["<bdi>&lt;Levi, M.</bdi>", "<bdi>&lt;. M.</bdi>"]


@pytest.mark.parametrize(
    ("toast", "printed"),
    [
        (Toast("Levi, M. is here.", name="Levi, M."), "<bdi>Levi, M.</bdi> is here."),
        (Toast("Moved to Wed Nov 25, 9am."), "Moved to Wed Nov 25, 9am."),
    ],
)
def test_a_name_in_a_toast_is_kept_apart_too(toast: Toast, printed: str) -> None:
    template = Template('{% include "frontdesk/parts/_toast.html" %}')

    assert f"<span>{printed}</span>" in template.render(Context({"toast": toast}))


def test_a_list_of_messages_shortens_a_name_as_people_see_it() -> None:
    line: Any = SimpleNamespace(person_name="", last_name="Lee", first_name="E\N{COMBINING ACUTE ACCENT}va")

    assert show_inbox.name_of(line) == "Lee, E\N{COMBINING ACUTE ACCENT}."
