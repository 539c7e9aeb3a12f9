"""The door in for where a student is within a question, and within a test that says what is asked in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from headway.core import items as engine
from headway.core.items.assessment import Test, parse_test
from headway.core.items.outcomes import Answered, open_next
from headway.core.items.practising import NextStep
from headway.core.items.sitting import PlannedItem, TimeLeft, order_for, plan, time_left
from headway.core.shared.errors import RuleBroken
from headway.records.items.models import AssessmentTest, Item
from headway.records.items.queries import question, seed_of
from headway.records.planning.models import Block, ItemWork


def session_of(block: Block, item: Item, work: ItemWork | None) -> engine.Session:
    """Return where a student is within a question; a question that changed since is begun anew."""
    asked = question(item)
    kept = work.session if work is not None else None
    if kept and kept.get("version") == item.version:
        return engine.Session.from_json(asked, kept)
    return engine.begin(asked, seed=seed_of(block.uuid, item))


@lru_cache(maxsize=256)
def _parsed(document: str) -> Test | None:
    """Return a test as the engine reads it, None where it cannot be read: its questions are asked as they stand then."""
    try:
        return parse_test(document)
    except RuleBroken:
        return None


def _test_of(resource_id: int | None) -> tuple[Test, Mapping[str, str]] | None:
    """Return the test of a resource and the source ids its references mean."""
    row = AssessmentTest.objects.filter(resource=resource_id).first() if resource_id else None
    test = _parsed(row.document) if row is not None else None
    return (test, row.items) if row is not None and test is not None else None


def _seed(block: Block) -> int:
    return block.uuid.int % (1 << 47)


def in_order(block: Block, resource_id: int, questions: Sequence[Item]) -> list[Item]:
    """Return the questions that the resource's test asks in this block, in its order; all of them where it has no test."""
    found = _test_of(resource_id)
    if found is None:
        return list(questions)
    test, names = found
    known = {item.source_id: item for item in questions}
    asked = [known[names[one]] for one in order_for(test, seed=_seed(block)) if names.get(one) in known]
    return asked or list(questions)


def next_in_test(
    block: Block,
    resource_id: int,
    questions: Sequence[Item],
    work: Mapping[int, ItemWork],
    *,
    just_left: int | None = None,
) -> NextStep | None:
    """Return the place, from 1, of the question with which the resource's test goes on: by its conditions and branches.

    None where the resource has no test; a step without a place at the end of the test.
    """
    found = _test_of(resource_id)
    if found is None:
        return None
    test, names = found
    planned, places = _planned(test, names, block, questions)
    sessions = {
        one.id: session_of(block, item, work[item.pk])
        for one in planned
        if (item := questions[places[one.id] - 1]).pk in work and work[item.pk].attempts
    }
    answered = Answered(
        items={one.reference.identifier: question(questions[places[one.id] - 1]) for one in planned}, sessions=sessions
    )
    after = next((name for name, place in places.items() if place == just_left), None)
    following = open_next(test, planned, answered, after=after, seed=_seed(block))
    return NextStep(id=places[following.id] if following is not None else None, reasons=())


def _planned(
    test: Test, names: Mapping[str, str], block: Block, questions: Sequence[Item]
) -> tuple[list[PlannedItem], dict[str, int]]:
    """Return the questions of a test that are here, each once, and their places by the names of their sessions."""
    places = {item.source_id: place for place, item in enumerate(questions, 1)}
    planned: list[PlannedItem] = []
    found: dict[str, int] = {}
    for one in plan(test, seed=_seed(block)):
        place = places.get(names.get(one.reference.identifier, ""))
        if place is not None and place not in found.values():
            planned.append(one)
            found[one.id] = place
    return planned, found


def time_left_at(
    block: Block, resource_id: int | None, questions: Sequence[Item], place: int, *, at: datetime
) -> TimeLeft | None:
    """Return how long a student still has at a question by the limits of its test, None where there is no limit."""
    found = _test_of(resource_id)
    if found is None or block.started_at is None:
        return None
    test, names = found
    planned, places = _planned(test, names, block, questions)
    one = next((each for each in planned if places[each.id] == place), None)
    if one is None:
        return None
    spent = (at - block.started_at).total_seconds()
    left = time_left(test, one, {test.identifier: spent, one.part: spent})
    return left if left.seconds is not None else None
