"""Every change to week plans and to the work in them.

Thinking is done before the transaction opens, so that nobody waits for a planner while it holds the write lock; inside
the transaction the versions are looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import QuerySet

from headway.core import items as engine
from headway.core.library.own_choice import BEGUN_ALREADY
from headway.core.planning import (
    BlockKind,
    PlannedBlock,
    PlanState,
    WeekPlan,
    breaches,
    check_move,
    edits,
)
from headway.core.shared.errors import NotFound, RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.evidence import actions as evidence_actions
from headway.records.evidence.models import Evidence
from headway.records.items.models import Item
from headway.records.items.queries import competency_id_of, question
from headway.records.library.models import Resource
from headway.records.library.queries import doors_of, primary_competencies
from headway.records.planning import checks, editing, own_choices, problems, rows
from headway.records.planning.editing import Edited
from headway.records.planning.models import (
    Block,
    BlockOption,
    ClassWeek,
    HelpRequest,
    ItemWork,
    PlanChange,
    Week,
)
from headway.records.planning.sitting import session_of
from headway.records.roster.checks import check_teaches
from headway.records.roster.models import Class, Person

SWAPPED, MOVED, LOCKED, UNLOCKED, ADDED, REMOVED, APPROVED, REOPENED = (
    "swapped",
    "moved",
    "locked",
    "unlocked",
    "added",
    "removed",
    "approved",
    "reopened",
)
SURENESS = ("guess", "think", "sure")


# --- approving -------------------------------------------------------------------------------------------------------


@transaction.atomic
def approve_week(*, week: Week, by: Person, at: datetime, version: int | None = None) -> Week:
    """Fix the week's blocks and show them to the student; approving twice is approving once."""
    checks.check_plans(by, week)
    now = Week.objects.select_for_update().get(pk=week.pk)
    if now.status == Week.Status.APPROVED and (version is None or version in (now.version, now.version - 1)):
        return now  # a double click, or two teachers with the same mind
    now = editing.locked_week(week, version)
    checks.check_approve(now)
    return _approve(now, by=by, at=at, batch=uuid4())


def _approve(week: Week, *, by: Person, at: datetime, batch: UUID) -> Week:
    PlanChange.objects.create(
        week=week, at=at, by=by, verb=APPROVED, before=[], facts={"was": rows.state_of(week)}, batch=batch
    )
    week.status = Week.Status.APPROVED
    week.approved_at, week.approved_by = at, by
    week.version += 1
    week.save(update_fields=["status", "approved_at", "approved_by", "version"])
    audit.record("week.approved", week, by=by, at=at)
    return week


@transaction.atomic
def approve_ready(*, class_week: ClassWeek, by: Person, at: datetime) -> tuple[list[Week], UUID]:
    """Approve every week that nothing speaks against; those that need a look stay as they are."""
    check_teaches(by, class_week.school_class)
    batch = uuid4()
    weeks = list(
        Week.objects.select_for_update(of=("self",))
        .select_related("student")
        .filter(class_week=class_week, status__in=[Week.Status.DRAFT, Week.Status.CHANGED], blocks__isnull=False)
        .order_by("pk")
    )
    ready = list({week.pk: week for week in weeks if not week.flags}.values())
    for week in ready:
        _approve(week, by=by, at=at, batch=batch)
    return ready, batch


@transaction.atomic
def reopen_week(*, week: Week, by: Person, at: datetime, version: int | None = None) -> Week:
    """Put an approved week back in pencil; the student no longer sees it."""
    checks.check_plans(by, week)
    now = editing.locked_week(week, version)
    check_move(PlanState(now.status), PlanState.DRAFT)
    PlanChange.objects.create(week=now, at=at, by=by, verb=REOPENED, before=[], facts={"was": rows.state_of(now)})
    now.status = Week.Status.DRAFT
    now.approved_at = now.approved_by = None
    now.version += 1
    now.save(update_fields=["status", "approved_at", "approved_by", "version"])
    audit.record("week.reopened", now, by=by, at=at)
    return now


@transaction.atomic
def close_weeks(*, before: date, by: Person | None, at: datetime) -> int:
    """Close every week that ended before a Monday; what was planned and done stays."""
    weeks = list(Week.objects.filter(class_week__monday__lt=before).exclude(status=Week.Status.CLOSED))
    for week in weeks:
        week.status = Week.Status.CLOSED
        week.version += 1
    Week.objects.bulk_update(weeks, ["status", "version"], batch_size=200)
    audit.record_many("week.closed", weeks, by=by, at=at)
    return len(weeks)


# --- changing a week -------------------------------------------------------------------------------------------------


def _edit(
    week: Week,
    *,
    verb: str,
    by: Person,
    at: datetime,
    version: int | None,
    change: editing.Change,
    more: Iterable[int] = (),
    facts_to_keep: Mapping[str, object] | None = None,
) -> Edited:
    """Make one change to one student's week; thinking that needs no lock is done before it is taken."""
    checks.check_plans(by, week)
    checks.check_open(week)
    facts = editing.facts_for(week.class_week, [week.student_id], at=at, weeks=[week], more=more)
    with transaction.atomic():
        return editing.apply(
            editing.locked_week(week),
            facts,
            change,
            verb=verb,
            by=by,
            at=at,
            version=version,
            facts_to_keep=facts_to_keep,
        )


def _candidate(facts: problems.ClassFacts, resource: Resource, competency_id: int | None) -> Any:
    known = facts.candidates_by_id.get(resource.pk)
    if known is not None:
        return known
    own = primary_competencies([resource.pk]).get(resource.pk, competency_id)
    return problems.candidate_of(resource, own, has_items=resource.items.exists())


def _look_again(block: Block, plan: WeekPlan) -> PlannedBlock:
    """Return the block as it is now, wherever a colleague put it; raise when it is gone, or begun since."""
    planned = next((one for one in plan.blocks if one.id == block.pk), None)
    if planned is None:
        raise RuleBroken(gettext_noop("This block is not there any more. Look at the week again."))
    block.refresh_from_db(fields=["started_at", "finished_at", "is_locked"])
    checks.check_not_begun(block)
    return planned


def swap_block(*, block: Block, resource: Resource, by: Person, at: datetime, version: int | None = None) -> Edited:
    """Put another resource in a block's place; what was there becomes an alternative. The block is locked then."""
    checks.check_not_begun(block)

    def change(facts: problems.ClassFacts, plan: WeekPlan) -> WeekPlan:
        planned = _look_again(block, plan)
        candidate = _candidate(facts, resource, block.competency_id)
        slot = rows.slot_of(block.week.class_week, planned.day, planned.order)
        doors = tuple(door.pk for door in doors_of(resource) if door.pk != resource.pk)
        return edits.swapped(plan, planned, candidate, slot=slot, variants=doors)

    return _edit(
        block.week,
        verb=SWAPPED,
        by=by,
        at=at,
        version=version,
        change=change,
        more=[resource.pk],
        facts_to_keep={"from": block.resource_id, "to": resource.pk},
    )


def move_block(*, block: Block, day: int, order: int, by: Person, at: datetime, version: int | None = None) -> Edited:
    """Move a block to another place of the frame; one that stands there changes places with it."""
    checks.check_not_begun(block)
    checks.check_not_in_group(block)
    slot = rows.slot_of(block.week.class_week, day, order)

    def change(facts: problems.ClassFacts, plan: WeekPlan) -> WeekPlan:
        planned = _look_again(block, plan)
        there = edits.block_at(plan, slot.day, slot.order)
        if there is not None and there.is_locked and there is not planned:
            raise RuleBroken(gettext_noop("The block in that place is locked. Unlock it first."))
        known = problems.candidates_outside(facts, plan)
        return edits.moved(
            plan, planned, slot, known, back=rows.slot_of(block.week.class_week, planned.day, planned.order)
        )

    return _edit(
        block.week,
        verb=MOVED,
        by=by,
        at=at,
        version=version,
        change=change,
        facts_to_keep={"day": day, "order": order},
    )


def add_block(
    *,
    week: Week,
    day: int,
    order: int,
    kind: str,
    resource: Resource,
    by: Person,
    at: datetime,
    version: int | None = None,
) -> Edited:
    """Put a resource into an empty place of a student's week."""
    slot = rows.slot_of(week.class_week, day, order)

    def change(facts: problems.ClassFacts, plan: WeekPlan) -> WeekPlan:
        if edits.block_at(plan, day, order) is not None:
            raise RuleBroken(gettext_noop("That place is taken. Choose an empty one, or swap the block."))
        return edits.added(plan, slot, BlockKind(kind), _candidate(facts, resource, None))

    return _edit(
        week,
        verb=ADDED,
        by=by,
        at=at,
        version=version,
        change=change,
        more=[resource.pk],
        facts_to_keep={"resource": resource.pk},
    )


def remove_block(*, block: Block, by: Person, at: datetime, version: int | None = None) -> Edited:
    """Take a block out of a week."""
    checks.check_not_begun(block)
    checks.check_unlocked(block)

    def change(facts: problems.ClassFacts, plan: WeekPlan) -> WeekPlan:
        planned = _look_again(block, plan)
        checks.check_unlocked(block)
        return edits.removed(plan, planned)

    return _edit(
        block.week,
        verb=REMOVED,
        by=by,
        at=at,
        version=version,
        change=change,
        facts_to_keep={"resource": block.resource_id},
    )


@transaction.atomic
def set_lock(*, block: Block, is_locked: bool, by: Person, at: datetime) -> Edited:
    """Lock a block, so that new drafts leave it alone, or unlock it."""
    checks.check_plans(by, block.week)
    week = editing.locked_week(block.week, None)
    checks.check_open(week)
    verb = LOCKED if is_locked else UNLOCKED
    change = PlanChange(week=week, at=at, by=by, verb=verb, before=rows.snapshot_of(week))
    touched = [f"block {block.pk}", f"place {block.day}.{block.order}"]
    change.facts = {"block": str(block.uuid), "was": rows.state_of(week), "touched": touched}
    if block.is_locked != is_locked:
        block.is_locked = is_locked
        block.save(update_fields=["is_locked"])
        week.version += 1
        week.save(update_fields=["version"])
        change.save()
        audit.record(f"week.{verb}", week, by=by, at=at, block=str(block.uuid))
    return Edited(week=week, warnings=(), batch=change.batch)


@transaction.atomic
def undo(*, batch: UUID, by: Person, at: datetime) -> list[Week]:
    """Undo a change, or all changes made together, unless something newer stands on it.

    A colleague's newer edit of other blocks is in nobody's way: then only what this change touched goes back.
    """
    changes = list(
        PlanChange.objects.select_for_update(of=("self",))
        .select_related("week__class_week__school_class", "week__student")
        .filter(batch=batch)
        .order_by("-pk")
    )
    weeks = []
    for change in changes:
        checks.check_plans(by, change.week)
        if change.undone_at is not None:
            continue
        week = editing.locked_week(change.week, None)
        checks.check_open(week)
        alone = editing.undone_alone(change)
        if alone is None:
            rows.put_back(week, change.facts["was"])
            is_exact = change.verb in (APPROVED, REOPENED) or rows.restore(week, change.before)
        else:
            rows.restore(week, rows.mixed(rows.snapshot_of(week), change.before, alone))
            is_exact = False
        if not is_exact:
            week.flags = _flags_now(week, at=at)
        change.facts["undone_version"] = week.version
        week.version += 1
        week.save(update_fields=["status", "approved_at", "approved_by", "flags", "unmet", "version"])
        change.undone_at = at
        change.save(update_fields=["undone_at", "facts"])
        audit.record(f"week.{change.verb}_undone", week, by=by, at=at)
        weeks.append(week)
    return weeks


def _flags_now(week: Week, *, at: datetime) -> list[dict[str, Any]]:
    """Work a week's flags out again from its blocks."""
    facts = editing.facts_for(week.class_week, [week.student_id], at=at, weeks=[week])
    if not facts.students:
        return []
    needs = problems.needs_of(facts, facts.students[0])
    plan = problems.plan_from_rows(week.student_id, week.blocks.prefetch_related("options"))
    known = problems.candidates_outside(facts, plan)
    return editing.flags_of(facts, needs, plan, breaches(plan, needs, facts.frame, known), unmet=week.unmet)


# --- the student's work ----------------------------------------------------------------------------------------------


@transaction.atomic
def start_block(*, block: Block, by: Person, at: datetime, happened_at: datetime | None = None) -> Block:
    """Remember that the student has begun; `happened_at` is for what arrives later, whatever the week is by then."""
    if happened_at is None:
        checks.check_at_work(block)
    if block.started_at is None:
        block.started_at = happened_at or at
        block.save(update_fields=["started_at"])
        audit.record("block.started", block, by=by, at=at)
    return block


@transaction.atomic
def finish_block(
    *,
    block: Block,
    by: Person,
    at: datetime,
    feeling: str = "",
    used_paper: bool = False,
    happened_at: datetime | None = None,
) -> Block:
    """Mark a block as done, with how sure the student feels; saying it again changes only the feeling.

    `happened_at` is for what arrives later: it is taken whatever the week is by then.
    """
    if happened_at is None:
        checks.check_at_work(block)
    if feeling not in ("", *Block.Feeling.values):
        raise RuleBroken(gettext_noop("Choose “got it” or “not sure”."))
    is_first = block.finished_at is None
    block.started_at = block.started_at or happened_at or at
    block.finished_at = block.finished_at or happened_at or at
    block.feeling = feeling or block.feeling
    block.used_paper = used_paper or block.used_paper
    block.save(update_fields=["started_at", "finished_at", "feeling", "used_paper"])
    audit.record("block.finished" if is_first else "block.felt", block, by=by, at=at, feeling=block.feeling)
    return block


@transaction.atomic
def reopen_block(*, block: Block, by: Person, at: datetime) -> Block:
    """Take "done" back; the work in it stays."""
    checks.check_at_work(block)
    if block.finished_at is not None:
        block.finished_at = None
        block.feeling = ""
        block.save(update_fields=["finished_at", "feeling"])
        audit.record("block.reopened", block, by=by, at=at)
    return block


@transaction.atomic
def choose_option(
    *, block: Block, by: Person, at: datetime, resource: Resource | None = None, own_idea: str = ""
) -> Block:
    """Let the student choose one of the offers, another door to the same work, or an idea of their own."""
    checks.check_at_work(block)
    if resource is None and not own_idea.strip():
        raise RuleBroken(gettext_noop("Choose one of the three, or write your own idea."))
    if resource is not None:
        offered = set(block.options.exclude(part=BlockOption.Part.ALTERNATIVE).values_list("resource_id", flat=True))
        if block.resource_id is not None and block.resource is not None:
            offered |= {door.pk for door in doors_of(block.resource)}
        if resource.pk not in offered:
            raise RuleBroken(gettext_noop("That is not among the choices of this block. Choose one that is shown."))
    block.chosen_resource = resource
    block.own_idea = own_idea.strip()[:300] if resource is None else ""
    block.save(update_fields=["chosen_resource", "own_idea"])
    audit.record("block.chosen", block, by=by, at=at, resource=resource.pk if resource else None)
    return block


@transaction.atomic
def choose_found(*, block: Block, resource: Resource, by: Person, at: datetime) -> Block:
    """Let the student put something found in the library into a choice block of an approved week.

    It has to be for the student and for the place: in a language that reads well, near the own grade, short enough, within
    the week's screen minutes, without a grown-up. The teacher sees that it was found, and may swap the block.
    """
    now = (
        Block.objects.select_for_update(of=("self",)).select_related("week__class_week__school_class").get(pk=block.pk)
    )
    checks.check_at_work(now)
    if now.week.student_id != by.pk:
        raise NotFound
    problem = own_choices.why_not(now, resource, by)
    if problem is not None:
        raise RuleBroken(problem[0], **problem[1])
    now.chosen_resource, now.own_idea = resource, ""
    now.save(update_fields=["chosen_resource", "own_idea"])
    audit.record("block.chosen", now, by=by, at=at, resource=resource.pk, is_found=True)
    return now


@transaction.atomic
def undo_found(*, block: Block, before: Resource | None, own_idea: str, by: Person, at: datetime) -> Block:
    """Take back what was found and chosen, as long as it is not begun: the choice stands as it did before."""
    now = Block.objects.select_for_update(of=("self",)).select_related("week").get(pk=block.pk)
    checks.check_at_work(now)
    if now.week.student_id != by.pk:
        raise NotFound
    if now.started_at is not None or now.finished_at is not None:
        raise RuleBroken(BEGUN_ALREADY)
    now.chosen_resource, now.own_idea = before, own_idea
    now.save(update_fields=["chosen_resource", "own_idea"])
    audit.record("block.choice_undone", now, by=by, at=at, resource=before.pk if before else None)
    return now


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What became of an answer."""

    work: ItemWork
    marking: engine.Marking
    evidence: Evidence | None


# Asked at every answer: written out, since building it anew takes longer than the database needs to answer.
_ITEM_WORK = "SELECT * FROM records_itemwork WHERE block_id = %s AND item_id = %s"


def _work(block: Block, item: Item, at: datetime) -> ItemWork:
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    found = next(iter(ItemWork.objects.raw(_ITEM_WORK + lock, [block.pk, item.pk])), None)
    return found or ItemWork(block=block, item=item, updated_at=at)


@cache
def _keep_work(vendor: str) -> tuple[str, list[Any]]:
    columns = [column for column in ItemWork._meta.concrete_fields if not column.primary_key]
    names = [connection.ops.quote_name(str(column.column)) for column in columns]
    table = connection.ops.quote_name(ItemWork._meta.db_table)
    statement = (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))}) "  # noqa: S608  the model's
        f"ON CONFLICT (block_id, item_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in names)} "
        "RETURNING id"
    )
    return statement, columns


def _save_work(work: ItemWork) -> None:
    """Save work; when another tab began the same question a moment ago, its row is the one that goes on."""
    statement, columns = _keep_work(connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(
            statement, [column.get_db_prep_save(getattr(work, column.attname), connection) for column in columns]
        )
        work.pk = cursor.fetchone()[0]
    work._state.adding, work._state.db = False, connection.alias


@transaction.atomic
def show_hint(*, block: Block, item: Item, by: Person, at: datetime) -> ItemWork:
    """Show one more hint, because the student asked for it."""
    checks.check_at_work(block)
    work = _work(block, item, at)
    most = len(engine.hints_of(question(item)))
    if work.hints_shown < most and not work.is_right:
        work.hints_shown += 1
        work.updated_at = at
        _save_work(work)
    return work


@transaction.atomic
def show_example(*, block: Block, item: Item, by: Person, at: datetime) -> ItemWork:
    """Open the worked example of a question before it is right; it is told with the evidence of what comes after."""
    checks.check_at_work(block)
    work = _work(block, item, at)
    if not work.attempts:
        raise RuleBroken(gettext_noop("Try it once first. Then you can open the worked example."))
    if not work.is_right and not work.example_shown:
        work.example_shown = True
        _save_work(work)
    return work


def answer_item(
    *,
    block: Block,
    item: Item,
    response: Mapping[str, Sequence[str]],
    client_id: UUID,
    by: Person,
    at: datetime,
    used_paper: bool = False,
    sureness: str = "",
    thinking: str = "",
    answer_format: str = "",
    guess_chance: float | None = None,
    happened_at: datetime | None = None,
    seconds: float | None = None,
) -> Answered:
    """Mark an answer, remember it as evidence once with what helped it, and move mastery.

    What cannot be marked (a word where a number is asked) costs nothing and is no evidence. An answer after a right one
    is looked at, but counts no more. A question that decides itself when it is finished counts then. The same client id
    twice is one answer.

    `happened_at` is for an answer that was given before it arrives: it counts at its own moment, also when the week is
    over by now, and never takes the place of a newer one. `seconds` is how long the student had the question open;
    `guess_chance` that of another way to answer (`answer_format`) than the question's own.
    """
    if happened_at is None:
        checks.check_at_work(block)
    given_at = happened_at or at
    asked = question(item)
    given = {name: list(values) for name, values in response.items()}
    competency_id = competency_id_of(item)
    with transaction.atomic():
        work = _work(block, item, given_at)
        is_overtaken = work.pk is not None and happened_at is not None and happened_at < work.updated_at
        session, marking = engine.answer(
            asked, session_of(block, item, None if is_overtaken else work), given, seconds=float(seconds or 0)
        )
        work.sureness = sureness if sureness in SURENESS else work.sureness
        work.thinking = thinking.strip()[:2000] or work.thinking
        if marking.problem or not marking.is_complete:
            if not is_overtaken:
                work.response = given
                work.updated_at = given_at
                _save_work(work)
            return Answered(work=work, marking=marking, evidence=None)
        row: Evidence | None = None
        if work.is_right and marking.score is not None:
            # Also the second click on a right answer: nothing is counted, and what was right stays to be seen.
            known = Evidence.objects.filter(client_id=client_id).first()
            if known is not None or not is_overtaken or _was_right_before(block, item, given_at):
                return Answered(work=work, marking=marking, evidence=known)
        if marking.score is None:
            if not work.awaits_marking:  # written again while it waits, it waits since the first time
                work.handed_in_at, work.marked_at = given_at, None
            work.awaits_marking = True
            work.attempts = max(1, work.attempts)
        else:
            if competency_id is not None and (session.is_finished or not asked.is_adaptive):
                row, is_new = evidence_actions.record_once(
                    fact=evidence_actions.EvidenceIn(
                        client_id=client_id,
                        student_id=block.week.student_id,
                        competency_id=competency_id,
                        kind=Evidence.Kind.ANSWER,
                        happened_at=given_at,
                        score=marking.score,
                        item_id=item.pk,
                        resource_id=item.resource_id,
                        difficulty=item.difficulty,
                        guess_chance=engine.guess_chance(asked) if guess_chance is None else guess_chance,
                        hints_used=work.hints_shown,
                        attempt=_attempts_before(block, item, work, given_at, is_overtaken=is_overtaken) + 1,
                        seconds=round(seconds) if seconds is not None else None,
                        on_paper=used_paper,
                        saw_example=work.example_shown,
                        answer_format=answer_format,
                        language=item.language,
                        response=given,
                    ),
                    by=by,
                    at=at,
                )
                if not is_new:
                    return Answered(work=_work(block, item, given_at), marking=marking, evidence=row)
            work.attempts += 1
            work.score = max(work.score or 0.0, marking.score)
            work.is_right = work.is_right or marking.is_right
        if not is_overtaken:
            work.response = given
            work.session = {**session.to_json(), "version": item.version}
            work.used_paper = used_paper
            work.updated_at = given_at
        work.seconds += round(seconds or 0)
        _save_work(work)
        if block.started_at is None:
            block.started_at = given_at
            Block.objects.filter(pk=block.pk, started_at__isnull=True).update(started_at=given_at)
    return Answered(work=work, marking=marking, evidence=row)


def _earlier_answers(block: Block, item: Item, moment: datetime) -> QuerySet[Evidence]:
    answers = Evidence.objects.filter(student=block.week.student_id, item=item.pk, happened_at__lt=moment)
    return answers.filter(happened_at__gte=block.started_at) if block.started_at else answers


def _was_right_before(block: Block, item: Item, moment: datetime) -> bool:
    """Return whether the question had been answered right when an answer that arrives only now was given."""
    return _earlier_answers(block, item, moment).filter(score=1.0).exists()


def _attempts_before(block: Block, item: Item, work: ItemWork, moment: datetime, *, is_overtaken: bool) -> int:
    return min(work.attempts, _earlier_answers(block, item, moment).count()) if is_overtaken else work.attempts


@transaction.atomic
def mark_long_answer(*, work: ItemWork, level: int, words: str, by: Person, at: datetime) -> ItemWork:
    """Rate a long answer with words; it becomes evidence."""
    checks.check_plans(by, work.block.week)
    levels = 4
    if not 0 <= level < levels:
        raise RuleBroken(gettext_noop("Choose one of the four levels."))
    if not words.strip():
        raise RuleBroken(gettext_noop("Write a sentence for the student, then save."))
    now = ItemWork.objects.select_for_update().get(pk=work.pk)
    if not now.awaits_marking:
        raise RuleBroken(gettext_noop("Somebody has marked this already."))
    competency_id = competency_id_of(work.item) or work.block.competency_id
    if competency_id is not None:
        evidence_actions.record(
            fact=evidence_actions.EvidenceIn(
                student_id=work.block.week.student_id,
                competency_id=competency_id,
                kind=Evidence.Kind.RUBRIC,
                happened_at=at,
                score=level / (levels - 1),
                level=level,
                levels=levels,
                item_id=work.item_id,
                resource_id=work.item.resource_id,
                on_paper=now.used_paper,
                language=work.item.language,
                words=words.strip(),
                response=now.response,
            ),
            by=by,
            at=at,
        )
    now.awaits_marking, now.marked_at = False, at
    now.score = level / (levels - 1)
    now.is_right = level >= levels - 2
    now.updated_at = at
    now.save()
    audit.record("answer.marked", now, by=by, at=at, level=level)
    return now


@transaction.atomic
def ask_for_help(
    *,
    student: Person,
    school_class: Class,
    kind: str,
    by: Person,
    at: datetime,
    words: str = "",
    block: Block | None = None,
) -> HelpRequest:
    """Ask an adult for help; asking again about the same thing while it waits is one request."""
    open_one = HelpRequest.objects.filter(
        student=student, school_class=school_class, kind=kind, block=block, answered_at__isnull=True
    ).first()
    if open_one is not None:
        if words.strip() and words.strip() != open_one.words:
            open_one.words = words.strip()[:500]
            open_one.save(update_fields=["words"])
            audit.record("help.worded", open_one, by=by, at=at)
        return open_one
    asked = HelpRequest.objects.create(
        student=student, school_class=school_class, kind=kind, words=words.strip()[:500], block=block, asked_at=at
    )
    audit.record("help.asked", asked, by=by, at=at)
    return asked


@transaction.atomic
def answer_help(*, request: HelpRequest, by: Person, at: datetime, words: str = "") -> HelpRequest:
    """Say that somebody went there, with a word for the student."""
    if request.answered_at is None:
        request.answered_at, request.answered_by, request.answer_words = at, by, words.strip()[:500]
        request.save(update_fields=["answered_at", "answered_by", "answer_words"])
        audit.record("help.answered", request, by=by, at=at)
    return request
