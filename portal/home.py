"""The first page of a link: the next visit, one tap to say yes, and the way to everything else."""

from django.http import HttpRequest, HttpResponse

from portal import changing, offers, show
from portal.pages import Visitor, page
from portal.pages import show as shown


@page()
def first(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the next visit and what can be done about it."""
    context = {"is_home": True, **show.home(visitor), **changing.said(request, visitor)}
    context["offers"] = told = offers.shown(request, visitor)
    if told["taken"]:
        context["own" if context["step"] else "did"] = told["said"]
    return shown(request, visitor, "portal/home.html", context)


@page()
def visits(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show all coming visits, each with the way to change it."""
    return shown(request, visitor, "portal/visits.html", show.visits(visitor))
