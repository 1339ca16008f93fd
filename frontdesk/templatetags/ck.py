"""The tags every template needs: an icon from the sprite, and a name as this person wants to see names."""

from functools import cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from frontdesk.show_names import short_name

register = template.Library()


@register.simple_tag
@cache
def icon(name: str, size: str = "") -> SafeString:
    """Return an icon; the word beside it carries the meaning, so it is hidden from screen readers."""
    return format_html(
        '<svg class="ck-i {}" viewBox="0 0 24 24" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        size,
        static("frontdesk/icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def short(context: dict[str, Any], last: str, first: str) -> SafeString:
    """Return `Garcia, M.`, or initials in privacy mode, kept apart from the text around it in any script."""
    return format_html("<bdi>{}</bdi>", short_name(last, first, is_private=context.get("is_private", False)))
