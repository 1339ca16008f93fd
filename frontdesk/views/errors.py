"""Pages for the moments something is in the way."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is out of date: nothing was saved, reload and send it again."""
    return render(request, "frontdesk/errors/stale_form.html", status=403)
