"""Journeys: a person's way through the product in a real browser."""

import pytest

pytest.register_assert_rewrite("tests.journeys.axe")
