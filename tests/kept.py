"""What was built once and is put back for each test: the rows as they were written, without the way they came about."""

import copy
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Model
from django.db.models.sql import InsertQuery

Built = TypeVar("Built")
# The migrations write these, and no test empties them.
ALWAYS_THERE = {ContentType, Permission}


class Kept(Generic[Built]):
    """Something that writes rows: built by the actions the first time, and from then on by one INSERT a table."""

    def __init__(self, build: Callable[[], Built]) -> None:
        self._build = build
        self._built: Built | None = None
        self._inserts: list[tuple[str, Any]] = []

    def __call__(self) -> Built:
        if self._built is None:
            assert not _written(), "the tables must be empty before it, or more than it would be kept"
            self._built = self._build()
            self._inserts = [_insert(model, rows) for model, rows in _written().items()]
        else:
            with transaction.atomic(), connection.cursor() as cursor:
                for sql, values in self._inserts:
                    cursor.execute(sql, values)
        return copy.deepcopy(self._built)


def _written() -> dict[type[Model], list[Model]]:
    models = [model for model in apps.get_models(include_auto_created=True) if model not in ALWAYS_THERE]
    found = {model: list(model._base_manager.order_by("pk")) for model in models}
    return {model: rows for model, rows in found.items() if rows}


def _insert(model: type[Model], rows: list[Model]) -> tuple[str, Any]:
    query = InsertQuery(model)
    query.insert_values(model._meta.concrete_fields, rows)
    ((sql, values),) = query.get_compiler(connection=connection).as_sql()
    return sql, values
