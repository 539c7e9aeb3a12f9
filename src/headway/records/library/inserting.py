"""Many rows of one table, written by one prepared statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection, models

from headway.core.shared.batches import batched

ROWS_AT_ONCE = 2_000


def insert_many(model: type[models.Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert many rows of one table by one prepared statement: four times as fast as making instances of them.

    Each row gives every column but the key, by its attribute's name (`school_id`, not `school`).
    """
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    # Names of tables and columns come from the models, values are passed apart.
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({', '.join(['%s'] * len(fields))})"  # noqa: S608
    # Only these need their database's form; numbers and texts pass as they are.
    special = (models.JSONField, models.UUIDField, models.DateTimeField, models.BinaryField)
    prepared = [(field.attname, field if isinstance(field, special) else None) for field in fields]

    def values(row: Mapping[str, Any]) -> list[Any]:
        return [
            row[name] if field is None else field.get_db_prep_save(row[name], connection) for name, field in prepared
        ]

    with connection.cursor() as cursor:
        for some in batched(rows, ROWS_AT_ONCE):
            cursor.executemany(sql, [values(row) for row in some])
