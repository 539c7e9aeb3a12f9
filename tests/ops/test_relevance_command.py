"""The command that measures relevance recognises sets and corpora by their fields."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headway.core.shared.errors import RuleBroken
from headway.ops.judged_sets import judged_sets
from headway.ops.relevance import measure
from headway.ops.terminal import Quiet

LESSONS = (
    {"id": "oak:lesson-1", "title": "Adding fractions", "outcome": "I can add fractions.", "lang": "en-GB"},
    {"id": "oak:lesson-2", "title": "Clouds and rain", "outcome": "I can say why it rains.", "lang": "en-GB",
     "misconceptions": [{"statement": "Clouds are made of cotton."}]},
)  # fmt: skip
QUESTIONS = (
    {"query_id": "a", "query": "Fractions are added by adding tops and bottoms.", "relevant": ["oak:lesson-1"]},
    {"query_id": "b", "query": "Rain comes out of a hole.", "relevant": ["oak:lesson-2", "oak:lesson-gone"]},
)


def write(path: Path, rows: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")  # type: ignore[attr-defined]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("headway.ops.judged_sets.CORPORA", ("resources/oak/lessons.jsonl", "resources/khan/none.jsonl"))
    write(tmp_path / "resources" / "oak" / "lessons.jsonl", LESSONS)
    write(tmp_path / "relevance" / "unseen_set_test.jsonl", QUESTIONS)
    write(tmp_path / "relevance" / "no_labels.jsonl", [{"text": "How many?"}])
    return tmp_path / "relevance"


def test_a_set_that_nobody_has_seen_is_measured(folder: Path, tmp_path: Path) -> None:
    found = measure(folder, tmp_path / "keep", Quiet(), words_only=True)

    (one,) = found["sets"]
    assert (one["set"], one["questions"], one["documents"]) == ("unseen_set_test", 2, 2)
    told = one["ways"]["words"]["all"]
    assert told["recall_10"] == pytest.approx((1 + 0.5) / 2)
    assert told["reciprocal_rank"] == 1


def test_a_lesson_does_not_tell_its_own_misconceptions(folder: Path) -> None:
    (judged,) = judged_sets(folder)

    assert "cotton" not in json.dumps([dict(row) for row in judged.corpus.documents])


def test_a_folder_without_a_set_is_refused_with_its_form(tmp_path: Path) -> None:
    write(tmp_path / "other.jsonl", [{"text": "How many?"}])

    with pytest.raises(RuleBroken, match="judged set"):
        list(judged_sets(tmp_path))
