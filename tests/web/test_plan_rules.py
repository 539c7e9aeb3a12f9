"""A teacher says how much may happen by itself, is told what was done, and takes it back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from headway.records.planning import automation, limits, queries
from headway.records.planning.models import ClassWeek, PlanRules, Week
from tests.people import People, sign_in

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

pytestmark = pytest.mark.django_db
USUAL = {
    "automation": "suggest",
    "may_move_on": "on",
    "screen_minutes_cap": "100",
    "minutes_alone_cap": "200",
    "minutes_with_others_floor": "60",
    "choice_options": "3",
    "review_share_cap": "25",
}


@pytest.fixture
def ada(client: Client, people: People) -> Client:
    return sign_in(client, people.ada)


def address(people: People, name: str = "teacher-plan-rules", **more: Any) -> str:
    return reverse(name, kwargs={"class_id": people.school_class.pk, **more})


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def save(client: Client, people: People, **given: str) -> HttpResponse:
    return client.post(address(people, "teacher-plan-rules-set"), {**USUAL, **given}, follow=True)


def done_under_the_rule(people: People, *, flagged: int = 2) -> ClassWeek:
    automation.set_limits(school_class=people.school_class, limits={"automation": "do"}, by=people.ada, at=people.now)
    shared = people.draft()
    for place, week in enumerate(shared.weeks.order_by("pk")):
        week.flags = [{"kind": "look", "sentence": "Look first.", "facts": {}}] if place < flagged else []
        week.save(update_fields=["flags"])
    automation.approve_by_rule(class_week=shared, by=None, at=people.now)
    return shared


def test_the_page_shows_the_three_ways_in_words_and_which_one_holds(ada: Client, people: People) -> None:
    page = text_of(ada.get(address(people)))
    assert re.findall(r'name="automation" value="(\w+)"', page) == ["off", "suggest", "do"]
    assert re.search(r'value="suggest" checked', page)
    assert "Nothing reaches a student until you approve it." in page


def test_a_choice_holds_from_now_on(ada: Client, people: People) -> None:
    save(ada, people, automation="off", screen_minutes_cap="70", review_share_cap="20")
    rules = PlanRules.objects.get()
    assert (rules.automation, rules.screen_minutes_cap, rules.review_share_cap) == ("off", 70, 0.2)


def test_an_unticked_box_takes_moving_on_away(ada: Client, people: People) -> None:
    given = {name: value for name, value in USUAL.items() if name != "may_move_on"}
    ada.post(address(people, "teacher-plan-rules-set"), given)
    assert not PlanRules.objects.get().may_move_on


def test_one_press_puts_everything_back(ada: Client, people: People) -> None:
    page = text_of(save(ada, people, automation="do", choice_options="5"))
    undo = re.search(r'/rules/plan/back/[^"]+', page)
    assert undo is not None
    ada.post("/teach/classes/" + str(people.school_class.pk) + undo.group())
    assert limits.limits_now(queries.rules_of(people.school_class)) == limits.limits_now(PlanRules())


def test_an_undo_that_somebody_made_up_is_not_found(ada: Client, people: People) -> None:
    assert ada.post(address(people, "teacher-plan-rules-back", was="made:up")).status_code == 404


def test_an_undo_of_another_class_is_not_found(ada: Client, people: People) -> None:
    from django.core import signing  # noqa: PLC0415

    from headway.web.teacher.plan_rules import SALT  # noqa: PLC0415

    was = signing.dumps({"class": people.other_class.pk, "was": {"automation": "off"}}, salt=SALT)
    assert ada.post(address(people, "teacher-plan-rules-back", was=was)).status_code == 404


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"automation": ""}, "Choose how much may happen by itself."),
        ({"automation": "everything"}, "Choose one of the three."),
        ({"screen_minutes_cap": "many"}, "this is not a number. Choose one from 0 to 300."),
        ({"screen_minutes_cap": "1000"}, "choose a number from 0 to 300."),
        ({"choice_options": "2.5"}, "choose a number from 2 to 5."),
        ({"review_share_cap": "40"}, "choose a number from 0 to 25."),
        ({"minutes_with_others_floor": "290"}, "The class has 250 minutes a week"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence_and_nothing_is_changed(
    ada: Client, people: People, given: dict[str, str], words: str
) -> None:
    answer = save(ada, people, **given)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert not PlanRules.objects.exists()


def test_the_weights_stand_there_in_words_with_who_chose_them(ada: Client, people: People) -> None:
    automation.set_weights(
        organisation=people.school, values={"interest": 1}, why="They care for boats.", by=people.grace, at=people.now
    )
    page = text_of(ada.get(address(people)))
    assert "as much as what is learned" in page
    assert "They care for boats." in page
    assert people.grace.formal_name in page


# --- what was done for you -------------------------------------------------------------------------------------------


def test_today_tells_what_was_done_and_what_waits(ada: Client, people: People) -> None:
    done_under_the_rule(people)
    page = text_of(ada.get(reverse("teacher-today")))
    assert "6 weeks were approved under your rule on" in page
    assert "2 wait for your eye." in page


def test_seen_is_seen_by_every_teacher_of_the_class(ada: Client, people: People) -> None:
    shared = done_under_the_rule(people)
    ada.post(address(people, "teacher-week-seen", monday=shared.monday))
    assert "approved under your rule" not in text_of(ada.get(reverse("teacher-today")))
    assert Week.objects.filter(status="approved").count() == 6


def test_undo_all_takes_the_batch_back_from_today(ada: Client, people: People) -> None:
    done_under_the_rule(people)
    undo = re.search(r'action="(/teach/changes/[^"]+/undo/)"', text_of(ada.get(reverse("teacher-today"))))
    assert undo is not None
    ada.post(undo.group(1))
    assert not Week.objects.exclude(status="draft").exists()


def test_somebody_who_teaches_elsewhere_is_not_told(client: Client, people: People) -> None:
    done_under_the_rule(people)
    assert "approved under your rule" not in text_of(sign_in(client, people.eve).get(reverse("teacher-today")))


# --- off -------------------------------------------------------------------------------------------------------------


def test_the_board_of_a_class_that_is_off_has_no_draft_button_and_says_how_to_change_it(
    ada: Client, people: People
) -> None:
    save(ada, people, automation="off")
    page = text_of(ada.get(address(people, "teacher-week", monday=people.monday)))
    assert address(people, "teacher-week-draft", monday=people.monday) not in page
    assert "Automation is off for this class" in page
    assert address(people) in page


def test_a_press_from_an_old_page_makes_not_one_row_in_a_class_that_is_off(ada: Client, people: People) -> None:
    save(ada, people, automation="off")
    ada.post(address(people, "teacher-week-draft", monday=people.monday))
    ada.post(address(people, "teacher-week-draft", monday=people.monday), {"day": "0"})
    assert not ClassWeek.objects.exists()


def test_in_a_class_that_is_off_a_teacher_begins_with_empty_weeks_and_fills_them(ada: Client, people: People) -> None:
    save(ada, people, automation="off")
    begin = address(people, "teacher-week-begin", monday=people.monday)
    assert begin in text_of(ada.get(address(people, "teacher-week", monday=people.monday)))
    page = text_of(ada.post(begin, follow=True))
    assert "8 empty weeks are open." in page
    assert Week.objects.filter(blocks__isnull=True, status="draft").count() == 8
    week = Week.objects.get(student=people.ben)
    assert f"?add={week.pk}-" in page
    resource = people.resource("7.1-essential")
    place = queries.places(week)[0]
    ada.post(
        reverse("teacher-week-put", kwargs={"week_id": week.pk}),
        {"place": f"{place[0]}.{place[1]}", "offer": f"essential:{resource.uuid}", "version": week.version},
    )
    assert week.blocks.get().resource_id == resource.pk


def test_beginning_twice_is_beginning_once(ada: Client, people: People) -> None:
    for _press in range(2):
        ada.post(address(people, "teacher-week-begin", monday=people.monday))
    assert Week.objects.count() == 8
