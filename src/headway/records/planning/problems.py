"""The planner's problem from what is remembered, and rows from the planner's answer.

Everything is read in a fixed number of queries, whatever the size of the class.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from headway.core.planning import (
    BlockKind,
    Candidate,
    ClassProblem,
    Frame,
    GroupSeat,
    Limits,
    Milestone,
    Pace,
    PlannedBlock,
    Reader,
    Reason,
    ReasonKind,
    Slot,
    StudentNeeds,
    Target,
    WeekPlan,
    Weights,
    With,
    make_frame,
)
from headway.core.planning.pace import PaceNow
from headway.core.shared.school_weeks import SCHOOL_DAYS_PER_WEEK
from headway.records.evidence.queries import NO_EVIDENCE, Cell, cells
from headway.records.grouping.models import Group, GroupMember
from headway.records.grouping.queries import weeks_in_needs_groups
from headway.records.library.models import Resource
from headway.records.library.queries import resources_for
from headway.records.planning import dates
from headway.records.planning.limits import weights_for
from headway.records.planning.models import Block, BlockOption, ClassWeek, PlanRules
from headway.records.roster.models import Class, Person
from headway.records.roster.queries import minutes_of_days, students_with_profiles
from headway.records.standards.models import Competency
from headway.records.standards.queries import competencies_with_ids, path_of, prerequisite_pairs

MISSING_BELOW = 0.5
DONE_RECENTLY_DAYS = 21
CLASS_GOAL_SHARE_SECURE = 0.7
SECURE_WORDS = frozenset({"secure", "beyond", "recheck"})
KINDS = frozenset(kind.value for kind in BlockKind)


# --- the weekly frame ------------------------------------------------------------------------------------------------


def frame_as_json(frame: Frame) -> dict[str, Any]:
    """Return a frame as plain JSON values."""
    return {
        "minutes_of_day": list(frame.minutes_of_day),
        "slots": [[slot.day, slot.order, slot.minutes, [kind.value for kind in slot.kinds]] for slot in frame.slots],
        "teachers": [[slot.day, slot.order] for slot in frame.slots if slot.is_teachers],
    }


def frame_from_json(stored: Mapping[str, Any]) -> Frame:
    """Return the frame that `frame_as_json` wrote."""
    first, second, third, fourth, fifth = stored["minutes_of_day"]
    if "teachers" in stored:
        teachers = {(day, order) for day, order in stored["teachers"]}
    else:  # frames written before said it by their first kind
        firsts: dict[int, int] = {}
        for day, order, _minutes, kinds in stored["slots"]:
            if kinds[0] == BlockKind.GROUP:
                firsts.setdefault(day, order)
        teachers = set(firsts.items())
    return Frame(
        minutes_of_day=(first, second, third, fourth, fifth),
        slots=tuple(
            Slot(
                day=day,
                order=order,
                minutes=minutes,
                kinds=tuple(BlockKind(kind) for kind in kinds),
                is_teachers=(day, order) in teachers,
            )
            for day, order, minutes, kinds in stored["slots"]
        ),
    )


def usual_frame(school_class: Class, monday: date) -> Frame:
    """Return the class's frame for a week: the same every week but for days without school."""
    return make_frame(minutes_of_days(school_class, monday))


# --- what the planner is given ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ClassFacts:
    """What a class's weeks are made from; read once, used for one student or for all."""

    school_class: Class
    monday: date
    frame: Frame
    students: list[Person]
    path: list[Competency]
    competencies: dict[int, Competency]
    before: dict[int, tuple[int, ...]]
    grid: dict[tuple[int, int], Cell]
    candidates: tuple[Candidate, ...]
    rules: PlanRules
    goal_id: int | None
    seats: dict[int, tuple[GroupSeat, ...]]
    done: dict[int, frozenset[int]]
    at: datetime
    unfinished: dict[int, frozenset[int]] = field(default_factory=dict)
    waived: dict[int, frozenset[int]] = field(default_factory=dict)
    milestones: dict[int, tuple[tuple[int, int, str], ...]] = field(default_factory=dict)
    paces: Mapping[int, PaceNow] = field(default_factory=dict)
    weeks_in_needs_groups: dict[int, int] = field(default_factory=dict)
    usual_frame: Frame | None = None
    is_frame_change_marked: bool = False
    weights: Weights = field(default_factory=Weights)

    @cached_property
    def path_ids(self) -> frozenset[int]:
        """The skills of the path, asked for each student and skill."""
        return frozenset(skill.pk for skill in self.path)

    @property
    def candidates_by_id(self) -> dict[Any, Candidate]:
        """Candidates by resource id, as the referee reads them."""
        return {candidate.id: candidate for candidate in self.candidates}


def candidate_of(resource: Resource, competency_id: int | None, *, has_items: bool) -> Candidate:
    """Return a resource as the planner sees it; work that may be on paper or screen counts as screen if it is marked."""
    on_screen = resource.screen == Resource.Screen.YES or (resource.screen == Resource.Screen.EITHER and has_items)
    return Candidate(
        id=resource.pk,
        competency=competency_id,
        minutes=resource.minutes,
        kinds=frozenset(BlockKind(use) for use in resource.uses if use in KINDS),
        with_whom=With(resource.with_whom),
        screen_minutes=resource.minutes if on_screen else 0,
        language=resource.language,
        reading_level=resource.reading_level,
        grade_low=resource.grade_low,
        grade_high=resource.grade_high,
        topics=frozenset(resource.topics),
        careers=frozenset(resource.careers),
        level=resource.level,
        variant_group=resource.variant_of_id or resource.pk,
        has_items=has_items,
        title=resource.title,
        activity=resource.kind,
    )


def _candidates(
    school_class: Class, competency_ids: Sequence[int], resource_ids: Iterable[int] | None = None
) -> tuple[Candidate, ...]:
    wanted = set(competency_ids)
    found = []
    for resource in resources_for(school_class.school, competency_ids, only=resource_ids):
        aligned = [row.competency_id for row in resource.accepted_alignments]  # type: ignore[attr-defined]
        competency_id = next((pk for pk in aligned if pk in wanted), None)
        found.append(candidate_of(resource, competency_id, has_items=resource.item_count > 0))  # type: ignore[attr-defined]
    return tuple(found)


def _seats(school_class: Class, monday: date) -> dict[int, tuple[GroupSeat, ...]]:
    seats: dict[int, list[GroupSeat]] = defaultdict(list)
    rows = GroupMember.objects.filter(
        group__school_class=school_class,
        group__monday__lte=monday,
        group__ends_on__gte=monday,
        group__ended_at__isnull=True,
    )
    # A team does not meet the teacher: its work stands in the week as what it is (`seats.team_blocks`).
    rows = rows.exclude(group__kind=Group.Kind.TEAM).select_related("group")
    for row in rows.order_by("group__weekday", "group_id"):
        seats[row.student_id].append(
            GroupSeat(
                group=row.group_id,
                day=row.group.weekday,
                competency=row.group.competency_id,
                candidate=row.group.resource_id,
                order=row.group.order,
                kind=row.group.kind,
            )
        )
    return {student: tuple(own) for student, own in seats.items()}


def _done_recently(
    students: Iterable[Person], monday: date, *, on: date
) -> tuple[dict[int, frozenset[int]], dict[int, frozenset[int]]]:
    """Return what each student did lately, and what was begun and not finished in weeks that are over.

    What stands in a week that is still going on is expected to be done in it.
    """
    done: dict[int, set[int]] = defaultdict(set)
    begun: dict[int, set[int]] = defaultdict(set)
    rows = Block.objects.filter(
        week__student__in=list(students),
        week__class_week__monday__gte=monday - timedelta(days=DONE_RECENTLY_DAYS),
        week__class_week__monday__lt=monday,
    ).values_list(
        "week__student_id", "resource_id", "chosen_resource_id", "week__class_week__monday", "started_at", "finished_at"
    )
    for student_id, resource_id, chosen_id, its_monday, started_at, finished_at in rows:
        is_over = its_monday + timedelta(days=SCHOOL_DAYS_PER_WEEK) <= on
        left = begun if is_over and started_at is not None and finished_at is None else done
        left[student_id].update(pk for pk in (resource_id, chosen_id) if pk)
    return (
        {student_id: frozenset(own) for student_id, own in done.items()},
        {student_id: frozenset(own - done[student_id]) for student_id, own in begun.items()},
    )


def _frame_before(school_class: Class, monday: date) -> Frame | None:
    """Return the frame of the week before, None where there was none."""
    before = (
        ClassWeek.objects.filter(school_class=school_class, monday=monday - timedelta(days=7)).only("frame").first()
    )
    return frame_from_json(before.frame) if before is not None and before.frame else None


def default_goal_id(path: Sequence[Competency], students: Sequence[Person], grid: Mapping[Any, Cell]) -> int | None:
    """Return the first skill on the path that fewer than 7 in 10 students are secure on; else the last one."""
    for competency in path:
        secure = sum(
            1 for student in students if grid.get((student.pk, competency.pk), NO_EVIDENCE).word in SECURE_WORDS
        )
        if secure < CLASS_GOAL_SHARE_SECURE * max(1, len(students)):
            return competency.pk
    return path[-1].pk if path else None


def class_facts(
    school_class: Class,
    monday: date,
    *,
    at: datetime,
    class_week: ClassWeek | None = None,
    student_ids: Iterable[int] | None = None,
    resource_ids: Iterable[int] | None = None,
) -> ClassFacts:
    """Return everything the planner may know of a class for one week.

    With `student_ids` and `resource_ids` only of these students and this part of the library: enough to check an edit.
    """
    students = students_with_profiles(school_class, only=student_ids)
    path = path_of(school_class)
    path_ids = [competency.pk for competency in path]
    pairs = prerequisite_pairs(path_ids, school_id=school_class.school_id)
    ids = list(dict.fromkeys([*path_ids, *(origin for origin, _target in pairs)]))
    before: dict[int, list[int]] = defaultdict(list)
    for origin, target in pairs:
        before[target].append(origin)
    grid = cells(students, ids, at=at, school_class=school_class)
    competencies = {competency.pk: competency for competency in path}
    competencies |= competencies_with_ids(pk for pk in ids if pk not in competencies)
    frame = frame_from_json(class_week.frame) if class_week and class_week.frame else usual_frame(school_class, monday)
    done, unfinished = _done_recently(students, monday, on=at.date())
    is_whole = student_ids is None
    goal_id = class_week.goal_id if class_week and class_week.goal_id else default_goal_id(path, students, grid)
    return ClassFacts(
        school_class=school_class,
        monday=monday,
        frame=frame,
        students=students,
        path=path,
        competencies=competencies,
        before={target: tuple(origins) for target, origins in before.items()},
        grid=grid,
        candidates=_candidates(school_class, ids, resource_ids),
        rules=PlanRules.objects.filter(school_class=school_class).first() or PlanRules(school_class=school_class),
        goal_id=goal_id,
        seats=_seats(school_class, monday),
        done=done,
        at=at,
        unfinished=unfinished,
        waived=dates.waived_of(school_class, monday, students),
        milestones=dates.milestones_of(school_class, monday, students),
        # An edit is checked, not weighed, and a pace is told beside the whole class.
        paces=dates.paces_of(school_class, students, at=at, grid=grid, path=path) if is_whole else {},
        weeks_in_needs_groups=weeks_in_needs_groups(school_class, monday) if is_whole else {},
        usual_frame=_frame_before(school_class, monday) if is_whole else None,
        is_frame_change_marked=bool(class_week and class_week.frame_change_words),
        weights=weights_for(school_class) if is_whole else Weights(),
    )


def _before(
    facts: ClassFacts, student: Person, competency_id: int, seen: frozenset[int] = frozenset()
) -> tuple[tuple[int, ...], int]:
    """Return what is missing before a skill, and how many steps beyond what is known it lies.

    A prerequisite is missing when it was seen and is not there yet, or when it waits for one that is missing. One that
    nobody has seen is a step: a student goes one step beyond what is known before going two.
    """
    missing, steps = [], 0
    for origin in facts.before.get(competency_id, ()):
        known = facts.grid.get((student.pk, origin), NO_EVIDENCE)
        if known.pieces:
            if known.chance < MISSING_BELOW and known.word not in SECURE_WORDS:
                missing.append(origin)
        elif origin in facts.path_ids and origin not in seen:
            further, more = _before(facts, student, origin, seen | {competency_id})
            if further:
                missing.append(origin)
            steps = max(steps, 1 + more)
    return tuple(missing), steps


def _target(facts: ClassFacts, student: Person, competency: Competency) -> Target:
    cell = facts.grid.get((student.pk, competency.pk), NO_EVIDENCE)
    missing, steps = _before(facts, student, competency.pk)
    return Target(
        competency=competency.pk,
        chance=cell.chance if cell.pieces else 0.5,
        low=cell.low,
        high=cell.high,
        pieces=cell.pieces,
        word=cell.word,
        grade=competency.grade_high if competency.grade_high is not None else facts.school_class.grade,
        is_stale=cell.is_stale,
        days_since=(facts.at - cell.newest_at).days if cell.newest_at else None,
        missing_prerequisites=missing,
        steps_ahead=steps,
        is_class_goal=competency.pk == facts.goal_id,
    )


def needs_of(facts: ClassFacts, student: Person, *, locked: tuple[PlannedBlock, ...] = ()) -> StudentNeeds:
    """Return what the planner may know of one student; no group membership is among it."""
    profile = getattr(student, "profile", None)
    own_path = [competency.pk for competency in facts.path]
    # Below the path only what is known to be missing is worth a week's minutes, and what nobody has looked at under a
    # skill that does not come: perhaps it is missing there.
    reach = []
    for pk in own_path:
        above = facts.grid.get((student.pk, pk), NO_EVIDENCE)
        is_hard_going = above.pieces and above.chance < MISSING_BELOW and above.word not in SECURE_WORDS
        for origin in facts.before.get(pk, ()):
            cell = facts.grid.get((student.pk, origin), NO_EVIDENCE)
            is_worth_it = cell.word not in SECURE_WORDS if cell.pieces else is_hard_going
            if origin not in own_path and origin not in reach and is_worth_it:
                reach.append(origin)
    readers = tuple(
        Reader(language=row.language, reading_level=row.reading_level) for row in student.languages.all()
    ) or (Reader(language=facts.school_class.language, reading_level=float(facts.school_class.grade)),)
    goals = list(student.goals.all())
    return StudentNeeds(
        student=student.pk,
        grade=min(profile.grade if profile else facts.school_class.grade, facts.school_class.grade),
        targets=tuple(_target(facts, student, facts.competencies[pk]) for pk in [*own_path, *reach]),
        readers=readers,
        interests=frozenset(profile.interests if profile else ()),
        careers=frozenset(profile.careers if profile else ()),
        goal=goals[0].words if goals else "",
        supports=frozenset(
            row.kind
            for row in student.supports.all()
            if (row.starts_on is None or row.starts_on <= facts.monday + timedelta(days=4))
            and (row.ends_on is None or row.ends_on >= facts.monday)
        ),
        limits=Limits(
            screen_minutes_cap=(profile.screen_minutes_cap if profile and profile.screen_minutes_cap else None)
            or facts.rules.screen_minutes_cap,
            minutes_with_others_floor=facts.rules.minutes_with_others_floor,
            minutes_alone_cap=facts.rules.minutes_alone_cap,
            choice_options=facts.rules.choice_options,
            review_share_cap=facts.rules.review_share_cap,
        ),
        done_recently=facts.done.get(student.pk, frozenset()),
        locked=locked,
        groups=facts.seats.get(student.pk, ()),
        milestones=tuple(
            Milestone(candidate=resource_id, day=day, title=words)
            for resource_id, day, words in facts.milestones.get(student.pk, ())
        ),
        unfinished=facts.unfinished.get(student.pk, frozenset()),
        waived=facts.waived.get(student.pk, frozenset()),
        pace=facts.paces[student.pk].word if student.pk in facts.paces else Pace.ON,
        weeks_in_needs_groups=facts.weeks_in_needs_groups.get(student.pk, 0),
    )


def problem_of(facts: ClassFacts, needs: Iterable[StudentNeeds], *, may_form_groups: bool = False) -> ClassProblem:
    """Return the class's problem for these students."""
    return ClassProblem(
        frame=facts.frame,
        candidates=facts.candidates,
        students=tuple(needs),
        class_goal=facts.goal_id,
        language=facts.school_class.language,
        weights=facts.weights,
        may_form_groups=may_form_groups,
        usual_frame=facts.usual_frame,
        is_frame_change_marked=facts.is_frame_change_marked,
    )


# --- rows and plans --------------------------------------------------------------------------------------------------


def reason_as_json(reason: Reason) -> dict[str, Any]:
    """Return a reason as it is stored: its kind, its sentence and its facts."""
    return {"kind": reason.kind.value, "sentence": reason.sentence, "facts": dict(reason.facts)}


def planned_block(block: Block) -> PlannedBlock:
    """Return a stored block as the planner reads it; its options must be at hand."""
    by_part: dict[str, list[int]] = defaultdict(list)
    for option in block.options.all():
        by_part[option.part].append(option.resource_id)
    return PlannedBlock(
        day=block.day,
        order=block.order,
        minutes=block.minutes,
        kind=BlockKind(block.kind),
        candidate=block.resource_id,
        competency=block.competency_id,
        with_whom=With(block.with_whom),
        screen_minutes=block.screen_minutes,
        variants=tuple(by_part[BlockOption.Part.VARIANT]),
        options=tuple(by_part[BlockOption.Part.CHOICE]),
        alternatives=tuple(by_part[BlockOption.Part.ALTERNATIVE]),
        reasons=tuple(
            Reason(kind=ReasonKind(row["kind"]), sentence=row["sentence"], facts=row.get("facts") or {})
            for row in block.reasons
        ),
        is_locked=block.is_locked or block.started_at is not None or block.finished_at is not None,
        group=block.group_id,
        id=block.pk,
    )


def plan_from_rows(student_id: int, blocks: Iterable[Block]) -> WeekPlan:
    """Return the plan that stored blocks make."""
    return WeekPlan(
        student=student_id,
        blocks=tuple(sorted((planned_block(block) for block in blocks), key=lambda block: (block.day, block.order))),
    )


def candidates_outside(facts: ClassFacts, plan: WeekPlan) -> dict[Any, Candidate]:
    """Return all candidates of the class and those that a plan holds although they are not among them."""
    known = facts.candidates_by_id
    wanted = {block.candidate for block in plan.blocks} | {option for block in plan.blocks for option in block.options}
    missing: list[Any] = [pk for pk in wanted if pk is not None and pk not in known]
    competency_of = {block.candidate: block.competency for block in plan.blocks}
    for resource in Resource.objects.filter(pk__in=missing).prefetch_related("items"):
        own: Any = competency_of.get(resource.pk)
        known[resource.pk] = candidate_of(resource, own, has_items=bool(resource.items.all()))
    return known
