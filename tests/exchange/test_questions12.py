"""Questions of QTI 1.2 said in QTI 3: asked in the right way, and marked by their own conditions."""

from __future__ import annotations

import pytest

from headway.core.items.document import Item, item_of, parse_item
from headway.core.items.markup import Node, write_document
from headway.core.items.session import begin, is_marked_by_person, key_response, mark, missing_in
from headway.exchange.shared.markup import parse_xml
from headway.exchange.shared.questions12 import PERSON_DECIDES, Question, document_of_test, parse_tests
from tests.exchange.real_data import QTI

ITEM = """<questestinterop><assessment ident="a" title="A"><section ident="s"><item ident="{ident}" title="T"><itemmetadata><qtimetadata>
<qtimetadatafield><fieldlabel>question_type</fieldlabel><fieldentry>{form}_question</fieldentry></qtimetadatafield></qtimetadata>
</itemmetadata><presentation>{presentation}</presentation><resprocessing><outcomes><decvar varname="SCORE" maxvalue="100"/></outcomes>
{conditions}</resprocessing>{more}</item></section></assessment></questestinterop>"""


def question(
    presentation: str, conditions: str = "", *, form: str = "any", more: str = "", ident: str = "q"
) -> Question:
    xml = ITEM.format(ident=ident, form=form, presentation=presentation, conditions=conditions, more=more)
    (test,) = parse_tests(parse_xml(xml.encode()))
    return test.questions[0]


def read(*given: str, **more: str) -> Item:
    found = question(*given, **more)
    assert found.root is not None, found.reason
    return parse_item(write_document(found.root))


def text(words: str) -> str:
    return f"<material><mattext>{words}</mattext></material>"


def labels(*texts: str) -> str:
    return "".join(
        f'<response_label ident="{number}">{text(words)}</response_label>'
        for number, words in enumerate(texts, start=1)
    )


def lid(ident: str, *texts: str, many: str = "Single", own: str = "") -> str:
    shown = text(own) if own else ""
    return f'<response_lid ident="{ident}" rcardinality="{many}">{shown}<render_choice>{labels(*texts)}</render_choice></response_lid>'


def when(test: str, points: float = 100, action: str = "Set", more: str = "", ends: str = "") -> str:
    said = f' continue="{ends}"' if ends else ""
    return f'<respcondition{said}><conditionvar>{test}</conditionvar><setvar action="{action}" varname="SCORE">{points}</setvar>{more}</respcondition>'


def equal(ident: str, value: str, more: str = "") -> str:
    return f'<varequal respident="{ident}"{more}>{value}</varequal>'


def kinds(item: Item) -> list[str]:
    return [one.kind for one in item.interactions]


def share(item: Item, **response: list[str]) -> float | None:
    return mark(item, response).score


def test_one_choice_is_marked_by_its_condition():
    item = read(text("How often?") + lid("r", "once", "twice"), when(equal("r", "2")))

    assert kinds(item) == ["choice"]
    assert (share(item, RESPONSE=["i1"]), share(item, RESPONSE=["i2"])) == (0, 1)


def test_several_choices_that_each_add_points_give_a_part_for_a_part():
    conditions = when(equal("r", "1"), 50, "Add") + when(equal("r", "2"), 50, "Add") + when(equal("r", "3"), -50, "Add")
    item = read(text("What pulls?") + lid("r", "moon", "sun", "cat", many="Multiple"), conditions)

    assert key_response(item) == {"RESPONSE": ["i1", "i2"]}
    assert [share(item, RESPONSE=one) for one in (["i1"], ["i1", "i2"], ["i1", "i2", "i3"])] == [0.5, 1, 0.5]


def test_all_or_nothing_needs_what_must_and_not_what_must_not():
    test = f"<and>{equal('r', '1')}{equal('r', '2')}<not>{equal('r', '3')}</not></and>"
    item = read(text("What pulls?") + lid("r", "moon", "sun", "cat", many="Multiple"), when(test))

    assert [share(item, RESPONSE=one) for one in (["i1"], ["i1", "i2"], ["i1", "i2", "i3"])] == [0, 1, 0]


def test_an_answer_that_is_worth_less_gets_less():
    item = read(text("Why?") + lid("r", "best", "good"), when(equal("r", "1"), 10) + when(equal("r", "2"), 5))

    assert (share(item, RESPONSE=["i1"]), share(item, RESPONSE=["i2"])) == (1, 0.5)


def test_the_first_condition_that_ends_it_decides():
    item = read(
        text("Why?") + lid("r", "a", "b"), when(equal("r", "1"), 100, ends="No") + when("<other/>", 0, ends="No")
    )

    assert (share(item, RESPONSE=["i1"]), share(item, RESPONSE=["i2"])) == (1, 0)


def test_words_are_forgiving_and_every_spelling_counts():
    asked = text("What pulls?") + '<response_str ident="r"><render_fib/></response_str>'
    item = read(asked, when(equal("r", "the Moon") + equal("r", "our moon")))

    assert kinds(item) == ["text-entry"]
    assert [share(item, RESPONSE=[one]) for one in ("The  moon.", "our moon", "the sun")] == [1, 1, 0]


def test_words_whose_case_counts_are_exact():
    asked = text("Which city?") + '<response_str ident="r"><render_fib/></response_str>'
    item = read(asked, when(equal("r", "York", ' case="Yes"')))

    assert [share(item, RESPONSE=[one]) for one in ("York", "york")] == [1, 0]


@pytest.mark.parametrize(
    ("typed", "points"), [("10", 1), ("9.5", 1), ("10,5", 1), ("21/2", 1), ("10.6", 0), ("9.4", 0)]
)
def test_a_number_within_its_range_is_right(typed, points):
    asked = text("How long?") + '<response_str ident="r"><render_fib fibtype="Decimal"/></response_str>'
    test = (
        f'<or>{equal("r", "10")}<and><vargte respident="r">9.5</vargte><varlte respident="r">10.5</varlte></and></or>'
    )

    assert share(read(asked, when(test)), RESPONSE=[typed]) == points


def test_drop_downs_that_share_their_choices_are_one_match():
    asked = text("Match.") + lid("m", "day", "night", own="sun") + lid("n", "day", "night", own="moon")
    item = read(asked, when(equal("m", "1"), 50, "Add") + when(equal("n", "2"), 50, "Add"), form="matching")

    assert kinds(item) == ["match"]
    assert key_response(item) == {"RESPONSE": ["m i1", "n i2"]}
    assert share(item, RESPONSE=["m i1", "n i1"]) == 0.5


def test_categories_that_take_many_are_sorted_into():
    asked = (
        text("Sort.")
        + lid("c", "ant", "oak", "bee", many="Multiple", own="Animal")
        + lid("d", "ant", "oak", "bee", many="Multiple", own="Plant")
    )
    conditions = when(equal("c", "1") + equal("c", "3"), 50, "Add") + when(equal("d", "2"), 50, "Add")
    item = read(asked, conditions, form="categorization")

    assert key_response(item) == {"RESPONSE": ["i1 c", "i3 c", "i2 d"]}
    assert [share(item, RESPONSE=one) for one in (["i1 c", "i3 c", "i2 d"], ["i1 c", "i2 d"])] == [1, 0.5]


def test_marks_in_the_text_become_gaps_in_their_places():
    asked = text("The [a] pulls the [b].") + lid("response_a", "moon", "cat") + lid("response_b", "water")
    item = read(asked, when(equal("response_a", "1"), 50, "Add") + when(equal("response_b", "1"), 50, "Add"))

    assert kinds(item) == ["inline-choice", "text-entry"]
    assert item.body.words == "The mooncat pulls the ."
    assert share(item, RESPONSE_1=["i1"], RESPONSE_2=["Water"]) == 1


def test_an_order_is_right_only_as_a_whole():
    asked = f'{text("Order.")}<response_lid ident="r" rcardinality="Ordered"><render_extension>{labels("noon", "dawn")}</render_extension></response_lid>'
    item = read(asked, when(equal("r", "2") + equal("r", "1")))

    assert kinds(item) == ["order"]
    assert [share(item, RESPONSE=one) for one in (["i2", "i1"], ["i1", "i2"])] == [1, 0]


def test_a_picture_is_pointed_at_within_its_areas():
    spot = '<response_label ident="1" rarea="rectangle">10,20,30,40</response_label>'
    asked = f'<response_xy ident="r" rcardinality="Single">{text("Where?")}<render_hotspot><material><matimage uri="map.png" width="100" height="80"/></material>{spot}</render_hotspot></response_xy>'
    item = read(asked, form="hot_spot")

    assert kinds(item) == ["select-point"]
    assert [share(item, RESPONSE=[one]) for one in ("20 30", "41 30", "20 61")] == [1, 0, 0]


@pytest.mark.parametrize(("form", "kind"), [("essay", "extended-text"), ("file_upload", "upload")])
def test_what_people_look_at_is_left_to_them(form, kind):
    item = read(text("Tell why."), form=form)

    assert kinds(item) == [kind]
    assert is_marked_by_person(item)


def test_a_question_without_a_key_is_left_to_a_person_and_told():
    found = question(text("How do you feel?") + lid("r", "well", "tired"))

    assert found.told == (PERSON_DECIDES,)
    assert found.root is not None
    assert is_marked_by_person(item_of(found.root))


def test_feedback_is_shown_by_its_condition():
    shown = '<displayfeedback linkrefid="f"/>'
    feedback = f'<itemfeedback ident="f">{text("Twice, each day.")}</itemfeedback>'
    item = read(text("How often?") + lid("r", "once", "twice"), when(equal("r", "2"), more=shown), more=feedback)

    assert mark(item, {"RESPONSE": ["i2"]}).feedback == "Twice, each day."
    assert mark(item, {"RESPONSE": ["i1"]}).feedback == ""


def test_a_passage_stands_above_the_question_that_belongs_to_it():
    xml = f"""<questestinterop><item ident="p" title="P"><itemmetadata><qtimetadata><qtimetadatafield><fieldlabel>question_type</fieldlabel>
    <fieldentry>text_only_question</fieldentry></qtimetadatafield></qtimetadata></itemmetadata><presentation>{text("The moon pulls.")}</presentation></item>
    <item ident="q" title="Q" parent_stimulus_item_ident="p"><presentation>{text("What pulls?") + lid("r", "moon", "cat")}</presentation></item></questestinterop>"""

    (test,) = parse_tests(parse_xml(xml.encode()))
    body = item_of(test.questions[1].root or Node("none")).body

    assert body.elements()[0] == Node("div", {"data-headway-stimulus": "p"}, (Node("p", {}, ("The moon pulls.",)),))


SETS = """<itemproc_extension><calculated><answer_tolerance>{tolerance}</answer_tolerance><vars><var name="x" scale="0"/></vars><var_sets>
<var_set><var name="x">3</var><answer>9</answer></var_set><var_set><var name="x">5</var><answer>25</answer></var_set></var_sets></calculated></itemproc_extension>"""
CALCULATED = text("What is [x] times [x]?") + '<response_str ident="r"><render_fib fibtype="Decimal"/></response_str>'


def test_numbers_that_change_are_drawn_and_their_answer_is_right():
    item = read(CALCULATED, when("<other/>"), form="calculated", more=SETS.format(tolerance="0"))

    drawn = {seed: begin(item, seed=seed) for seed in range(20)}
    assert {str(key_response(item, one)["RESPONSE"][0]) for one in drawn.values()} == {"9", "25"}
    for seed, session in drawn.items():
        assert mark(item, key_response(item, session), seed=seed).score == 1


@pytest.mark.parametrize(
    ("tolerance", "typed", "points"), [("1", "10", 1), ("1", "10.1", 0), ("10%", "9.9", 1), ("10%", "10", 0)]
)
def test_a_calculated_answer_has_its_tolerance(tolerance, typed, points):
    sets = SETS.format(tolerance=tolerance).replace('<var_set><var name="x">5</var><answer>25</answer></var_set>', "")
    item = read(CALCULATED, when("<other/>"), form="calculated", more=sets)

    assert share(item, RESPONSE=[typed]) == points


def test_a_test_that_asks_some_of_a_group_keeps_that():
    xml = f"""<questestinterop><assessment ident="a" title="A"><section ident="root"><section ident="g" title="Group"><selection_ordering>
    <selection><selection_number>1</selection_number></selection></selection_ordering>{
        "".join(
            f'<item ident="{name}" title="{name}"><presentation>{text(name)}{lid("r", "a", "b")}</presentation></item>'
            for name in "xy"
        )
    }</section><item ident="z" title="z"><presentation>{text("z")}{
        lid("r", "a", "b")
    }</presentation></item></section></assessment></questestinterop>"""
    (test,) = parse_tests(parse_xml(xml.encode()))

    document = document_of_test(test, "en")
    assert document is not None
    assert [one.get("identifier") for one in document.below("qti-assessment-item-ref")] == ["x", "y", "z"]
    assert [one.get("select") for one in document.below("qti-selection")] == ["1"]


def test_two_items_of_one_name_stay_two():
    xml = (
        "<questestinterop>"
        + f'<item ident="q" title="Q"><presentation>{text("Q") + lid("r", "a", "b")}</presentation></item>' * 2
        + "</questestinterop>"
    )
    (test,) = parse_tests(parse_xml(xml.encode()))

    assert [one.ident for one in test.questions] == ["q", "q-2"]


@pytest.mark.parametrize(
    "harm", ["<script>alert(1)</script>", "<img src='x' onerror='alert(1)'>", "<a href='javascript:alert(1)'>x</a>"]
)
def test_what_runs_does_not_come_in(harm):
    escaped = harm.replace("<", "&lt;")
    item = read(
        f'<material><mattext texttype="text/html">{escaped}How often?</mattext></material>'
        + lid("r", escaped + "once", "twice")
    )

    assert "alert" not in write_document(item.root)


# --- files of others -------------------------------------------------------------------------------------------------

WELL_FORMED = sorted(
    path
    for path in (QTI / "dev" / "instructure-items12").glob("*.xml")
    if path.stem
    not in (
        "fib", "fib_str", "item_no_title", "choice_vary_points_by_answer", "choice_vary_points_by_answer_zero_points",
        "bank_entry_item",
    )
)  # fmt: skip


@pytest.mark.parametrize("path", WELL_FORMED, ids=lambda path: path.stem)
def test_every_question_of_others_comes_in_and_marks_its_own_key_as_right(path):
    questions = [one for test in parse_tests(parse_xml(path.read_bytes())) for one in test.questions]

    assert questions
    for one in questions:
        assert one.root is not None, one.reason
        item = parse_item(write_document(one.root))
        assert not missing_in(item)
        assert not item.interactions or is_marked_by_person(item) or mark(item, key_response(item)).is_right
