"""A trial with simulated students: fair to every way, the same for the same seed, and blind to the truth where it must be."""

from __future__ import annotations

import itertools
import math
from dataclasses import fields, replace

import numpy as np
import pytest

from headway.core.evidence.answer_log import AnswerLog
from headway.core.evidence.learner_model import shipped_model
from headway.core.planning import With, make_frame
from headway.core.shared.errors import RuleBroken
from headway.core.trial import calibrating, figures, minds, term
from headway.core.trial.assumptions import BASE, WORLDS, Assumptions
from headway.core.trial.classroom import Classroom, OnFile, draw_classroom
from headway.core.trial.knowing import Seen, moment
from headway.core.trial.parameters import (
    NAMES,
    Parameters,
    Source,
    as_json,
    parameters_of,
    shipped_sources,
    sources_from_json,
    with_source,
)
from headway.core.trial.ways import SAME, WAYS, Memory, Sight, problem_for, shelf_of

USUAL = Assumptions()
FRAME = make_frame((50, 50, 50, 50, 50))


def classroom(seed: int = 3, *, weeks: int = 3, assumptions: Assumptions = USUAL) -> Classroom:
    return draw_classroom(Parameters(), assumptions, weeks=weeks, luck=np.random.default_rng([seed, 0]))


def term_of(
    way: str, *, seed: int = 3, weeks: int = 3, assumptions: Assumptions = USUAL, room: Classroom | None = None
):
    return term.run_term(
        room or classroom(seed, weeks=weeks, assumptions=assumptions),
        WAYS[way],
        parameters=Parameters(),
        assumptions=assumptions,
        model=shipped_model(),
        seed=seed,
        clock=lambda: 0.0,
    )


def sight_of(room: Classroom, *, week: int = 0, right: float = 0.5) -> Sight:
    """Return what a way sees after every student answered four questions on each skill, this share of them right."""
    seen = Seen(model=shipped_model(), before=room.skills.before, students=room.pupils.count)
    for student in range(room.pupils.count):
        for skill in range(room.skills.count):
            for number in range(4):
                is_right = (number + student) % 4 < 4 * right
                at = moment(-3.0).timestamp() + 60 * number
                seen.answered(student, skill, is_right=is_right, difficulty=0.0, guess=0.0, at_seconds=at)
    return Sight(
        file=room.on_file(),
        seen=seen,
        frame=FRAME,
        week=week,
        memory=Memory(),
        shelf=shelf_of(room.library),
        seed=0,
    )


def mind_of(room: Classroom, assumptions: Assumptions = USUAL) -> minds.Minds:
    return minds.Minds(room=room, assumptions=assumptions, gain_logits=0.1)


def one_works(
    mind: minds.Minds, *, day: float = 0.0, skill: int = 0, hardness: float = 0.0, factor: float = 1.0
) -> None:
    mind.work(
        day=day,
        who=np.array([0]),
        skill=np.array([skill]),
        opportunities=np.array([5.0]),
        hardness=np.array([hardness]),
        lift=np.zeros(1),
        factor=np.array([factor]),
    )


class TestParameters:
    SOURCE = Source(name="a", fingerprint="f", rows=400, students=20, numbers={"gain_logits": 0.1}, beside={})

    def test_are_the_mean_of_what_logs_say(self):
        other = replace(self.SOURCE, name="b", numbers={"gain_logits": 0.2})
        assert parameters_of([self.SOURCE, other]).gain_logits == pytest.approx(0.15)

    def test_stay_as_assumed_where_no_log_speaks(self):
        assert parameters_of([self.SOURCE]).stability_days == Parameters().stability_days

    def test_stay_within_sane_bounds(self):
        assert parameters_of([replace(self.SOURCE, numbers={"slip": 0.9})]).slip == 0.1

    def test_come_back_from_their_file(self):
        assert sources_from_json(as_json([self.SOURCE])) == (self.SOURCE,)

    def test_of_a_log_read_again_take_the_place_of_the_old_ones(self):
        newer = replace(self.SOURCE, numbers={"gain_logits": 0.3})
        assert with_source([self.SOURCE], newer) == (newer,)

    @pytest.mark.parametrize(
        "stored", [None, 7, [], {}, {"format": 1}, {"format": 9, "sources": []}, {"format": 1, "sources": [{}]}]
    )
    def test_of_another_file_are_refused_in_a_sentence(self, stored):
        with pytest.raises(RuleBroken, match="no file of parameters"):
            sources_from_json(stored)

    def test_that_are_shipped_say_where_they_come_from(self):
        assert {"gain_logits", "student_deviation_logits", "attendance"} <= {
            name for source in shipped_sources() for name in source.numbers
        }
        assert all(len(source.fingerprint) == 64 for source in shipped_sources())


def made_log(*, gain: float = 0.12, student: float = 0.9, stops: bool = False, loss: float = 0.0) -> AnswerLog:
    """Return answers of students who are drawn from the very model that is fitted."""
    luck = np.random.default_rng(8)
    students, skills, most = 500, 12, 12
    ability, ease = student * luck.normal(size=students), 0.6 * luck.normal(size=skills)
    starts, skill_of_row, score, seconds = [0], [], [], []
    for one in range(students):
        for skill in luck.permutation(skills)[:8]:
            own, in_a_row, now, before = 0.5 * luck.normal(), 0, 0.0, 0.0
            for number in range(most):
                days = float(luck.choice([0.0, 1.0, 6.0])) if number else 0.0
                now = before + 86_400.0 * days
                logit = 0.4 + ability[one] + ease[skill] + own + gain * min(number, 10) - loss * math.log1p(days)
                is_right = luck.random() < 1.0 / (1.0 + math.exp(-logit))
                before = now
                skill_of_row.append(skill)
                score.append(float(is_right))
                seconds.append(now)
                in_a_row = in_a_row + 1 if is_right else 0
                if stops and in_a_row == 3:
                    break
        starts.append(len(score))
    rows = len(score)
    return AnswerLog(
        starts=np.array(starts, dtype=np.int64),
        item=np.zeros(rows, dtype=np.int32),
        skill_set=np.array(skill_of_row, dtype=np.int32),
        score=np.array(score),
        set_starts=np.arange(skills + 1, dtype=np.int32),
        members=np.arange(skills, dtype=np.int32),
        seconds=np.array(seconds) if loss else None,
    )


class TestCalibrating:
    def test_finds_what_practice_adds(self):
        found = calibrating.calibrate(made_log(gain=0.12), name="a", fingerprint="f").numbers
        assert found["gain_logits"] == pytest.approx(0.12, abs=0.02)

    def test_is_not_misled_by_students_who_leave_after_three_right(self):
        found = calibrating.calibrate(made_log(gain=0.12, stops=True), name="a", fingerprint="f").numbers
        assert found["gain_logits"] == pytest.approx(0.12, abs=0.04)

    def test_finds_how_far_students_lie_apart(self):
        found = calibrating.calibrate(made_log(student=1.2), name="a", fingerprint="f").numbers
        assert found["student_deviation_logits"] == pytest.approx(1.2, abs=0.15)

    def test_finds_what_days_take(self):
        found = calibrating.calibrate(made_log(loss=0.1), name="a", fingerprint="f")
        assert found.beside["loss_per_log_day"] == pytest.approx(0.1, abs=0.03)
        assert 0.7 < found.numbers["stability_days"] < 60.0

    def test_says_nothing_of_forgetting_without_times(self):
        assert "stability_days" not in calibrating.calibrate(made_log(), name="a", fingerprint="f").numbers

    def test_says_nothing_of_forgetting_where_a_week_takes_everything(self):
        found = calibrating.calibrate(made_log(loss=0.9), name="a", fingerprint="f")
        assert found.beside["lost_in_a_week"] == 1.0
        assert "stability_days" not in found.numbers

    def test_takes_only_what_it_is_asked_for(self):
        found = calibrating.calibrate(made_log(), name="a", fingerprint="f", only=("gain_logits",))
        assert set(found.numbers) == {"gain_logits"}

    def test_refuses_a_name_it_does_not_know(self):
        with pytest.raises(RuleBroken, match="is no number of a trial"):
            calibrating.calibrate(made_log(), name="a", fingerprint="f", only=("luck",))

    def test_refuses_a_log_that_is_too_short(self):
        short = made_log()
        rows = int(short.starts[5])
        cut = replace(
            short,
            starts=short.starts[:6],
            item=short.item[:rows],
            skill_set=short.skill_set[:rows],
            score=short.score[:rows],
        )
        with pytest.raises(RuleBroken, match="need at least"):
            calibrating.calibrate(cut, name="a", fingerprint="f")

    def test_turns_what_a_week_takes_into_days(self):
        days = calibrating.stability_for(0.3, USUAL)
        left = minds.kept(1.0, 1.0, days, 7.0, USUAL.lasting_share, USUAL.exponent)
        assert left == pytest.approx(0.7)

    def test_reads_attendance_from_absences(self):
        absent = np.array([0.0, 10.0] * 10)
        found = calibrating.from_absences(absent, school_days=100.0, name="a", fingerprint="f").numbers
        assert found["attendance"] == pytest.approx(0.95)


class TestMinds:
    def test_keep_by_hand(self):
        # .35 * 2 + (2 - .7) * (1 + 7 / 7) ** -.4 = .7 + 1.3 * .7579
        assert minds.kept(2.0, 2.0, 7.0, 7.0, 0.35, 0.4) == pytest.approx(1.6852, abs=1e-4)

    def test_learn_by_hand(self):
        room = classroom()
        room.pupils.start[0, 0] = 0.8  # 69 of 100 succeed: work that fits
        mind = mind_of(room)
        one_works(mind)
        gain, known = 0.1 * room.pupils.gain_factor[0], 0.0
        for _opportunity in range(5):
            known += gain * (1.0 - known / 2.4)
        assert mind.learned[0, 0] == pytest.approx(known)

    @pytest.mark.parametrize("hardness", [4.0, -4.0])
    def test_learn_less_from_work_that_does_not_fit(self, hardness):
        fitting, other = mind_of(classroom()), mind_of(classroom())
        fitting.room.pupils.start[0, 0] = other.room.pupils.start[0, 0] = 0.8
        one_works(fitting)
        one_works(other, hardness=hardness)
        assert other.learned[0, 0] < 0.8 * fitting.learned[0, 0]

    def test_learn_less_before_what_comes_before_is_there(self):
        room = classroom()
        skill = next(one for one in range(room.skills.count) if room.skills.before[one, 0] >= 0)
        learned = []
        for start_of_before in (2.0, -2.0):
            room.pupils.start[0, room.skills.before[skill][room.skills.before[skill] >= 0]] = start_of_before
            mind = mind_of(room)
            one_works(mind, skill=skill)
            learned.append(mind.learned[0, skill])
        assert learned[1] < 0.5 * learned[0]

    def test_learn_as_much_either_way_where_fit_does_not_matter(self):
        assert minds.share_that_fits(np.array([0.01, 0.7, 0.99]), replace(USUAL, fit_matters=0.0)).tolist() == [1, 1, 1]

    def test_learn_less_from_more_of_the_same_on_one_day(self):
        same_day, next_day = mind_of(classroom()), mind_of(classroom())
        for mind, day in ((same_day, 0.0), (next_day, 1.0)):
            one_works(mind)
            first = mind.kept_on(day)[0, 0]
            one_works(mind, day=day)
            mind.gained = mind.learned[0, 0] - first
        assert same_day.gained < next_day.gained

    def test_forget_more_slowly_after_a_further_day(self):
        mind = mind_of(classroom())
        one_works(mind)
        before = mind.stability[0, 0]
        one_works(mind, day=2.0)
        assert mind.stability[0, 0] == pytest.approx(1.6 * before)

    def test_never_gain_from_time_alone(self):
        mind = mind_of(classroom())
        one_works(mind)
        chances = [mind.chances_on(day) for day in (0.0, 1.0, 7.0, 70.0)]
        assert all((later <= earlier + 1e-12).all() for earlier, later in itertools.pairwise(chances))

    def test_of_those_who_do_nothing_stay_as_they_were(self):
        mind = mind_of(classroom())
        before = mind.chances_on(0.0)[1:].copy()
        one_works(mind)
        assert (mind.chances_on(0.0)[1:] == before).all()


class TestWays:
    def test_are_the_four_that_are_compared(self):
        assert list(WAYS) == [SAME, "own_pace", "greedy", "planner"]

    def test_see_only_what_a_school_has_on_file(self):
        held = {field.name for field in fields(Sight)} | {field.name for field in fields(OnFile)}
        assert not held & {"room", "pupils", "luck", "start", "likes", "minds", "easiness", "attendance"}

    @pytest.mark.parametrize("name", [name for name, way in WAYS.items() if way.draft is not None])
    def test_draft_the_same_week_whatever_the_truth_is(self, name):
        one, other = classroom(), classroom()
        other.pupils.start[:] = -other.pupils.start
        assert WAYS[name].draft(sight_of(one)) == WAYS[name].draft(sight_of(other))

    def test_draft_from_the_path_and_what_it_builds_on(self):
        sight = sight_of(classroom(), right=0.25)
        estimates = sight.seen.look_at_all(moment(0.0))
        problem = problem_for(sight, estimates)
        built_on = set(sight.file.before[list(sight.file.path)].ravel().tolist()) - {-1}
        for needs in problem.students:
            skills = {target.competency for target in needs.targets}
            assert set(sight.file.path) <= skills <= set(sight.file.path) | built_on
        assert {candidate.competency for candidate in problem.candidates} == set(sight.file.path) | built_on

    def test_name_as_missing_only_what_was_seen_not_to_be_there(self):
        sight = sight_of(classroom(), right=0.0)
        estimates = sight.seen.look_at_all(moment(0.0))
        for needs in problem_for(sight, estimates).students:
            for target in needs.targets:
                before = [one for one in sight.file.before[target.competency].tolist() if one >= 0]
                assert set(target.missing_prerequisites) <= set(before)
                assert all(estimates[needs.student][one].chance < 0.5 for one in target.missing_prerequisites)

    def test_the_same_for_all_gives_everybody_the_same(self):
        weeks = WAYS[SAME].draft(sight_of(classroom()))
        assert len({tuple(blocks) for blocks in weeks.values()}) == 1

    def test_the_same_for_all_reaches_the_whole_path_by_the_end(self):
        room = classroom(weeks=6)
        met = {block.competency for week in range(6) for block in WAYS[SAME].draft(sight_of(room, week=week))[0]}
        assert met == set(room.skills.path)

    def test_the_same_for_all_is_taught_by_the_teacher_in_the_teachers_places(self):
        blocks = WAYS[SAME].draft(sight_of(classroom()))[0]
        places = {(slot.day, slot.order) for slot in FRAME.slots if slot.is_teachers}
        assert {(block.day, block.order) for block in blocks if block.with_whom is With.TEACHER} == places

    def test_at_ones_own_pace_a_secure_skill_is_left_at_once(self):
        sight = sight_of(classroom())
        step, first = WAYS["own_pace"].step, sight.file.path[0]
        assert step(sight, FRAME.slots[0], [0])[0].competency == first
        for number in range(30):
            at = moment(0.0, 8.5).timestamp() + number
            sight.seen.answered(0, first, is_right=True, difficulty=0.5, guess=0.0, at_seconds=at)
        assert step(sight, FRAME.slots[1], [0])[0].competency != first

    def test_at_ones_own_pace_nobody_is_kept_on_one_skill_for_ever(self):
        sight = sight_of(classroom(), right=0.0)
        step = WAYS["own_pace"].step
        worked = [step(sight, FRAME.slots[0], [0])[0].competency for _block in range(13)]
        assert set(worked[:12]) == {sight.file.path[0]}
        assert worked[12] == sight.file.path[1]

    def test_at_ones_own_pace_six_sit_with_the_teacher(self):
        sight = sight_of(classroom())
        slot = next(slot for slot in FRAME.slots if slot.is_teachers)
        blocks = WAYS["own_pace"].step(sight, slot, range(sight.file.students))
        assert sum(block.with_whom is With.TEACHER for block in blocks.values()) == 6

    @pytest.mark.parametrize("name", ["greedy", "planner"])
    def test_groups_have_three_to_six_seats(self, name):
        weeks = WAYS[name].draft(sight_of(classroom()))
        sizes: dict[object, int] = {}
        for blocks in weeks.values():
            for block in blocks:
                if block.group is not None:
                    sizes[block.day, block.group] = sizes.get((block.day, block.group), 0) + 1
        assert sizes
        assert all(3 <= size <= 6 for size in sizes.values())


class TestTerm:
    def test_gives_the_same_for_the_same_seed(self):
        one, other = term_of("greedy"), term_of("greedy")
        assert (one.end == other.end).all()

    def test_gives_every_way_the_same_students_and_the_same_days(self):
        outcomes = [term_of(name) for name in (SAME, "own_pace")]
        assert (outcomes[0].start == outcomes[1].start).all()
        assert (outcomes[0].minutes["minutes"] == outcomes[1].minutes["minutes"]).all()

    def test_gives_every_world_the_same_students(self):
        starts = [classroom(assumptions=world.assumptions).pupils.start for world in WORLDS.values()]
        assert all((start == starts[0]).all() for start in starts)

    def test_teaches_nobody_who_is_never_there(self):
        room = classroom()
        room.luck.is_there[:] = False
        outcome = term_of(SAME, room=room)
        assert outcome.end == pytest.approx(outcome.start)
        assert not outcome.minutes["minutes"].any()

    def test_teaches_those_who_come(self):
        outcome = term_of(SAME)
        assert (outcome.end - outcome.start).mean() > 0.01

    def test_leaves_less_after_four_weeks_without_school(self):
        outcome = term_of(SAME)
        assert (outcome.later < outcome.end).all()

    def test_counts_the_time_that_drafting_takes(self):
        ticks = iter(range(1000))
        outcome = term.run_term(
            classroom(),
            WAYS["greedy"],
            parameters=Parameters(),
            assumptions=USUAL,
            model=shipped_model(),
            seed=3,
            clock=lambda: float(next(ticks)),
        )
        assert (outcome.seconds, outcome.drafts) == (3.0, 3)

    def test_the_lowest_tenth_is_found_at_the_start_and_at_the_end(self):
        start = np.linspace(0.1, 0.9, 20)
        end = start + 0.1
        end[:2] = 0.8  # the two lowest at the start pass all but one
        outcome = term.Outcome(
            start=start,
            end=end,
            later=end,
            secure=end,
            earlier=start,
            minutes={name: np.full(20, 10.0) for name in term.TALLIES},
            seconds=2.0,
            drafts=4,
        )
        found = term.figures_of([outcome])
        assert found["gain_lowest_at_start"] == pytest.approx(100 * (1.6 - start[0] - start[1]) / 2)
        assert found["lowest_at_end"] == pytest.approx(100 * (end[2] + end[3]) / 2)
        assert found["seconds_a_draft"] == 0.5


class TestFigures:
    def test_an_interval_by_hand(self):
        # deviation 1, error 1 / sqrt 3, t of two degrees 4.3027
        found = figures.interval([1.0, 2.0, 3.0])
        assert found.mean == 2.0
        assert found.half == pytest.approx(4.30265 / math.sqrt(3.0), abs=1e-4)

    def test_one_seed_has_no_interval(self):
        assert math.isnan(figures.interval([1.0]).half)

    def test_differences_are_taken_pair_by_pair(self):
        seeds = [{SAME: {"gain": level}, "planner": {"gain": level + 1.0}} for level in (3.0, 30.0, 300.0)]
        found = figures.against_same(seeds, "planner", "gain")
        assert (found.mean, found.half) == (pytest.approx(1.0), pytest.approx(0.0, abs=1e-9))

    def test_figures_take_the_place_of_older_ones(self):
        document = f"# Before\n\n{figures.BEGIN}\nold\n{figures.END}\n\nAfter\n"
        assert figures.put_between(document, "new") == f"# Before\n\n{figures.BEGIN}\nnew\n{figures.END}\n\nAfter\n"

    def test_figures_go_to_the_end_where_there_is_no_place(self):
        assert figures.put_between("# Title\n", "new") == f"# Title\n\n{figures.BEGIN}\nnew\n{figures.END}\n"

    def test_every_way_and_every_world_stands_in_the_tables(self):
        names = [
            name for group in (figures.LEARNED, figures.TENTHS, figures.MINUTES) for name, _words, _digits in group
        ]
        seeds = [{way: dict.fromkeys(names, float(seed)) for way in WAYS} for seed in range(3)]
        made = figures.tables({BASE: seeds, "no_interest": seeds[:2]}, words=str)
        assert [row[0] for row in made[0].rows] == [way.words for way in WAYS.values()]
        assert [row[0] for row in made[-1].rows] == ["As assumed", "Interests change nothing"]
        assert "| Same for all | 1.0 ± 2.5 |" in made[0].markdown()


def test_worlds_are_compared_over_the_same_seeds():
    names = [name for group in (figures.LEARNED, figures.TENTHS, figures.MINUTES) for name, _words, _digits in group]
    many = [{SAME: dict.fromkeys(names, 0.0), "planner": dict.fromkeys(names, level)} for level in (1.0, 1.0, 7.0)]
    made = figures.tables({BASE: many, "no_interest": many[:2]}, words=str)[-1]
    assert made.rows[0][1:] == made.rows[1][1:] == ("+1.0 ± 0.0", "2")


def test_every_parameter_is_used_by_name():
    assert set(calibrating.shown(Parameters())) == set(NAMES)
