"""Pages for the moments something is in the way: what happened, then what to do."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clinic.errors import Rejected

_HEADINGS = {
    400: "That request doesn't fit",
    403: "Not part of your role",
    404: "Nothing here",
    409: "Somebody was quicker",
    412: "This changed meanwhile",
    422: "That isn't possible",
    503: "Busy for a moment",
}
_HEADING_OF = {"gate_red": "Not yet"}


def refusal(request: HttpRequest, error: Rejected) -> HttpResponse:
    """Show a refusal: as a notice on the page for htmx, as a page of its own otherwise."""
    htmx = request.headers.get("HX-Request")
    name = "frontdesk/errors/_notice.html" if htmx else "frontdesk/errors/page.html"
    heading = _HEADING_OF.get(error.code) or _HEADINGS.get(error.status, "That didn't work")
    context = {"heading": heading, "message": error.message}
    response = render(request, name, context, status=error.status)
    if htmx:
        response["HX-Retarget"], response["HX-Reswap"] = "#toast", "innerHTML"
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
    context = {"heading": _HEADINGS[400], "message": "Go back and try again."}
    return render(request, "frontdesk/errors/page.html", context, status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere."""
    context = {
        "heading": _HEADINGS[404],
        "message": "The address leads nowhere, or to something you may not see.",
    }
    return render(request, "frontdesk/errors/page.html", context, status=404)


def crashed(request: HttpRequest) -> HttpResponse:
    """Answer a mistake of ours, without a word about what was in it."""
    return render(request, "frontdesk/errors/crashed.html", status=500)
