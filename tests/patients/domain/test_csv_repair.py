"""A list mended without touching the file."""

import pytest

from patients.domain.csv_repair import cells_of, heading_of, repaired

HEAD = "record_number,first_name,last_name,birth_date\n"
LIST = HEAD + 'A-1,Ana,"Núñez, Mrs",1984-03-07\n\nA-2,Ben,Cole,31/02/84\nA-3,Cy,Day,1990-01-01\n'


@pytest.mark.parametrize(
    ("given", "means"),
    [
        ("MRN", "record_number"),
        ("Date of Birth", "birth_date"),
        ("D.O.B.", "d_o_b"),
        (" DOB ", "birth_date"),
        ("Apellidos", "last_name"),
        ("Teléfono", "phone"),
        ("e-mail", "email"),
        ("Shoe size", "shoe size"),
    ],
)
def test_headings_are_understood_as_clinics_write_them(given: str, means: str) -> None:
    assert heading_of(given) == (given.strip().lower() if means == "d_o_b" else means)


def test_rows_keep_their_numbers_whatever_is_mended_or_left_out() -> None:
    found = repaired(LIST, {4: {"birth_date": "2/3/84"}}, {5})

    assert found == HEAD + 'A-1,Ana,"Núñez, Mrs",1984-03-07\n\nA-2,Ben,Cole,2/3/84\n\n'


def test_other_separators_become_commas() -> None:
    assert repaired("MRN;First;Surname;DOB\nA-1;Ana;Cole;1984-03-07\n", {}, set()) == HEAD + "A-1,Ana,Cole,1984-03-07\n"


def test_a_column_is_left_out_or_called_something_else() -> None:
    text = "mrn,first,surname,dob,shoe size,home\nA-1,Ana,Cole,1984-03-07,38,555 010 2001\n"

    found = repaired(text, {1: {"shoe size": "", "home": "phone"}}, set())

    assert found == HEAD.strip() + ",phone\nA-1,Ana,Cole,1984-03-07,555 010 2001\n"


def test_a_second_column_of_one_meaning_keeps_its_own_name() -> None:
    assert repaired("phone,Mobile\n1,2\n", {}, set()) == "phone,mobile\n1,2\n"


def test_cells_beyond_the_heading_stay_to_be_complained_about() -> None:
    assert repaired(HEAD + "A-1,Ana,Cole,1984-03-07,more\n", {}, set()) == HEAD + "A-1,Ana,Cole,1984-03-07,more\n"


def test_what_cant_be_read_stays_as_it_is() -> None:
    broken = HEAD + 'A-1,"Ana,Cole,1984-03-07\n'

    assert repaired(broken, {2: {"first_name": "Ana"}}, set()) == broken


def test_the_cells_of_a_row_are_shown_as_they_stand() -> None:
    found = cells_of(LIST, {4: {"birth_date": "2/3/84"}}, {2, 4})

    assert (found[2]["last_name"], found[4]) == (
        "Núñez, Mrs",
        {"record_number": "A-2", "first_name": "Ben", "last_name": "Cole", "birth_date": "2/3/84"},
    )
