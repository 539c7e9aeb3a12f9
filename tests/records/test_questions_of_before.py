"""Questions stored in the form of an earlier version become documents of QTI 3, and nothing of them is lost."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from headway.core import items as engine
from headway.records.items import queries
from headway.records.items.models import Item

BEFORE, AFTER = [("records", "0006_standards_and_library")], [("records", "0010_questions_as_qti")]
PLAIN = {
    "id": "q1",
    "kind": "one_choice",
    "language": "en",
    "prompt": "Which amount is larger?",
    "hints": ["Draw both."],
    "choices": [
        {"id": "a", "text": "2/3", "right": True},
        {"id": "b", "text": "1/2", "feedback": "Look at the parts."},
    ],
}


@pytest.mark.django_db(transaction=True)
def test_a_question_of_an_earlier_version_is_read_and_marked_as_before() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    try:
        apps = executor.loader.project_state(BEFORE).apps
        resource = apps.get_model("records", "Resource").objects.create(
            title="Fractions", kind="practice", added_at="2026-11-01T08:00Z"
        )
        apps.get_model("records", "Item").objects.create(
            resource=resource, kind="one_choice", document=PLAIN, source="x", source_id="q1"
        )
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate([node for node in executor.loader.graph.leaf_nodes() if node[0] == "records"] or AFTER)
    item = Item.objects.get(source_id="q1")
    asked = queries.question(item)
    assert item.prompt == "Which amount is larger?"
    assert engine.mark(asked, {"answer": ["a"]}).is_right
    assert engine.mark(asked, {"answer": ["b"]}).feedback == "Look at the parts."
    assert engine.hints_of(asked) == ("Draw both.",)
