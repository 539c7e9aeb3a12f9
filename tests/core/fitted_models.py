"""Learner models to try promises on: the one that comes with Headway, and one that other simulated students made."""

from __future__ import annotations

from functools import cache

import numpy as np

from headway.core.evidence.answer_log import with_students
from headway.core.evidence.fitting import fit
from headway.core.evidence.learner_model import LearnerModel, model_from, shipped_model
from headway.core.evidence.look_ahead import with_doubt
from headway.core.evidence.scorecards import without_names
from headway.core.evidence.simulation import World, simulate
from headway.core.evidence.walk import neighbours_of

SHIPPED, ELSEWHERE = "shipped", "fitted elsewhere"
NAMES = (SHIPPED, ELSEWHERE)


@cache
def fitted(world: World, *, students: int, competencies: int, seed: int) -> LearnerModel:
    """Return a model fitted on simulated students of a world, without anything about their questions and competencies."""
    simulated = simulate(world, students=students, competencies=competencies, seed=seed)
    neighbours = neighbours_of(simulated.prerequisites, simulated.log.skills)
    held_out = np.arange(0, students, 5)
    cards = fit(simulated.log, version=f"simulated-{seed}", held_out=held_out, neighbours=neighbours).cards
    rng = np.random.default_rng(seed)
    cards = with_doubt(cards, with_students(simulated.log, held_out), rng=rng, neighbours=neighbours)
    return model_from(without_names(cards))


def model(name: str) -> LearnerModel:
    """Return a model by its name in NAMES."""
    return shipped_model() if name == SHIPPED else fitted(World(), students=400, competencies=40, seed=11)
