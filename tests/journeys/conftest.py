"""A real browser, strict about the console: a word from the Content-Security-Policy fails the test."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

import testkit
from tests.factories import World

PATIENCE = 12_000  # milliseconds: two halves of the suite share the machine, and no way is a measure of speed
expect.set_options(timeout=PATIENCE)
FLAGS = [
    *testkit.BROWSER_FLAGS,
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Refusals a test asks for, and requests the page itself replaced by a newer one (hx-sync).
MEANT = (
    "Failed to load resource: the server responded with a status of 4",
    "Response Status Error Code 4",
    "htmx:afterRequest",
    "htmx:sendAbort",
)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_type_launch_args,
        "executable_path": testkit.find_browser(),
        "args": FLAGS,
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}


@pytest.fixture(autouse=True)
def quiet_console(context: BrowserContext) -> Iterator[list[str]]:
    """Collect what the console of any page complains about; all but a refusal on purpose fails the test."""
    said: list[str] = []
    listen(context, said)
    yield said
    assert [text for text in said if not text.startswith(MEANT)] == []


def listen(context: BrowserContext, said: list[str]) -> None:
    """Note what the pages of a context complain about: for a second person's browser, too."""
    context.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    context.on("weberror", lambda error: said.append(str(error.error)))


@pytest.fixture(autouse=True)
def patient_hands(context: BrowserContext) -> None:
    """Let keys wait for a page that is still coming, as hands do: what hears them comes with the page's scripts."""
    context.on("page", wait_before_keys)


def wait_before_keys(page: Page) -> None:
    press, type_ = page.keyboard.press, page.keyboard.type

    def pressed(key: str, **how: Any) -> None:
        page.wait_for_load_state()
        press(key, **how)

    def typed(text: str, **how: Any) -> None:
        page.wait_for_load_state()
        type_(text, **how)

    vars(page.keyboard).update(press=pressed, type=typed)


class UnderWay:
    """The requests the live server is still working on."""

    def __init__(self) -> None:
        self._lock, self._number = threading.Lock(), 0
        request_started.connect(self._began)
        request_finished.connect(self._ended)

    def is_over(self) -> bool:
        return self._number <= 0

    def _began(self, **_facts: Any) -> None:
        with self._lock:
            self._number += 1

    def _ended(self, **_facts: Any) -> None:
        with self._lock:
            self._number -= 1


@pytest.fixture(scope="session")
def under_way() -> UnderWay:
    return UnderWay()


@pytest.fixture(autouse=True)
def everybody_leaves(transactional_db: None, browser: Browser, under_way: UnderWay) -> Iterator[None]:
    """Close the pages before the tables are emptied: what they still ask for and the emptying wait for each other."""
    yield
    for context in browser.contexts:
        for page in context.pages:
            page.close()
    testkit.wait_until(under_way.is_over, "the last answer", seconds=15)


@pytest.fixture
def signed_in(context: BrowserContext, live_server: Any, live_world: World, clock: Any) -> World:
    """The receptionist, signed in."""
    sign_in(context, live_server, live_world)
    context.set_default_timeout(PATIENCE)
    return live_world


def sign_in(context: BrowserContext, live_server: Any, world: World) -> None:
    client = Client()
    client.force_login(world.receptionist)
    cookie = client.cookies["sessionid"]
    context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])


COUNT = """
window.interactions = Number(sessionStorage.getItem('interactions') || 0);
const count = () => { window.interactions += 1; sessionStorage.setItem('interactions', window.interactions); };
const MODIFIERS = ['Control', 'Shift', 'Alt', 'Meta', 'AltGraph', 'CapsLock'];
let from = null;
document.addEventListener('pointerdown', (event) => { from = [event.clientX, event.clientY]; }, true);
document.addEventListener('pointerup', (event) => {
  // What is dragged somewhere else is one deed; no click comes of it, or one that says nothing new.
  if (from && Math.hypot(event.clientX - from[0], event.clientY - from[1]) > 5) count();
}, true);
document.addEventListener('click', (event) => {
  // Enter in a field clicks the form's button, a label clicks its box: one deed, counted once.
  const typed = event.target.closest('input[type=text], input:not([type]), input[type=search]');
  const moved = from && Math.hypot(event.clientX - from[0], event.clientY - from[1]) > 5;
  const box = event.target.closest('label')?.control;
  const echoes = box && box !== event.target && box.matches('[type=checkbox], [type=radio]');
  if (event.isTrusted && event.detail > 0 && !typed && !moved && !echoes) count();
}, true);
document.addEventListener('change', (event) => {
  if (event.target.matches('input:not([type=checkbox]):not([type=radio]), select, textarea')) count();
}, true);
document.addEventListener('keydown', (event) => {
  // A chord is one key, a key held down is one, going from field to field is none.
  if (event.repeat || MODIFIERS.includes(event.key)) return;
  const typing = event.target.closest && event.target.closest('input, select, textarea');
  const isDeed = event.ctrlKey || event.metaKey || ['Enter', 'Escape'].includes(event.key);
  const ticks = event.key === ' ' && typing?.matches('[type=checkbox], [type=radio]');
  if (typing ? isDeed || ticks : event.key !== 'Tab') count();
}, true);
"""


@pytest.fixture
def interactions(page: Page) -> Callable[[], int]:
    """Count clicks, keys and completed fields, across pages (screens.md 2.1)."""
    page.add_init_script(COUNT)
    return lambda: int(page.evaluate("window.interactions"))
