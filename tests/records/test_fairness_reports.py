"""The learner model compared by group, from a school's own answers; kept, and gone after two years."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from headway.core.shared.errors import RuleBroken
from headway.records.evidence import actions as evidence
from headway.records.evidence.actions import EvidenceIn
from headway.records.reports import actions, queries
from headway.records.reports.models import Report
from headway.records.roster import actions as roster
from tests.people import client_id

if TYPE_CHECKING:
    from headway.records.roster.models import Person
    from tests.people import People


def many_students(people: People) -> list[Person]:
    """Let 26 more students of the school answer 12 questions each: 13 speak Spanish at home, 13 English, 11 have more time."""
    names = [(f"many {number}", f"Student{number}", "Family") for number in range(26)]
    made = roster.add_students(names=names, source="many", organisation=people.school, by=None, at=people.now)
    students = list(made.values())
    facts = []
    for number, student in enumerate(students):
        spoken: list[dict[str, object]] = [
            {"language": "es" if number % 2 else "en", "reading": 7.0, "speaking": 7.0, "home": True}
        ]
        roster.set_languages(student=student, languages=spoken, by=None, at=people.now)
        if number < 11:
            roster.set_supports(student=student, kinds=["extra-time"], by=None, at=people.now)
        for place in range(12):
            facts.append(
                EvidenceIn(
                    client_id=client_id(f"many {number} {place}"),
                    student_id=student.pk,
                    competency_id=people.competencies["7.1" if place % 2 else "7.2"].pk,
                    kind="answer",
                    happened_at=people.now - timedelta(days=20 - place, minutes=number),
                    score=float((number + place * place) % 3 > 0),
                )
            )
    roster.enrol(school_class=people.school_class, students=students, on=people.monday, by=None, at=people.now)
    evidence.record_many(facts=facts, by=None, at=people.now)
    return students


def test_a_small_school_is_told_that_it_is_too_early(people: People) -> None:
    with pytest.raises(RuleBroken, match="A comparison needs at least 200 answers by 20 students"):
        actions.make_fairness_report(school=people.school, by=people.grace, at=people.now)


def test_students_are_compared_by_language_and_by_support(people: People) -> None:
    many_students(people)
    made = actions.make_fairness_report(school=people.school, by=people.grace, at=people.now)
    columns = [part["column"] for part in made.parts["columns"]]
    assert columns == ["home-language", "language-of-class", "support:extra-time"]


def test_what_too_few_share_is_named_and_not_compared(people: People) -> None:
    many_students(people)
    made = actions.make_fairness_report(school=people.school, by=people.grace, at=people.now)
    assert "support:move-on" in made.parts["left_out"]
    assert "move-on" not in json.dumps(made.parts["columns"])


def test_a_report_names_no_student(people: People) -> None:
    students = many_students(people)
    made = actions.make_fairness_report(school=people.school, by=people.grace, at=people.now)
    text = json.dumps(made.parts)
    for student in [*students, *people.students]:
        assert student.family_name not in text
        assert str(student.uuid) not in text


def test_a_judgement_is_not_an_answer_that_is_compared(people: People) -> None:
    many_students(people)
    before = actions.make_fairness_report(school=people.school, by=people.grace, at=people.now).answers
    evidence.judge(
        student=people.ben,
        competency=people.competencies["7.1"],
        word="secure",
        reason="Seen",
        by=people.ada,
        at=people.now,
    )
    assert actions.make_fairness_report(school=people.school, by=people.grace, at=people.now).answers == before


def test_the_newest_report_comes_first_and_older_ones_stay(people: People) -> None:
    many_students(people)
    old = actions.make_fairness_report(school=people.school, by=None, at=people.now - timedelta(days=8))
    new = actions.make_fairness_report(school=people.school, by=None, at=people.now)
    assert queries.fairness_reports(people.school) == [new, old]
    assert queries.fairness_report(people.school) == new
    assert queries.fairness_report(people.school, old.pk) == old
    assert queries.fairness_report(people.other_school, old.pk) is None


def test_a_report_is_due_again_after_a_week(people: People) -> None:
    many_students(people)
    assert people.school in queries.schools_without_a_report(since=people.now - timedelta(days=7))
    actions.make_fairness_report(school=people.school, by=None, at=people.now - timedelta(days=6))
    assert people.school not in queries.schools_without_a_report(since=people.now - timedelta(days=7))


def test_a_report_goes_after_two_years(people: People) -> None:
    many_students(people)
    actions.make_fairness_report(school=people.school, by=None, at=people.now)
    assert actions.forget_old_reports(at=people.now + timedelta(days=729)) == 0
    assert actions.forget_old_reports(at=people.now + timedelta(days=731)) == 1
    assert not Report.objects.exists()
