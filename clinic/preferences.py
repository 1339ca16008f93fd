"""What a person likes, and nobody else sees: keys, names, the lock, the board."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from clinic.errors import NotFound, Rejected
from clinic.models import BoardView, Site, StaffUser

MOST_VIEWS = 8
LOCKS = range(2, 31)
SWITCHES = ("single_keys", "is_private")
BOARD: dict[str, tuple[Any, ...]] = {
    "zoom": (5, 10, 15, 30),
    "view": ("board", "list", "staff"),
    "show_cancelled": (True, False),
}


@transaction.atomic(durable=True)
def set_preference(*, user: StaffUser, name: str, value: Any) -> None:
    """Remember one thing a person likes: a switch, the minutes until the lock, or how the board looks.

    :raises Rejected: there is no such preference, or it can't have this value.
    """
    if name in SWITCHES and isinstance(value, bool):
        StaffUser.objects.filter(pk=user.pk).update(**{name: value})
    elif name == "lock_minutes":
        _set_lock(user, value)
    elif value in BOARD.get(name, ()):
        row = StaffUser.objects.select_for_update().get(pk=user.pk)
        row.board = row.board | {name: value}
        row.save(update_fields=["board"])
    else:
        raise Rejected("There is no such setting. Reload the page.", fields={name: "unknown"})


def _set_lock(user: StaffUser, minutes: int | None) -> None:
    if minutes is not None and minutes not in LOCKS:
        raise Rejected("The screen can lock after 2 to 30 minutes.", fields={"lock_minutes": "out of range"})
    StaffUser.objects.filter(pk=user.pk).update(lock_minutes=minutes)


def board_views(*, user: StaffUser, site: Site) -> list[BoardView]:
    """Return the sets of columns a person gave a name at a site, in their order."""
    return list(BoardView.objects.filter(user=user, site=site).order_by("position", "pk"))


@transaction.atomic(durable=True)
def save_board_view(
    *, user: StaffUser, site: Site, name: str, columns: Sequence[int], is_default: bool = False
) -> BoardView:
    """Remember a set of columns under a name; the same name again replaces it.

    :raises Rejected: it has no name or no columns, or there are too many already.
    """
    name = " ".join(name.split())
    if not name or len(name) > 40:
        raise Rejected("Give the set a name of up to 40 letters.", fields={"name": "length"})
    if not columns:
        raise Rejected("Choose at least one column.", fields={"columns": "empty"})
    # The person's row keeps two tabs from saving at once.
    StaffUser.objects.select_for_update().get(pk=user.pk)
    others = BoardView.objects.filter(user=user, site=site).exclude(name=name)
    count = others.count()
    if count >= MOST_VIEWS:
        raise Rejected(f"There are {MOST_VIEWS} sets already. Remove one first.", fields={"name": "too many"})
    if is_default:
        others.filter(is_default=True).update(is_default=False)
    wanted = {"columns": list(dict.fromkeys(columns)), "is_default": is_default}
    return BoardView.objects.update_or_create(
        user=user, site=site, name=name, defaults=wanted, create_defaults=wanted | {"position": count}
    )[0]


@transaction.atomic(durable=True)
def choose_board_view(*, user: StaffUser, site: Site, view_id: int | None) -> None:
    """Look at a site through one of the person's sets of columns from now on; None: at all of it.

    :raises NotFound: this person has no such set there.
    """
    # One at a time: two default sets of one site can't stand.
    StaffUser.objects.select_for_update().get(pk=user.pk)
    rows = BoardView.objects.filter(user=user, site=site)
    chosen = rows.none() if view_id is None else rows.filter(pk=view_id)
    if view_id is not None and not chosen.exists():
        raise NotFound("There is no such set of columns.")
    rows.filter(is_default=True).update(is_default=False)
    chosen.update(is_default=True)


@transaction.atomic(durable=True)
def remove_board_view(*, user: StaffUser, view_id: int) -> str:
    """Forget a set of columns and return its name.

    :raises NotFound: this person has no such set.
    """
    row = BoardView.objects.filter(user=user, pk=view_id).first()
    if row is None:
        raise NotFound("There is no such set of columns.")
    row.delete()
    return row.name
