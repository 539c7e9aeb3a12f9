"""Why a block is in a week, and why a teacher should look at a week first: from data, in the order of their weight."""

from __future__ import annotations

from collections.abc import Mapping

from headway.core.planning import explain
from headway.core.planning.problem import (
    BlockKind,
    Candidate,
    ClassProblem,
    Flag,
    Id,
    PlannedBlock,
    Reason,
    ReasonKind,
    StudentNeeds,
    Target,
    WeekPlan,
    With,
)
from headway.core.planning.scores import READ_ALOUD_SLACK_GRADES, READING_SLACK_GRADES, SECURE_WORDS, work_of

LITTLE_EVIDENCE_DAYS = 12
GAP_IN_LIBRARY = "essential"
SHARE_THAT_IS_FAR_AHEAD = 0.8
SHARE_WITH_OTHERS = 0.25
GROUP_SENTENCES = {"stretch": explain.GROUP_STRETCH, "recheck": explain.GROUP_RECHECK}


def reads(needs: StudentNeeds, candidate: Candidate) -> bool:
    """Return whether the student reads the text well enough to work with it alone."""
    if candidate.reading_level <= 0:
        return True
    slack = READ_ALOUD_SLACK_GRADES if "read-aloud" in needs.supports else READING_SLACK_GRADES
    return any(
        reader.language == candidate.language and reader.reading_level + slack >= candidate.reading_level
        for reader in needs.readers
    )


def reasons_for(
    problem: ClassProblem,
    needs: StudentNeeds,
    block: PlannedBlock,
    targets: Mapping[Id, Target],
    known: Mapping[Id, Candidate],
    group_kind: str = "",
) -> tuple[Reason, ...]:
    """Return a block's reasons in order: evidence, goals, interest, support."""
    target = targets.get(block.competency)
    candidate = known.get(block.candidate)
    reasons: list[Reason] = []
    if block.kind is BlockKind.CHOICE:
        reasons.append(Reason(kind=ReasonKind.CHOICE, sentence=explain.CHOICE))
    if candidate is not None:
        reasons += _dates_and_loose_ends(needs, block, candidate)
    if target is not None:
        reasons += _evidence(block, target)
    if block.kind is BlockKind.GROUP:
        words = GROUP_SENTENCES.get(group_kind, explain.GROUP)
        reasons.append(Reason(kind=ReasonKind.SUPPORT, sentence=words, facts={"competency": block.competency}))
        if needs.goal:
            reasons.append(Reason(kind=ReasonKind.GOAL, sentence=explain.OWN_GOAL, facts={"goal": needs.goal}))
    shown = [known[key] for key in (block.candidate, *block.options) if key in known]
    topics = sorted({topic for one in shown for topic in one.topics} & needs.interests)
    if topics:
        reasons.append(Reason(kind=ReasonKind.INTEREST, sentence=explain.INTEREST, facts={"topics": topics}))
    careers = sorted({career for one in shown for career in one.careers} & needs.careers)
    if careers:
        reasons.append(Reason(kind=ReasonKind.CAREER, sentence=explain.CAREER, facts={"careers": careers}))
    if candidate is not None:
        reasons += _supports(problem, needs, candidate)
    return tuple(reasons)


def _dates_and_loose_ends(needs: StudentNeeds, block: PlannedBlock, candidate: Candidate) -> list[Reason]:
    found = []
    for milestone in needs.milestones:
        if milestone.candidate == block.candidate and block.day <= milestone.day:
            facts = {"day": milestone.day + 1}
            found.append(Reason(kind=ReasonKind.MILESTONE, sentence=explain.MILESTONE, facts=facts))
            break
    if candidate.id in needs.unfinished or work_of(candidate) in needs.unfinished:
        found.append(Reason(kind=ReasonKind.UNFINISHED, sentence=explain.UNFINISHED))
    return found


def _evidence(block: PlannedBlock, target: Target) -> list[Reason]:
    skill = {"competency": block.competency}
    found = []
    if block.kind is BlockKind.REVIEW and target.days_since is not None:
        facts = skill | {"days": target.days_since}
        found.append(Reason(kind=ReasonKind.REVIEW_DUE, sentence=explain.REVIEW_DUE, facts=facts))
    elif target.pieces:
        facts = skill | {
            "percent": round(100 * target.chance),
            "low": round(100 * target.low),
            "high": round(100 * target.high),
            "pieces": target.pieces,
        }
        found.append(Reason(kind=ReasonKind.EVIDENCE, sentence=explain.EVIDENCE, facts=facts))
    else:
        found.append(Reason(kind=ReasonKind.EVIDENCE, sentence=explain.NO_EVIDENCE, facts=skill))
    if target.is_class_goal:
        found.append(Reason(kind=ReasonKind.CLASS_GOAL, sentence=explain.CLASS_GOAL, facts=skill))
    if block.kind is BlockKind.STRETCH and target.word in SECURE_WORDS:
        found.append(Reason(kind=ReasonKind.STRETCH, sentence=explain.READY_FOR_MORE, facts=skill))
    return found


def _supports(problem: ClassProblem, needs: StudentNeeds, candidate: Candidate) -> list[Reason]:
    found = []
    if candidate.language != problem.language:
        found.append(Reason(kind=ReasonKind.LANGUAGE, sentence=explain.LANGUAGE))
    elif candidate.level == "easier":
        found.append(Reason(kind=ReasonKind.SUPPORT, sentence=explain.EASIER))
    if not reads(needs, candidate):
        found.append(Reason(kind=ReasonKind.SUPPORT, sentence=explain.READ_TOGETHER))
    return found


def flags_of_week(needs: StudentNeeds, plan: WeekPlan, known: Mapping[Id, Candidate]) -> tuple[Flag, ...]:
    """Return why a teacher should look at this plan first, whoever made it."""
    # A gap in the library is said beside the week; it is no reason to look at this student first.
    flags = [
        Flag(kind=f"unmet-{unmet.guardrail}", sentence=unmet.sentence, facts=unmet.facts)
        for unmet in plan.unmet
        if unmet.guardrail != GAP_IN_LIBRARY
    ]
    if needs.essentials_only:
        flags.append(Flag(kind="essentials_only", sentence=explain.FLAG_ESSENTIALS_ONLY))
    for block in plan.blocks:
        candidate = known.get(block.candidate)
        if (
            candidate is not None
            and block.kind in (BlockKind.ESSENTIAL, BlockKind.PROJECT)
            and not reads(needs, candidate)
        ):
            flags.append(Flag(kind="language", sentence=explain.FLAG_LANGUAGE, facts={"title": candidate.title}))
            break
    seen_lately = [t for t in needs.targets if t.days_since is not None and t.days_since <= LITTLE_EVIDENCE_DAYS]
    if needs.targets and not seen_lately and not needs.essentials_only:
        flags.append(Flag(kind="little_evidence", sentence=explain.FLAG_LITTLE_EVIDENCE))
    secure = [target for target in needs.targets if target.word in SECURE_WORDS]
    if needs.targets and len(secure) >= SHARE_THAT_IS_FAR_AHEAD * len(needs.targets):
        flags.append(Flag(kind="far_ahead", sentence=explain.FLAG_FAR_AHEAD))
    total = sum(block.minutes for block in plan.blocks)
    others = sum(block.minutes for block in plan.blocks if block.with_whom is not With.ALONE)
    if total and others < SHARE_WITH_OTHERS * total and not any(u.guardrail == "with_others" for u in plan.unmet):
        flags.append(Flag(kind="alone", sentence=explain.FLAG_ALONE, facts={"minutes": others, "total": total}))
    return tuple(flags)
