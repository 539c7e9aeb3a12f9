"""Every change to when: a teacher's own word for a pace, dates and one student's own date, and moving on by a proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction

from headway.core import items as engine
from headway.core.evidence.next_item import Question
from headway.core.evidence.proof import choose_proof
from headway.core.planning import BlockKind, PlannedBlock, Reason, ReasonKind, draft_week
from headway.core.planning.explain import READY_FOR_MORE
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.evidence import actions as evidence_actions
from headway.records.evidence.models import Evidence
from headway.records.items.models import Item
from headway.records.items.queries import question, questions_about, seed_of
from headway.records.library.models import Resource
from headway.records.planning import actions, checks, dates, problems, rows
from headway.records.planning.models import (
    Block,
    Deadline,
    ItemWork,
    MovedDate,
    MoveOn,
    PaceWord,
    PlanChange,
    Week,
)
from headway.records.roster.checks import check_teaches
from headway.records.roster.models import Class, Person
from headway.records.roster.queries import students_of, today_at

MOVED_ON = "moved_on"
MOST_PACE_DAYS = 183  # a word about a child is not for good
MOST_AHEAD_DAYS = 366


def _check_learns(student: Person, school_class: Class) -> None:
    if not students_of(school_class).filter(pk=student.pk).exists():
        raise RuleBroken(
            gettext_noop("{name} is not in this class now, so nothing was changed."), name=student.given_name
        )


# --- pace ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def say_pace(
    *, school_class: Class, student: Person, word: str, why: str, ends_on: date, by: Person, at: datetime
) -> PaceWord:
    """Put a teacher's own word for a pace in place of the one worked out, until a day; it takes the place of an earlier one."""
    check_teaches(by, school_class)
    _check_learns(student, school_class)
    if word not in PaceWord.Word.values:
        raise RuleBroken(gettext_noop("Choose one of the three words."))
    if not why.strip():
        raise RuleBroken(gettext_noop("Write why in a few words: whoever reads the word wants to know."))
    today = today_at(school_class.school, at)
    if not today <= ends_on <= today + timedelta(days=MOST_PACE_DAYS):
        raise RuleBroken(
            gettext_noop("Choose a last day from today on, within half a year. The word ends by itself then.")
        )
    for earlier in _pace_words(school_class, student):
        earlier.ended_at = at
        earlier.save(update_fields=["ended_at"])
    said = PaceWord.objects.create(
        school_class=school_class,
        student=student,
        word=word,
        why=why.strip()[:300],
        said_by=by,
        said_at=at,
        ends_on=ends_on,
    )
    audit.record("pace.said", said, by=by, at=at, word=word, ends_on=ends_on.isoformat())
    return said


def _pace_words(school_class: Class, student: Person) -> Any:
    return PaceWord.objects.select_for_update().filter(
        school_class=school_class, student=student, ended_at__isnull=True
    )


@transaction.atomic
def take_back_pace(*, pace_word: PaceWord, by: Person, at: datetime) -> PaceWord:
    """End a teacher's own word; what is worked out holds again, or the word that it had taken the place of."""
    check_teaches(by, pace_word.school_class)
    now = PaceWord.objects.select_for_update().get(pk=pace_word.pk)
    if now.ended_at is None:
        now.ended_at = at
        now.save(update_fields=["ended_at"])
        audit.record("pace.taken_back", now, by=by, at=at)
        replaced = PaceWord.objects.filter(
            school_class=now.school_class, student=now.student_id, ended_at=now.said_at
        ).exclude(pk=now.pk)
        earlier = replaced.order_by("-pk").first()
        if earlier is not None:
            earlier.ended_at = None
            earlier.save(update_fields=["ended_at"])
            audit.record("pace.brought_back", earlier, by=by, at=at)
    return now


@transaction.atomic
def bring_back_pace(*, pace_word: PaceWord, by: Person, at: datetime) -> PaceWord:
    """Let a teacher's own word hold again after it was taken back."""
    check_teaches(by, pace_word.school_class)
    now = PaceWord.objects.select_for_update().get(pk=pace_word.pk)
    if now.ended_at is not None:
        for other in _pace_words(now.school_class, pace_word.student):
            other.ended_at = now.said_at
            other.save(update_fields=["ended_at"])
        now.ended_at = None
        now.save(update_fields=["ended_at"])
        audit.record("pace.brought_back", now, by=by, at=at)
    return now


# --- dates -----------------------------------------------------------------------------------------------------------


def _check_day(school_class: Class, due_on: date, at: datetime) -> None:
    today = today_at(school_class.school, at)
    if not today <= due_on <= today + timedelta(days=MOST_AHEAD_DAYS):
        raise RuleBroken(gettext_noop("Choose a day from today on, within a year."))


@transaction.atomic
def set_deadline(
    *, school_class: Class, resource: Resource, due_on: date, by: Person, at: datetime, words: str = ""
) -> Deadline:
    """Set the day by which a class's work is to be done; a piece of work has one date."""
    check_teaches(by, school_class)
    _check_day(school_class, due_on, at)
    known = Deadline.objects.select_for_update().filter(
        school_class=school_class, resource=resource, ended_at__isnull=True
    )
    if known.exists():
        raise RuleBroken(
            gettext_noop("“{title}” has a date already. Take that one back first, or move it for one student."),
            title=resource.title,
        )
    deadline = Deadline.objects.create(
        school_class=school_class, resource=resource, words=words.strip()[:200], due_on=due_on, set_by=by, set_at=at
    )
    audit.record("deadline.set", deadline, by=by, at=at, due_on=due_on.isoformat())
    return deadline


@transaction.atomic
def end_deadline(*, deadline: Deadline, by: Person, at: datetime) -> Deadline:
    """Take a class's date back; the work stays, without a date. Own dates wait with it."""
    check_teaches(by, deadline.school_class)
    now = Deadline.objects.select_for_update().get(pk=deadline.pk)
    if now.ended_at is None:
        now.ended_at = at
        now.save(update_fields=["ended_at"])
        audit.record("deadline.taken_back", now, by=by, at=at)
    return now


@transaction.atomic
def bring_back_deadline(*, deadline: Deadline, by: Person, at: datetime) -> Deadline:
    """Let a date hold again after it was taken back, with the own dates that go with it."""
    check_teaches(by, deadline.school_class)
    now = Deadline.objects.select_for_update().get(pk=deadline.pk)
    if now.ended_at is not None:
        others = Deadline.objects.filter(school_class=now.school_class, resource=now.resource, ended_at__isnull=True)
        if others.exists():
            raise RuleBroken(gettext_noop("The work has another date by now. Take that one back first."))
        now.ended_at = None
        now.save(update_fields=["ended_at"])
        audit.record("deadline.brought_back", now, by=by, at=at)
    return now


@transaction.atomic
def move_date(
    *, deadline: Deadline, student: Person, due_on: date, by: Person, at: datetime, why: str = ""
) -> MovedDate:
    """Give one student another day; nobody else's page changes, and the student's own just shows the day."""
    check_teaches(by, deadline.school_class)
    _check_learns(student, deadline.school_class)
    _check_day(deadline.school_class, due_on, at)
    if deadline.ended_at is not None:
        raise RuleBroken(gettext_noop("This date was taken back. Set it again first."))
    moved, _made = MovedDate.objects.update_or_create(
        deadline=deadline,
        student=student,
        defaults={"due_on": due_on, "why": why.strip()[:300], "moved_by": by, "moved_at": at},
    )
    audit.record("date.moved", moved, by=by, at=at, due_on=due_on.isoformat())
    return moved


@transaction.atomic
def take_back_date(*, deadline: Deadline, student: Person, by: Person, at: datetime) -> Deadline:
    """Let the class's date hold for a student again."""
    check_teaches(by, deadline.school_class)
    moved = MovedDate.objects.select_for_update().filter(deadline=deadline, student=student).first()
    if moved is not None:
        audit.record("date.taken_back", moved, by=by, at=at)
        moved.delete()
    return deadline


# --- moving on -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What became of a proof: the wish to move on as it is now, how an answer was marked, and how much work is new."""

    move_on: MoveOn
    marking: engine.Marking | None = None
    new_blocks: int = 0


@transaction.atomic
def ask_to_move_on(*, block: Block, by: Person, at: datetime) -> MoveOn:
    """Open one proof for the skill of a block: a question nobody has shown this student yet, or a talk with the teacher.

    Asking again while a proof is open is the same proof. After a miss the work of this week comes first.
    """
    checks.check_at_work(block)
    week = Week.objects.select_for_update().get(pk=block.week_id)
    school_class, student = week.class_week.school_class, week.student
    if block.competency_id is None or not dates.can_be_left(block):
        raise RuleBroken(gettext_noop("This is not the kind of work one moves on from. Talk to your teacher about it."))
    today = today_at(school_class.school, at)
    if not dates.may_move_on(student, [school_class], on=today):
        raise RuleBroken(gettext_noop("In this class you move on together with your teacher. Ask for a talk."))
    mine = MoveOn.objects.filter(student=student, competency=block.competency_id, week=week).order_by("-pk")
    waiting = mine.filter(decided_at__isnull=True).first()
    if waiting is not None:
        return waiting
    if mine.filter(is_proved=False).exists():
        raise RuleBroken(
            gettext_noop(
                "You tried this one this week. The work is here so that you get there; you can try again next week."
            )
        )
    wish = MoveOn.objects.create(
        school_class=school_class,
        student=student,
        competency_id=block.competency_id,
        week=week,
        item=_proof_question(student, school_class, block.competency_id),
        asked_at=at,
    )
    audit.record("move_on.asked", wish, by=by, at=at, competency=block.competency_id)
    return wish


def _proof_question(student: Person, school_class: Class, competency_id: int) -> Item | None:
    """Return the question for a proof in the language the student reads best of those that have one."""
    levels = {row.language: row.reading_level for row in student.languages.all()}
    languages = sorted({*levels, school_class.language}, key=lambda code: (-levels.get(code, 0.0), code))
    for language in languages:
        if levels and language not in levels:
            continue
        about = questions_about(competency_id, school_id=school_class.school_id, language=language)
        ids = [item.pk for item in about]
        seen = set(Evidence.objects.filter(student=student, item__in=ids).values_list("item", flat=True))
        seen |= set(ItemWork.objects.filter(block__week__student=student, item__in=ids).values_list("item", flat=True))
        seen |= set(MoveOn.objects.filter(student=student, item__in=ids).values_list("item", flat=True))
        proof = choose_proof(
            [
                Question(id=item.pk, difficulty=item.difficulty, guess_chance=engine.guess_chance(question(item)))
                for item in about
                if item.pk not in seen
            ]
        )
        if proof is not None:
            return next(item for item in about if item.pk == proof.id)
    return None


def answer_proof(
    *, move_on: MoveOn, response: Mapping[str, Sequence[str]], client_id: UUID, by: Person, at: datetime
) -> Proof:
    """Mark the answer to a proof once and remember it as evidence; right, and the next work comes the same day.

    What cannot be marked (a word where a number is asked) costs nothing. A miss is evidence as any answer, and no more.
    """
    if move_on.item is None:
        raise RuleBroken(gettext_noop("There is no question for this skill yet. Show your teacher instead."))
    asked = question(move_on.item)
    given = {name: list(values) for name, values in response.items()}
    seed = seed_of(move_on.student.uuid, move_on.item)
    marking = engine.mark(asked, given, seed=seed)
    with transaction.atomic():
        now = MoveOn.objects.select_for_update().get(pk=move_on.pk)
        if now.decided_at is not None:
            return Proof(move_on=now, marking=engine.mark(asked, now.response or {}, seed=seed))
        _check_open_week(now)
        if marking.problem or not marking.is_complete:
            return Proof(move_on=now, marking=marking)
        evidence_actions.record_once(
            fact=evidence_actions.EvidenceIn(
                client_id=client_id,
                student_id=now.student_id,
                competency_id=now.competency_id,
                kind=Evidence.Kind.ANSWER,
                happened_at=at,
                score=marking.score or 0.0,
                item_id=move_on.item.pk,
                resource_id=move_on.item.resource_id,
                difficulty=move_on.item.difficulty,
                guess_chance=engine.guess_chance(asked),
                language=move_on.item.language,
                response=given,
            ),
            by=by,
            at=at,
        )
        now.response = given
        _decide(now, is_proved=marking.is_right, by=by, at=at)
    return Proof(move_on=now, marking=marking, new_blocks=_give_next_work(now, by=by, at=at) if now.is_proved else 0)


def _check_open_week(move_on: MoveOn) -> None:
    if move_on.week is None or move_on.week.status not in (Week.Status.APPROVED, Week.Status.CHANGED):
        raise RuleBroken(gettext_noop("This week is over. Your work is kept; ask your teacher if you want to go on."))


def _decide(move_on: MoveOn, *, is_proved: bool | None, by: Person, at: datetime) -> None:
    move_on.is_proved, move_on.decided_at = is_proved, at
    move_on.save(update_fields=["is_proved", "decided_at", "response"])
    audit.record("move_on.decided", move_on, by=by, at=at, is_proved=is_proved, competency=move_on.competency_id)


def confirm_move_on(*, move_on: MoveOn, is_shown: bool, by: Person, at: datetime) -> Proof:
    """Decide for a skill without a question: what the student showed the teacher is what counts, as an observation."""
    check_teaches(by, move_on.school_class)
    with transaction.atomic():
        now = MoveOn.objects.select_for_update().get(pk=move_on.pk)
        if now.decided_at is None:
            if is_shown:
                _check_open_week(now)
            _decide(now, is_proved=is_shown, by=by, at=at)
            if is_shown:
                evidence_actions.record_once(
                    fact=evidence_actions.EvidenceIn(
                        client_id=_seen_id(now),
                        student_id=now.student_id,
                        competency_id=now.competency_id,
                        kind=Evidence.Kind.OBSERVATION,
                        happened_at=at,
                        score=2 / 3,
                        level=2,
                        levels=4,
                    ),
                    by=by,
                    at=at,
                )
        elif now.is_proved is not is_shown:
            raise RuleBroken(gettext_noop("Somebody has decided this already."))
        else:
            return Proof(move_on=now)
    return Proof(move_on=now, new_blocks=_give_next_work(now, by=by, at=at) if now.is_proved else 0)


def _seen_id(move_on: MoveOn) -> UUID:
    return uuid5(NAMESPACE_URL, f"move-on-{move_on.pk}")


@transaction.atomic
def undo_move_on(*, move_on: MoveOn, by: Person, at: datetime) -> MoveOn:
    """Bring the work back that a student moved on from; the answer stays in the record, as any answer does."""
    check_teaches(by, move_on.school_class)
    now = MoveOn.objects.select_for_update().get(pk=move_on.pk)
    if not now.is_proved:
        return now
    change = _change_of(now)
    if change is not None and change.undone_at is None:
        actions.undo(batch=change.batch, by=by, at=at)
    left = Block.objects.filter(week=now.week, competency=now.competency_id, finished_at=now.decided_at)
    for block in left:
        block.finished_at, block.feeling = None, ""
        block.save(update_fields=["finished_at", "feeling"])
    seen = Evidence.objects.filter(client_id=_seen_id(now), by=by).first()
    if seen is not None:
        evidence_actions.withdraw(evidence=seen, by=by, at=at)
    # Neither proved nor missed: the student may ask again.
    now.is_proved = None
    now.save(update_fields=["is_proved"])
    audit.record("move_on.undone", now, by=by, at=at)
    return now


def _change_of(move_on: MoveOn) -> PlanChange | None:
    changes = PlanChange.objects.filter(week=move_on.week_id, verb=MOVED_ON).order_by("-pk")
    return next((change for change in changes if change.facts.get("move_on") == move_on.pk), None)


def _give_next_work(move_on: MoveOn, *, by: Person, at: datetime) -> int:
    """Put the next work in the place of what is left to do on a proved skill; returns how many blocks are new.

    The class's rule that students may move on is the approval of this work, so the week stays as approved as it was.
    Locked work, appointments of groups and what teachers took out of the week stay as they are.
    """
    if move_on.week is None:
        return 0
    week = Week.objects.select_related("class_week__school_class__school", "student").get(pk=move_on.week.pk)
    left = [block for block in week.blocks.filter(competency=move_on.competency_id) if dates.can_be_left(block)]
    begun = [block for block in left if block.started_at is not None]
    free = [block for block in left if block.started_at is None and not block.is_locked]
    planned = _planned_anew(week, free, skill_id=move_on.competency_id, at=at)
    with transaction.atomic():
        now = Week.objects.select_for_update().get(pk=week.pk)
        # Begun work on the skill has done its part; its answers stay.
        Block.objects.filter(pk__in=[block.pk for block in begun], finished_at__isnull=True).update(finished_at=at)
        audit.record_many("block.finished", begun, by=by, at=at)
        going = list(now.blocks.filter(pk__in=[block.pk for block in free], started_at__isnull=True, is_locked=False))
        if not going:
            return 0
        change = PlanChange(week=now, at=at, by=by, verb=MOVED_ON, before=rows.snapshot_of(now))
        places = {(block.day, block.order) for block in going}
        new = [block for block in planned if (block.day, block.order) in places]
        change.facts = {
            "was": rows.state_of(now),
            "move_on": move_on.pk,
            "touched": sorted(
                [f"block {block.pk}" for block in going] + [f"place {day}.{order}" for day, order in places]
            ),
        }
        Block.objects.filter(pk__in=[block.pk for block in going]).delete()
        _write(now, new, skill_id=move_on.competency_id)
        now.version += 1
        now.save(update_fields=["version"])
        change.save()
        audit.record("week.moved_on", now, by=by, at=at, competency=move_on.competency_id, blocks=len(new))
    return len(new)


def _planned_anew(week: Week, free: Iterable[Block], *, skill_id: int, at: datetime) -> list[PlannedBlock]:
    """Return what the planner puts into places that became free, with a proved skill taken as secure."""
    leaving = {block.pk for block in free}
    if not leaving:
        return []
    shared = week.class_week
    facts = problems.class_facts(shared.school_class, shared.monday, at=at, class_week=shared)
    student = next((each for each in facts.students if each.pk == week.student_id), None)
    if student is None:
        return []
    stays = tuple(
        replace(problems.planned_block(block), is_locked=True)
        for block in week.blocks.prefetch_related("options")
        if block.pk not in leaving
    )
    needs = problems.needs_of(facts, student, locked=stays)
    targets = tuple(
        replace(target, word="secure", is_stale=False)
        if target.competency == skill_id
        else replace(target, missing_prerequisites=tuple(pk for pk in target.missing_prerequisites if pk != skill_id))
        for target in needs.targets
    )
    problem = problems.problem_of(facts, [])
    # More of the same is what the student just left; going further with it is not.
    further = frozenset({BlockKind.STRETCH, BlockKind.GROUP})
    candidates = tuple(
        candidate if candidate.competency != skill_id else replace(candidate, kinds=candidate.kinds & further)
        for candidate in problem.candidates
    )
    needs = replace(needs, targets=targets)
    plan = draft_week(replace(problem, candidates=candidates, students=(needs,)), needs)
    return [block for block in plan.blocks if not block.is_locked]


def _write(week: Week, planned: Iterable[PlannedBlock], *, skill_id: int) -> None:
    because = Reason(kind=ReasonKind.STRETCH, sentence=READY_FOR_MORE, facts={"competency": skill_id})
    made = []
    for each in planned:
        if each.group is not None:
            continue
        ids: dict[str, Any] = {"resource_id": each.candidate, "competency_id": each.competency}
        reasons = [because, *(reason for reason in each.reasons if reason.sentence != READY_FOR_MORE)]
        block = Block(
            week=week,
            day=each.day,
            order=each.order,
            minutes=each.minutes,
            kind=each.kind.value,
            with_whom=each.with_whom.value,
            screen_minutes=each.screen_minutes,
            **ids,
            reasons=[problems.reason_as_json(reason) for reason in reasons],
        )
        made.append((block, each))
    Block.objects.bulk_create([block for block, _planned in made])
    rows.add_options(made)
