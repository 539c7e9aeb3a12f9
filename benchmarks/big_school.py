"""A school of 1,000: 40 classes of 25, twelve skills each, eight weeks of answers, drafted and approved weeks."""

from __future__ import annotations

import itertools
import random
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from headway.core.access.roles import Role
from headway.core.items import write_plain
from headway.core.library.values import AlignmentIn, ItemIn, ResourceIn
from headway.core.shared.school_weeks import monday_of
from headway.core.standards.values import CompetencyIn, FrameworkIn, LinkIn, Wording
from headway.records.evidence import actions as evidence
from headway.records.items import actions as items
from headway.records.library import actions as library
from headway.records.planning import actions as planning
from headway.records.planning import drafts
from headway.records.planning import queries as plans
from headway.records.roster import actions as roster
from headway.records.standards import actions as standards
from headway.records.standards import queries as standard_queries

if TYPE_CHECKING:
    from headway.records.roster.models import Class, Organisation, Person, Term

SOURCE = "bench"
CLASSES, STUDENTS_PER_CLASS = 40, 25
SMALL, LARGE = 10, 30
SKILLS, ANSWERS_PER_SKILL, QUESTIONS = 12, 6, 12
DRAFTED, APPROVED = 8, 4
CODES = [f"B.{number:02}" for number in range(1, SKILLS + 1)]


def _framework() -> FrameworkIn:
    rows = tuple(
        CompetencyIn(
            source_id=code,
            code=code,
            short=f"Skill {code}",
            statement=f"Students work with {code}.",
            grade_low=7,
            grade_high=7,
            nature="procedure",
            wordings=tuple(
                Wording(language=language, short=f"{word} {code}", statement=f"{word} {code}.", i_can=f"{can} {code}.")
                for language, word, can in (("en", "Skill", "I can do"), ("es", "Tema", "Puedo hacer"))
            ),
        )
        for code in CODES
    )
    links = tuple(
        LinkIn(kind="prerequisite", origin=before, target=after) for before, after in itertools.pairwise(CODES)
    )
    return FrameworkIn(source=SOURCE, source_id="bench", title="Bench", competencies=rows, links=links)


def _questions(code: str, name: str) -> tuple[ItemIn, ...]:
    return tuple(
        ItemIn(
            source_id=f"{name}-{number}",
            competency=code,
            difficulty=(number - QUESTIONS / 2) / 4,
            document=write_plain(
                {
                    "id": f"{name}-{number}",
                    "kind": "number",
                    "language": "en",
                    "prompt": f"What is {number} and {number}?",
                    "hints": ["Count on.", "Draw it."],
                    "right": "Yes.",
                    "wrong": "Not yet.",
                    "answer": 2 * number,
                }
            ),
        )
        for number in range(1, QUESTIONS + 1)
    )


def _resources() -> tuple[ResourceIn, ...]:
    rows: list[ResourceIn] = []
    usual: dict[str, Any] = {"grade_low": 7, "grade_high": 7}
    shapes = (
        ("one", ("essential",), "practice", "alone", "either", True),
        ("two", ("essential",), "lesson", "alone", "either", True),
        ("pair", ("essential",), "practice", "pair", "no", False),
        ("group", ("group",), "discussion", "teacher", "no", False),
        ("stretch", ("stretch",), "puzzle", "alone", "no", False),
        ("review", ("review", "paper"), "quiz", "alone", "no", True),
        ("project", ("project",), "project", "team", "no", False),
        ("choice", ("choice",), "drawing", "alone", "no", False),
        ("game", ("choice",), "game", "pair", "either", False),
    )
    for code in CODES:
        for name, uses, kind, with_whom, screen, has_questions in shapes:
            rows.append(
                ResourceIn(
                    source_id=f"{code}-{name}",
                    title=f"{code}: {name}",
                    uses=uses,
                    kind=kind,
                    with_whom=with_whom,
                    screen=screen,
                    minutes=15,
                    reading_level=6.0,
                    text="A ferry carries three cars for every two bicycles. " * 20,
                    steps=("Read.", "Try.", "Check."),
                    topics=("boats", "music") if name == "game" else (),
                    alignments=(AlignmentIn(competency=code),),
                    items=_questions(code, f"{code}-{name}") if has_questions else (),
                    **usual,
                )
            )
    return tuple(rows)


def build() -> dict[str, int]:
    """Build the school in the database at hand, by the rooms' own actions."""
    luck = random.Random(7)
    at = timezone.now()
    monday = monday_of(timezone.localdate(at))
    signed: dict[str, Any] = {"by": None, "at": at - timedelta(weeks=9)}
    district = roster.add_organisation(kind="district", name="Bench District", **signed)
    school = roster.add_organisation(kind="school", name="Bench School", parent=district, **signed)
    starts, ends = monday - timedelta(weeks=10), monday + timedelta(weeks=12)
    term = roster.add_term(school=school, name="Term", starts_on=starts, ends_on=ends, **signed)
    standards.take_framework(document=_framework(), **signed)
    competencies = standard_queries.competencies_by_code(CODES)
    ids = {code: row.pk for code, row in competencies.items()}
    rows = _resources()
    resource_ids, _taken = library.take_resources(source=SOURCE, rows=rows, competencies=ids, **signed)
    items.take_items(source=SOURCE, rows=rows, resource_ids=resource_ids, competencies=ids, **signed)
    sizes = [*[STUDENTS_PER_CLASS] * CLASSES, SMALL, LARGE]
    classes = []
    for number, size in enumerate(sizes, start=1):
        made = _class(school, term, number, size, signed, [competencies[code] for code in CODES], luck, at)
        classes.append(made)
    for place, (school_class, teacher) in enumerate(classes):
        if place < DRAFTED or place >= CLASSES:
            shared = drafts.draft_class_week(school_class=school_class, monday=monday, by=teacher, at=at)
            if place < APPROVED or place >= CLASSES:
                planning.approve_ready(class_week=shared, by=teacher, at=at)
                for row in plans.board(school_class, monday, at=at).rows:
                    if row.week is not None and row.place == "flagged":
                        planning.approve_week(week=row.week, by=teacher, at=at)
    return {"students": sum(sizes), "classes": len(classes)}


def _class(
    school: Organisation,
    term: Term,
    number: int,
    size: int,
    signed: dict[str, Any],
    path: list[Any],
    luck: random.Random,
    at: datetime,
) -> tuple[Class, Person]:
    teacher = roster.add_person(
        given_name="Teacher",
        family_name=f"{number:02}",
        roles=[Role.TEACHER],
        organisation=school,
        username=f"teacher{number:02}",
        title="Ms.",
        **signed,
    )
    names = [(f"{number:02}-{place:02}", f"Student{place:02}", f"Class{number:02}") for place in range(size)]
    students = roster.add_students(names=names, source=SOURCE, organisation=school, **signed)
    topics = ("boats", "music", "space", "games")
    for student in students.values():
        roster.write_profile(student=student, grade=7, interests=luck.sample(topics, 2), **signed)
        english = {"language": "en", "reading": 7.0, "speaking": 7.0, "home": True}
        roster.set_languages(student=student, languages=[english], **signed)
    school_class = roster.add_class(
        school=school,
        term=term,
        name=f"Math 7, {number:02}",
        period=str(1 + number % 6),
        subject="Math",
        source=SOURCE,
        source_id=str(number),
        **signed,
    )
    roster.assign_teacher(school_class=school_class, teacher=teacher, **signed)
    timetable = [(weekday, time(9, 10), 50, "Room 1") for weekday in range(5)]
    roster.set_timetable(school_class=school_class, periods=timetable, **signed)
    roster.enrol(school_class=school_class, students=students.values(), on=term.starts_on, **signed)
    standards.set_path(school_class=school_class, competencies=path, **signed)
    facts = []
    for student in students.values():
        ability = luck.gauss(0.6, 0.2)
        for place, competency in enumerate(path):
            if luck.random() > 1.1 - place / 14:
                continue
            for turn in range(ANSWERS_PER_SKILL):
                facts.append(
                    evidence.EvidenceIn(
                        student_id=student.pk,
                        competency_id=competency.pk,
                        kind="answer",
                        happened_at=at - timedelta(days=50 - 4 * place, minutes=10 * turn + luck.random()),
                        score=float(luck.random() < ability),
                        source=SOURCE,
                    )
                )
    evidence.record_many(facts=facts, by=None, at=at)
    return school_class, teacher
