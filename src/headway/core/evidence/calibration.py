"""How well stated chances agree with what happened: the measures, and how sure they are.

Every measure takes `right` (1 right, 0 wrong, or a share between), `chance` (the chance that was stated before the answer)
and, if wanted, a `weight` per row; all are flat arrays of one length without nan. A measure that the rows cannot give, such
as an AUC where everything was right, is nan.

Rows of one student belong together, so intervals draw students, not rows (cluster bootstrap: Davison & Hinkley 1997, 3.8).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy  # it loads its parts when they are first asked for, so pages open sooner
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Measure = Callable[[Floats, Floats, Floats | None], float]

# Numbers of earlier answers that are looked at apart (from, to; to is None where it stays open): early estimates lean on
# what is typical, so they can run high for some and low for others although the average is right.
STAGES: tuple[tuple[int, int | None], ...] = ((0, 4), (5, 14), (15, None))
BINS = 10
_LEAST_CHANCE = 1e-15  # log loss of a certainty that was wrong stays finite, as scikit-learn keeps it


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A measured value and where it likely lies; nan where that cannot be said."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Measured:
    """All measures of one set of rows; chances, shares and gaps are 0 to 1."""

    rows: int
    students: int
    right: float
    auc: float
    accuracy: float
    log_loss: float
    root_mean_square_error: float
    calibration_error: float
    calibration_error_equal_count: float
    intercept: float
    slope: float
    mean_gap: float


@dataclass(frozen=True, kw_only=True)
class Bin:
    """One bar of a reliability diagram: rows whose chance lies between two edges, and what happened in them."""

    lower_edge: float
    upper_edge: float
    rows: int
    chance: float
    right: float
    right_low: float
    right_high: float


@dataclass(frozen=True, kw_only=True)
class Flips:
    """How often a counterfactual answer moved an estimate the wrong way; `largest` is the worst step, in the given unit."""

    count: int
    of: int
    largest: float

    @property
    def share(self) -> float:
        """The share, 0 to 1, that moved the wrong way."""
        return self.count / self.of if self.of else 0.0


def _mean(values: Floats, weight: Floats | None) -> float:
    total = float(weight.sum()) if weight is not None else float(len(values))
    if total <= 0:
        return float("nan")
    return float((values @ weight if weight is not None else values.sum()) / total)


def mean_gap(right: Floats, chance: Floats, weight: Floats | None = None) -> float:
    """Return calibration in the large: how much was promised above what happened, mean(chance − right)."""
    return _mean(chance - right, weight)


def accuracy(right: Floats, chance: Floats, weight: Floats | None = None) -> float:
    """Return the share of answers that a guess at .5 gets right; a chance of exactly .5 guesses right."""
    return _mean(((chance >= 0.5) == (right >= 0.5)).astype(np.float64), weight)


def log_loss(right: Floats, chance: Floats, weight: Floats | None = None) -> float:
    """Return the mean of −log(chance given to what happened), in nats."""
    kept = np.clip(chance, _LEAST_CHANCE, 1 - _LEAST_CHANCE)
    return _mean(-scipy.special.xlogy(right, kept) - scipy.special.xlog1py(1 - right, -kept), weight)


def root_mean_square_error(right: Floats, chance: Floats, weight: Floats | None = None) -> float:
    """Return the root of the mean squared distance of chance and answer."""
    return float(np.sqrt(_mean((chance - right) ** 2, weight)))


def operating_curve(right: Floats, chance: Floats, weight: Floats | None = None) -> tuple[Floats, Floats]:
    """Return the ROC curve from (0, 0) to (1, 1): shares of wrong and of right answers at or above each chance.

    Rows with the same chance are one step, so ties count one half in the area, exactly. nan where all answers are alike.
    """
    falling = np.argsort(
        -chance, kind="stable"
    )  # stable is quick where rows are sorted already, as a bootstrap keeps them
    share_right = right[falling]
    counted = weight[falling] if weight is not None else np.ones(len(falling))
    last_of_tie = np.flatnonzero(np.diff(chance[falling], append=-np.inf))
    hits = np.concatenate([[0.0], np.cumsum(counted * share_right)[last_of_tie]])
    false_alarms = np.concatenate([[0.0], np.cumsum(counted * (1 - share_right))[last_of_tie]])
    if not hits[-1] > 0 or not false_alarms[-1] > 0:
        return np.array([np.nan]), np.array([np.nan])
    return false_alarms / false_alarms[-1], hits / hits[-1]


def auc(right: Floats, chance: Floats, weight: Floats | None = None) -> float:
    """Return the chance that a right answer was given a higher chance than a wrong one (Hanley & McNeil 1982)."""
    false_alarms, hits = operating_curve(right, chance, weight)
    return float(np.trapezoid(hits, false_alarms)) if len(hits) > 1 else float("nan")


def _bin_edges(chance: Floats, bins: int, equal_count: bool) -> Floats:
    inner = np.linspace(0, 1, bins + 1)[1:-1]
    return np.unique(np.quantile(chance, inner)) if equal_count and len(chance) else inner


def _calibration_error(right: Floats, chance: Floats, weight: Floats | None, bins: int, equal_count: bool) -> float:
    edges = _bin_edges(chance, bins, equal_count)
    bin_of_row = np.searchsorted(edges, chance, side="right")
    gap = chance - right if weight is None else weight * (chance - right)
    total = float(len(chance) if weight is None else weight.sum())
    return float(np.abs(np.bincount(bin_of_row, gap)).sum() / total) if total > 0 else float("nan")


def calibration_error(right: Floats, chance: Floats, weight: Floats | None = None, *, bins: int = BINS) -> float:
    """Return the expected calibration error over bins of equal width, the form that papers quote (Naeini et al. 2015).

    Noise makes it larger than 0 even for perfect chances, the more the fewer rows: compare only like numbers of rows.
    """
    return _calibration_error(right, chance, weight, bins, equal_count=False)


def calibration_error_equal_count(
    right: Floats, chance: Floats, weight: Floats | None = None, *, bins: int = BINS
) -> float:
    """Return the expected calibration error over bins of equally many rows (ties stay together; Nguyen & O'Connor 2015)."""
    return _calibration_error(right, chance, weight, bins, equal_count=True)


def calibration_line(right: Floats, chance: Floats, weight: Floats | None = None) -> tuple[float, float]:
    """Return intercept and slope of logit(right) on logit(chance) (Cox 1958): 0 and 1 when chances can be taken at their word.

    A slope below 1 says that chances are too extreme. nan where no line fits best (all alike, or split without overlap).
    """
    counted = np.ones(len(chance)) if weight is None else weight
    logit = scipy.special.logit(np.clip(chance, 1e-9, 1 - 1e-9))
    intercept, slope = 0.0, 1.0
    for _newton_step in range(50):
        fitted = scipy.special.expit(intercept + slope * logit)
        residual = counted * (right - fitted)
        information = counted * fitted * (1 - fitted)
        by_logit = information * logit
        flat, mixed, steep = float(information.sum()), float(by_logit.sum()), float(by_logit @ logit)
        determinant = flat * steep - mixed * mixed
        if not determinant > 1e-12 * max(1.0, flat * steep):
            break
        up, along = float(residual.sum()), float(residual @ logit)
        step = np.clip([(steep * up - mixed * along) / determinant, (flat * along - mixed * up) / determinant], -2, 2)
        intercept, slope = intercept + float(step[0]), slope + float(step[1])
        if np.abs(step).max() < 1e-9:
            return intercept, slope
    return float("nan"), float("nan")


def calibration_slope(right: Floats, chance: Floats, weight: Floats | None = None) -> float:
    """Return the slope of `calibration_line`."""
    return calibration_line(right, chance, weight)[1]


def reliability(right: Floats, chance: Floats, *, bins: int = BINS, equal_count: bool = False) -> tuple[Bin, ...]:
    """Return the bars of a reliability diagram, lowest chances first, empty bins left out.

    `right_low` and `right_high` are the 95% interval of Wilson (1927); it takes rows as independent, for drawing only.
    """
    edges = _bin_edges(chance, bins, equal_count)
    bin_of_row = np.searchsorted(edges, chance, side="right")
    rows = np.bincount(bin_of_row, minlength=len(edges) + 1)
    chances = np.bincount(bin_of_row, chance, minlength=len(rows))
    rights = np.bincount(bin_of_row, right, minlength=len(rows))
    walls = [0.0, *edges.tolist(), 1.0]
    z_squared = float(scipy.special.ndtri(0.975)) ** 2
    bars = []
    for number in np.flatnonzero(rows).tolist():
        count, share = int(rows[number]), float(rights[number] / rows[number])
        middle = (share + z_squared / (2 * count)) / (1 + z_squared / count)
        half = np.sqrt(z_squared * (share * (1 - share) / count + z_squared / (4 * count**2))) / (1 + z_squared / count)
        bars.append(
            Bin(
                lower_edge=walls[number],
                upper_edge=walls[number + 1],
                rows=count,
                chance=float(chances[number] / count),
                right=share,
                right_low=max(0.0, float(middle - half)),
                right_high=min(1.0, float(middle + half)),
            )
        )
    return tuple(bars)


def measure(right: Floats, chance: Floats, student: NDArray[Any] | None = None) -> Measured:
    """Return every measure of the rows; rows where nothing was asked (`right` is nan) are left out."""
    asked = np.isfinite(right)
    right, chance = right[asked], chance[asked]
    intercept, slope = calibration_line(right, chance)
    return Measured(
        rows=len(right),
        students=len(np.unique(student[asked])) if student is not None else 0,
        right=_mean(right, None),
        auc=auc(right, chance),
        accuracy=accuracy(right, chance),
        log_loss=log_loss(right, chance),
        root_mean_square_error=root_mean_square_error(right, chance),
        calibration_error=calibration_error(right, chance),
        calibration_error_equal_count=calibration_error_equal_count(right, chance),
        intercept=intercept,
        slope=slope,
        mean_gap=mean_gap(right, chance),
    )


def redrawn(
    statistic: Callable[[Floats], Any], student: NDArray[Any], *, repeats: int, rng: np.random.Generator
) -> Floats:
    """Return `statistic` of `repeats` redrawn sets of students, one per row of the result.

    `statistic` takes a weight per row (how often the row's student was drawn) and returns a number or an array.
    """
    names, student_of_row = np.unique(student, return_inverse=True)
    draws = []
    for _repeat in range(repeats):
        times = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))
        draws.append(statistic(times[student_of_row].astype(np.float64)))
    return np.array(draws, dtype=np.float64)


def interval_from(value: float, draws: Floats, *, students: int, level: float = 0.95) -> Interval:
    """Return the interval of a value whose redrawn values are `draws`.

    Student's t with students − 1 degrees of freedom times the draws' spread, widened by what drawing from few students
    takes away: percentiles of the draws are too narrow below some 40 students (Cameron & Miller 2015, VI).
    """
    known = draws[np.isfinite(draws)]
    if students < 2 or len(known) < 2 or not np.isfinite(value):
        return Interval(value=value, low=float("nan"), high=float("nan"))
    spread = float(known.std(ddof=1)) * np.sqrt(students / (students - 1))
    half = float(scipy.special.stdtrit(students - 1, 0.5 + level / 2)) * spread
    return Interval(value=value, low=float(value - half), high=float(value + half))


def interval(
    measured: Measure,
    right: Floats,
    chance: Floats,
    student: NDArray[Any],
    *,
    repeats: int,
    rng: np.random.Generator,
    level: float = 0.95,
) -> Interval:
    """Return a measure with its interval over students; rows where nothing was asked are left out."""
    asked = np.isfinite(right)
    order = np.argsort(-chance[asked], kind="stable")  # sorted once, so that each redrawn AUC takes one pass
    right, chance, student = right[asked][order], chance[asked][order], student[asked][order]
    draws = redrawn(lambda weight: measured(right, chance, weight), student, repeats=repeats, rng=rng)
    return interval_from(measured(right, chance, None), draws, students=len(np.unique(student)), level=level)


def flips(if_wrong: Floats, if_right: Floats, *, tolerance: float = 1e-9) -> Flips:
    """Count estimates that a right answer leaves lower than a wrong one, by more than `tolerance`."""
    steps = if_wrong - if_right
    return Flips(
        count=int((steps > tolerance).sum()), of=len(steps), largest=float(max(0.0, steps.max())) if len(steps) else 0.0
    )
