"""The door in for questions that people of a school write: whose they are, what they say, in which languages they stand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from headway.core.items.document import parse_item
from headway.core.items.plain import read_plain
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.items.models import Item
from headway.records.library.models import Resource
from headway.records.library.stored import schools_within_reach
from headway.records.roster.models import Person


def question_for(viewer: Person, uuid: UUID) -> Item:
    """Return a question of one of the viewer's schools, put away or not; others are not found."""
    found = (
        Item.objects.select_related("resource__school", "variant_of", "competency")
        .filter(uuid=uuid, resource__school__in=schools_within_reach(viewer))
        .first()
    )
    if found is None:
        raise NotFound
    return found


def questions_in_set(resource: Resource) -> list[Item]:
    """Return a set's questions in order, those that were put away at the end."""
    rows = list(resource.items.select_related("competency").defer("document"))
    return sorted(rows, key=lambda item: item.put_away_at is not None)


def in_other_languages(questions: Iterable[Item]) -> dict[int, list[Item]]:
    """Return the same questions in other languages, by the id of each question, in one query."""
    rows = list(questions)
    firsts = {row.variant_of_id or row.pk for row in rows}
    family: dict[int, list[Item]] = {pk: [] for pk in firsts}
    both = Item.objects.select_related("resource").defer("document").filter(put_away_at=None)
    for item in (both.filter(pk__in=firsts) | both.filter(variant_of__in=firsts)).order_by("language", "pk"):
        family[item.variant_of_id or item.pk].append(item)
    return {row.pk: [one for one in family[row.variant_of_id or row.pk] if one.pk != row.pk] for row in rows}


def plain_of(item: Item) -> dict[str, Any] | None:
    """Return a question in the plain form, None where it holds more than that or cannot be read."""
    try:
        return read_plain(parse_item(item.document))
    except RuleBroken:
        return None
