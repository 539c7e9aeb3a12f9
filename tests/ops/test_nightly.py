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
from headway.records.items.models import Item
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
    assert done == {"weeks": False, "retention": True, "mastery": True, "learner model": True, "fairness": True}


def test_past_weeks_are_closed(people: People) -> None:
    week = people.week()
    later = people.now + timedelta(days=8)
    done = nightly.run_steps(later, Quiet())
    week.refresh_from_db()
    assert week.status == "closed"
    assert "Weeks closed: 8" in done[0].said


def test_the_command_tells_every_step(headway: Run) -> None:
    done = headway("nightly", "--json")
    assert done.returncode == 0, done.stderr
    assert [step["fine"] for step in json.loads(done.stdout)] == [True] * 5
