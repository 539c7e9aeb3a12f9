"""The library of a class: what is asked stands in the address; looking, keeping and assigning are one press each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from headway.core.library.search.values import Facet, Order
from headway.records.library.models import Alignment, Bookmark, Resource
from headway.records.planning.models import Block, PlanChange, Week
from headway.records.roster.models import Person
from headway.web.teacher import library
from headway.web.teacher.library_asking import question_of
from headway.web.teacher.page import monday_today
from tests.people import sign_in

if TYPE_CHECKING:
    from django.test import Client

    from tests.people import People

HTMX = {"HX-Request": "true"}


def at(people: People, name: str = "teacher-library", **more: Any) -> str:
    return reverse(name, kwargs={"class_id": people.school_class.pk, **more})


def titles(answer: Any) -> list[str]:
    return re.findall(r'<h3><a id="look-\d+"[^>]*>([^<]+)</a>', answer.content.decode())


def unused(people: People) -> Resource:
    """Return something essential that no week has."""
    used = set(Block.objects.values_list("resource_id", flat=True))
    return Resource.objects.exclude(pk__in=used).filter(variant_of=None, title__contains="two boats")[0]


# --- the address ------------------------------------------------------------------------------------------------------


def test_an_address_is_read_and_written_without_loss() -> None:
    asked = question_of(QueryDict("q=ratio&language=es&language=en&skill=7&fits=class&order=shortest&show=40"))
    assert asked.words == "ratio"
    assert asked.chosen[Facet.LANGUAGE] == ("es", "en")
    assert (asked.fits, asked.order, asked.shown) == ("class", Order.SHORTEST, 40)
    assert question_of(QueryDict(asked.query(shown=asked.shown))) == asked


def test_letting_go_of_one_choice_keeps_the_others() -> None:
    asked = question_of(QueryDict("language=es&language=en&kind=game"))
    assert question_of(QueryDict(asked.query(leave_out=("language", "es")))).chosen == {
        Facet.LANGUAGE: ("en",),
        Facet.KIND: ("game",),
    }


@pytest.mark.parametrize(
    "strange", ["order=loudest", "show=999999999", "show=-3", "skill=x", "fits=nobody", "q=" + "a" * 5000, "language="]
)
def test_what_makes_no_sense_in_an_address_is_left_out(client: Client, people: People, strange: str) -> None:
    sign_in(client, people.ada)
    assert client.get(f"{at(people)}?{strange}").status_code == 200


# --- the page ---------------------------------------------------------------------------------------------------------


def test_words_find_titles_and_the_page_says_how_many(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    answer = client.get(at(people), {"q": "harbor ratios"})
    assert titles(answer)[0] == "Ratios at the harbor"
    assert "for “harbor ratios”" in answer.content.decode()


def test_htmx_gets_the_results_alone_and_their_address(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    answer = client.get(at(people), {"q": "ratios", "order": "", "fits": ""}, headers=HTMX)
    assert b"<html" not in answer.content
    assert answer["HX-Push-Url"] == f"{at(people)}?q=ratios"
    typed_on = client.get(
        at(people), {"q": "ratios at"}, headers=HTMX | {"HX-Current-URL": f"http://testserver{at(people)}?q=ratios"}
    )
    assert typed_on["HX-Replace-Url"] == f"{at(people)}?q=ratios+at"


def test_a_filter_narrows_and_its_chip_lets_go(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    answer = client.get(at(people), {"language": "es"})
    assert all(resource.language == "es" for resource in Resource.objects.filter(title__in=titles(answer)))
    assert f'href="{at(people)}?"' in answer.content.decode()


def test_a_skill_finds_what_helps_with_it_and_with_what_is_below_it(client: Client, people: People) -> None:
    above, below = people.competencies["7.1"], people.competencies["7.2"]
    below.parent = above
    below.save()
    sign_in(client, people.ada)
    found = titles(client.get(at(people), {"skill": above.pk}))
    assert "Ratios at the harbor" in found
    assert "Unit rates at the harbor" in found
    assert "Percents at the harbor" not in found


def test_what_fits_a_student_is_in_a_language_they_read(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    reads = set(people.ben.languages.filter(reading_level__gt=0).values_list("language", flat=True))
    answer = client.get(at(people), {"fits": str(people.ben.uuid)})
    found = Resource.objects.filter(title__in=titles(answer))
    assert found
    assert {resource.language for resource in found} <= reads
    assert f"Fits {people.ben.given_name}" in answer.content.decode()


def test_another_classes_student_is_nobody_here(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    page = client.get(at(people), {"fits": str(people.gus.uuid)}).content.decode()
    assert people.gus.given_name not in page


def test_another_schools_resource_is_not_found_in_any_way(client: Client, people: People) -> None:
    theirs = people.resource("7.1-essential")
    theirs.school = people.other_school
    theirs.save()
    sign_in(client, people.ada)
    assert "Ratios at the harbor" not in titles(client.get(at(people), {"q": "ratios harbor"}))
    for name in ("teacher-library-piece", "teacher-library-present", "teacher-library-assign"):
        assert client.get(at(people, name, resource=theirs.uuid)).status_code == 404
    assert client.post(reverse("teacher-keep", kwargs={"resource": theirs.uuid})).status_code == 404
    assert client.post(at(people, "teacher-library-assign-do", resource=theirs.uuid)).status_code == 404


def test_an_empty_answer_names_the_filter_to_let_go(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    page = client.get(at(people), {"q": "ratios", "kind": "music"}).content.decode()
    assert "Let go of one filter" in page
    assert f"{at(people)}?q=ratios" in page


def test_show_more_shows_more_and_says_how_many_there_are(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    first, more = titles(client.get(at(people))), titles(client.get(at(people), {"show": 40}))
    assert len(first) == 20
    assert len(more) == 40
    assert more[:20] == first


def test_twenty_results_take_as_many_queries_as_one(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    counts = []
    for asked in ({"q": "equal groups boats"}, {}):
        client.get(at(people), asked, headers=HTMX)
        with CaptureQueriesContext(connection) as seen:
            client.get(at(people), asked, headers=HTMX)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 20


def test_words_are_completed_while_somebody_types(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    assert 'value="' in client.get(at(people, "teacher-library-words"), {"q": "harb"}).content.decode()
    assert client.get(at(people, "teacher-library-words"), {"q": "h"}).content.strip() == b""


def test_somebody_who_supports_the_class_looks_and_does_not_assign(client: Client, people: People) -> None:
    sign_in(client, people.iris)
    page = client.get(at(people), {"q": "ratios"}).content.decode()
    assert titles(client.get(at(people), {"q": "ratios"}))
    assert 'id="assign-' not in page


# --- one piece --------------------------------------------------------------------------------------------------------


def test_a_preview_shows_the_start_and_who_has_it_already(client: Client, people: People) -> None:
    block = people.block(people.ben, approved=False)
    assert block.resource is not None
    sign_in(client, people.ada)
    address = at(people, "teacher-library-piece", resource=block.resource.uuid)
    page = client.get(address, headers=HTMX).content.decode()
    assert "<html" not in page
    assert "Already in these plans" in page
    assert people.ben.short_name in page
    assert "A ferry carries three cars" in page or block.resource.text == ""


def test_a_preview_is_a_page_of_its_own_that_leads_back_to_the_search(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    piece = people.resource("7.1-essential")
    page = client.get(at(people, "teacher-library-piece", resource=piece.uuid), {"back": "q=ratios&language=en"})
    assert f'href="{at(people)}?q=ratios&amp;language=en"' in page.content.decode()


def test_nothing_strange_gets_into_the_way_back(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    piece = people.resource("7.1-essential")
    address = at(people, "teacher-library-piece", resource=piece.uuid)
    page = client.get(address, {"back": '"><script>alert(1)</script>&next=//evil.example'}).content.decode()
    assert "<script>alert" not in page
    assert not re.search(r'(href|action|hx-get)="[^"]*evil', page)


def test_presenting_shows_the_text_and_nothing_of_any_student(client: Client, people: People) -> None:
    people.draft()
    sign_in(client, people.ada)
    piece = people.resource("7.1-essential")
    page = client.get(at(people, "teacher-library-present", resource=piece.uuid)).content.decode()
    assert "A ferry carries three cars" in page
    assert not any(student.given_name in page for student in people.students)


# --- kept -------------------------------------------------------------------------------------------------------------


def test_ada_keeps_a_piece_and_lets_it_go(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    piece = people.resource("7.1-essential")
    keep, let_go = (reverse(name, kwargs={"resource": piece.uuid}) for name in ("teacher-keep", "teacher-let-go"))
    answer = client.post(keep, headers=HTMX).content.decode()
    assert let_go in answer
    assert 'aria-pressed="true"' in answer
    assert Bookmark.objects.get().person == people.ada
    assert client.post(let_go, {"next": at(people)}).headers["Location"] == at(people)
    assert not Bookmark.objects.exists()


def test_ada_finds_what_she_kept_and_nothing_else(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    piece = people.resource("7.1-essential")
    client.post(reverse("teacher-keep", kwargs={"resource": piece.uuid}))
    answer = client.get(at(people), {"kept": "1"})
    assert titles(answer) == [piece.title]
    assert "Kept for later" in answer.content.decode()


# --- assign -----------------------------------------------------------------------------------------------------------


def assign_form(people: People, **more: Any) -> dict[str, Any]:
    weeks = Week.objects.filter(class_week__school_class=people.school_class, class_week__monday=people.monday)
    free = [
        day
        for day in range(5)
        if Block.objects.filter(week__in=weeks, day=day, is_locked=False, group=None)
        .exclude(kind="choice")
        .values("week")
        .distinct()
        .count()
        == weeks.count()
    ]
    return {"seen": "1", "week": "this", "day": str(free[0]), "place": "best", "counts": "essential"} | more


def this_week(people: People) -> Any:
    """On a weekend the library plans the week that comes; the cast's week is drafted for it."""
    people.monday = monday_today(people.school_class)
    return people.draft(people.monday)


def test_the_sheet_says_what_it_does_to_each_week_and_does_nothing(client: Client, people: People) -> None:
    this_week(people)
    sign_in(client, people.ada)
    address = at(people, "teacher-library-assign", resource=unused(people).uuid)
    form = assign_form(people, who=[str(people.ben.uuid), str(people.caro.uuid)])
    page = client.get(address, form, headers=HTMX).content.decode()
    assert "Add to 2 weeks" in page
    assert re.search(r">\s*\d+ of \d+\s*<", page)
    assert not PlanChange.objects.exists()


def test_assigning_puts_it_into_three_weeks_and_one_undo_takes_it_out(client: Client, people: People) -> None:
    this_week(people)
    sign_in(client, people.ada)
    piece = unused(people)
    three = [str(each.uuid) for each in (people.ben, people.caro, people.finn)]
    address = at(people, "teacher-library-assign-do", resource=piece.uuid)
    answer = client.post(address, assign_form(people, who=three, back="q=boats"), headers=HTMX).content.decode()
    assert Block.objects.filter(resource=piece).count() == 3
    undo = re.search(r'hx-post="(/teach/changes/[^"]+)"', answer)
    assert undo is not None
    told = client.post(undo[1].replace("&amp;", "&"), headers=HTMX)
    assert "HX-Redirect" not in told
    assert not Block.objects.filter(resource=piece).exists()


def test_without_script_assigning_leads_back_to_the_search(client: Client, people: People) -> None:
    this_week(people)
    sign_in(client, people.ada)
    address = at(people, "teacher-library-assign-do", resource=unused(people).uuid)
    answer = client.post(address, assign_form(people, who=str(people.ben.uuid), back="q=boats"))
    assert answer.headers["Location"] == f"{at(people)}?q=boats"
    assert "Added to 1 week" in client.get(answer.headers["Location"]).content.decode()


def test_nobody_chosen_is_one_clear_sentence(client: Client, people: People) -> None:
    this_week(people)
    sign_in(client, people.ada)
    answer = client.post(at(people, "teacher-library-assign-do", resource=unused(people).uuid), assign_form(people))
    assert answer.status_code == 422
    assert "Choose at least one student" in answer.content.decode()


def test_who_cannot_get_it_is_told_beside_the_others(client: Client, people: People) -> None:
    this_week(people)
    sign_in(client, people.ada)
    piece = unused(people)
    address = at(people, "teacher-library-assign-do", resource=piece.uuid)
    client.post(address, assign_form(people, who=str(people.ben.uuid)))
    both = [str(people.ben.uuid), str(people.caro.uuid)]
    answer = client.post(address, assign_form(people, who=both), headers=HTMX).content.decode()
    assert "is in this week already" in answer
    assert Block.objects.filter(resource=piece).count() == 2


def test_a_student_who_reads_another_language_gets_the_other_door(client: Client, people: People) -> None:
    this_week(people)
    people.ben.languages.all().delete()
    people.ben.languages.create(language="es", reading_level=7)
    Block.objects.filter(
        resource__in=[people.resource_ids["7.6-essential"], people.resource_ids["7.6-essential-es"]]
    ).delete()
    piece, door = people.resource("7.6-essential"), people.resource("7.6-essential-es")
    sign_in(client, people.ada)
    form = assign_form(people, who=str(people.ben.uuid))
    page = client.get(at(people, "teacher-library-assign", resource=piece.uuid), form, headers=HTMX).content.decode()
    assert f"{people.ben.given_name} reads Spanish; this is in English." in page
    assert str(door.uuid) in page
    form |= {f"door-{people.ben.uuid}": str(door.uuid)}
    client.post(at(people, "teacher-library-assign-do", resource=piece.uuid), form)
    assert Block.objects.filter(week__student=people.ben, resource=door).count() == 1


def test_another_classes_student_cannot_be_chosen(client: Client, people: People) -> None:
    this_week(people)
    sign_in(client, people.ada)
    piece = unused(people)
    address = at(people, "teacher-library-assign-do", resource=piece.uuid)
    assert client.post(address, assign_form(people, who=str(people.gus.uuid))).status_code == 422
    assert not Block.objects.filter(resource=piece).exists()


def test_the_sheet_asks_as_often_for_six_as_for_eight(client: Client, people: People) -> None:
    this_week(people)
    sign_in(client, people.ada)
    address = at(people, "teacher-library-assign", resource=unused(people).uuid)
    counts = []
    for students in (people.students[2:], people.students):
        form = assign_form(people, who=[str(student.uuid) for student in students])
        client.get(address, form, headers=HTMX)
        with CaptureQueriesContext(connection) as seen:
            client.get(address, form, headers=HTMX)
        counts.append(len(seen))
    assert counts[0] == counts[1]


# --- beside a plan ----------------------------------------------------------------------------------------------------


def test_the_library_is_searched_beside_a_block_and_used(client: Client, people: People) -> None:
    block = people.block(people.ben, approved=False)
    sign_in(client, people.ada)
    week_page = client.get(
        reverse("teacher-week", kwargs={"class_id": people.school_class.pk, "monday": people.monday}),
        {"block": str(block.uuid)},
    )
    search = reverse("teacher-block-search", kwargs={"block": str(block.uuid)})
    assert search in week_page.content.decode()
    page = client.get(search, {"q": "percents", "all": "1"}, headers=HTMX).content.decode()
    chosen = re.search(r'name="resource" value="([^"]+)"', page)
    assert chosen is not None
    client.post(reverse("teacher-block-swap", kwargs={"block": str(block.uuid)}), {"resource": chosen[1]})
    block.refresh_from_db()
    assert block.resource is not None
    assert str(block.resource.uuid) == chosen[1]


def test_beside_a_plan_only_what_fits_the_student_comes_by_itself(client: Client, people: People) -> None:
    people.ben.languages.all().delete()
    people.ben.languages.create(language="es", reading_level=7)
    block = people.block(people.ben, approved=False)
    sign_in(client, people.ada)
    search = reverse("teacher-block-search", kwargs={"block": str(block.uuid)})
    page = client.get(search, {"q": "harbor"}, headers=HTMX).content.decode()
    assert "at the harbor" not in page
    assert "at the harbor" in client.get(search, {"q": "harbor", "all": "1"}, headers=HTMX).content.decode()


def test_an_empty_place_is_filled_from_the_whole_library(client: Client, people: People) -> None:
    block = people.block(people.ben, approved=False)
    week, place = block.week, f"{block.day}.{block.order}"
    block.delete()
    sign_in(client, people.ada)
    search = reverse("teacher-place-search", kwargs={"week_id": week.pk})
    page = client.get(search, {"place": place, "q": "boats", "all": "1"}, headers=HTMX).content.decode()
    offer = re.search(r'name="offer" value="([^"]+)"', page)
    assert offer is not None
    client.post(reverse("teacher-week-put", kwargs={"week_id": week.pk}), {"place": place, "offer": offer[1]})
    assert week.blocks.filter(day=block.day, order=block.order).count() == 1


def test_a_suggested_alignment_is_no_skill_of_a_result(client: Client, people: People) -> None:
    Alignment.objects.filter(resource=people.resource_ids["7.1-essential"]).update(status="suggested")
    sign_in(client, people.ada)
    assert "Ratios at the harbor" not in titles(client.get(at(people), {"skill": people.competencies["7.1"].pk}))


def test_a_spanish_search_can_be_asked_in_english(
    client: Client, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "translated", {"el muelle": "the dock", "puerto": "port"}.get)
    sign_in(client, people.ada)
    assert "?q=port" in client.get(at(people), {"q": "puerto"}).content.decode()
    Person.objects.filter(pk=people.ada.pk).update(language="es")
    page = client.get(at(people), {"q": "el muelle", "language": "en"}).content.decode()
    assert "q=the+dock&amp;language=en" in page


def test_an_english_search_is_not_translated(client: Client, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(library, "translated", asked.append)
    sign_in(client, people.ada)
    client.get(at(people), {"q": "harbor"})
    assert asked == []
