"""The cards of a day, drawn in Python because there are many of them."""

from django import template
from django.utils.safestring import SafeString

from frontdesk import draw
from frontdesk.draw import Pen
from frontdesk.show_visits import VisitCard

register = template.Library()


@register.simple_tag
def card(visit: VisitCard, pen: Pen) -> SafeString:
    """Return a visit's card on the board."""
    return draw.card(visit, pen)


@register.simple_tag
def item(visit: VisitCard, pen: Pen) -> SafeString:
    """Return a visit's line in the list."""
    return draw.item(visit, pen)
