"""The last five records a person opened: only their numbers, in the session on the server."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

KEPT = 5
PAGES = {"patient": "patient_id", "course": "course_id", "visit": "session_id"}


def note(request: HttpRequest, response: HttpResponse, numbers: Mapping[str, Any]) -> None:
    """Note the record a page has just shown."""
    match = request.resolver_match
    kind = match.url_name if match else None
    if request.method != "GET" or response.status_code != 200 or kind not in PAGES:
        return
    latest = [kind, numbers[PAGES[kind]]]
    kept = request.session.get("recent", [])
    if not kept or kept[0] != latest:
        request.session["recent"] = [latest, *(old for old in kept if old != latest)][:KEPT]
