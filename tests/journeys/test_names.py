"""Names as people have them, and as somebody types them who means harm: text on every page, and nothing else."""

import io
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from patients.domain.details import NAME_LENGTH
from patients.models import Patient
from tests.factories import World
from tests.journeys import axe, everything

pytestmark = [pytest.mark.journey, pytest.mark.long]
NAMES = [
    ("<img src=x onerror=window.pwned=1>", '"><svg onload=window.pwned=1>'),
    ("</script><script>pwned=1</script>", "<b>bold</b>{{7*7}}';--"),
    ("W" * NAME_LENGTH, "M" * NAME_LENGTH),
    ("\u0645\u062d\u0645\u062f", "\u0627\u0644\u0639\u0631\u0628\u064a"),  # right to left
    ("\u05d3\u05e0\u05d4", "Cohen-\u05dc\u05d5\u05d9"),  # both ways
    ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "Nu\u0301n\u0303ez\u0308"),  # one letter of five signs; marks
    ("Bo", "Li"),
]
HIDDEN = ["Gar\u202ecia", "\u2066Garcia", "Gar\u200bcia", "\ufeffGarcia"]
LASTS = [last for _first, last in NAMES if last != "Li"]  # two letters stand in many words
HANDLERS = re.compile(r"^on[a-z]+$")


class Reader(HTMLParser):
    """Reads a page as a browser does, and notes what is wrong about the names on it."""

    VOID = ("input", "meta", "link", "br", "img", "hr", "path", "use", "source", "wbr")
    # What holds no markup, only text: nothing can stand apart in it.
    PLAIN = ("option", "textarea", "title", "script", "style")

    def __init__(self, where: str) -> None:
        super().__init__()
        self.where, self.open = where, list[tuple[str, bool]]()  # each tag, and whether it is for ears alone
        self.faults, self.shown = list[str](), set[str]()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in self.VOID:
            self.open.append((tag, "ck-sr" in (dict(attrs).get("class") or "").split()))
        self.faults += [f"{self.where}: <{tag} {name}>" for name, _value in attrs if HANDLERS.match(name)]

    def handle_endtag(self, tag: str) -> None:
        if tag in [name for name, _for_ears in self.open]:
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        here = [last for last in LASTS if last in data]
        around = {name for name, _for_ears in self.open}
        self.shown |= set(here)
        if here and "title" in around:
            self.faults.append(f"{self.where}: a name in the title")
        elif here and not around & {"bdi", *self.PLAIN} and not any(for_ears for _name, for_ears in self.open):
            self.faults.append(f"{self.where}: <{self.open[-1][0]}> {data.strip()[:60]!r} outside <bdi>")


def test_what_nobody_sees_is_refused_in_words_beside_its_field(
    page: Page, live_server: Any, signed_in: World, quiet_console: list[str]
) -> None:
    page.goto(f"{live_server.url}/courses/new/", timeout=20_000)
    for text in HIDDEN:
        for field, typed in {"first_name": "Ana", "last_name": text, "birth_date": "3/7/84"}.items():
            page.fill(f"#{field}", typed)
        page.fill("#phone", "555 010 4711")
        page.press("#phone", "Enter")
        expect(page.locator("#last_name-fault")).to_have_text("The last name holds a character that can't be printed.")
        page.fill("#last_name", "")  # nobody is taken for somebody who was typed before

    assert not Patient.objects.filter(first_name="Ana").exists()


def test_a_name_is_text_on_every_page_and_runs_pushes_and_tells_nothing(
    page: Page,
    live_server: Any,
    signed_in: World,
    clock: Any,
    quiet_console: list[str],
    tmp_path: Path,
) -> None:
    made = everything.build(signed_in, clock, NAMES)
    client = everything.sign_in(made)
    page.set_default_timeout(15_000)
    walk = [*everything.pages(made, client)]
    shown, faults, wide = set[str](), list[str](), list[str]()
    for each in walk:
        reader = Reader(each.path)
        reader.feed(each.answer.content.decode())
        shown, faults = shown | reader.shown, faults + reader.faults
        if reader.shown:
            page.goto(live_server.url + each.path)
            wide += [f"{each.path} at {width}" for width in (360, 1440) if _sticks_out(page, width)]
            assert not page.evaluate("'pwned' in window"), each.path

    assert faults + wide == []
    assert shown == set(LASTS)
    call_command("print_day", "--site", signed_in.site.slug, "--out", str(tmp_path), stdout=io.StringIO())
    page.goto("about:blank")  # a file has no server to say what may run in it
    page.set_content(next(tmp_path.glob(f"{signed_in.site.slug}*.html")).read_text(encoding="utf-8"))
    assert _names_missing(page) == []


def test_a_name_is_text_in_what_comes_to_the_board_by_doing(
    page: Page, live_server: Any, signed_in: World, clock: Any, quiet_console: list[str]
) -> None:
    made = everything.build(signed_in, clock, NAMES)
    page.goto(live_server.url, timeout=20_000)
    assert _names_missing(page) == []
    for visit, (first, last) in zip(made.today, NAMES, strict=False):
        page.locator(f"#visit-{visit.pk} [data-open]").click()
        expect(page.locator("[data-panel] h1 bdi")).to_have_text(f"{first} {last}")
        page.keyboard.press("Escape")
    page.set_viewport_size({"width": 360, "height": 780})
    page.locator(f"#visit-{made.today[2].pk} [data-verb=arrive]").first.click()
    expect(page.locator(".ck-toast")).to_contain_text("is here.")
    assert not page.evaluate(axe.STICKS_OUT)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.keyboard.press("Control+k")
    page.keyboard.type("onload")
    expect(page.locator("#palette-found bdi").first).to_contain_text(NAMES[0][1])
    page.keyboard.press("Escape")
    assert not page.evaluate("'pwned' in window")


def _sticks_out(page: Page, width: int) -> bool:
    page.set_viewport_size({"width": width, "height": 800})
    return bool(page.evaluate(axe.STICKS_OUT))


def _names_missing(page: Page) -> list[str]:
    """Return the names that can't be read on a page as they are written."""
    read = page.evaluate("[...document.querySelectorAll('bdi')].map((name) => name.textContent)")
    return [last for _first, last in NAMES if not any(text.startswith(last) for text in read)]
