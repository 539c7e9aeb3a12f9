"""The door in for a practice set: how it is asked, and which of its questions comes next for a student, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from headway.core import items as engine
from headway.core.evidence.learner_model import estimate
from headway.core.evidence.values import Word
from headway.core.items.practising import (
    Belief,
    NextStep,
    Order,
    PracticeSettings,
    Standing,
    next_step,
    settings_from_json,
)
from headway.core.shared.errors import RuleBroken
from headway.records.evidence import queries as evidence
from headway.records.evidence.versions import model_of
from headway.records.items.models import Item
from headway.records.items.queries import question
from headway.records.library.models import Resource
from headway.records.planning.models import ItemWork
from headway.records.roster.models import Class, Person
from headway.records.roster.queries import students_of


def settings_of(resource: Resource | None) -> PracticeSettings:
    """Return how a resource's questions are asked; settings that cannot be read are as usual.

    Questions about one text, and those of a test, keep their order where nobody said otherwise: each may build on the one
    before.
    """
    if resource is None:
        return PracticeSettings()
    try:
        settings = settings_from_json(resource.practice)
    except RuleBroken:
        settings = PracticeSettings()
    is_ordered = bool(resource.text) or hasattr(resource, "test")
    return replace(settings, order=Order.AS_WRITTEN) if is_ordered and "order" not in resource.practice else settings


def settings_of_set(resource_id: int) -> PracticeSettings:
    """Return how a resource's questions are asked but for their order, by its id, in one query."""
    practice = Resource.objects.filter(pk=resource_id).values_list("practice", flat=True).first()
    try:
        return settings_from_json(practice or {})
    except RuleBroken:
        return PracticeSettings()


def standings(questions: Sequence[Item], work: Mapping[int, ItemWork], *, skill_id: int | None) -> list[Standing]:
    """Return the questions of a set as they stand, with their places from 1 as ids.

    `skill_id` is what a question is about that does not say. One that cannot be read is left out.
    """
    answered = sorted((one for one in work.values() if one.attempts), key=lambda one: (one.updated_at, one.pk))
    newest = {one.item_id: number for number, one in enumerate(answered, 1)}
    found = []
    for place, item in enumerate(questions, 1):
        try:
            guess_chance = engine.guess_chance(question(item))
        except RuleBroken:
            continue
        done = work.get(item.pk)
        found.append(
            Standing(
                id=place,
                root=item.variant_of_id or item.pk,
                language=item.language,
                skill=item.competency_id or skill_id,
                difficulty=item.difficulty,
                guess_chance=guess_chance,
                tries=done.attempts if done else 0,
                answered=newest.get(item.pk, 0),
                is_done=done is not None and (done.is_right or done.awaits_marking),
                is_unaided=done is not None and _is_unaided(done),
            )
        )
    return found


def _is_unaided(done: ItemWork) -> bool:
    return done.is_right and done.attempts == 1 and not done.hints_shown and not done.example_shown


def beliefs_of(
    student: Person, skill_ids: Iterable[int], *, at: datetime, school_class: Class | None = None
) -> dict[int, Belief]:
    """Return what is believed of a student's skills, by competency id; of one without evidence, what the model expects."""
    wanted = list(dict.fromkeys(skill_ids))
    known, versions = evidence.known([student], wanted, at=at, school_class=school_class)
    model = model_of(versions.get(student.pk, ""))
    found = {}
    for skill in wanted:
        one = known.get((student.pk, skill))
        if one is None:
            model, one = evidence.known_of(student, skill, at=at, school_class=school_class)
        now = estimate(model, one, at=at)
        found[skill] = Belief(
            mean=now.mean,
            deviation=now.deviation,
            is_clear=now.word in (Word.SECURE, Word.BEYOND),
            aim=one.rule.next_chance,
        )
    return found


def next_in_set(
    student: Person,
    resource: Resource | None,
    questions: Sequence[Item],
    work: Mapping[int, ItemWork],
    *,
    at: datetime,
    skill_id: int | None = None,
    just_left: int | None = None,
    settings: PracticeSettings | None = None,
    school_class: Class | None = None,
) -> NextStep:
    """Return the place, from 1, of the question that comes next for a student, and why; None where it is enough.

    `work` is the student's by item id, `just_left` the place of the question to leave, `settings` others than the set's own to
    try out.
    """
    chosen = settings or settings_of(resource)
    rows = _read_on(standings(questions, work, skill_id=skill_id), questions, just_left)
    skills = {row.skill for row in rows if row.skill is not None} if chosen.order is Order.FITTING else set()
    beliefs = beliefs_of(student, skills, at=at, school_class=school_class) if skills else {}
    return next_step(rows, beliefs, chosen, languages=(student.language,), just_left=just_left)


def _read_on(rows: list[Standing], questions: Sequence[Item], just_left: int | None) -> list[Standing]:
    """Return a set without the pages to read that lie behind: nothing is answered there, so nothing else says so."""
    reached = max([just_left or 0, *(row.id for row in rows if row.tries)])
    return [
        replace(row, is_done=True) if questions[row.id - 1].kind == "none" and row.id <= reached else row
        for row in rows
    ]


def three_of(school_class: Class, skill_id: int | None, *, at: datetime) -> list[Person]:
    """Return three students of a class whom a skill sits differently with, by name: to try a set out on.

    Those are the ones with the least, the middle and the most believed of it; where nothing is known, the first three.
    """
    students = list(students_of(school_class))
    if skill_id is None or len(students) <= 3:
        return students[:3]
    known, versions = evidence.known(students, [skill_id], at=at, school_class=school_class)
    means = {
        student: estimate(model_of(versions.get(student, "")), one, at=at).mean
        for (student, _skill), one in known.items()
    }
    ranked = sorted((one for one in students if one.pk in means), key=lambda one: means[one.pk])
    if len(ranked) < 3:
        return [*ranked, *(one for one in students if one not in ranked)][:3]
    chosen = {ranked[0].pk, ranked[len(ranked) // 2].pk, ranked[-1].pk}
    return [one for one in students if one.pk in chosen]
