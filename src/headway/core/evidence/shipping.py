"""The model that comes with Headway: fitted on simulated students, so that it says something before a school has a log.

Nothing of anybody's log is in it. It is made again with `headway mastery ship`; the file says from which world.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, Final

import numpy as np

from headway.core.evidence.answer_log import AnswerLog, with_students
from headway.core.evidence.fitting import HELD_OUT_SHARE, fit
from headway.core.evidence.ledger import CARDS, KNOTS
from headway.core.evidence.look_ahead import with_doubt
from headway.core.evidence.scorecards import Scorecards, as_json, from_json, without_names
from headway.core.evidence.simulation import World, simulate
from headway.core.evidence.walk import neighbours_of

STUDENTS: Final = 12_000
COMPETENCIES: Final = 60
SEED: Final = 1
SHARE_WITHOUT_TIMES: Final = 0.5  # many logs have no times, and the other cards must then carry the whole
DECIMALS: Final = 5
VERSION: Final = "shipped-2"


def fingerprint_of(world: World, *, students: int, competencies: int, seed: int) -> str:
    """Return the SHA-256 of everything that a shipped model is made from."""
    made_from = {
        "world": asdict(world),
        "students": students,
        "competencies": competencies,
        "seed": seed,
        "cards": [list(card) for card in CARDS],
        "knots": KNOTS,
    }
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()


def make_shipped(
    world: World | None = None,
    *,
    students: int = STUDENTS,
    competencies: int = COMPETENCIES,
    seed: int = SEED,
    progress: Callable[[str, float], None] | None = None,
) -> Scorecards:
    """Return a model fitted on a simulated log, without anything about its items and competencies.

    A fifth of the students decides how many passes are taken and how wide beliefs are; then all are learned from.
    """
    world = world or World()
    simulated = simulate(world, students=students, competencies=competencies, seed=seed)
    rng = np.random.default_rng(seed)
    log = _hide_times(simulated.log, rng)
    neighbours = neighbours_of(simulated.prerequisites, log.skills)
    held_out = np.sort(rng.permutation(log.students)[: max(1, int(log.students * HELD_OUT_SHARE))])
    first = fit(log, version="", held_out=held_out, neighbours=neighbours, progress=progress)
    doubted = with_doubt(first.cards, with_students(log, held_out), rng=rng, neighbours=neighbours)
    cards = fit(log, version=VERSION, passes=max(1, first.passes), neighbours=neighbours, progress=progress).cards
    return _rounded(
        replace(
            without_names(cards),
            fingerprint=fingerprint_of(world, students=students, competencies=competencies, seed=seed),
            deviation=doubted.deviation,
            growth_per_day=doubted.growth_per_day,
        )
    )


def _hide_times(log: AnswerLog, rng: np.random.Generator) -> AnswerLog:
    assert log.seconds is not None  # noqa: S101  simulated logs have times
    hidden = rng.random(log.students) < SHARE_WITHOUT_TIMES
    return replace(log, seconds=np.where(hidden[log.student_of_row()], np.nan, log.seconds))


def _rounded(cards: Scorecards) -> Scorecards:
    """Return the model with short numbers; rounding keeps what rises rising."""
    return from_json(_round(as_json(cards)))


def _round(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _round(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_round(entry) for entry in value]
    return round(value, DECIMALS) if isinstance(value, float) else value
