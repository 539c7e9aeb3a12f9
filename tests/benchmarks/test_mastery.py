"""The section on the learner model runs without any log, and asks every model about the same answers."""

from __future__ import annotations

import io
import json
import random
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from benchmarks import mastery, mastery_memory
from headway.core.evidence.folds import plan_of
from headway.core.evidence.simulation import World, simulate


def test_logs_that_are_not_here_are_named_and_nothing_fails(tmp_path: Path) -> None:
    said: list[str] = []
    found = mastery.measure(quick=True, data=tmp_path, say=said.append)
    assert found["absent"] == [one.title for one in mastery.LOGS]
    assert sum("Skipped, not here" in words for words in said) == 3
    shown = io.StringIO()
    mastery.show(found, Console(file=shown, width=150))
    assert "Skipped, not here: cloze practice" in shown.getvalue()
    json.dumps(found)


def test_a_log_is_measured_beside_others(tmp_path: Path) -> None:
    luck = random.Random(7)
    rows = ["student,item,skill,outcome,time_ms"]
    rows += [
        f"{student},{luck.randrange(9)},{luck.randrange(3)},{luck.choice(['CORRECT', 'INCORRECT'])},{1_000 * step}"
        for student in range(30)
        for step in range(20)
    ]
    path = tmp_path / "lkt-cloze" / "responses.csv"
    path.parent.mkdir()
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    logs = tuple(replace(one, path="lkt-cloze/responses.csv") for one in mastery.LOGS if one.key == "cloze")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(mastery, "LOGS", logs)
        found = mastery.measure(quick=True, data=tmp_path, say=lambda _words: None)
    facts = found["logs"]["cloze"]
    assert facts["answers"] == 120
    assert {"item’s mean", "per-skill Elo", "PFA", "Best-LR"} <= set(facts["others"])
    assert found["summary"]["mastery.flips"] == 0
    assert 0 < found["summary"]["mastery.cloze.log_loss"] < 2


def test_everybody_forecasts_only_what_is_scored() -> None:
    fold = np.where(np.arange(40) < 10, -1, np.arange(40) % 2).astype(np.int32)
    log = simulate(World(), students=40, competencies=6, seed=1).log
    plan = plan_of(replace(log, parts={"fold": fold, "test": (fold == -1).astype(np.int32)}), pieces=50)
    rows = mastery._rows(plan.log, plan.folds[0].test)
    assert np.array_equal(plan.log.item[rows], mastery.with_students(plan.log, plan.folds[0].test).item)


def test_updates_are_measured_in_microseconds() -> None:
    taken = mastery.updates(200)
    assert all(0.1 < value < 100_000 for value in taken.values())


def test_what_is_written_for_the_memory_test_comes_back_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mastery_memory, "STUDENTS_SIMULATED", 25)
    mastery_memory.write(tmp_path, 3_000)
    log = mastery_memory.read(tmp_path)
    assert log.rows == log.starts[-1]
    assert abs(log.rows - 3_000) < 1_000
    assert log.score.max() == 1.0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux for memory")
def test_own_memory_is_told() -> None:
    assert mastery_memory.own_megabytes() > 10
