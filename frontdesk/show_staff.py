"""Who works at a site, as set-up lists them; roles and skills in words."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clinic.domain.permissions import Role
from clinic.models import Membership, Site, StaffUser
from frontdesk.alarms import when
from frontdesk.show_settings import KINDS, ROLES, Field, kind_words, with_errors

_OPTIONS = tuple((role.value, words) for role, (words, _more) in ROLES.items())
_INVITING = (
    Field("email", "E-mail", kind="email", longest=254),
    Field("name", "Name", hint="As colleagues say it.", longest=80),
    Field("role", "Role", Role.FRONT_DESK.value, kind="select", options=_OPTIONS),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One person: what they may do, and whether they have come in yet."""

    pk: int
    name: str
    email: str
    role: str
    words: str
    is_in: bool
    is_me: bool


def lines_of(rows: Sequence[Membership], me: StaffUser, *, site: Site, now: dt.datetime) -> list[Line]:
    """Return who works here; whoever has not signed in since they were invited has not come in yet."""
    found = []
    for row in rows:
        seen = row.user.last_login
        is_in = row.user_id == me.pk or row.since is None or (seen is not None and seen >= row.since)
        words = f"Invited {when(site, row.since, now)}, not in yet" if row.since and not is_in else ""
        if not words and row.skills:
            words = ", ".join(kind_words(skill) for skill in row.skills)
        found.append(
            Line(row.pk, row.user.name, row.user.email, ROLES[Role(row.role)][0], words, is_in, row.user_id == me.pk)
        )
    return found


def inviting(typed: Mapping[str, str], faults: Mapping[str, str]) -> list[Field]:
    """Return the form that invites somebody."""
    return with_errors(_INVITING, typed, faults)


def roles(chosen: str) -> list[tuple[str, str, str, bool]]:
    """Return every role: its value, its name, what it may do, and whether it is the one."""
    return [(role.value, words, more, role.value == chosen) for role, (words, more) in ROLES.items()]


def skills(kinds: Sequence[str], abilities: Sequence[str], chosen: Sequence[str]) -> list[tuple[str, str, bool]]:
    """Return what somebody can be rostered for: the people protocols ask for, and what those must be able to do."""
    people = [kind for kind in kinds if kind not in KINDS or not KINDS[kind][1]]
    known = dict.fromkeys([*people, *abilities, *chosen])
    return [(skill, kind_words(skill), skill in chosen) for skill in known if skill != "group_place"]
