"""Shapes that go in: strict, because a machine's mistake repeats itself."""

from typing import Any

from rest_framework import serializers

from clinic import access
from clinic.domain.permissions import Permission
from clinic.errors import Malformed
from clinic.models import Site
from scheduling.domain import local_time


class Strict(serializers.Serializer[Any]):
    """A serializer that refuses what it does not know."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError(dict.fromkeys(unknown, "There is no such field."))
        return super().to_internal_value(data)


class WallTime(serializers.Field[int, Any, str, Any]):
    """A time of day at the site, such as 08:30; minutes after midnight inside."""

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, str):
            raise serializers.ValidationError("Send a time of day as text, like 08:30.")
        try:
            return local_time.parse_wall(data)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error

    def to_representation(self, value: int) -> str:
        return f"{value // 60:02}:{value % 60:02}"


def site_of(user: Any, named: Any, permission: Permission) -> Site:
    """Return the site a body names by slug or id; without a name the person's first.

    :raises Malformed: neither text nor a number.
    :raises NotFound: unknown or hidden.
    :raises NotAllowed: the person lacks the permission there.
    """
    if named is None:
        return access.site(user, None, permission)
    if isinstance(named, bool) or not isinstance(named, int | str):
        raise Malformed("Name the site by its slug or number.", fields={"site": "unreadable"})
    if str(named).isdecimal() and len(str(named)) < 19:
        return access.membership(user, int(named), permission).site
    return access.site(user, str(named), permission)
