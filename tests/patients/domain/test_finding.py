import datetime as dt
from dataclasses import dataclass, replace

import pytest

from patients.domain.finding import Term, is_same_name, look_alikes, terms
from patients.domain.spellings import dates_in

SEVENTH_OF_MARCH = (dt.date(1984, 3, 7),)
EITHER_CENTURY = (dt.date(2084, 3, 7), dt.date(1984, 3, 7))


@dataclass
class Somebody:
    pk: int
    first_name: str
    last_name: str
    birth_date: dt.date = dt.date(1984, 3, 7)
    preferred_name: str = ""


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("3/7/84", EITHER_CENTURY),
        ("03/07/1984", SEVENTH_OF_MARCH),
        ("3-7-1984", SEVENTH_OF_MARCH),
        ("3.7.84", EITHER_CENTURY),
        ("3 7 84", EITHER_CENTURY),
        ("03071984", SEVENTH_OF_MARCH),
        ("030784", EITHER_CENTURY),
        ("19840307", SEVENTH_OF_MARCH),
        ("1984-03-07", SEVENTH_OF_MARCH),
        ("7 mar 84", EITHER_CENTURY),
        ("7mar1984", SEVENTH_OF_MARCH),
        ("Mar 7, 1984", SEVENTH_OF_MARCH),
        ("march 7th '84", EITHER_CENTURY),
        ("7 marzo 1984", SEVENTH_OF_MARCH),
        ("3/7-84", ()),
        ("30 feb 84", ()),
        ("7 foo 84", ()),
        ("2040", ()),
        ("", ()),
    ],
)
def test_a_date_is_known_in_every_spelling(text: str, dates: tuple[dt.date, ...]) -> None:
    assert dates_in(text, region="US") == dates


@pytest.mark.parametrize(("region", "month"), [("US", 3), ("GB", 7)])
def test_the_order_of_day_and_month_is_the_regions(region: str, month: int) -> None:
    assert dates_in("3/7/1984", region=region) == (dt.date(1984, month, 10 - month),)


def test_what_can_only_be_a_day_is_one_in_any_region() -> None:
    assert dates_in("31/12/1984", region="US") == (dt.date(1984, 12, 31),)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("García, MARIA", (Term(("garcia",)), Term(("maria",)))),
        ("(555) 010-2040", (Term(("5550102040",)),)),
        ("555 010 2040", (Term(("5550102040",)),)),
        ("010-2040", (Term(("0102040",)),)),
        ("07911 123456", (Term(("07911123456", "7911123456")),)),
        ("2040", (Term(("2040",), year=2040),)),
        ("P1042", (Term(("p1042", "p-1042")),)),
        ("P-1042", (Term(("p-1042",)),)),
        ("03071984", (Term(("03071984",), SEVENTH_OF_MARCH),)),
        ("mar 7 1984 gar", (Term((), SEVENTH_OF_MARCH), Term(("gar",)))),
        ("gar 7 mar , 1984", (Term(("gar",)), Term((), SEVENTH_OF_MARCH))),
        (" , ;", ()),
    ],
)
def test_a_search_is_taken_apart_into_names_dates_and_digits(text: str, wanted: tuple[Term, ...]) -> None:
    assert terms(text, region="US") == wanted


@pytest.mark.parametrize(
    ("change", "alike"),
    [
        ({"last_name": "garcia"}, {1, 2}),
        ({"first_name": "García", "last_name": "Maria"}, {1, 2}),
        ({"first_name": "Mary", "preferred_name": "Maria"}, {1, 2}),
        ({"birth_date": dt.date(1991, 3, 30)}, {1, 2}),
        ({"birth_date": dt.date(1984, 4, 7)}, set()),
        ({"first_name": "Marie"}, set()),
    ],
    ids=["accents", "way round", "called", "same month", "another month", "another name"],
)
def test_who_shares_a_name_and_a_month_of_birth_looks_alike(change: dict[str, object], alike: set[int]) -> None:
    maria = Somebody(1, "Maria", "García")
    other = replace(maria, pk=2, **change)  # type: ignore[arg-type]
    stranger = Somebody(3, "Daniel", "Okafor")

    assert look_alikes([maria, other, stranger]) == alike


def test_one_name_given_twice_by_one_person_is_no_look_alike() -> None:
    assert look_alikes([Somebody(1, "Maria", "Garcia", preferred_name="Maria")]) == frozenset()


@pytest.mark.parametrize(
    ("first", "last", "is_same"),
    [("GARCÍA", "maria", True), ("Mia", "Garcia", True), ("Maria", "Gar", False)],
)
def test_a_name_is_the_same_whatever_its_accents_and_whichever_way_round(first: str, last: str, is_same: bool) -> None:
    assert is_same_name(Somebody(1, "Maria", "Garcia", preferred_name="Mia"), first=first, last=last) is is_same
