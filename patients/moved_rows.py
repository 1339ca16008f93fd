"""Rows that are changed so that it can be undone: what each was, and what it became."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet


@dataclass(frozen=True, slots=True)
class Step:
    """Some rows of one table that had the same values and got the same; `is_made`: they were not there before.

    `only`: what else must be so for the rows to go back.
    """

    table: str
    ids: list[Any]
    was: Mapping[str, Any] = field(default_factory=dict)
    became: Mapping[str, Any] = field(default_factory=dict)
    only: Mapping[str, Any] = field(default_factory=dict)
    is_made: bool = False


class MovedRows:
    """Writes rows and remembers how they were. Inside a transaction."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def change(self, rows: QuerySet[Any], *, only: Mapping[str, Any] | None = None, **became: Any) -> int:
        """Give some rows new values and return how many changed."""
        groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        for pk, *was in rows.order_by("pk").values_list("pk", *became):
            groups[tuple(was)].append(pk)
        wanted = tuple(became.values())
        changed = {was: ids for was, ids in groups.items() if was != wanted}
        for was, ids in changed.items():
            rows.model.objects.filter(pk__in=ids).update(**became)
            before = dict(zip(became, was, strict=True))
            self.steps.append(
                Step(rows.model._meta.label, _plain(ids), _named(before), _named(became), dict(only or {}))
            )
        return sum(len(ids) for ids in changed.values())

    def made(self, rows: Collection[Model]) -> None:
        """Insert rows that go again when all is taken back."""
        if rows:
            model = type(next(iter(rows)))
            model._default_manager.bulk_create(rows)
            self.steps.append(Step(model._meta.label, _plain(row.pk for row in rows), is_made=True))

    def stored(self) -> list[dict[str, Any]]:
        """Return the steps as they are kept."""
        return [asdict(step) for step in self.steps]


def ids_moved(steps: Iterable[Mapping[str, Any]], *, table: str, name: str) -> list[Any]:
    """Return the rows of a table in which a column was changed."""
    return [pk for step in steps if step["table"] == table and name in step["became"] for pk in step["ids"]]


def take_back(steps: Iterable[Mapping[str, Any]]) -> None:
    """Give rows back what they had, latest step first; what somebody changed since stays as it is now."""
    for step in reversed([Step(**each) for each in steps]):
        rows = apps.get_model(step.table)._default_manager.filter(pk__in=step.ids)
        if step.is_made:
            rows.delete()
        else:
            _restore(rows.filter(**step.became, **step.only), step.was)


def _restore(rows: QuerySet[Any], was: Mapping[str, Any]) -> None:
    """Restore all rows at once; one that has no room any more, alone among them, stays where it is."""
    try:
        with transaction.atomic():
            rows.update(**was)
    except IntegrityError:
        for pk in list(rows.values_list("pk", flat=True)):
            _restore_one(rows.filter(pk=pk), was)


def _restore_one(row: QuerySet[Any], was: Mapping[str, Any]) -> None:
    try:
        with transaction.atomic():
            row.update(**was)
    except IntegrityError:
        return


def _plain(values: Iterable[Any]) -> list[Any]:
    return [_text(value) for value in values]


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _text(value) for name, value in values.items()}


def _text(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()  # with every microsecond: it is compared later
    return str(value) if isinstance(value, uuid.UUID) else value
