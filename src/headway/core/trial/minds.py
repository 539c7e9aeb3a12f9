"""The hidden truth of a class: what work teaches and what time takes.

A mastery is a logit: start + kept + transfer x mean of what is kept of the skills before it. `kept` is what practice added and
time left, as in the simulation that the learner model was made on:

    kept(days) = lasting x peak + (learned - lasting x peak) x (1 + days / stability) ** -exponent
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from headway.core.evidence.simulated_practice import kept
from headway.core.trial.assumptions import Assumptions
from headway.core.trial.classroom import Classroom

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]

BEST_LOW, BEST_HIGH = 0.5, 0.85  # shares of questions that succeed where work fits best


def chance_of(logit: Floats | float) -> Floats:
    """Return the chance that belongs to a logit."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.asarray(logit, dtype=np.float64))))


def share_that_fits(chance: Floats, assumptions: Assumptions) -> Floats:
    """Return what work gives whose questions succeed with this chance: 1 where it fits, less where it is too hard or easy."""
    hard, easy = assumptions.too_hard_share, assumptions.too_easy_share
    found = np.interp(chance, [0.0, BEST_LOW, BEST_HIGH, 1.0], [hard, 1.0, 1.0, easy])
    return np.asarray(1.0 - assumptions.fit_matters * (1.0 - found))


@dataclass
class Minds:
    """What every student of a class can do, and has kept; changes as work is done."""

    room: Classroom
    assumptions: Assumptions
    gain_logits: float
    learned: Floats = field(init=False)
    peak: Floats = field(init=False)
    stability: Floats = field(init=False)
    practised_on: Floats = field(init=False)  # day, nan before the first time

    def __post_init__(self) -> None:
        """Begin: nothing is practised yet."""
        shape = self.room.pupils.start.shape
        self.learned, self.peak = np.zeros(shape), np.zeros(shape)
        self.stability = np.repeat(self.room.pupils.stability_days[:, None], shape[1], axis=1)
        self.practised_on = np.full(shape, np.nan)

    def kept_on(self, day: float) -> Floats:
        """Return what is left of practice on a day, students x skills."""
        days = np.where(np.isnan(self.practised_on), 0.0, np.maximum(0.0, day - self.practised_on))
        found = kept(
            self.learned, self.peak, self.stability, days, self.assumptions.lasting_share, self.assumptions.exponent
        )
        return np.asarray(found, dtype=np.float64)

    def logits_on(self, day: float) -> Floats:
        """Return the true logits on a day, students x skills, slips aside."""
        left = self.kept_on(day)
        before = self.room.skills.before
        has = before >= 0
        lent = np.where(has[None, :, :], left[:, np.maximum(before, 0)], 0.0).sum(axis=2)
        found = self.room.pupils.start + left + self.assumptions.transfer * lent / np.maximum(1, has.sum(axis=1))
        return np.asarray(found, dtype=np.float64)

    def chances_on(self, day: float) -> Floats:
        """Return the true chances of success on a usual question, slips included: what a trial is about."""
        return np.asarray((1.0 - self.room.pupils.slip[:, None]) * chance_of(self.logits_on(day)))

    def readiness_on(self, logits: Floats) -> Floats:
        """Return how far each student is ready for each skill by the weakest of what comes before it, 0 to 1."""
        before = self.room.skills.before
        weakest = np.where(before[None, :, :] >= 0, logits[:, np.maximum(before, 0)], np.inf).min(axis=2)
        ready = np.where(
            np.isinf(weakest), 1.0, chance_of(np.clip(weakest, -30, 30) - self.assumptions.readiness_logit)
        )
        return np.asarray(1.0 - self.assumptions.prerequisites_matter * (1.0 - ready))

    def work(
        self,
        *,
        day: float,
        who: Longs,
        skill: Longs,
        opportunities: Floats,
        hardness: Floats,
        lift: Floats,
        factor: Floats,
    ) -> None:
        """Let students work: each on one skill, with so many opportunities.

        `hardness` is how much harder than usual the work is, `lift` what help takes off that, `factor` what reading,
        teacher and interest make of an opportunity.
        """
        if not len(who):
            return
        logits = self.logits_on(day)
        ready = self.readiness_on(logits)[who, skill]
        fits = share_that_fits(chance_of(logits[who, skill] - hardness + lift), self.assumptions)
        left = self.kept_on(day)[who, skill]
        last = self.practised_on[who, skill]
        is_again_today = last == day
        share = ready * fits * factor * np.where(is_again_today, self.assumptions.same_day_share, 1.0)
        gain = self.gain_logits * self.room.pupils.gain_factor[who] * share
        regained = self.assumptions.savings_share * np.minimum(1.0, share)
        known, peak = left.copy(), self.peak[who, skill]
        for number in range(int(np.ceil(opportunities.max()))):
            part = np.clip(opportunities - number, 0.0, 1.0)
            room = np.maximum(0.0, 1.0 - known / self.assumptions.ceiling_logits)
            known += part * (gain * room + regained * np.maximum(0.0, peak - known))
            peak = np.maximum(peak, known)
        longer = np.minimum(
            self.stability[who, skill] * self.assumptions.stability_growth, self.assumptions.most_stability_days
        )
        is_further_day = ~np.isnan(last) & (day > last)
        self.stability[who, skill] = np.where(is_further_day, longer, self.stability[who, skill])
        self.learned[who, skill], self.peak[who, skill] = known, peak
        self.practised_on[who, skill] = day
