"""From a log to a model ready for use: fitted, its doubt settled, its facts written beside it.

A log that is too small or too uniform to learn from leaves the shipped model in force, and a sentence says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headway.core.evidence.answer_log import AnswerLog, with_students
from headway.core.evidence.fitting import HELD_OUT_SHARE, LEAST_TO_REFIT, Progress, fit, fit_from, some_to_try
from headway.core.evidence.look_ahead import with_doubt
from headway.core.evidence.scorecards import Scorecards, empty, rounded
from headway.core.shared.errors import RuleBroken, gettext_noop

LEAST_ANSWERS: Final = 50
LEAST_STUDENTS: Final = 5  # fewer cannot spare any to be held out
FEW_PASSES: Final = 3

FEW_ANSWERS = gettext_noop(
    "The log has {answers} answers, and at least {least} are needed to learn from. The model that comes with Headway stays in"
    " force."
)
ALL_ALIKE = gettext_noop(
    "All {answers} answers of the log are alike, so there is nothing to learn from them. The model that comes with Headway stays"
    " in force."
)
CURVES_KEPT = gettext_noop(
    "{answers} answers are too few to learn anew what answers say: the curves of “{prior}” were kept, and only questions and"
    " skills were placed on them."
)
BEGAN_FROM_PRIOR = gettext_noop(
    "Students who were held out were foretold better when the fit began from “{prior}”, so it did."
)
FEW_STUDENTS = gettext_noop("With {students} students nobody could be held out, so the doubt of “{prior}” was kept.")


@dataclass(frozen=True, kw_only=True)
class FirstFit:
    """A fit that was tried on held-out students: what it takes to learn from all of them.

    `deviation` and `growth_per_day` are the doubt that held-out students showed; `held_out_loss` is their log loss.
    """

    passes: int
    has_prior: bool
    deviation: tuple[float, float, float]
    growth_per_day: float
    held_out_loss: float | None
    held_out_students: int

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "passes": self.passes,
            "has_prior": self.has_prior,
            "deviation": list(self.deviation),
            "growth_per_day": self.growth_per_day,
            "held_out_loss": self.held_out_loss,
            "held_out_students": self.held_out_students,
        }


def first_fit_from_json(stored: Mapping[str, Any]) -> FirstFit:
    """Return what `FirstFit.as_json` wrote."""
    base, competency, student = stored["deviation"]
    return FirstFit(**{**stored, "deviation": (base, competency, student)})


def answers_in(log: AnswerLog) -> int:
    """Return how many answers of a log were asked for, not only studied."""
    return int((~np.isnan(log.score)).sum())


def check_learn(log: AnswerLog) -> None:
    """Raise RuleBroken where nothing can be learned from a log."""
    asked = log.score[~np.isnan(log.score)]
    if len(asked) < LEAST_ANSWERS:
        raise RuleBroken(FEW_ANSWERS, answers=len(asked), least=LEAST_ANSWERS)
    if asked.min() == asked.max():
        raise RuleBroken(ALL_ALIKE, answers=len(asked))


def learn_first(
    log: AnswerLog,
    *,
    prior: Scorecards | None = None,
    seed: int = 0,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> FirstFit:
    """Fit without a fifth of the students, drawn with `seed`, and see how they are foretold; raises RuleBroken."""
    check_learn(log)
    base = prior or empty()
    if log.students < LEAST_STUDENTS:
        return FirstFit(
            passes=FEW_PASSES,
            has_prior=prior is not None,
            deviation=base.deviation,
            growth_per_day=base.growth_per_day,
            held_out_loss=None,
            held_out_students=0,
        )
    rng = np.random.default_rng(seed)
    tried = some_to_try(log, rng)
    log = log if len(tried) == log.students else with_students(log, tried)
    held_out: NDArray[np.int64] = np.sort(rng.permutation(log.students)[: max(1, int(log.students * HELD_OUT_SHARE))])
    found = fit_from(prior, log, held_out=held_out, folder=folder, progress=progress)
    doubted = with_doubt(found.cards, with_students(log, held_out), rng=rng)
    return FirstFit(
        passes=max(1, found.passes),
        has_prior=found.prior is not None,
        deviation=doubted.deviation,
        growth_per_day=doubted.growth_per_day,
        held_out_loss=min(found.losses),
        held_out_students=len(held_out),
    )


def learn_all(
    log: AnswerLog,
    first: FirstFit,
    *,
    version: str,
    fingerprint: str,
    prior: Scorecards | None = None,
    facts: Mapping[str, Any] | None = None,
    seed: int = 0,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Scorecards:
    """Fit on all students as the first fit found best; the same log, prior and seed give the same numbers.

    `facts` are written beside the numbers, such as the day of the fit.
    """
    began = prior if first.has_prior else None
    fitted = fit(
        log, version=version, fingerprint=fingerprint, prior=began, passes=first.passes, seed=seed, folder=folder,
        progress=progress,
    ).cards  # fmt: skip
    return rounded(
        replace(
            fitted,
            deviation=first.deviation,
            growth_per_day=first.growth_per_day,
            facts={
                **fitted.facts,
                "students": log.students,
                "passes": first.passes,
                "prior": began.version if began else "",
                "held_out_students": first.held_out_students,
                "held_out_log_loss": first.held_out_loss,
                **(facts or {}),
                "competencies": list(log.skill_names),
                "items": list(log.item_names),
            },
        )
    )


def worth_knowing(
    log: AnswerLog, first: FirstFit, prior: Scorecards | None
) -> tuple[tuple[str, Mapping[str, object]], ...]:
    """Return sentences, with their facts, about what a small log could not say."""
    if prior is None:
        return ()
    told: list[tuple[str, Mapping[str, object]]] = []
    answers = answers_in(log)
    if first.has_prior and answers < LEAST_TO_REFIT:
        told.append((CURVES_KEPT, {"answers": answers, "prior": prior.version}))
    elif first.has_prior and first.held_out_students:
        told.append((BEGAN_FROM_PRIOR, {"prior": prior.version}))
    if not first.held_out_students:
        told.append((FEW_STUDENTS, {"students": log.students, "prior": prior.version}))
    return tuple(told)
