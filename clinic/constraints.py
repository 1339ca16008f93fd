"""A table that is only ever added to, enforced by the database on both engines."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models import BaseConstraint, Model


class AppendOnly(BaseConstraint):
    """Refuse UPDATE and DELETE by trigger.

    A constraint and not raw SQL: Django's SQLite table remake calls `constraint_sql` again,
    where a trigger made by RunSQL would vanish without a word.
    """

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AppendOnly) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        schema_editor.deferred_sql.extend(self._statements(model, schema_editor))
        return None

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        statements = self._statements(model, schema_editor)
        for statement in statements[:-1]:
            schema_editor.execute(statement)
        return statements[-1]

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        quote = schema_editor.quote_name
        table = Table(model._meta.db_table, quote)
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(Statement("DROP TRIGGER %(name)s", name=quote(f"{self.name}_update")))
            return Statement("DROP TRIGGER %(name)s", name=quote(f"{self.name}_delete"))
        return Statement("DROP TRIGGER %(name)s ON %(table)s", name=quote(self.name), table=table)

    def _statements(self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> list[Statement]:
        quote = schema_editor.quote_name
        table = Table(model._meta.db_table, quote)
        if schema_editor.connection.vendor == "sqlite":
            return [
                Statement(
                    f"CREATE TRIGGER %(name)s BEFORE {event} ON %(table)s "
                    f"BEGIN SELECT RAISE(ABORT, '{self.name}'); END",
                    name=quote(f"{self.name}_{event.lower()}"),
                    table=table,
                )
                for event in ("UPDATE", "DELETE")
            ]
        return [
            Statement(
                "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
                "$$BEGIN RAISE EXCEPTION USING MESSAGE = TG_NAME, ERRCODE = 'restrict_violation'; END$$"
            ),
            Statement(
                "CREATE TRIGGER %(name)s BEFORE UPDATE OR DELETE ON %(table)s "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                name=quote(self.name),
                table=table,
            ),
        ]

    def validate(self, model: type[Model], instance: Model, exclude: Any = None, using: str = "default") -> None:
        if not instance._state.adding:
            raise ValidationError("This record can't be changed; add a new one.")
