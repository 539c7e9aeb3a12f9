"""Placing a school's skills on the shipped curves: how much easier or harder each is there than a typical skill.

A fit on a school's own answers foretells answers better, but shows mastery worse: on simulated schools whose truth is known,
refitted curves took guesses, hints and second tries for knowing (estimates 3 to 6 points of 100 too high) and ranges became
too narrow (80% ranges held 53 to 66 in 100). Placing only the level of each skill, from first tries without help and with
the guess left out, brought estimates nearer to the truth and kept the ranges. So this is what mastery shown to people uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from headway.core.evidence.answer_log import AnswerLog
from headway.core.evidence.look_ahead import references
from headway.core.evidence.scorecards import Scorecards
from headway.core.evidence.walk import Neighbours

Floats = NDArray[np.float64]

LEVEL_DEVIATION: Final = 0.7  # logits; how far skills lie apart before anything is known of them
_STEPS: Final = 12  # Newton steps; the problem has one bottom


def told_difficulty(log: AnswerLog, difficulties: Mapping[str, float] | None) -> Floats:
    """Return what authors said of every item of a log, in logits; 0 where nobody said anything."""
    told = np.array([(difficulties or {}).get(name, 0.0) for name in log.item_names])
    return told if len(told) else np.zeros(log.items)


def _first_tries(log: AnswerLog) -> NDArray[np.int64]:
    alone = ~np.isnan(log.score)
    if log.hints is not None:
        alone &= log.hints == 0
    if log.attempt is not None:
        alone &= log.attempt <= 1
    return np.flatnonzero(alone)


def chance_of_answers(
    cards: Scorecards, log: AnswerLog, told: Floats, *, neighbours: Neighbours | None = None
) -> tuple[NDArray[np.int64], Floats]:
    """Return the rows of first tries without help, and the chance that mastery as shown gave each, guessing included."""
    rows = _first_tries(log)
    shown = references(cards, log, neighbours=neighbours).before[rows] - told[log.item[rows]]
    guess = log.guess[rows] if log.guess is not None else np.zeros(len(rows))
    chance: Floats = guess + (1.0 - guess) * special.expit(shown)
    return rows, chance


def placed(prior: Scorecards, log: AnswerLog, told: Floats, *, neighbours: Neighbours | None = None) -> Scorecards:
    """Return the prior with every skill of the log placed on its curves; everything else stays as it is.

    Newton steps on the log loss of first tries, P = g + (1 - g) logistic(shown + level - difficulty), each level held to 0
    by a Gaussian of LEVEL_DEVIATION. Answers to several skills at once count for each by its share.
    """
    base = replace(prior, levels=np.zeros(log.skills))
    rows = _first_tries(log)
    shown = references(base, log, neighbours=neighbours).before[rows] - told[log.item[rows]]
    guess = log.guess[rows] if log.guess is not None else np.zeros(len(rows))
    right = log.score[rows]
    sizes = np.diff(log.set_starts)
    share = 1.0 / np.maximum(sizes, 1)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    key = log.skill_set[rows]
    levels = np.zeros(log.skills)
    for _step in range(_STEPS):
        set_level = np.bincount(owner, levels[log.members] * share[owner], minlength=len(sizes))
        known = special.expit(shown + set_level[key])
        chance = guess + (1.0 - guess) * known
        steep = (1.0 - guess) * known * (1.0 - known)
        spread = np.maximum(chance * (1.0 - chance), 1e-9)
        by_set = np.bincount(key, steep / spread * (right - chance), minlength=len(sizes)) * share
        told_by_set = np.bincount(key, steep * steep / spread, minlength=len(sizes)) * share * share
        slope = np.bincount(log.members, by_set[owner], minlength=log.skills) - levels / LEVEL_DEVIATION**2
        curve = np.bincount(log.members, told_by_set[owner], minlength=log.skills) + 1.0 / LEVEL_DEVIATION**2
        levels = levels + np.clip(slope / curve, -1.0, 1.0)
    return replace(prior, levels=levels)
