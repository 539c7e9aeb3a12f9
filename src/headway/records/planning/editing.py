"""How a week is changed by hand: look at it as it is now, ask the referee, write, and remember the way back.

Whoever changes a week goes through `apply`: one student's edit, the same block for many, last week carried forward.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from headway.core.planning import Breach, StudentNeeds, Unmet, WeekPlan, breaches, edits, flags_of_week
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.planning import checks, problems, rows
from headway.records.planning.models import Block, BlockOption, ClassWeek, PlanChange, Week
from headway.records.roster.models import Person

Change = Callable[[problems.ClassFacts, WeekPlan], WeekPlan]


@dataclass(frozen=True, kw_only=True)
class Edited:
    """What became of an edit: the week, what the referee says of it now, and the batch that undoes it."""

    week: Week
    warnings: tuple[Breach, ...]
    batch: UUID


def facts_for(
    class_week: ClassWeek, students: Iterable[int], *, at: datetime, weeks: Iterable[Week], more: Iterable[int] = ()
) -> problems.ClassFacts:
    """Return what the referee needs for these students and weeks: not the rest of the class, nor of the library.

    `more` are resources that the edit will bring in.
    """
    blocks = Block.objects.filter(week__in=list(weeks))
    wanted = set(blocks.values_list("resource_id", flat=True)) | set(more)
    wanted |= set(BlockOption.objects.filter(block__in=blocks).values_list("resource_id", flat=True))
    return problems.class_facts(
        class_week.school_class,
        class_week.monday,
        at=at,
        class_week=class_week,
        student_ids=list(students),
        resource_ids=wanted - {None},
    )


def locked_week(week: Week, version: int | None = None) -> Week:
    """Return the week as it is now, locked for this transaction."""
    now = (
        Week.objects.select_for_update(of=("self",))
        .select_related("class_week__school_class__school", "student")
        .get(pk=week.pk)
    )
    checks.check_version(now, version)
    return now


def apply(
    now: Week,
    facts: problems.ClassFacts,
    change: Change,
    *,
    verb: str,
    by: Person,
    at: datetime,
    version: int | None = None,
    batch: UUID | None = None,
    facts_to_keep: Mapping[str, object] | None = None,
) -> Edited:
    """Change a locked week: refuse what cannot be, warn of what should not be, remember how to undo it.

    When the page that asks was made before somebody else changed the week (`version`), the edit still goes through as
    long as nobody touched the same blocks and places since. Nothing is written before everything is checked.
    """
    checks.check_open(now)
    student = next((student for student in facts.students if student.pk == now.student_id), now.student)
    stored = list(now.blocks.prefetch_related("options"))
    before = problems.plan_from_rows(now.student_id, stored)
    after = change(facts, before)
    touched = edits.touched(before, after)
    _check_untouched(now, version, touched)
    known = problems.candidates_outside(facts, after)
    needs = problems.needs_of(facts, student)
    # Places are compared without locks: the teacher moves what the teacher locked.
    had = {(breach.guardrail, breach.day, breach.order) for breach in breaches(before, needs, facts.frame, known)}
    stands = breaches(after, needs, facts.frame, known)
    new = [breach for breach in stands if (breach.guardrail, breach.day, breach.order) not in had]
    checks.check_edit(new)
    snapshot, was = rows.snapshot_of(stored), rows.state_of(now)
    rows.write_edit(now, stored, before, after)
    now.unmet = still_unmet(now.unmet, stands)
    now.flags = flags_of(facts, needs, after, stands, unmet=now.unmet)
    if now.status == Week.Status.APPROVED:
        now.status = Week.Status.CHANGED
    now.version += 1
    now.save(update_fields=["flags", "unmet", "status", "version"])
    made = PlanChange.objects.create(
        week=now,
        at=at,
        by=by,
        verb=verb,
        facts={**(facts_to_keep or {}), "was": was, "touched": sorted(touched)},
        before=snapshot,
        batch=batch or uuid4(),
    )
    audit.record(f"week.{verb}", now, by=by, at=at, **dict(facts_to_keep or {}))
    return Edited(week=now, warnings=tuple(breach for breach in new if breach.guardrail != "frame"), batch=made.batch)


# --- many weeks at once ----------------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Result:
    """What became of one student's week: what the referee says of it now, or why nothing was done."""

    student: Person
    week: Week | None = None
    warnings: tuple[Breach, ...] = ()
    refused: RuleBroken | None = None


def locked_weeks(class_week: ClassWeek, student_ids: Iterable[int]) -> dict[int, Week]:
    """Return the weeks of these students by student id, locked for this transaction."""
    weeks = (
        Week.objects.select_for_update(of=("self",))
        .select_related("class_week__school_class__school", "student")
        .filter(class_week=class_week, student__in=list(student_ids))
        .order_by("pk")
    )
    return {week.student_id: week for week in weeks}


def each_week(
    students: Iterable[Person], weeks: dict[int, Week], act: Callable[[Person, Week | None], Edited]
) -> list[Result]:
    """Do something to each student's week; a broken rule stops that one alone."""
    results = []
    for student in students:
        result = Result(student=student)
        results.append(result)
        try:
            with transaction.atomic():
                edited = act(student, weeks.get(student.pk))
        except RuleBroken as rule:
            result.refused = rule
        else:
            result.week, result.warnings = edited.week, edited.warnings
    return results


# --- what is still said of a week ------------------------------------------------------------------------------------

# Shortfalls that the referee sees by itself: when an edit has met one, nothing more is said of it.
REFEREED = frozenset(
    [
        "adult",
        "alone",
        "choice",
        "class_goal",
        "essentials_first",
        "essentials_only",
        "extra_time",
        "grade_level",
        "language",
        "milestones",
        "prerequisites",
        "projects",
        "rest",
        "review_due",
        "review_share",
        "screen",
        "twice",
        "waived",
        "with_others",
    ]
)


def still_unmet(unmet: Iterable[Mapping[str, Any]], stands: Iterable[Breach]) -> list[Mapping[str, Any]]:
    """Return what a week still falls short of, of what it fell short of when it was drafted."""
    by_guardrail: dict[str, list[Breach]] = {}
    for breach in stands:
        by_guardrail.setdefault(breach.guardrail, []).append(breach)
    left = []
    for entry in unmet:
        own = by_guardrail.get(entry["guardrail"], [])
        alike = [breach for breach in own if breach.sentence == entry["sentence"]]
        # One guardrail may be broken at several blocks, and one of them may have been mended.
        is_there = any(dict(breach.facts) == (entry.get("facts") or {}) for breach in alike) if alike else bool(own)
        if entry["guardrail"] not in REFEREED or is_there:
            left.append(entry)
    return left


def flags_of(
    facts: problems.ClassFacts,
    needs: StudentNeeds,
    plan: WeekPlan,
    stands: Iterable[Breach],
    *,
    unmet: Iterable[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """Return a week's flags: what a teacher should look at, then each guardrail that is broken, with its place."""
    short = tuple(
        Unmet(guardrail=each["guardrail"], sentence=each["sentence"], facts=each.get("facts") or {}) for each in unmet
    )
    flags = [
        {"kind": flag.kind, "sentence": flag.sentence, "facts": dict(flag.facts)}
        for flag in flags_of_week(needs, replace(plan, unmet=short), facts.candidates_by_id)
    ]
    told: dict[str, Breach] = {}
    for breach in stands:
        if breach.guardrail != "frame":
            told.setdefault(breach.guardrail, breach)
    return flags + [
        {
            "kind": f"breach-{name}",
            "sentence": breach.sentence,
            "facts": dict(breach.facts),
            **({} if breach.day is None else {"day": breach.day, "order": breach.order}),
        }
        for name, breach in told.items()
    ]


def _check_untouched(now: Week, version: int | None, touched: frozenset[str]) -> None:
    """Raise when what an edit touches was touched by somebody else after the page at `version` was made."""
    if version is None or version == now.version:
        return
    since: dict[int, frozenset[str] | None] = {}
    for change in now.changes.only("facts", "verb", "undone_at"):
        names = _touched(change)
        for step in (change.facts.get("was", {}).get("version"), change.facts.get("undone_version")):
            if isinstance(step, int) and step >= version:
                since[step] = names
    for step in range(version, now.version):
        names = since.get(step)
        # A step that nothing explains (a new draft, an approval) may have changed anything.
        if names is None or names & touched:
            raise RuleBroken(checks.STALE)
    if version > now.version:
        raise RuleBroken(checks.STALE)


def undone_alone(change: PlanChange) -> frozenset[str] | None:
    """Return what a change touched when it is undone beside others that stand; None when the whole week goes back.

    Raises when something newer stands on the same blocks or places, or on nobody knows what.
    """
    others = list(PlanChange.objects.filter(week=change.week_id).exclude(pk=change.pk).defer("before"))
    newer = [each for each in others if each.pk > change.pk and each.undone_at is None]
    made = change.facts.get("was", {}).get("version", 0)
    # An older change that was taken back since must not come back with the blocks as they were then.
    mixed = [each for each in others if each.pk < change.pk and each.facts.get("undone_version", -1) > made]
    if not newer and not mixed:
        return None
    touched = _touched(change)
    for each in newer:
        theirs = _touched(each)
        if touched is None or theirs is None or touched & theirs:
            raise RuleBroken(gettext_noop("Something newer was changed in this week. Undo that first."))
    return touched


def _touched(change: PlanChange) -> frozenset[str] | None:
    return frozenset(change.facts["touched"]) if "touched" in change.facts else None
