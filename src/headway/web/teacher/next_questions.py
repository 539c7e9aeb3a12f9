"""Which questions about a skill to ask a student next: the one that fits best, and the one whose answer tells most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from headway.core import items as engine
from headway.core.evidence.next_item import Aim, Question, Suggested, choose_next
from headway.core.shared.errors import RuleBroken
from headway.records.items import queries as items
from headway.web.shared.words import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.core.evidence.methods import Rule
    from headway.core.evidence.values import Estimate
    from headway.records.evidence.models import Evidence
    from headway.records.items.models import Item
    from headway.records.library.models import Resource
    from headway.records.roster.models import Class


@dataclass(frozen=True, kw_only=True)
class NextQuestion:
    """One question worth asking: what it is for, its words, where it stands, and why."""

    is_for_telling: bool
    prompt: str
    language: str
    resource: Resource
    why: str


def next_questions(
    school_class: Class, competency_id: int, rows: Sequence[Evidence], shown: Estimate, rule: Rule, *, at: datetime
) -> list[NextQuestion]:
    """Return the question that fits best and, where it is another one, the question that tells most."""
    asked: dict[int, list[datetime]] = {}
    for row in rows:
        if row.item_id is not None:
            asked.setdefault(row.item_id, []).append(row.happened_at)
    found: dict[int, tuple[Item, engine.Item]] = {}
    for item in items.questions_about(competency_id, school_id=school_class.school_id, language=school_class.language):
        try:
            found[item.pk] = item, items.question(item)
        except RuleBroken:
            continue  # a question that cannot be read is listed with its problem on its resource's page
    questions = [
        Question(
            id=pk,
            difficulty=item.difficulty,
            guess_chance=engine.guess_chance(document),
            times_seen=len(asked.get(pk, ())),
            days_since_seen=(at - max(asked[pk])).days if pk in asked else None,
        )
        for pk, (item, document) in found.items()
    ]
    chosen: dict[int, tuple[Aim, Suggested]] = {}
    for aim in (Aim.FIT, Aim.TELL):
        best = next(iter(choose_next(shown.mean, shown.deviation, questions, aim=aim, chance=rule.next_chance)), None)
        if best is not None:
            chosen.setdefault(int(best.question.id), (aim, best))
    return [
        NextQuestion(
            is_for_telling=aim is Aim.TELL,
            prompt=found[pk][0].prompt,
            language=found[pk][1].language,
            resource=found[pk][0].resource,
            why=" ".join(sentence(words, facts) for words, facts in best.reasons),
        )
        for pk, (aim, best) in chosen.items()
    ]
