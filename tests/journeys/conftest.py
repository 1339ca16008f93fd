"""A real browser, strict about the console: a word from the Content-Security-Policy fails the test."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page

from tests.factories import World

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
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
        "executable_path": os.environ.get("CHROMIUM", "/usr/bin/chromium"),
        "args": FLAGS,
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}


@pytest.fixture
def quiet_console(page: Page) -> Iterator[list[str]]:
    """Collect what the console complains about; anything fails the test. A refusal on purpose (4xx) is not one."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield said
    assert [text for text in said if not text.startswith(MEANT)] == []


@pytest.fixture
def signed_in(context: BrowserContext, live_server: Any, live_world: World, clock: Any) -> World:
    """The receptionist, signed in."""
    sign_in(context, live_server, live_world)
    context.set_default_timeout(5000)
    return live_world


def sign_in(context: BrowserContext, live_server: Any, world: World) -> None:
    client = Client()
    client.force_login(world.receptionist)
    cookie = client.cookies["sessionid"]
    context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])


COUNT = """
window.interactions = Number(sessionStorage.getItem('interactions') || 0);
const count = () => { window.interactions += 1; sessionStorage.setItem('interactions', window.interactions); };
document.addEventListener('click', (event) => {
  // Enter in a field clicks the form's button, a label clicks its box: one deed, counted once.
  const typed = event.target.closest('input[type=text], input:not([type]), input[type=search]');
  if (event.isTrusted && event.detail > 0 && !typed) count();
}, true);
document.addEventListener('change', (event) => {
  if (event.target.matches('input:not([type=checkbox]):not([type=radio]), select, textarea')) count();
}, true);
document.addEventListener('keydown', (event) => {
  const typing = event.target.closest && event.target.closest('input, select, textarea');
  if ((!typing && event.key !== 'Tab') || (typing && (event.key === 'Enter' || event.key === ' '))) count();
}, true);
"""


@pytest.fixture
def interactions(page: Page) -> Callable[[], int]:
    """Count clicks, keys and completed fields, across pages (screens.md 2.1)."""
    page.add_init_script(COUNT)
    return lambda: int(page.evaluate("window.interactions"))
