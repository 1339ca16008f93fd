"""Insert many rows at once from columns of plain values; a model instance for each row costs half as much again."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Field, Model


def insert(model: type[Model], columns: Mapping[str, Sequence[Any]], **constants: Any) -> list[int]:
    """Insert one row for each place in the columns, with the constants in every row, and return the ids in order.

    Names are attribute names (`resource_id`); a field named by neither keeps its default.
    """
    fields: dict[str, Field[Any, Any]] = {field.attname: field for field in model._meta.concrete_fields}
    defaults = {
        name: field.get_default()
        for name, field in fields.items()
        if name not in columns and name not in constants and not field.primary_key
    }
    fixed = defaults | constants
    prepared = {name: fields[name].get_db_prep_save(value, connection) for name, value in fixed.items()}
    if connection.vendor == "postgresql":
        return _in_one_statement(model, fields, columns, prepared)
    return _row_by_row(model, fields, columns, prepared)


def _in_one_statement(
    model: type[Model],
    fields: Mapping[str, "Field[Any, Any]"],
    columns: Mapping[str, Sequence[Any]],
    fixed: dict[str, Any],
) -> list[int]:
    # psycopg knows how to write lists of numbers, texts and instants; no field has anything to add.
    arrays = ", ".join(f"%s::{fields[name].db_type(connection)}[]" for name in columns)
    constants = "%s, " * len(fixed)
    statement = f"{_into(model, fixed, columns)} SELECT {constants}* FROM unnest({arrays}) RETURNING id"  # noqa: S608 - names only, see _into
    with connection.cursor() as cursor:
        cursor.execute(statement, [*fixed.values(), *(list(values) for values in columns.values())])
        return [row[0] for row in cursor.fetchall()]


def _row_by_row(
    model: type[Model],
    fields: Mapping[str, "Field[Any, Any]"],
    columns: Mapping[str, Sequence[Any]],
    fixed: dict[str, Any],
) -> list[int]:
    places = ", ".join(["%s"] * (len(fixed) + len(columns)))
    statement = f"{_into(model, fixed, columns)} VALUES ({places})"
    ids = []
    with connection.cursor() as cursor:
        for row in zip(*columns.values(), strict=True):
            given = (fields[name].get_db_prep_save(value, connection) for name, value in zip(columns, row, strict=True))
            cursor.execute(statement, [*fixed.values(), *given])
            ids.append(cursor.lastrowid)
    return ids


def _into(model: type[Model], *names: Mapping[str, Any]) -> str:
    """Return the head of the statement; every name in it comes from a model."""
    quote = connection.ops.quote_name
    return f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(quote(name) for part in names for name in part)})"
