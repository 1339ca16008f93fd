"""Text messages, by Twilio's REST protocol as it stands on the wire (no SDK: it is one POST and one GET)."""

import datetime as dt
import hashlib
import threading
from collections.abc import Iterable, Iterator
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import httpx
from django.conf import settings

from notifications.channels.base import (
    AnswerLost,
    Busy,
    CannotLookUp,
    ChannelError,
    OptedOut,
    Outgoing,
    Receipt,
    Sought,
)
from notifications.domain import twilio
from notifications.domain.twilio import Meaning

LONGEST_VALIDITY = 36_000
PAGE = 100
MOST_PAGES = 20
SLACK = dt.timedelta(seconds=60)  # Twilio's clock and ours

_building = threading.Lock()  # two workers that start together must not each open a client


@lru_cache(maxsize=1)
def _built() -> httpx.Client:
    # Built once: making the TLS context costs forty times the request. No retries: a lost answer must stay unknown.
    patience = httpx.Timeout(settings.PROVIDER_TIMEOUT, connect=5, write=5, pool=5)
    return httpx.Client(timeout=patience, transport=httpx.HTTPTransport(retries=0))


def _client() -> httpx.Client:
    with _building:
        return _built()


class TwilioSms:
    """The SMS channel."""

    provider = "twilio"
    reaches_people = True
    can_look_up = True

    @classmethod
    def is_configured(cls) -> bool:
        """Tell whether SMS_URL names an account."""
        return bool(settings.SMS)

    def send(self, outgoing: Outgoing) -> Receipt:
        """Post one message and return its SID.

        :raises OptedOut: the owner of the number said STOP.
        :raises Busy: the gateway asks to slow down.
        :raises ChannelError: refused, or the gateway was not reached.
        :raises AnswerLost: the gateway was reached and its answer lost.
        """
        try:
            response = _client().post(
                _address(),
                auth=_login(),
                data={
                    "To": outgoing.address,
                    "From": settings.SMS["from"],
                    "Body": outgoing.body,
                    "ValidityPeriod": str(max(1, min(LONGEST_VALIDITY, outgoing.valid_seconds))),
                    "StatusCallback": callback_url(outgoing.message_id),
                },
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise ChannelError("The SMS gateway can't be reached.", code="unreached") from error
        except httpx.HTTPError as error:
            raise AnswerLost("The SMS gateway did not answer.") from error
        return _receipt(response)

    def find(self, sought: Sought) -> Receipt | None:
        """Look a message up: by our id in its call-back address where the answer holds it, else by number and time.

        Twilio's own answers hold no call-back address.

        :raises CannotLookUp: the gateway did not answer the question, or a supposed message may be another one it has.
        """
        try:
            candidates = [row for row in _pages(sought) if str(row.get("sid")) not in sought.taken]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise CannotLookUp("The SMS gateway did not say what it has.") from error
        ours = [row for row in candidates if _is_it(row, sought)]
        if not ours and sought.is_supposed and any(_may_be_it(row, sought) for row in candidates):
            raise CannotLookUp("Something went to this number, in other words than are known here.")
        return _known(ours[0]) if ours else None

    def close(self) -> None:
        """Keep the connection for the next batch."""


def callback_url(message_id: str) -> str:
    """Return where the gateway tells what became of a message; it carries our id."""
    return f"{settings.BASE_URL.rstrip('/')}/hooks/twilio/status/{message_id}/"


def _address() -> str:
    return f"{settings.SMS_API_BASE}/2010-04-01/Accounts/{settings.SMS['account']}/Messages.json"


def _login() -> tuple[str, str]:
    return settings.SMS["account"], settings.SMS["token"]


def _receipt(response: httpx.Response) -> Receipt:
    status = response.status_code
    if status >= 500:
        raise AnswerLost(f"The SMS gateway answered {status}.", http_status=status)
    try:
        answer = response.json()
    except ValueError as error:
        if status == httpx.codes.TOO_MANY_REQUESTS:
            answer = {"code": 20429}
        else:
            raise AnswerLost("The SMS gateway's answer can't be read.", http_status=status) from error
    if response.is_success:
        return _taken(answer, status)
    raise _refusal(str(answer.get("code") or status), status)


def _taken(answer: dict[str, Any], status: int) -> Receipt:
    if not answer.get("sid"):
        raise AnswerLost("The SMS gateway took the text and did not say under which id.", http_status=status)
    return Receipt(str(answer["sid"]), str(answer.get("status", "accepted")), status)


def _refusal(code: str, status: int) -> ChannelError:
    meaning = twilio.meaning(code)
    if meaning is Meaning.BUSY or status == httpx.codes.TOO_MANY_REQUESTS:
        return Busy("The SMS gateway asks to slow down.", code=code, http_status=status)
    if meaning is Meaning.OPTED_OUT:
        return OptedOut(twilio.words(code), code=code, permanent=True, http_status=status)
    permanent = meaning in (Meaning.PERMANENT, Meaning.FILTERED) or (
        status in (400, 403, 404) and meaning is not Meaning.HANDSET_OFF
    )
    words = twilio.words(code) if code in twilio.CODES else "The SMS gateway refused the message."
    return ChannelError(words, code=code, permanent=permanent, http_status=status)


def _pages(sought: Sought) -> Iterator[dict[str, Any]]:
    """Return what was sent to a number since the day of the attempt, newest first."""
    address: str | None = _address()
    asked: dict[str, str] | None = {
        "To": sought.address,
        "DateSent>": f"{sought.since - SLACK:%Y-%m-%d}",
        "PageSize": str(PAGE),
    }
    for _page in range(MOST_PAGES):
        response = _client().get(str(address), auth=_login(), params=asked)
        response.raise_for_status()
        answer = response.json()
        yield from answer["messages"]
        if not answer.get("next_page_uri"):
            return
        address, asked = f"{settings.SMS_API_BASE}{answer['next_page_uri']}", None
    raise ValueError("The list does not end.")


def _is_it(row: dict[str, Any], sought: Sought) -> bool:
    named = row.get("status_callback")
    if named:
        return sought.message_id in str(named)
    return _may_be_it(row, sought) and _has_its_words(row, sought)


def _may_be_it(row: dict[str, Any], sought: Sought) -> bool:
    """Tell whether a text that names no message left from our number at the time."""
    return (
        not row.get("status_callback")
        and row.get("from") in (None, settings.SMS["from"])
        and any(sought.since - SLACK <= at <= sought.until + SLACK for at in _times(row))
    )


def _has_its_words(row: dict[str, Any], sought: Sought) -> bool:
    body = row.get("body")
    if not body or not sought.body_hash:
        return not sought.is_supposed
    return hashlib.sha256(str(body).encode()).hexdigest() == sought.body_hash


def _known(row: dict[str, Any]) -> Receipt:
    status = str(row.get("status"))
    known = status if status in twilio.RANK else "accepted"
    return Receipt(str(row["sid"]), known, code=str(row.get("error_code") or ""))


def _times(row: dict[str, Any]) -> Iterable[dt.datetime]:
    return [parsedate_to_datetime(row[name]) for name in ("date_created", "date_sent") if row.get(name)]


def close_client() -> None:
    """Close the shared client and forget it; the next message opens a new one."""
    _client().close()
    _built.cache_clear()
