"""Insert many rows at once from columns of plain values; a model instance for each row costs half as much again."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Field, Model

Columns = Mapping[str, Sequence[Any]]
Fields = Mapping[str, "Field[Any, Any]"]


def insert(model: type[Model], columns: Columns, **constants: Any) -> list[int]:
    """Insert one row for each place in the columns, with the constants in every row, and return the ids in order.

    One statement, however many rows. Names are attribute names (`resource_id`); a field not named keeps its default.
    """
    fields: Fields = {field.attname: field for field in model._meta.concrete_fields if not field.primary_key}
    fixed = {name: field.get_default() for name, field in fields.items() if name not in columns} | constants
    quote = connection.ops.quote_name
    names = ", ".join(quote(name) for name in [*fixed, *columns])
    picked, source, given = (
        _read_arrays(fields, columns) if connection.vendor == "postgresql" else _read_json(fields, columns)
    )
    # Names come from the model and values are parameters, all of them.
    statement = (
        f"INSERT INTO {quote(model._meta.db_table)} ({names}) "  # noqa: S608
        f"SELECT {'%s, ' * len(fixed)}{picked} FROM {source} RETURNING id"
    )
    values = [fields[name].get_db_prep_save(value, connection) for name, value in fixed.items()]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, *given])
        return [row[0] for row in cursor.fetchall()]


def _read_arrays(fields: Fields, columns: Columns) -> tuple[str, str, list[Any]]:
    # psycopg knows how to write lists of numbers, texts and instants; no field has anything to add.
    arrays = ", ".join(f"%s::{fields[name].db_type(connection)}[]" for name in columns)
    return "*", f"unnest({arrays})", [list(values) for values in columns.values()]


def _read_json(fields: Fields, columns: Columns) -> tuple[str, str, list[Any]]:
    prepared = [
        [fields[name].get_db_prep_save(value, connection) for value in values] for name, values in columns.items()
    ]
    picked = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(columns)))
    return picked, "json_each(%s)", [json.dumps(list(zip(*prepared, strict=True)))]
