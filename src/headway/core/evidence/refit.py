"""The learner model fitted again on a school's own answers, with a report on students it never saw.

Mastery shown to people keeps the curves and the doubt that come with Headway and places the school's skills on them
(placing.py says why). A fit of everything, curves too, says how hard questions are.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headway.core.evidence.answer_log import AnswerLog, with_students
from headway.core.evidence.calibration import Measured, measure
from headway.core.evidence.fitting import Progress, fit, fit_from, forecast
from headway.core.evidence.placing import chance_of_answers, placed, told_difficulty
from headway.core.evidence.scorecards import Scorecards, without_names
from headway.core.evidence.walk import Neighbours
from headway.core.shared.errors import RuleBroken, gettext_noop

Floats = NDArray[np.float64]

LEAST_ANSWERS: Final = 50
TEST_SHARE: Final = 0.2
LEAST_STUDENTS: Final = 5  # a fifth of them judge
SEEN_BEFORE: Final = 0.005  # log loss; what having learned from the very students that judge is worth
CALIBRATED_VARIANCE: Final = 0.1  # squared logits; about 40 answers
MOST_DIFFICULTY: Final = 4.0

TOO_FEW = gettext_noop(
    "There are {answers} answers by {students} students so far. A fit needs {least} answers by {least_students} students at "
    "least, and right and wrong ones. Until then the model in use stays: “{version}”."
)


def for_log(cards: Scorecards, log: AnswerLog, difficulties: Mapping[str, float] | None = None) -> Scorecards:
    """Return a model with its competencies and items in a log's order, by their names in the model's facts.

    What the model has not met is typical, but for `difficulties`: what an author said of an item, in logits, by name.
    """
    competencies = _places(cards.facts.get("competencies", ()), log.skill_names)
    items = _places(cards.facts.get("items", ()), log.item_names)
    share = float(cards.facts.get("share_right", 0.65))
    typical = math.log(share / (1.0 - share))
    told = np.array([(difficulties or {}).get(name, 0.0) for name in log.item_names])
    slopes = np.tile(cards.slopes_mean, (len(competencies), 1))
    known = competencies >= 0
    slopes[known] = cards.slopes[competencies[known]]
    return replace(
        cards,
        levels=_taken(cards.levels, competencies, np.zeros(len(competencies))),
        slopes=slopes,
        offsets=_taken(cards.offsets, items, -told),
        discriminations=_taken(cards.discriminations, items, np.zeros(len(items))),
        item_easiness=_taken(cards.item_easiness, items, typical - told),
        item_answers=_taken(cards.item_answers, items, np.zeros(len(items))),
    )


def _places(known: Sequence[Any], names: Sequence[str]) -> NDArray[np.int64]:
    """Return where each name stands among the known ones, −1 where it does not."""
    place = {str(name): number for number, name in enumerate(known) if str(name)}
    return np.array([place.get(name, -1) for name in names], dtype=np.int64)


def _taken(values: Floats, places: NDArray[np.int64], otherwise: Floats) -> Floats:
    found = otherwise.astype(np.float64)
    found[places >= 0] = values[places[places >= 0]]
    return found


def anchored(cards: Scorecards, log: AnswerLog, difficulties: Mapping[str, float] | None = None) -> Scorecards:
    """Return the same model with each competency's level for a question of difficulty 0, as authors count difficulty.

    A fit cannot tell an easy skill from easy questions. So the questions of a skill keep, taken together and each weighed by
    its answers, the difficulty that their authors gave them; what is left is the skill's.
    """
    told = told_difficulty(log, difficulties)
    asked = ~np.isnan(log.score)
    apart = (cards.offsets + told)[log.item[asked]]
    by_set = np.bincount(log.skill_set[asked], apart, minlength=len(log.set_starts) - 1)
    answers = np.bincount(log.skill_set[asked], minlength=len(log.set_starts) - 1)
    owner = np.repeat(np.arange(len(answers)), np.diff(log.set_starts))
    moved = np.bincount(log.members, by_set[owner], minlength=log.skills)
    counted = np.bincount(log.members, answers[owner], minlength=log.skills)
    shift = moved / np.maximum(counted, 1.0)
    set_of_item = np.zeros(log.items, dtype=np.int64)
    set_of_item[log.item] = log.skill_set
    set_shift = np.bincount(owner, shift[log.members], minlength=len(answers)) / np.maximum(np.diff(log.set_starts), 1)
    return replace(cards, levels=cards.levels + shift, offsets=cards.offsets - set_shift[set_of_item])


def fingerprint_of(log: AnswerLog) -> str:
    """Return the SHA-256 of everything in a log that a fit depends on."""
    digest = hashlib.sha256()
    columns = (
        log.starts,
        log.item,
        log.skill_set,
        log.score,
        log.set_starts,
        log.members,
        log.seconds,
        log.hints,
        log.attempt,
    )
    for column in columns:
        digest.update(b"none" if column is None else np.ascontiguousarray(column).tobytes())
    digest.update("\x1f".join([*log.item_names, "\x1e", *log.skill_names]).encode())
    return digest.hexdigest()


def name_of(log: AnswerLog, prior: Scorecards) -> str:
    """Return the version of the model that this log and this prior give: named after both, so that it stands for one model."""
    return f"own-{_fingerprint(log, prior)[:10]}"


def _fingerprint(log: AnswerLog, prior: Scorecards) -> str:
    return hashlib.sha256(f"{fingerprint_of(log)} {prior.version} {prior.fingerprint}".encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Refit:
    """A model fitted again, and how well it and the one in use foretell the first tries of test students.

    The refitted one was placed without them for this; the one in use may have seen them (`in_use_has_seen_them`), so the
    comparison leans its way.
    """

    cards: Scorecards
    answers: int
    students: int
    test_answers: int
    in_use: Measured
    refitted: Measured
    in_use_has_seen_them: bool

    @property
    def is_better(self) -> bool:
        """Whether the refitted model is worth having: no more surprised by the test students than the one in use."""
        return self.refitted.log_loss < self.in_use.log_loss + (SEEN_BEFORE if self.in_use_has_seen_them else 0.0)


def refit(
    log: AnswerLog,
    *,
    in_use: Scorecards,
    prior: Scorecards,
    difficulties: Mapping[str, float] | None = None,
    neighbours: Neighbours | None = None,
    seed: int = 0,
) -> Refit:
    """Place a school's skills from all its answers, and measure that on a fifth of the students.

    `prior` is the model that comes with Headway; `difficulties` are what authors said of items, by name. The version is
    named after the answers and the prior, so the same answers give the same model under the same name. Raises RuleBroken
    where there is too little to learn from.
    """
    _check_enough(log, in_use)
    rng = np.random.default_rng(seed)
    order = rng.permutation(log.students)
    test_students = np.sort(order[: max(1, int(log.students * TEST_SHARE))])
    train = with_students(log, np.sort(order[len(test_students) :]))
    test = with_students(log, test_students)
    told = told_difficulty(log, difficulties)
    student = test.student_of_row()

    def place(some: AnswerLog) -> Scorecards:
        return placed(for_log(prior, some, difficulties), some, told, neighbours=neighbours)

    def measured(cards: Scorecards) -> Measured:
        rows, chance = chance_of_answers(cards, test, told, neighbours=neighbours)
        return measure(test.score[rows], chance, student[rows])

    whole = place(log)
    cards = replace(
        without_names(prior),
        version=name_of(log, prior),
        fingerprint=_fingerprint(log, prior),
        answers=int((~np.isnan(log.score)).sum()),
        levels=whole.levels,
        slopes=np.tile(prior.slopes_mean, (log.skills, 1)),
        facts={**prior.facts, "competencies": list(log.skill_names), "items": []},
    )
    refitted = measured(place(train))
    return Refit(
        cards=cards,
        answers=cards.answers,
        students=log.students,
        test_answers=refitted.rows,
        in_use=measured(for_log(in_use, test, difficulties)),
        refitted=refitted,
        in_use_has_seen_them=bool(in_use.facts.get("competencies")),
    )


def _check_enough(log: AnswerLog, in_use: Scorecards) -> None:
    asked = log.score[~np.isnan(log.score)]
    if len(asked) < LEAST_ANSWERS or log.students < LEAST_STUDENTS or asked.min() == asked.max():
        raise RuleBroken(
            TOO_FEW,
            answers=len(asked),
            students=log.students,
            least=LEAST_ANSWERS,
            least_students=LEAST_STUDENTS,
            version=in_use.version,
        )


def foretelling(
    log: AnswerLog,
    *,
    prior: Scorecards,
    difficulties: Mapping[str, float] | None = None,
    neighbours: Neighbours | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Scorecards:
    """Return a model fitted whole, curves and questions too: the best forecast of answers, on the authors' scale."""
    held_out = np.sort(np.random.default_rng(0).permutation(log.students)[: max(1, int(log.students * TEST_SHARE))])
    first = fit_from(prior, log, held_out=held_out, neighbours=neighbours, folder=folder, progress=progress)
    whole = fit(
        log,
        version=name_of(log, prior),
        fingerprint=_fingerprint(log, prior),
        prior=first.prior,
        passes=max(1, first.passes),
        neighbours=neighbours,
        folder=folder,
        progress=progress,
    ).cards
    facts = {**whole.facts, "competencies": list(log.skill_names), "items": list(log.item_names)}
    return replace(anchored(whole, log, difficulties), facts=facts)


def calibrated_difficulties(
    cards: Scorecards, log: AnswerLog, *, neighbours: Neighbours | None = None
) -> dict[str, float]:
    """Return the difficulty of each item that enough answers tell, in logits, by its name.

    An offset's variance is 1 / (1 + sum of p (1 − p) over its answers), with the prior's precision 1; it must be below
    CALIBRATED_VARIANCE. `cards` are fitted on this log.
    """
    asked = ~np.isnan(log.score)
    chance = forecast(cards, log, neighbours=neighbours).chance[asked]
    told = 1.0 + np.bincount(log.item[asked], chance * (1.0 - chance), minlength=log.items)
    sure = np.flatnonzero(1.0 / told < CALIBRATED_VARIANCE)
    offsets = np.clip(cards.offsets, -MOST_DIFFICULTY, MOST_DIFFICULTY)
    return {log.item_names[place]: round(-float(offsets[place]), 3) for place in sure if log.item_names[place]}
