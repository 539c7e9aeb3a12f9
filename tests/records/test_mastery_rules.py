"""Which rule gives the word: the nearest one that was made, from its day on, for everybody it is for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from headway.core.evidence.methods import DEFAULT_RULE, Method, Rule
from headway.core.shared.errors import NotAllowed, NotFound, RuleBroken
from headway.records.audit.models import Event
from headway.records.evidence import actions, queries
from headway.records.evidence.models import MasteryRule
from headway.records.evidence.rules import history, rule_in_force, rules_at

if TYPE_CHECKING:
    from tests.people import People

LATEST, HIGHEST = Rule(method=Method.LATEST), Rule(method=Method.HIGHEST)
MEAN, MEDIAN = Rule(method=Method.MEAN), Rule(method=Method.MEDIAN)
HOUR = timedelta(hours=1)


def scopes(people: People) -> dict[str, dict[str, Any]]:
    skill = people.competencies["7.1"]
    return {
        "school": {},
        "framework": {"framework_id": skill.framework_id},
        "competency": {"competency": skill},
        "class": {"school_class": people.school_class},
    }


def rule_of(people: People, code: str = "7.1", *, at: Any = None, **facts: Any) -> Rule:
    competency = people.competencies[code].pk
    found = rules_at(at or people.now, student_ids=[people.ben.pk], competency_ids=[competency], **facts)
    return found.of(people.ben.pk, competency)


def grid(people: People, *, at: Any = None, **facts: Any) -> dict[tuple[int, int], str]:
    ids = [competency.pk for competency in people.path]
    return {key: one.word for key, one in queries.cells(people.students, ids, at=at or people.now, **facts).items()}


def test_without_a_rule_of_its_own_a_school_uses_the_learner_model(people: People) -> None:
    assert rule_of(people) == DEFAULT_RULE


@pytest.mark.parametrize("in_class", [True, False], ids=["seen in the class", "seen for the student"])
def test_the_nearest_rule_holds_class_before_skill_before_framework_before_school(
    people: People, *, in_class: bool
) -> None:
    seen = {"school_class": people.school_class} if in_class else {}
    for rule, scope in zip((MEAN, MEDIAN, HIGHEST, LATEST), scopes(people).values(), strict=True):
        actions.set_rule(school=people.school, rule=rule, by=people.grace, at=people.now, **scope)
        assert rule_of(people, **seen) == rule
    for rule, scope in zip((HIGHEST, MEDIAN, MEAN, DEFAULT_RULE), reversed(scopes(people).values()), strict=True):
        actions.end_rule(school=people.school, by=people.grace, at=people.now + HOUR, **scope)
        assert rule_of(people, at=people.now + HOUR, **seen) == rule


def test_a_rule_for_one_skill_leaves_the_others_alone(people: People) -> None:
    actions.set_rule(
        school=people.school, competency=people.competencies["7.1"], rule=LATEST, by=people.grace, at=people.now
    )
    assert (rule_of(people, "7.1"), rule_of(people, "7.2")) == (LATEST, DEFAULT_RULE)


def test_another_school_is_not_touched(people: People) -> None:
    actions.set_rule(school=people.school, rule=LATEST, by=people.grace, at=people.now)
    competency = people.competencies["7.1"].pk
    found = rules_at(people.now, student_ids=[people.gus.pk], competency_ids=[competency])
    assert found.of(people.gus.pk, competency) == DEFAULT_RULE


def test_old_moments_keep_the_rule_they_had(people: People) -> None:
    actions.set_rule(school=people.school, rule=LATEST, by=people.grace, at=people.now - 3 * HOUR)
    actions.set_rule(school=people.school, rule=MEAN, by=people.grace, at=people.now - HOUR)
    moments = [people.now - 4 * HOUR, people.now - 2 * HOUR, people.now - HOUR, people.now]
    assert [rule_of(people, at=at) for at in moments] == [DEFAULT_RULE, LATEST, MEAN, MEAN]


def test_an_old_grid_is_the_same_before_and_after_a_new_rule(people: People) -> None:
    past = people.now - timedelta(days=2)
    before = grid(people, at=past, school_class=people.school_class)
    actions.set_rule(
        school=people.school, school_class=people.school_class, rule=LATEST, by=people.ada, at=people.now - HOUR
    )
    assert grid(people, at=past, school_class=people.school_class) == before
    assert grid(people, school_class=people.school_class) != before


def test_the_same_rule_again_changes_nothing(people: People) -> None:
    first = actions.set_rule(school=people.school, rule=LATEST, by=people.grace, at=people.now)
    events = Event.objects.count()
    assert actions.set_rule(school=people.school, rule=LATEST, by=people.grace, at=people.now + HOUR) == first
    assert (MasteryRule.objects.count(), Event.objects.count()) == (1, events)


def test_another_rule_ends_the_first_and_edits_nothing_else_of_it(people: People) -> None:
    first = actions.set_rule(school=people.school, rule=LATEST, by=people.grace, at=people.now)
    actions.set_rule(school=people.school, rule=MEAN, by=people.grace, at=people.now + HOUR)
    kept = MasteryRule.objects.get(pk=first.pk)
    assert (kept.rule, kept.version, kept.starts_at, kept.ends_at) == (
        first.rule, first.version, first.starts_at, people.now + HOUR,
    )  # fmt: skip


def test_undo_is_the_former_rule_set_again(people: People) -> None:
    former = actions.set_rule(school=people.school, rule=LATEST, by=people.grace, at=people.now)
    actions.set_rule(school=people.school, rule=MEAN, by=people.grace, at=people.now + HOUR)
    again = actions.set_rule(school=people.school, rule=LATEST, by=people.grace, at=people.now + 2 * HOUR)
    assert (again.version, len(history(people.school))) == (former.version, 3)
    assert rule_in_force(people.school, people.now + 2 * HOUR) == again


def test_ending_what_was_never_set_changes_nothing(people: People) -> None:
    events = Event.objects.count()
    assert actions.end_rule(school=people.school, by=people.grace, at=people.now) is None
    assert Event.objects.count() == events


def test_a_clock_that_was_set_back_ends_no_rule_before_it_began(people: People) -> None:
    actions.set_rule(school=people.school, rule=LATEST, by=people.grace, at=people.now)
    later = actions.set_rule(school=people.school, rule=MEAN, by=people.grace, at=people.now - HOUR)
    assert rule_in_force(people.school, people.now) == later
    assert rule_in_force(people.school, people.now - HOUR) is None


@pytest.mark.parametrize("method", list(Method), ids=lambda method: method.value)
def test_every_method_gives_the_grid_its_words(people: People, method: Method) -> None:
    actions.judge(
        student=people.ben,
        competency=people.path[0],
        word="secure",
        reason="I saw it",
        by=people.ada,
        at=people.now - HOUR,
    )
    rule = Rule(method=method)
    actions.set_rule(school=people.school, school_class=people.school_class, rule=rule, by=people.ada, at=people.now)
    cells = queries.cells(
        people.students, [each.pk for each in people.path], at=people.now, school_class=people.school_class
    )
    assert {one.rule for one in cells.values()} == {rule}
    assert len({one.word for one in cells.values()}) > 1


@pytest.mark.parametrize("method", list(Method), ids=lambda method: method.value)
def test_what_a_page_says_before_a_switch_is_what_happens_after_it(people: People, method: Method) -> None:
    ids = [each.pk for each in people.path]
    rule = Rule(method=method, secure_share=0.75)
    before = grid(people, school_class=people.school_class)
    said = queries.what_if_rule(people.school_class, people.students, ids, rule=rule, at=people.now)
    actions.set_rule(school=people.school, school_class=people.school_class, rule=rule, by=people.ada, at=people.now)
    after = grid(people, school_class=people.school_class)
    moved = {key: (move.before.value, move.after.value) for move in said.moves for key in move.keys}
    assert moved == {key: (before[key], after[key]) for key in before if before[key] != after[key]}


def test_the_evidence_page_and_the_grid_agree_under_every_rule(people: People) -> None:
    skill = people.path[0]
    for method in Method:
        actions.set_rule(
            school=people.school,
            school_class=people.school_class,
            rule=Rule(method=method),
            by=people.ada,
            at=people.now,
        )
        cell = queries.cell(people.ben, skill.pk, at=people.now, school_class=people.school_class)
        explained = queries.explained(people.ben, skill, at=people.now, school_class=people.school_class)
        assert (cell.word, cell.chance) == (explained.word.value, pytest.approx(explained.chance, abs=1e-12)), method


def test_a_judgement_stands_whatever_the_rule(people: People) -> None:
    actions.judge(
        student=people.ben, competency=people.path[1], word="beyond", reason="I saw it", by=people.ada, at=people.now
    )
    for method in Method:
        actions.set_rule(
            school=people.school,
            school_class=people.school_class,
            rule=Rule(method=method),
            by=people.ada,
            at=people.now,
        )
        assert (
            queries.cell(people.ben, people.path[1].pk, at=people.now, school_class=people.school_class).word
            == "beyond"
        )


# --- who may ----------------------------------------------------------------------------------------------------------


def test_a_specialist_a_family_and_a_student_choose_no_rule(people: People) -> None:
    for person in (people.iris, people.dana, people.ben):
        with pytest.raises(NotAllowed):
            actions.set_rule(
                school=people.school, school_class=people.school_class, rule=LATEST, by=person, at=people.now
            )


def test_a_teacher_chooses_for_the_own_class_and_not_for_the_school(people: People) -> None:
    actions.set_rule(school=people.school, school_class=people.school_class, rule=LATEST, by=people.noor, at=people.now)
    with pytest.raises(NotAllowed):
        actions.set_rule(school=people.school, rule=LATEST, by=people.noor, at=people.now)


def test_nobody_chooses_for_another_school(people: People) -> None:
    for person, scope in ((people.eve, {}), (people.hal, {}), (people.eve, {"school_class": people.school_class})):
        with pytest.raises((NotAllowed, NotFound)):
            actions.set_rule(school=people.school, rule=LATEST, by=person, at=people.now, **scope)
    assert not MasteryRule.objects.exists()


def test_a_class_of_another_school_and_two_things_at_once_are_refused(people: People) -> None:
    with pytest.raises(RuleBroken, match="another school"):
        actions.set_rule(
            school=people.school, school_class=people.other_class, rule=LATEST, by=people.grace, at=people.now
        )
    with pytest.raises(RuleBroken, match="one of them"):
        actions.set_rule(
            school=people.school,
            school_class=people.school_class,
            competency=people.path[0],
            rule=LATEST,
            by=people.grace,
            at=people.now,
        )
