"""Providers to test against: an SMTP server and a server that speaks Twilio's REST protocol, on real sockets."""

import datetime as dt
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from email.message import Message as Mail
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tests import canary


class Gateway:
    """What the SMS gateway got, and how it is told to behave: a list of moods, the last one stays.

    ok, refuse:CODE (HTTP 400), busy (429), broken (500, took it all the same), lost (500, took nothing), hang_up (takes
    the text, then drops the line), silent (takes it and answers too late), gibberish (takes it, answers no JSON),
    no_sid (takes it and names no id)
    """

    def __init__(self) -> None:
        self.texts: list[dict[str, str]] = []
        self.moods = ["ok"]
        self.by_chance: Callable[[], str] | None = None  # a mood for each text, instead of the list
        self.lock = threading.Lock()
        self.address = ""
        self.delay = 0.0  # seconds between taking a text and saying so
        self.silence = 3.0
        self.lag = 0.0  # seconds until a text can be looked up
        self.names_callback = False  # whether a look-up tells the address to call back; Twilio's does not
        self.look_ups = 0
        self.is_blind = False  # look-ups are answered 503
        self.connections = 0

    def take(self, text: dict[str, str]) -> tuple[str, str]:
        """Return how to answer, and the id of the text if it was taken."""
        with self.lock:
            listed = self.moods.pop(0) if len(self.moods) > 1 else self.moods[0]
            mood = self.by_chance() if self.by_chance else listed
            if mood.startswith("refuse") or mood in ("busy", "lost"):
                return mood, ""
            canary.texted(text)
            sid = f"SM{len(self.texts) + 1:032}"
            self.texts.append(text | {"sid": sid, "at": dt.datetime.now(dt.UTC).isoformat()})
            return mood, sid

    def seen(self, to: str, *, since: str = "") -> list[dict[str, Any]]:
        """Return what a look-up shows of the texts to a number, newest first. `since`: a day, as YYYY-MM-DD."""
        with self.lock:
            self.look_ups += 1
            now = dt.datetime.now(dt.UTC)
            shown = [
                text
                for text in reversed(self.texts)
                if text["To"] == to
                and text["at"] >= since
                and (now - dt.datetime.fromisoformat(text["at"])).total_seconds() >= self.lag
            ]
        return [
            {
                "sid": text["sid"],
                "to": to,
                "from": text["From"],
                "body": text["Body"],
                "status": "sent",
                "date_created": format_datetime(dt.datetime.fromisoformat(text["at"])),
                "date_sent": None,
            }
            | ({"status_callback": text.get("StatusCallback")} if self.names_callback else {})
            for text in shown
        ]

    def of_message(self, message_id: object) -> int:
        """Return how many texts one message became."""
        return sum(str(message_id) in text["StatusCallback"] for text in self.texts)


class _Handler(BaseHTTPRequestHandler):
    gateway: Gateway
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one packet

    def setup(self) -> None:
        self.gateway.connections += 1
        super().setup()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        text = {key: values[0] for key, values in parse_qs(body).items()} | {"path": self.path}
        mood, sid = self.gateway.take(text | {"authorization": self.headers.get("Authorization", "")})
        time.sleep(self.gateway.delay + (self.gateway.silence if mood == "silent" else 0))
        if mood == "hang_up":
            self.close_connection = True
            self.connection.close()
        elif mood.startswith("refuse:"):
            self.answer(400, {"code": int(mood[7:]), "message": "refused", "status": 400})
        elif mood == "busy":
            self.answer(429, {"code": 20429, "message": "slow down", "status": 429})
        elif mood in ("broken", "lost"):
            self.answer(500, {"message": "oops"})
        else:
            named = {"sid": sid} if mood != "no_sid" else {}
            self.answer(201, named | {"status": "queued"} if mood != "gibberish" else None)

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        if self.gateway.is_blind:
            self.answer(503, {"message": "oops"})
            return
        page, size = int(asked.get("Page", ["0"])[0]), int(asked["PageSize"][0])
        since = asked.get("DateSent>", [""])[0]
        rows = self.gateway.seen(asked["To"][0], since=since)
        more = len(rows) > (page + 1) * size
        query = urlencode({"To": asked["To"][0], "DateSent>": since, "PageSize": size, "Page": page + 1})
        following = f"{urlsplit(self.path).path}?{query}" if more else None
        self.answer(200, {"messages": rows[page * size : (page + 1) * size], "next_page_uri": following})

    def answer(self, status: int, data: dict[str, Any] | None) -> None:
        body = json.dumps(data).encode() if data is not None else b"<html>"
        with suppress(OSError):  # whoever asked may be dead
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what arrived is in the gateway's list."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of callers that were killed."""


@contextmanager
def sms_gateway() -> Iterator[Gateway]:
    """Run an SMS gateway for the time of a block."""
    gateway = Gateway()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"gateway": gateway}))
    gateway.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Mailbox:
    """What the mail server got, and how it is told to behave.

    ok, refuse_sender (552), refuse_address (550), refuse_data (452, before the text), refuse_text (554), busy (451),
    hang_up (takes the mail, then drops the line), drop (drops the line before it takes anything)
    """

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.raw: list[bytes] = []  # the same as they came over the line
        self.mood = "ok"
        self.addresses: list[str] = []  # where they go, as the envelopes say
        self.connections = 0
        self.is_secured: list[bool] = []  # of each mail, whether it came over TLS

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.mood == "refuse_sender":
            return "552 5.2.2 quota used up"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.mood == "refuse_address":
            return "550 no such mailbox"
        if self.mood == "drop":
            self.mood = "ok"
            server.transport.close()
        envelope.rcpt_tos.append(address)
        self.addresses.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.mood == "busy":
            return "451 later"
        if self.mood == "refuse_text":
            return "554 no"
        self.mails.append(message_from_bytes(envelope.content))
        self.is_secured.append(session.ssl is not None)
        canary.mailed(self.mails[-1])
        self.raw.append(envelope.content)
        if self.mood == "hang_up":
            server.transport.close()
        return "250 taken"


class _Smtp(SMTP):
    """Refuses the text of a message before it comes, where its mailbox says so."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if self.event_handler.mood == "refuse_data":
            await self.push("452 not now")
        else:
            await super().smtp_DATA(arg)


class _Controller(Controller):
    """Counts the connections of its mailbox."""

    def factory(self) -> Any:
        self.handler.connections += 1
        return _Smtp(self.handler, **self.SMTP_kwargs)


@contextmanager
def mail_server(port: int, certificate: Path | None = None) -> Iterator[Mailbox]:
    """Run an SMTP server for the time of a block; with a certificate it takes mail over TLS only."""
    mailbox = Mailbox()
    secured: dict[str, Any] = {}
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        secured = {"tls_context": context, "require_starttls": True}
    controller = _Controller(mailbox, hostname="127.0.0.1", port=port, **secured)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
