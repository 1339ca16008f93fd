"""What people do on a screen before its picture is taken."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route

from clinic import demo

BORN = re.compile(r"([A-Z][a-z]{2}) (\d{1,2}), (\d{4})")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
Deed = Callable[[Page], None]
NEW_MANAGER = "new@demo.example"  # of a clinic that was opened a minute ago
SEND = """([action, fields]) => {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action });
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  for (const [name, value] of Object.entries({ ...fields, csrfmiddlewaretoken: token })) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}"""


def look(page: Page) -> None:
    """Take the page as it comes."""


def chain(*deeds: Deed) -> Deed:
    """Return one deed: each after the other."""

    def do(page: Page) -> None:
        for deed in deeds:
            deed(page)

    return do


def go(selector: str) -> Deed:
    """Go where the first link of that kind leads, seen or not: a phone shows less than a desk."""

    def do(page: Page) -> None:
        here = urlsplit(page.url)
        target = page.locator(selector).first.get_attribute("href") or ""
        page.goto(here.path + target if target.startswith("?") else target)

    return do


def click(selector: str) -> Deed:
    """Click the first of that kind."""
    return lambda page: page.locator(selector).first.click()


def press(*keys: str) -> Deed:
    """Press keys, one after the other."""

    def do(page: Page) -> None:
        for key in keys:
            page.keyboard.press(key)

    return do


def write(text: str) -> Deed:
    """Type where the focus is."""
    return lambda page: page.keyboard.type(text)


def see(selector: str) -> Deed:
    """Wait until the first of that kind is there."""
    return lambda page: page.locator(selector).first.wait_for()


def focus(selector: str) -> Deed:
    """Put the focus on the first of that kind."""
    return lambda page: page.locator(selector).first.focus()


def scroll_to(selector: str) -> Deed:
    """Bring the first of that kind under the bar at the top."""
    return lambda page: page.locator(selector).first.evaluate(
        "(e) => scrollTo(0, e.getBoundingClientRect().top + scrollY - 72)"
    )


def fill(**fields: str) -> Deed:
    """Fill fields, each named by its id."""

    def do(page: Page) -> None:
        for name, text in fields.items():
            page.fill(f"#{name}", text)

    return do


def send(action: str, **fields: str) -> Deed:
    """Send a form, as a button of another page would."""

    def do(page: Page) -> None:
        with page.expect_navigation():
            page.evaluate(SEND, [action, fields])

    return do


def sign_in(page: Page, email: str) -> None:
    """Sign in as somebody of the demo."""
    page.goto("/accounts/login/")
    page.fill("#id_login", email)
    page.fill("#id_password", demo.PASSWORD)
    page.click("button.primary")
    page.wait_for_url(lambda address: "/accounts/" not in address)


def somebody_was_quicker(page: Page) -> None:
    """Start a visit that the technician started a moment ago."""
    card = page.locator(":is(.ck-visit, .ck-item).is-here:has([data-verb=start])").first
    visit, here = f"#{card.get_attribute('id')}", urlsplit(page.url)
    browser = page.context.browser
    if browser is None:
        raise RuntimeError("A page has a browser while it is open.")
    page.route("**/*", lambda route: route.fulfill(status=304) if _asks_for_news(route) else route.fallback())
    theirs = browser.new_context(base_url=f"{here.scheme}://{here.netloc}")
    other = theirs.new_page()
    sign_in(other, "technician@demo.example")
    other.goto(f"{here.path}?{here.query}")
    with other.expect_response(lambda answer: answer.url.endswith("/start/")):  # the card shows it before
        other.locator(f"{visit} [data-verb=start]").first.click()
    theirs.close()
    page.focus(visit)
    page.keyboard.press("s")
    page.wait_for_selector("#clash [role=alert], [data-here] [role=alert]")


def _asks_for_news(route: Route) -> bool:
    return "x-poll" in route.request.headers


def drop_where_somebody_is(page: Page) -> None:
    """Put a visit down where somebody else is: it stays as a ghost, and what is near is offered."""
    page.click("[data-see-board]")
    page.wait_for_selector(".ck-ghost")
    for _five_minutes in range(30):
        page.keyboard.press("ArrowDown")
        if page.locator(".ck-ghost.bad").count():
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-beside] [data-alt='1']")


def read_as_its_patient(page: Page) -> None:
    """Open the page whose link the patient gets."""
    page.click("[data-panel] [data-text]")
    address = page.locator("#link-address").input_value()
    page.goto(urlsplit(address).path)


def on_their_page(path: str = "", *, is_checked: bool = True) -> Deed:
    """Open a page of the link of the patient whose panel is open; `is_checked`: after the birth date it shows."""

    def do(page: Page) -> None:
        born = BORN.search(page.locator("[data-panel]").inner_text())
        read_as_its_patient(page)
        home = urlsplit(page.url).path
        if not is_checked:
            page.goto(f"{home}{path}?lang=en")
            return
        assert born, "a panel says when its patient was born"
        page.goto(f"{home}check/?lang=en")
        for name, value in zip(("month", "day", "year"), _numbers(born), strict=True):
            page.fill(f"[name={name}]", value)
        page.click(".pt-yes")
        page.goto(f"/my/{path}?lang=en")

    return do


def _numbers(born: re.Match[str]) -> list[str]:
    return [str(MONTHS.index(born[1]) + 1), born[2], born[3]]


def lose_the_line(page: Page) -> None:
    """Cut the line, and wait until the board says so."""
    page.evaluate("document.querySelector('#day').dataset.staleAfter = 0")
    page.context.set_offline(True)
    page.evaluate("htmx.trigger('#day', 'look')")
    page.wait_for_selector("#stale button")
