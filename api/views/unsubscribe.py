"""The stop link of an e-mail (RFC 8058): looking changes nothing, one POST without a login ends it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from clinic import clock
from patients import consent_actions, phones, stop_links

_WORDS = {
    "en": {
        "title": "E-mails about your visits",
        "ask": "Stop these e-mails?",
        "stays": "Your visits stay booked. Texts go on if you said yes to them.",
        "button": "Stop these e-mails",
        "done": "Done. You will get no more of these e-mails.",
        "call": "Questions? Call",
        "gone": "This link has ended. Call us and we will help you.",
    },
    "es": {
        "title": "Correos sobre sus visitas",
        "ask": "¿No quiere recibir más estos correos?",
        "stays": "Sus visitas no cambian. Los mensajes de texto siguen si usted los aceptó.",
        "button": "No recibir más",
        "done": "Listo. No recibirá más estos correos.",
        "call": "¿Dudas? Llame al",
        "gone": "Este enlace ya no sirve. Llámenos y le ayudamos.",
    },
}


@csrf_exempt  # a mail program has no form token; the address itself is the secret
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, and on POST end the e-mails of one purpose; a forged address is told nothing about anybody."""
    is_done = request.method == "POST"
    consent = consent_actions.end_by_link(token, now=clock.now()) if is_done else stop_links.find(token)
    if consent is None:
        return _page(request, {"words": _WORDS["en"], "spanish": _WORDS["es"], "is_gone": True}, status=404)
    site = consent.patient.site
    context = {
        "words": _WORDS[consent.patient.language],
        "language": consent.patient.language,
        "clinic": site.message_name,
        "phone": phones.readable(site.phone),
        "is_done": is_done,
    }
    return _page(request, context)


def _page(request: HttpRequest, context: dict[str, object], status: int = 200) -> HttpResponse:
    response = render(request, "api/unsubscribe.html", context, status=status)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
