"""What the frame around every page shows."""

from typing import Any

from django.http import HttpRequest

from clinic import queries
from clinic.domain.permissions import ALLOWED, Permission, Role

THEMES = (("auto", "Auto"), ("light", "Light"), ("dark", "Dark"))
SETTLE = (("arrive", "Came"), ("no-show", "No-show"))


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return theme, initials, the person's sites and what they may do anywhere; nothing before sign-in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"theme": "auto", "is_demo": queries.demo_staff_exists()}
    memberships = queries.memberships_of(user)
    held = {permission for m in memberships for permission in ALLOWED[Role(m.role)]}
    return {
        "theme": user.theme,
        "me": user,
        "my_initials": "".join(part[0] for part in user.name.split()[:2]).upper(),
        "my_sites": [m.site for m in memberships],
        "may": {permission.value for permission in held},
        "may_book": Permission.BOOK_COURSE in held,
        "may_record": Permission.RECORD_ATTENDANCE in held,
        "themes": THEMES,
        "settle": SETTLE,
    }
