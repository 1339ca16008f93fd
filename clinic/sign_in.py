"""How staff sign in: accounts are made by a manager or a command, never by signing up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Close the sign-up page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
