"""Two frameworks side by side: pairs with a reason, suggestions decided and undone, and what a path covers."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from headway.core.standards.values import CompetencyIn, FrameworkIn, LinkIn
from headway.records.standards import actions, pairing
from headway.records.standards.models import Competency, CompetencyLink, Framework

if TYPE_CHECKING:
    from tests.people import People

PAGE = "teacher-crosswalk"


def _take_arts(people: People, count: int = 3, title: str = "Arts of the harbor") -> Framework:
    rows = [
        CompetencyIn(
            source_id=f"VA.7.{number}",
            code=f"VA.7.{number}",
            statement="Compare two amounts of color with a ratio." if number == 1 else f"Sing song {number} in tune.",
            grade_low=7,
            grade_high=7,
        )
        for number in range(1, count + 1)
    ]
    rows.append(CompetencyIn(source_id="VA.2.1", code="VA.2.1", statement="Cut paper.", grade_low=2, grade_high=2))
    document = FrameworkIn(
        source="arts", source_id=title, title=title, subject="Visual arts", competencies=tuple(rows), links=()
    )
    framework, _taken = actions.take_framework(document=document, by=None, at=people.now)
    return framework


def _signed_in(people: People, name: str = "ada") -> Client:
    client = Client()
    client.force_login(getattr(people, name))
    return client


def _sides(people: People, framework: Framework, **more: object) -> dict[str, object]:
    return {"one": f"class-{people.school_class.pk}", "other": framework.pk, "grade": "7", **more}


def _show(people: People, framework: Framework, show: str, name: str = "ada", **more: object) -> str:
    answer = _signed_in(people, name).get(reverse(PAGE), _sides(people, framework, show=show, **more))
    assert answer.status_code == 200
    return answer.content.decode()


def _make_pair(people: People, framework: Framework, **facts: object) -> object:
    form = _sides(people, framework, code="TA.7.1", other_code="VA 7 1", match="close", why="Both compare.", **facts)
    return _signed_in(people).post(reverse("teacher-crosswalk-pair"), form, follow=True)


# --- pairs ------------------------------------------------------------------------------------------------------------


def test_a_pair_is_made_by_codes_in_any_spelling_and_shown_with_who_says_so_and_why(people: People) -> None:
    framework = _take_arts(people)
    page = _make_pair(people, framework).content.decode()  # type: ignore[attr-defined]
    assert CompetencyLink.objects.get(source="person").target == Competency.objects.get(code="VA.7.1")
    assert "Ms. Lind" in page
    assert "Both compare." in page
    assert ">close<" in page
    assert "palette" in page, "the arts are a partner worth seeing"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"code": "9.99"}, "has the code “9.99”"),
        ({"other_code": ""}, "Write the codes of both"),
        ({"why": " "}, "Say in a few words why"),
        ({"match": ""}, "Say how well they match"),
    ],
)
def test_a_form_that_is_not_whole_says_what_is_missing_and_keeps_the_words(
    people: People, changes: dict[str, str], sentence: str
) -> None:
    framework = _take_arts(people)
    form = _sides(people, framework, code="TA.7.1", other_code="VA.7.1", match="close", why="Kept words.") | changes
    answer = _signed_in(people).post(reverse("teacher-crosswalk-pair"), form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert form["other_code"] in page
    assert not CompetencyLink.objects.filter(source="person").exists()


def test_a_pair_is_taken_out_and_put_back(people: People) -> None:
    framework = _take_arts(people)
    _make_pair(people, framework)
    link = CompetencyLink.objects.get(source="person")
    client = _signed_in(people)
    client.post(reverse("teacher-crosswalk-unpair", kwargs={"link_id": link.pk}), _sides(people, framework))
    assert "No pair stands yet." in _show(people, framework, "pairs")
    client.post(reverse("teacher-crosswalk-again", kwargs={"link_id": link.pk}), _sides(people, framework))
    assert "Both compare." in _show(people, framework, "pairs")


def test_published_pairs_say_where_they_came_from_and_cannot_be_taken_out(people: People) -> None:
    framework = _take_arts(people)
    document = FrameworkIn(
        source="links",
        source_id="l",
        title="A published crosswalk",
        links=(LinkIn(kind="crosswalk", origin="VA.7.2", target="7.2", source_id="1"),),
    )
    actions.take_framework(document=document, by=None, at=people.now)
    page = _show(people, framework, "pairs")
    assert "Came with A published crosswalk" in page
    assert "Take out" not in page


def test_two_that_several_sources_pair_are_shown_once_in_the_schools_own_words(people: People) -> None:
    framework = _take_arts(people)
    for name in ("one", "two"):
        document = FrameworkIn(
            source="links",
            source_id=name,
            title=f"List {name}",
            links=(LinkIn(kind="crosswalk", origin="VA.7.1", target="7.1", source_id="1"),),
        )
        actions.take_framework(document=document, by=None, at=people.now)
    assert "Pairs (1)" in _show(people, framework, "pairs")
    _make_pair(people, framework)
    page = _show(people, framework, "pairs")
    assert "Pairs (1)" in page
    assert "Both compare." in page


def test_another_schools_pairs_and_frameworks_are_not_shown(people: People) -> None:
    framework = _take_arts(people)
    _make_pair(people, framework)
    own = Framework.objects.create(title="Ours alone", school=people.school)
    client = _signed_in(people, "eve")
    address = reverse(PAGE)
    shown = client.get(address, {"one": f"class-{people.other_class.pk}", "other": framework.pk}).content.decode()
    assert "Both compare." not in shown
    assert client.get(address, {"one": f"class-{people.school_class.pk}", "other": framework.pk}).status_code == 404
    assert client.get(address, {"other": own.pk}).status_code == 404


def test_a_leader_who_teaches_nothing_stays_among_the_leaders_pages(people: People) -> None:
    framework = _take_arts(people)
    page = _show(people, framework, "coverage", name="grace")
    assert reverse("leader-people") in page
    assert f'href="{reverse("teacher-today")}"' not in page


# --- suggestions ------------------------------------------------------------------------------------------------------


def _suggested(people: People, framework: Framework) -> list[CompetencyLink]:
    _signed_in(people).post(reverse("teacher-crosswalk-suggest"), _sides(people, framework))
    return list(CompetencyLink.objects.filter(status="suggested").order_by("pk"))


def test_words_suggest_pairs_that_wait_with_what_decided(people: People) -> None:
    framework = _take_arts(people, 40)
    waiting = _suggested(people, framework)
    assert waiting
    page = _show(people, framework, "suggested")
    assert all(f'value="{link.pk}"' in page for link in waiting)
    assert "Both say:" in page


def test_marked_suggestions_are_accepted_and_the_decision_is_undone(people: People) -> None:
    framework = _take_arts(people, 40)
    waiting = _suggested(people, framework)
    client = _signed_in(people)
    form = _sides(people, framework, pair=[link.pk for link in waiting], match="part", accept="1")
    client.post(reverse("teacher-crosswalk-decide"), form)
    assert set(CompetencyLink.objects.filter(source="words").values_list("status", "match")) == {("accepted", "part")}
    client.post(reverse("teacher-crosswalk-reopen"), _sides(people, framework))
    assert set(CompetencyLink.objects.filter(source="words").values_list("status", "match")) == {("suggested", "")}


def test_nothing_marked_is_a_sentence(people: People) -> None:
    framework = _take_arts(people)
    answer = _signed_in(people).post(reverse("teacher-crosswalk-decide"), _sides(people, framework, match="part"))
    assert answer.status_code == 409
    assert "Mark at least one suggestion" in answer.content.decode()


# --- coverage ---------------------------------------------------------------------------------------------------------


def _counted(page: str) -> list[int]:
    return [int(part.split("<b>")[1].split("</b>")[0]) for part in page.split('class="cw-sum ')[1:]]


def test_what_a_path_covers_could_cover_lists_and_does_not_touch(people: People) -> None:
    framework = _take_arts(people)
    rows = {row.code: row for row in framework.competencies.all()}
    signed = {"school": people.school, "by": people.ada, "at": people.now, "why": "So."}
    pairing.pair(origin=people.competencies["7.1"], target=rows["VA.7.1"], match="exact", **signed)
    pairing.pair(origin=people.competencies["7.2"], target=rows["VA.7.2"], match="part", **signed)
    page = _show(people, framework, "coverage")
    assert _counted(page) == [1, 1, 0, 1], "the one of grade 2 is not asked for"
    assert _counted(_show(people, framework, "coverage", grade="all")) == [1, 1, 0, 2]


def test_what_is_reached_without_evidence_or_a_question_is_listed_only(people: People) -> None:
    framework = _take_arts(people)
    alone = Competency.objects.create(
        framework=people.competencies["7.1"].framework, code="7.99", statement="New.", source_id="7.99"
    )
    actions.set_path(school_class=people.school_class, competencies=[alone], by=people.ada, at=people.now)
    pairing.pair(
        origin=alone,
        target=framework.competencies.get(code="VA.7.1"),
        match="exact",
        why="So.",
        school=people.school,
        by=people.ada,
        at=people.now,
    )
    assert _counted(_show(people, framework, "coverage")) == [0, 0, 1, 2]


def test_the_table_holds_every_standard_with_its_group(people: People) -> None:
    framework = _take_arts(people)
    _make_pair(people, framework)
    answer = _signed_in(people).get(reverse("teacher-crosswalk-csv"), _sides(people, framework))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert answer["Content-Type"].startswith("text/csv")
    assert [row[:2] for row in rows[1:]] == [
        ["Could be covered", "VA.7.1"],
        ["Not touched", "VA.7.2"],
        ["Not touched", "VA.7.3"],
    ]
    assert rows[1][4] == "TA.7.1"


def test_words_that_a_spreadsheet_would_run_stay_words(people: People) -> None:
    framework = _take_arts(people)
    framework.competencies.filter(code="VA.7.1").update(statement="=1+1")
    answer = _signed_in(people).get(reverse("teacher-crosswalk-csv"), _sides(people, framework))
    assert ",'=1+1," in answer.content.decode()


# --- as many queries for many as for few ------------------------------------------------------------------------------


@pytest.mark.parametrize("show", ["pairs", "suggested", "coverage"])
def test_more_rows_ask_no_more_of_the_database(people: People, show: str, django_assert_max_num_queries) -> None:
    counts = []
    for count in (2, 40):
        framework = _take_arts(people, count, title=f"Arts {count}")
        path = people.path
        for number, row in enumerate(framework.competencies.filter(grade_low=7)):
            CompetencyLink.objects.create(
                kind="crosswalk",
                origin=path[number % len(path)],
                target=row,
                school=people.school,
                framework=framework,
                source="words",
                status="suggested" if number % 2 else "accepted",
            )
        client = _signed_in(people)
        with django_assert_max_num_queries(60) as asked:
            assert client.get(reverse(PAGE), _sides(people, framework, show=show)).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
