"""My week: what a student sees, chooses, says and asks."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from headway.records.evidence.models import Evidence
from headway.records.planning import actions as planning
from headway.records.planning.models import Block, HelpRequest
from headway.records.roster import queries as roster
from headway.records.wellbeing.models import GoalCheck
from tests.people import People, sign_in


@pytest.fixture
def ben(client: Client, people: People) -> Client:
    """Return a browser in which Ben is signed in."""
    return sign_in(client, people.ben)


def of(people: People) -> str:
    return f"/my/week/{people.monday.isoformat()}/"


def test_a_week_in_pencil_is_not_shown(ben: Client, people: People) -> None:
    people.draft()
    page = ben.get(of(people))
    assert page.status_code == 200
    assert not page.context["tasks"]


def test_before_anything_is_approved_the_page_says_so_calmly(ben: Client, people: People) -> None:
    assert "Your week is not ready yet." in ben.get("/my/").content.decode()


def test_an_approved_week_shows_every_block_with_its_reasons(ben: Client, people: People) -> None:
    week = people.week(people.ben)
    page = ben.get(of(people))
    tasks = page.context["tasks"]
    assert [task.block.pk for task in tasks] == list(
        week.blocks.order_by("day", "order", "pk").values_list("pk", flat=True)
    )
    assert all(words for task in tasks for _icon, words in task.why)
    assert "{" not in "".join(words for task in tasks for _icon, words in task.why)


def test_today_stands_first(ben: Client, people: People) -> None:
    people.week(people.ben)
    days = ben.get(of(people)).context["shown_days"]
    today = timezone.localdate()
    if today.weekday() < 5:
        assert days[0].is_today
    else:
        assert [day.weekday for day in days] == sorted(day.weekday for day in days)


def test_essentials_only_shows_at_most_three(client: Client, people: People) -> None:
    people.week(people.otis)
    page = sign_in(client, people.otis).get(of(people))
    assert 0 < len(page.context["tasks"]) <= 3


def test_a_week_of_somebody_else_is_not_in_it(client: Client, people: People) -> None:
    people.week(people.ben)
    assert not sign_in(client, people.gus).get(of(people)).context["tasks"]


def test_a_teacher_is_no_student(client: Client, people: People) -> None:
    assert sign_in(client, people.ada).get("/my/").status_code == 403


def test_got_it_marks_the_block_done_and_can_be_taken_back(ben: Client, people: People) -> None:
    block = people.block(people.ben)
    ben.post(f"/my/blocks/{block.uuid}/finish/", {"feeling": "got-it", "paper": "on"})
    block.refresh_from_db()
    assert (block.feeling, block.used_paper, block.finished_at is None) == ("got-it", True, False)
    assert "/reopen/" in ben.get(of(people)).content.decode()
    ben.post(f"/my/blocks/{block.uuid}/reopen/")
    block.refresh_from_db()
    assert block.finished_at is None


def test_somebody_elses_block_is_not_found(client: Client, people: People) -> None:
    block = people.block(people.ben)
    other = sign_in(client, people.caro)
    for action in ("finish", "reopen", "choose", "door", "start"):
        assert other.post(f"/my/blocks/{block.uuid}/{action}/", {"feeling": "got-it"}).status_code == 404


def choice(people: People) -> Block:
    return people.block(people.ben, kind="choice")


def test_one_of_three_is_chosen(ben: Client, people: People) -> None:
    block = choice(people)
    options = [option.resource for option in block.options.filter(part="choice")]
    assert len(options) == 3
    ben.post(f"/my/blocks/{block.uuid}/choose/", {"option": str(options[1].uuid)})
    block.refresh_from_db()
    assert block.chosen_resource == options[1]


def test_an_own_idea_is_kept_in_the_students_words(ben: Client, people: People) -> None:
    block = choice(people)
    ben.post(f"/my/blocks/{block.uuid}/choose/", {"option": "own", "own_idea": "Build a raft from corks"})
    block.refresh_from_db()
    assert block.own_idea == "Build a raft from corks"
    assert "Build a raft from corks" in ben.get(of(people)).content.decode()


@pytest.mark.parametrize("sent", [{}, {"option": "own", "own_idea": " "}, {"option": "nonsense"}])
def test_a_choice_that_is_none_is_explained_beside_it(ben: Client, people: People, sent: dict[str, str]) -> None:
    block = choice(people)
    page = ben.post(f"/my/blocks/{block.uuid}/choose/", sent)
    assert page.status_code == 422
    assert page.context["choice_problem"]


def test_a_door_opens_the_same_work_in_another_language(ben: Client, people: People) -> None:
    block = people.block(people.ben)
    assert block.resource is not None
    door = block.resource.variants.get(language="es") if block.resource.language == "en" else block.resource.variant_of
    assert door is not None
    ben.post(f"/my/blocks/{block.uuid}/door/", {"option": str(door.uuid)})
    block.refresh_from_db()
    assert block.chosen_resource == door
    assert door.title in ben.get(of(people)).content.decode()


def test_a_door_to_other_work_is_not_there(ben: Client, people: People) -> None:
    block = people.block(people.ben)
    elsewhere = people.resource("project-1")
    assert ben.post(f"/my/blocks/{block.uuid}/door/", {"option": str(elsewhere.uuid)}).status_code == 404


def test_a_goal_is_kept_in_own_words_and_checked(ben: Client, people: People) -> None:
    ben.post("/my/goal/", {"words": "Ask one question before I get stuck."})
    goal = roster.goal_of(people.ben)
    assert goal is not None
    assert goal.words == "Ask one question before I get stuck."
    ben.post("/my/goal/today/", {"met": "yes"})
    ben.post("/my/goal/today/", {"met": "no"})
    assert [check.is_met for check in GoalCheck.objects.filter(goal=goal)] == [False]


def test_an_empty_goal_is_explained_beside_the_field(ben: Client, people: People) -> None:
    page = ben.post("/my/goal/", {"words": "  "})
    assert page.status_code == 422
    assert "Write your goal, then save." in page.content.decode()


def test_asking_for_help_reaches_the_class_and_shows_the_answer(ben: Client, people: People) -> None:
    ben.post("/my/help/", {"kind": "talk", "words": "Tomorrow?", "class": people.school_class.pk})
    asked = HelpRequest.objects.get(student=people.ben)
    assert (asked.kind, asked.words, asked.school_class) == ("talk", "Tomorrow?", people.school_class)
    planning.answer_help(request=asked, words="At 9:58, side table.", by=people.ada, at=timezone.now())
    assert "At 9:58, side table." in ben.get("/my/").content.decode()


def test_nobody_asks_in_a_class_they_are_not_in(ben: Client, people: People) -> None:
    ben.post("/my/help/", {"kind": "stuck", "class": people.other_class.pk})
    assert not HelpRequest.objects.filter(school_class=people.other_class).exists()


def test_the_queries_do_not_grow_with_the_week(
    ben: Client, people: People, django_assert_max_num_queries: object
) -> None:
    people.week(people.ben)
    with django_assert_max_num_queries(26):  # type: ignore[operator]
        ben.get(of(people))


def test_progress_shows_strengths_first_and_never_a_bare_percent(client: Client, people: People) -> None:
    priya = sign_in(client, people.priya)
    page = priya.get("/my/progress/")
    words = page.content.decode()
    assert page.context["strong"]
    assert words.index("What you can do") < words.index("Still to show")
    assert "%" not in words.split("<main")[1]


def test_a_skill_tells_what_it_comes_from(ben: Client, people: People) -> None:
    competency = people.competencies["7.1"]
    words = ben.get(f"/my/progress/{competency.pk}/").content.decode()
    assert "I can compare two amounts with a ratio." in words
    assert "from 4 pieces" in words


def test_a_skill_off_the_path_is_not_found(ben: Client, people: People) -> None:
    assert ben.get(f"/my/progress/{people.competencies['6.1'].pk}/").status_code == 404


def test_an_own_view_is_shown_and_not_counted(ben: Client, people: People) -> None:
    competency = people.competencies["7.1"]
    before = ben.get(f"/my/progress/{competency.pk}/").context["shown"].pieces
    for _twice in range(2):
        ben.post(
            f"/my/progress/{competency.pk}/view/",
            {"view": "alone", "words": "I did it at home.", "client_id": "1b4e28ba-2fa1-41d2-883f-0016d3cca427"},
        )
    assert Evidence.objects.filter(student=people.ben, kind="self").count() == 1
    page = ben.get(f"/my/progress/{competency.pk}/")
    assert page.context["shown"].pieces == before
    assert "I did it at home." in page.content.decode()


def test_a_view_that_is_none_is_explained(ben: Client, people: People) -> None:
    assert ben.post(f"/my/progress/{people.competencies['7.1'].pk}/view/", {}).status_code == 422
