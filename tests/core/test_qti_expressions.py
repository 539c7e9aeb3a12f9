"""Expressions of QTI 3, one by one, as its information model says."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.items.rules.arithmetic import MATHEMATICS, OPERATORS, round_half_up, round_to
from headway.core.items.rules.expressions import EXPRESSIONS, expression
from headway.core.items.rules.runs import Lacking
from headway.core.items.rules.values import DirectedPair, Multiple, Ordered, Pair, Point
from tests.core import qti_items as qti


def integer(*numbers):
    return "".join(f'<qti-base-value base-type="integer">{one}</qti-base-value>' for one in numbers)


def floating(*numbers):
    return "".join(f'<qti-base-value base-type="float">{one}</qti-base-value>' for one in numbers)


def name(*names):
    return "".join(f'<qti-base-value base-type="identifier">{one}</qti-base-value>' for one in names)


def text(*texts):
    return "".join(f'<qti-base-value base-type="string">{one}</qti-base-value>' for one in texts)


def many(*names):
    return f"<qti-multiple>{name(*names)}</qti-multiple>"


def row(*names):
    return f"<qti-ordered>{name(*names)}</qti-ordered>"


TRUE = '<qti-base-value base-type="boolean">true</qti-base-value>'
FALSE = '<qti-base-value base-type="boolean">false</qti-base-value>'
NULL = "<qti-null/>"


def value(xml, values=None, *, of=None, seed=1):
    missing = []
    made = expression(qti.rule(xml), missing)
    assert missing == []
    return made(qti.run(values, of=of, seed=seed))


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (f"<qti-and>{TRUE}{TRUE}</qti-and>", True),
        (f"<qti-and>{TRUE}{NULL}</qti-and>", None),
        (f"<qti-and>{NULL}{FALSE}</qti-and>", False),
        (f"<qti-or>{FALSE}{FALSE}</qti-or>", False),
        (f"<qti-or>{FALSE}{NULL}</qti-or>", None),
        (f"<qti-or>{NULL}{TRUE}</qti-or>", True),
        (f"<qti-not>{TRUE}</qti-not>", False),
        (f"<qti-not>{NULL}</qti-not>", None),
        (f'<qti-any-n min="1" max="1">{TRUE}{FALSE}</qti-any-n>', True),
        (f'<qti-any-n min="1" max="1">{TRUE}{TRUE}{NULL}</qti-any-n>', False),
        (f'<qti-any-n min="2" max="3">{TRUE}{NULL}{FALSE}</qti-any-n>', None),
        (f'<qti-any-n min="2" max="3">{NULL}{FALSE}{FALSE}</qti-any-n>', False),
        (f"<qti-is-null>{NULL}</qti-is-null>", True),
        ("<qti-is-null><qti-multiple/></qti-is-null>", True),
        (f"<qti-is-null>{text('')}</qti-is-null>", True),
        (f"<qti-is-null>{integer(0)}</qti-is-null>", False),
    ],
)
def test_truth_and_null(xml, expected):
    assert value(xml) is expected


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (f"<qti-match>{many('A', 'B')}{many('B', 'A')}</qti-match>", True),
        (f"<qti-match>{row('A', 'B')}{row('B', 'A')}</qti-match>", False),
        (f"<qti-match>{many('A')}{row('A')}</qti-match>", False),
        (f"<qti-match>{name('A')}{NULL}</qti-match>", None),
        (f"<qti-member>{name('A')}{many('A', 'B')}</qti-member>", True),
        (f"<qti-member>{name('C')}{many('A', 'B')}</qti-member>", False),
        (f"<qti-member>{NULL}{many('A')}</qti-member>", None),
        (f"<qti-contains>{many('A', 'B', 'C')}{many('C', 'A')}</qti-contains>", True),
        (f"<qti-contains>{many('A', 'B', 'C')}{many('B', 'B')}</qti-contains>", False),
        (f"<qti-contains>{row('A', 'B', 'C')}{row('B', 'C')}</qti-contains>", True),
        (f"<qti-contains>{row('A', 'B', 'C')}{row('C', 'A')}</qti-contains>", False),
        (f"<qti-contains>{row('A', 'B', 'C')}{row('A', 'C')}</qti-contains>", False),
        (f"<qti-delete>{name('B')}{row('A', 'B', 'B')}</qti-delete>", Ordered("A")),
        (f"<qti-delete>{name('A')}{many('A')}</qti-delete>", None),
        (f"<qti-container-size>{many('A', 'A')}</qti-container-size>", 2),
        (f"<qti-container-size>{NULL}</qti-container-size>", 0),
        (f'<qti-index n="2">{row("A", "B")}</qti-index>', "B"),
        (f'<qti-index n="3">{row("A", "B")}</qti-index>', None),
        (f"<qti-multiple>{name('A')}{NULL}{many('B')}</qti-multiple>", Multiple("AB")),
        (f'<qti-repeat number-repeats="2">{name("A")}{NULL}</qti-repeat>', Ordered("AA")),
        (f'<qti-repeat number-repeats="0">{name("A")}</qti-repeat>', None),
    ],
)
def test_containers(xml, expected):
    found = value(xml)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (f"<qti-sum>{integer(1, 2)}</qti-sum>", 3),
        (f"<qti-sum>{integer(1)}{floating(0.5)}</qti-sum>", 1.5),
        (f"<qti-sum>{integer(1)}{NULL}</qti-sum>", None),
        (f"<qti-sum>{integer(1)}{text('x')}</qti-sum>", None),
        (f"<qti-sum><qti-multiple>{integer(1, 2)}</qti-multiple>{integer(3)}</qti-sum>", 6),
        (f"<qti-product>{integer(2, 3, 4)}</qti-product>", 24),
        (f"<qti-subtract>{integer(2, 5)}</qti-subtract>", -3),
        (f"<qti-divide>{integer(1, 4)}</qti-divide>", 0.25),
        (f"<qti-divide>{integer(1, 0)}</qti-divide>", None),
        (f"<qti-power>{integer(2, 10)}</qti-power>", 1024.0),
        (f"<qti-power>{integer(-1)}{floating(0.5)}</qti-power>", None),
        (f"<qti-integer-divide>{integer(-7, 2)}</qti-integer-divide>", -4),
        (f"<qti-integer-modulus>{integer(-7, 2)}</qti-integer-modulus>", 1),
        (f"<qti-integer-divide>{integer(7, 0)}</qti-integer-divide>", None),
        (f"<qti-truncate>{floating(-6.8)}</qti-truncate>", -6),
        (f"<qti-round>{floating(6.5)}</qti-round>", 7),
        (f"<qti-round>{floating(-6.5)}</qti-round>", -6),
        (f"<qti-min>{integer(3, 1, 2)}</qti-min>", 1),
        (f"<qti-max>{integer(3)}{floating(3.5)}</qti-max>", 3.5),
        (f"<qti-max>{integer(3)}{NULL}</qti-max>", None),
        (f"<qti-gcd>{integer(12, 18, 0)}</qti-gcd>", 6),
        (f"<qti-lcm>{integer(4, 6)}</qti-lcm>", 12),
        (f"<qti-lcm>{integer(4, 0)}</qti-lcm>", 0),
        (f'<qti-math-operator name="atan2">{integer(1, 1)}</qti-math-operator>', math.pi / 4),
        (f'<qti-math-operator name="sec">{integer(0)}</qti-math-operator>', 1.0),
        (f'<qti-math-operator name="acot">{integer(1)}</qti-math-operator>', math.pi / 4),
        (f'<qti-math-operator name="ln">{integer(-1)}</qti-math-operator>', None),
        (f'<qti-math-operator name="log">{integer(0)}</qti-math-operator>', -math.inf),
        (f'<qti-math-operator name="ceil">{floating(-1.5)}</qti-math-operator>', -1),
        (
            f'<qti-stats-operator name="sampleSD"><qti-multiple>{integer(1, 2, 3)}</qti-multiple></qti-stats-operator>',
            1,
        ),
        (
            f'<qti-stats-operator name="sampleVariance"><qti-multiple>{integer(1)}</qti-multiple></qti-stats-operator>',
            None,
        ),
        (
            f'<qti-stats-operator name="popVariance"><qti-multiple>{integer(1, 3)}</qti-multiple></qti-stats-operator>',
            1,
        ),
        ('<qti-math-constant name="e"/>', math.e),
    ],
)
def test_numbers(xml, expected):
    found = value(xml)
    assert found is None if expected is None else found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("number", "mode", "figures", "expected"),
    [
        (1239451, "significantFigures", 3, 1240000),
        (0.0000123456, "significantFigures", 3, 0.0000123),
        (2.675, "decimalPlaces", 2, 2.68),
        (-2.675, "decimalPlaces", 2, -2.68),
        (1.5, "significantFigures", 0, None),
        (math.nan, "decimalPlaces", 2, None),
        (math.inf, "decimalPlaces", 2, math.inf),
    ],
)
def test_a_number_is_rounded_to_figures(number, mode, figures, expected):
    assert round_to(number, mode, figures) == expected


@given(st.floats(-1e12, 1e12))
def test_rounding_is_never_further_than_a_half(number):
    assert abs(round_half_up(number) - number) <= 0.5


@pytest.mark.parametrize(
    ("attributes", "one", "other", "expected"),
    [
        ('tolerance-mode="exact"', 0.30000000000000004, 0.3, True),
        ('tolerance-mode="absolute" tolerance="0.1"', 1, 1.1, True),
        ('tolerance-mode="absolute" tolerance="0.1" include-upper-bound="false"', 1, 1.1, False),
        ('tolerance-mode="absolute" tolerance="0.1 0.5"', 1, 1.4, True),
        ('tolerance-mode="absolute" tolerance="0.1 0.5"', 1, 0.8, False),
        ('tolerance-mode="relative" tolerance="10"', 200, 219, True),
        ('tolerance-mode="relative" tolerance="10"', 200, 221, False),
        ('tolerance-mode="relative" tolerance="10"', -200, -190, True),
    ],
)
def test_numbers_are_equal_within_a_tolerance(attributes, one, other, expected):
    assert value(f"<qti-equal {attributes}>{floating(one, other)}</qti-equal>") is expected


def test_a_tolerance_may_be_a_variable():
    xml = f'<qti-equal tolerance-mode="absolute" tolerance="{{T}}">{floating(1, 2)}</qti-equal>'
    assert value(xml, {"T": 1.0}) is True
    assert value(xml, {"T": 0.5}) is False


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (f'<qti-string-match case-sensitive="false">{text("Ab", "aB")}</qti-string-match>', True),
        (f'<qti-string-match case-sensitive="true">{text("Ab", "ab")}</qti-string-match>', False),
        (f'<qti-string-match case-sensitive="true" substring="true">{text("abc", "b")}</qti-string-match>', True),
        (f'<qti-substring case-sensitive="true">{text("b", "abc")}</qti-substring>', True),
        (f'<qti-substring case-sensitive="true">{text("abc", "b")}</qti-substring>', False),
        (f'<qti-pattern-match pattern="[0-9]+">{text("12")}</qti-pattern-match>', True),
        (f'<qti-pattern-match pattern="[0-9]+">{NULL}</qti-pattern-match>', None),
        (
            f'<qti-equal-rounded rounding-mode="decimalPlaces" figures="1">{floating(1.23, 1.17)}</qti-equal-rounded>',
            True,
        ),
        (f"<qti-lt>{integer(1, 2)}</qti-lt>", True),
        (f"<qti-gte>{integer(1)}{NULL}</qti-gte>", None),
        (f"<qti-lt>{text('a', 'b')}</qti-lt>", None),
    ],
)
def test_comparisons(xml, expected):
    assert value(xml) is expected


def test_a_point_of_several_lies_inside():
    xml = '<qti-inside shape="circle" coords="10,10,5"><qti-variable identifier="P"/></qti-inside>'
    assert value(xml, {"P": Multiple((Point(90.0, 90.0), Point(12.0, 10.0)))}) is True
    assert value(xml, {"P": Point(90.0, 90.0)}) is False
    assert value(xml, {"P": None}) is None


@given(st.integers(0, 2**32), st.integers(-50, 50), st.integers(0, 100), st.integers(1, 7))
def test_a_random_integer_is_one_of_its_steps(seed, least, width, step):
    xml = f'<qti-random-integer min="{least}" max="{least + width}" step="{step}"/>'
    found = value(xml, seed=seed)
    assert least <= found <= least + width
    assert (found - least) % step == 0


@given(st.sampled_from(sorted(set(OPERATORS) - {"qti-mod"})))
def test_every_operator_on_numbers_is_null_where_an_operand_is(operator):
    assert value(f"<{operator}>{integer(1)}{NULL}</{operator}>") is None


@given(
    st.sampled_from(sorted(OPERATORS)) | st.sampled_from(sorted(MATHEMATICS)),
    st.lists(st.one_of(st.integers(), st.floats()), min_size=1, max_size=3),
)
def test_no_operator_fails_on_any_number(operator, numbers):
    table = OPERATORS if operator in OPERATORS else MATHEMATICS
    found = table[operator](numbers)
    assert found is None or isinstance(found, int | float)


def test_numbers_of_strangers_are_given_up_before_they_cost_time():
    huge = "9" * 300
    assert value(f"<qti-power>{integer(huge, huge)}</qti-power>") is None
    assert value(f"<qti-product>{integer(*[huge] * 50)}</qti-product>") is None
    with pytest.raises(Lacking):
        value(f'<qti-repeat number-repeats="999999999">{integer(1)}</qti-repeat>')
    inner = f'<qti-repeat number-repeats="9000">{integer(1)}</qti-repeat>'
    with pytest.raises(Lacking):
        value(f'<qti-repeat number-repeats="9000">{inner}</qti-repeat>')


@pytest.mark.parametrize(
    "xml",
    [
        '<qti-custom-operator class="org.example.Magic"/>',
        "<qti-not/>",
        f'<qti-math-operator name="zeta">{integer(1)}</qti-math-operator>',
        f'<qti-pattern-match pattern="(">{text("a")}</qti-pattern-match>',
        '<qti-math-constant name="tau"/>',
    ],
)
def test_what_is_not_known_is_told_beforehand_and_stops_the_run(xml):
    missing = []
    made = expression(qti.rule(xml), missing)
    assert len(missing) == 1
    with pytest.raises(Lacking):
        made(qti.run())


MAPPING = (
    '<qti-mapping default-value="-1" lower-bound="-2" upper-bound="3">'
    '<qti-map-entry map-key="Cat" mapped-value="2" case-sensitive="false"/>'
    '<qti-map-entry map-key="Dog" mapped-value="1"/></qti-mapping>'
)


@pytest.mark.parametrize(
    ("given_values", "worth"),
    [
        (None, -1),
        (Multiple(("cat",)), 2),
        (Multiple(("dog",)), -1),
        (Multiple(("Cat", "Dog", "Cow")), 2),
        (Multiple(("Cow", "Hen", "Pig")), -2),
        # A word that is written twice is worth its points once.
        (Multiple(("Dog", "Dog", "Dog")), 1),
    ],
)
def test_a_mapping_is_summed_within_its_bounds(given_values, worth):
    of = qti.item(qti.response("string", cardinality="multiple", more=MAPPING))
    assert value('<qti-map-response identifier="RESPONSE"/>', {"RESPONSE": given_values}, of=of) == worth


def test_a_mapping_of_pairs_takes_them_in_any_order_unless_they_are_directed():
    entry = '<qti-mapping><qti-map-entry map-key="A B" mapped-value="1"/></qti-mapping>'
    loose = qti.item(qti.response("pair", more=entry))
    directed = qti.item(qti.response("directedPair", more=entry))
    xml = '<qti-map-response identifier="RESPONSE"/>'
    assert value(xml, {"RESPONSE": Pair("A", "B")}, of=loose) == 1
    assert value(xml, {"RESPONSE": DirectedPair("B", "A")}, of=directed) == 0


def test_an_area_is_worth_its_points_once():
    areas = (
        '<qti-area-mapping default-value="-0.5"><qti-area-map-entry shape="circle" coords="10,10,5" mapped-value="2"/>'
        '<qti-area-map-entry shape="rect" coords="50,50,60,60" mapped-value="1"/></qti-area-mapping>'
    )
    of = qti.item(qti.response("point", cardinality="multiple", more=areas))
    points = Multiple((Point(10.0, 10.0), Point(11.0, 10.0), Point(55.0, 55.0), Point(99.0, 0.0)))
    assert value('<qti-map-response-point identifier="RESPONSE"/>', {"RESPONSE": points}, of=of) == 2.5


def test_every_element_has_a_name_of_qti_3():
    assert all(one.startswith("qti-") and one == one.lower() for one in EXPRESSIONS)
