"""The form of a site: what it is called, where it stands, and what patients read of it."""

from collections.abc import Mapping

from frontdesk.show_settings import Field, with_errors

ZONES = (
    ("America/New_York", "Eastern"),
    ("America/Chicago", "Central"),
    ("America/Denver", "Mountain"),
    ("America/Phoenix", "Arizona"),
    ("America/Los_Angeles", "Pacific"),
    ("America/Anchorage", "Alaska"),
    ("Pacific/Honolulu", "Hawaii"),
)
_FORM = (
    Field("name", "Name", hint="As staff know it.", longest=80),
    Field(
        "message_name",
        "Name in messages",
        hint="Patients read it in every text, and so may others: no word of what is treated. Up to 20 letters.",
        longest=20,
    ),
    Field("address", "Address", hint="Stands in e-mails and on the patient's page.", longest=160),
    Field("phone", "Phone", hint="The number patients call back.", kind="tel", longest=30),
    Field("zone", "Time zone", hint="Like America/New_York.", options=ZONES, longest=40),
)


def fields_of(typed: Mapping[str, str], faults: Mapping[str, str]) -> list[Field]:
    """Return the form with what was typed and what is wrong with it."""
    return with_errors(_FORM, typed, faults)
