"""A question as one student meets it: begun, answered, scored, kept."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.items.rules.values import Multiple
from headway.core.items.session import (
    ANSWER_ALL,
    ANSWER_FIRST,
    UNKNOWN_UNIT,
    WRITE_A_NUMBER,
    Session,
    answer,
    begin,
    guess_chance,
    is_marked_by_person,
    key_response,
    kind_word,
    mark,
    missing_in,
    prompt_of,
)
from tests.core import qti_items as qti

CHOICE = qti.item(
    qti.response("identifier", "B"), qti.SCORE, qti.MATCH, body=qti.choices("A", "B", "C", max_choices="1")
)
NUMBER = qti.item(qti.response("float", "2.5"), qti.SCORE, qti.MATCH, body=qti.text_entry(units="m:1 cm:0.01"))
WORDS_MAP = (
    '<qti-mapping default-value="0"><qti-map-entry map-key="Größe" mapped-value="1"/>'
    '<qti-map-entry map-key="Weite" mapped-value="0.5"/></qti-mapping>'
)


def test_a_right_choice_is_worth_all_and_a_wrong_one_nothing():
    assert mark(CHOICE, {"RESPONSE": ["B"]}).score == 1.0
    assert mark(CHOICE, {"RESPONSE": ["B"]}).is_right
    assert mark(CHOICE, {"RESPONSE": ["A"]}).score == 0.0


def test_an_empty_answer_is_no_attempt():
    begun = begin(CHOICE)
    after, marking = answer(CHOICE, begun, {"RESPONSE": []})
    assert after is begun
    assert marking.problem == ANSWER_FIRST
    assert not marking.is_complete


def test_an_answer_with_an_empty_place_asks_to_fill_it():
    item = qti.item(
        qti.response("identifier", "A"),
        qti.response("identifier", "B", name="SECOND"),
        qti.SCORE,
        qti.MATCH,
        body=qti.choices("A", "B") + qti.choices("A", "B", name="SECOND"),
    )
    marking = mark(item, {"RESPONSE": ["A"], "SECOND": []})
    assert marking.problem == ANSWER_ALL
    assert not marking.is_complete


def test_a_choice_of_two_at_least_is_not_complete_with_one():
    item = qti.item(
        qti.response("identifier", "A", "B", cardinality="multiple"),
        qti.SCORE,
        qti.MATCH,
        body=qti.choices("A", "B", "C", max_choices="0", min_choices="2"),
    )
    assert not mark(item, {"RESPONSE": ["A"]}).is_complete
    assert mark(item, {"RESPONSE": ["B", "A"]}).is_right


@pytest.mark.parametrize("typed", ["2.5", "2,5", "5/2", "2 1/2", "2½", "250 cm", " 2.50 m ", "2.5M", "+2.5"])
def test_a_number_is_read_as_students_type_it(typed):
    assert mark(NUMBER, {"RESPONSE": [typed]}).is_right


def test_what_is_no_number_costs_nothing():
    begun = begin(NUMBER)
    after, marking = answer(NUMBER, begun, {"RESPONSE": ["about two"]})
    assert after is begun
    assert marking.problem == WRITE_A_NUMBER


def test_a_number_with_an_unknown_unit_hears_which_unit():
    marking = mark(NUMBER, {"RESPONSE": ["2.5 kg"]})
    assert marking.problem == UNKNOWN_UNIT
    assert marking.problem_facts == {"unit": "m"}
    assert marking.is_complete
    assert marking.score == 0.0


@pytest.mark.parametrize(("key", "typed"), [("12", "12%"), ("0.12", "12%"), ("0.12", "0.12")])
def test_per_cent_answer_a_question_for_a_share_too(key, typed):
    item = qti.item(qti.response("float", key), qti.SCORE, qti.MATCH, body=qti.text_entry())
    assert mark(item, {"RESPONSE": [typed]}).is_right


def test_half_a_thing_is_a_wrong_whole_number():
    item = qti.item(qti.response("integer", "2"), qti.SCORE, qti.MATCH, body=qti.text_entry())
    assert mark(item, {"RESPONSE": ["4/2"]}).is_right
    assert mark(item, {"RESPONSE": ["2.5"]}).score == 0.0


@pytest.mark.parametrize("typed", ["Größe", "grosse", "  GRÖSSE. ", "größe!"])
def test_words_are_compared_without_case_end_marks_and_accents(typed):
    item = qti.item(
        qti.response("string", "Größe", more=WORDS_MAP), qti.SCORE, qti.MAP, body=qti.text_entry(compare="words")
    )
    assert mark(item, {"RESPONSE": [typed]}).is_right


def test_accents_count_where_the_question_says_so():
    item = qti.item(
        qti.response("string", "été"), qti.SCORE, qti.MATCH, body=qti.text_entry(compare="words", accents="true")
    )
    assert mark(item, {"RESPONSE": ["ete"]}).score == 0.0
    assert mark(item, {"RESPONSE": ["ÉTÉ"]}).is_right


def test_algebra_is_right_in_any_form():
    item = qti.item(qti.response("string", "2x+2"), qti.SCORE, qti.MATCH, body=qti.text_entry(compare="algebra"))
    assert mark(item, {"RESPONSE": ["2(x+1)"]}).is_right
    assert mark(item, {"RESPONSE": ["2x+1"]}).score == 0.0


def test_words_are_exact_where_nothing_is_said():
    item = qti.item(qti.response("string", "York"), qti.SCORE, qti.MATCH, body=qti.text_entry())
    assert mark(item, {"RESPONSE": ["York "]}).is_right
    assert mark(item, {"RESPONSE": ["york"]}).score == 0.0


def test_a_part_of_a_mapping_is_a_share():
    item = qti.item(
        qti.response("string", "Größe", more=WORDS_MAP), qti.SCORE, qti.MAP, body=qti.text_entry(compare="words")
    )
    marking = mark(item, {"RESPONSE": ["weite"]})
    assert (marking.raw, marking.maximum, marking.score) == (0.5, 1.0, 0.5)
    assert not marking.is_right


def test_the_maximum_is_what_the_best_answers_of_a_mapping_get_together():
    entries = "".join(f'<qti-map-entry map-key="{key}" mapped-value="1.5"/>' for key in "AB")
    item = qti.item(
        qti.response(
            "identifier", cardinality="multiple", more=f'<qti-mapping default-value="-1">{entries}</qti-mapping>'
        ),
        qti.SCORE,
        qti.MAP,
        body=qti.choices("A", "B", "C", max_choices="0"),
    )
    assert mark(item, {"RESPONSE": ["A", "B"]}).maximum == 3.0
    assert mark(item, {"RESPONSE": ["A", "B", "C"]}).score == pytest.approx(2 / 3)
    assert mark(item, {"RESPONSE": ["C"]}).score == 0.0


def test_feedback_is_that_of_the_outcome():
    feedback = "".join(
        f'<qti-modal-feedback outcome-identifier="FEEDBACK" identifier="{word}" show-hide="{show}"><qti-content-body>'
        f"<p>{said}</p></qti-content-body></qti-modal-feedback>"
        for word, show, said in (("yes", "show", "Well seen."), ("yes", "hide", "Look again."))
    )
    rules = (
        '<qti-outcome-declaration identifier="FEEDBACK" cardinality="single" base-type="identifier"/>'
        "<qti-response-processing><qti-response-condition><qti-response-if><qti-match>"
        '<qti-variable identifier="RESPONSE"/><qti-correct identifier="RESPONSE"/></qti-match>'
        '<qti-set-outcome-value identifier="SCORE"><qti-base-value base-type="float">1</qti-base-value>'
        '</qti-set-outcome-value><qti-set-outcome-value identifier="FEEDBACK">'
        '<qti-base-value base-type="identifier">yes</qti-base-value></qti-set-outcome-value>'
        "</qti-response-if></qti-response-condition></qti-response-processing>"
    )
    item = qti.item(qti.response("identifier", "B"), qti.SCORE, rules, feedback, body=qti.choices("A", "B"))
    assert mark(item, {"RESPONSE": ["B"]}).feedback == "Well seen."
    assert mark(item, {"RESPONSE": ["A"]}).feedback == "Look again."


def test_each_attempt_at_an_ordinary_question_begins_with_the_outcomes_as_declared():
    adding = (
        '<qti-response-processing><qti-set-outcome-value identifier="SCORE"><qti-sum><qti-variable identifier="SCORE"/>'
        '<qti-base-value base-type="float">1</qti-base-value></qti-sum></qti-set-outcome-value></qti-response-processing>'
    )
    for is_adaptive, points in ((False, [1.0, 1.0]), (True, [1.0, 2.0])):
        item = qti.item(
            qti.response("identifier", "A"), qti.SCORE, adding, body=qti.choices("A", "B"), adaptive=is_adaptive
        )
        first, one = answer(item, begin(item), {"RESPONSE": ["A"]})
        second, two = answer(item, first, {"RESPONSE": ["A"]}, seconds=4.0)
        assert [one.raw, two.raw] == points
        assert second.attempts == second.responses["numAttempts"] == 2
        assert second.seconds == second.responses["duration"] == 4.0


def test_an_adaptive_question_says_itself_when_it_is_finished():
    rules = (
        "<qti-response-processing><qti-response-condition><qti-response-if><qti-match>"
        '<qti-variable identifier="RESPONSE"/><qti-correct identifier="RESPONSE"/></qti-match>'
        '<qti-set-outcome-value identifier="SCORE"><qti-divide><qti-base-value base-type="float">1</qti-base-value>'
        '<qti-variable identifier="numAttempts"/></qti-divide></qti-set-outcome-value>'
        '<qti-set-outcome-value identifier="completionStatus"><qti-base-value base-type="identifier">completed'
        "</qti-base-value></qti-set-outcome-value></qti-response-if></qti-response-condition></qti-response-processing>"
    )
    item = qti.item(qti.response("identifier", "B"), qti.SCORE, rules, body=qti.choices("A", "B"), adaptive=True)
    once, _marking = answer(item, begin(item), {"RESPONSE": ["A"]})
    twice, right = answer(item, once, {"RESPONSE": ["B"]})
    after, again = answer(item, twice, {"RESPONSE": ["A"]})
    assert [begin(item).is_finished, once.is_finished, twice.is_finished] == [False, False, True]
    assert right.score == 0.5
    assert after is twice
    assert again.score == 0.5


TEMPLATE = qti.item(
    qti.response("integer"),
    qti.SCORE,
    '<qti-template-declaration identifier="A" cardinality="single" base-type="integer"/>'
    '<qti-template-declaration identifier="B" cardinality="single" base-type="integer"/>'
    '<qti-template-processing><qti-set-template-value identifier="A"><qti-random-integer min="1" max="9"/>'
    '</qti-set-template-value><qti-set-template-value identifier="B"><qti-random-integer min="1" max="9"/>'
    "</qti-set-template-value><qti-template-constraint><qti-not><qti-equal><qti-variable identifier='A'/>"
    "<qti-variable identifier='B'/></qti-equal></qti-not></qti-template-constraint>"
    '<qti-set-correct-response identifier="RESPONSE"><qti-product><qti-variable identifier="A"/>'
    '<qti-variable identifier="B"/></qti-product></qti-set-correct-response></qti-template-processing>',
    qti.MATCH,
    body='<p>How much is <qti-printed-variable identifier="A"/> × <qti-printed-variable identifier="B"/>?</p>'
    + qti.text_entry(),
)


@given(st.integers(0, 2**31))
def test_a_seed_makes_a_question_that_holds_its_constraint_and_knows_its_key(seed):
    begun = begin(TEMPLATE, seed=seed)
    one, other = begun.templates["A"], begun.templates["B"]
    assert one != other
    assert key_response(TEMPLATE, begun) == {"RESPONSE": [str(one * other)]}
    assert answer(TEMPLATE, begun, {"RESPONSE": [str(one * other)]})[1].is_right
    assert answer(TEMPLATE, begun, {"RESPONSE": [str(one * other + 1)]})[1].score == 0.0


def test_seeds_make_different_questions():
    assert len({begin(TEMPLATE, seed=seed).corrects["RESPONSE"] for seed in range(30)}) > 10


def test_a_test_may_give_a_template_its_first_value():
    item = qti.item(
        '<qti-template-declaration identifier="A" cardinality="single" base-type="integer"/>', body=qti.text_entry()
    )
    assert begin(item, templates={"A": 7}).templates["A"] == 7


LUCKY = qti.item(
    qti.response("identifier", "A", cardinality="multiple"),
    qti.SCORE,
    '<qti-outcome-declaration identifier="PICKED" cardinality="multiple" base-type="integer"/>'
    '<qti-response-processing><qti-set-outcome-value identifier="PICKED"><qti-multiple>'
    '<qti-variable identifier="PICKED"/><qti-random-integer min="1" max="1000"/></qti-multiple></qti-set-outcome-value>'
    "</qti-response-processing>",
    body=qti.choices("A", "B", max_choices="0"),
    adaptive=True,
)


@given(st.integers(0, 2**31), st.lists(st.lists(st.sampled_from("AB"), min_size=1, max_size=2), max_size=4))
def test_the_same_seed_and_answers_replay_exactly_also_after_json(seed, given_answers):
    straight = kept = begin(LUCKY, seed=seed)
    for one in given_answers:
        straight, _marking = answer(LUCKY, straight, {"RESPONSE": one}, seconds=1.5)
        kept = Session.from_json(LUCKY, json.loads(json.dumps(kept.to_json())))
        kept, _marking = answer(LUCKY, kept, {"RESPONSE": one}, seconds=1.5)
    assert kept == straight
    assert Session.from_json(LUCKY, json.loads(json.dumps(straight.to_json()))) == straight


def test_a_session_of_another_edition_of_the_question_is_still_read():
    assert Session.from_json(CHOICE, {"seed": 3, "responses": {"GONE": ["A"]}, "attempts": 2}).attempts == 2


@pytest.mark.parametrize(
    "item",
    [
        qti.item(qti.response("string"), qti.SCORE, body=qti.text_entry()),
        qti.item(qti.response("identifier"), qti.SCORE, qti.MATCH, body=qti.choices("A", "B")),
        qti.item(
            qti.response("identifier", "A"),
            qti.SCORE.replace("/>", ' external-scored="human"/>'),
            qti.MATCH,
            body=qti.choices("A", "B"),
        ),
        qti.item(
            qti.response("identifier", "A"),
            qti.response("string", name="WHY"),
            qti.SCORE,
            qti.MATCH,
            body=qti.choices("A", "B") + '<qti-extended-text-interaction response-identifier="WHY"/>',
        ),
        # The rules map what no mapping says: the key itself gets nothing.
        qti.item(qti.response("identifier", "A"), qti.SCORE, qti.MAP, body=qti.choices("A", "B")),
    ],
    ids=["no rules", "no key", "says so", "a text that no rule reads", "rules that give nothing"],
)
def test_a_person_marks_what_the_rules_cannot(item):
    assert is_marked_by_person(item)
    assert mark(item, {"RESPONSE": ["A"], "WHY": ["So."]}).score is None


def test_rules_that_are_not_known_give_no_score_and_are_named():
    rules = (
        '<qti-response-processing><qti-set-outcome-value identifier="SCORE">\n<qti-custom-operator class="x.Y"/>'
        "</qti-set-outcome-value></qti-response-processing>"
    )
    item = qti.item(qti.response("identifier", "A"), qti.SCORE, rules, body=qti.choices("A", "B"))
    (missing,) = missing_in(item)
    assert (missing.element, missing.line) == ("qti-custom-operator", 2)
    marking = mark(item, {"RESPONSE": ["A"]})
    assert marking.score is None
    assert marking.missing == (missing,)


def test_an_interaction_that_cannot_be_shown_is_named():
    item = qti.item(qti.response("identifier", "A"), body='<qti-hologram-interaction response-identifier="RESPONSE"/>')
    assert [one.element for one in missing_in(item)] == ["qti-hologram-interaction"]


def test_what_is_hidden_need_not_be_answered_and_keeps_its_value():
    hidden = (
        '<qti-feedback-block outcome-identifier="STORY" identifier="later" show-hide="show"><qti-content-body>'
        + qti.choices("A", "B", name="SECOND")
        + "</qti-content-body></qti-feedback-block>"
    )
    story = '<qti-outcome-declaration identifier="STORY" cardinality="single" base-type="identifier"/>'
    item = qti.item(
        qti.response("identifier", "A"),
        qti.response("identifier", "B", name="SECOND"),
        qti.SCORE,
        story,
        qti.MATCH,
        body=qti.choices("A", "B") + hidden,
    )
    marking = mark(item, {"RESPONSE": ["A"], "SECOND": []})
    assert marking.is_complete
    assert marking.problem == ""


def test_a_number_kept_in_a_record_has_its_parts():
    item = qti.item(qti.response("", cardinality="record"), qti.SCORE, qti.MATCH, body=qti.text_entry())
    after, _marking = answer(item, begin(item), {"RESPONSE": ["3.140"]})
    assert after.responses["RESPONSE"] == {
        "stringValue": "3.140",
        "floatValue": 3.14,
        "leftDigits": 1,
        "rightDigits": 3,
        "ndp": 3,
        "nsf": 4,
    }


@pytest.mark.parametrize(
    ("item", "word", "chance"),
    [
        (CHOICE, "one_choice", 1 / 3),
        (NUMBER, "number", 0.0),
        (LUCKY, "many_choices", 1 / 3),
        (qti.item(), "none", 0.0),
        (
            qti.item(
                qti.response("identifier", "A"),
                qti.response("identifier", "A", name="SECOND"),
                body=qti.choices("A", "B") + qti.choices("A", "B", "C", name="SECOND"),
            ),
            "composite",
            1 / 6,
        ),
    ],
)
def test_a_question_has_a_word_and_a_chance_to_guess_it(item, word, chance):
    assert kind_word(item) == word
    assert guess_chance(item) == pytest.approx(chance)


def test_the_prompt_is_what_is_asked_in_plain_words():
    assert prompt_of(TEMPLATE) == "How much is … × …? So: ___"
    assert len(prompt_of(qti.item(body="<p>" + "word " * 200 + "</p>"))) <= 300


@given(
    st.dictionaries(st.sampled_from(["RESPONSE", "OTHER"]), st.lists(st.text(), max_size=4), max_size=2),
    st.sampled_from([CHOICE, NUMBER, TEMPLATE, LUCKY]),
)
def test_nonsense_is_never_an_error(response, item):
    marking = mark(item, response)
    assert marking.score is None or 0.0 <= marking.score <= 1.0


def test_a_chosen_value_goes_into_the_session():
    after, _marking = answer(LUCKY, begin(LUCKY), {"RESPONSE": ["A", "B"]})
    assert after.responses["RESPONSE"] == Multiple(("A", "B"))
