"""The page behind an invitation's link: choose a password, once. Nobody is signed in here."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clinic import clock, staff_actions
from clinic.errors import Rejected


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, ticket: str) -> HttpResponse:
    """Let somebody who was invited choose a password. Looking tells nothing, not even whether the link still holds."""
    refusal = None
    if request.method == "POST":
        try:
            staff_actions.join(ticket=ticket, password=request.POST.get("password", ""), now=clock.now())
        except Rejected as error:
            refusal = error
        else:
            return redirect(f"{reverse('account_login')}?joined=1")
    return render(request, "account/join.html", {"refusal": refusal}, status=refusal.status if refusal else 200)
