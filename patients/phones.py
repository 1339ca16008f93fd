"""Phone numbers, by Google's library: one stored form (E.164), one form to read."""

import phonenumbers


def to_e164(text: str, *, region: str) -> str:
    """Return a number as +15550102040.

    :raises ValueError: it can't be dialled; the words are for the form.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise ValueError("This is not a phone number. Type it like (555) 010-2040.") from error
    # Possible, not valid: 555-01xx numbers are kept for fiction and training and must work in a demo.
    if not phonenumbers.is_possible_number(number):
        raise ValueError("This phone number has too few or too many digits.")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def readable(e164: str) -> str:
    """Return a stored number as people write it: (555) 010-2040."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))


def is_landline(e164: str) -> bool:
    """Tell whether a number certainly gets no texts. In North America a number does not show it."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.FIXED_LINE)
