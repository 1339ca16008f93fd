"""The browser of the tests itself."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error

pytestmark = [pytest.mark.journey, pytest.mark.once, pytest.mark.timeout(60)]


def test_a_page_closes_while_it_is_on_its_way_somewhere(context: BrowserContext, live_server: Any) -> None:
    for _turn in range(10):
        page = context.new_page()
        page.goto(live_server.url + "/sign-in/")
        with pytest.raises(Error, match="navigation"):
            page.evaluate("location.reload(), new Promise(() => {})")
        page.close()
