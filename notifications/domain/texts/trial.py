"""Pure: the one text nobody is meant by, for a manager who wants to see that texts arrive."""

from notifications.domain.texts.composing import filled

_WORDS = "{clinic}: This is a test. Texts from us look like this. STOP to opt out."


def trial_text(clinic: str) -> str:
    """Return a text that says who writes and that it is a test."""
    return filled(_WORDS, {"clinic": clinic})
