"""What is printed is found again by its code, by those who teach who wrote on it, and what was written counts once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headway.core.items.paper_codes import CodeInvalid, paper_code
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.evidence import paper
from headway.records.evidence.models import Evidence
from headway.records.evidence.queries import cell, entered_on, entries_of, standing
from headway.records.items import printing, sheets
from headway.records.items.models import PrintedSheet
from tests.worksheets import gallery_resource, item_on, printed

if TYPE_CHECKING:
    from headway.records.roster.models import Person
    from tests.people import People

RIGHT, WRONG = {"RESPONSE": ["LOWER"]}, {"RESPONSE": ["HOTTER"]}


def enter(
    people: People, sheet: PrintedSheet, response: dict[str, list[str]], number: int = 1, **facts: object
) -> Evidence:
    student = facts.pop("student", sheet.student)
    return paper.enter_answer(  # type: ignore[arg-type]
        sheet=sheet,
        item=item_on(sheet, number),
        student=student,
        response=response,
        by=people.ada,
        at=people.now,
        **facts,
    )[0]


def counted(student: Person) -> list[float]:
    rows = Evidence.objects.filter(student=student, on_paper=True, corrected_by__isnull=True).exclude(kind="withdrawal")
    return [row.score for row in rows]


# --- printing ---------------------------------------------------------------------------------------------------------


def test_every_student_gets_a_sheet_with_a_code_of_its_own(people: People) -> None:
    made = printed(people, students=people.students)
    assert [sheet.student for sheet in made] == people.students
    assert len({sheet.code for sheet in made}) == len(people.students)


def test_one_order_means_one_seed_and_an_order_for_each_means_many(people: People) -> None:
    assert len({sheet.seed for sheet in printed(people)}) == 1
    assert len({sheet.seed for sheet in printed(people, is_one_order=False)}) == 2


def test_a_code_that_is_taken_is_not_given_again(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "stem_of", lambda uuid, *, attempt=0: f"2345{'6789ABC'[attempt]}")
    assert [sheet.code for sheet in printed(people)] == ["23456", "23457"]
    assert [sheet.code for sheet in printed(people)] == ["23458", "23459"]


def test_nobody_prints_for_a_student_of_another_school(people: People) -> None:
    with pytest.raises(NotFound):
        printed(people, students=[people.ben, people.gus])
    assert not PrintedSheet.objects.exists()


@pytest.mark.parametrize("students", [[], None])
def test_there_is_something_to_print_and_somebody_to_print_it_for(
    people: People, students: list[Person] | None
) -> None:
    resource = gallery_resource(people, ["choice"])
    items = list(resource.items.all()) if students == [] else []
    with pytest.raises(RuleBroken, match="Choose at least one"):
        printing.print_sheets(
            resource=resource, items=items, students=students, is_one_order=True, by=people.ada, at=people.now
        )


def test_a_question_of_another_resource_is_not_printed_with_it(people: People) -> None:
    mine, other = gallery_resource(people, ["choice"]), gallery_resource(people, ["order"])
    (sheet,) = printing.print_sheets(
        resource=mine,
        items=[*mine.items.all(), *other.items.all()],
        students=None,
        is_one_order=True,
        by=people.ada,
        at=people.now,
    )
    assert sheet.item_ids == [mine.items.get().pk]


# --- finding ----------------------------------------------------------------------------------------------------------


def test_a_code_finds_the_sheet_and_the_question(people: People) -> None:
    sheet, _other = printed(people)
    assert sheets.sheet_by_code(people.ada, paper_code(sheet.code, 2).lower()) == (sheet, 2)
    assert sheets.sheet_by_code(people.iris, paper_code(sheet.code)) == (sheet, 0)


def test_a_typing_error_is_told_from_a_sheet_that_is_not_there(people: People) -> None:
    with pytest.raises(CodeInvalid):
        sheets.sheet_by_code(people.ada, "K7Q2M-3A")
    with pytest.raises(NotFound):
        sheets.sheet_by_code(people.ada, paper_code("K7Q2M", 3))


def test_a_number_beyond_the_last_question_is_not_found(people: People) -> None:
    sheet, _other = printed(people)
    with pytest.raises(NotFound):
        sheets.sheet_by_code(people.ada, paper_code(sheet.code, 4))


@pytest.mark.parametrize("is_blank", [False, True])
def test_eve_finds_no_sheet_of_another_school(people: People, is_blank: bool) -> None:
    sheet = printed(people, is_blank=is_blank)[0]
    with pytest.raises(NotFound):
        sheets.sheet_by_code(people.eve, paper_code(sheet.code))
    with pytest.raises(NotFound):
        sheets.sheets_printed_with(people.eve, sheet.uuid)


def test_what_was_printed_together_is_found_together(people: People) -> None:
    together = printed(people)
    printed(people)
    assert sheets.sheets_printed_with(people.ada, together[1].uuid) == together


def test_the_newest_prints_of_a_resource_are_listed_once_each(people: People) -> None:
    sheet, _other = printed(people)
    assert sheets.sheets_of(people.ada, sheet.resource) == [sheet]
    assert sheets.sheets_of(people.eve, sheet.resource) == []


# --- entering ---------------------------------------------------------------------------------------------------------


def test_what_was_written_is_evidence_on_paper_of_the_student(people: People) -> None:
    sheet, _other = printed(people)
    row = enter(people, sheet, RIGHT)
    assert (row.student, row.score, row.on_paper, row.kind, row.item_id) == (
        people.ben,
        1.0,
        True,
        "answer",
        sheet.item_ids[0],
    )
    assert row.competency == people.competencies["7.1"]
    assert row.by == people.ada


def test_the_same_answer_twice_counts_once(people: People) -> None:
    sheet, _other = printed(people)
    assert enter(people, sheet, RIGHT) == enter(people, sheet, RIGHT)
    assert counted(people.ben) == [1.0]


def test_entering_again_corrects_and_mastery_follows(people: People) -> None:
    sheet, _other = printed(people)
    enter(people, sheet, WRONG)
    after_wrong = cell(people.ben, people.competencies["7.1"].pk, at=people.now).chance
    enter(people, sheet, RIGHT)
    assert counted(people.ben) == [1.0]
    assert cell(people.ben, people.competencies["7.1"].pk, at=people.now).chance > after_wrong


def test_undoing_a_correction_brings_the_first_answer_back(people: People) -> None:
    sheet, _other = printed(people)
    enter(people, sheet, WRONG)
    enter(people, sheet, RIGHT)
    paper.take_back(sheet=sheet, item=item_on(sheet, 1), student=people.ben, by=people.ada, at=people.now)
    assert counted(people.ben) == [0.0]


def test_undoing_the_only_answer_leaves_mastery_as_it_was(people: People) -> None:
    sheet, _other = printed(people)
    before = cell(people.ben, people.competencies["7.1"].pk, at=people.now).chance
    enter(people, sheet, WRONG)
    paper.take_back(sheet=sheet, item=item_on(sheet, 1), student=people.ben, by=people.ada, at=people.now)
    assert counted(people.ben) == []
    assert cell(people.ben, people.competencies["7.1"].pk, at=people.now).chance == pytest.approx(before)


def test_what_was_taken_back_can_be_entered_again(people: People) -> None:
    sheet, _other = printed(people)
    enter(people, sheet, WRONG)
    paper.take_back(sheet=sheet, item=item_on(sheet, 1), student=people.ben, by=people.ada, at=people.now)
    enter(people, sheet, WRONG)
    assert counted(people.ben) == [0.0]


def test_nothing_to_take_back_is_said(people: People) -> None:
    sheet, _other = printed(people)
    with pytest.raises(RuleBroken, match="nothing here"):
        paper.take_back(sheet=sheet, item=item_on(sheet, 1), student=people.ben, by=people.ada, at=people.now)


@pytest.mark.parametrize("response", [{}, {"RESPONSE": [""]}])
def test_an_empty_answer_is_no_evidence(people: People, response: dict[str, list[str]]) -> None:
    sheet, _other = printed(people)
    with pytest.raises(RuleBroken):
        enter(people, sheet, response)
    assert counted(people.ben) == []


def test_a_long_answer_needs_a_level_and_becomes_a_rating(people: People) -> None:
    sheet, _other = printed(people, ["extended-text"])
    with pytest.raises(RuleBroken, match="four levels"):
        enter(people, sheet, {})
    row = enter(people, sheet, {}, level=2, words=" Three clear sentences. ")
    assert (row.kind, row.score, row.words) == ("rubric", pytest.approx(2 / 3), "Three clear sentences.")


def test_another_level_corrects_the_first(people: People) -> None:
    sheet, _other = printed(people, ["extended-text"])
    enter(people, sheet, {}, level=0)
    enter(people, sheet, {}, level=3)
    assert counted(people.ben) == [1.0]


def test_a_blank_sheet_is_entered_for_each_who_wrote_on_it(people: People) -> None:
    (sheet,) = printed(people, is_blank=True)
    enter(people, sheet, RIGHT, student=people.ben)
    enter(people, sheet, WRONG, student=people.caro)
    assert (counted(people.ben), counted(people.caro)) == ([1.0], [0.0])
    assert entered_on([sheet], [people.ben, people.caro, people.finn]) == {
        (people.ben.pk, sheet.item_ids[0]),
        (people.caro.pk, sheet.item_ids[0]),
    }


def test_bens_sheet_takes_no_answer_of_caro(people: People) -> None:
    sheet, _other = printed(people)
    with pytest.raises(NotFound):
        enter(people, sheet, RIGHT, student=people.caro)


def test_a_question_about_no_skill_is_refused_with_a_reason(people: People) -> None:
    sheet, _other = printed(people)
    sheet.resource.items.update(competency=None)
    with pytest.raises(RuleBroken, match="no skill"):
        enter(people, sheet, RIGHT)


def test_the_same_question_printed_twice_counts_twice(people: People) -> None:
    first = printed(people)[0]
    again = printing.print_sheets(
        resource=first.resource,
        items=list(first.resource.items.all()),
        students=[people.ben],
        is_one_order=True,
        by=people.ada,
        at=people.now,
    )[0]
    enter(people, first, WRONG)
    enter(people, again, RIGHT)
    assert sorted(counted(people.ben)) == [0.0, 1.0]


def test_every_entry_stays_in_the_record(people: People) -> None:
    sheet, _other = printed(people)
    enter(people, sheet, WRONG)
    enter(people, sheet, RIGHT)
    rows = entries_of(sheet, item_on(sheet, 1), people.ben)
    assert [row.score for row in rows] == [0.0, 1.0]
    assert standing(rows) == rows[1]
