"""An alarm when groups stay with somebody or follow a part of the class, and hardly ever without a reason."""

from __future__ import annotations

import numpy as np

from headway.core.grouping.alarms import MIRRORS, STAYS, STAYS_RUNNING, WINDOW, alarms_for, mirror_looks, mirrors, stays

CLASS = range(24)
WEEKS = 8


def weeks(*members):
    return [frozenset(week) for week in members]


def carried(**letters):
    """Letters of a class: the first so many students carry each."""
    return {student: frozenset(name for name, own in letters.items() if student in own) for student in CLASS}


def drawn_weeks(luck, *, likelier=(), count=WEEKS):
    """Needs groups of eight students a week; a student's need lasts, and some may be likelier to be asked."""
    steady = luck.normal(size=len(CLASS))
    steady[list(likelier)] += 2.5
    return [frozenset(np.argsort(-(steady + luck.normal(size=len(CLASS))))[:8].tolist()) for _week in range(count)]


class TestStaying:
    def test_three_weeks_running_is_an_alarm(self):
        [alarm] = stays(weeks({"ben", "caro"}, {"ben"}, {"ben", "otis"}))
        assert (alarm.about, alarm.sentence, alarm.facts["weeks"]) == ("ben", STAYS_RUNNING, 3)

    def test_three_of_the_last_four_weeks_is_an_alarm(self):
        [alarm] = stays(weeks({"ben"}, {"caro"}, {"ben"}, {"ben"}))
        assert (alarm.about, alarm.sentence) == ("ben", STAYS)

    def test_two_of_four_is_none(self):
        assert stays(weeks({"ben"}, {"caro"}, {"ben"}, {"caro"})) == []

    def test_what_was_long_ago_is_over(self):
        assert stays(weeks({"ben"}, {"ben"}, {"ben"}, {"caro"}, {"caro"})) == []

    def test_every_alarm_says_one_thing_to_do(self):
        assert all(alarm.do for alarm in stays(weeks({"ben"}, {"ben"}, {"ben"})))


class TestMirroring:
    def test_groups_that_hold_the_newcomers_week_after_week_are_an_alarm(self):
        letters = carried(E=range(6), S=range(4, 9))
        found = mirrors([frozenset({0, 1, 2, 3, 4, 12}) for _week in range(4)], letters)
        assert [alarm.about for alarm in found] == ["E"]
        assert found[0].sentence == MIRRORS

    def test_the_alarm_says_how_often_on_either_side(self):
        [alarm] = mirrors([frozenset(range(6))] * 4, carried(E=range(6)))
        assert (alarm.facts["weeks"], alarm.facts["with_letter"], alarm.facts["without"]) == (4, 4.0, 0.0)

    def test_the_same_students_without_a_letter_in_common_are_none(self):
        assert mirrors([frozenset({0, 7, 9, 13, 17, 21})] * 6, carried(E=range(6))) == []

    def test_a_letter_of_two_students_is_never_named(self):
        assert mirror_looks([frozenset({0, 1, 2})] * 6, carried(E={0, 1})) == {}

    def test_no_letters_or_no_weeks_is_no_alarm(self):
        assert mirrors([], carried(E=range(6))) == []
        assert mirrors([frozenset({1, 2, 3})], carried()) == []

    def test_an_alarm_goes_away_when_the_groups_change(self):
        letters = carried(E=range(6))
        first = [frozenset(range(6))] * 4
        later = [frozenset({number, number + 1, number + 2, number + 3}) for number in range(6, 6 + WINDOW + 1)]
        assert mirrors(first, letters)
        assert mirrors([*first, *later], letters) == []

    def test_an_earlier_week_is_judged_without_the_later_ones(self):
        luck = np.random.default_rng(4)
        seen = drawn_weeks(luck, likelier=range(5))
        letters = carried(E=range(6), B=range(4, 12))
        whole = mirror_looks(seen, letters)
        for week in range(1, len(seen) + 1):
            sofar = mirror_looks(seen[:week], letters)
            assert {name: looks[:week] for name, looks in whole.items()} == sofar

    def test_the_same_term_gives_the_same_alarm(self):
        seen, letters = drawn_weeks(np.random.default_rng(5), likelier=range(5)), carried(E=range(6), B=range(4, 12))
        assert mirror_looks(seen, letters) == mirror_looks(seen, dict(reversed(letters.items())))


def terms_with_an_alarm(*, likelier=(), terms, letters):
    luck = np.random.default_rng(2026)
    count = 0
    for _term in range(terms):
        order = luck.permutation(len(CLASS)).tolist()
        placed = {student: letters[order[student]] for student in CLASS}
        wanted = [student for student in CLASS if "E" in placed[student]] if likelier else ()
        looked = mirror_looks(drawn_weeks(luck, likelier=wanted), placed, shuffles=400)
        count += any(any(looks) for looks in looked.values())
    return count / terms


LETTERS = carried(E=range(5), B=range(5, 11), S=range(3, 8), es=range(3, 10))


def test_a_whole_term_of_balanced_groups_hardly_ever_alarms():
    # 5 in 100 is promised; 0.09 is three standard errors above that for 200 terms.
    assert terms_with_an_alarm(terms=200, letters=LETTERS) <= 0.09


def test_groups_that_follow_a_letter_are_found_in_most_terms():
    assert terms_with_an_alarm(likelier="E", terms=40, letters=LETTERS) >= 0.7


def test_somebody_who_left_the_class_raises_no_alarm():
    letters = {"caro": frozenset(), "otis": frozenset(), "finn": frozenset()}
    assert alarms_for([{"ben"}, {"ben"}, {"ben"}], letters) == []
