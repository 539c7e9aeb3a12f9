"""Compiled functions made ready ahead of time: at the build, and when a server starts, not at a student's first answer."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from headway.core.evidence import learner_model as learner
from headway.core.evidence.answer_log import AnswerLog
from headway.core.evidence.values import Piece, PieceKind

_THEN = datetime(2020, 1, 1, tzinfo=UTC)


def warm_up() -> None:
    """Load, or compile where nothing is kept, all that an answer and its page need."""
    model = learner.shipped_model()
    answer = Piece(id="answer", kind=PieceKind.ANSWER, happened_at=_THEN, score=1.0)
    rating = Piece(id="rating", kind=PieceKind.RUBRIC, happened_at=_THEN, score=1.0, level=1, levels=4)
    student, state = learner.count(model, learner.new_student(), learner.new_competency(), answer)
    known = learner.Known(competency=0, student=student, state=state, related=learner.lent_by(student, [state]))
    learner.estimate(model, known, at=_THEN)
    learner.replay(model, [answer, rating], at=_THEN)
    learner.explained(model, [answer, rating], competency=0, at=_THEN)


def warm_up_fitting() -> None:
    """Compile all that a fit needs as well: some seconds, for the build only."""
    from headway.core.evidence.refit import foretelling, refit  # noqa: PLC0415  a server that fits nothing loads none
    from headway.core.evidence.scorecards import shipped  # noqa: PLC0415

    rows, students = 60, 6
    log = AnswerLog(
        starts=np.linspace(0, rows, students + 1).astype(np.int64),
        item=(np.arange(rows) % 4).astype(np.int32),
        skill_set=np.zeros(rows, dtype=np.int32),
        score=(np.arange(rows) % 3 > 0).astype(np.float64),
        set_starts=np.array([0, 1], dtype=np.int32),
        members=np.zeros(1, dtype=np.int32),
        seconds=np.arange(rows, dtype=np.float64) * 60.0,
        item_names=("1", "2", "3", "4"),
        skill_names=("1",),
    )
    refit(log, in_use=shipped(), prior=shipped())
    foretelling(log, prior=shipped())
