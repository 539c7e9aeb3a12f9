"""Every night: each step on its own, and no word changes unsaid."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from headway.core.shared.errors import RuleBroken
from headway.ops import nightly
from headway.ops.refit import fit_again
from headway.ops.terminal import Quiet
from headway.records.evidence import actions, queries, versions
from headway.records.evidence.actions import EvidenceIn
from headway.records.evidence.models import Evidence, ModelVersion
from headway.records.grouping.models import Group
from headway.records.items.models import Item
from headway.records.planning import automation, runs
from headway.records.planning.models import ClassWeek, PlanRunClass, Week
from headway.records.roster import actions as roster
from tests.ops.conftest import Run

if TYPE_CHECKING:
    from tests.people import People


@pytest.fixture
def busy(people: People) -> People:
    """The cast after much practice, so that there is something to learn from."""
    versions.forget()
    skills = people.path[:4]
    items = list(Item.objects.filter(source_id__in=["7.1-number", "7.2-number", "7.3-number", "7.1-cloze"]))
    facts = []
    for place, student in enumerate(people.students):
        for number in range(60):
            facts.append(
                EvidenceIn(
                    student_id=student.pk,
                    competency_id=skills[number % 4].pk,
                    item_id=items[number % len(items)].pk,
                    kind="answer",
                    happened_at=people.now - timedelta(days=20, minutes=7 * number),
                    # Some skills are easy here and some are hard, which only this school's answers can tell.
                    score=float((number // 4 * 7 + place) % 10 < (9, 8, 4, 2)[number % 4]),
                )
            )
    actions.record_many(facts=facts, by=None, at=people.now)
    return people


def words(people: People) -> dict[tuple[int, int], str]:
    ids = [each.pk for each in people.path]
    return {key: cell.word for key, cell in queries.cells(people.students, ids, at=people.now).items()}


def test_a_dry_run_changes_nothing(busy: People) -> None:
    before = words(busy)
    outcome = fit_again(at=busy.now, steps=Quiet(), dry_run=True, accept_changes=True)
    assert outcome.fitted is not None
    assert (outcome.is_published, ModelVersion.objects.count(), words(busy)) == (False, 0, before)


def test_a_refit_that_would_change_words_waits_until_somebody_agrees(busy: People) -> None:
    before = words(busy)
    waiting = fit_again(at=busy.now, steps=Quiet())
    assert waiting.changes is not None
    assert not waiting.changes.is_silent
    assert not waiting.is_published
    assert words(busy) == before
    agreed = fit_again(at=busy.now, steps=Quiet(), accept_changes=True)
    assert agreed.is_published
    assert versions.version_in_use() == agreed.version
    assert ModelVersion.objects.get().report["answers"] == 550


def test_the_second_night_without_a_new_answer_has_nothing_to_do(busy: People) -> None:
    first = fit_again(at=busy.now, steps=Quiet(), accept_changes=True)
    second = fit_again(at=busy.now + timedelta(days=1), steps=Quiet(), accept_changes=True)
    assert (second.fitted, second.is_published, second.version) == (None, False, first.version)


def test_questions_get_their_difficulty_only_when_asked_and_old_evidence_keeps_its_own(busy: People) -> None:
    item = Item.objects.get(source_id="7.1-number")
    fit_again(at=busy.now, steps=Quiet())
    assert Item.objects.get(pk=item.pk).calibrated_at is None
    outcome = fit_again(at=busy.now, steps=Quiet(), with_items=True)
    assert outcome.items > 0
    calibrated = Item.objects.exclude(calibrated_at=None)
    assert calibrated.count() == outcome.items
    assert set(item.evidence.values_list("difficulty", flat=True)) == {0.0}


def test_too_few_answers_are_told_kindly_and_are_no_failure(people: People) -> None:
    Evidence.objects.exclude(student=people.ben).delete()
    with pytest.raises(RuleBroken, match="at least"):
        fit_again(at=people.now, steps=Quiet())
    done = {one.name: one for one in nightly.run_steps(people.now, Quiet())}
    assert done["learner model"].is_fine
    assert "at least" in done["learner model"].said


def test_a_step_that_fails_keeps_no_other_from_its_work(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_facts: object) -> str:
        raise ValueError("no disk")

    monkeypatch.setattr(nightly, "STEPS", {"weeks": broken, **{k: v for k, v in nightly.STEPS.items() if k != "weeks"}})
    done = {one.name: one.is_fine for one in nightly.run_steps(people.now, Quiet())}
    assert done == {
        "weeks": False,
        "retention": True,
        "mastery": True,
        "learner model": True,
        "plans": True,
        "fairness": True,
        "library": True,
    }


def test_past_weeks_are_closed(people: People) -> None:
    week = people.week()
    later = people.now + timedelta(days=8)
    done = nightly.run_steps(later, Quiet())
    week.refresh_from_db()
    assert week.status == "closed"
    assert "Weeks closed: 8" in done[0].said


def plans_on(people: People, weekday: int) -> str:
    """What the night says of the coming week on a weekday of the cast's week, at noon."""
    at = people.now.replace(hour=17) + timedelta(days=weekday - people.now.weekday())
    return nightly.run_steps(at, Quiet())[NIGHTS.index("plans")].said


NIGHTS = list(nightly.STEPS)


@pytest.mark.parametrize(("weekday", "weeks"), [(2, 0), (3, 0), (4, 9), (5, 9), (6, 9)])
def test_the_coming_week_is_drafted_from_friday_on(people: People, weekday: int, weeks: int) -> None:
    plans_on(people, weekday)
    coming = people.monday + timedelta(days=7)
    assert Week.objects.filter(class_week__monday=coming, status="draft").count() == weeks


def test_a_draft_that_is_there_is_left_as_it_is(people: People) -> None:
    people.draft(people.monday + timedelta(days=7))
    before = set(Week.objects.values_list("pk", "version"))
    plans_on(people, 4)
    assert before < set(Week.objects.values_list("pk", "version"))
    assert Week.objects.filter(class_week__school_class=people.other_class).count() == 1


def test_a_week_without_school_is_not_drafted(people: People) -> None:
    for day in range(7, 12):
        roster.close_day(
            school=people.school, day=people.monday + timedelta(days=day), name="Break", by=None, at=people.now
        )
    plans_on(people, 4)
    assert not Week.objects.filter(class_week__school_class=people.school_class).exists()


@pytest.mark.parametrize("word", ["off", "suggest", "do"])
def test_the_night_keeps_to_what_a_class_allows(people: People, word: str) -> None:
    automation.set_limits(school_class=people.school_class, limits={"automation": word}, by=people.ada, at=people.now)
    plans_on(people, 4)
    weeks = Week.objects.filter(class_week__school_class=people.school_class)
    assert weeks.exists() == (word != "off")
    assert not weeks.filter(approved_at__isnull=False, approved_by_rule=False).exists()
    if word != "do":
        assert not weeks.exclude(status="draft").exists()


def test_in_a_class_that_is_off_the_night_makes_not_one_row(people: People) -> None:
    automation.set_limits(school_class=people.school_class, limits={"automation": "off"}, by=people.ada, at=people.now)
    plans_on(people, 4)
    assert not ClassWeek.objects.filter(school_class=people.school_class).exists()
    assert not Group.objects.filter(school_class=people.school_class).exists()
    assert not PlanRunClass.objects.filter(school_class=people.school_class).exists()


def test_the_night_goes_on_with_a_run_that_was_stopped(people: People) -> None:
    at = people.now.replace(hour=17) - timedelta(days=people.now.weekday())
    run = runs.start_run(school=people.school, monday=people.monday, by=people.grace, at=at, is_handed_over=False)
    plans_on(people, 2)
    run.refresh_from_db()
    assert run.finished_at is not None
    assert Week.objects.filter(class_week__monday=people.monday).count() == 8


def test_the_command_tells_every_step(headway: Run) -> None:
    done = headway("nightly", "--json")
    assert done.returncode == 0, done.stderr
    assert [step["fine"] for step in json.loads(done.stdout)] == [True] * 7
