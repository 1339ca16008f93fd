"""What answers a deed done on a page: that page anew, with what happened and the way back."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from frontdesk import toasts
from frontdesk.toasts import Toast


def done(request: HttpRequest, url: str, toast: Toast) -> HttpResponse:
    """Leave a toast and show the page again; with scripts it is loaded anew where it stands."""
    toasts.leave(request, toast)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect(url)
