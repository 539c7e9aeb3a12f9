"""The nine everyday kinds are written as QTI 3 and read back without losing a word."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.items.document import ItemInvalid, parse_item
from headway.core.items.markup import Node
from headway.core.items.plain import KINDS, hints_of, normal_form, read_plain, worked_example_of, write_plain
from headway.core.items.session import guess_chance, is_marked_by_person, key_response, kind_word, mark, prompt_of


def raw(kind: str, **facts: Any) -> dict[str, Any]:
    return {"id": "q1", "kind": kind, "prompt": "What?", "right": "Yes.", "wrong": "Look again.", **facts}


SHIP = raw(
    "one_choice",
    choices=[
        {"id": "A", "text": "ship", "right": True},
        {"id": "B", "text": "boot", "feedback": "A boot is worn."},
        {"id": "C", "text": "shop"},
    ],
)
PRIMES = raw(
    "many_choices",
    choices=[{"text": "2", "right": True}, {"text": "3", "right": True}, {"text": "4", "feedback": "2 times 2."}],
)
LENGTH = raw(
    "number",
    answer=12.5,
    tolerance=0.05,
    unit="square meters",
    units={"square centimeters": 0.0001},
    foreseen=[{"text": "10", "feedback": "That is one side."}],
)
WORD = raw("short_text", accepted=["because", "since"], foreseen=[{"text": "but", "feedback": "That turns around."}])
DAY = raw("order", parts=["wake", "eat", "sail", "sleep"])
TIDES = raw("match", pairs=[{"left": "ebb", "right": "falls"}, {"left": "flood", "right": "rises"}], extra=["waits"])
RIVER = raw(
    "cloze",
    text="The [[1]] runs\nto the [[2]].",
    gaps={"1": {"accepted": ["river", "stream"]}, "2": {"choices": ["sea", "hill"], "right": "sea"}},
)
LINES = raw("hot_text", pieces=[{"text": "One.", "right": True}, {"text": "Two.", "feedback": "Not this one."}])
WHY = raw("long_answer", lines=6, rubric=["Says why", "Gives a proof"], sample="Because\n\nof line 3.")
ALL = [SHIP, PRIMES, LENGTH, WORD, DAY, TIDES, RIVER, LINES, WHY]

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
words = texts.filter(lambda text: normal_form(SHIP | {"right": text})["right"] != "")
marked = st.fixed_dictionaries({"text": words, "right": st.booleans(), "feedback": texts, "id": texts})
with_key = st.lists(marked, min_size=1, max_size=5).map(lambda rows: [rows[0] | {"right": True}, *rows[1:]])
numbers = st.floats(allow_nan=False, allow_infinity=False)
foreseen = st.fixed_dictionaries({"text": words, "feedback": words})


@st.composite
def gaps(draw: st.DrawFn) -> dict[str, Any]:
    keys = draw(
        st.lists(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1), min_size=1, unique=True)
    )
    text = "".join(draw(texts).replace("[[", "") + f"[[{key}]]" for key in keys)
    typed = st.fixed_dictionaries({"accepted": st.lists(words, min_size=1)})
    chosen = st.lists(words, min_size=1).map(lambda choices: {"choices": choices, "right": choices[-1]})
    return {"text": text, "gaps": {key: draw(st.one_of(typed, chosen)) for key in keys}}


FACTS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "one_choice": st.fixed_dictionaries({"choices": with_key}),
    "many_choices": st.fixed_dictionaries({"choices": with_key}),
    "hot_text": st.fixed_dictionaries({"pieces": with_key, "choose": st.integers(0, 3)}),
    "number": st.fixed_dictionaries(
        {
            "answer": numbers,
            "tolerance": numbers,
            "unit": texts,
            "units": st.dictionaries(words, numbers),
            "foreseen": st.lists(st.fixed_dictionaries({"text": numbers, "feedback": words})),
        }
    ),
    "short_text": st.fixed_dictionaries(
        {
            "accepted": st.lists(words, min_size=1),
            "compare": st.sampled_from(["words", "exact", "algebra"]),
            "accents": st.booleans(),
            "foreseen": st.lists(foreseen),
        }
    ),
    "order": st.fixed_dictionaries({"parts": st.lists(words, min_size=1, max_size=5)}),
    "match": st.fixed_dictionaries(
        {
            "pairs": st.lists(st.fixed_dictionaries({"left": words, "right": words}), min_size=1, max_size=5),
            "extra": st.lists(words),
        }
    ),
    "cloze": gaps(),
    "long_answer": st.fixed_dictionaries(
        {"lines": st.integers(1, 40), "rubric": st.lists(words, max_size=3), "sample": texts}
    ),
}
shared: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "id": words,
        "language": st.sampled_from(["en", "es", "ar"]),
        "title": texts,
        "prompt": words,
        "passage": texts,
        "picture": st.one_of(st.none(), st.fixed_dictionaries({"path": words, "alt": texts})),
        "hints": st.lists(words, max_size=3),
        "example": texts,
        "right": texts,
        "wrong": texts,
    }
)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_any_question_is_read_back_as_it_was_written(kind: str, data: st.DataObject) -> None:
    question = data.draw(shared) | data.draw(FACTS[kind]) | {"kind": kind}
    assert read_plain(parse_item(write_plain(question))) == normal_form(question)


@pytest.mark.parametrize("question", ALL, ids=lambda question: question["kind"])
def test_a_regular_form_stays_as_it_is(question: dict[str, Any]) -> None:
    assert normal_form(normal_form(question)) == normal_form(question)


def test_hints_and_the_worked_example_travel_in_the_document() -> None:
    item = parse_item(write_plain(SHIP | {"hints": ["It floats.", "Not a\n\nboot."], "example": "A boat floats."}))
    assert (hints_of(item), worked_example_of(item)) == (("It floats.", "Not a\n\nboot."), "A boat floats.")


def test_formulas_stay_as_they_are_written() -> None:
    question = SHIP | {"prompt": r"Solve \(x^2 < 4 & x > 0\)."}
    assert read_plain(parse_item(write_plain(question)))["prompt"] == r"Solve \(x^2 < 4 & x > 0\)."  # type: ignore[index]


def names_in_order(question: dict[str, Any], name: str) -> list[str]:
    return [one.get("identifier") for one in parse_item(write_plain(question)).body.below(name)]


def test_the_names_of_an_order_follow_the_alphabet_not_the_key() -> None:
    # eat 1, sail 2, sleep 3, wake 4
    item = parse_item(write_plain(DAY))
    assert [one.text for one in item.declarations["answer"].node.below("qti-value")] == ["P4", "P1", "P2", "P3"]


def test_the_document_shows_an_order_by_the_alphabet() -> None:
    assert names_in_order(DAY, "qti-simple-choice") == ["P1", "P2", "P3", "P4"]


def test_choices_without_a_name_get_one_by_the_alphabet() -> None:
    choices = [{"text": "ship", "right": True}, {"text": "boot"}, {"text": "shop"}]
    assert [one["id"] for one in normal_form(SHIP | {"choices": choices})["choices"]] == ["B", "A", "C"]


def test_names_that_qti_does_not_allow_are_mended_and_stay_apart() -> None:
    choices = [{"id": "1", "text": "a", "right": True}, {"id": "C1", "text": "b"}, {"id": "é é", "text": "c"}]
    assert [one["id"] for one in normal_form(SHIP | {"choices": choices})["choices"]] == ["C1", "C1-2", "C---"]


@pytest.mark.parametrize("question", ALL, ids=lambda question: question["kind"])
def test_only_standard_rules_are_written(question: dict[str, Any]) -> None:
    rules = parse_item(write_plain(question)).response_processing or Node("none")
    assert not {one.name for one in rules.below()} & {"qti-custom-operator", "qti-response-processing-fragment"}


def test_a_person_marks_a_long_answer() -> None:
    item = parse_item(write_plain(WHY))
    assert (item.declarations["SCORE"].node.get("external-scored"), item.response_processing) == ("human", None)


def test_only_those_who_mark_see_the_rubric() -> None:
    assert [one.get("view") for one in parse_item(write_plain(WHY)).body.below("qti-rubric-block")] == ["scorer"]


def test_a_document_with_more_than_the_form_holds_is_left_alone() -> None:
    richer = write_plain(SHIP).replace("<p>What?</p>", "<p>What <strong>now</strong>?</p>")
    assert read_plain(parse_item(richer)) is None


def test_a_document_with_other_rules_is_left_alone() -> None:
    other = write_plain(SHIP).replace('mapped-value="1"', 'mapped-value="2"')
    assert read_plain(parse_item(other)) is None


def test_an_interaction_beyond_the_everyday_ones_is_left_alone() -> None:
    other = write_plain(WHY).replace("qti-extended-text-interaction", "qti-drawing-interaction")
    assert read_plain(parse_item(other)) is None


def test_answers_may_be_written_as_fractions_and_with_a_decimal_comma() -> None:
    assert [normal_form(raw("number", answer=given))["answer"] for given in ("3/4", "12,5")] == [0.75, 12.5]


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (SHIP | {"prompt": " \n"}, "Question q1: “prompt” is missing. Add it and try again."),
        (SHIP | {"kind": "riddle"}, "Question q1: the kind “riddle” is not known here."),
        (SHIP | {"choices": [{"text": "ship"}]}, "Question q1: no right answer is marked."),
        (SHIP | {"choices": [{"text": "", "right": True}]}, "Question q1: “text” is missing. Add it and try again."),
        (LENGTH | {"answer": "many"}, "Question q1: “answer” has to be a number, not “many”."),
        (WORD | {"accepted": [" "]}, "Question q1: “accepted” is missing. Add it and try again."),
        (TIDES | {"pairs": [{"left": "ebb"}]}, "Question q1: “right” is missing. Add it and try again."),
        (
            RIVER | {"text": "The [[1]] runs."},
            "Question q1: the gaps in the text and the answers to them do not agree.",
        ),
        (RIVER | {"gaps": {"1": {}, "2": {"accepted": ["sea"]}}}, "Question q1: no right answer is marked."),
    ],
)
def test_what_is_missing_is_named(question: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ItemInvalid) as refused:
        write_plain(question)
    assert refused.value.sentence.format(**refused.value.facts) == sentence


# What the engine makes of the documents

MARKED = [question for question in ALL if question is not WHY]
Given = dict[str, list[str]]


def answered(question: dict[str, Any], **given: list[str]) -> Any:
    return mark(parse_item(write_plain(question)), {name.replace("_", "-"): values for name, values in given.items()})


@pytest.mark.parametrize("question", ALL, ids=lambda question: question["kind"])
def test_the_engine_knows_the_kind(question: dict[str, Any]) -> None:
    assert kind_word(parse_item(write_plain(question))) == question["kind"]


@pytest.mark.parametrize("question", [LENGTH, WORD, RIVER], ids=lambda question: question["kind"])
def test_lists_name_a_question_by_what_it_asks_alone(question: dict[str, Any]) -> None:
    item = parse_item(write_plain(question | {"passage": "Long ago."}))
    assert prompt_of(item) == "What?"


@pytest.mark.parametrize("question", MARKED, ids=lambda question: question["kind"])
def test_the_key_is_right_and_hears_so(question: dict[str, Any]) -> None:
    item = parse_item(write_plain(question))
    marking = mark(item, key_response(item))
    assert (marking.is_right, marking.score, marking.feedback) == (True, 1.0, "Yes.")


def test_a_person_reads_a_long_answer_and_says_so_at_once() -> None:
    marking = answered(WHY, answer=["Because of line 3."])
    assert (marking.score, marking.is_complete, marking.feedback) == (None, True, "Yes.")
    assert is_marked_by_person(parse_item(write_plain(WHY)))


@pytest.mark.parametrize(
    ("question", "given", "score", "told"),
    [
        (SHIP, {"answer": ["C"]}, 0.0, "Look again."),
        (SHIP, {"answer": ["B"]}, 0.0, "A boot is worn."),
        # right 2, wrong 1 of 2: (2 - 1) / 2
        (PRIMES, {"answer": ["A", "B", "C"]}, 0.5, "Look again.\n2 times 2."),
        (PRIMES, {"answer": ["A"]}, 0.5, "Look again."),
        (PRIMES, {"answer": ["C"]}, 0.0, "Look again.\n2 times 2."),
        (LENGTH, {"answer": ["12.54"]}, 1.0, "Yes."),
        (LENGTH, {"answer": ["12,55"]}, 1.0, "Yes."),
        (LENGTH, {"answer": ["12.56"]}, 0.0, "Look again."),
        (LENGTH, {"answer": ["12 1/2 square meters"]}, 1.0, "Yes."),
        (LENGTH, {"answer": ["125000 square centimeters"]}, 1.0, "Yes."),
        (LENGTH, {"answer": ["10"]}, 0.0, "That is one side."),
        (WORD, {"answer": [" Since! "]}, 1.0, "Yes."),
        (WORD, {"answer": ["BUT"]}, 0.0, "That turns around."),
        (WORD, {"answer": ["if"]}, 0.0, "Look again."),
        # wake P4, eat P1, sail P2, sleep P3: "wake eat" and "eat sail" stand as they should, "sail sleep" does not
        (DAY, {"answer": ["P3", "P4", "P1", "P2"]}, 2 / 3, "Look again."),
        (DAY, {"answer": ["P3", "P2", "P1", "P4"]}, 0.0, "Look again."),
        # ebb L1, flood L2; falls R1, rises R2, waits R3
        (TIDES, {"answer": ["L1 R1", "L2 R3"]}, 0.5, "Look again."),
        (RIVER, {"gap_1": ["Stream"], "gap_2": ["G1"]}, 0.5, "Look again."),
        (LINES, {"answer": ["B"]}, 0.0, "Not this one."),
    ],
)
def test_an_answer_is_worth_what_it_says_by_hand(
    question: dict[str, Any], given: Given, score: float, told: str
) -> None:
    marking = answered(question, **given)
    assert (marking.score, marking.feedback) == (pytest.approx(score), told)


def test_an_empty_gap_counts_for_nothing_and_the_others_stay_right() -> None:
    marking = answered(RIVER, gap_1=["river"], gap_2=[])
    assert (marking.score, marking.is_complete) == (0.5, False)


def test_exactly_means_sign_by_sign() -> None:
    assert answered(WORD | {"compare": "exact"}, answer=["Because"]).score == 0.0


def test_algebra_means_the_same_expression() -> None:
    question = raw("short_text", accepted=["2x+1"], compare="algebra")
    assert answered(question, answer=["1 + 2x"]).score == 1.0


def test_one_of_three_is_guessed_by_a_third() -> None:
    assert guess_chance(parse_item(write_plain(SHIP))) == pytest.approx(1 / 3)
