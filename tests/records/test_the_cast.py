"""The cast is complete, so that other tests can lean on it."""

from __future__ import annotations

from headway.records.evidence.models import Evidence
from headway.records.items.models import Item
from headway.records.roster import queries
from tests.people import People, sign_in


def test_the_cast_is_there(people: People) -> None:
    assert list(queries.students_of(people.school_class)) == people.students
    assert Evidence.objects.count() > 55
    assert set(Item.objects.values_list("kind", flat=True)) == {
        "one_choice",
        "many_choices",
        "number",
        "short_text",
        "order",
        "match",
        "cloze",
        "hot_text",
        "long_answer",
    }


def test_everybody_can_sign_in(people: People, client) -> None:  # type: ignore[no-untyped-def]
    assert sign_in(client, people.ada).session["_auth_user_id"] == str(people.ada.pk)
