"""Many rows of one table, written by one prepared statement."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

from headway.core.shared.batches import batched

ROWS_AT_ONCE = 2_000


def insert_many(model: type[models.Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert many rows of one table by one prepared statement: five times as fast as making instances of them.

    Each row gives every column but the key, by its attribute's name (`school_id`, not `school`).
    """
    database = connections[DEFAULT_DB_ALIAS]
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    quote = database.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    # Names of tables and columns come from the models, values are passed apart.
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({', '.join(['%s'] * len(fields))})"  # noqa: S608
    prepared = [(field.attname, _in_the_databases_form(field, database)) for field in fields]

    def values(row: Mapping[str, Any]) -> list[Any]:
        return [row[name] if adapt is None else adapt(row[name]) for name, adapt in prepared]

    with database.cursor() as cursor:
        for some in batched(rows, ROWS_AT_ONCE):
            cursor.executemany(sql, [values(row) for row in some])


def _in_the_databases_form(field: models.Field[Any, Any], database: Any) -> Callable[[Any], Any] | None:
    """Return what makes a value of a field ready for the database, None where it is ready: numbers and texts."""
    if isinstance(field, models.JSONField) and database.vendor == "sqlite":
        return lambda value: json.dumps(value) if value else "{}" if isinstance(value, dict) else "[]"
    if isinstance(field, models.JSONField | models.UUIDField | models.DateTimeField | models.BinaryField):
        return lambda value: field.get_db_prep_save(value, database)
    return None
