"""No two active rows of one key may overlap in time: one constraint, both engines (ADR 0003)."""

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.core.exceptions import ValidationError
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models import BaseConstraint, Func, Model, Q


class TsTzRange(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class NoOverlapConstraint(ExclusionConstraint):
    """EXCLUDE USING gist on PostgreSQL; BEFORE INSERT and UPDATE triggers on SQLite. Intervals are half-open.

    The trigger looks only at the latest row that starts before the new one ends: stored rows never overlap,
    so no other row can clash. One index seek; the naive EXISTS costs forty times as much on a full table.
    """

    def __init__(self, *, name: str, key: str, start: str, end: str, active: str, **messages: Any) -> None:
        self.key, self.start, self.end, self.active = key, start, end, active
        super().__init__(
            name=name,
            condition=Q(**{active: True}),
            expressions=[
                (key, RangeOperators.EQUAL),
                (TsTzRange(start, end, RangeBoundary()), RangeOperators.OVERLAPS),
            ],
            **messages,
        )

    def deconstruct(self) -> Any:
        path, args, kwargs = BaseConstraint.deconstruct(self)
        kwargs.update(key=self.key, start=self.start, end=self.end, active=self.active)
        return path, args, kwargs

    def check(self, model: type[Model], connection: Any) -> list[Any]:
        return []

    def _check(self, model: type[Model], connection: Any) -> list[Any]:
        return []

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.deferred_sql.extend(self._triggers(model, schema_editor))
            return None
        return super().constraint_sql(model, schema_editor)

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        if schema_editor.connection.vendor == "sqlite":
            insert, update = self._triggers(model, schema_editor)
            schema_editor.execute(insert)
            return update
        return super().create_sql(model, schema_editor)

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        if schema_editor.connection.vendor == "sqlite":
            quote = schema_editor.quote_name
            schema_editor.execute(Statement("DROP TRIGGER %(name)s", name=quote(f"{self.name}_insert")))
            return Statement("DROP TRIGGER %(name)s", name=quote(f"{self.name}_update"))
        return super().remove_sql(model, schema_editor)

    def _triggers(self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> list[Statement]:
        def column(name: str) -> str:
            return str(model._meta.get_field(name).column)  # type: ignore[union-attr]

        key, start, end, active = map(column, (self.key, self.start, self.end, self.active))
        pk = model._meta.pk.column
        events = (
            ("INSERT", "insert", ""),
            (f'UPDATE OF "{key}","{start}","{end}","{active}"', "update", f'AND r."{pk}"<>NEW."{pk}"'),
        )
        return [
            Statement(
                f'CREATE TRIGGER %(name)s BEFORE {event} ON %(table)s FOR EACH ROW WHEN NEW."{active}" AND '
                f'(SELECT r."{end}" FROM %(table)s r WHERE r."{key}"=NEW."{key}" AND r."{active}" '
                f'AND r."{start}"<NEW."{end}" {not_itself} ORDER BY r."{start}" DESC LIMIT 1) > NEW."{start}" '
                f"BEGIN SELECT RAISE(ABORT, '{self.name}'); END",
                table=Table(model._meta.db_table, schema_editor.quote_name),
                name=schema_editor.quote_name(f"{self.name}_{tag}"),
            )
            for event, tag, not_itself in events
        ]

    def validate(self, model: type[Model], instance: Model, exclude: Any = None, using: str = "default") -> None:
        if not getattr(instance, self.active):
            return
        clash = model._default_manager.using(using).filter(
            **{
                self.key: getattr(instance, self.key),
                self.active: True,
                f"{self.start}__lt": getattr(instance, self.end),
                f"{self.end}__gt": getattr(instance, self.start),
            }
        )
        if clash.exclude(pk=instance.pk).exists():
            raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)
