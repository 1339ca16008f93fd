"""What the frame around every page shows."""

from typing import Any

from django.http import HttpRequest

from clinic import lock, queries
from clinic.domain.permissions import ALLOWED, Permission, Role
from frontdesk import commands, keys

THEMES = (("auto", "Auto"), ("light", "Light"), ("dark", "Dark"))
SETTLE = (("arrive", "Came"), ("no-show", "No-show"))
SIGNED_OUT = {"theme": "auto", "is_private": False, "single_keys": "on", "lock_seconds": 0}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return theme, initials, the person's sites and what they may do anywhere; nothing before sign-in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return SIGNED_OUT | {"is_demo": queries.demo_staff_exists()}
    memberships = queries.memberships_of(user)
    held = {permission for m in memberships for permission in ALLOWED[Role(m.role)]}
    may = {permission.value for permission in held}
    return {
        "theme": user.theme,
        "me": user,
        "is_private": user.is_private,
        "lock_seconds": lock.minutes_of(user) * 60,
        "my_initials": "".join(part[0] for part in user.name.split()[:2]).upper(),
        "my_sites": [m.site for m in memberships],
        "may": may,
        "single_keys": "on" if user.single_keys else "off",
        "key_groups": keys.groups(may),
        "commands": commands.commands(may),
        "may_book": Permission.BOOK_COURSE in held,
        "may_record": Permission.RECORD_ATTENDANCE in held,
        "themes": THEMES,
        "settle": SETTLE,
    }
