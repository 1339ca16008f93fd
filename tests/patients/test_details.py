import datetime as dt

import pytest

from patients import phones
from patients.domain.contact import folded
from patients.domain.details import clean_name, parse_birth_date

TODAY = dt.date(2026, 11, 16)


@pytest.mark.parametrize(
    "text", ["3/7/84", "03/07/1984", "3-7-1984", "1984-03-07", "03071984", "7 mar 1984", "Mar 7, 1984", " 3/7/1984 "]
)
def test_a_birth_date_is_read_as_people_write_it(text: str) -> None:
    assert parse_birth_date(text, today=TODAY) == dt.date(1984, 3, 7)


@pytest.mark.parametrize(("text", "year"), [("1/2/26", 2026), ("12/31/26", 1926), ("1/2/05", 2005)])
def test_two_digits_are_the_latest_year_that_is_not_in_the_future(text: str, year: int) -> None:
    assert parse_birth_date(text, today=TODAY).year == year


@pytest.mark.parametrize(
    "text", ["", "31/02/84", "2/30/1984", "yesterday", "1984", "11/17/2026", "1/1/1900", "2100-02-29"]
)
def test_what_is_no_birth_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\."):
        parse_birth_date(text, today=TODAY)


@pytest.mark.parametrize("text", ["3/7/4", "3/7/984", "1/1/1900"])
def test_a_year_nobody_can_read_is_asked_for_with_4_digits(text: str) -> None:
    with pytest.raises(ValueError, match=r"Enter the year with 4 digits, for example 1984\."):
        parse_birth_date(text, today=TODAY)


def test_a_birth_date_is_read_in_the_order_of_the_region() -> None:
    assert parse_birth_date("7/3/84", today=TODAY, region="GB") == dt.date(1984, 3, 7)


def test_somebody_born_on_a_leap_day_is_born_on_it() -> None:
    assert parse_birth_date("2/29/1988", today=TODAY) == dt.date(1988, 2, 29)


@pytest.mark.parametrize("text", ["(555) 010-2040", "555 010 2040", "+1 555-010-2040", "15550102040"])
def test_a_phone_is_stored_in_one_form(text: str) -> None:
    assert phones.to_e164(text, region="US") == "+15550102040"


@pytest.mark.parametrize("text", ["12", "phone", "555-010-20400000"])
def test_what_is_no_phone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="phone number"):
        phones.to_e164(text, region="US")


def test_a_phone_reads_as_people_write_it() -> None:
    assert phones.readable("+15550102040") == "(555) 010-2040"


def test_accents_and_case_do_not_hide_a_name() -> None:
    assert folded("Núñez-ÁLVAREZ") == "nunez-alvarez"


HIDDEN = ["\N{RIGHT-TO-LEFT OVERRIDE}", "\N{LEFT-TO-RIGHT ISOLATE}", "\N{RIGHT-TO-LEFT MARK}", "\N{ZERO WIDTH SPACE}"]
FAMILY = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}"


@pytest.mark.parametrize(
    "text", ["", "   ", "x" * 61, "a\x00b", "\N{ZERO WIDTH JOINER}", *(f"An{hidden}a" for hidden in HIDDEN)]
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"name"):
        clean_name(text, what="first name")


@pytest.mark.parametrize(
    "name", ["Bo", "O'Neill-\u0110\u1ed7", "\u0645\u062d\u0645\u062f", "Zo\N{COMBINING DIAERESIS}e", FAMILY]
)
def test_a_name_of_any_script_is_a_name(name: str) -> None:
    assert clean_name(name, what="first name") == name
