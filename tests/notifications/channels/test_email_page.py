"""An e-mail over a real SMTP server: the plain words, the page, the calendar, and nothing that is fetched."""

import datetime as dt
import re
from collections.abc import Iterator
from email.message import Message as Mail
from html.parser import HTMLParser

import pytest

from notifications.channels import registry
from notifications.channels.base import Channel, Outgoing
from notifications.domain import calendar, mail_page
from notifications.domain.mail_page import Page
from tests.factories import NOW
from tests.notifications import ics
from tests.notifications.channels.conftest import MESSAGE_ID
from tests.servers import Mailbox

pytestmark = [pytest.mark.once, pytest.mark.services]
VISIT = dt.datetime(2026, 11, 24, 13, 30, tzinfo=dt.UTC)
PAGE = Page(
    language="es",
    title="Su visita",
    paragraphs=["Tiene visita el mar 24 nov.", "¿Puede venir?"],
    foot="¿Dudas? Llame al (555) 010-2000.",
    clinic="Clinic <b>One</b> & Two",
    address="12 Main St",
    button="Decir que voy",
    link='https://v.example/v/T"oken/',
    stop="Para no recibir más estos correos:",
    stop_url="https://v.example/u/1.S/",
)


@pytest.fixture
def channel(mailbox: Mailbox) -> Iterator[Channel]:
    """The channel, closed at the end as after a batch."""
    channel = registry.channel_for("email")
    yield channel
    channel.close()


def outgoing(*, html: str = "", is_cancelled: bool | None = None) -> Outgoing:
    clinic = calendar.Clinic("Visit - Riverside", "Riverside", "12 Main St", "Call.", "visits@riverside.example")
    entries = [calendar.Entry("u", 2, VISIT, VISIT + dt.timedelta(minutes=30), "America/New_York", bool(is_cancelled))]
    made = None if is_cancelled is None else calendar.invite(entries, clinic, now=NOW)
    return Outgoing(MESSAGE_ID, "lucia@example.com", "Su visita", "Sí, mañana no.\n", 60, html=html, invite=made)


def parts(mail: Mail) -> dict[str, str]:
    found = {}
    for part in mail.walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            found[part.get_content_type()] = content.decode()
    return found


def test_the_plain_words_come_first_and_the_page_is_the_other_way_to_read_them(
    mailbox: Mailbox, channel: Channel
) -> None:
    channel.send(outgoing(html=mail_page.html(PAGE), is_cancelled=False))

    (mail,) = mailbox.mails
    assert mail.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in mail.walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    assert parts(mail)["text/plain"] == "Sí, mañana no.\r\n"
    assert parts(mail)["text/html"] == mail_page.html(PAGE)


def test_every_line_ends_as_the_protocol_asks(mailbox: Mailbox, channel: Channel) -> None:
    # RFC 5321 2.3.8: a bare LF is refused by servers that guard against smuggling.
    channel.send(outgoing(html=mail_page.html(PAGE), is_cancelled=False))

    raw = mailbox.raw[0]
    assert (raw.count(b"\n"), max(map(len, raw.split(b"\r\n"))) <= 998) == (raw.count(b"\r\n"), True)


@pytest.mark.parametrize(("is_cancelled", "method"), [(False, "PUBLISH"), (True, "CANCEL")])
def test_the_calendar_arrives_whole_and_says_its_method_twice(
    mailbox: Mailbox, channel: Channel, is_cancelled: bool, method: str
) -> None:
    channel.send(outgoing(is_cancelled=is_cancelled))

    [part] = [part for part in mailbox.mails[0].walk() if part.get_content_type() == "text/calendar"]
    assert (part.get_param("method"), part.get_filename(), part.get_content_charset()) == (method, "visit.ics", "utf-8")
    assert ics.read(parts(mailbox.mails[0])["text/calendar"])["METHOD"] == method


def test_without_page_and_calendar_a_mail_is_plain(mailbox: Mailbox, channel: Channel) -> None:
    channel.send(outgoing())

    assert mailbox.mails[0].get_content_type() == "text/plain"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags[-1][0] != "style":
            self.words.append(data)


def read(page: Page) -> _Reader:
    reader = _Reader()
    reader.feed(mail_page.html(page))
    return reader


def test_a_page_fetches_nothing_and_leads_to_the_visit_and_the_stop_only() -> None:
    reader = read(PAGE)

    assert not {"img", "link", "script", "iframe", "object", "form", "video"} & {tag for tag, _attrs in reader.tags}
    assert [attrs["href"] for tag, attrs in reader.tags if tag == "a"] == [PAGE.link, PAGE.stop_url]
    assert not [attrs for _tag, attrs in reader.tags if {"src", "background", "srcset"} & set(attrs)]
    assert not re.search(r"url\(|@import|@font-face", mail_page.html(PAGE))


def test_a_page_has_one_button_and_escapes_what_it_is_told() -> None:
    reader = read(PAGE)

    assert sum(attrs.get("class") == "ck-go" for _tag, attrs in reader.tags) == 1
    assert "Clinic <b>One</b> & Two" in reader.words
    assert "b" not in {tag for tag, _attrs in reader.tags}


def test_without_a_link_there_is_no_button() -> None:
    bare = Page("en", "t", ["One."], "Call.", "Clinic", "12 Main St")

    assert [tag for tag, _attrs in read(bare).tags if tag == "a"] == []


def test_large_print_and_both_colour_schemes() -> None:
    page = mail_page.html(PAGE)

    assert min(int(size) for size in re.findall(r"font-size:(\d+)px", page)) >= 16
    assert 'name="color-scheme" content="light dark"' in page
    assert "prefers-color-scheme:dark" in page
    assert '<html lang="es">' in page


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("#15202d", "#ffffff"),
        ("#48535f", "#ffffff"),
        ("#ffffff", "#3d4cb3"),
        ("#e9edf2", "#14191f"),
        ("#b4bdc8", "#14191f"),
        ("#10142e", "#a7b1ff"),
    ],
)
def test_every_pair_of_colours_is_readable_by_everybody(ink: str, ground: str) -> None:
    page = mail_page.html(PAGE)

    assert {ink, ground} <= set(re.findall(r"#[0-9a-f]{6}", page))
    assert _contrast(ink, ground) >= 7
