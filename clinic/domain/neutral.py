"""Pure: the words that tell what somebody is treated for, in English and Spanish, and who says them.

They stand here and not beside the texts, for a site's own name is chosen before any text is.
"""

import re
import unicodedata
from collections.abc import Iterator

# What tells what somebody is treated for (domain.md 4.3), folded; a star stands for any ending.
_TREATMENTS = """
ect electroconvuls* shock* tms rtms magnet* ketamin* esketamin* spravato infusion* vns psych* mental behavioral
behavioural depress* therap* suicid* diagnos* treatment* treated session* neuro* anxiety disorder* antidepress*
ssri prozac zoloft lexapro lithium bupropion bipolar ptsd ocd addict* rehab* brain nerve stimulat* anesthe* anaesthe*
sedat* nasal
electro* choque* quetamina* ketamina* psiq* psic* depres* terap* tratamiento* sesion* cerebr* ansiedad trastorno*
conductual nervio* estimul* sedacion anestes* adicc* litio
"""
# What is between the clinic and the payer, or on the record: said to staff, never in a message.
_RECORD = """
medicat* medicin* insuranc* authoriz* authoris* balance copay* owe owed chart_number record_number date_of_birth
medicament* seguro* saldo autorizacion* fecha_de_nacimiento
"""


def pattern(words: str) -> re.Pattern[str]:
    """Return what finds words in a folded text, whole: a star stands for any ending, an underscore for blanks."""
    parts = [re.escape(word).replace(r"\*", r"\w*").replace("_", r"\s+") for word in words.split()]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)")


_TELLING, _TELLING_PATIENTS = pattern(_TREATMENTS), pattern(_TREATMENTS + _RECORD)


def folded(text: str) -> str:
    """Return a text in lower case without accents."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold()


def telling(text: str, *, is_to_patient: bool = True) -> Iterator[str]:
    """Return the words of a text that tell too much, as they are found; case and accents make no difference.

    `is_to_patient`: words about the record and the payer too, which staff say to each other.
    """
    for match in (_TELLING_PATIENTS if is_to_patient else _TELLING).finditer(folded(text)):
        yield match[0]


def warning(name: str) -> str:
    """Return what to tell whoever gives a site a name that stands in every message; empty: it is neutral."""
    words = ", ".join(f'"{word}"' for word in telling(name))
    if not words:
        return ""
    return (
        f"Warning: patients read the name {name} in every message, and so may whoever sees their phone. "
        f"It says {words}. Give the site a message_name that does not."
    )
