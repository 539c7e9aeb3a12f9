"""The pages of groups: strengths first, one press to make, teams for a task, cards that say nothing but good."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.http import urlencode

from headway.records.grouping import actions
from headway.records.grouping.models import Group
from headway.records.planning import drafts
from headway.records.planning.models import Block, PlanRules, Week
from headway.web.teacher.groups import part_words
from tests.people import sign_in

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from headway.records.roster.models import Person
    from tests.people import People


@pytest.fixture
def ada(client: Client, people: People) -> Client:
    """Ada, signed in."""
    sign_in(client, people.ada)
    return client


def coming(people: People) -> dict[str, Any]:
    """The week that comes, whatever the day of the test."""
    return {"class_id": people.school_class.pk, "monday": people.monday + timedelta(weeks=1)}


def page(client: Client, name: str, query: str = "", **where: Any) -> str:
    answer = client.get(reverse(name, kwargs=where) + query)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def post(client: Client, name: str, data: dict[str, Any], **where: Any) -> HttpResponse:
    return client.post(reverse(name, kwargs=where), data)  # type: ignore[return-value]


def a_group(people: People, *students: Person, **facts: Any) -> Group:
    usual = {
        "kind": "needs",
        "monday": coming(people)["monday"],
        "weekday": 0,
        "order": 1,
        "minutes": 20,
        "why": {},
        "at": people.now,
    }
    return actions.make_group(
        school_class=people.school_class,
        competency=people.competencies["7.2"],
        students=students or (people.ben, people.quinn, people.otis),
        by=people.ada,
        **{**usual, **facts},
    )


def suggested(people: People, *students: Person) -> dict[str, Any]:
    """What the form of a suggestion sends."""
    return {
        "skill": people.competencies["7.1"].pk,
        "kind": "needs",
        "place": "0.1",
        "student": [str(student.uuid) for student in students],
    }


def in_group(group: Group) -> set[str]:
    return set(group.members.values_list("student__given_name", flat=True))


class TestTheWeeksGroups:
    def test_a_card_says_what_each_brings_before_why_they_meet(self, ada: Client, people: People) -> None:
        a_group(people, why={"sentence": "All {count} are at the same step on {skill}.", "facts": {"count": 3}})
        text = page(ada, "teacher-groups", **coming(people))
        assert text.index("brings") < text.index("All 3 are at the same step")

    def test_a_suggestion_is_made_with_one_press(self, ada: Client, people: People) -> None:
        post(ada, "teacher-groups-make", suggested(people, people.ben, people.caro, people.otis), **coming(people))
        made = Group.objects.get(monday=coming(people)["monday"])
        assert (made.weekday, made.order) == (0, 1)
        assert in_group(made) == {"Ben", "Caro", "Otis"}

    def test_pressing_twice_makes_one(self, ada: Client, people: People) -> None:
        for _press in range(2):
            post(ada, "teacher-groups-make", suggested(people, people.ben, people.caro, people.otis), **coming(people))
        assert Group.objects.filter(monday=coming(people)["monday"]).count() == 1

    def test_two_students_are_refused_in_words(self, ada: Client, people: People) -> None:
        post(ada, "teacher-groups-make", suggested(people, people.ben, people.caro), **coming(people))
        assert "A group has 3 to 6 students" in page(ada, "teacher-groups", **coming(people))

    def test_a_place_that_is_not_there_is_refused_in_words(self, ada: Client, people: People) -> None:
        sent = {**suggested(people, people.ben, people.caro, people.otis), "place": "7.7"}
        post(ada, "teacher-groups-make", sent, **coming(people))
        assert "Choose a place of the week" in page(ada, "teacher-groups", **coming(people))

    def test_making_is_undone_by_the_toast(self, ada: Client, people: People) -> None:
        post(ada, "teacher-groups-make", suggested(people, people.ben, people.caro, people.otis), **coming(people))
        made = Group.objects.get(monday=coming(people)["monday"])
        assert reverse("teacher-group-end", kwargs={"group_id": made.pk}) in page(
            ada, "teacher-groups", **coming(people)
        )

    def test_a_class_that_plans_by_hand_gets_no_suggestion_unasked(self, ada: Client, people: People) -> None:
        PlanRules.objects.update_or_create(school_class=people.school_class, defaults={"automation": "off"})
        assert "Make this group" not in page(ada, "teacher-groups", **coming(people))
        assert "unless you ask" in page(ada, "teacher-groups", **coming(people))

    def test_who_stays_is_told_with_one_thing_to_do(self, ada: Client, people: People) -> None:
        for weeks_ago in (2, 1, 0):
            a_group(people, monday=coming(people)["monday"] - timedelta(weeks=weeks_ago))
        text = page(ada, "teacher-groups", **coming(people))
        assert "3 weeks running: " in text
        assert "One thing to do:" in text

    def test_a_past_week_offers_nothing_to_make(self, ada: Client, people: People) -> None:
        text = page(
            ada,
            "teacher-groups",
            class_id=people.school_class.pk,
            monday=people.monday - timedelta(weeks=2),
        )
        assert "Make this group" not in text
        assert "Draft teams" not in text

    def test_a_fixed_number_of_queries(self, ada: Client, people: People, django_assert_max_num_queries: Any) -> None:
        a_group(people)
        page(ada, "teacher-groups", **coming(people))
        with django_assert_max_num_queries(42):
            page(ada, "teacher-groups", **coming(people))

    def test_more_groups_take_no_more_queries(
        self, ada: Client, people: People, django_assert_max_num_queries: Any
    ) -> None:
        a_group(people)
        with CaptureQueriesContext(connection) as one:
            page(ada, "teacher-groups", **coming(people))
        a_group(people, people.caro, people.finn, people.lena, weekday=2)
        with CaptureQueriesContext(connection) as two:
            page(ada, "teacher-groups", **coming(people))
        assert len(two) <= len(one)


class TestOneGroup:
    def test_the_session_is_planned_minute_by_minute(self, ada: Client, people: People) -> None:
        text = page(ada, "teacher-group", group_id=a_group(people).pk)
        assert text.index("Start from what each brings") < text.index("One question each, alone")

    def test_what_came_of_it_stands_with_a_group_that_met(self, ada: Client, people: People) -> None:
        made = a_group(people, monday=people.monday - timedelta(weeks=1))
        assert "What came of it" in page(ada, "teacher-group", group_id=made.pk)

    def test_members_change_and_the_toast_takes_it_back(self, ada: Client, people: People) -> None:
        made = a_group(people)
        wanted = [str(student.uuid) for student in (people.ben, people.quinn, people.caro)]
        post(ada, "teacher-group-members", {"student": wanted}, group_id=made.pk)
        assert in_group(made) == {"Ben", "Quinn", "Caro"}
        post(ada, "teacher-group-undo", {}, group_id=made.pk)
        assert in_group(made) == {"Ben", "Quinn", "Otis"}

    def test_a_group_moves_to_another_place(self, ada: Client, people: People) -> None:
        made = a_group(people)
        post(ada, "teacher-group-move", {"place": "2.1"}, group_id=made.pk)
        made.refresh_from_db()
        assert (made.weekday, made.order) == (2, 1)

    def test_a_group_works_with_what_was_chosen(self, ada: Client, people: People) -> None:
        made = a_group(people)
        chosen = people.resource("7.2-group")
        post(ada, "teacher-group-move", {"place": "0.1", "resource": str(chosen.uuid)}, group_id=made.pk)
        made.refresh_from_db()
        assert made.resource == chosen

    def test_it_ends_and_the_toast_takes_it_back(self, ada: Client, people: People) -> None:
        made = a_group(people)
        post(ada, "teacher-group-end", {}, group_id=made.pk)
        assert Group.objects.get(pk=made.pk).ended_at is not None
        post(ada, "teacher-group-again", {}, group_id=made.pk)
        assert Group.objects.get(pk=made.pk).ended_at is None


def task(people: People, **more: Any) -> dict[str, Any]:
    """What the form for teams sends."""
    return {
        "task": str(people.resource("project-1").uuid),
        "skill": [people.competencies["7.1"].pk, people.competencies["7.2"].pk, people.competencies["7.3"].pk],
        "size": "4",
        "place": "1.1",
        **more,
    }


def query(sent: dict[str, Any]) -> str:
    return "?" + urlencode(sent, doseq=True)


class TestTeams:
    def test_teams_are_drafted_with_a_role_and_a_strength_for_each(self, ada: Client, people: People) -> None:
        text = page(ada, "teacher-teams", query(task(people)), **coming(people))
        assert "Make these 2 teams" in text
        assert all(student.short_name in text for student in people.students)
        assert not Group.objects.filter(kind="team").exists()

    def accepted(self, text: str) -> dict[str, str]:
        """What the page of drafted teams would send as it stands."""
        found = {}
        for name, options in re.findall(r'<select[^>]*name="((?:team|role)-[^"]+)"[^>]*>(.*?)</select>', text, re.S):
            found[name] = re.findall(r'value="([^"]*)" selected', options)[0]
        return found

    def test_they_are_made_as_drafted(self, ada: Client, people: People) -> None:
        text = page(ada, "teacher-teams", query(task(people)), **coming(people))
        post(ada, "teacher-teams-make", {**task(people), **self.accepted(text)}, **coming(people))
        made = Group.objects.filter(kind="team")
        assert sorted(group.members.count() for group in made) == [4, 4]
        assert all(member.role for group in made for member in group.members.all())

    def test_a_student_can_be_put_into_another_team_first(self, ada: Client, people: People) -> None:
        text = page(ada, "teacher-teams", query(task(people)), **coming(people))
        sent = self.accepted(text)
        key = f"team-{people.ben.uuid}"
        sent[key] = "2" if sent[key] == "1" else "1"
        sent[f"role-{people.ben.uuid}"] = ""
        post(ada, "teacher-teams-make", {**task(people), **sent}, **coming(people))
        assert sorted(group.members.count() for group in Group.objects.filter(kind="team")) == [3, 5]

    def test_a_team_of_two_is_refused_and_nothing_chosen_is_lost(self, ada: Client, people: People) -> None:
        text = page(ada, "teacher-teams", query(task(people)), **coming(people))
        sent = self.accepted(text)
        ones = [name for name, value in sent.items() if name.startswith("team-") and value == "1"]
        sent |= {ones[0]: "2", ones[1]: "2"}
        answer = post(ada, "teacher-teams-make", {**task(people), **sent}, **coming(people))
        assert answer.status_code == 422
        assert self.accepted(answer.content.decode())[ones[0]] == "2"
        assert not Group.objects.filter(kind="team").exists()

    def test_they_end_together_and_come_back_together(self, ada: Client, people: People) -> None:
        text = page(ada, "teacher-teams", query(task(people)), **coming(people))
        post(ada, "teacher-teams-make", {**task(people), **self.accepted(text)}, **coming(people))
        address = reverse("teacher-teams-end", kwargs={**coming(people), "task": people.resource("project-1").uuid})
        ada.post(address)
        assert Group.objects.filter(kind="team", ended_at__isnull=True).count() == 0
        ada.post(f"{address}?again=1")
        assert Group.objects.filter(kind="team", ended_at__isnull=True).count() == 2

    def test_without_a_task_the_page_says_what_is_missing(self, ada: Client, people: People) -> None:
        ada.get(reverse("teacher-teams", kwargs=coming(people)))
        assert "Choose the task first" in page(ada, "teacher-groups", **coming(people))


def cards_in(text: str) -> list[str]:
    return re.findall(r'<section class="rolecard".*?</section>', text, re.S)


class TestOnPaper:
    def test_each_student_has_a_card(self, ada: Client, people: People) -> None:
        text = page(ada, "teacher-group-print", group_id=a_group(people).pk)
        assert len(cards_in(text)) == 3

    def test_a_card_is_in_the_students_language(self, ada: Client, people: People) -> None:
        people.ben.language = "es"
        people.ben.save()
        cards = cards_in(page(ada, "teacher-group-print", group_id=a_group(people).pk))
        [ben] = [card for card in cards if "Ben" in card]
        assert 'lang="es"' in ben
        assert "tasa unitaria" in ben

    def test_no_card_says_why_the_group_was_formed(self, ada: Client, people: People) -> None:
        cards = cards_in(page(ada, "teacher-group-print", group_id=a_group(people).pk))
        assert not any(re.search(r"need|work on it|starting|growing|level", card, re.I) for card in cards)

    def test_a_role_card_says_what_the_role_does_and_how_to_begin(self, ada: Client, people: People) -> None:
        made = a_group(
            people,
            kind="team",
            parts={people.ben.pk: actions.Part(role="checker", strong_in=people.competencies["7.1"].pk)},
        )
        text = page(ada, "teacher-group-print", group_id=made.pk)
        assert "Checks each step" in text
        assert "How do we know?" in text

    def test_a_whole_week_prints_at_once(self, ada: Client, people: People) -> None:
        a_group(people)
        a_group(people, people.caro, people.finn, people.lena, weekday=2)
        text = page(ada, "teacher-groups-print", **coming(people))
        assert len(cards_in(text)) == 6
        assert text.count("Minute by minute") == 2


class TestWeeksThatAreOlderThanTheirGroups:
    def drafted(self, people: People) -> None:
        where: dict[str, Any] = {"school_class": people.school_class, "monday": coming(people)["monday"]}
        drafts.draft_class_week(**where, by=people.ada, at=people.now)
        Group.objects.all().delete()
        drafts.draft_class_week(**where, students=people.students, by=people.ada, at=people.now)

    def test_one_press_drafts_exactly_those_again(self, ada: Client, people: People) -> None:
        self.drafted(people)
        made = a_group(people, at=people.now + timedelta(seconds=1))
        before = dict(Week.objects.values_list("pk", "version"))
        assert "Draft these 3 weeks again" in page(ada, "teacher-groups", **coming(people))
        post(ada, "teacher-groups-draft", {}, **coming(people))
        changed = [week.student.given_name for week in Week.objects.all() if week.version != before[week.pk]]
        assert set(changed) == {"Ben", "Quinn", "Otis"}
        assert Block.objects.filter(group=made).count() == 3

    def test_the_board_says_so_too(self, ada: Client, people: People) -> None:
        self.drafted(people)
        a_group(people, at=people.now + timedelta(seconds=1))
        assert "Draft these 3 weeks again" in page(ada, "teacher-week", **coming(people))


class TestOtherPages:
    def teams(self, people: People) -> None:
        for team in (people.students[:4], people.students[4:]):
            a_group(people, *team, kind="team", weekday=1, resource=people.resource("project-1"))

    def test_teams_do_not_crowd_the_class_grid(self, ada: Client, people: People) -> None:
        self.teams(people)
        assert "gcard--made" not in page(ada, "teacher-class", class_id=people.school_class.pk)

    def test_teams_do_not_crowd_the_boards_filters(self, ada: Client, people: People) -> None:
        drafts.draft_class_week(
            school_class=people.school_class, monday=coming(people)["monday"], by=people.ada, at=people.now
        )
        before = page(ada, "teacher-week", **coming(people)).count("?show=group-")
        self.teams(people)
        assert page(ada, "teacher-week", **coming(people)).count("?show=group-") == before


def test_a_part_of_the_class_is_told_in_words(people: People) -> None:
    assert [part_words(part, people.school_class) for part in ("E", "S", "language:es")] == [
        "still building English",
        "with a support plan",
        "Spanish at home",
    ]


def test_groups_that_follow_a_language_are_told_without_a_name(ada: Client, people: People) -> None:
    newcomers = people.students[:4]
    for student in people.students:
        own = "es" if student in newcomers else "en"
        student.languages.all().delete()
        student.languages.create(language=own, reading_level=7, speaking_level=7, is_home_language=True)
    # Written past the rules: nobody could make these week after week any more.
    for weeks_ago in range(6):
        made = a_group(people, *newcomers, kind="stretch", monday=coming(people)["monday"] - timedelta(weeks=weeks_ago))
        Group.objects.filter(pk=made.pk).update(kind="needs")
    text = page(ada, "teacher-groups", **coming(people))
    told = re.findall(r"Groups that work on a need hold more students[^<]*", text)
    assert "(still building English)" in " ".join(told)
    assert not any(student.given_name in words for words in told for student in newcomers)
