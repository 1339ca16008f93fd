import itertools

import pytest

from patients.domain.pasted import guess_name, split_pasted

MARIA = {"first_name": "Maria", "last_name": "Garcia", "birth_date": "3/7/1984", "phone": "555-010-2040"}


@pytest.mark.parametrize("name", ["Maria Garcia", "Garcia, Maria"])
@pytest.mark.parametrize("mark", [" ", "\t", "; ", "   "])
def test_one_line_fills_all_fields_in_any_order(name: str, mark: str) -> None:
    orders = itertools.permutations([name, "3/7/1984", "555-010-2040"])

    assert [split_pasted(mark.join(order), region="US") for order in orders] == [MARIA] * 6


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("Maria Garcia DOB: 7 mar 1984 cell (555) 010-2040", {"birth_date": "7 mar 1984", "phone": "(555) 010-2040"}),
        ("Maria Garcia 03071984 +15550102040", {"birth_date": "03071984", "phone": "+15550102040"}),
        ("Maria Garcia 5550102040 1984-03-07", {"birth_date": "1984-03-07", "phone": "5550102040"}),
        (
            "Maria Garcia <maria@example.com> 3/7/1984 555-010-2040",
            {"email": "maria@example.com"},
        ),
    ],
)
def test_the_parts_are_known_by_their_shape(text: str, more: dict[str, str]) -> None:
    assert split_pasted(text, region="US") == MARIA | more


def test_a_name_of_several_words_is_kept_whole() -> None:
    assert split_pasted("Maria García López", region="US") == {"first_name": "Maria", "last_name": "García López"}


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("gar mar", "Mar", "Gar"),
        ("mar gar", "Mar", "Gar"),
        ("Gar, Mar", "Mar", "Gar"),
        ("nadia rahman", "Nadia", "Rahman"),
        ("de Souza, ana", "Ana", "de Souza"),
        ("mar gar 3/7/84", "Mar", "Gar"),
    ],
)
def test_the_name_in_a_search_is_guessed_by_the_first_names_of_the_clinic(text: str, first: str, last: str) -> None:
    assert guess_name(text, first_names=["maria"]) == {"first_name": first, "last_name": last}


def test_digits_alone_are_no_name() -> None:
    assert guess_name("2040", first_names=["maria"]) == {}
