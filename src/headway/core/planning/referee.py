"""An independent check of any plan, whoever made it: one small function for each guardrail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from headway.core.planning import explain
from headway.core.planning.problem import BlockKind, Candidate, Frame, Id, StudentNeeds, WeekPlan, With

LAST_DAY_FOR_A_FIRST_ESSENTIAL = 2  # Wednesday
READING_SLACK_GRADES = 1.5
READ_ALOUD_SLACK_GRADES = 4.0
ALLOWED_WHEN_ESSENTIALS_ONLY = {BlockKind.ESSENTIAL, BlockKind.GROUP, BlockKind.CHOICE}


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A guardrail that a plan breaks, with the sentence a teacher reads and the block it is about."""

    guardrail: str
    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)
    day: int | None = None
    order: int | None = None


Candidates = Mapping[Id, Candidate]
Guardrail = Callable[[WeekPlan, StudentNeeds, Frame, Candidates], Iterator[Breach]]


def _work(candidate: Candidate) -> Id:
    """Return what all doors to the same work have in common."""
    return candidate.id if candidate.variant_group is None else candidate.variant_group


def minutes_of_each_day(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """No day holds more minutes than the class has."""
    for day, cap in enumerate(frame.minutes_of_day):
        minutes = sum(block.minutes for block in plan.blocks if block.day == day)
        if minutes > cap:
            yield Breach(
                guardrail="day_minutes",
                sentence=explain.BREACH_DAY_MINUTES,
                facts={"minutes": minutes, "cap": cap},
                day=day,
            )


def screen_minutes(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """Screen minutes stay under the cap."""
    minutes = sum(block.screen_minutes for block in plan.blocks)
    if minutes > needs.limits.screen_minutes_cap:
        facts = {"minutes": minutes, "cap": needs.limits.screen_minutes_cap}
        yield Breach(guardrail="screen", sentence=explain.BREACH_SCREEN, facts=facts)


def minutes_with_others(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """Enough minutes are with other people, in proportion when the week is short."""
    full_week = 250
    share = min(1.0, sum(frame.minutes_of_day) / full_week) * (0.5 if needs.essentials_only else 1.0)
    floor = int(needs.limits.minutes_with_others_floor * share)
    minutes = sum(block.minutes for block in plan.blocks if block.with_whom is not With.ALONE)
    if minutes < floor:
        yield Breach(
            guardrail="with_others", sentence=explain.BREACH_OTHERS, facts={"minutes": minutes, "floor": floor}
        )


def a_real_choice(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """At least one block offers three different things."""
    wanted = needs.limits.choice_options
    if wanted < 1:
        return
    for block in plan.blocks:
        if block.kind is BlockKind.CHOICE:
            works = {_work(known[option]) for option in block.options if option in known}
            if len(works) >= wanted:
                return
    yield Breach(guardrail="choice", sentence=explain.BREACH_CHOICE, facts={"options": wanted})


def grade_level_work(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """Every plan has grade-level work; a plan of reviews alone has none."""
    grades = {target.competency: target.grade for target in needs.targets}
    for block in plan.blocks:
        is_new_work = block.kind not in {BlockKind.REVIEW, BlockKind.CHOICE}
        if is_new_work and grades.get(block.competency, -1) >= needs.grade:
            return
    yield Breach(guardrail="grade_level", sentence=explain.BREACH_GRADE_LEVEL)


def essentials_first(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """Each essential skill is first met by Wednesday."""
    first: dict[Id, tuple[int, int]] = {}
    for block in plan.blocks:
        if block.kind is BlockKind.ESSENTIAL:
            place = (block.day, block.order)
            first[block.competency] = min(first.get(block.competency, place), place)
    open_days = [day for day, minutes in enumerate(frame.minutes_of_day) if minutes]
    last = max([LAST_DAY_FOR_A_FIRST_ESSENTIAL, *open_days[:3]])
    for day, order in first.values():
        if day > last:
            yield Breach(
                guardrail="essentials_first",
                sentence=explain.BREACH_ESSENTIALS_FIRST,
                facts={"day": day + 1},
                day=day,
                order=order,
            )


def prerequisites_in_order(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """A skill whose prerequisite is missing comes after work on that prerequisite, or with the teacher."""
    missing = {target.competency: target.missing_prerequisites for target in needs.targets}
    met: set[Id] = set()
    for block in sorted(plan.blocks, key=lambda block: (block.day, block.order)):
        if block.kind is BlockKind.STRETCH:
            for before in missing.get(block.competency, ()):
                if before not in met:
                    yield Breach(
                        guardrail="prerequisites",
                        sentence=explain.BREACH_PREREQUISITES,
                        day=block.day,
                        order=block.order,
                    )
                    break
        met.add(block.competency)


def readable_language(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """Nobody works alone with a text in a language, or at a level, that does not read well yet."""
    slack = READ_ALOUD_SLACK_GRADES if "read-aloud" in needs.supports else READING_SLACK_GRADES
    for block in plan.blocks:
        alone = [known[block.candidate]] if block.candidate in known and block.with_whom is With.ALONE else []
        # A choice is real only when each of its works can be read.
        alone += [known[key] for key in block.options if key in known and known[key].with_whom is With.ALONE]
        for candidate in alone:
            levels = [reader.reading_level for reader in needs.readers if reader.language == candidate.language]
            if candidate.reading_level > 0 and (not levels or max(levels) + slack < candidate.reading_level):
                yield Breach(
                    guardrail="language",
                    sentence=explain.BREACH_LANGUAGE,
                    facts={"title": candidate.title},
                    day=block.day,
                    order=block.order,
                )
                break


def review_share(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """Reviews take at most a quarter of the week."""
    minutes = sum(block.minutes for block in plan.blocks if block.kind is BlockKind.REVIEW)
    if minutes > needs.limits.review_share_cap * sum(frame.minutes_of_day):
        yield Breach(guardrail="review_share", sentence=explain.BREACH_REVIEW_SHARE, facts={"minutes": minutes})


def nothing_twice(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """No work stands twice in one week, whichever door it has."""
    works = Counter(
        _work(known[block.candidate]) if block.candidate in known else block.candidate
        for block in plan.blocks
        if block.candidate is not None and block.kind is not BlockKind.CHOICE
    )
    for block in plan.blocks:
        candidate = known.get(block.candidate)
        if candidate and block.kind is not BlockKind.CHOICE and works[_work(candidate)] > 1:
            yield Breach(
                guardrail="twice",
                sentence=explain.BREACH_TWICE,
                facts={"title": candidate.title},
                day=block.day,
                order=block.order,
            )


def frame_kept(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """Every block stands in a place of the frame that takes its kind; locked blocks stand where the teacher put them."""
    places = {(slot.day, slot.order): slot for slot in frame.slots}
    for block in plan.blocks:
        slot = places.get((block.day, block.order))
        fits = slot is not None and block.kind in slot.kinds and block.minutes <= slot.minutes
        if not fits and not block.is_locked:
            yield Breach(guardrail="frame", sentence=explain.BREACH_FRAME, day=block.day, order=block.order)


def locks_untouched(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """What the teacher locked is still there, in its place."""
    places = {(block.day, block.order): block for block in plan.blocks}
    for locked in needs.locked:
        here = places.get((locked.day, locked.order))
        if here is None or (here.candidate, here.kind) != (locked.candidate, locked.kind):
            yield Breach(guardrail="locked", sentence=explain.BREACH_LOCKED, day=locked.day, order=locked.order)


def essentials_only(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """A plan with essentials only holds a few essentials, groups and a choice."""
    if not needs.essentials_only:
        return
    count = 0
    for block in plan.blocks:
        count += block.kind is BlockKind.ESSENTIAL
        too_many = block.kind is BlockKind.ESSENTIAL and count > needs.limits.most_essentials_only
        if (block.kind not in ALLOWED_WHEN_ESSENTIALS_ONLY or too_many) and not block.is_locked:
            yield Breach(
                guardrail="essentials_only", sentence=explain.BREACH_ESSENTIALS_ONLY, day=block.day, order=block.order
            )


def one_project_a_day(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """At most one project block on a day."""
    days = Counter(block.day for block in plan.blocks if block.kind is BlockKind.PROJECT)
    for day, count in days.items():
        if count > 1:
            yield Breach(guardrail="projects", sentence=explain.BREACH_PROJECTS, day=day)


GUARDRAILS: tuple[Guardrail, ...] = (
    minutes_of_each_day,
    screen_minutes,
    minutes_with_others,
    a_real_choice,
    grade_level_work,
    essentials_first,
    prerequisites_in_order,
    readable_language,
    review_share,
    nothing_twice,
    frame_kept,
    locks_untouched,
    essentials_only,
    one_project_a_day,
)


def breaches(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> tuple[Breach, ...]:
    """Return everything that a plan breaks; nothing when it may stand."""
    return tuple(breach for guardrail in GUARDRAILS for breach in guardrail(plan, needs, frame, known))
