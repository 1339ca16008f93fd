"""Two rules for every request: nobody gets in unsigned, and no answer with a patient in it is ever cached."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode

# Pages that stand before the door: sign in, health, static files, the API, which answers 401 by itself, and the
# providers' call-backs, which are signed. Links in messages are keys themselves.
PUBLIC = re.compile(r"^/(accounts/|livez$|readyz$|metrics$|static/|api/|hooks/|u/|v/)")

Answer = Callable[[HttpRequest], HttpResponse]


class PrivateAnswers:
    """Forbid caching of everything but static files."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith("/static/"):
            # no-cache lets the board be revalidated (304); no-store keeps it off the disk.
            response.headers.setdefault("Cache-Control", "private, no-cache, no-store")
        return response


class SignInRequired:
    """Send anybody without a session to the sign-in page; an htmx request is told to go there as a whole page."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated or PUBLIC.match(request.path):
            return self.get_response(request)
        target = f"/accounts/login/?{urlencode({'next': request.path})}"
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": target})
        return redirect(target)
