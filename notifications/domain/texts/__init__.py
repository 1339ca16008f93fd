"""Pure: every text a patient gets, in English and Spanish, and the linter that keeps them neutral and short.

A text says clinic, day, time and phone or link: no name, no treatment, no count of visits, and never "today" or
"tomorrow". Spanish texts avoid á í ó ú, which are not in GSM-7 and would make one text two (screens.md 4.4).
"""

from notifications.domain.texts.composing import button_of, catalogue, filled, foot_of, mail, sms
from notifications.domain.texts.forms import (
    CATALOGUE_REGIONS,
    CHANNELS,
    FORMS,
    LANGUAGES,
    VERSION,
    Form,
    Words,
    form_of,
    forms_in,
)
from notifications.domain.texts.linter import GSM7, ONE_TEXT, Fault, faults, letters, lint, name_faults, segments
from notifications.domain.texts.moments import (
    around_text,
    date_text,
    day_text,
    time_text,
    times_text,
    weekday_text,
    when_text,
    zone_name,
)
from notifications.domain.texts.trial import trial_text

__all__ = [
    "CATALOGUE_REGIONS",
    "CHANNELS",
    "FORMS",
    "GSM7",
    "LANGUAGES",
    "ONE_TEXT",
    "VERSION",
    "Fault",
    "Form",
    "Words",
    "around_text",
    "button_of",
    "catalogue",
    "date_text",
    "day_text",
    "faults",
    "filled",
    "foot_of",
    "form_of",
    "forms_in",
    "letters",
    "lint",
    "mail",
    "name_faults",
    "segments",
    "sms",
    "time_text",
    "times_text",
    "trial_text",
    "weekday_text",
    "when_text",
    "zone_name",
]
