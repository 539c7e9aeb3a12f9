"""Groups have the right size, never stand in each other's way, change and come back, and go round."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from headway.core.shared.errors import RuleBroken
from headway.records.evidence.queries import cells
from headway.records.grouping import actions, queries
from headway.records.grouping.models import Group, GroupMember
from headway.records.planning import drafts
from headway.records.planning import seats as planning_seats
from headway.records.planning.models import Block, ClassWeek, Week
from headway.records.roster.queries import students_with_profiles

if TYPE_CHECKING:
    from headway.records.roster.models import Person
    from tests.people import People


def group(people: People, *students: Person, weeks_ago: int = 0, **facts: Any) -> Group:
    usual = {"kind": "needs", "weekday": 2, "order": 1, "minutes": 20, "why": {}, "at": people.now}
    return actions.make_group(
        school_class=people.school_class,
        competency=people.competencies["7.2"],
        students=students,
        monday=people.monday - timedelta(weeks=weeks_ago),
        by=people.ada,
        **{**usual, **facts},
    )


def three(people: People) -> tuple[Person, Person, Person]:
    return people.ben, people.quinn, people.otis


def names_in(made: Group) -> set[str]:
    return {member.student.given_name for member in queries.members_of(made)}


class TestWhoMayMeet:
    def test_nobody_is_in_a_needs_group_four_weeks_running(self, people: People) -> None:
        for weeks_ago in (3, 2, 1):
            group(people, *three(people), weeks_ago=weeks_ago)
        with pytest.raises(RuleBroken, match="3 weeks running"):
            group(people, people.ben, people.caro, people.finn)

    def test_another_kind_of_group_is_open_all_the_same(self, people: People) -> None:
        for weeks_ago in (3, 2, 1):
            group(people, *three(people), weeks_ago=weeks_ago)
        assert group(people, *three(people), kind="stretch").pk

    def test_the_teacher_meets_one_group_at_a_time(self, people: People) -> None:
        group(people, *three(people))
        with pytest.raises(RuleBroken, match="Another group meets at that time"):
            group(people, people.caro, people.finn, people.lena)

    def test_nobody_sits_in_two_teams(self, people: People) -> None:
        with pytest.raises(RuleBroken, match="two teams"):
            teams(people, people.students[:4], people.students[3:7])


def teams(people: People, *members: list[Person], roles: bool = True) -> list[Group]:
    given = ("reader", "builder", "checker", "speaker", "connector")
    return actions.make_teams(
        school_class=people.school_class,
        competency=people.competencies["7.1"],
        resource=people.resource("project-1"),
        teams=[
            [
                (student, actions.Part(role=role if roles else "", strong_in=people.competencies["7.1"].pk))
                for student, role in zip(team, given, strict=False)
            ]
            for team in members
        ],
        monday=people.monday,
        weekday=1,
        order=1,
        minutes=20,
        why={},
        by=people.ada,
        at=people.now,
    )


class TestTeams:
    def test_teams_work_at_the_same_time_with_roles(self, people: People) -> None:
        made = teams(people, people.students[:4], people.students[4:])
        assert {(team.weekday, team.order) for team in made} == {(1, 1)}
        assert [member.role for member in made[0].members.order_by("pk")] == [
            "reader",
            "builder",
            "checker",
            "speaker",
        ]

    def test_sent_twice_they_are_made_once(self, people: People) -> None:
        first = teams(people, people.students[:4], people.students[4:])
        assert teams(people, people.students[:4], people.students[4:]) == first
        assert Group.objects.count() == 2

    def test_two_members_with_one_role_are_refused(self, people: People) -> None:
        [made, _other] = teams(people, people.students[:4], people.students[4:])
        same = dict.fromkeys((student.pk for student in people.students[:4]), "reader")
        with pytest.raises(RuleBroken, match="same role"):
            actions.change_members(group=made, students=people.students[:4], roles=same, by=people.ada, at=people.now)

    def test_a_role_had_before_is_remembered_for_the_next_team(self, people: People) -> None:
        teams(people, people.students[:4], people.students[4:])
        members = queries.team_members(people.school_class, students_with_profiles(people.school_class), [], {})
        assert {one.student: one.roles_before for one in members}[people.ben.pk] == ("reader",)

    def test_a_student_who_reads_little_of_the_tasks_language_is_known_as_such(self, people: People) -> None:
        people.ben.languages.all().delete()
        people.ben.languages.create(language="es", reading_level=7, speaking_level=7, is_home_language=True)
        members = queries.team_members(people.school_class, students_with_profiles(people.school_class), [], {})
        [ben] = [one for one in members if one.student == people.ben.pk]
        assert (ben.languages, ben.reading) == (frozenset({"es"}), 0.0)


class TestChanging:
    def test_members_change_and_come_back(self, people: People) -> None:
        made = group(people, *three(people))
        actions.change_members(
            group=made, students=[people.ben, people.caro, people.otis], by=people.ada, at=people.now
        )
        assert names_in(made) == {"Ben", "Caro", "Otis"}
        actions.undo_change(group=made, by=people.ada, at=people.now)
        assert names_in(made) == {"Ben", "Quinn", "Otis"}

    def test_who_stays_in_a_team_keeps_role_and_strength(self, people: People) -> None:
        [made, other] = teams(people, people.students[:4], people.students[4:7])
        assert other
        actions.change_members(group=made, students=people.students[:3], by=people.ada, at=people.now)
        ben = made.members.get(student=people.ben)
        assert (ben.role, ben.strong_in_id) == ("reader", people.competencies["7.1"].pk)

    def test_a_group_moves_and_comes_back(self, people: People) -> None:
        made = group(people, *three(people))
        actions.move_group(group=made, weekday=4, order=0, minutes=15, by=people.ada, at=people.now)
        made.refresh_from_db()
        assert (made.weekday, made.order, made.minutes) == (4, 0, 15)
        actions.undo_change(group=made, by=people.ada, at=people.now)
        made.refresh_from_db()
        assert (made.weekday, made.order, made.minutes) == (2, 1, 20)

    def test_only_the_newest_change_comes_back(self, people: People) -> None:
        made = group(people, *three(people))
        actions.move_group(group=made, weekday=4, order=0, minutes=15, by=people.ada, at=people.now)
        actions.undo_change(group=made, by=people.ada, at=people.now)
        with pytest.raises(RuleBroken, match="nothing to take back"):
            actions.undo_change(group=made, by=people.ada, at=people.now)

    def test_an_ended_group_does_not_change(self, people: People) -> None:
        made = group(people, *three(people))
        actions.end_group(group=made, by=people.ada, at=people.now)
        with pytest.raises(RuleBroken, match="is over"):
            actions.move_group(group=made, weekday=4, order=0, minutes=15, by=people.ada, at=people.now)

    def test_the_end_of_a_group_can_be_taken_back(self, people: People) -> None:
        made = group(people, *three(people))
        actions.end_group(group=made, by=people.ada, at=people.now)
        actions.resume_group(group=made, by=people.ada, at=people.now)
        assert list(queries.groups_of(people.school_class, people.monday)) == [made]

    def test_not_when_another_group_has_its_time(self, people: People) -> None:
        made = group(people, *three(people))
        actions.end_group(group=made, by=people.ada, at=people.now)
        group(people, people.caro, people.finn, people.lena)
        with pytest.raises(RuleBroken, match="Another group meets at that time"):
            actions.resume_group(group=made, by=people.ada, at=people.now)


class TestWhatCameOfIt:
    def test_the_word_before_and_the_word_now(self, people: People) -> None:
        made = group(people, people.marta, people.quinn, people.otis, weeks_ago=2)
        GroupMember.objects.all().update(role="")
        [before] = [one for one in queries.outcomes(made, at=people.now) if one.student == people.marta]
        for _answer in range(6):
            people.answer(people.marta, "7.2", right=True, days_ago=3)
        [after] = [one for one in queries.outcomes(made, at=people.now) if one.student == people.marta]
        assert after.before == before.before
        assert after.pieces == before.pieces + 6


class TestGoingRound:
    def test_who_stays_three_weeks_is_told(self, people: People) -> None:
        for weeks_ago in (2, 1, 0):
            group(people, *three(people), weeks_ago=weeks_ago)
        found = queries.alarms(people.school_class, people.monday, students_with_profiles(people.school_class))
        assert {alarm.about for alarm in found if alarm.kind == "stays"} == {one.pk for one in three(people)}

    def test_a_group_that_was_ended_counts_for_nobody(self, people: People) -> None:
        for weeks_ago in (2, 1, 0):
            made = group(people, *three(people), weeks_ago=weeks_ago)
        actions.end_group(group=made, by=people.ada, at=people.now)
        assert len(queries.needs_weeks(people.school_class, people.monday)) == 2

    def test_a_fixed_number_of_queries(self, people: People, django_assert_max_num_queries: Any) -> None:
        for weeks_ago in (2, 1, 0):
            group(people, *three(people), weeks_ago=weeks_ago)
        with django_assert_max_num_queries(8):
            queries.alarms(people.school_class, people.monday, students_with_profiles(people.school_class))


class TestWhatEachBrings:
    def test_the_own_best_skill_beside_the_target(self, people: People) -> None:
        path = [skill.pk for skill in people.path]
        grid = cells(people.students, path, at=people.now, school_class=people.school_class)
        target = people.competencies["7.2"].pk
        found = queries.brings([people.ben.pk], path, grid, leave_out=target)
        own = [cell for key, cell in grid.items() if key[0] == people.ben.pk and key[1] != target and cell.pieces]
        assert found[people.ben.pk] in own

    def test_nothing_seen_is_no_strength(self, people: People) -> None:
        assert queries.brings([people.ben.pk], [people.path[0].pk], {}) == {}


class TestWeeksThatAreOlderThanAGroup:
    def drafted(self, people: People) -> None:
        Week.objects.all().delete()
        drafts.draft_class_week(school_class=people.school_class, monday=people.monday, by=people.ada, at=people.now)
        Group.objects.all().update(ended_at=people.now)
        drafts.draft_class_week(
            school_class=people.school_class,
            monday=people.monday,
            by=people.ada,
            at=people.now,
            students=people.students,
        )

    def behind(self, people: People) -> set[str]:
        return {
            week.student.given_name for week in planning_seats.weeks_behind_groups(people.school_class, people.monday)
        }

    def test_a_group_made_later_puts_its_members_behind(self, people: People) -> None:
        self.drafted(people)
        assert self.behind(people) == set()
        group(people, *three(people), at=people.now + timedelta(minutes=1))
        assert self.behind(people) == {"Ben", "Quinn", "Otis"}

    def test_drafting_exactly_those_weeks_brings_them_up(self, people: People) -> None:
        self.drafted(people)
        group(people, *three(people), at=people.now + timedelta(minutes=1))
        drafts.draft_class_week(
            school_class=people.school_class,
            monday=people.monday,
            by=people.ada,
            at=people.now + timedelta(minutes=2),
            students=three(people),
        )
        assert self.behind(people) == set()

    def test_a_group_that_ended_is_still_in_the_weeks_of_its_members(self, people: People) -> None:
        self.drafted(people)
        made = group(people, *three(people), at=people.now - timedelta(minutes=1))
        drafts.draft_class_week(
            school_class=people.school_class,
            monday=people.monday,
            by=people.ada,
            at=people.now + timedelta(minutes=2),
            students=three(people),
        )
        held = set(Week.objects.filter(blocks__group=made).values_list("student__given_name", flat=True))
        assert held
        actions.end_group(group=made, by=people.ada, at=people.now + timedelta(minutes=3))
        assert self.behind(people) == held


class TestATeamsWorkInTheWeek:
    def drafted(self, people: People, students: list[Person] | None = None) -> None:
        drafts.draft_class_week(
            school_class=people.school_class,
            monday=people.monday,
            by=people.ada,
            at=people.now + timedelta(minutes=2),
            students=students,
        )

    def blocks(self, student: Person) -> list[tuple[int, int, str, str, int | None]]:
        found = Block.objects.filter(week__student=student, group__kind="team")
        return list(found.values_list("day", "order", "kind", "with_whom", "resource_id"))

    def test_every_member_has_it_at_the_same_time(self, people: People) -> None:
        Week.objects.all().delete()
        teams(people, people.students[:4], people.students[4:])
        self.drafted(people)
        task = people.resource("project-1").pk
        assert all(self.blocks(student) == [(1, 1, "project", "team", task)] for student in people.students)

    def test_drafting_again_keeps_it_once(self, people: People) -> None:
        Week.objects.all().delete()
        teams(people, people.students[:4], people.students[4:])
        self.drafted(people)
        self.drafted(people, [people.ben])
        assert len(self.blocks(people.ben)) == 1

    def test_after_the_teams_end_the_next_draft_has_something_else_there(self, people: People) -> None:
        Week.objects.all().delete()
        made = teams(people, people.students[:4], people.students[4:])
        self.drafted(people)
        actions.end_groups(groups=made, by=people.ada, at=people.now + timedelta(minutes=3))
        assert len(planning_seats.weeks_behind_groups(people.school_class, people.monday)) == 8
        self.drafted(people, people.students)
        assert self.blocks(people.ben) == []


def test_a_first_draft_forms_no_needs_group_with_somebody_for_a_fourth_week(people: People) -> None:
    low = people.students[:4]
    for student in low:
        for _answer in range(6):
            people.answer(student, "7.1", right=False)
    for weeks_ago in (3, 2, 1):
        group(people, *low, weeks_ago=weeks_ago)
    Week.objects.all().delete()
    ClassWeek.objects.all().delete()
    drafts.draft_class_week(school_class=people.school_class, monday=people.monday, by=people.ada, at=people.now)
    this_week = GroupMember.objects.filter(group__monday=people.monday, group__kind="needs")
    assert not this_week.filter(student__in=low).exists()
