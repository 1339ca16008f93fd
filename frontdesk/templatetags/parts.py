"""What the parts around every page ask for."""

from typing import Any

from django import template
from django.template.context import Context

from clinic import clock
from clinic.domain.permissions import Permission
from frontdesk import toasts
from frontdesk.show_held import HeldText, held_text
from frontdesk.toasts import Mine, Toast

register = template.Library()


@register.simple_tag(takes_context=True)
def left_toast(context: Context) -> Toast | None:
    """Return the toast left for this page, once."""
    request: Any = context["request"]
    return toasts.left(request) if hasattr(request, "session") else None


@register.simple_tag(takes_context=True)
def latest_deed(context: Context) -> Mine | None:
    """Return this person's latest deed as long as it can be taken back."""
    request: Any = context["request"]
    mine = toasts.latest(request) if hasattr(request, "session") else None
    return mine if mine and clock.now() - mine.at <= toasts.KEPT else None


@register.simple_tag(takes_context=True)
def remember(context: Context, toast: Toast) -> str:
    """Remember how the deed a toast tells of is taken back."""
    toasts.remember(context["request"], toast)
    return ""


@register.simple_tag(takes_context=True)
def held_of(context: Context, toast: Toast) -> HeldText | None:
    """Return what a patient is about to be told of the deed a toast tells of."""
    if toast.course_id is None:
        return None
    may_decide = Permission.BOOK_COURSE.value in (context.get("may") or ())
    return held_text(course_id=toast.course_id, may_decide=may_decide, now=clock.now())
