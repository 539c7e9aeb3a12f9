"""What comes out of a test: sums with weights and categories, conditions on what was answered, feedback that fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from headway.core.items.assessment import Control, Test, parse_test
from headway.core.items.document import Item, parse_item
from headway.core.items.outcomes import (
    Answered,
    feedback_now,
    holds_in,
    missing_in_test,
    open_next,
    outcomes_of,
    template_defaults,
)
from headway.core.items.rules.values import Value
from headway.core.items.sitting import may_answer, may_leave, next_item, plan

QTI = 'xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0"'
ITEM = parse_item(
    f"""<qti-assessment-item {QTI} identifier="I" title="Q">
    <qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="identifier">
      <qti-correct-response><qti-value>A</qti-value></qti-correct-response></qti-response-declaration>
    <qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float" normal-maximum="2"/>
    <qti-item-body><p>What?</p></qti-item-body></qti-assessment-item>"""
)


@dataclass(frozen=True)
class Sat:
    """One question answered: its score and its answer."""

    score: float
    answer: str = "A"
    attempts: int = 1
    templates: Mapping[str, Value] = field(default_factory=dict)
    corrects: Mapping[str, Value] = field(default_factory=dict)

    @property
    def responses(self) -> Mapping[str, Value]:
        return {"RESPONSE": self.answer}

    @property
    def outcomes(self) -> Mapping[str, Value]:
        return {"SCORE": self.score}


def a_test(rules: str = "", *, refs: str, feedback: str = "", names: tuple[str, ...] = ("SCORE",)) -> Test:
    declared = "".join(
        f'<qti-outcome-declaration identifier="{one}" cardinality="single" base-type="float"/>' for one in names
    )
    return parse_test(
        f'<qti-assessment-test {QTI} identifier="T">{declared}<qti-test-part identifier="P">'
        f'<qti-assessment-section identifier="S">{refs}</qti-assessment-section></qti-test-part>'
        f"<qti-outcome-processing>{rules}</qti-outcome-processing>{feedback}</qti-assessment-test>"
    )


def ref(name: str, inner: str = "", facts: str = "") -> str:
    return f'<qti-assessment-item-ref identifier="{name}" href="{name}.xml" {facts}>{inner}</qti-assessment-item-ref>'


def put(value: str, name: str = "SCORE") -> str:
    return f'<qti-set-outcome-value identifier="{name}">{value}</qti-set-outcome-value>'


def sat(**scores: float) -> Answered:
    return Answered(items=ITEMS, sessions={name: Sat(score) for name, score in scores.items()})


ITEMS: Mapping[str, Item] = dict.fromkeys("ABC", ITEM)
SUM = '<qti-sum><qti-test-variables variable-identifier="SCORE" {facts}/></qti-sum>'
WEIGHT = '<qti-weight identifier="W" value="3"/>'


def score(test: Test, answered: Answered) -> Value:
    return outcomes_of(test, plan(test, seed=0), answered).values["SCORE"]


class TestOutcomes:
    @pytest.mark.parametrize(
        ("facts", "expected"),
        [
            ("", 3.0),
            ('weight-identifier="W"', 5.0),
            ('include-category="fun"', 1.0),
            ('exclude-category="fun"', 2.0),
            ('section-identifier="elsewhere"', None),
        ],
        ids=["all", "with weights", "of a category", "without a category", "of another section"],
    )
    def test_scores_are_summed_by_hand(self, facts: str, expected: float | None) -> None:
        test = a_test(put(SUM.format(facts=facts)), refs=ref("A", WEIGHT, 'category="fun"') + ref("B"))
        assert score(test, sat(A=1, B=2)) == expected

    def test_what_was_never_asked_counts_nothing(self) -> None:
        test = a_test(put(SUM.format(facts="")), refs=ref("A") + ref("B"))
        assert score(test, sat(A=1)) == 1.0

    def test_an_outcome_goes_by_the_name_that_the_test_has_for_it(self) -> None:
        mapping = '<qti-variable-mapping source-identifier="SCORE" target-identifier="POINTS"/>'
        test = a_test(
            put('<qti-sum><qti-test-variables variable-identifier="POINTS"/></qti-sum>'),
            refs=ref("A", mapping) + ref("B"),
        )
        assert score(test, sat(A=2, B=1)) == 2.0

    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("<qti-number-presented/>", 2),
            ("<qti-number-correct/>", 1),
            ("<qti-number-incorrect/>", 1),
            ("<qti-number-selected/>", 3),
            ('<qti-sum><qti-outcome-maximum outcome-identifier="SCORE"/></qti-sum>', 6.0),
        ],
    )
    def test_questions_are_counted(self, expression: str, expected: float) -> None:
        test = a_test(put(expression), refs=ref("A") + ref("B") + ref("C"))
        answered = Answered(items=ITEMS, sessions={"A": Sat(2, "A"), "B": Sat(0, "B")})
        assert score(test, answered) == expected

    def test_time_spent_is_a_variable(self) -> None:
        test = a_test(put('<qti-variable identifier="S.duration"/>'), refs=ref("A"))
        spent = Answered(items=ITEMS, sessions={}, elapsed_seconds={"T": 90.0, "S": 42.0})
        assert score(test, spent) == 42.0

    def test_a_rule_the_engine_lacks_is_told_and_nothing_is_guessed(self) -> None:
        test = a_test(put('<qti-custom-operator class="theirs"/>'), refs=ref("A"))
        found = outcomes_of(test, plan(test, seed=0), sat(A=2))
        assert found.values["SCORE"] == 0.0
        assert found.missing
        assert found.missing[0] in missing_in_test(test)


HARD = """<qti-branch-rule target="C"><qti-lt><qti-variable identifier="A.SCORE"/>
    <qti-base-value base-type="float">1</qti-base-value></qti-lt></qti-branch-rule>"""
ENOUGH = """<qti-pre-condition><qti-gte><qti-variable identifier="SCORE"/>
    <qti-base-value base-type="float">2</qti-base-value></qti-gte></qti-pre-condition>"""


class TestConditions:
    @pytest.mark.parametrize(("points", "following"), [(0.0, "C"), (2.0, "B")])
    def test_a_branch_follows_the_answer(self, points: float, following: str) -> None:
        test = a_test(refs=ref("A", HARD) + ref("B") + ref("C"))
        planned = plan(test, seed=0)
        found = next_item(test, planned, holds=holds_in(test, planned, sat(A=points)), after="A")
        assert found is not None
        assert found.id == following

    @pytest.mark.parametrize(("points", "following"), [(1.0, "C"), (2.0, "B")])
    def test_a_condition_sees_what_the_test_has_made_of_the_answers(self, points: float, following: str) -> None:
        test = a_test(put(SUM.format(facts="")), refs=ref("A") + ref("B", ENOUGH) + ref("C"))
        planned = plan(test, seed=0)
        found = next_item(test, planned, holds=holds_in(test, planned, sat(A=points)), after="A")
        assert found is not None
        assert found.id == following

    def test_a_condition_the_engine_lacks_is_not_true(self) -> None:
        odd = '<qti-pre-condition><qti-custom-operator class="theirs"/></qti-pre-condition>'
        test = a_test(refs=ref("A", odd) + ref("B"))
        planned = plan(test, seed=0)
        found = next_item(test, planned, holds=holds_in(test, planned, sat()))
        assert found is not None
        assert found.id == "B"
        assert [one.element.split()[0] for one in missing_in_test(test)] == ["qti-custom-operator"]

    @pytest.mark.parametrize(
        ("scores", "following"),
        [({}, "A"), ({"A": 0.0}, "C"), ({"A": 2.0}, "B"), ({"A": 2.0, "B": 0.0}, "C"), ({"A": 0.0, "C": 0.0}, None)],
    )
    def test_going_on_passes_what_is_answered(self, scores: dict[str, float], following: str | None) -> None:
        test = a_test(refs=ref("A", HARD) + ref("B") + ref("C"))
        found = open_next(test, plan(test, seed=0), sat(**scores))
        assert (found.id if found else None) == following

    def test_one_question_gives_a_value_to_the_next(self) -> None:
        value = (
            '<qti-template-default template-identifier="N"><qti-variable identifier="A.SCORE"/></qti-template-default>'
        )
        test = a_test(refs=ref("A") + ref("B", value))
        planned = plan(test, seed=0)
        assert template_defaults(test, planned, planned[1], sat(A=2)) == {"N": 2.0}


class TestFeedback:
    FEEDBACK = (
        '<qti-test-feedback access="atEnd" outcome-identifier="PASS" identifier="yes" show-hide="show">'
        "<qti-content-body><p>Passed</p></qti-content-body></qti-test-feedback>"
        '<qti-test-feedback access="during" outcome-identifier="PASS" identifier="yes" show-hide="hide">'
        "<qti-content-body><p>Go on</p></qti-content-body></qti-test-feedback>"
    )

    @pytest.mark.parametrize(
        ("passed", "is_over", "told"),
        [("yes", True, ["Passed"]), ("yes", False, []), ("no", True, []), ("no", False, ["Go on"])],
    )
    def test_it_is_shown_when_its_outcome_says_so(self, passed: str, is_over: bool, told: list[str]) -> None:
        test = a_test(refs=ref("A"), feedback=self.FEEDBACK)
        assert [one.words for one in feedback_now(test, {"PASS": passed}, is_over=is_over)] == told


class TestWhatMayBeDone:
    def test_attempts_are_as_many_as_the_test_says(self) -> None:
        twice = '<qti-item-session-control max-attempts="2"/>'
        test = a_test(refs=ref("A", twice) + ref("B", twice.replace("2", "0")))
        first, second = plan(test, seed=0)
        assert [may_answer(test, first, attempts) for attempts in (0, 1, 2)] == [True, True, False]
        assert may_answer(test, second, 99)
        assert may_answer(test, first, 9, is_adaptive=True)

    @pytest.mark.parametrize(
        ("control", "facts", "may"),
        [
            (Control(), {"is_answered": False, "is_valid": False}, True),
            (Control(allow_skipping=False), {"is_answered": False, "is_valid": True}, False),
            (Control(validate_responses=True), {"is_answered": True, "is_valid": False}, False),
            (Control(validate_responses=True), {"is_answered": True, "is_valid": True}, True),
        ],
    )
    def test_a_question_is_left_as_the_test_says(self, control: Control, facts: dict[str, bool], may: bool) -> None:
        assert may_leave(control, **facts) is may
