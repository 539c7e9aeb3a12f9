"""The loop on files that none of us wrote: a framework, a pool and a log come in; a real class plans, works and learns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import transaction

from headway.core.access.roles import Role
from headway.core.items import key_response
from headway.core.planning import breaches
from headway.core.shared.school_weeks import monday_of
from headway.exchange.case import reading as case
from headway.exchange.oatutor import reading as oatutor
from headway.exchange.response_log import reading as response_log
from headway.exchange.shared.import_report import ImportReport
from headway.records.audit.models import Event
from headway.records.evidence import queries as evidence
from headway.records.evidence.models import Evidence
from headway.records.items.queries import question
from headway.records.library import actions as library
from headway.records.library import queries as resources
from headway.records.planning import actions as planning
from headway.records.planning import drafts, problems
from headway.records.planning import queries as plans
from headway.records.planning.models import Week
from headway.records.roster import actions as roster
from headway.records.roster import queries as people
from headway.records.roster.models import Class, Organisation, Person
from headway.records.standards import queries as standards
from tests.exchange.real_data import CASE, LOG, OATUTOR, SKILLS, needs_real_data

if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker

pytestmark = [needs_real_data, pytest.mark.django_db]

AT = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)  # a Tuesday
MONDAY = monday_of(AT.date())
# The courses nearest to a middle school; the whole pool is read in test_oatutor.py, without a database.
COURSES = ("OpenStax: Elementary Algebra", "SJSU 1018", "Solid Foundations: Algebra")


@dataclass
class RealClass:
    """What the imports made."""

    teacher: Person
    school_class: Class
    students: list[Person]
    reports: dict[str, ImportReport]


def take_log() -> ImportReport:
    return response_log.take_file(
        LOG,
        by=None,
        at=AT,
        skill_names=SKILLS,
        students=30,
        class_size=30,
        class_name="Room 12",
        teacher="ada",
        subject="Mathematics",
    )


def take_pool() -> ImportReport:
    return oatutor.take_file(OATUTOR, by=None, at=AT, framework="assist2009_updated", courses=COURSES)


def take_standards() -> ImportReport:
    return case.take_file(CASE / "smarter-balanced-case10" / "mockHSMATH.json", by=None, at=AT)


@pytest.fixture(scope="module")
def imported(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[RealClass]:
    """The three files, taken in once for this module: that is what takes long."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield take_all()
        transaction.set_rollback(True)


@pytest.fixture
def real(imported: RealClass, db: None) -> RealClass:
    """The imported class; what one test does to it is undone before the next."""
    return imported


def take_all() -> RealClass:
    school = Organisation.objects.create(kind="school", name="A school")
    teacher = roster.add_person(
        given_name="Ada",
        family_name="Byron",
        roles=[Role.TEACHER],
        organisation=school,
        username="ada",
        by=None,
        at=AT,
    )
    reports = {"standards": take_standards(), "log": take_log(), "pool": take_pool()}
    school_class = people.classes_taught_by(teacher).get()
    return RealClass(
        teacher=teacher,
        school_class=school_class,
        students=list(people.students_of(school_class)),
        reports=reports,
    )


def test_a_real_class_goes_once_around_the_loop(real: RealClass) -> None:
    # A class of thirty real students, and everyone has mastery from their own answers.
    assert len(real.students) == 30
    path = standards.path_of(real.school_class)
    assert len(path) >= 10
    grid = evidence.cells(real.students, [competency.pk for competency in path], at=AT)
    for student in real.students:
        own = [cell for (student_id, _skill), cell in grid.items() if student_id == student.pk]
        assert len(own) >= len(path) // 2
        assert all(cell.pieces and cell.low < cell.chance < cell.high for cell in own)
    assert len({cell.word for cell in grid.values()}) >= 3

    # The teacher accepts what the words of the skill names suggest, in one go.
    waiting = list(resources.suggested_alignments(real.school_class))
    assert len(waiting) > 100
    assert all(row.because and 0.4 <= row.confidence <= 1 for row in waiting)
    assert library.decide_alignments(alignments=waiting, accept=True, by=real.teacher, at=AT) == len(waiting)

    # Weeks are drafted: legal, or they say themselves what could not be met.
    class_week = drafts.draft_class_week(school_class=real.school_class, monday=MONDAY, by=real.teacher, at=AT)
    weeks = list(class_week.weeks.prefetch_related("blocks__options"))
    assert len(weeks) == 30
    facts = problems.class_facts(real.school_class, MONDAY, at=AT, class_week=class_week)
    found: Counter[str] = Counter()
    for week in weeks:
        student = next(one for one in facts.students if one.pk == week.student_id)
        plan = problems.plan_from_rows(student.pk, week.blocks.all())
        assert plan.blocks
        broken = breaches(plan, problems.needs_of(facts, student), facts.frame, facts.candidates_by_id)
        told = {unmet["guardrail"] for unmet in week.unmet}
        assert {breach.guardrail for breach in broken} <= told, (week.pk, broken, week.unmet)
        # A look back is missing only where the pool has nothing on the skill.
        for breach in broken:
            if breach.guardrail == "review_due":
                assert breach.facts["competency"] not in {candidate.competency for candidate in facts.candidates}
        found.update(breach.guardrail for breach in broken if breach.guardrail != "review_due")
    # The pool holds practice alone, no projects; even so hardly a week misses a guardrail, and one that does says which.
    assert sum(found.values()) <= 3, found

    # The teacher approves; a student opens the week and answers a real question.
    planning.approve_ready(class_week=class_week, by=real.teacher, at=AT)
    for week in class_week.weeks.filter(status=Week.Status.DRAFT):
        planning.approve_week(week=week, by=real.teacher, at=AT)
    assert class_week.weeks.filter(status=Week.Status.APPROVED).count() == 30
    student = real.students[0]
    block = next(one for one in plans.student_blocks(student, MONDAY) if one.resource_id and plans.questions_in(one))
    block = plans.own_block(student, block.uuid)
    item = plans.questions_in(block)[0]
    asked = question(item)
    assert block.competency is not None
    before = evidence.explained(student, block.competency, at=AT)
    planning.start_block(block=block, by=student, at=AT)
    answered = planning.answer_item(
        block=block, item=item, response=key_response(asked), client_id=uuid4(), by=student, at=AT
    )
    assert answered.marking.is_right
    assert answered.evidence is not None
    assert answered.evidence.resource_id == block.resource_id

    # Mastery of that very skill changed, and the answer is among the reasons, with what it was about.
    competency = answered.evidence.competency
    after = evidence.explained(student, competency, at=AT)
    cell = evidence.cell(student, competency.pk, at=AT)
    assert competency == block.competency
    assert after.pieces == before.pieces + 1
    assert after.chance > before.chance
    assert cell.chance == pytest.approx(after.chance)
    newest = max(after.contributions, key=lambda one: one.piece.happened_at)
    assert newest.piece.id == str(answered.evidence.client_id)
    assert newest.shift > 0
    assert newest.facts["what"] == item.resource.title


def test_taking_the_real_files_twice_changes_nothing(real: RealClass) -> None:
    # That somebody took a file in is written down each time; nothing else is.
    events = Event.objects.exclude(noun="delivery")
    before = (Evidence.objects.count(), events.count(), Person.objects.count())

    again = [take_standards(), take_log(), take_pool()]

    assert all(report.changed_nothing for report in again), [report.as_json() for report in again]
    assert (Evidence.objects.count(), events.count(), Person.objects.count()) == before


def test_mastery_from_an_import_is_what_the_rows_themselves_say(real: RealClass) -> None:
    path = standards.path_of(real.school_class)
    for student in real.students[:5]:
        for competency in path:
            cell = evidence.cell(student, competency.pk, at=AT)
            if cell.pieces:
                explained = evidence.explained(student, competency, at=AT)
                assert cell.chance == pytest.approx(explained.chance, abs=1e-9)
                assert cell.pieces == explained.pieces
