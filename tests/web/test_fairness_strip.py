"""The fairness strip, the tasks behind each of its dots, and what a leader sees of it."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from headway.core.planning.fairness import MeasureName
from headway.records.planning import actions
from headway.records.planning.models import Block, PlanRules
from headway.web.shared import fairness_strip
from headway.web.shared.fairness_strip import RIGHT, TARGET, apart
from tests.people import People, sign_in
from tests.records.test_fairness_reports import many_students
from tests.web.test_mastery_rules import text_of

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client, people: People) -> Client:
    people.draft()
    return sign_in(client, people.ada)


@pytest.fixture
def grace(client: Client, people: People) -> Client:
    many_students(people)
    people.draft()
    return sign_in(client, people.grace)


def week(people: People) -> str:
    return reverse("teacher-week", kwargs={"class_id": people.school_class.pk, "monday": people.monday})


def behind(people: People, measure: str, **query: Any) -> str:
    place = {"class_id": people.school_class.pk, "monday": people.monday, "measure": measure}
    words = "&".join(f"{name}={value}" for name, value in query.items())
    return reverse("teacher-fairness", kwargs=place) + (f"?{words}" if words else "")


def strip_of(page: str) -> str:
    return page[page.index('id="fair"') : page.index('id="fair-table"')]


def leaders(people: People, measure: str = "") -> str:
    if not measure:
        return reverse("leader-week-fairness", kwargs={"monday": people.monday})
    place = {"monday": people.monday, "school_id": people.school.pk, "measure": measure}
    return reverse("leader-week-fairness-figures", kwargs=place)


# --- the strip ---------------------------------------------------------------------------------------------------------


def test_all_five_measures_stand_above_the_board(ada: Client, people: People) -> None:
    page = strip_of(text_of(ada.get(week(people))))
    for words in (
        "Grade-level work",
        "Screen minutes",
        "Time with other people",
        "Students choose",
        "Waits for an adult",
    ):
        assert words in page


def test_every_dot_of_the_strip_leads_to_a_page(ada: Client, people: People) -> None:
    links = re.findall(r'<a href="([^"]+/fair/[^"]+\?(?:of|student)=[^"]+)"', strip_of(text_of(ada.get(week(people)))))
    assert len(links) >= 8
    for link in set(links):
        assert ada.get(link).status_code == 200


def test_every_dot_says_in_words_what_it_is(ada: Client, people: People) -> None:
    page = strip_of(text_of(ada.get(week(people))))
    assert re.search(r'aria-label="English at home: \d+ minutes?"', page)


def test_a_student_over_the_cap_is_a_diamond_with_the_reason(ada: Client, people: People) -> None:
    PlanRules.objects.update_or_create(school_class=people.school_class, defaults={"screen_minutes_cap": 100})
    Block.objects.filter(week__student=people.finn).update(minutes=60, screen_minutes=60)
    page = strip_of(text_of(ada.get(week(people))))
    assert f"?student={people.finn.uuid}" in page
    assert re.search(r"Finn[^<]* has \d", page)


@given(st.lists(st.floats(42, RIGHT), max_size=6), st.one_of(st.none(), st.floats(42, RIGHT)))
def test_no_two_marks_of_a_strip_are_too_near_to_be_hit(spots: list[float], goal: float | None) -> None:
    ordered = sorted(spots)
    under = len(ordered) if goal is None else sum(spot <= goal for spot in ordered)
    moved = apart(ordered, under=under, goal=goal)
    assert all(right - left >= TARGET - 1e-6 for left, right in itertools.pairwise(moved))


def test_a_group_under_the_cap_is_not_drawn_over_it() -> None:
    moved = apart([120, 122, 124, 126], under=4, goal=130)
    assert moved[-1] < 130


def test_marks_that_are_apart_stay_where_they_are() -> None:
    assert apart([50, 90, 150]) == [50, 90, 150]


@pytest.mark.parametrize("name", list(MeasureName))
@given(values=st.lists(st.floats(0, 100), max_size=6))
def test_every_number_lies_on_its_strip(name: MeasureName, values: list[float]) -> None:
    scale = fairness_strip.scale_for(name, values)
    assert scale.low < scale.high
    assert all(scale.low <= value <= scale.high for value in values)


# --- the tasks behind a dot --------------------------------------------------------------------------------------------


def test_the_page_lists_the_blocks_that_make_the_number(ada: Client, people: People) -> None:
    block = Block.objects.filter(week__student=people.ben, screen_minutes__gt=0).first()
    assert block is not None
    page = text_of(ada.get(behind(people, "screen", student=people.ben.uuid)))
    assert f"?block={block.uuid}#panel" in page


def test_it_leads_to_the_students_row_of_the_board(ada: Client, people: People) -> None:
    assert f"#row-{people.ben.pk}" in text_of(ada.get(behind(people, "screen")))


def test_a_block_off_screen_is_not_behind_the_screen_minutes(ada: Client, people: People) -> None:
    block = Block.objects.filter(week__student=people.ben, screen_minutes=0).first()
    assert block is not None
    assert str(block.uuid) not in text_of(ada.get(behind(people, "screen", student=people.ben.uuid)))


def test_who_has_most_of_what_is_bad_comes_first(ada: Client, people: People) -> None:
    Block.objects.filter(week__student=people.quinn).update(screen_minutes=10)
    Block.objects.exclude(week__student=people.quinn).update(screen_minutes=1)
    page = text_of(ada.get(behind(people, "screen")))
    assert page.index("Quinn") < page.index(people.ben.short_name)


def test_one_thing_to_do_is_said_where_somebody_stands_out(ada: Client, people: People) -> None:
    Block.objects.filter(week__student=people.finn).update(minutes=60, screen_minutes=60)
    assert "Swap the longest screen block" in text_of(ada.get(behind(people, "screen", student=people.finn.uuid)))


def test_a_group_of_two_is_shown_to_its_teacher_and_not_judged(ada: Client, people: People) -> None:
    page = text_of(ada.get(week(people)))
    counts = dict(re.findall(r'\?of=([EBHS])">.*?<td class="n">(\d+)</td>', page, re.DOTALL))
    small = next((letter for letter, count in counts.items() if int(count) < 3), None)
    assert small is not None
    assert "Too few students to compare" in text_of(ada.get(behind(people, "screen", of=small)))


def test_open_waits_lead_to_where_they_are_answered(ada: Client, people: People) -> None:
    actions.ask_for_help(
        student=people.caro,
        school_class=people.school_class,
        kind="stuck",
        by=people.caro,
        at=people.now - timedelta(hours=3),
    )
    page = text_of(ada.get(behind(people, "waits")))
    assert "Asked for help" in page
    assert f'href="{reverse("teacher-today")}"' in page


@pytest.mark.parametrize(("measure", "query"), [("speed", {}), ("screen", {"of": "Z"}), ("screen", {"student": "no"})])
def test_what_is_not_there_is_not_found(ada: Client, people: People, measure: str, query: dict[str, str]) -> None:
    assert ada.get(behind(people, measure, **query)).status_code == 404


def test_a_student_of_another_class_is_not_found(ada: Client, people: People) -> None:
    assert ada.get(behind(people, "screen", student=people.gus.uuid)).status_code == 404


# --- for a leader ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", ["", *MeasureName])
def test_a_leader_reads_no_name_of_a_student(grace: Client, people: People, measure: str) -> None:
    page = text_of(grace.get(leaders(people, measure)))
    assert "Student1 " not in page
    assert not any(student.given_name in page for student in people.students)
    assert "/teach/" not in page


def test_dots_lead_to_the_figures_of_the_class(grace: Client, people: People) -> None:
    page = text_of(grace.get(leaders(people)))
    links = re.findall(r'<a href="([^"]+)#c-all-[EBHS]"', page)
    assert links
    assert grace.get(links[0]).status_code == 200


def test_every_group_that_is_shown_has_ten_students(grace: Client, people: People) -> None:
    page = text_of(grace.get(leaders(people, "screen")))
    counts = [int(count) for count in re.findall(r'</th><td class="n">(\d+)</td>', page)]
    assert counts
    assert min(counts) >= 10


def test_groups_are_called_by_the_language_of_their_class(grace: Client, people: People) -> None:
    page = text_of(grace.get(leaders(people, "screen")))
    assert "English at home" in page
    assert "The class’s language at home" in page


def test_what_is_left_out_is_said(grace: Client, people: People) -> None:
    assert "Left out: " in text_of(grace.get(leaders(people, "screen")))


def test_a_week_without_plans_says_so(client: Client, people: People) -> None:
    sign_in(client, people.grace)
    assert "No plans in this week" in text_of(client.get(leaders(people)))


def test_a_small_class_shows_hidden_instead_of_a_number(client: Client, people: People) -> None:
    people.draft()
    sign_in(client, people.grace)
    page = text_of(client.get(leaders(people)))
    assert "hidden" in page
    assert not re.search(r"#c-all-[EBHS]", page)


def test_a_school_of_somebody_else_is_not_found(client: Client, people: People) -> None:
    sign_in(client, people.hal)
    assert client.get(leaders(people) + f"?school={people.school.pk}").status_code == 404
    assert client.get(leaders(people, "screen")).status_code == 404


def test_both_pages_about_fairness_lead_to_each_other(grace: Client, people: People) -> None:
    assert reverse("leader-fairness") in text_of(grace.get(leaders(people)))
    assert reverse("leader-week-fairness-now") in text_of(grace.get(reverse("leader-fairness")))
