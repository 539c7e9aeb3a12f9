"""Does a stated range hold what students did next? And the width of belief that makes it so.

For a student and a competency the belief at a cut is a logit with a deviation. The response model fixes the chance of each
following answer, logistic(z); doubt must not change it, only spread it. So the logit behind answer j of a block is

    z_j * sqrt(1 + pi deviation^2 / 8) + deviation * e,   e ~ N(0, 1), the same e for the whole block,

whose expected success is again logistic(z_j) (MacKay 1992). The number of right answers among the next k is then a mixture
of Poisson-binomial counts, summed over Gauss-Hermite nodes for e.

Counts are discrete, so a central range is judged by the probability integral transform with its jump spread evenly (the
non-randomised form of Czado, Gneiting & Held 2009): the mean over all randomisations, so no luck is needed and perfect
forecasts cover exactly what they state.

Practice often stops *because* of the answers (three right in a row), and then complete blocks are a selection: they cover
less or more than stated even when every forecast is perfect. Two ways out are used here, both exact for perfect forecasts
whatever the stopping rule, as long as it looks only at answers that were seen:

- an unfinished block is completed by what the belief expects *after* its seen answers, averaged over all completions.
  Completed answers cannot contradict the belief, so read coverage together with `completed`, the share that was filled in;
- `dispersion` uses seen answers only: each is forecast given those before it in the block, the errors of a block are added
  up, and their squares are compared with what was foretold. Errors are a martingale, so stopping early changes nothing: 1 is
  right, above 1 the stated doubt is too narrow, below 1 too wide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy  # it loads its parts when they are first asked for, so pages open sooner
from numpy.typing import NDArray

from headway.core.evidence.calibration import STAGES, Floats, Interval, interval_from, redrawn

LEVELS = (0.50, 0.80, 0.95)
NODES = 21
PIT_BARS = 10
_BLOCKS_AT_ONCE = 4096  # keeps the arrays of one step inside a processor's cache


@dataclass(frozen=True, kw_only=True)
class NextAnswers:
    """Blocks of following answers: one row per student, competency and cut, one column per following answer.

    `right` is 1 or 0, nan where the block had ended; `logit` is the response model's logit of each following answer as it
    stood at the cut (where the block had ended: of the question that would have come, such as the reference question).
    `answers_on_competency` and `answers_of_student` count what came before the cut, `days` since the last of them.
    """

    right: Floats
    logit: Floats
    student: NDArray[Any]
    answers_on_competency: NDArray[Any]
    answers_of_student: NDArray[Any]
    days: Floats | None = None

    def __post_init__(self) -> None:
        if self.right.shape != self.logit.shape or self.right.ndim != 2:
            raise ValueError(f"right {self.right.shape} and logit {self.logit.shape} must be blocks by answers")
        if not np.isin(self.right[np.isfinite(self.right)], (0.0, 1.0)).all():
            raise ValueError("next answers are right (1), wrong (0) or not there (nan): shares cannot be counted")


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """How wide a belief is: variance = exp(base + competency log(1 + n) + student log(1 + m)) + growth_per_day days.

    n and m count earlier answers on the competency and of the student; variances are squared logits.
    """

    base: float = 0.0
    competency: float = -0.3
    student: float = -0.1
    growth_per_day: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Covered:
    """What the ranges of some blocks covered: one interval per level, and the bars of the PIT (shares that sum to 1)."""

    name: str
    blocks: int
    students: int
    completed: float
    covered: tuple[Interval, ...]
    pit: tuple[float, ...]
    dispersion: Interval


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """What ranges covered of what students did next: of all blocks, by earlier answers on the competency, and by group."""

    levels: tuple[float, ...]
    overall: Covered
    by_answers: tuple[Covered, ...] = ()
    by_group: tuple[Covered, ...] = ()


def next_rows(student: NDArray[Any], competency: NDArray[Any], *, ahead: int) -> NDArray[np.int64]:
    """Return, for each row of a log in time order, the rows of its own and the following answers on its competency.

    The shape is rows by `ahead`; −1 where the student has no further answer on it.
    """
    order = np.lexsort((np.arange(len(student)), competency, student))
    path_start = np.ones(len(order), dtype=bool)
    path_start[1:] = (np.diff(student[order]) != 0) | (np.diff(competency[order]) != 0)
    path = np.cumsum(path_start)
    found = np.full((len(order), ahead), -1, dtype=np.int64)
    for step in range(min(ahead, len(order))):
        together = path[step:] == path[: len(path) - step]
        found[order[: len(order) - step][together], step] = order[step:][together]
    return found


def deviation_of(
    doubt: Doubt, answers_on_competency: NDArray[Any], answers_of_student: NDArray[Any], days: Floats | None = None
) -> Floats:
    """Return the deviation, in logits, of beliefs with that many answers behind them."""
    exponent = doubt.base + doubt.competency * np.log1p(answers_on_competency)
    variance = np.exp(exponent + doubt.student * np.log1p(answers_of_student))
    deviation: Floats = np.sqrt(variance if days is None else variance + doubt.growth_per_day * days)
    return deviation


def latent_mean(logit: Floats, deviation: Floats) -> Floats:
    """Return the mean of the belief whose expected success is logistic(logit) (MacKay 1992); shapes broadcast."""
    return logit * np.sqrt(1 + np.pi * deviation**2 / 8)


def _nodes(count: int) -> tuple[Floats, Floats]:
    """Return points and weights that integrate over a standard normal."""
    points, weights = np.polynomial.hermite_e.hermegauss(count)
    return points, weights / weights.sum()


def _chances_at(points: Floats, mean: Floats, deviation: Floats) -> Floats:
    # Held inside ±30, so that no answer is impossible and every belief stays a distribution after it.
    latent = np.clip(mean[:, :, None] + deviation[:, None, None] * points, -30, 30)
    return np.asarray(scipy.special.expit(latent), dtype=np.float64)


def _counts_at(chances: Floats) -> Floats:
    """Return the Poisson-binomial distribution of the count, blocks by nodes by 0..k, from blocks by k by nodes."""
    blocks, answers, nodes = chances.shape
    counts = np.zeros((blocks, nodes, answers + 1))
    counts[:, :, 0] = 1.0
    for answer in range(answers):
        chance = chances[:, answer, :, None]
        moved = counts[:, :, :-1] * chance
        counts[:, :, :-1] *= 1 - chance
        counts[:, :, 1:] += moved
    return counts


def count_chances(mean: Floats, deviation: Floats, *, nodes: int = NODES) -> Floats:
    """Return the chance of each number of right answers, blocks by 0..k.

    `mean` (blocks by k) is each answer's latent logit where the belief is at its mean, `deviation` (blocks) its spread.
    """
    points, weights = _nodes(nodes)
    counts: Floats = np.einsum("q,bqc->bc", weights, _counts_at(_chances_at(points, mean, deviation)))
    return counts


def _share_between(counts: Floats, low: float, high: float) -> Floats:
    """Return which share of each count's step in the distribution lies between two levels (blocks by 0..k)."""
    upper = np.cumsum(counts, axis=1)
    lower = upper - counts
    inside = np.clip(np.minimum(upper, high) - np.maximum(lower, low), 0, None)
    share: Floats = np.divide(inside, counts, out=np.zeros_like(counts), where=counts > 0)
    return share


def _judge(right: Floats, logit: Floats, deviation: Floats, ranges: Sequence[tuple[float, float]]) -> Floats:
    """Return, per block: the share of its PIT in each range, the squared sum of errors, and what that was foretold to be."""
    points, weights = _nodes(NODES)
    seen = np.isfinite(right)
    chances = _chances_at(points, latent_mean(logit, deviation[:, None]), deviation)
    counts = np.einsum("q,bqc->bc", weights, _counts_at(chances))

    believed = np.broadcast_to(weights, (len(right), len(points))).copy()
    error, foretold = np.zeros(len(right)), np.zeros(len(right))
    for answer in range(right.shape[1]):
        here, was_right = seen[:, answer], right[:, answer] == 1
        chance = (believed * chances[:, answer]).sum(axis=1)
        error[here] += (was_right - chance)[here]
        foretold[here] += (chance * (1 - chance))[here]
        likelihood = np.where(was_right[:, None], chances[:, answer], 1 - chances[:, answer])
        believed[here] *= likelihood[here]
        believed /= believed.sum(axis=1, keepdims=True)

    unseen = np.einsum("bq,bqc->bc", believed, _counts_at(chances * ~seen[:, :, None]))
    seen_right = np.nansum(right, axis=1).astype(np.int64)
    judged = np.zeros((len(right), len(ranges) + 2))
    most = right.shape[1]
    for number, (low, high) in enumerate(ranges):
        share = _share_between(counts, low, high)
        for more in range(most + 1):
            count = np.minimum(seen_right + more, most)  # beyond the block the chance of `more` is 0 anyway
            judged[:, number] += unseen[:, more] * np.take_along_axis(share, count[:, None], axis=1)[:, 0]
    judged[:, -2], judged[:, -1] = error**2, foretold
    return judged


def _in_steps(blocks: int) -> Iterator[slice]:
    for start in range(0, blocks, _BLOCKS_AT_ONCE):
        yield slice(start, min(blocks, start + _BLOCKS_AT_ONCE))


def _summed(name: str, judged: Floats, student: NDArray[Any], levels: int, repeats: int, seed: int) -> Covered:
    """Return what the blocks of one row of a report covered; `judged` has the share completed as its first column."""
    names, number = np.unique(student, return_inverse=True)
    columns = np.column_stack([np.ones(len(judged)), judged])
    sums = np.column_stack([np.bincount(number, column, minlength=len(names)) for column in columns.T])

    def shares(times: Floats) -> Floats:
        total = times @ sums
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray([*(total[2 : 2 + levels] / total[0]), total[-2] / total[-1]])

    values = shares(np.ones(len(names)))
    draws = redrawn(shares, np.arange(len(names)), repeats=repeats, rng=np.random.default_rng(seed))
    found = [
        interval_from(float(value), draws[:, place], students=len(names)) for place, value in enumerate(values.tolist())
    ]
    return Covered(
        name=name,
        blocks=len(judged),
        students=len(names),
        completed=float(judged[:, 0].mean()),
        covered=tuple(found[:levels]),
        pit=tuple(judged[:, 1 + levels : -2].mean(axis=0).tolist()),
        dispersion=found[-1],
    )


def coverage(
    answers: NextAnswers,
    deviation: Floats,
    *,
    rng: np.random.Generator,
    levels: Sequence[float] = LEVELS,
    group: NDArray[Any] | None = None,
    group_names: Sequence[str] = (),
    repeats: int = 200,
) -> Coverage:
    """Return what central ranges at each level covered, with intervals over students.

    `deviation` (blocks) is the belief's at the cut; `group` numbers each block's group in `group_names`, −1 for none.
    Blocks without a single seen answer are left out. To look at one length only, give blocks of that length.
    """
    used = np.flatnonzero(np.isfinite(answers.right).any(axis=1))
    if not len(used):
        raise ValueError("no block holds a seen answer")
    ranges = [(0.5 - level / 2, 0.5 + level / 2) for level in levels]
    ranges += [(bar / PIT_BARS, (bar + 1) / PIT_BARS) for bar in range(PIT_BARS)]
    judged = np.zeros((len(used), 1 + len(ranges) + 2))
    for step in _in_steps(len(used)):
        right = answers.right[used[step]]
        judged[step, 0] = np.isnan(right).mean(axis=1)
        judged[step, 1:] = _judge(right, answers.logit[used[step]], deviation[used[step]], ranges)
    student, before = answers.student[used], answers.answers_on_competency[used]
    seed = int(
        rng.integers(2**32)
    )  # the same draws for every part, so that a part does not change with what stands beside it

    def part(name: str, rows: NDArray[np.bool_]) -> Iterator[Covered]:
        if rows.any():
            yield _summed(name, judged[rows], student[rows], len(levels), repeats, seed)

    everything = np.ones(len(used), dtype=bool)
    by_answers = [
        covered
        for lowest, highest in STAGES
        for covered in part(
            stage_name(lowest, highest), (before >= lowest) & (before <= (np.inf if highest is None else highest))
        )
    ]
    by_group = [
        covered
        for number, name in enumerate(group_names)
        if group is not None
        for covered in part(name, group[used] == number)
    ]
    return Coverage(
        levels=tuple(levels),
        overall=next(part("", everything)),
        by_answers=tuple(by_answers),
        by_group=tuple(by_group),
    )


def stage_name(lowest: int, highest: int | None) -> str:
    """Return a stage in figures: “0–4”, “15+”."""
    return f"{lowest}+" if highest is None else f"{lowest}–{highest}"


def fit_doubt(answers: NextAnswers, *, prior: Doubt = Doubt(), nodes: int = 15) -> Doubt:
    """Return the doubt that makes the seen answers of the blocks most likely (marginal maximum likelihood).

    Only blocks with two or more answers tell anything: how alike answers of one block are beyond their chances. Blocks may
    be cut short by a stopping rule that looks at seen answers; the likelihood is the same (Rubin 1976). More answers never
    widen a belief (`competency` and `student` at most 0); `growth_per_day` is fitted where `days` are given, else kept.
    Each parameter is held to `prior` with the weight of one unit, so a few blocks change little and many override it.
    """
    telling = np.isfinite(answers.right).sum(axis=1) >= 2
    right, logit = answers.right[telling], answers.logit[telling]
    seen = np.isfinite(right)
    sign = np.where(seen, 2 * right - 1, 0.0)
    logs = np.column_stack(
        [
            np.ones(len(right)),
            np.log1p(answers.answers_on_competency[telling]),
            np.log1p(answers.answers_of_student[telling]),
        ]
    )
    days = np.zeros(len(right)) if answers.days is None else answers.days[telling]
    points, weights = _nodes(nodes)
    start = np.array([prior.base, prior.competency, prior.student, prior.growth_per_day])

    def surprise(parameters: Floats) -> tuple[float, Floats]:
        """Return −log likelihood and its gradient, with the pull towards the prior."""
        lost = 0.5 * float(((parameters - start) ** 2).sum())
        slope = parameters - start
        for step in _in_steps(len(right)):
            from_answers = np.exp(logs[step] @ parameters[:3])
            variance = from_answers + parameters[3] * days[step]
            deviation = np.sqrt(variance)
            widening = np.sqrt(1 + np.pi * variance / 8)
            latent = (logit[step] * widening[:, None])[:, :, None] + deviation[:, None, None] * points
            signs = sign[step][:, :, None]
            # An answer that was not seen has sign 0: its factor is 1/2 at every node, which is taken out again below.
            likely = scipy.special.expit(signs * latent)
            together = likely.prod(axis=1) * weights
            total = together.sum(axis=1)
            lost -= float(np.log(total).sum()) + float((~seen[step]).sum()) * np.log(2)
            pull = signs * (1 - likely)
            by_widening = np.einsum("bkq,bk->bq", pull, logit[step]) * (np.pi * deviation / (8 * widening))[:, None]
            by_deviation = ((pull.sum(axis=1) * points + by_widening) * together).sum(axis=1) / total
            by_variance = by_deviation / (2 * deviation)
            slope[:3] -= (by_variance * from_answers) @ logs[step]
            slope[3] -= float(by_variance @ days[step])
        return lost, slope

    most_growth = 1.0 if answers.days is not None else prior.growth_per_day
    least_growth = 0.0 if answers.days is not None else prior.growth_per_day
    found = scipy.optimize.minimize(
        surprise,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(-8.0, 4.0), (-3.0, 0.0), (-3.0, 0.0), (least_growth, most_growth)],
    )
    base, competency, student, growth = (float(parameter) for parameter in found.x)
    return Doubt(base=base, competency=competency, student=student, growth_per_day=growth)
