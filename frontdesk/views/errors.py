"""Pages for the moments something is in the way: what happened, then what to do."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clinic import clock
from clinic.errors import Rejected
from frontdesk import show_parts


def refusal(request: HttpRequest, error: Rejected, more: dict[str, Any] | None = None) -> HttpResponse:
    """Show a refusal: where the hand is or as a notice for htmx, as a page of its own otherwise.

    `more`: what else the place prints, such as what lacks.
    """
    clash = show_parts.clash(request, error, clock.now())
    context = {"clash": clash, "heading": clash.what, "message": clash.why} | (more or {})
    if not request.headers.get("HX-Request"):
        response = render(request, "frontdesk/errors/page.html", context, status=error.status)
    else:
        name = "frontdesk/parts/_conflict.html" if clash.here else "frontdesk/errors/_notice.html"
        response = render(request, name, context, status=error.status)
        response["HX-Retarget"], response["HX-Reswap"] = clash.here or "#toast", "innerHTML"
    if error.status == 503:
        response["Retry-After"] = "2"
    return response


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is out of date: nothing was saved, reload and send it again."""
    context = {
        "heading": "This page is out of date",
        "message": "Nothing was saved. Reload the page and do it once more.",
    }
    return render(request, "frontdesk/errors/page.html", context, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request the framework refuses."""
    context = {"heading": "That request doesn't fit", "message": "Go back and try again."}
    return render(request, "frontdesk/errors/page.html", context, status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere."""
    context = {
        "heading": "Nothing here",
        "message": "The address leads nowhere, or to something you may not see.",
    }
    return render(request, "frontdesk/errors/page.html", context, status=404)


def crashed(request: HttpRequest) -> HttpResponse:
    """Answer a mistake of ours, without a word about what was in it."""
    return render(request, "frontdesk/errors/crashed.html", status=500)
