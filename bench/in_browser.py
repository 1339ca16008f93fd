"""What one receptionist sees in a real browser while the clinic is full."""

import statistics
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, sync_playwright

import testkit

CLICKS, OPENINGS = 30, 40
# From the press to the frame after the card looks different.
_CLICK = """
async (id) => {
  const card = () => document.getElementById(id);
  const before = card().querySelector('.ck-state').textContent;
  const button = card().querySelector('[data-verb]');
  const start = performance.now();
  button.click();
  return await new Promise((done) => {
    const look = () => {
      const now = card()?.querySelector('.ck-state');
      if (now && now.textContent !== before) requestAnimationFrame(() => done(performance.now() - start));
      else if (performance.now() - start > 5000) done(5000);
      else requestAnimationFrame(look);
    };
    look();
  });
}
"""
_PALETTE = """
async () => {
  const start = performance.now();
  document.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, bubbles: true }));
  return await new Promise((done) => {
    const look = () => {
      const found = document.querySelector('#palette [role=option]:not([hidden])');
      if (found) requestAnimationFrame(() => done(performance.now() - start));
      else if (performance.now() - start > 5000) done(5000);
      else requestAnimationFrame(look);
    };
    look();
  });
}
"""


def measure(port: int, cookie: str, goal: Callable[..., None]) -> None:
    """Print the page's weight, and what a status click and the palette take."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=testkit.find_browser(), args=["--headless", "--no-sandbox"]
        )
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        url = f"http://127.0.0.1:{port}"
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])
        page = context.new_page()
        _weight(page, url, goal)
        nodes = page.evaluate("document.querySelectorAll('*').length")
        goal("nodes of the page", nodes, 3500, unit="")
        ids = page.evaluate(
            "[...document.querySelectorAll('.ck-visit:has([data-verb=arrive])')].map((card) => card.id)"
        )
        clicks = [float(page.evaluate(_CLICK, card)) for card in ids[:CLICKS]]
        goal(f"status click to repaint, p95 of {len(clicks)}", _p95(clicks), 150)
        openings = [_palette(page) for _turn in range(OPENINGS)]
        goal(f"palette, key to first results, p95 of {OPENINGS}", _p95(openings), 100)
        first, median = openings[0], statistics.median(openings)
        click = statistics.median(clicks)
        print(f"  medians: click {click:.0f} ms, palette {median:.0f} ms; its first opening {first:.0f} ms")
        browser.close()


def _palette(page: Page) -> float:
    spent = float(page.evaluate(_PALETTE))
    page.keyboard.press("Escape")
    return spent


def _weight(page: Page, url: str, goal: Callable[..., None]) -> None:
    """Load the board cold and add up what came over the line: bodies as they were packed, without headers."""
    line: Any = page.context.new_cdp_session(page)
    line.send("Network.enable")
    sizes: dict[str, float] = {}
    line.on("Network.responseReceived", lambda event: sizes.update([_size(event["response"])]))
    page.goto(f"{url}/", wait_until="networkidle")
    own = sum(size for at, size in sizes.items() if "/static/frontdesk/" in at and at.endswith(".js"))
    goal("page, compressed", sum(sizes.values()) / 1000, 250, unit="kB")
    goal("own JavaScript, compressed", own / 1000, 30, unit="kB")
    goal("its HTML, compressed", sizes[f"{url}/"] / 1000, 40, unit="kB")


def _size(response: dict[str, Any]) -> tuple[str, float]:
    headers = {name.lower(): value for name, value in response["headers"].items()}
    return response["url"], float(headers.get("content-length", 0))


def _p95(ms: list[float]) -> float:
    return sorted(ms)[len(ms) * 95 // 100]
