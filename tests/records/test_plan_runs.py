"""Runs: each class by itself, taken up again after anything, nothing twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from headway.core.shared.errors import NotAllowed, NotFound, RuleBroken
from headway.records.grouping.queries import weeks_in_needs_groups
from headway.records.planning import coverage, drafts, runs
from headway.records.planning.models import ClassWeek, PlanChange, PlanRun, PlanRunClass, Week

if TYPE_CHECKING:
    from tests.people import People


def started(people: People, **facts: Any) -> PlanRun:
    """A run of the school that waits for somebody to draft."""
    given = {"school": people.school, "monday": people.monday, "by": None, "at": people.now, "is_handed_over": False}
    return runs.start_run(**{**given, **facts})


def only_class(run: PlanRun) -> PlanRunClass:
    return PlanRunClass.objects.get(run=run)


def test_a_teachers_press_drafts_the_class_and_says_how_far_it_is(people: People) -> None:
    row = runs.start_class_run(school_class=people.school_class, monday=people.monday, by=people.ada, at=people.now)
    told = runs.progress_of(row.pk, at=people.now)
    assert (told.state, told.done, told.total, told.weeks) == ("done", 8, 8, 8)
    assert told.is_over
    assert Week.objects.count() == 8


def test_only_who_teaches_the_class_starts_its_run(people: People) -> None:
    with pytest.raises(NotAllowed):
        runs.start_class_run(school_class=people.school_class, monday=people.monday, by=people.eve, at=people.now)


def test_a_second_press_while_it_goes_on_is_the_same_run(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "draft_one", lambda **_facts: None)
    press = {"school_class": people.school_class, "monday": people.monday, "by": people.ada, "at": people.now}
    assert runs.start_class_run(**press).pk == runs.start_class_run(**press).pk


def test_what_lies_still_is_taken_up_by_the_next_press(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    press = {"school_class": people.school_class, "monday": people.monday, "by": people.ada}
    with monkeypatch.context() as patch:
        patch.setattr(runs, "draft_one", lambda **_facts: None)
        first = runs.start_class_run(**press, at=people.now)
    later = people.now + coverage.LEASE + timedelta(seconds=1)
    assert runs.progress_of(first.pk, at=later).is_stalled
    assert runs.start_class_run(**press, at=later).pk == first.pk
    assert runs.progress_of(first.pk).state == "done"


def test_a_class_that_waits_its_turn_behind_others_has_not_stopped(people: People) -> None:
    row = only_class(started(people))
    later = people.now + coverage.LEASE + timedelta(minutes=9)
    assert runs.progress_of(row.pk, at=later).is_stalled
    PlanRunClass.objects.create(
        run=row.run,
        school_class=people.other_class,
        monday=people.monday,
        state="running",
        told={"heard_at": later.isoformat()},
        started_at=later,
    )
    assert not runs.progress_of(row.pk, at=later).is_stalled


def test_a_run_knows_that_it_has_lost_a_worker(people: People) -> None:
    row = only_class(started(people))
    PlanRunClass.objects.filter(pk=row.pk).update(state="running", told={"heard_at": people.now.isoformat()})
    assert not coverage.has_lost_workers(row.run, at=people.now)
    assert coverage.has_lost_workers(row.run, at=people.now + timedelta(minutes=9))


def test_a_school_gets_a_row_for_each_of_its_classes(people: People) -> None:
    run = started(people)
    assert list(run.classes.values_list("school_class", "state")) == [(people.school_class.pk, "waiting")]


def test_a_district_drafts_for_the_schools_below_it(people: People) -> None:
    assert started(people, school=people.district).classes.filter(school_class=people.school_class).exists()


def test_handed_over_a_run_is_done_by_the_tasks(people: People) -> None:
    run = started(people, is_handed_over=True)
    run.refresh_from_db()
    assert only_class(run).state == "done"
    assert run.finished_at is not None


def test_a_leader_of_elsewhere_starts_nothing(people: People) -> None:
    with pytest.raises(NotFound):
        started(people, by=people.hal)


def test_a_week_outside_every_term_is_refused(people: People) -> None:
    with pytest.raises(RuleBroken, match="term"):
        started(people, monday=people.monday + timedelta(days=7 * 200))


def test_a_class_that_is_being_drafted_is_not_drafted_by_somebody_else(people: People) -> None:
    row = only_class(started(people))
    PlanRunClass.objects.filter(pk=row.pk).update(
        state="running", told={"heard_at": people.now.isoformat(), "worker": "one"}
    )
    assert runs.draft_one(run_class_id=row.pk, at=people.now + timedelta(seconds=5), worker="two") is None
    assert not Week.objects.exists()


def test_a_claim_of_somebody_who_was_killed_lapses(people: People) -> None:
    row = only_class(started(people))
    PlanRunClass.objects.filter(pk=row.pk).update(
        state="running", told={"heard_at": people.now.isoformat(), "worker": "one"}
    )
    done = runs.draft_one(run_class_id=row.pk, at=people.now + timedelta(minutes=5), worker="two")
    assert done is not None
    assert (done.state, done.weeks) == ("done", 8)


def test_what_was_stored_before_the_plug_was_pulled_is_not_made_twice(people: People) -> None:
    row = only_class(started(people))
    drafts.draft_class_week(school_class=people.school_class, monday=people.monday, by=None, at=people.now)
    runs.draft_one(run_class_id=row.pk, at=people.now + timedelta(seconds=9))
    assert only_class(row.run).state == "done"
    assert not PlanChange.objects.exists()
    assert set(Week.objects.values_list("version", flat=True)) == {1}


def test_done_is_done(people: People) -> None:
    row = only_class(started(people))
    assert runs.draft_one(run_class_id=row.pk, at=people.now) is not None
    assert runs.draft_one(run_class_id=row.pk, at=people.now + timedelta(hours=1)) is None


def test_somebody_slow_does_not_write_over_who_took_the_class_up(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = only_class(started(people))

    def slow(**_facts: Any) -> Any:
        PlanRunClass.objects.filter(pk=row.pk).update(told={"worker": "two", "heard_at": people.now.isoformat()})
        raise RuleBroken("too late")

    monkeypatch.setattr(drafts, "draft_class_week", slow)
    assert runs.draft_one(run_class_id=row.pk, at=people.now, worker="one") is None
    assert only_class(row.run).state == "running"


def test_a_class_that_fails_says_why_and_stops_nobody(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    row = only_class(started(people))

    def broken(**_facts: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(drafts, "draft_class_week", broken)
    done = runs.draft_one(run_class_id=row.pk, at=people.now)
    assert done is not None
    assert (done.state, done.told["facts"]) == ("refused", {"kind": "ZeroDivisionError"})
    row.run.refresh_from_db()
    assert row.run.finished_at is not None


def test_a_stop_in_the_middle_gives_the_class_back(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    row = only_class(started(people))

    def stopped(**_facts: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(drafts, "draft_class_week", stopped)
    with pytest.raises(KeyboardInterrupt):
        runs.draft_one(run_class_id=row.pk, at=people.now)
    assert only_class(row.run).state == "waiting"


def test_a_run_leaves_weeks_that_are_there_and_drafts_the_missing_ones(people: People) -> None:
    people.draft()
    Week.objects.get(student=people.ben).delete()
    before = set(Week.objects.values_list("pk", "version"))
    later = people.now + timedelta(hours=1)
    row = only_class(started(people, at=later))
    done = runs.draft_one(run_class_id=row.pk, at=later)
    assert done is not None
    assert done.weeks == 1
    assert before < set(Week.objects.values_list("pk", "version"))


def test_again_drafts_anew_what_nobody_has_changed(people: People) -> None:
    people.draft()
    PlanChange.objects.create(
        week=Week.objects.get(student=people.ben), at=people.now, by=people.ada, verb="moved", before=[], facts={}
    )
    later = people.now + timedelta(hours=1)
    row = only_class(started(people, at=later, is_again=True))
    done = runs.draft_one(run_class_id=row.pk, at=later)
    assert done is not None
    assert done.weeks == 7
    assert Week.objects.get(student=people.ben).version == 1


def test_a_worker_that_is_gone_is_let_go(people: People) -> None:
    row = only_class(started(people))
    PlanRunClass.objects.filter(pk=row.pk).update(
        state="running", told={"worker": "here:1", "heard_at": people.now.isoformat()}
    )
    assert runs.release(run=row.run, worker="here:2", by=None, at=people.now) == 0
    assert runs.release(run=row.run, worker="here:1", by=None, at=people.now) == 1
    assert only_class(row.run).state == "waiting"


def test_week_after_week_can_be_drafted_and_groups_take_turns(people: People) -> None:
    for ahead in range(5):
        monday = people.monday + timedelta(days=7 * ahead)
        run = started(people, monday=monday)
        runs.draft_one(run_class_id=only_class(run).pk, at=people.now)
        assert only_class(run).state == "done"
    running = weeks_in_needs_groups(people.school_class, people.monday + timedelta(days=35))
    assert all(weeks <= 3 for weeks in running.values())


def test_progress_is_written_a_few_times_a_second_at_most(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    row = only_class(started(people))
    seen = []

    def watched(*, progress: Any, **facts: Any) -> Any:
        for done in range(1, 31):
            progress(done, 30)
            seen.append(only_class(row.run).done)
        return ClassWeek.objects.create(school_class=facts["school_class"], monday=facts["monday"])

    monkeypatch.setattr(drafts, "draft_class_week", watched)
    runs.draft_one(run_class_id=row.pk, at=people.now)
    assert len(set(seen)) < 10
    assert seen[-1] == 30


def test_there_is_no_progress_of_a_run_that_is_not_there(people: People) -> None:
    with pytest.raises(NotFound):
        runs.progress_of(0)
