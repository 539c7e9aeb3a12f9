"""Questions written in plain fields: rows without script, mistakes named at their field, a preview that can be tried."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
from django.urls import reverse

from headway.core.items.document import parse_item
from headway.core.items.plain import normal_form, read_plain
from headway.records.items import writing
from headway.records.items.models import Item
from headway.records.library.models import Resource
from headway.web.teacher.question_fields import draft_of, plain_of
from headway.web.teacher.question_kinds import KINDS
from tests.core.test_plain_questions import ALL
from tests.people import documents, sign_in

if TYPE_CHECKING:
    from django.test import Client

    from tests.people import People

# What a teacher types for each kind, as the fields are named.
TYPED: dict[str, dict[str, Any]] = {
    "one_choice": {
        "q-choices": ["0", "1"],
        "q-choices-0-text": "bowline",
        "q-choices-1-text": "granny",
        "q-choices-1-feedback": "It slips.",
        "q-choices-mark": "0",
    },
    "many_choices": {
        "q-choices": ["0", "1", "2"],
        "q-choices-0-text": "bowline",
        "q-choices-1-text": "eight",
        "q-choices-2-text": "granny",
        "q-choices-mark": ["0", "1"],
    },
    "number": {"q-answer": "3/4", "q-unit": "m", "q-units": ["0"], "q-units-0-name": "cm", "q-units-0-times": "0,01"},
    "short_text": {"q-accepted": ["0"], "q-accepted-0-text": "bowline", "q-compare": "words"},
    "order": {"q-parts": ["0", "1"], "q-parts-0-text": "up", "q-parts-1-text": "down"},
    "match": {
        "q-pairs": ["0", "1"],
        "q-pairs-0-left": "ebb",
        "q-pairs-0-right": "falls",
        "q-pairs-1-left": "flood",
        "q-pairs-1-right": "rises",
    },
    "cloze": {"q-text": "The [[ebb|ebb tide]] falls, the [[flood]] rises.", "q-gaps": ["0", "1"], "q-gaps-1-choices": "hill, moon"},
    "hot_text": {"q-pieces": ["0", "1"], "q-pieces-0-text": "It rose.", "q-pieces-1-text": "It fell.", "q-pieces-mark": "1", "q-choose": "1"},
    "long_answer": {"q-lines": "6", "q-rubric": ["0"], "q-rubric-0-text": "Says why"},
}  # fmt: skip


def typed(kind: str, **more: Any) -> dict[str, Any]:
    said = {"q-kind": kind, "q-prompt": "Which one?", "q-right": "Yes.", "q-wrong": "Look again.", "do": "save"}
    return {**said, **TYPED[kind], **{name.replace("_", "-"): value for name, value in more.items()}}


@pytest.fixture
def knots(people: People) -> Resource:
    """A set of questions of Ada's."""
    return writing.make_set(
        school=people.school,
        title="Knots",
        language="en",
        competency_ids=[people.competencies["7.1"].pk],
        by=people.ada,
        at=people.now,
    )


@pytest.fixture
def ada(client: Client, people: People) -> Client:
    """Ada, signed in."""
    return sign_in(client, people.ada)


def new(resource: Resource) -> str:
    return reverse("teacher-question-new", kwargs={"resource": resource.uuid})


def plain(item: Item) -> dict[str, Any]:
    found = read_plain(parse_item(item.document))
    assert found is not None
    return found


@pytest.fixture
def written(ada: Client, knots: Resource) -> Item:
    """A question with one right answer."""
    ada.post(new(knots), typed("one_choice"))
    return knots.items.get()


def test_a_set_is_named_first_and_then_the_kind_is_asked(ada: Client, people: People) -> None:
    said = {"title": "Tides", "language": "es", "skill": people.competencies["7.2"].pk}
    answer = ada.post(reverse("teacher-questions-new"), said, follow=True)
    made = Resource.objects.get(title="Tides")
    assert (made.language, made.alignments.get().competency) == ("es", people.competencies["7.2"])
    assert answer.redirect_chain[-1][0] == new(made)


def test_a_set_without_a_name_is_not_made(ada: Client) -> None:
    answer = ada.post(reverse("teacher-questions-new"), {"title": "", "language": "en"})
    assert answer.status_code == 422
    assert b"Give it a title" in answer.content


def test_every_kind_can_be_chosen(ada: Client, knots: Resource) -> None:
    page = ada.get(new(knots)).content.decode()
    assert re.findall(r"\?kind=(\w+)", page) == list(KINDS)


@pytest.mark.parametrize("kind", TYPED)
def test_what_is_typed_becomes_a_question(ada: Client, knots: Resource, kind: str) -> None:
    assert ada.post(new(knots), typed(kind)).status_code == 302
    assert knots.items.get().kind == kind


@pytest.mark.parametrize("kind", TYPED)
def test_a_question_opens_with_what_was_typed(ada: Client, knots: Resource, kind: str) -> None:
    ada.post(new(knots), typed(kind, q_prompt="Which of these?"))
    page = ada.get(reverse("teacher-question-edit", kwargs={"question": knots.items.get().uuid})).content.decode()
    assert ">Which of these?</textarea>" in page


@pytest.mark.parametrize("question", ALL, ids=lambda question: question["kind"])
def test_the_fields_hold_all_of_a_question(question: dict[str, Any]) -> None:
    normal = normal_form(question)
    again = normal_form({"id": "q1", "language": "en", **plain_of(draft_of(normal))})
    assert again == normal


def test_gaps_are_written_as_they_are_read(ada: Client, knots: Resource) -> None:
    ada.post(new(knots), typed("cloze"))
    assert plain(knots.items.get())["gaps"] == {
        "1": {"accepted": ["ebb", "ebb tide"], "choices": []},
        "2": {"accepted": ["flood"], "choices": ["flood", "hill", "moon"]},
    }


def test_a_number_may_be_a_fraction_and_a_unit_a_decimal_comma(ada: Client, knots: Resource) -> None:
    ada.post(new(knots), typed("number"))
    question = plain(knots.items.get())
    assert (question["answer"], question["units"]) == (0.75, {"m": 1.0, "cm": 0.01})


def test_a_skill_of_its_own_is_kept(ada: Client, knots: Resource, people: People) -> None:
    ada.post(new(knots), typed("number", q_skill=people.competencies["7.2"].pk))
    assert knots.items.get().competency == people.competencies["7.2"]


def test_a_row_is_added_without_script_and_nothing_is_lost(ada: Client, knots: Resource) -> None:
    page = ada.post(new(knots), typed("one_choice", do="add:choices")).content.decode()
    assert 'name="q-choices-2-text"' in page
    assert ">granny</textarea>" in page
    assert not knots.items.exists()


def test_a_row_is_taken_out_and_the_mark_stays_with_its_answer(ada: Client, knots: Resource) -> None:
    page = ada.post(new(knots), typed("many_choices", do="drop:choices:0", q_choices_mark=["1"])).content.decode()
    assert ">bowline</textarea>" not in page
    assert re.search(r'name="q-choices-mark" value="0" checked', page)


def test_a_row_moves_up(ada: Client, knots: Resource) -> None:
    page = ada.post(new(knots), typed("order", do="up:parts:1")).content.decode()
    assert page.index(">down</textarea>") < page.index(">up</textarea>")


def test_htmx_gets_the_fields_alone(ada: Client, knots: Resource) -> None:
    page = ada.post(new(knots), typed("one_choice", do="add:choices"), headers={"HX-Request": "true"}).content.decode()
    assert page.lstrip().startswith('<div id="fields"')


@pytest.mark.parametrize(
    ("kind", "wrong", "sentence"),
    [
        ("one_choice", {"q_prompt": " "}, "Write what you ask."),
        ("one_choice", {"q_choices_mark": []}, "Mark what is right."),
        ("one_choice", {"q_choices_1_text": ""}, "Write at least two to choose from."),
        ("one_choice", {"q_choices_1_text": "bowline"}, "Two of these are the same. Change one of them."),
        ("number", {"q_answer": "many"}, "Write a number, such as 12.5 or 3/4."),
        ("number", {"q_unit": ""}, "Write the unit of the right answer first."),
        ("number", {"q_units_0_times": ""}, "Write each unit with a number beside it, such as m and 100."),
        ("short_text", {"q_accepted_0_text": ""}, "Write at least one right answer."),
        ("order", {"q_parts_1_text": ""}, "Write at least two things to put in order."),
        ("match", {"q_pairs_1_right": ""}, "Write both sides of every pair."),
        ("cloze", {"q_text": "No gap."}, "Put at least one word between double brackets"),
        ("cloze", {"q_text": "The [[ebb falls."}, "Put at least one word between double brackets"),
        ("cloze", {"q_text": "The [[ebb]] [[falls."}, "Some brackets do not pair."),
        ("hot_text", {"q_pieces_mark": []}, "Mark what is right."),
        ("long_answer", {"q_lines": "many"}, "Write a whole number of lines, from 1 to 40."),
    ],
)
def test_a_mistake_is_named_and_nothing_is_lost(
    ada: Client, knots: Resource, kind: str, wrong: dict[str, Any], sentence: str
) -> None:
    answer = ada.post(new(knots), typed(kind, **{"q_right": "Kept words."} | wrong))
    page = answer.content.decode()
    assert (answer.status_code, sentence in page, "Kept words." in page) == (422, True, True)
    assert not knots.items.exists()


def test_a_changed_question_can_be_what_it_was_again(ada: Client, written: Item) -> None:
    address = reverse("teacher-question-edit", kwargs={"question": written.uuid})
    ada.post(address, typed("one_choice", q_prompt="Which knot?"))
    ada.post(reverse("teacher-question-restore", kwargs={"question": written.uuid, "version": 1}))
    written.refresh_from_db()
    assert (written.prompt, written.version) == ("Which one?", 3)


def test_the_names_of_answers_stay_when_a_question_changes(ada: Client, written: Item) -> None:
    before = [row["id"] for row in plain(written)["choices"]]
    said = typed("one_choice", **{f"q_choices_{n}_id": name for n, name in enumerate(before)}, q_prompt="Which knot?")
    ada.post(reverse("teacher-question-edit", kwargs={"question": written.uuid}), said)
    written.refresh_from_db()
    assert [row["id"] for row in plain(written)["choices"]] == before


def test_a_question_in_another_language_stands_in_its_own_set(ada: Client, written: Item) -> None:
    said = typed("one_choice", q_prompt="¿Cuál?", language="es", set_title="Nudos")
    ada.post(reverse("teacher-question-variant", kwargs={"question": written.uuid}), said)
    made = Item.objects.get(variant_of=written)
    assert (made.language, made.prompt, made.resource.title) == ("es", "¿Cuál?", "Nudos")


def test_the_list_shows_the_languages_of_a_question(ada: Client, written: Item) -> None:
    said = typed("one_choice", q_prompt="¿Cuál?", language="es")
    ada.post(reverse("teacher-question-variant", kwargs={"question": written.uuid}), said)
    page = ada.get(reverse("teacher-questions", kwargs={"resource": written.resource.uuid})).content.decode()
    assert "Spanish" in page


def test_a_question_is_moved_and_put_away_and_brought_back(ada: Client, knots: Resource) -> None:
    for prompt in ("First?", "Second?"):
        ada.post(new(knots), typed("order", q_prompt=prompt))
    second = knots.items.get(prompt="Second?")
    ada.post(reverse("teacher-question-move", kwargs={"question": second.uuid, "way": "up"}))
    assert [item.prompt for item in knots.items.all()] == ["Second?", "First?"]
    ada.post(reverse("teacher-question-put-away", kwargs={"question": second.uuid}))
    page = ada.get(reverse("teacher-questions", kwargs={"resource": knots.uuid})).content.decode()
    assert "1 question put away" in page
    ada.post(reverse("teacher-question-bring-back", kwargs={"question": second.uuid}))
    assert knots.items.filter(put_away_at=None).count() == 2


def test_a_question_with_more_than_the_form_holds_is_shown_and_kept(ada: Client, written: Item) -> None:
    richer = written.document.replace("<p>Which", "<p><em>Which</em>", 1)
    Item.objects.filter(pk=written.pk).update(document=richer)
    answer = ada.get(reverse("teacher-question-edit", kwargs={"question": written.uuid}))
    assert (answer.status_code, b"holds more than the form" in answer.content) == (200, True)


def test_a_set_is_handed_out_as_qti_3_without_what_was_put_away(ada: Client, knots: Resource, people: People) -> None:
    for prompt in ("First?", "Second?"):
        ada.post(new(knots), typed("order", q_prompt=prompt))
    writing.put_question_away(item=knots.items.get(prompt="First?"), by=people.ada, at=people.now)
    answer = ada.get(reverse("teacher-questions-qti", kwargs={"resource": knots.uuid}))
    with ZipFile(BytesIO(answer.content)) as package:
        found = [package.read(name).decode() for name in package.namelist() if name.endswith("item.xml")]
    assert found == [knots.items.get(prompt="Second?").document]


# The preview


def look(ada: Client, resource: Resource, said: dict[str, Any]) -> str:
    address = reverse("teacher-question-preview", kwargs={"resource": resource.uuid})
    return ada.post(address, said, headers={"HX-Request": "true"}).content.decode()


def signed(page: str) -> str:
    found = re.search(r'name="question" value="([^"]+)"', page)
    assert found
    return found[1]


def test_the_preview_shows_what_a_student_sees(ada: Client, knots: Resource) -> None:
    page = look(ada, knots, typed("one_choice"))
    assert ("Which one?" in page, "granny" in page, "It slips." in page) == (True, True, False)


def test_a_question_that_is_not_whole_yet_is_shown_and_cannot_be_tried(ada: Client, knots: Resource) -> None:
    page = look(ada, knots, typed("one_choice", q_choices_mark=[], q_prompt=""))
    assert ("granny" in page, "Try it" in page) == (True, False)


def test_a_number_that_cannot_be_read_does_not_hide_the_question(ada: Client, knots: Resource) -> None:
    page = look(ada, knots, typed("number", q_answer="long", q_units_0_times="many"))
    assert ("Which one?" in page, "Try it" in page) == (True, False)


@pytest.mark.parametrize("kind", TYPED)
def test_every_kind_is_shown_before_a_word_is_typed(ada: Client, knots: Resource, kind: str) -> None:
    assert ada.get(f"{new(knots)}?kind={kind}").status_code == 200


def test_trying_a_wrong_answer_says_what_a_student_hears(ada: Client, knots: Resource) -> None:
    question = signed(look(ada, knots, typed("one_choice")))
    page = look(ada, knots, {"question": question, "answer": "B"})
    assert ("It slips." in page, "Counts as not right yet." in page) == (True, True)


def test_trying_keeps_nothing(ada: Client, knots: Resource) -> None:
    question = signed(look(ada, knots, typed("number")))
    assert "Counts as right." in look(ada, knots, {"question": question, "answer": "75 cm"})
    assert not knots.items.exists()


def test_trying_works_without_script_on_a_page_of_its_own(ada: Client, knots: Resource) -> None:
    question = signed(look(ada, knots, typed("number")))
    address = reverse("teacher-question-preview", kwargs={"resource": knots.uuid})
    page = ada.post(address, {"question": question, "answer": "75 cm"}).content.decode()
    assert ("<!doctype html>" in page.lower(), "Counts as right." in page) == (True, True)


def test_a_question_that_was_not_signed_here_is_not_tried(ada: Client, knots: Resource) -> None:
    address = reverse("teacher-question-preview", kwargs={"resource": knots.uuid})
    assert ada.post(address, {"question": "e30:bad:sign", "answer": "B"}).status_code == 404


def test_a_teacher_of_another_school_finds_no_such_set(client: Client, people: People, knots: Resource) -> None:
    assert (
        sign_in(client, people.eve).get(reverse("teacher-questions", kwargs={"resource": knots.uuid})).status_code
        == 404
    )


def test_the_kinds_here_are_those_of_the_engine() -> None:
    assert set(KINDS) == set(documents("7.1"))
