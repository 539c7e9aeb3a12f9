"""Which of the open questions of a set fits a student best now: for coming back to a set, never to change its order midway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from headway.core import items as engine
from headway.core.evidence.learner_model import estimate
from headway.core.evidence.next_item import Question, choose_next
from headway.records.evidence import queries as evidence
from headway.records.evidence.versions import model_of
from headway.records.items import queries as items

if TYPE_CHECKING:
    from headway.records.items.models import Item
    from headway.records.library.models import Resource
    from headway.records.planning.models import Block, ItemWork
    from headway.records.roster.models import Person


def open_places(questions: Sequence[Item], work: Mapping[int, ItemWork]) -> list[int]:
    """Return the places, from 1, of the questions without an answer."""
    return [place for place, item in enumerate(questions, 1) if item.pk not in work or not work[item.pk].attempts]


def fitting_place(
    student: Person,
    block: Block,
    resource: Resource | None,
    questions: Sequence[Item],
    work: Mapping[int, ItemWork],
    *,
    at: datetime,
) -> int:
    """Return the place of the open question that fits best, 0 where none is open.

    Questions about one text keep their order: each may build on the one before. So do questions about skills on which
    nothing is known yet.
    """
    places = open_places(questions, work)
    if len(places) < 2 or (resource is not None and resource.text):
        return places[0] if places else 0
    by_skill: dict[int, list[Question]] = {}
    for place in places:
        item = questions[place - 1]
        skill = item.competency_id or block.competency_id
        if skill is not None:
            question = Question(
                id=place, difficulty=item.difficulty, guess_chance=engine.guess_chance(items.question(item))
            )
            by_skill.setdefault(skill, []).append(question)
    known, versions = evidence.known([student], by_skill, at=at)
    best = (1.0, places[0])
    for (_student, skill), one in known.items():
        belief = estimate(model_of(versions.get(student.pk, "")), one, at=at)
        aim = one.rule.next_chance
        for fitting in choose_next(belief.mean, belief.deviation, by_skill[skill], chance=aim)[:1]:
            best = min(best, (round(abs(fitting.chance - aim), 9), int(fitting.question.id)))
    return best[1]
