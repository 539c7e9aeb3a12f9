"""What is counted is kept in schools' databases: a change of the way of counting must not pass unseen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from headway.core.evidence import learner_model as learner
from headway.core.evidence.scorecards import empty
from headway.core.evidence.values import Piece, PieceKind

MONDAY = datetime(2026, 9, 7, 9, tzinfo=UTC)
PIECES = [
    Piece(id="1", kind=PieceKind.ANSWER, happened_at=MONDAY, score=1.0, difficulty=0.5),
    Piece(id="2", kind=PieceKind.ANSWER, happened_at=MONDAY + timedelta(minutes=2), score=0.0, guess=0.25),
    Piece(id="3", kind=PieceKind.ANSWER, happened_at=MONDAY + timedelta(days=1), score=1.0, hints_used=1, attempt=2),
    Piece(id="4", kind=PieceKind.OBSERVATION, happened_at=MONDAY + timedelta(days=2), score=1.0, level=2, levels=4),
    Piece(id="5", kind=PieceKind.ANSWER, happened_at=MONDAY + timedelta(days=9), score=0.0, on_paper=True),
]
STUDENT = (
    4.0, 1.18884594, 1.74764669, -0.452050482, -0.149389922, -0.0306333486, -0.00569951164, -0.0302002719, -0.0607608069,
    -0.186186092, -0.51494659, -0.825311741, -1.0, 4.0, 1789549200.0, 0.0,
)  # fmt: skip
COMPETENCY = (
    1.18884594, 1.74764669, -0.556334429, -0.24449601, -0.0661895279, -0.0607608069, -0.186186092, -0.51494659, 3.0, 0.0,
    7.79053218e-85, 0.000186760559, 0.632432749, 0.825311741, 0.825311741, 0.825435728, 1.31214801, 1789549200.0, 1788858000.0,
    2.0, 20704.0, 0.166813471, 0.441838862, 1789549200.0, 5.0, 1789549200.0, 0.40555054, 0.0,
)  # fmt: skip


def test_the_way_of_counting_is_the_one_that_schools_have_stored() -> None:
    # It changed on purpose? Then write a migration that deletes StudentState and Mastery, so that `headway migrate` counts
    # anew from the evidence (as 0002_learner_model does), and put the new numbers here.
    found = learner.replay(learner.model_from(empty()), PIECES, at=MONDAY + timedelta(days=30))
    assert found.student.tolist() == pytest.approx(STUDENT, rel=1e-6)
    assert found.competencies[0].tolist() == pytest.approx(COMPETENCY, rel=1e-6)
