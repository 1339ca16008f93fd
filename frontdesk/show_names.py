"""How a person is named on a screen others can see: `Garcia, M.`, or initials only."""

import unicodedata

JOINER = "\N{ZERO WIDTH JOINER}"
FLAGS = range(0x1F1E6, 0x1F200)
SKINS = range(0x1F3FB, 0x1F400)


def short_name(last: str, first: str, *, is_private: bool) -> str:
    """Return a name as cards and lists show it: the last name and an initial, or two initials."""
    if is_private:
        return f"{initial(last)}. {initial(first)}."
    return f"{last}, {initial(first)}."


def initials(name: str) -> str:
    """Return a whole name as its first letters: `N. O.`."""
    return " ".join(f"{initial(part)}." for part in name.split())


def initial(name: str) -> str:
    """Return the first letter of a name as people see it: with its accents, and an emoji in one piece."""
    name = name.strip()
    end = 1
    while end < len(name) and _goes_on(name, end):
        end += 1
    return name[:end]


def _goes_on(name: str, end: int) -> bool:
    before, here = name[end - 1], name[end]
    if JOINER in (before, here) or ord(here) in SKINS:
        return True
    if end == 1 and ord(before) in FLAGS and ord(here) in FLAGS:
        return True  # two letters of a country are one flag
    return unicodedata.category(here) in ("Mn", "Me", "Mc")
