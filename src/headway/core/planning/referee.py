"""An independent check of any plan, whoever made it: one small function for each guardrail.

The guardrails of one student's week are GUARDRAILS, those of a class are CLASS_GUARDRAILS. It shares no code with any
planner, so that one mistake cannot hide in both. It takes any plan, however odd, and never raises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from headway.core.planning import explain
from headway.core.planning.problem import (
    BlockKind,
    Candidate,
    ClassPlan,
    ClassProblem,
    Frame,
    Id,
    Slot,
    StudentNeeds,
    Target,
    WeekPlan,
    With,
)

FULL_WEEK_MINUTES = 250  # five periods of 50 minutes: the caps of a week are meant for these
LAST_DAY_FOR_A_FIRST_ESSENTIAL = 2  # Wednesday
READING_SLACK_GRADES = 1.5
READ_ALOUD_SLACK_GRADES = 4.0
SLOT_SLACK_MINUTES = 5  # work may take a little longer by itself than its place has
EXTRA_TIME_PERCENT = 125
REST_MINUTES = 5
LEAST_REVIEW_MINUTES = 10
SMALLEST_GROUP, LARGEST_GROUP = 3, 6
MOST_WEEKS_IN_NEEDS_GROUPS = 3
ALLOWED_WHEN_ESSENTIALS_ONLY = {BlockKind.ESSENTIAL, BlockKind.GROUP, BlockKind.CHOICE}


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A guardrail that a plan breaks, with the sentence a teacher reads, the block it is about and whose week it is."""

    guardrail: str
    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)
    day: int | None = None
    order: int | None = None
    student: Id = None


Candidates = Mapping[Id, Candidate]
Guardrail = Callable[[WeekPlan, StudentNeeds, Frame, Candidates], Iterator[Breach]]
ClassGuardrail = Callable[[ClassPlan, ClassProblem], Iterator[Breach]]


def _work(candidate: Candidate) -> Id:
    """Return what all doors to the same work have in common."""
    return candidate.id if candidate.variant_group is None else candidate.variant_group


def _works(ids: Iterable[Id], known: Candidates) -> set[Id]:
    """Return the works behind these resources; an id that is not known stands for itself."""
    return {_work(known[key]) if key in known else key for key in ids}


def _open_days(frame: Frame) -> list[int]:
    return [day for day, minutes in enumerate(frame.minutes_of_day) if minutes > 0]


# --- one student's week ----------------------------------------------------------------------------------------------


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


def minutes_alone(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """Minutes alone stay under the cap, in proportion to the class minutes of the week."""
    cap = int(needs.limits.minutes_alone_cap * sum(frame.minutes_of_day) / FULL_WEEK_MINUTES)
    minutes = sum(block.minutes for block in plan.blocks if block.with_whom is With.ALONE)
    if minutes > cap:
        yield Breach(guardrail="alone", sentence=explain.BREACH_ALONE, facts={"minutes": minutes, "cap": cap})


def minutes_with_others(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """Enough minutes are with other people, in proportion when the week is short."""
    share = min(1.0, sum(frame.minutes_of_day) / FULL_WEEK_MINUTES) * (0.5 if needs.essentials_only else 1.0)
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


def class_goal_on_the_plan(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """The class's goal is on every plan that has a place left, at whatever level and in whatever language.

    A place is left where no locked block stands: what a teacher fixed is not pushed aside for it.
    """
    locked = {(block.day, block.order) for block in plan.blocks if block.is_locked}
    if all((slot.day, slot.order) in locked for slot in frame.slots):
        return
    here = {block.competency for block in plan.blocks}
    for target in needs.targets:
        if target.is_class_goal and target.competency not in here:
            yield Breach(
                guardrail="class_goal",
                sentence=explain.BREACH_CLASS_GOAL,
                facts={"competency": target.competency},
            )


def essentials_first(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """Each essential skill is first met by Wednesday."""
    first: dict[Id, tuple[int, int]] = {}
    for block in plan.blocks:
        if block.kind is BlockKind.ESSENTIAL:
            place = (block.day, block.order)
            first[block.competency] = min(first.get(block.competency, place), place)
    last = max([LAST_DAY_FOR_A_FIRST_ESSENTIAL, *_open_days(frame)[:3]])
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
    """A skill whose prerequisite is missing comes after work on that prerequisite in the same week.

    With the teacher it may come at once; a choice is the student's own; and the class's goal stays on every plan.
    """
    missing = {
        target.competency: target.missing_prerequisites
        for target in needs.targets
        if target.missing_prerequisites and not target.is_class_goal
    }
    if not missing:
        return
    met: set[Id] = set()
    for block in sorted(plan.blocks, key=lambda block: (block.day, block.order)):
        is_guided = block.kind in {BlockKind.GROUP, BlockKind.CHOICE} or block.with_whom is With.TEACHER
        if not is_guided and any(before not in met for before in missing.get(block.competency, ())):
            yield Breach(
                guardrail="prerequisites",
                sentence=explain.BREACH_PREREQUISITES,
                day=block.day,
                order=block.order,
            )
        met.add(block.competency)


def milestones_met(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """Work with a date this week has a block on that day or before.

    Done and waived work needs none, and a plan of essentials leaves it for later. Where no school day is left before
    the date, the first school day of the week is soon enough.
    """
    open_days = _open_days(frame)
    due = [milestone for milestone in needs.milestones if milestone.day < len(frame.minutes_of_day)]
    if not due or not open_days or needs.essentials_only:
        return
    behind = _works(needs.waived, known) | _works(needs.done_recently - needs.unfinished, known)
    first: dict[Id, int] = {}
    for block in plan.blocks:
        if block.candidate is not None:
            work = _work(known[block.candidate]) if block.candidate in known else block.candidate
            first[work] = min(first.get(work, block.day), block.day)
    for milestone in due:
        candidate = known.get(milestone.candidate)
        work = milestone.candidate if candidate is None else _work(candidate)
        last = max(milestone.day, open_days[0])
        if work not in behind and first.get(work, last + 1) > last:
            title = milestone.title or (candidate.title if candidate else "")
            yield Breach(
                guardrail="milestones",
                sentence=explain.BREACH_MILESTONE,
                facts={"title": title, "day": last + 1},
                day=last,
            )


def _is_due(target: Target) -> bool:
    return (
        target.pieces > 0
        and target.days_since is not None
        and (target.is_stale or target.word == "recheck")
        and (not target.missing_prerequisites or target.is_class_goal)
    )


def reviews_when_due(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """A skill whose evidence went stale is looked at in some block, while a place for reviews is left.

    A place for reviews is one that the frame keeps for them first. It is left unless it holds a locked block, a review
    of a skill that is due, or the week's only choice; and none is left once such reviews use their share of the week.
    """
    due = {target.competency for target in needs.targets if _is_due(target)}
    if not due or needs.essentials_only:
        return
    seen = {block.competency for block in plan.blocks}
    if due <= seen:
        return
    is_only_choice = sum(block.kind is BlockKind.CHOICE for block in plan.blocks) == 1
    kept, minutes = set(), 0
    for block in plan.blocks:
        is_needed = block.kind is BlockKind.REVIEW and (block.is_locked or block.competency in due)
        minutes += block.minutes if is_needed else 0
        if is_needed or block.is_locked or (block.kind is BlockKind.CHOICE and is_only_choice):
            kept.add((block.day, block.order))
    left = [
        slot for slot in frame.slots if slot.kinds[:1] == (BlockKind.REVIEW,) and (slot.day, slot.order) not in kept
    ]
    waiting = [target for target in needs.targets if target.competency in due - seen]
    for target, slot in zip(waiting, left, strict=False):
        minutes += LEAST_REVIEW_MINUTES
        if minutes > needs.limits.review_share_cap * sum(frame.minutes_of_day):
            return
        yield Breach(
            guardrail="review_due",
            sentence=explain.BREACH_REVIEW_DUE,
            facts={"competency": target.competency},
            day=slot.day,
            order=slot.order,
        )


def review_share(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """Reviews take at most a quarter of the week."""
    minutes = sum(block.minutes for block in plan.blocks if block.kind is BlockKind.REVIEW)
    cap = needs.limits.review_share_cap * sum(frame.minutes_of_day)
    if minutes > cap:
        facts = {"minutes": minutes, "cap": int(cap)}
        yield Breach(guardrail="review_share", sentence=explain.BREACH_REVIEW_SHARE, facts=facts)


def readable_language(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """Nobody works alone with a text in a language, or at a level, that does not read well yet."""
    slack = READ_ALOUD_SLACK_GRADES if "read-aloud" in needs.supports else READING_SLACK_GRADES
    reach: dict[str, float] = {}
    for reader in needs.readers:
        reach[reader.language] = max(reach.get(reader.language, 0.0), reader.reading_level + slack)
    for block in plan.blocks:
        alone = [known[block.candidate]] if block.candidate in known and block.with_whom is With.ALONE else []
        # A choice is real only when each of its works can be read.
        alone += [known[key] for key in block.options if key in known and known[key].with_whom is With.ALONE]
        for candidate in alone:
            if candidate.reading_level > 0 and reach.get(candidate.language, 0.0) < candidate.reading_level:
                yield Breach(
                    guardrail="language",
                    sentence=explain.BREACH_LANGUAGE,
                    facts={"title": candidate.title},
                    day=block.day,
                    order=block.order,
                )
                break


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


def nothing_waived(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """Work that was waived is not in the week, through no door, and is no option of a choice."""
    if not needs.waived:
        return
    waived = _works(needs.waived, known)
    for block in plan.blocks:
        for key in (block.candidate, *block.options):
            candidate = known.get(key)
            if key is not None and (key if candidate is None else _work(candidate)) in waived:
                yield Breach(
                    guardrail="waived",
                    sentence=explain.BREACH_WAIVED,
                    facts={"title": candidate.title if candidate else ""},
                    day=block.day,
                    order=block.order,
                )
                break


def extra_time_honoured(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """With extra time, work stands only where a quarter more than its own minutes fits into the place.

    A place holds what takes its minutes and the usual slack at most; a block outside the frame is its own place.
    """
    if "extra-time" not in needs.supports:
        return
    minutes_of = {(slot.day, slot.order): slot.minutes for slot in frame.slots}
    for block in plan.blocks:
        place = minutes_of.get((block.day, block.order), block.minutes)
        for key in (block.candidate, *block.options):
            candidate = known.get(key)
            if candidate is None:
                continue
            needed = -(-candidate.minutes * EXTRA_TIME_PERCENT // 100)
            if needed > place + SLOT_SLACK_MINUTES:
                yield Breach(
                    guardrail="extra_time",
                    sentence=explain.BREACH_EXTRA_TIME,
                    facts={"title": candidate.title, "minutes": needed, "place": place},
                    day=block.day,
                    order=block.order,
                )
                break


def rest_each_day(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """With breaks, every school day leaves five of the class's minutes free."""
    if "breaks" not in needs.supports:
        return
    for day in _open_days(frame):
        minutes = sum(block.minutes for block in plan.blocks if block.day == day)
        if minutes > 0 and minutes > frame.minutes_of_day[day] - REST_MINUTES:
            yield Breach(
                guardrail="rest",
                sentence=explain.BREACH_REST,
                facts={"day": day + 1, "rest": REST_MINUTES},
                day=day,
            )


def an_adult_near(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """With somebody near, no school day is all alone."""
    if "adult" not in needs.supports:
        return
    days = {block.day for block in plan.blocks}
    accompanied = {block.day for block in plan.blocks if block.with_whom is not With.ALONE}
    for day in _open_days(frame):
        if day in days and day not in accompanied:
            yield Breach(guardrail="adult", sentence=explain.BREACH_ADULT, facts={"day": day + 1}, day=day)


def frame_kept(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """Every block stands in a place of the frame that takes its kind; locked blocks stand where the teacher put them."""
    places = {(slot.day, slot.order): slot for slot in frame.slots}
    for block in plan.blocks:
        slot = places.get((block.day, block.order))
        fits = slot is not None and block.kind in slot.kinds and block.minutes <= slot.minutes
        if not fits and not block.is_locked:
            yield Breach(guardrail="frame", sentence=explain.BREACH_FRAME, day=block.day, order=block.order)


def one_thing_at_a_time(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """Nobody is in two places at once: a place of the week holds one block."""
    places = Counter((block.day, block.order) for block in plan.blocks)
    for (day, order), count in places.items():
        if count > 1:
            yield Breach(guardrail="two_at_once", sentence=explain.BREACH_TWO_AT_ONCE, day=day, order=order)


def locks_untouched(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> Iterator[Breach]:
    """What the teacher locked or approved is still there, in its place."""
    here = {(block.day, block.order, block.candidate, block.kind) for block in plan.blocks}
    for locked in needs.locked:
        if (locked.day, locked.order, locked.candidate, locked.kind) not in here:
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
    minutes_alone,
    minutes_with_others,
    a_real_choice,
    grade_level_work,
    class_goal_on_the_plan,
    essentials_first,
    prerequisites_in_order,
    milestones_met,
    reviews_when_due,
    review_share,
    readable_language,
    nothing_twice,
    nothing_waived,
    extra_time_honoured,
    rest_each_day,
    an_adult_near,
    frame_kept,
    one_thing_at_a_time,
    locks_untouched,
    essentials_only,
    one_project_a_day,
)


def breaches(plan: WeekPlan, needs: StudentNeeds, frame: Frame, known: Candidates) -> tuple[Breach, ...]:
    """Return everything that a plan breaks; nothing when it may stand."""
    return tuple(breach for guardrail in GUARDRAILS for breach in guardrail(plan, needs, frame, known))


# --- a class's week --------------------------------------------------------------------------------------------------


def a_week_for_everybody(plan: ClassPlan, problem: ClassProblem) -> Iterator[Breach]:
    """Nobody is left out: every student of the problem has a week."""
    for needs in problem.students:
        if needs.student not in plan.weeks:
            yield Breach(guardrail="no_week", sentence=explain.BREACH_NO_WEEK, student=needs.student)


def frame_as_last_week(plan: ClassPlan, problem: ClassProblem) -> Iterator[Breach]:
    """The day has the same times and kinds as last week, unless the change is marked; days without school aside."""
    usual, now = problem.usual_frame, problem.frame
    if usual is None or problem.is_frame_change_marked:
        return

    def places(frame: Frame, day: int) -> list[Slot]:
        return sorted((slot for slot in frame.slots if slot.day == day), key=lambda slot: slot.order)

    for day in _open_days(now):
        if usual.minutes_of_day[day] <= 0:
            continue
        if usual.minutes_of_day[day] != now.minutes_of_day[day] or places(usual, day) != places(now, day):
            yield Breach(
                guardrail="frame_changed", sentence=explain.BREACH_FRAME_CHANGED, facts={"day": day + 1}, day=day
            )


def groups_of_a_good_size(plan: ClassPlan, problem: ClassProblem) -> Iterator[Breach]:
    """A group has 3 to 6 members."""
    for group in plan.groups:
        count = len(set(group.students))
        if not SMALLEST_GROUP <= count <= LARGEST_GROUP:
            yield Breach(
                guardrail="group_size",
                sentence=explain.BREACH_GROUP_SIZE,
                facts={"count": count, "least": SMALLEST_GROUP, "most": LARGEST_GROUP, "competency": group.competency},
                day=group.day,
                order=group.order,
            )


def groups_meet_the_teacher(plan: ClassPlan, problem: ClassProblem) -> Iterator[Breach]:
    """A group meets in a place of the frame that is the teacher's."""
    teachers = {(slot.day, slot.order) for slot in problem.frame.slots if slot.is_teachers}
    for group in plan.groups:
        if (group.day, group.order) not in teachers:
            yield Breach(
                guardrail="group_place",
                sentence=explain.BREACH_GROUP_PLACE,
                facts={"competency": group.competency},
                day=group.day,
                order=group.order,
            )


def one_group_at_a_time(plan: ClassPlan, problem: ClassProblem) -> Iterator[Breach]:
    """The teacher meets one group at a time."""
    for (day, order), count in Counter((group.day, group.order) for group in plan.groups).items():
        if count > 1:
            yield Breach(
                guardrail="groups_at_once",
                sentence=explain.BREACH_GROUPS_AT_ONCE,
                facts={"count": count},
                day=day,
                order=order,
            )


def members_are_there(plan: ClassPlan, problem: ClassProblem) -> Iterator[Breach]:
    """Every member's week has the group's block where the group meets; seats in standing groups count too.

    A member of another class, who has no week here, is not looked for; nor is a seat on a day without school.
    """
    expected: dict[tuple[Id, Id], tuple[int, int | None]] = {}
    for needs in problem.students:
        for seat in needs.groups:
            if seat.day in _open_days(problem.frame):
                expected[needs.student, seat.group] = (seat.day, seat.order)
    for group in plan.groups:
        for student in group.students:
            expected[student, group.id] = (group.day, group.order)
    for (student, group_id), (day, order) in expected.items():
        if student in plan.weeks and not any(
            block.kind is BlockKind.GROUP
            and block.group == group_id
            and block.day == day
            and (order is None or block.order == order)
            for block in plan.weeks[student].blocks
        ):
            yield Breach(
                guardrail="group_member", sentence=explain.BREACH_GROUP_MEMBER, day=day, order=order, student=student
            )


def only_members_are_there(plan: ClassPlan, problem: ClassProblem) -> Iterator[Breach]:
    """Nobody has a block of a group that they are not in."""
    members: dict[Id, set[Id]] = {}
    for group in plan.groups:
        members.setdefault(group.id, set()).update(group.students)
    for needs in problem.students:
        for seat in needs.groups:
            members.setdefault(seat.group, set()).add(needs.student)
    for student, week in plan.weeks.items():
        for block in week.blocks:
            if block.group is not None and student not in members.get(block.group, ()):
                yield Breach(
                    guardrail="group_stranger",
                    sentence=explain.BREACH_GROUP_STRANGER,
                    day=block.day,
                    order=block.order,
                    student=student,
                )


def one_target_for_a_group(plan: ClassPlan, problem: ClassProblem) -> Iterator[Breach]:
    """All members of a group work on its one target."""
    targets = {group.id: group.competency for group in plan.groups}
    for needs in problem.students:
        for seat in needs.groups:
            targets.setdefault(seat.group, seat.competency)
    for student, week in plan.weeks.items():
        for block in week.blocks:
            if block.group in targets and block.competency != targets[block.group]:
                yield Breach(
                    guardrail="group_target",
                    sentence=explain.BREACH_GROUP_TARGET,
                    facts={"competency": targets[block.group]},
                    day=block.day,
                    order=block.order,
                    student=student,
                )


def no_fourth_week_of_needs(plan: ClassPlan, problem: ClassProblem) -> Iterator[Breach]:
    """Nobody is in a group for needs four weeks in a row."""
    weeks = {needs.student: needs.weeks_in_needs_groups for needs in problem.students}
    for group in plan.groups:
        for student in group.students if group.kind == "needs" else ():
            if weeks.get(student, 0) >= MOST_WEEKS_IN_NEEDS_GROUPS:
                yield Breach(
                    guardrail="needs_groups",
                    sentence=explain.BREACH_NEEDS_GROUPS,
                    facts={"weeks": weeks[student]},
                    day=group.day,
                    order=group.order,
                    student=student,
                )


CLASS_GUARDRAILS: tuple[ClassGuardrail, ...] = (
    a_week_for_everybody,
    frame_as_last_week,
    groups_of_a_good_size,
    groups_meet_the_teacher,
    one_group_at_a_time,
    members_are_there,
    only_members_are_there,
    one_target_for_a_group,
    no_fourth_week_of_needs,
)


def class_breaches(plan: ClassPlan, problem: ClassProblem) -> tuple[Breach, ...]:
    """Return everything that a class's plan breaks: in each student's week, in the groups and in the frame."""
    known = {candidate.id: candidate for candidate in problem.candidates}
    found = [
        replace(breach, student=needs.student)
        for needs in problem.students
        if needs.student in plan.weeks
        for breach in breaches(plan.weeks[needs.student], needs, problem.frame, known)
    ]
    found += (breach for guardrail in CLASS_GUARDRAILS for breach in guardrail(plan, problem))
    return tuple(found)
