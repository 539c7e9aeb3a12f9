"""Mixed-strength teams for one task: everybody brings something, every part of the task is covered."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from headway.core.grouping.teams import (
    LARGEST_TEAM,
    NOT_APART,
    ROLES,
    SMALLEST_TEAM,
    THIN_COVER,
    Known,
    TeamMember,
    make_teams,
    team_sizes,
)
from headway.core.shared.errors import RuleBroken

SKILLS = {"ratios": 1.0, "drawing": 1.0, "telling": 1.0}


def member(student, *, languages=("en",), reading=1.0, roles_before=(), **chances):
    return TeamMember(
        student=student,
        known={
            skill: Known(chance=chance, low=chance - 0.1, pieces=4, word="growing") for skill, chance in chances.items()
        },
        languages=frozenset(languages),
        reading=reading,
        roles_before=tuple(roles_before),
    )


def a_class(seed, count=26):
    luck = np.random.default_rng(seed)
    return [
        member(
            number,
            languages=[("en",), ("en", "es"), ("es",)][int(luck.choice(3, p=[0.65, 0.2, 0.15]))],
            reading=1.0,
            **dict(zip(SKILLS, luck.uniform(0.1, 0.95, size=3).tolist(), strict=True)),
        )
        for number in range(count)
    ]


def cover(teams, members):
    by_id = {one.student: one for one in members}
    return [max(by_id[one].known[skill].chance for one in team) for team in teams for skill in SKILLS]


@pytest.mark.parametrize("count", range(SMALLEST_TEAM, 41))
@pytest.mark.parametrize("wanted", [3, 4, 5])
def test_nobody_is_left_out_and_no_team_is_too_small_or_too_large(count, wanted):
    sizes = team_sizes(count, wanted=wanted)
    assert sum(sizes) == count
    assert all(SMALLEST_TEAM <= size <= LARGEST_TEAM for size in sizes)


def test_two_students_are_no_team():
    with pytest.raises(RuleBroken):
        team_sizes(2)


def test_a_task_without_skills_makes_no_teams():
    with pytest.raises(RuleBroken):
        make_teams(a_class(1), {})


@pytest.mark.parametrize("seed", range(5))
class TestEveryClass:
    def test_everybody_sits_in_one_team(self, seed):
        members = a_class(seed)
        seated = [student for team in make_teams(members, SKILLS).teams for student in team.students]
        assert sorted(seated) == [one.student for one in members]

    def test_each_member_is_named_with_a_strength_and_its_evidence(self, seed):
        for team in make_teams(a_class(seed), SKILLS).teams:
            assert all(seat.strong_in in SKILLS and seat.pieces for seat in team.seats)

    def test_a_named_strength_is_near_the_members_own_peak(self, seed):
        members = a_class(seed)
        by_id = {one.student: one for one in members}
        for team in make_teams(members, SKILLS).teams:
            for seat in team.seats:
                chances = [known.chance for known in by_id[seat.student].known.values()]
                assert seat.chance >= max(chances) - 0.2

    def test_every_skill_of_the_task_is_carried_by_somebody_in_each_team(self, seed):
        for team in make_teams(a_class(seed), SKILLS).teams:
            assert set(team.covered_by) == set(SKILLS)
            assert set(team.covered_by.values()) <= set(team.students)

    def test_roles_are_different_within_a_team(self, seed):
        for team in make_teams(a_class(seed), SKILLS).teams:
            assert {seat.role for seat in team.seats} == {role.key for role in ROLES[: len(team.seats)]}

    def test_the_thinnest_cover_is_better_than_any_of_twenty_drawn_by_luck(self, seed):
        members = a_class(seed)
        ours = min(cover([team.students for team in make_teams(members, SKILLS).teams], members))
        luck = np.random.default_rng(seed)
        cuts = np.cumsum(team_sizes(len(members)))[:-1]
        drawn = [
            min(cover([part.tolist() for part in np.split(luck.permutation(len(members)), cuts)], members))
            for _draw in range(20)
        ]
        assert ours >= max(drawn)

    def test_the_order_of_the_class_list_does_not_matter(self, seed):
        members = a_class(seed)
        assert make_teams(members, SKILLS) == make_teams(reversed(members), SKILLS)


@pytest.mark.parametrize("seed", range(6))
def test_the_thinnest_cover_of_two_teams_is_near_the_best_there_is(seed):
    members = a_class(seed, count=8)
    made = make_teams(members, SKILLS)
    everyone = {one.student for one in members}
    best = max(
        min(cover([one, sorted(everyone - set(one))], members)) for one in combinations(sorted(everyone), 4) if 0 in one
    )
    assert min(cover([team.students for team in made.teams], members)) >= 0.9 * best


def test_somebody_who_reads_spanish_sits_with_somebody_who_shares_it():
    newcomers = [
        member(f"new {number}", languages=("es",), reading=0.2, ratios=0.8, drawing=0.4, telling=0.4)
        for number in range(3)
    ]
    bridges = [
        member(f"both {number}", languages=("en", "es"), ratios=0.5, drawing=0.5, telling=0.5) for number in range(3)
    ]
    others = [member(f"else {number}", ratios=0.3, drawing=0.6, telling=0.7) for number in range(6)]
    made = make_teams([*newcomers, *bridges, *others], SKILLS)
    for team in made.teams:
        own = {str(student)[:3] for student in team.students}
        newcomers_here = sum(str(student).startswith("new") for student in team.students)
        assert "new" not in own or "bot" in own or newcomers_here > 1


def test_two_who_are_kept_apart_sit_apart():
    members = a_class(3, count=12)
    apart = [frozenset({0, 1}), frozenset({0, 2}), frozenset({4, 5})]
    for team in make_teams(members, SKILLS, apart=apart).teams:
        assert not any(pair <= set(team.students) for pair in apart)


def test_what_cannot_be_kept_apart_is_said():
    made = make_teams(a_class(3, count=4), SKILLS, apart=[frozenset({0, 1})])
    assert (NOT_APART, {"count": 1}) in made.unmet


def test_a_team_where_nobody_is_sure_of_a_skill_is_told_to_the_teacher():
    members = [member(number, ratios=0.8, drawing=0.2, telling=0.7) for number in range(4)]
    [(sentence, facts)] = make_teams(members, SKILLS).unmet
    assert sentence == THIN_COVER
    assert facts == {"number": 1, "competency": "drawing"}


def test_somebody_new_is_named_for_the_own_best_elsewhere():
    new = member("new", painting=0.9, reading_aloud=0.4)
    made = make_teams([new, *a_class(2, count=3)], SKILLS)
    seat = next(seat for team in made.teams for seat in team.seats if seat.student == "new")
    assert (seat.strong_in, seat.is_for_the_task) == ("painting", False)


def test_somebody_of_whom_nothing_was_seen_has_a_role_and_no_made_up_strength():
    made = make_teams([member("new"), *a_class(2, count=3)], SKILLS)
    seat = next(seat for team in made.teams for seat in team.seats if seat.student == "new")
    assert seat.strong_in is None
    assert seat.role


def test_a_role_goes_round():
    same = {"ratios": 0.6, "drawing": 0.6, "telling": 0.6}
    before = [role.key for role in ROLES[:3]]
    members = [member(number, roles_before=[before[number]] * 2, **same) for number in range(3)]
    [team] = make_teams(members, SKILLS).teams
    assert all(before[seat.student] != seat.role for seat in team.seats)
