"""Where a person goes after a deed that belongs to no page of its own."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def back(request: HttpRequest) -> str:
    """Return the address a form came from: what its field `back` says, never another site."""
    wanted = request.POST.get("back", "/")
    return wanted if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else "/"
