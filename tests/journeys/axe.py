"""What axe says about a page as it stands, light and dark, on a phone and on a desk, without loading it again."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

RESULTS = {"resultTypes": ["violations"]}
AXE: dict[str, Any] = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], **RESULTS}
PHONE, DESK = (360, 780), (1440, 900)
SETTLED = 500  # milliseconds
SIZES, SCHEMES = (PHONE, DESK), ("light", "dark")
# The page may be wider than the window in no way that scrolls.
STICKS_OUT = "document.documentElement.scrollWidth > window.innerWidth"

# The colours of another scheme come by a transition: what axe reads half way is nobody's colour.
STILL = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important; }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"

# What another scheme can change: colours alone.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}, **RESULTS}


def faults(page: Page, options: dict[str, Any] = AXE) -> list[str]:
    """Return what axe finds, each with the first place it finds it at."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate("(options) => axe.run(options)", options)["violations"]
    return [f"{violation['id']}: {violation['nodes'][0]['target'][0]}" for violation in found]


def look(page: Page, where: str) -> dict[str, list[str]]:
    """Return what is wrong with the page as it stands in any scheme and size, and where it sticks out."""
    size, found = page.viewport_size, {}
    page.evaluate(STILL)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.evaluate(PAINTED)
            said = faults(page, AXE if scheme == "light" else COLOURS)
            if said:  # a busy machine paints late: what stays wrong is wrong
                page.wait_for_timeout(SETTLED)
                said = faults(page, AXE if scheme == "light" else COLOURS)
            said += ["sticks out"] if page.evaluate(STICKS_OUT) else []
            found[f"{where}, {width} px, {scheme}"] = said
    page.emulate_media(color_scheme="no-override")  # type: ignore[arg-type]
    if size is not None:
        page.set_viewport_size(size)
    return {state: said for state, said in found.items() if said}


def clean(page: Page, where: str) -> None:
    """Assert that the page as it stands has no fault in either scheme and size, and that nothing sticks out."""
    assert look(page, where) == {}
