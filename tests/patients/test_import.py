import datetime as dt
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from clinic.models import AuditEntry
from patients.models import Consent, ContactPoint, Patient
from tests.factories import World

HEAD = "record_number,first_name,last_name,birth_date,phone,email,language,sms_consent,email_consent\n"
GOOD = HEAD + "A-1,Ana,Núñez,1984-03-07,(555) 010-6001,ana@example.com,es,yes,no\nA-2,Ben,Cole,3/8/84,,,,no,\n"


@pytest.fixture
def run(world: World, tmp_path: Path, clock: Any) -> Any:
    def importing(text: str, *more: str, encoding: str = "utf-8") -> str:
        path = tmp_path / "list.csv"
        path.write_text(text, encoding=encoding)
        said = StringIO()
        call_command("import_patients", str(path), "--site", "riverside", *more, stdout=said)
        return said.getvalue().strip()

    return importing


def counts() -> tuple[int, int, int]:
    return Patient.objects.count(), ContactPoint.objects.count(), Consent.objects.count()


def test_a_list_is_imported_with_contacts_and_consents(run: Any) -> None:
    assert run(GOOD) == "2 patients added, 0 were here already."

    ana = Patient.objects.get(record_number="A-1")
    assert (ana.first_name, ana.last_name, ana.birth_date, ana.language) == ("Ana", "Núñez", dt.date(1984, 3, 7), "es")
    assert sorted(ana.contact_points.values_list("kind", "value")) == [
        ("email", "ana@example.com"),
        ("phone", "+15550106001"),
    ]
    assert list(ana.consents.values_list("channel", "how")) == [("sms", "imported list")]


def test_the_same_list_again_changes_nothing(run: Any) -> None:
    run(GOOD)
    before = list(Patient.objects.order_by("pk").values())

    assert run(GOOD) == "0 patients added, 2 were here already."
    assert list(Patient.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("text", [GOOD.replace(",", ";"), GOOD.replace(",", "\t"), GOOD.replace("\n", "\r\n")])
def test_other_separators_and_line_ends_are_understood(run: Any, text: str) -> None:
    assert run(text) == "2 patients added, 0 were here already."


def test_a_byte_order_mark_is_understood(run: Any) -> None:
    assert run(GOOD, encoding="utf-8-sig") == "2 patients added, 0 were here already."


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("A-3,Cy,Day,31/02/84,,,,no,no", 'Row 4, birth_date: "31/02/84" is not a date. Type it like 3/7/1984.'),
        ("A-3,Cy,Day,1984-03-07,12,,,no,no", "Row 4, phone: This phone number has too few or too many digits."),
        ("A-3,Cy,Day,1984-03-07,,nobody,,no,no", "Row 4, email: is not an e-mail address."),
        ("A-3,Cy,Day,1984-03-07,,,fr,no,no", "Row 4, language: must be en or es."),
        ("A-3,Cy,Day,1984-03-07,,,,maybe,no", "Row 4, sms_consent: must be yes or no."),
        ("A-3,Cy,Day,1984-03-07,,,,yes,no", "Row 4, sms_consent: says yes, but there is no phone."),
        ("A-3,,Day,1984-03-07,,,,no,no", "Row 4, first_name: Type the first name."),
        (",Cy,Day,1984-03-07,,,,no,no", "Row 4, record_number: must be 1 to 20 letters or digits."),
        ("A-1,Cy,Day,1984-03-07,,,,no,no", "Row 4, record_number: stands in row 2 already."),
        (
            "=1+1,Cy,Day,1984-03-07,,,,no,no",
            "Row 4, record_number: begins like a formula. Remove the sign in front.",
        ),
        ("A-3,Cy,Day,1984-03-07,,a@b..example,,no,no", "Row 4, email: is not an e-mail address."),
        (
            "A-3,=HYPERLINK(1),Day,1984-03-07,,,,no,no",
            "Row 4, first_name: begins like a formula. Remove the sign in front.",
        ),
        (
            "A-3,Cy,Day,1984-03-07,,,,no,no,more",
            "Row 4, row: has more cells than the heading. Quote a cell that holds the separator.",
        ),
    ],
)
def test_one_wrong_row_imports_nothing_and_is_named(run: Any, line: str, fault: str) -> None:
    before = counts()

    with pytest.raises(CommandError) as refusal:
        run(GOOD + line + "\n")

    assert str(refusal.value).split("\n") == ["Nothing was imported.", fault]
    assert counts() == before


def test_every_fault_is_named_at_once_and_no_name_or_number_is_repeated(run: Any) -> None:
    with pytest.raises(CommandError) as refusal:
        run(HEAD + "A-1,Secretname,,1984-03-07,555-secret,x@y,,no,no\n")

    assert [line.split(":")[0] for line in str(refusal.value).split("\n")[1:]] == [
        "Row 2, phone",
        "Row 2, email",
        "Row 2, last_name",
    ]
    assert "ecret" not in str(refusal.value)


def test_a_row_that_differs_from_what_is_stored_is_refused_not_overwritten(run: Any) -> None:
    run(GOOD)

    with pytest.raises(CommandError, match="Row 2, last_name: differs from the stored record"):
        run(GOOD.replace("Núñez", "Changed"))

    assert Patient.objects.get(record_number="A-1").last_name == "Núñez"


def test_a_missing_and_an_unknown_column_are_named(run: Any) -> None:
    with pytest.raises(CommandError, match=r"Row 1, birth_date: is missing(.|\n)*Row 1, shoe_size: is no column"):
        run("record_number,first_name,last_name,shoe_size\nA-1,Ana,Lee,38\n")


def test_a_dry_run_imports_nothing(run: Any) -> None:
    before = counts()

    assert run(GOOD, "--dry-run") == "2 rows are fine, 2 of them new. Nothing was imported."
    assert counts() == before


def test_a_dry_run_finds_what_differs_from_the_stored_records(run: Any) -> None:
    run(GOOD)

    with pytest.raises(CommandError, match="Row 2, phone: differs from the stored record"):
        run(GOOD.replace("6001", "6002"), "--dry-run")


def test_an_empty_line_does_not_shift_the_row_that_is_named(run: Any) -> None:
    with pytest.raises(CommandError, match="Row 5, language"):
        run(GOOD + "\nA-3,Cy,Day,1984-03-07,,,fr,no,no\n")


def test_a_quoted_cell_may_hold_the_separator(run: Any) -> None:
    run(HEAD + '"A,1","Ana, Maria",Núñez,1984-03-07,,,,no,no\n')

    assert Patient.objects.get(record_number="A,1").first_name == "Ana, Maria"


def test_a_quote_that_is_never_closed_is_named(run: Any) -> None:
    with pytest.raises(CommandError, match="Row 4, row: can't be read: a quote is not closed"):
        run(GOOD + 'A-3,"Cy,Day,1984-03-07,,,,no,no\n' + "A-4,Di,Day,1984-03-07,,,,no,no\n" * 3)


def test_an_empty_file_misses_its_heading(run: Any) -> None:
    with pytest.raises(CommandError, match="Row 1, record_number: is missing from the heading"):
        run("")


def test_columns_out_of_step_put_no_name_on_the_screen(run: Any) -> None:
    with pytest.raises(CommandError) as refusal:
        run(HEAD + "A-1,1984-03-07,Ana,Secretname,,,,no,no\n")

    assert str(refusal.value).split("\n")[1:] == ["Row 2, birth_date: is not a date. Type it like 3/7/1984."]


def test_every_imported_record_is_in_the_audit_log_once(run: Any) -> None:
    run(GOOD)
    run(GOOD)

    imported = AuditEntry.objects.filter(action="patient.imported").order_by("pk")
    ids = Patient.objects.filter(record_number__startswith="A-").order_by("pk").values_list("pk", flat=True)
    assert [(entry.patient_id, entry.object_id, entry.actor) for entry in imported] == [(pk, pk, None) for pk in ids]


def test_the_example_of_the_manual_can_be_imported(run: Any, settings: Any) -> None:
    example = settings.BASE_DIR / "docs" / "examples" / "patients.csv"

    assert run(example.read_text()) == "3 patients added, 0 were here already."


def test_another_sites_record_number_is_no_stored_record_of_this_site(run: Any, world: World) -> None:
    Patient.objects.filter(pk=world.foreign.pk).update(record_number="A-1")

    assert run(GOOD) == "2 patients added, 0 were here already."


def test_a_file_that_is_not_utf_8_is_refused_in_words(run: Any) -> None:
    with pytest.raises(CommandError, match="is not UTF-8"):
        run(GOOD, encoding="latin-1")


def test_what_is_imported_can_be_found(run: Any) -> None:
    run(GOOD)

    assert Patient.objects.filter(search_text__contains="nunez").count() == 1
