"""Providers to test against: an SMTP server and a server that speaks Twilio's REST protocol, on real sockets."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message as Mail
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from aiosmtpd.controller import Controller


class Gateway:
    """What the SMS gateway got, and how it is told to behave: a list of moods, the last one stays.

    ok, refuse:CODE (HTTP 400), busy (429), broken (500), hang_up (takes the text, then drops the line)
    """

    def __init__(self) -> None:
        self.texts: list[dict[str, str]] = []
        self.moods = ["ok"]
        self.lock = threading.Lock()
        self.address = ""

    def take(self, text: dict[str, str]) -> tuple[str, int]:
        with self.lock:
            mood = self.moods.pop(0) if len(self.moods) > 1 else self.moods[0]
            if mood in ("ok", "hang_up", "broken"):
                self.texts.append(text)
            return mood, len(self.texts)


def _handler(gateway: Gateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            text = {key: values[0] for key, values in parse_qs(body).items()} | {"path": self.path}
            mood, count = gateway.take(text | {"authorization": self.headers.get("Authorization", "")})
            if mood == "hang_up":
                self.close_connection = True
                self.connection.close()
                return
            if mood == "ok":
                self.answer(201, {"sid": f"SM{count:032}", "status": "queued"})
            elif mood.startswith("refuse:"):
                self.answer(400, {"code": int(mood[7:]), "message": "refused", "status": 400})
            elif mood == "busy":
                self.answer(429, {"code": 20429, "message": "slow down", "status": 429})
            else:
                self.answer(500, {"message": "oops"})

        def answer(self, status: int, data: dict[str, Any]) -> None:
            body = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: what arrived is in the gateway's list."""

    return Handler


@contextmanager
def sms_gateway() -> Iterator[Gateway]:
    """Run an SMS gateway for the time of a block."""
    gateway = Gateway()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(gateway))
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
    """What the mail server got. `refusing` answers every recipient with a permanent refusal."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.refusing = False

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.refusing:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append(message_from_bytes(envelope.content))
        return "250 taken"


@contextmanager
def mail_server(port: int) -> Iterator[Mailbox]:
    """Run an SMTP server for the time of a block."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
