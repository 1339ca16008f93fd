"""Pure: one line about a person, taken apart into the fields of a form; and the best guess at a name typed to find."""

import re
from collections.abc import Collection, Sequence

from patients.domain.contact import folded
from patients.domain.spellings import dates_in

LEAST_PHONE = 7  # digits
MOST_DATE_WORDS = 3
_EMAIL = re.compile(r"\S+@\S+\.\w+")
_PHONE = re.compile(r"\+?[\d(][\d\s().\-/]{5,}\d")
_LABEL = re.compile(r"\b(dob|d\.o\.b\.|born|phone|mobile|cell|tel|ph|name|e-?mail)\b[:.]?", re.IGNORECASE)


def split_pasted(text: str, *, region: str) -> dict[str, str]:
    """Return the fields that one line tells: names, birth date, phone and e-mail, in whatever order.

    `Garcia, Maria` is the last name first; else the first word is the first name.
    """
    rest = _LABEL.sub(" ", text.replace("\t", " "))
    fields: dict[str, str] = {}
    if found := _EMAIL.search(rest):
        fields["email"], rest = found[0].strip(".,;<>"), rest.replace(found[0], " ", 1)
    date, rest = _cut_date(rest, region)
    if date:
        fields["birth_date"] = date
    phone = next((m for m in _PHONE.finditer(rest) if len(re.sub(r"\D", "", m[0])) >= LEAST_PHONE), None)
    if phone:
        fields["phone"], rest = phone[0].strip(), rest.replace(phone[0], " ", 1)
    return fields | _names(rest)


def guess_name(text: str, *, first_names: Collection[str]) -> dict[str, str]:
    """Return the name somebody may have meant who typed it to find a patient; `first_names`: folded, known here.

    People type `gar mar`: what begins a first name of the clinic and not the other word is the first name.
    """
    words = re.sub(r"[\d()+/;]+", " ", text)
    if "," in words:
        return _capital(_names(words))
    parts = words.split()
    if len(parts) == 2 and _begins(parts[1], first_names) and not _begins(parts[0], first_names):
        parts.reverse()
    return _capital(_names(" ".join(parts)))


def _begins(word: str, names: Collection[str]) -> bool:
    return any(name.startswith(folded(word)) for name in names)


def _cut_date(text: str, region: str) -> tuple[str, str]:
    words = re.split(r"\s+", text.replace(";", " ").strip())
    for size in range(MOST_DATE_WORDS, 0, -1):
        for at in range(len(words) - size + 1):
            run = " ".join(words[at : at + size]).strip(",.")
            if _is_date(run, region):
                return run, " ".join([*words[:at], *words[at + size :]])
    return "", " ".join(words)


def _is_date(run: str, region: str) -> bool:
    # A run of digits alone, of six or with blanks between, is more likely a part of a phone number.
    bare = run.replace(" ", "")
    return not (bare.isdigit() and (" " in run or len(bare) != 8)) and bool(dates_in(run, region=region))


def _names(text: str) -> dict[str, str]:
    last, comma, first = text.partition(",")
    words, others = _words(first), _words(last)
    if comma and words and others:
        return {"first_name": " ".join(words), "last_name": " ".join(others)}
    every: Sequence[str] = [*others, *words]
    names = {"first_name": every[0] if every else "", "last_name": " ".join(every[1:])}
    return {field: name for field, name in names.items() if name}


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,;|]+", text) if any(char.isalpha() for char in word)]


def _capital(names: dict[str, str]) -> dict[str, str]:
    return {field: name.title() if name == name.lower() else name for field, name in names.items()}
