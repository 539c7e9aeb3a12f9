"""A test is read whole, and one seed gives one order of questions, always the same."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.items.assessment import (
    MOST_ASKED,
    Control,
    Test,
    TestInvalid,
    TimeLimits,
    parse_test,
    references_in,
)
from headway.core.items.markup import Node
from headway.core.items.sitting import PlannedItem, next_item, order_for, plan, reachable, time_left

QTI = 'xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0"'


def a_test(
    inner: str, *, mode: str = 'navigation-mode="linear" submission-mode="individual"', around: str = ""
) -> Test:
    part = f'<qti-test-part identifier="P" {mode}>{inner}</qti-test-part>'
    return parse_test(f'<qti-assessment-test {QTI} identifier="T" title="A test">{part}{around}</qti-assessment-test>')


def section(inner: str, name: str = "S", facts: str = 'visible="true"') -> str:
    return f'<qti-assessment-section identifier="{name}" title="{name}" {facts}>{inner}</qti-assessment-section>'


def refs(names: str, facts: str = "") -> str:
    return "".join(f'<qti-assessment-item-ref identifier="{one}" href="{one}.xml" {facts}/>' for one in names)


def ids(planned: tuple[PlannedItem, ...]) -> list[str]:
    return [one.id for one in planned]


def word(node: Node) -> bool:
    """Stand for the engine: a condition is true where it says so."""
    return node.words == "true"


def says(truth: str) -> str:
    return f'<qti-base-value base-type="boolean">{truth}</qti-base-value>'


def walk(test: Test) -> list[str]:
    planned = plan(test, seed=0)
    one = next_item(test, planned, holds=word)
    way = []
    while one is not None:
        way.append(one.id)
        one = next_item(test, planned, holds=word, after=one.id)
    return way


class TestReading:
    def test_everything_a_reference_says_is_kept(self) -> None:
        test = a_test(
            section(
                '<qti-assessment-item-ref identifier="A" href="a.xml" category="easy fun" required="true" fixed="true">'
                '<qti-weight identifier="W" value="2.5"/>'
                '<qti-variable-mapping source-identifier="SCORE" target-identifier="TOTAL"/>'
                f'<qti-template-default template-identifier="N">{says("true")}</qti-template-default>'
                '<qti-time-limits min-time="5" max-time="60" allow-late-submission="true"/>'
                "</qti-assessment-item-ref>"
            )
        )
        (one,) = test.references
        assert (one.href, one.categories, one.is_required, one.is_fixed) == ("a.xml", ("easy", "fun"), True, True)
        assert (one.weights, one.mappings) == ({"W": 2.5}, {"SCORE": "TOTAL"})
        assert list(one.template_defaults) == ["N"]
        assert one.rules.limits == TimeLimits(least_seconds=5, most_seconds=60, may_be_late=True)

    def test_what_may_be_done_is_said_once_and_holds_below(self) -> None:
        test = a_test(
            '<qti-item-session-control max-attempts="3" show-feedback="true"/>'
            + section(
                '<qti-item-session-control allow-skipping="false"/>'
                '<qti-assessment-item-ref identifier="A" href="a.xml">'
                '<qti-item-session-control max-attempts="0"/></qti-assessment-item-ref>' + refs("B")
            )
        )
        assert [one.control for one in test.references] == [
            Control(attempts=0, show_feedback=True, allow_skipping=False),
            Control(attempts=3, show_feedback=True, allow_skipping=False),
        ]

    def test_what_is_not_known_is_a_line_of_the_report(self) -> None:
        test = a_test(section("<qti-adaptive-selection/>" + refs("A")))
        assert [(one.element, one.line) for one in test.missing] == [("qti-adaptive-selection", 1)]

    def test_a_section_in_another_file_is_taken_in(self) -> None:
        document = (
            f'<qti-assessment-test {QTI} identifier="T"><qti-test-part identifier="P">'
            '<qti-assessment-section-ref identifier="R" href="s.xml"/></qti-test-part></qti-assessment-test>'
        )
        elsewhere = f'<qti-assessment-section {QTI} identifier="S">{refs("AB")}</qti-assessment-section>'
        test = parse_test(document, sections={"s.xml": elsewhere})
        assert [one.identifier for one in test.references] == ["A", "B"]

    def test_a_section_that_holds_itself_ends(self) -> None:
        itself = (
            f'<qti-assessment-section {QTI} identifier="S">{refs("A")}'
            '<qti-assessment-section-ref href="s.xml"/></qti-assessment-section>'
        )
        document = (
            f'<qti-assessment-test {QTI} identifier="T"><qti-test-part identifier="P">'
            '<qti-assessment-section-ref href="s.xml"/></qti-test-part></qti-assessment-test>'
        )
        test = parse_test(document, sections={"s.xml": itself})
        assert [one.element for one in test.missing] == ["qti-assessment-section-ref"]

    @pytest.mark.parametrize(
        ("document", "told"),
        [
            ("<qti-assessment-item identifier='A'/>", "no test in QTI 3"),
            (f"<qti-assessment-test {QTI} identifier='T'/>", "no part that asks a question"),
            ("<qti-assessment-test>", "not well-formed"),
        ],
        ids=["a question", "nothing asked", "cut off"],
    )
    def test_what_is_no_test_is_refused_with_a_sentence(self, document: str, told: str) -> None:
        with pytest.raises(TestInvalid, match=told):
            parse_test(document)

    @pytest.mark.parametrize(
        ("inner", "told"),
        [
            (section('<qti-selection select="many"/>' + refs("A")), "“many” should be a whole number"),
            (section('<qti-time-limits max-time="-5"/>' + refs("A")), "“-5” should be a number of seconds"),
            (section(refs("AA")), "“A” stands for two things"),
            (
                section('<qti-selection select="999999999" with-replacement="true"/>' + refs("A")),
                f"asks at most {MOST_ASKED}",
            ),
        ],
        ids=["a count", "a time", "a name twice", "a billion questions"],
    )
    def test_what_cannot_be_is_refused_with_its_place(self, inner: str, told: str) -> None:
        with pytest.raises(TestInvalid, match=re.escape(told)):
            a_test(inner)


def drawn(select: int, count: int, *, required: str = "", more: str = "") -> str:
    names = "ABCDEFGHIJ"[:count]
    children = "".join(refs(one, 'required="true"' if one in required else "") for one in names)
    return section(f'<qti-selection select="{select}" {more}/>{children}')


seeds = st.integers(0, 2**63)


class TestChoosing:
    @given(seed=seeds, select=st.integers(0, 10), required=st.sets(st.sampled_from("ABCDEFGHIJ")))
    def test_a_selection_has_its_number_and_all_that_is_required(
        self, seed: int, select: int, required: set[str]
    ) -> None:
        test = a_test(drawn(select, 10, required="".join(required)))
        chosen = ids(plan(test, seed=seed))
        assert len(chosen) == max(select, len(required))
        assert required <= set(chosen)
        assert chosen == sorted(chosen)

    @given(seed=seeds, select=st.integers(1, 30))
    def test_what_is_drawn_twice_has_a_session_of_its_own(self, seed: int, select: int) -> None:
        planned = plan(a_test(drawn(select, 3, required="B", more='with-replacement="true"')), seed=seed)
        assert len(planned) == select
        assert len(set(ids(planned))) == select
        assert "B" in {one.reference.identifier for one in planned}

    @given(seed=seeds)
    def test_the_same_seed_gives_the_same_sitting(self, seed: int) -> None:
        inner = '<qti-ordering shuffle="true"/>' + drawn(3, 8, more='with-replacement="true"').replace('"S"', '"R"')
        assert ids(plan(a_test(section(inner)), seed=seed)) == ids(plan(a_test(section(inner)), seed=seed))

    def test_every_question_is_drawn_as_often_as_any_other(self) -> None:
        test = a_test(drawn(3, 10))
        counts = Counter(name for seed in range(2_000) for name in ids(plan(test, seed=seed)))
        # 2,000 draws of 3 in 10: 600 each; four standard deviations are 82.
        assert set(counts) == set("ABCDEFGHIJ")
        assert all(abs(count - 600) < 82 for count in counts.values())


class TestOrdering:
    @given(seed=seeds)
    def test_what_is_fixed_keeps_its_place(self, seed: int) -> None:
        inner = '<qti-ordering shuffle="true"/>' + refs("AB") + refs("C", 'fixed="true"') + refs("DE")
        order = ids(plan(a_test(section(inner)), seed=seed))
        assert sorted(order) == list("ABCDE")
        assert order[2] == "C"

    def test_every_order_comes(self) -> None:
        test = a_test(section('<qti-ordering shuffle="true"/>' + refs("ABC")))
        assert len({tuple(order_for(test, seed=seed)) for seed in range(100)}) == 6

    @given(seed=seeds)
    def test_a_section_that_is_kept_together_moves_as_one(self, seed: int) -> None:
        inner = '<qti-ordering shuffle="true"/>' + refs("AB") + section(refs("xyz"), "R", 'visible="false"')
        assert "xyz" in "".join(ids(plan(a_test(section(inner)), seed=seed)))

    def test_a_section_that_is_not_kept_together_mixes(self) -> None:
        inner = (
            '<qti-ordering shuffle="true"/>'
            + refs("AB")
            + section(refs("xyz"), "R", 'visible="false" keep-together="false"')
        )
        test = a_test(section(inner))
        orders = ["".join(ids(plan(test, seed=seed))) for seed in range(50)]
        assert not all("xyz" in order for order in orders)
        assert {one.sections for one in plan(test, seed=0) if one.id == "x"} == {("S", "R")}


def item(name: str, inner: str) -> str:
    return f'<qti-assessment-item-ref identifier="{name}" href="{name}.xml">{inner}</qti-assessment-item-ref>'


def branch(target: str, truth: str = "true") -> str:
    return f'<qti-branch-rule target="{target}">{says(truth)}</qti-branch-rule>'


def unless(truth: str) -> str:
    return f"<qti-pre-condition>{says(truth)}</qti-pre-condition>"


class TestGoingOn:
    @pytest.mark.parametrize(
        ("inner", "way"),
        [
            (section(refs("ABC")), "ABC"),
            (section(item("A", branch("C")) + refs("BCD")), "ACD"),
            (section(item("A", branch("C", "false")) + refs("BC")), "ABC"),
            (section(refs("A") + item("B", branch("A")) + refs("C")), "ABC"),
            (section(item("A", branch("nowhere")) + refs("B")), "AB"),
            (section(item("A", branch("EXIT_TEST")) + refs("B")), "A"),
            (section(item("A", branch("EXIT_TESTPART")) + refs("B")), "A"),
            (section(item("A", branch("EXIT_SECTION")) + refs("B")) + section(refs("C"), "R"), "AC"),
            (section(item("A", branch("R")) + refs("B")) + section(refs("CD"), "R"), "ACD"),
            (section(item("A", branch("B", "false") + branch("C")) + refs("BC")), "AC"),
            (section(refs("A") + item("B", unless("false")) + refs("C")), "AC"),
            (section(refs("A") + section(unless("false") + refs("xy"), "R") + refs("C")), "AC"),
            (section(branch("Q") + refs("A")) + section(refs("B"), "R") + section(refs("C"), "Q"), "AC"),
            (section(unless("false") + branch("EXIT_TEST") + refs("A")) + section(refs("B"), "R"), "B"),
            (
                section(branch("Q") + refs("A") + item("B", unless("false")))
                + section(refs("C"), "R")
                + section(refs("D"), "Q"),
                "AD",
            ),
            (section(section(branch("EXIT_SECTION") + refs("A"), "R") + refs("B")) + section(refs("C"), "Q"), "AC"),
        ],
        ids=[
            "one after the other",
            "forward to a question",
            "not when it is not true",
            "never back",
            "never to nothing",
            "out of the test",
            "out of the part",
            "out of the section",
            "to a section",
            "by the first that is true",
            "past a question that is not asked",
            "past a section that is not asked",
            "by the rule of a section that ends",
            "not by the rule of one that was not asked",
            "by the rule of a section whose end is not asked",
            "out of the section around",
        ],
    )
    def test_the_way_through_a_linear_part(self, inner: str, way: str) -> None:
        assert "".join(walk(a_test(inner))) == way

    def test_where_moving_is_free_only_the_parts_rules_count(self) -> None:
        test = a_test(
            section(item("A", branch("EXIT_TEST")) + item("B", unless("false"))),
            mode='navigation-mode="nonlinear" submission-mode="individual"',
        )
        assert walk(test) == ["A", "B"]

    def test_a_part_whose_condition_fails_is_left_out(self) -> None:
        second = f'<qti-test-part identifier="Q">{unless("false")}{section(refs("B"), "R")}</qti-test-part>'
        third = f'<qti-test-part identifier="U">{section(refs("C"), "V")}</qti-test-part>'
        assert walk(a_test(section(refs("A")), around=second + third)) == ["A", "C"]

    def test_a_part_may_lead_past_another(self) -> None:
        second = f'<qti-test-part identifier="Q">{section(refs("B"), "R")}</qti-test-part>'
        third = f'<qti-test-part identifier="U">{section(refs("C"), "V")}</qti-test-part>'
        assert walk(a_test(branch("U") + section(refs("A")), around=second + third)) == ["A", "C"]

    def test_free_moving_opens_the_part_and_a_line_opens_one(self) -> None:
        free = a_test(section(refs("AB")), mode='navigation-mode="nonlinear"')
        line = a_test(section(refs("AB")))
        assert ids(reachable(free, plan(free, seed=0), now="A")) == ["A", "B"]
        assert ids(reachable(line, plan(line, seed=0), now="A")) == ["A"]

    @given(data=st.data())
    def test_every_test_ends(self, data: st.DataObject) -> None:
        targets = st.sampled_from(["A", "B", "C", "D", "S", "R", "EXIT_SECTION", "EXIT_TESTPART", "EXIT_TEST"])
        rules = [branch(data.draw(targets), data.draw(st.sampled_from(["true", "false"]))) for _ in range(5)]
        first = section(rules[4] + item("A", rules[0]) + item("B", rules[1]))
        way = walk(a_test(first + section(item("C", rules[2]) + item("D", rules[3]), "R")))
        assert way == sorted(set(way))


class TestTime:
    LIMITED = section(
        '<qti-time-limits max-time="100" allow-late-submission="true"/>'
        + item("A", '<qti-time-limits min-time="10" max-time="40"/>')
        + refs("B")
    )

    def test_what_ends_first_counts(self) -> None:
        test = a_test(self.LIMITED)
        first, second = plan(test, seed=0)
        at_first = time_left(test, first, {"S": 30, "A": 4})
        assert (at_first.seconds, at_first.where, at_first.may_be_late, at_first.wait_seconds) == (36, "A", False, 6)
        at_second = time_left(test, second, {"S": 130})
        assert (at_second.seconds, at_second.where, at_second.may_be_late) == (0, "S", True)

    def test_without_limits_there_is_no_hurry(self) -> None:
        test = a_test(section(refs("A")))
        assert time_left(test, plan(test, seed=0)[0], {"T": 9_999}).seconds is None


def test_references_come_in_the_documents_order() -> None:
    test = a_test(section(refs("A") + section(refs("B"), "R") + refs("C")))
    assert [one.identifier for one in references_in(test.parts[0].sections[0])] == ["A", "B", "C"]
