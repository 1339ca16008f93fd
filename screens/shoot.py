"""Pictures of every screen, from the demo clinic at one instant: the same command makes the same pictures.

`python -m screens.shoot [--only S01] [--variant phone] [--format png] [--out docs/screens]`. Each screen on a desk, on
a phone, in the dark and printed; each of these four looks at a clinic of its own, two at a time.
"""

import argparse
import base64
import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

import testkit
from clinic import demo
from screens import deeds
from screens.scenes import IN_README, NEW, SCENES, Scene

ROOT = Path(__file__).resolve().parent.parent
CLOCK = "2026-11-24T14:42:00+00:00"  # 9:42am at Riverside, a Tuesday
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
VARIANTS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": DESK},
    "phone": {"viewport": PHONE, "is_mobile": True, "has_touch": True},
    "dark": {"viewport": DESK, "color_scheme": "dark"},
    "print": {"viewport": {"width": 816, "height": 1056}},  # Letter at 96 dots an inch
}
FLAGS = [*testkit.BROWSER_FLAGS, "--hide-scrollbars", "--font-render-hinting=none"]
QUALITY, FINE = 18, 72  # of a WebP: there are many; those of the README are looked at closely
QUIET = 250  # milliseconds in which a page asks for what it shows later
LONGEST = 1056  # of a printed page: its first sheet


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: which scenes, how they are kept, where."""

    scenes: list[Scene]
    format: str
    out: Path


def main() -> None:
    """Seed the demo, serve it once for each look, and take the pictures asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="screens whose name begins so")
    parser.add_argument("--variant", choices=VARIANTS, help="only this look")
    parser.add_argument("--format", choices=("webp", "png"), default="webp")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screens")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    scenes = sorted((s for s in SCENES if s.name.startswith(options.only)), key=lambda scene: scene.changes)
    order, began = Order(scenes, options.format, options.out), time.monotonic()
    seeded = _seeded()
    variants = [options.variant] if options.variant else list(VARIANTS)
    with ThreadPoolExecutor(max_workers=2) as pool:
        missed = [name for names in pool.map(lambda variant: _look(variant, order, seeded), variants) for name in names]
    print(f"{len(variants) * len(scenes) - len(missed)} pictures in {time.monotonic() - began:.0f} s")
    if missed:
        raise SystemExit(f"Not taken: {', '.join(missed)}")


def _seeded() -> Path:
    """Return a folder that holds the demo clinic, and one that was opened a minute ago."""
    folder = testkit.temporary_folder()
    person = ["create_staff", deeds.NEW_MANAGER, "--role", "manager", "--create-site", "Hillside Clinic"]
    _manage(folder, ["migrate"])
    _manage(folder, ["seed_demo", "--seed", "1"])
    _manage(folder, ["plan_messages"])
    _manage(folder, [*person, "--name", "Nora Quist", "--password-stdin"], said=demo.PASSWORD)
    return folder


def _manage(folder: Path, command: list[str], said: str = "") -> None:
    run = [sys.executable, "manage.py", *command]
    subprocess.run(run, cwd=ROOT, env=_facts(folder), check=True, stdout=subprocess.DEVNULL, input=said.encode())


def _facts(folder: Path) -> dict[str, str]:
    facts = os.environ | {"DATA_DIR": str(folder), "TEST_CLOCK": CLOCK, "LOG_LEVEL": "ERROR", "PYTHONPATH": str(ROOT)}
    for name in ("DATABASE_URL", "REDIS_URL"):
        facts.pop(name, None)
    return facts


@contextlib.contextmanager
def _served(seeded: Path) -> Iterator[str]:
    """Serve a copy of the clinic for as long as one look at it takes."""
    folder, port = testkit.temporary_folder(), testkit.free_port()
    shutil.copytree(seeded, folder, dirs_exist_ok=True)
    server = [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}", "config.wsgi:application"]
    with subprocess.Popen(
        server, cwd=ROOT, env=_facts(folder), stderr=subprocess.DEVNULL, preexec_fn=testkit.die_with_parent
    ) as running:
        try:
            testkit.wait_until(lambda: testkit.accepts(port), "The server", seconds=60)
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()


def _look(variant: str, order: Order, seeded: Path) -> list[str]:
    """Take the pictures of one look, and return the names of those that could not be taken."""
    missed = []
    with _served(seeded) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=testkit.find_browser(), args=FLAGS)
        given = {"base_url": address, "reduced_motion": "reduce", "locale": "en-US"} | VARIANTS[variant]
        people: dict[str, BrowserContext] = {}
        for scene in order.scenes:
            name = f"{scene.name}-{variant}"
            try:
                _take(_somebody(browser, scene, given, people), scene, variant, order.out / f"{name}.{order.format}")
                print(name, flush=True)
            except BrowserError as error:
                missed.append(name)
                print(f"{name}: {error}", file=sys.stderr, flush=True)
        browser.close()
    return missed


def _somebody(
    browser: Browser, scene: Scene, given: dict[str, Any], people: dict[str, BrowserContext]
) -> BrowserContext:
    """Return the browser of whoever looks; they sign in once, unless the scene leaves its mark on them."""
    if scene.role in people and not scene.changes:
        return people[scene.role]
    context = people[scene.role] = browser.new_context(**given)
    context.set_default_timeout(30_000)
    if scene.role:
        page = context.new_page()
        deeds.sign_in(page, deeds.NEW_MANAGER if scene.role == NEW else f"{scene.role}@demo.example")
        page.close()
    return context


def _take(context: BrowserContext, scene: Scene, variant: str, file: Path) -> None:
    page = context.new_page()
    try:
        page.goto(scene.path)
        scene.act(page)
        _settle(page)
        if variant == "print":
            page.emulate_media(media="print")
        quality = FINE if file.stem in IN_README else QUALITY
        file.write_bytes(_picture(page, file.suffix[1:], quality, is_whole=variant == "print"))
    finally:
        page.close()


def _settle(page: Page) -> None:
    """Wait until no answer is on its way; take the pointer and the blinking caret out of the picture."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(QUIET)
    page.wait_for_selector(".htmx-request", state="detached")
    page.wait_for_timeout(QUIET)
    page.evaluate("document.activeElement?.style.setProperty('caret-color', 'transparent')")
    page.evaluate("document.fonts.ready")


def _picture(page: Page, kind: str, quality: int, *, is_whole: bool) -> bytes:
    """Return what a page looks like, all of it or what is in sight; Playwright itself writes no WebP."""
    asked: dict[str, Any] = {"format": kind}
    if kind == "webp":
        asked["quality"] = quality
    if is_whole:
        width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, LONGEST), "scale": 1}
        asked |= {"captureBeyondViewport": True, "clip": clip}
    taken: dict[str, str] = page.context.new_cdp_session(page).send("Page.captureScreenshot", asked)
    return base64.b64decode(taken["data"])


if __name__ == "__main__":
    main()
