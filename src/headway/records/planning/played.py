"""The door out for what is played in a block: an activity that scores itself tells how a part of it went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from headway.core.shared.errors import NotFound
from headway.records.evidence import actions as evidence_actions
from headway.records.evidence.models import Evidence
from headway.records.library.queries import primary_competencies
from headway.records.planning import checks
from headway.records.planning.models import Block
from headway.records.roster.models import Person

SOURCE = "h5p"
NOT_ABOUT_A_SKILL, RIGHT_ALREADY, PARTS_COUNT = "not about a skill", "right already", "its parts count"


@dataclass(frozen=True, kw_only=True)
class Played:
    """What became of a part that was played; `because` says why it is no evidence, "" where it is."""

    evidence: Evidence | None
    is_new: bool = False
    because: str = ""


@transaction.atomic
def take_played(
    *,
    block: Block,
    play: UUID,
    part: str,
    parent: str,
    score: float,
    client_id: UUID,
    by: Person,
    at: datetime,
    seconds: int | None = None,
    guess_chance: float = 0.0,
    asked: str = "",
    answer: str = "",
) -> Played:
    """Remember how a part of an activity went, once, as evidence about what the activity is aligned to.

    `play` is one opening of the page. A whole is not counted on top of its parts, and what was right in this block before is
    not counted again. Raises RuleBroken when the week is over, NotFound when the block has nothing to play, or is not one's own.
    """
    now = (
        Block.objects.select_for_update(of=("self",))
        .select_related("week__class_week", "resource", "chosen_resource")
        .get(pk=block.pk)
    )
    checks.check_at_work(now)
    resource = now.chosen_resource or (now.resource if now.kind != "choice" and not now.own_idea else None)
    if now.week.student_id != by.pk or resource is None:
        raise NotFound
    known = Evidence.objects.filter(client_id=client_id).first()
    if known is not None:
        return Played(evidence=known if known.student_id == by.pk else None)
    if now.started_at is None:
        now.started_at = at
        now.save(update_fields=["started_at"])
    earlier = Evidence.objects.filter(
        student_id=by.pk, resource=resource, source=SOURCE, kind=Evidence.Kind.ANSWER, response__block=str(now.uuid)
    )
    of_this_part = earlier.filter(response__part=part)
    if of_this_part.filter(score__gte=1).exists():
        return Played(evidence=None, because=RIGHT_ALREADY)
    in_this_play = earlier.filter(response__play=str(play)).exclude(response__part=part)
    if (in_this_play.filter(response__parent=part) if part else in_this_play).exists():
        return Played(evidence=None, because=PARTS_COUNT)
    competency_id = primary_competencies([resource.pk]).get(resource.pk, now.competency_id)
    if competency_id is None:
        return Played(evidence=None, because=NOT_ABOUT_A_SKILL)
    row, is_new = evidence_actions.record_once(
        fact=evidence_actions.EvidenceIn(
            client_id=client_id,
            student_id=by.pk,
            competency_id=competency_id,
            kind=Evidence.Kind.ANSWER,
            happened_at=at,
            score=score,
            resource_id=resource.pk,
            guess_chance=guess_chance,
            attempt=of_this_part.count() + 1,
            seconds=seconds,
            language=resource.language,
            response={
                "block": str(now.uuid),
                "play": str(play),
                "part": part,
                "parent": parent,
                "asked": asked,
                "answer": answer,
            },
            source=SOURCE,
        ),
        by=by,
        at=at,
    )
    return Played(evidence=row, is_new=is_new)
