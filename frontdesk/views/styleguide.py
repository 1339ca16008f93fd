"""Every component in every state, for whoever builds or judges a screen: made-up people only."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from clinic.domain.permissions import Permission
from frontdesk import samples
from frontdesk.guard import needs


@require_GET
@needs(Permission.VIEW_DAY)
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show the parts that pages are made of."""
    context = {
        "page": "styleguide",
        "grounds": samples.GROUNDS,
        "accents": samples.ACCENTS,
        "inks": samples.INKS,
        "sizes": samples.SIZES,
        "spaces": samples.SPACES,
        "icons": samples.icons(),
        "cards": samples.cards(),
        "clashes": samples.clashes(),
        "menu": samples.menu(),
        "toasts": samples.toasts(),
        "dots": samples.dots(),
        "empties": [
            (
                "today",
                "No visits today",
                "The next day with visits is Wed Nov 25.",
                [("#", "Go to Wed Nov 25"), ("#", "Book a visit")],
            ),
            (
                "calendar-off",
                "Closed: Thanksgiving",
                "14 sessions were moved. Everyone has been told.",
                [("#", "See them")],
            ),
            ("done", "All clear", "Next thing due: 2 rides to confirm by 3pm.", []),
            ("message", "No messages yet", "First text: Sun Nov 22, 4pm.", []),
            ("hourglass", "No one is waiting", "Patients can ask from their link, or press L on any patient.", []),
        ],
    }
    return render(request, "frontdesk/styleguide.html", context)
