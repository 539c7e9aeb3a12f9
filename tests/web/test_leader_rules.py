"""A leader chooses rules of mastery for the school, a framework and a single skill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from headway.core.evidence.methods import Method, Rule
from headway.records.evidence import actions, queries, rules
from headway.records.evidence.models import MasteryRule
from tests.people import People, sign_in
from tests.web.test_mastery_rules import choice, text_of

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def grace(client: Client, people: People) -> Client:
    return sign_in(client, people.grace)


def address(people: People, name: str = "leader-rule", *, scope: str = "school", thing: int = 0, **more: Any) -> str:
    school = people.school.pk
    return reverse(name, kwargs={"school_id": school, "scope": scope, "thing": thing or school, **more})


def words(people: People, code: str = "7.1") -> list[str]:
    """The words of everybody in 7B on one skill, now."""
    cells = queries.cells(
        people.students, [people.competencies[code].pk], at=timezone.now(), school_class=people.school_class
    )
    return [cell.word for _key, cell in sorted(cells.items())]


def test_the_list_says_which_rule_holds_for_the_school(grace: Client, people: People) -> None:
    text = text_of(grace.get(reverse("leader-rules")))
    assert "Harbor School: Learner model" in text
    assert "Test academic" in text
    assert "Hill School" not in text


def test_the_list_names_classes_with_a_rule_of_their_own(grace: Client, people: People) -> None:
    actions.set_rule(
        school=people.school,
        school_class=people.school_class,
        rule=Rule(method=Method.HIGHEST),
        by=people.ada,
        at=people.now,
    )
    text = text_of(grace.get(reverse("leader-rules")))
    assert "<b>Highest</b>" in text
    assert "Chosen by Ms. Lind." in text


def test_a_skill_is_chosen_from_the_list(grace: Client, people: People) -> None:
    skill = people.competencies["7.3"].pk
    answer = grace.get(reverse("leader-rules"), {"skill": f"{people.school.pk}-{skill}"})
    assert answer["Location"] == address(people, scope="skill", thing=skill)


@pytest.mark.parametrize("scope", ["school", "framework", "skill"])
def test_what_a_look_says_is_what_happens(grace: Client, people: People, scope: str) -> None:
    skill = people.competencies["7.1"]
    thing = {"school": people.school.pk, "framework": skill.framework_id, "skill": skill.pk}[scope]
    before = words(people)
    text = text_of(grace.get(address(people, scope=scope, thing=thing), choice(Method.HIGHEST)))
    grace.post(address(people, "leader-rule-set", scope=scope, thing=thing), choice(Method.HIGHEST))
    after = words(people)
    assert before != after
    if scope == "skill":
        changed = sum(old != new for old, new in zip(before, after, strict=True))
        assert f"Words that would change: {changed} of {len(before)}." in text


def test_a_rule_for_a_skill_leaves_other_skills_alone(grace: Client, people: People) -> None:
    before = words(people, "7.2")
    skill = people.competencies["7.1"].pk
    grace.post(address(people, "leader-rule-set", scope="skill", thing=skill), choice(Method.HIGHEST))
    assert words(people, "7.2") == before


def test_a_class_with_its_own_rule_is_not_moved_by_the_school(grace: Client, people: People) -> None:
    actions.set_rule(
        school=people.school,
        school_class=people.school_class,
        rule=Rule(secure_share=0.7),
        by=people.ada,
        at=people.now,
    )
    before = words(people)
    assert "No word would change." in text_of(grace.get(address(people), choice(Method.HIGHEST)))
    grace.post(address(people, "leader-rule-set"), choice(Method.HIGHEST))
    assert words(people) == before


def test_ending_a_rule_brings_back_what_holds_above(grace: Client, people: People) -> None:
    grace.post(address(people, "leader-rule-set"), choice(Method.HIGHEST))
    grace.post(address(people, "leader-rule-end"))
    assert rules.rule_in_force(people.school, timezone.now()) is None


def test_a_change_is_undone_by_the_former_rule(grace: Client, people: People) -> None:
    grace.post(address(people, "leader-rule-set"), choice(Method.HIGHEST))
    former = MasteryRule.objects.get()
    text = text_of(grace.post(address(people, "leader-rule-set"), choice(Method.MEAN), follow=True))
    undo = address(people, "leader-rule-again", rule_id=former.pk)
    assert f'action="{undo}"' in text
    grace.post(undo)
    row = rules.rule_in_force(people.school, timezone.now())
    assert row is not None
    assert row.version == former.version


@pytest.mark.parametrize(("scope", "thing"), [("school", 999), ("framework", 999), ("skill", 999), ("planet", 1)])
def test_what_the_school_does_not_work_on_is_not_found(grace: Client, people: People, scope: str, thing: int) -> None:
    assert grace.get(address(people, scope=scope, thing=thing)).status_code == 404


def test_the_list_takes_as_many_questions_with_many_rules(
    grace: Client, people: People, django_assert_max_num_queries: Any
) -> None:
    for skill in people.path:
        actions.set_rule(
            school=people.school, competency=skill, rule=Rule(secure_share=0.7), by=people.grace, at=people.now
        )
    grace.get(reverse("leader-rules"))
    with django_assert_max_num_queries(14):
        grace.get(reverse("leader-rules"))
