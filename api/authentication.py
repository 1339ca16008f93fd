"""Who a machine speaks for: a token in the header, its digest in the database."""

from typing import TYPE_CHECKING, Any

from rest_framework import authentication, exceptions

from clinic import actions, queries

if TYPE_CHECKING:  # the framework loads this module while it is itself half loaded
    from rest_framework.request import Request


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Token …`, made by `manage.py create_token`."""

    def authenticate(self, request: "Request") -> tuple[Any, None] | None:
        kind, _space, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "token" or not token.strip():
            return None
        user = queries.token_owner(digest=actions.token_digest(token.strip()))
        if user is None:
            raise exceptions.AuthenticationFailed("This token is not in force.")
        return user, None

    def authenticate_header(self, request: "Request") -> str:
        return "Token"
