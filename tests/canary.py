"""What the records of the tests hold and nothing may say: looked for in all that leaves the product, in every test.

Names, birth dates, numbers and words of a treatment may not be in a text, a mail or a calendar, nor in a log line, an
address or the arguments of a task.
"""

import datetime as dt
import logging
import re
from email.header import decode_header, make_header
from email.message import Message
from typing import TYPE_CHECKING, Any

from clinic.domain.neutral import folded

if TYPE_CHECKING:  # the gateway of a bench runs without Django
    from notifications.rendering import Rendered


def _date(day: dt.date, spanish: str) -> str:
    """Return what finds a date as records keep it and as people write it in English and in Spanish."""
    year, month, number = day.year, day.month, day.day
    return (
        rf"{day:%Y-%m-%d}|\b0?{month}/0?{number}/{year}|\b{day:%b}\w* {number},? {year}"
        rf"|\b{number} (?:de )?{spanish}\w* (?:de )?{year}"
    )


# Maria Garcia, her namesake and Daniel Okafor of `tests.factories`, and who drives Maria in `tests.notifications`.
BORN = {dt.date(1984, 3, 7): "mar", dt.date(1979, 8, 19): "ago", dt.date(1990, 1, 1): "ene"}
PEOPLE = {
    "first name": r"\b(maria|daniel)\b",
    "last name": r"garcia|okafor",
    "driver": r"\b(ivy|pat poe)\b",
    "birth date": "|".join(_date(day, month) for day, month in BORN.items()),
    "phone": r"555\D{0,3}010\D?(204[019]|3333)",
}
TREATMENT = {
    "treatment": r"\b(r?tms|ect|vns|(es)?ketamin\w*|spravato|electro\w*|shock|infusi\w*|magnet\w*|stimulat\w*)\b",
    "illness": r"\b(psych\w*|psiqui\w*|depres\w*|mental|suicid\w*|therap\w*|terapi\w*|diagnos\w*|bipolar)\b",
}
_WORDS = {what: re.compile(words, re.IGNORECASE) for what, words in (PEOPLE | TREATMENT).items()}
# What an envelope must hold: to whom it goes, and what machines wrote.
ENVELOPE = {"to", "message-id", "return-path", "received", "list-unsubscribe"}
_FOLD = re.compile(r"\r?\n[ \t]")  # RFC 5545 3.1

found: list[str] = []


def told(where: str, text: str) -> None:
    """Note what a person who is no part of the clinic could read, or what a machine keeps."""
    for what, pattern in _WORDS.items():
        if match := pattern.search(plain := folded(text)):
            begin, end = max(0, match.start() - 60), match.end() + 60
            found.append(f"{where} holds a {what}: {plain[begin:end]!r}")


def mailed(mail: Message) -> None:
    """Note a mail with its headers and everything attached, but for its envelope."""
    for name, value in mail.items():
        if name.lower() not in ENVELOPE:
            told(f"a mail's {name}", str(make_header(decode_header(value))))
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            kind = part.get_content_type()
            text = payload.decode()
            told(f"a mail's {kind}", _unfolded(text) if kind == "text/calendar" else text)


def texted(text: dict[str, str]) -> None:
    """Note a text as the gateway got it, but for its number."""
    told("a text", text["Body"])
    told("an address", text.get("StatusCallback", ""))


def rendered(words: "Rendered") -> None:
    """Note what was made of a message, whether it leaves or is only shown in the outbox."""
    calendar = _unfolded(words.invite.text) if words.invite else ""
    for part, text in {"subject": words.subject, "body": words.body, "page": words.html, "calendar": calendar}.items():
        told(f"the {part} of {words.form}", text)


def _unfolded(calendar: str) -> str:
    return _FOLD.sub("", calendar)


class LogWatch(logging.Handler):
    """Reads every line that is logged, with its traceback."""

    _format = logging.Formatter("%(name)s %(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        """Look at one line."""
        told(f"the log of {record.name}", self._format.format(record))


WATCH = LogWatch()


def on_request(environ: dict[str, Any] | None = None, scope: Any = None, **_more: Any) -> None:
    """Look at the address of a request."""
    if environ:
        told("an address", f"{environ.get('PATH_INFO', '')}?{environ.get('QUERY_STRING', '')}")


def on_publish(body: Any = None, sender: Any = None, **_more: Any) -> None:
    """Look at what a task is asked with."""
    told(f"the task {sender}", repr(body))
