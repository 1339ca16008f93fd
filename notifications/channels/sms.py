"""Text messages, by Twilio's REST protocol as it stands on the wire (no SDK: it is one POST)."""

import threading
from functools import lru_cache

import httpx
from django.conf import settings

from notifications.channels.base import AnswerLost, ChannelError, OptedOut, Outgoing

OPTED_OUT = 21610
PERMANENT = {
    21211,
    21614,
    21408,
    21612,
}  # not a number, not a mobile, region not permitted, not reachable from this sender
LONGEST_VALIDITY = 36_000


_building = threading.Lock()  # two workers that start together must not each open a client


@lru_cache(maxsize=1)
def _built() -> httpx.Client:
    # Built once: making the TLS context costs forty times the request. No retries: a lost answer must stay unknown.
    return httpx.Client(timeout=httpx.Timeout(15, connect=5), transport=httpx.HTTPTransport(retries=0))


def _client() -> httpx.Client:
    with _building:
        return _built()


class TwilioSms:
    """The SMS channel."""

    def send(self, outgoing: Outgoing) -> str:
        """Post one message and return its SID.

        :raises OptedOut: the owner of the number said STOP.
        :raises ChannelError: refused, or the gateway was not reached.
        :raises AnswerLost: the gateway was reached and its answer lost.
        """
        account = settings.SMS["account"]
        try:
            response = _client().post(
                f"{settings.SMS_API_BASE}/2010-04-01/Accounts/{account}/Messages.json",
                auth=(account, settings.SMS["token"]),
                data={
                    "To": outgoing.address,
                    "From": settings.SMS["from"],
                    "Body": outgoing.body,
                    "ValidityPeriod": str(max(1, min(LONGEST_VALIDITY, outgoing.valid_seconds))),
                },
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise ChannelError("The SMS gateway can't be reached.", code="unreached") from error
        except httpx.HTTPError as error:
            raise AnswerLost("The SMS gateway did not answer.") from error
        return _sid(response)

    def close(self) -> None:
        """Keep the connection for the next batch."""


def _sid(response: httpx.Response) -> str:
    if response.status_code >= 500:
        raise AnswerLost(f"The SMS gateway answered {response.status_code}.")
    try:
        answer = response.json()
    except ValueError as error:
        raise AnswerLost("The SMS gateway's answer can't be read.") from error
    if response.is_success and answer.get("sid"):
        return str(answer["sid"])
    code = answer.get("code")
    if code == OPTED_OUT:
        raise OptedOut("The owner of this number said STOP.", code=str(code), permanent=True)
    permanent = code in PERMANENT or (response.status_code in (400, 403, 404) and code != 20429)
    raise ChannelError(
        "The SMS gateway refused the message.", code=str(code or response.status_code), permanent=permanent
    )


def close_client() -> None:
    """Close the shared client and forget it; the next message opens a new one."""
    _client().close()
    _built.cache_clear()
