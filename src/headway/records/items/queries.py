"""Questions, read for practice."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

from django.db.models import Q

from headway.core import items as engine
from headway.core.shared.errors import RuleBroken
from headway.records.items.models import Item, ItemFile
from headway.records.library.models import Resource, StoredFile
from headway.records.library.queries import primary_competencies, resources_of_school
from headway.records.roster.models import Organisation


def items_of(resource: Resource) -> list[Item]:
    """Return a resource's questions in order."""
    return list(resource.items.filter(put_away_at=None).order_by("order", "pk"))


MOST_ABOUT_ONE = 200


def questions_about(competency_id: int, *, school_id: int, language: str) -> list[Item]:
    """Return the questions about a competency that mark themselves and a school may use, in one language."""
    rows = Item.objects.filter(
        Q(resource__school=school_id) | Q(resource__school=None),
        competency=competency_id,
        language=language,
        put_away_at=None,
    ).exclude(is_marked_by_person=True)
    return list(rows.select_related("resource").defer("document").order_by("pk")[:MOST_ABOUT_ONE])


def competency_id_of(item: Item) -> int | None:
    """Return what the question gives evidence of: its own competency, else its resource's first accepted one."""
    return item.competency_id or primary_competencies([item.resource_id]).get(item.resource_id)


@lru_cache(maxsize=4096)
def _parsed(uuid: UUID, version: int) -> engine.Item:
    # By its UUID: a number may come to mean another question, when a backup is brought back under a running server.
    return engine.parse_item(Item.objects.only("document").get(uuid=uuid).document)


def question(item: Item) -> engine.Item:
    """Return the question as the engine reads it; parsed once per version and process."""
    return _parsed(item.uuid, item.version)


def questions_with_ids(item_ids: Iterable[int]) -> dict[int, engine.Item]:
    """Return questions as the engine reads them, by primary key, in one query; what cannot be read is left out."""
    found = {}
    for pk, document in Item.objects.filter(pk__in=set(item_ids)).values_list("pk", "document"):
        try:
            found[pk] = engine.parse_item(document)
        except RuleBroken:
            continue
    return found


def prompts_of(item_ids: Iterable[int]) -> dict[int, str]:
    """Return what questions ask, by primary key; what is gone is left out."""
    return dict(Item.objects.filter(pk__in=set(item_ids)).values_list("pk", "prompt"))


def files_of(items: Iterable[Item]) -> dict[int, dict[str, StoredFile]]:
    """Return the files that questions show, without their content: for each question by the names its document gives."""
    found: dict[int, dict[str, StoredFile]] = {}
    rows = ItemFile.objects.filter(item__in=[item.pk for item in items])
    for row in rows.select_related("file").defer("file__content"):
        found.setdefault(row.item_id, {})[row.path] = row.file
    return found


def seed_of(place: UUID, item: Item) -> int:
    """Return the seed of a question's luck at a place (a block, a proof): the same place always draws the same."""
    return int.from_bytes(blake2b(place.bytes + item.uuid.bytes, digest_size=6).digest(), "big")


def item_ids_by_source(source: str) -> dict[str, int]:
    """Return the ids of what was taken from a source, by the source's own names."""
    return dict(Item.objects.filter(source=source).values_list("source_id", "pk"))


def difficulties(item_ids: Iterable[str]) -> dict[str, float]:
    """Return how hard questions are, in logits, by primary key as text; the key "" stands for an unknown question."""
    wanted = [int(name) for name in item_ids if name]
    found: dict[str, float] = {}
    for start in range(0, len(wanted), 5000):
        rows = Item.objects.filter(pk__in=wanted[start : start + 5000])
        found.update({str(pk): value for pk, value in rows.values_list("pk", "difficulty")})
    return found


def competency_ids_with_questions(school: Organisation) -> set[int]:
    """Return the competencies that some question in reach of a school is about, in one query."""
    resources = resources_of_school(school)
    own = Item.objects.filter(resource__in=resources, competency__isnull=False, put_away_at=None).values_list(
        "competency_id", flat=True
    )
    return {pk for pk in own.distinct() if pk is not None}
