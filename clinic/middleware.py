"""Three rules: nobody gets in unsigned, a desk nobody sits at locks, no answer with a patient in it is ever cached."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from clinic import clock, lock

# Pages that stand before the door: sign in, health, static files, the API, which answers 401 by itself, and the
# providers' call-backs, which are signed. Links in messages are keys themselves.
PUBLIC = re.compile(r"^/(accounts/|livez$|readyz$|metrics$|static/|api/|hooks/|[uvcd]/|my/)")
# What a locked screen may still ask for: the page that opens it, the way out, and what shows no patient.
UNLOCKED = re.compile(
    r"^/(locked/$|me/lock/$|accounts/logout/$|livez$|readyz$|metrics$|static/|hooks/|u/|v/|my/|c/|d/)"
)
CLOSED = {
    "code": "locked",
    "message": "This session is locked. Unlock it in the browser, or use a token.",
    "fields": {},
    "alternatives": [],
}

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


class LockIdle:
    """Show nothing to a session nobody has touched for some minutes, until its person gives their password again."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated or UNLOCKED.match(request.path):
            return self.get_response(request)
        now = clock.now()
        if lock.is_over(request.session, now=now):
            return _locked(request)
        if _by_hand(request) or lock.TOUCHED not in request.session:
            lock.touch(request.session, user=user, now=now)
        return self.get_response(request)


def _by_hand(request: HttpRequest) -> bool:
    # A page asks for news by itself, always through htmx and never with a POST.
    is_api = request.path.startswith("/api/")
    return not is_api and (request.method == "POST" or not request.headers.get("HX-Request"))


def _locked(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse(CLOSED, status=403)
    target = f"/locked/?{urlencode(_way_back(request))}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return redirect(target)


def _way_back(request: HttpRequest) -> dict[str, str]:
    if request.method == "GET" and not request.headers.get("HX-Request"):
        return {"next": request.get_full_path()}
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    back = {"next": page if url_has_allowed_host_and_scheme(page, {request.get_host()}) else "/"}
    return back | {"unsaved": "1"} if request.method == "POST" else back
