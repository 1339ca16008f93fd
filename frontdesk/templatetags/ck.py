"""The one tag every template needs: an icon from the sprite."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """Return an icon; the word beside it carries the meaning, so it is hidden from screen readers."""
    return format_html(
        '<svg class="ck-i {}" viewBox="0 0 24 24" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        size,
        static("frontdesk/icons.svg"),
        name,
    )
