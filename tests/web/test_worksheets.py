"""Printing questions and entering what was written on them, page by page."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from headway.core.items.document import INTERACTIONS
from headway.core.items.paper_codes import paper_code
from headway.records.evidence.models import Evidence
from headway.records.items.models import Item, PrintedSheet
from tests.people import People, sign_in
from tests.question_gallery import GALLERY
from tests.worksheets import gallery_resource, item_on, printed

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client, people: People) -> Client:
    return sign_in(client, people.ada)


def answer_address(sheet: PrintedSheet, number: int = 1, query: str = "") -> str:
    return reverse("teacher-paper-answer", kwargs={"code": paper_code(sheet.code, number)}) + query


def text_of(response: HttpResponse) -> str:
    return unescape(response.content.decode())


def sheets_page(client: Client, sheet: PrintedSheet, query: str = "") -> str:
    response = client.get(reverse("teacher-worksheets", kwargs={"sheet": sheet.uuid}) + query)
    assert response.status_code == 200
    return text_of(response)


def order_form(
    people: People, kinds: tuple[str, ...] = ("choice", "order"), **more: object
) -> tuple[str, dict[str, object]]:
    resource = gallery_resource(people, kinds)
    form = {"question": [str(pk) for pk in resource.items.values_list("pk", flat=True)], "order": "same", "size": "a4"}
    return reverse("teacher-worksheet", kwargs={"resource": resource.uuid}), form | more


# --- choosing ---------------------------------------------------------------------------------------------------------


def test_the_whole_class_gets_a_sheet_each(ada: Client, people: People) -> None:
    address, form = order_form(people, who=f"class-{people.school_class.pk}")
    response = ada.post(address, form)
    made = list(PrintedSheet.objects.all())
    assert {sheet.student for sheet in made} == set(people.students)
    assert response["Location"].endswith("?size=a4")


def test_only_those_who_were_chosen_get_one(ada: Client, people: People) -> None:
    address, form = order_form(people, who="some", student=[str(people.ben.uuid), str(people.lena.uuid)])
    ada.post(address, form)
    assert {sheet.student for sheet in PrintedSheet.objects.all()} == {people.ben, people.lena}


def test_a_blank_sheet_has_no_student(ada: Client, people: People) -> None:
    address, form = order_form(people, who="blank")
    ada.post(address, form)
    assert PrintedSheet.objects.get().student is None


def test_nobody_chosen_is_said_and_what_was_filled_in_stays(ada: Client, people: People) -> None:
    address, form = order_form(people, who="some")
    response = ada.post(address, form | {"question": form["question"][:1]})  # type: ignore[index]
    assert response.status_code == 422
    text = text_of(response)
    assert "Choose at least one student, or a blank sheet." in text
    assert len(re.findall(r'name="question"[^>]* checked', text)) == 1


def test_a_class_of_another_school_is_not_found(ada: Client, people: People) -> None:
    address, form = order_form(people, who=f"class-{people.other_class.pk}")
    assert ada.post(address, form).status_code == 404


def test_a_resource_without_questions_says_so(ada: Client, people: People) -> None:
    address = reverse("teacher-worksheet", kwargs={"resource": people.resource("7.1-pair").uuid})
    assert "There are no questions here" in text_of(ada.get(address))


# --- the sheets -------------------------------------------------------------------------------------------------------


def test_every_question_of_every_sheet_carries_its_code(ada: Client, people: People) -> None:
    made = printed(people)
    text = sheets_page(ada, made[0])
    for sheet in made:
        assert all(paper_code(sheet.code, number) in text for number in range(4))


def test_every_kind_of_question_is_on_the_page(ada: Client, people: People) -> None:
    made = printed(people, INTERACTIONS)
    text = sheets_page(ada, made[0])
    assert text.count('class="ws__q"') == len(INTERACTIONS) * 2
    assert "cannot be printed" not in text


def test_a_sheet_shows_the_files_of_its_questions(ada: Client, people: People) -> None:
    sheet = printed(people, ["hotspot"])[0]
    (address,) = set(re.findall(r'<image href="([^"]+)"', sheets_page(ada, sheet)))
    assert ada.get(address).content == GALLERY["hotspot"].files["pictures/garden.png"]


def test_no_sheet_holds_the_key(ada: Client, people: People) -> None:
    item = gallery_resource(people, ["text-entry"]).items.get()
    sheet = printed(people, ["text-entry"])[0]
    Item.objects.filter(pk=sheet.item_ids[0]).update(
        document=item.document.replace("1/4", "a secret number"), version=2
    )
    assert "a secret number" not in sheets_page(ada, sheet)
    assert "a secret number" in text_of(ada.get(reverse("teacher-worksheet-key", kwargs={"sheet": sheet.uuid})))


def test_a_damaged_question_leaves_the_rest_of_the_sheet(ada: Client, people: People) -> None:
    sheet = printed(people)[0]
    Item.objects.filter(pk=sheet.item_ids[0]).update(document="<broken", version=2)
    text = sheets_page(ada, sheet)
    assert "Half of one half is" in text
    assert text.count('class="ws__q"') == 6


def test_what_an_author_wrote_is_never_markup(ada: Client, people: People) -> None:
    sheet = printed(people, ["choice"])[0]
    document = GALLERY["choice"].document.replace("The air is warmer.", "&lt;script&gt;alert(1)&lt;/script&gt;")
    Item.objects.filter(pk=sheet.item_ids[0]).update(document=document, version=2)
    response = ada.get(reverse("teacher-worksheets", kwargs={"sheet": sheet.uuid}))
    assert b"<script>alert(1)" not in response.content
    assert b"&lt;script&gt;alert(1)" in response.content


def test_a_sheet_is_written_in_its_students_language(ada: Client, people: People) -> None:
    people.ben.language = "es"
    people.ben.save()
    text = sheets_page(ada, printed(people)[0])
    assert text.count('lang="es"') >= 1


def test_hints_stand_at_the_end_only_when_asked_for(ada: Client, people: People) -> None:
    sheet = printed(people, ["text-entry"])[0]
    help_ = (
        '<qti-catalog-info><qti-catalog id="headway-help"><qti-card support="ext:hint"><qti-html-content><p>Halve it again.</p>'
        "</qti-html-content></qti-card></qti-catalog></qti-catalog-info></qti-assessment-item>"
    )
    document = GALLERY["text-entry"].document.replace("</qti-assessment-item>", help_)
    Item.objects.filter(pk=sheet.item_ids[0]).update(document=document, version=2)
    assert "Halve it again." not in sheets_page(ada, sheet)
    assert "Halve it again." in sheets_page(ada, sheet, "?hints=1")


def test_more_students_need_no_more_queries_for_the_questions(ada: Client, people: People) -> None:
    few, many = printed(people, students=[people.ben]), printed(people, students=people.students)
    sheets_page(ada, many[0])
    counts = []
    for made in (few, many):
        with CaptureQueriesContext(connection) as queries:
            sheets_page(ada, made[0])
        counts.append(len(queries))
    assert counts[1] - counts[0] <= 1


def test_one_key_serves_all_who_have_the_same_order(ada: Client, people: People) -> None:
    same, each = (
        printed(people, ["order"], students=people.students),
        printed(people, ["order"], students=people.students, is_one_order=False),
    )
    texts = [
        text_of(ada.get(reverse("teacher-worksheet-key", kwargs={"sheet": made[0].uuid}))) for made in (same, each)
    ]
    assert texts[0].count('class="ws-key"') == 1
    assert texts[1].count('class="ws-key"') > 1
    assert all(student.short_name in texts[1] for student in people.students)


# --- codes ------------------------------------------------------------------------------------------------------------


def find(client: Client, code: str) -> HttpResponse:
    return client.get(reverse("teacher-paper"), {"code": code})


def test_a_typed_code_opens_the_question(ada: Client, people: People) -> None:
    sheet = printed(people)[0]
    response = find(ada, f" {paper_code(sheet.code, 2).lower().replace('-', ' ')} ")
    assert response["Location"] == answer_address(sheet, 2)


@pytest.mark.parametrize(("code", "words"), [("river", "is no code of a worksheet"), ("K7Q2M-3A", "typing mistake")])
def test_a_wrong_code_gets_a_sentence(ada: Client, code: str, words: str) -> None:
    response = find(ada, code)
    assert response.status_code == 422
    assert words in text_of(response)


def test_a_code_of_another_school_looks_like_one_that_is_not_there(client: Client, people: People) -> None:
    sheet = printed(people)[0]
    sign_in(client, people.eve)
    theirs, nobodys = (text_of(find(client, code)) for code in (paper_code(sheet.code), paper_code("K7Q2M")))
    assert theirs.replace(paper_code(sheet.code), "").count("No sheet of your students") == 1
    assert nobodys.count("No sheet of your students") == 1


# --- entering ---------------------------------------------------------------------------------------------------------

FORMS: dict[str, dict[str, object]] = {
    "choice": {"RESPONSE": "LOWER"},
    "inline-choice": {"RESPONSE": "THEIR"},
    "text-entry": {"RESPONSE": "1/4"},
    "order": {"RESPONSE.SOW": "1", "RESPONSE.REAP": "2", "RESPONSE.MILL": "3", "RESPONSE.BAKE": "4"},
    "match": {"RESPONSE.GOOSE": "GOSLING", "RESPONSE.SHEEP": "LAMB", "RESPONSE.HORSE": "FOAL"},
    "associate": {"RESPONSE.1": ["LATE", "EARLY"], "RESPONSE.2": ["NARROW", "WIDE"]},
    "gap-match": {"RESPONSE.G1": "RAIN", "RESPONSE.G2": "SUN"},
    "hottext": {"RESPONSE": "W2"},
    "slider": {"RESPONSE": "90"},
    "hotspot": {"RESPONSE": "POND"},
    "select-point": {"RESPONSE.1": ["380", "90"]},
    "position-object": {"RESPONSE.1": ["110", "250"]},
    "graphic-order": {"RESPONSE.POND": "1", "RESPONSE.TREE": "2", "RESPONSE.SHED": "3"},
    "graphic-associate": {"RESPONSE.1": ["GREENS", "POND"], "RESPONSE.2": ["POND", "CARROTS"]},
    "graphic-gap-match": {"RESPONSE.LEFT": "BEANS", "RESPONSE.RIGHT": "ROOTS"},
}


@pytest.mark.parametrize("kind", FORMS)
def test_a_right_answer_of_every_kind_is_entered_and_shown_again(ada: Client, people: People, kind: str) -> None:
    sheet = printed(people, [kind], students=[people.ben])[0]
    fields = set(re.findall(r' name="(RESPONSE[^"]*)"', text_of(ada.get(answer_address(sheet)))))
    assert set(FORMS[kind]) <= fields
    response = ada.post(answer_address(sheet), FORMS[kind])
    assert response.status_code == 302
    row = Evidence.objects.get(item=item_on(sheet, 1))
    assert (row.student, row.score, row.on_paper) == (people.ben, 1.0, True)
    again = text_of(ada.get(answer_address(sheet)))
    assert "This is entered already" in again
    assert re.search(r"checked|selected|value=\"(1/4|1|90|380|110)\"", again)


@pytest.mark.parametrize("kind", ["extended-text", "upload", "drawing"])
def test_what_a_person_reads_is_rated(ada: Client, people: People, kind: str) -> None:
    sheet = printed(people, [kind], students=[people.ben])[0]
    assert 'name="level"' in text_of(ada.get(answer_address(sheet)))
    ada.post(answer_address(sheet), {"level": "2", "words": "Clear."})
    row = Evidence.objects.get(item=item_on(sheet, 1))
    assert (row.kind, row.level, row.words, row.on_paper) == ("rubric", 2, "Clear.", True)


@pytest.mark.parametrize("kind", ["portable-custom", "end-attempt", "media"])
def test_what_paper_cannot_take_says_so(ada: Client, people: People, kind: str) -> None:
    sheet = printed(people, [kind], students=[people.ben])[0]
    assert "Nothing of this question can be entered from paper." in text_of(ada.get(answer_address(sheet)))


def test_saving_goes_on_to_the_students_next_question_and_then_to_the_next_student(ada: Client, people: People) -> None:
    bens, caros = printed(people, ["choice", "text-entry"])
    assert ada.post(answer_address(bens), FORMS["choice"])["Location"] == answer_address(bens, 2)
    assert ada.post(answer_address(bens, 2), FORMS["text-entry"])["Location"] == answer_address(caros, 1)


def test_one_question_for_all_goes_on_to_the_next_student(ada: Client, people: People) -> None:
    bens, caros = printed(people, ["choice", "text-entry"])
    by = "?by=question"
    assert ada.post(answer_address(bens, 1, by), FORMS["choice"])["Location"] == answer_address(caros, 1, by)
    assert ada.post(answer_address(caros, 1, by), FORMS["choice"])["Location"] == answer_address(bens, 2, by)


def test_a_blank_sheet_asks_first_who_wrote_on_it(ada: Client, people: People) -> None:
    (sheet,) = printed(people, ["choice"], is_blank=True)
    asked = text_of(ada.get(answer_address(sheet)))
    assert "Who wrote on this sheet?" in asked
    assert f"?student={people.ben.uuid}" in asked
    ada.post(answer_address(sheet, 1, f"?student={people.ben.uuid}"), FORMS["choice"])
    assert Evidence.objects.get(item=item_on(sheet, 1)).student == people.ben


def test_a_student_of_another_school_wrote_on_no_sheet_of_ours(ada: Client, people: People) -> None:
    (sheet,) = printed(people, ["choice"], is_blank=True)
    assert ada.post(answer_address(sheet, 1, f"?student={people.gus.uuid}"), FORMS["choice"]).status_code == 404
    assert not Evidence.objects.filter(item=item_on(sheet, 1)).exists()


def test_what_cannot_be_read_is_said_and_stays_in_the_field(ada: Client, people: People) -> None:
    sheet = printed(people, ["choice"])[0]
    response = ada.post(answer_address(sheet), {})
    assert response.status_code == 422
    assert "Enter what was written, or go on to the next answer." in text_of(response)


def test_an_answer_can_be_undone(ada: Client, people: People) -> None:
    sheet = printed(people, ["choice"])[0]
    page = text_of(ada.post(answer_address(sheet), FORMS["choice"], follow=True))
    (undo,) = set(re.findall(r'action="([^"]*/undo/[^"]*)"', page))
    ada.post(undo)
    rows = Evidence.objects.filter(item=item_on(sheet, 1), corrected_by__isnull=True).exclude(kind="withdrawal")
    assert not rows.exists()


def test_the_undo_of_a_blank_sheet_knows_whose_answer_it_was(ada: Client, people: People) -> None:
    (sheet,) = printed(people, ["choice"], is_blank=True)
    page = text_of(ada.post(answer_address(sheet, 1, f"?student={people.ben.uuid}"), FORMS["choice"], follow=True))
    (undo,) = set(re.findall(r'action="([^"]*/undo/[^"]*)"', page))
    ada.post(undo)
    assert Evidence.objects.filter(student=people.ben, item=item_on(sheet, 1), kind="withdrawal").exists()
