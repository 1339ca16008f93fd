"""Pure: what people type about a clinic and its staff, made one line of text that can be printed anywhere."""

import unicodedata

_JOINERS = "\u200c\u200d"  # some scripts and emoji are written with them; everything else unseen is refused


def one_line(text: str, *, what: str, longest: int, is_needed: bool = True) -> str:
    """Return a text with single spaces.

    :raises ValueError: it is empty though needed, too long, or holds what can't be seen; the words are for the form.
    """
    line = " ".join(text.split())
    if not line and is_needed:
        raise ValueError(f"Type the {what}.")
    if len(line) > longest:
        raise ValueError(f"The {what} is longer than {longest} letters.")
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co"} and char not in _JOINERS for char in line):
        raise ValueError(f"The {what} holds a character that can't be printed.")
    return line
