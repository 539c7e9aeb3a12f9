"""A school's own answers as a log: what the learner model may learn from, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from headway.records.evidence import actions
from headway.records.evidence.actions import EvidenceIn
from headway.records.evidence.answers import answer_log, lending_pairs
from headway.records.evidence.models import Evidence
from tests.people import client_id

if TYPE_CHECKING:
    from tests.people import People


@pytest.fixture
def alone(people: People) -> People:
    """The cast without what was seen before."""
    Evidence.objects.all().delete()
    return people


def tell(
    people: People, name: str, code: str = "7.1", *, minutes: float = 0.0, student: Any = None, **facts: Any
) -> None:
    fact: dict[str, Any] = {
        "client_id": client_id(name),
        "student_id": (student or people.finn).pk,
        "competency_id": people.competencies[code].pk,
        "kind": "answer",
        "happened_at": people.now - timedelta(minutes=minutes),
        "score": 1.0,
        **facts,
    }
    actions.record(fact=EvidenceIn(**fact), by=people.ada, at=people.now)


def test_every_answer_is_a_row_in_the_order_it_was_given(alone: People) -> None:
    tell(alone, "new", score=0.0, minutes=1)
    tell(alone, "old", minutes=90)
    log = answer_log()
    assert (log.rows, log.students, log.skills) == (2, 1, 1)
    assert log.score.tolist() == [1.0, 0.0]
    assert log.seconds is not None
    assert log.seconds.tolist() == [0.0, 89 * 60.0]
    assert (log.student_names, log.skill_names) == (
        (str(alone.finn.pk),), (str(alone.competencies["7.1"].pk),),
    )  # fmt: skip


def test_what_people_judged_and_rated_trains_nothing(alone: People) -> None:
    for kind in ("observation", "rubric", "conference", "product", "self", "judgement"):
        tell(alone, kind, kind=kind, level=1, levels=4)
    assert answer_log().rows == 0


def test_hints_tries_and_guesses_come_along(alone: People) -> None:
    tell(alone, "one", hints_used=2, attempt=3, guess_chance=0.25)
    log = answer_log()
    assert log.hints is not None
    assert log.attempt is not None
    assert log.guess is not None
    assert (log.hints[0], log.attempt[0], log.guess[0]) == (2, 3, 0.25)


def test_an_answer_about_two_skills_is_one_row_with_both(alone: People) -> None:
    tell(alone, "first", "7.1", minutes=5)
    tell(alone, "second", "7.2", minutes=5)
    tell(alone, "third", "7.2", minutes=4)
    log = answer_log()
    assert log.rows == 2
    assert np.diff(log.set_starts)[log.skill_set].tolist() == [2, 1]


def test_two_answers_on_one_skill_at_the_same_moment_stay_two(alone: People) -> None:
    tell(alone, "first", minutes=5)
    tell(alone, "second", minutes=5)
    assert answer_log().rows == 2


def test_items_have_their_own_number_and_unknown_questions_one_for_each_skill(alone: People) -> None:
    item = alone.item("7.1-number")
    for place, facts in enumerate(({"item_id": item.pk}, {}, {}, {"code": "7.2"})):
        tell(alone, str(place), minutes=10 - place, **facts)
    log = answer_log()
    assert [log.item_names[number] for number in log.item] == [str(item.pk), "", "", ""]
    assert log.item[1] == log.item[2] != log.item[3]
    assert log.has_items


def test_a_school_reads_its_own_answers_only(alone: People) -> None:
    tell(alone, "ours")
    tell(alone, "theirs", student=alone.gus)
    assert (answer_log().students, answer_log(school=alone.school).students) == (2, 1)


def test_groups_are_numbers_with_names_and_who_is_in_none_has_minus_one(alone: People) -> None:
    for student in (alone.ben, alone.caro, alone.finn):
        tell(alone, student.given_name, student=student)
    log = answer_log(groups={"language": {alone.ben.pk: "es", alone.caro.pk: "en"}})
    assert log.group_names["language"] == ("en", "es")
    by_name = dict(zip(log.student_names, log.groups["language"].tolist(), strict=True))
    assert [by_name[str(each.pk)] for each in (alone.ben, alone.caro, alone.finn)] == [1, 0, -1]


def test_skills_lend_to_those_that_build_on_them(people: People) -> None:
    log = answer_log()
    number = {name: place for place, name in enumerate(log.skill_names)}
    first, second = (number[str(people.competencies[code].pk)] for code in ("7.1", "7.2"))
    assert [first, second] in lending_pairs(log).tolist()


def test_no_answer_at_all_is_an_empty_log(alone: People) -> None:
    log = answer_log()
    assert (log.rows, log.students, log.starts.tolist(), log.has_items) == (0, 0, [0], False)
