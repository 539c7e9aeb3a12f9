"""What may be seen of a simulated class: answers, through the learner model in use; never the truth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headway.core.evidence import belief
from headway.core.evidence.learner_model import (
    Known,
    LearnerModel,
    estimate,
    lent_by,
    new_competency,
    new_student,
)
from headway.core.evidence.values import Estimate

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]

FIRST_MONDAY: Final = datetime(2026, 9, 7, tzinfo=UTC)
FIRST_HOUR: Final = 8.0


def moment(day: float, hour: float = FIRST_HOUR) -> datetime:
    """Return the moment of a trial's day, counted from the first Monday."""
    return FIRST_MONDAY + timedelta(days=day, hours=hour)


@dataclass
class Seen:
    """All evidence of a class, as the product keeps it: running numbers of each student and of each skill.

    `before` is skills x 2, what each skill builds on, -1 for none.
    """

    model: LearnerModel
    before: Longs
    students: int
    own: list[Floats] = field(init=False)
    states: list[list[Floats]] = field(init=False)

    def __post_init__(self) -> None:
        """Begin: nothing was seen."""
        self.own = [new_student() for _student in range(self.students)]
        self.states = [[new_competency() for _skill in range(len(self.before))] for _student in range(self.students)]

    def answered(
        self, student: int, skill: int, *, is_right: bool, difficulty: float, guess: float, at_seconds: float
    ) -> None:
        """Count an answer; `difficulty` is what is known of the question, not what it is."""
        fact = belief.Fact(
            belief.ANSWER, 1.0 if is_right else 0.0, 1.0, difficulty, guess, -math.inf, math.inf, 1.0, at_seconds
        )
        belief.count(self.model.numbers, fact, self.own[student], self.states[student][skill], 0.0)

    def look(self, student: int, skill: int, at: datetime) -> Estimate:
        """Return what a page would say."""
        states = self.states[student]
        near: Sequence[Floats | None] = [states[one] for one in self.before[skill] if one >= 0]
        known = Known(
            competency=skill,
            student=self.own[student],
            state=states[skill],
            related=lent_by(self.own[student], near),
        )
        return estimate(self.model, known, at=at)

    def look_at_all(self, at: datetime) -> list[list[Estimate]]:
        """Return what pages would say, student by student, skill by skill."""
        return [
            [self.look(student, skill, at) for skill in range(len(self.before))] for student in range(self.students)
        ]
