"""How well the learner model foretells students it never saw: fold by fold, then put together.

Nothing is chosen on test students: passes and doubt are settled on held-out students of the training part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from headway.core.evidence import calibration
from headway.core.evidence.answer_log import AnswerLog, with_students
from headway.core.evidence.calibration import Flips, Interval, Measure
from headway.core.evidence.context import Context, fit_context, with_context
from headway.core.evidence.counterfactual import ANSWERS_FLIPPED, flip_answers, move_of_references
from headway.core.evidence.coverage import Coverage, NextAnswers, coverage, deviation_of, latent_mean
from headway.core.evidence.fitting import HELD_OUT_SHARE, Progress, fit, fit_from, forecast, some_to_try
from headway.core.evidence.folds import Fold, Plan
from headway.core.evidence.ledger import DAY
from headway.core.evidence.look_ahead import AHEAD, blocks_ahead, deviation_shown, doubt_of, references, with_doubt
from headway.core.evidence.scorecards import Scorecards
from headway.core.evidence.walk import PAUSES, Neighbours, easiness_in
from headway.core.evidence.weights import answer_credits
from headway.core.shared.errors import gettext_noop

Floats = NDArray[np.float64]

SHOWN, CONTEXT = "shown", "context"
SHOWN_NO_PAUSE, CONTEXT_NO_PAUSE = "shown without pause", "context without pause"
FORECASTS = {
    SHOWN: gettext_noop("mastery as shown"),
    CONTEXT: gettext_noop("forecast with other skills"),
    SHOWN_NO_PAUSE: gettext_noop("mastery as shown, without the pause"),
    CONTEXT_NO_PAUSE: gettext_noop("forecast with other skills, without the pause"),
}
PAUSE_CAVEAT = gettext_noop(
    "Where a log’s time is when the answer was given, the pause before it holds the thinking time on this very question, which"
    " nobody knows when the question is chosen. The lines “without the pause” are the forecasts that could have been made."
)
MEASURES: Mapping[str, Measure] = {
    "auc": calibration.auc,
    "accuracy": calibration.accuracy,
    "log_loss": calibration.log_loss,
    "calibration_error": calibration.calibration_error,
    "root_mean_square_error": calibration.root_mean_square_error,
}
BLOCKS_TO_COVER: Final = 60_000
MASTERED_LOGIT: Final = float(np.log(0.8 / 0.2))
REPEATS: Final = 200
_ROWS_REDRAWN: Final = 40_000_000  # at most this many rows are gone through for the intervals of one measure
_LEAST_REPEATS: Final = 20

# Slices: what it is counted by, and where each begins; the last stays open.
BY_STUDENT, BY_SKILL, BY_ITEM, BY_LAG = "answers of the student", "answers on the skill", "answers in training", "days"
STARTS: Mapping[str, tuple[int, ...]] = {
    BY_STUDENT: (0, 1, 5, 20, 100),
    BY_SKILL: (0, 1, 2, 5, 10),
    BY_ITEM: (0, 1, 5, 20, 100),
    BY_LAG: (0, 1, 7, 30),
}


@dataclass(frozen=True, kw_only=True)
class FoldOutcome:
    """What the model of one fold said of its test students.

    Arrays are per row of `rows`, the numbers of the test rows in the plan's log: `logits` of each kind of forecast, the
    reference question's `reference` logit with its `deviation`, how many answers came before (the student's, on the
    competency), and in how many training answers the item was met. `blocks` are next answers on a competency, with the
    `block_deviation` of the belief before each; `flips` and `references` count moves the wrong way.
    """

    name: str
    rows: NDArray[np.int64]
    logits: Mapping[str, Floats]
    reference: Floats
    deviation: Floats
    student_answers: Floats
    competency_answers: Floats
    item_answers: Floats
    blocks: NextAnswers
    block_deviation: Floats
    flips: Mapping[str, Flips]
    references: Flips
    passes: Mapping[str, int]
    began_from_prior: bool
    doubt: tuple[float, float, float, float]
    training_answers: int
    cpu_seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Models:
    """The models of one fold: `first` was fitted without the held-out students, `cards` on all that may be learned from."""

    first: Scorecards
    cards: Scorecards
    context: Context
    passes: int
    has_prior: bool
    fit_seconds: float
    context_seconds: float


def evaluate_fold(
    plan: Plan,
    fold: Fold,
    *,
    prior: Scorecards | None = None,
    neighbours: Neighbours | None = None,
    flipped: int = ANSWERS_FLIPPED,
    folder: Path | None = None,
    progress: Progress | None = None,
    clock: Callable[[], float] = lambda: 0.0,
    seed: int = 0,
) -> FoldOutcome:
    """Fit on a fold's training students and forecast its test students.

    `clock` returns CPU seconds, for what the fit cost; `folder` is for what does not fit in memory.
    """
    rng = np.random.default_rng(seed)
    log = plan.log
    learned = np.sort(np.concatenate([fold.train, fold.held_out])) if fold.held_out is not None else fold.train
    held_out = fold.held_out if fold.held_out is not None else _draw_held_out(plan, fold.train, seed)
    train, test = with_students(log, learned), with_students(log, fold.test)
    held_out = np.searchsorted(learned, np.sort(held_out))

    is_final = fold.held_out is not None
    tried = np.arange(train.students) if is_final else some_to_try(train, rng)
    trial = train if len(tried) == train.students else with_students(train, tried)
    held_out = np.searchsorted(tried, np.intersect1d(held_out, tried))

    def models(without: frozenset[str]) -> _Models:
        began = clock()
        first = fit_from(
            prior, trial, held_out=held_out, neighbours=neighbours, without=without, folder=folder, progress=progress
        )
        cards, passes = first.cards, max(1, first.passes)
        if not is_final:
            cards = fit(
                train, version="", prior=first.prior, passes=passes, neighbours=neighbours, without=without, folder=folder,
                progress=progress,
            ).cards  # fmt: skip
        fitted = clock()
        context = _context(first.cards, trial, neighbours, without, held_out=held_out)
        if not is_final:
            context = _context(cards, train, neighbours, without, passes=context.passes)
        return _Models(
            first=first.cards,
            cards=cards,
            context=context,
            passes=passes,
            has_prior=first.prior is not None,
            fit_seconds=fitted - began,
            context_seconds=clock() - fitted,
        )

    made = models(frozenset())
    cards = made.cards
    said = forecast(cards, test, neighbours=neighbours)
    logits = {SHOWN: said.logits, CONTEXT: _with_context(made, test, said.logits)}
    if log.seconds is not None:
        honest = models(PAUSES)
        logits[SHOWN_NO_PAUSE] = forecast(honest.cards, test, neighbours=neighbours, without=PAUSES).logits
        logits[CONTEXT_NO_PAUSE] = _with_context(honest, test, logits[SHOWN_NO_PAUSE])

    doubted = with_doubt(made.first, with_students(trial, held_out), rng=rng, neighbours=neighbours)
    doubt = doubt_of(doubted)
    blocks = blocks_ahead(cards, test, rng=rng, most=BLOCKS_TO_COVER, neighbours=neighbours)
    around = references(cards, test, neighbours=neighbours)

    def with_other_skills(some: AnswerLog) -> Floats:
        return _with_context(made, some, forecast(cards, some, neighbours=neighbours).logits)

    flips = {
        SHOWN: flip_answers(
            lambda some: forecast(cards, some, neighbours=neighbours).logits, test, rng=rng, answers=flipped
        ),
        CONTEXT: flip_answers(with_other_skills, test, rng=rng, answers=flipped),
    }
    lengths = np.diff(log.starts)[fold.test]
    rows = np.repeat(log.starts[fold.test] - test.starts[:-1], lengths) + np.arange(test.rows)
    asked = ~np.isnan(train.score)
    return FoldOutcome(
        name=fold.name,
        rows=rows,
        logits=logits,
        reference=around.before,
        deviation=deviation_of(doubt, said.competency_answers, said.student_answers),
        student_answers=said.student_answers,
        competency_answers=said.competency_answers,
        item_answers=np.bincount(train.item[asked], minlength=log.items)[test.item].astype(np.float64),
        blocks=replace(blocks, student=plan.owner[fold.test][blocks.student]),
        block_deviation=deviation_shown(doubt, blocks.answers_on_competency, blocks.answers_of_student, blocks.days),
        flips=flips,
        references=move_of_references(around.before, around.after, answer_credits(test)),
        passes={SHOWN: made.passes, CONTEXT: made.context.passes},
        began_from_prior=made.has_prior,
        doubt=(doubt.base, doubt.competency, doubt.student, doubt.growth_per_day),
        training_answers=int(asked.sum()),
        cpu_seconds={SHOWN: made.fit_seconds, CONTEXT: made.context_seconds},
    )


def _draw_held_out(plan: Plan, train: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    people, own = np.unique(plan.owner[train], return_inverse=True)
    drawn = np.random.default_rng(seed).permutation(len(people))[: max(1, int(len(people) * HELD_OUT_SHARE))]
    return np.asarray(train[np.isin(own, drawn)])


def _context(
    cards: Scorecards,
    train: AnswerLog,
    neighbours: Neighbours | None,
    without: frozenset[str],
    *,
    held_out: NDArray[np.int64] | None = None,
    passes: int | None = None,
) -> Context:
    logits = forecast(cards, train, neighbours=neighbours, without=without).logits
    return fit_context(train, logits, easiness_in(cards, train)[train.item], held_out=held_out, passes=passes)


def _with_context(models: _Models, log: AnswerLog, logits: Floats) -> Floats:
    return with_context(models.context, log, logits, easiness_in(models.cards, log)[log.item])


# --- put together ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Measures of one kind of forecast, by name: of each fold, and of all folds together with an interval over students.

    Where all folds forecast the same students, together means the mean over the models.
    """

    forecast: str
    folds: tuple[Mapping[str, float], ...]
    together: Mapping[str, Interval]


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Measures of the rows with `least` to `most` of what `by` says (`most` is None where it stays open)."""

    by: str
    least: int
    most: int | None
    rows: int
    right: float
    auc: float
    log_loss: float
    mean_gap: float


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Everything measured on a log: `rows` are scored answers (each counted once), `chances` one per kind of forecast."""

    rows: int
    students: int
    right: float
    figures: tuple[Figures, ...]
    slices: tuple[Slice, ...]
    sliced: str
    next_one: Coverage | None
    next_five: Coverage | None
    flips: Mapping[str, Flips]
    references: Flips
    doubts: tuple[tuple[float, float, float, float], ...]
    passes: tuple[Mapping[str, int], ...]
    began_from_prior: tuple[bool, ...]
    cpu_seconds: Mapping[str, float]
    training_answers: int


def summarize(plan: Plan, outcomes: Sequence[FoldOutcome], *, repeats: int = REPEATS, seed: int = 0) -> Evaluation:
    """Put the folds' outcomes together."""
    log = plan.log
    owner = plan.owner[log.student_of_row()]
    names = [name for name in FORECASTS if all(name in outcome.logits for outcome in outcomes)]
    scored = [np.flatnonzero(plan.is_scored[outcome.rows]) for outcome in outcomes]
    figures = []
    for name in names:
        chances = [special.expit(outcome.logits[name][own]) for outcome, own in zip(outcomes, scored, strict=True)]
        rights = [log.score[outcome.rows[own]] for outcome, own in zip(outcomes, scored, strict=True)]
        owners = [owner[outcome.rows[own]] for outcome, own in zip(outcomes, scored, strict=True)]
        each = tuple(
            {measure: take(right, chance, None) for measure, take in MEASURES.items()}
            for right, chance in zip(rights, chances, strict=True)
        )
        if plan.shares_test:
            rights, chances, owners = rights[:1], chances[:1], owners[:1]
        together = _intervals(np.concatenate(rights), np.concatenate(chances), np.concatenate(owners), repeats, seed)
        if plan.shares_test:
            together = {
                measure: _moved(found, float(np.mean([fold[measure] for fold in each])))
                for measure, found in together.items()
            }
        figures.append(Figures(forecast=name, folds=each, together=together))
    used = outcomes[:1] if plan.shares_test else outcomes
    rows = np.concatenate([outcome.rows for outcome in used])
    is_scored = plan.is_scored[rows]
    sliced = SHOWN_NO_PAUSE if SHOWN_NO_PAUSE in names else SHOWN
    return Evaluation(
        rows=int(is_scored.sum()),
        students=len(np.unique(owner[rows[is_scored]])),
        right=float(log.score[rows[is_scored]].mean()),
        figures=tuple(figures),
        slices=_slices(plan, used, sliced),
        sliced=sliced,
        next_one=_covered(used, 1, repeats, seed),
        next_five=_covered(used, AHEAD, repeats, seed),
        flips={name: _added([outcome.flips[name] for outcome in outcomes]) for name in outcomes[0].flips},
        references=_added([outcome.references for outcome in outcomes]),
        doubts=tuple(outcome.doubt for outcome in outcomes),
        passes=tuple(outcome.passes for outcome in outcomes),
        began_from_prior=tuple(outcome.began_from_prior for outcome in outcomes),
        cpu_seconds={
            name: float(sum(outcome.cpu_seconds.get(name, 0.0) for outcome in outcomes)) for name in (SHOWN, CONTEXT)
        },
        training_answers=sum(outcome.training_answers for outcome in outcomes),
    )


def _intervals(right: Floats, chance: Floats, student: NDArray[Any], repeats: int, seed: int) -> dict[str, Interval]:
    """Return every measure with its interval; long logs are redrawn fewer times, their intervals are narrow anyway."""
    times = int(min(repeats, max(_LEAST_REPEATS, _ROWS_REDRAWN // max(1, len(right)))))
    return {
        name: calibration.interval(take, right, chance, student, repeats=times, rng=np.random.default_rng(seed))
        for name, take in MEASURES.items()
    }


def _moved(found: Interval, value: float) -> Interval:
    return Interval(value=value, low=found.low + value - found.value, high=found.high + value - found.value)


def _added(found: Sequence[Flips]) -> Flips:
    return Flips(
        count=sum(one.count for one in found),
        of=sum(one.of for one in found),
        largest=max((one.largest for one in found), default=0.0),
    )


def _slices(plan: Plan, outcomes: Sequence[FoldOutcome], sliced: str) -> tuple[Slice, ...]:
    log = plan.log
    rows = np.concatenate([outcome.rows for outcome in outcomes])
    chance = special.expit(np.concatenate([outcome.logits[sliced] for outcome in outcomes]))
    counted = {
        BY_STUDENT: np.concatenate([outcome.student_answers for outcome in outcomes]),
        BY_SKILL: np.concatenate([outcome.competency_answers for outcome in outcomes]),
    }
    if log.has_items:
        counted[BY_ITEM] = np.concatenate([outcome.item_answers for outcome in outcomes])
    if log.seconds is not None:
        counted[BY_LAG] = _days_since_item(log)[rows]
    scored = plan.is_scored[rows]
    found = []
    for by, values in counted.items():
        for place, least in enumerate(STARTS[by]):
            following = STARTS[by][place + 1] if place + 1 < len(STARTS[by]) else None
            chosen = scored & (values >= least) & (values < (np.inf if following is None else following))
            if chosen.any():
                right = log.score[rows[chosen]]
                found.append(
                    Slice(
                        by=by,
                        least=least,
                        most=None if following is None else following - 1,
                        rows=int(chosen.sum()),
                        right=float(right.mean()),
                        auc=calibration.auc(right, chance[chosen]),
                        log_loss=calibration.log_loss(right, chance[chosen]),
                        mean_gap=calibration.mean_gap(right, chance[chosen]),
                    )
                )
    return tuple(found)


def _days_since_item(log: AnswerLog) -> Floats:
    """Return the days since the student last met the same question; nan at the first time."""
    days = np.full(log.rows, np.nan)
    if log.seconds is not None:
        student = log.student_of_row()
        order = np.lexsort((np.arange(log.rows), log.item, student))
        again = (np.diff(student[order]) == 0) & (np.diff(log.item[order]) == 0)
        days[order[1:][again]] = np.diff(log.seconds[order])[again] / DAY
    return days


def joined_blocks(outcomes: Sequence[FoldOutcome], *, ahead: int = AHEAD) -> tuple[NextAnswers, Floats]:
    """Return the blocks of next answers of all folds, cut to the first `ahead`, and the deviation of the belief before each."""
    parts = [outcome.blocks for outcome in outcomes]
    joined = NextAnswers(
        right=np.concatenate([part.right[:, :ahead] for part in parts]),
        logit=np.concatenate([part.logit[:, :ahead] for part in parts]),
        student=np.concatenate([part.student for part in parts]),
        answers_on_competency=np.concatenate([part.answers_on_competency for part in parts]),
        answers_of_student=np.concatenate([part.answers_of_student for part in parts]),
    )
    return joined, np.concatenate([outcome.block_deviation for outcome in outcomes])


def _covered(outcomes: Sequence[FoldOutcome], ahead: int, repeats: int, seed: int) -> Coverage | None:
    blocks, deviation = joined_blocks(outcomes, ahead=ahead)
    if not np.isfinite(blocks.right).any():
        return None
    return coverage(blocks, deviation, rng=np.random.default_rng(seed), repeats=repeats)


def chance_mastered(outcome: FoldOutcome) -> Floats:
    """Return the chance, per row, that the belief lies at or above 80 in 100 on reference questions."""
    mean = latent_mean(outcome.reference, outcome.deviation)
    return np.asarray(special.ndtr((mean - MASTERED_LOGIT) / outcome.deviation))
