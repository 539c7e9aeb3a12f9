"""Who meets whom, and on what."""

from __future__ import annotations

import pytest

from headway.core.grouping import LARGEST, SMALLEST, Standing, kinds_for, suggest_groups


def standing(student="ben", *, chance, word="growing", pieces=3, skill="fractions", prerequisites_met=True):
    return Standing(
        student=student,
        competency=skill,
        chance=chance,
        pieces=pieces,
        word=word,
        prerequisites_met=prerequisites_met,
    )


class TestWhichKindsOfGroupAStandingQualifiesFor:
    def test_low_with_evidence_qualifies_for_working_on_it(self):
        assert kinds_for(standing(chance=0.3, word="starting")) == ("needs",)

    def test_without_evidence_there_is_no_reason_for_a_group(self):
        assert kinds_for(standing(chance=0.3, word="none", pieces=0)) == ()

    def test_a_missing_step_before_it_comes_first(self):
        assert kinds_for(standing(chance=0.3, prerequisites_met=False)) == ()

    def test_secure_and_high_qualifies_for_going_further(self):
        assert kinds_for(standing(chance=0.9, word="secure")) == ("stretch",)

    def test_secure_by_the_schools_rule_is_never_a_need(self):
        assert kinds_for(standing(chance=0.4, word="secure")) == ()

    def test_old_evidence_qualifies_for_looking_again(self):
        assert kinds_for(standing(chance=0.6, word="recheck")) == ("recheck",)

    def test_the_middle_qualifies_for_nothing(self):
        assert kinds_for(standing(chance=0.7)) == ()

    @pytest.mark.parametrize(("weeks", "kinds"), [(2, ("needs",)), (3, ()), (4, ())])
    def test_nobody_is_in_a_needs_group_four_weeks_running(self, weeks, kinds):
        assert kinds_for(standing(chance=0.3), weeks_in_needs_groups=weeks) == kinds

    def test_weeks_in_needs_groups_do_not_close_the_other_kinds(self):
        assert kinds_for(standing(chance=0.9, word="secure"), weeks_in_needs_groups=5) == ("stretch",)


class TestSuggestions:
    def test_groups_have_three_to_six_members_and_nobody_sits_in_two(self):
        rows = [standing(number, chance=0.2 + 0.01 * number, skill=skill) for number in range(20) for skill in "ab"]
        groups = suggest_groups(rows)
        assert all(SMALLEST <= len(group.students) <= LARGEST for group in groups)
        seated = [student for group in groups for student in group.students]
        assert len(seated) == len(set(seated))

    def test_a_student_in_her_fourth_week_gives_the_place_to_somebody_else(self):
        rows = [standing(number, chance=0.3) for number in range(4)]
        [group] = suggest_groups(rows, grouped_before={0: 3})
        assert set(group.students) == {1, 2, 3}

    def test_the_third_group_goes_further_when_somebody_is_ready(self):
        rows = [standing(number, chance=0.2, skill=number // 6) for number in range(18)]
        rows += [standing(f"far {number}", chance=0.9, word="secure", skill=9) for number in range(3)]
        kinds = [group.kind for group in suggest_groups(rows, most=3)]
        assert kinds.count("needs") == 2
        assert kinds.count("stretch") == 1
