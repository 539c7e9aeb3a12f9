"""Forecasts to beat: what schools and papers use, each fitted on the same answers and asked about the same ones.

Every baseline is `fit_predict(train, test)`: it learns from the students of `train` and returns the chance of a right answer for
every row of `test`, made before that answer is seen but with all earlier answers of the same student. Both logs number items and
skills alike. Rows whose score is nan (studied, not asked) are forecast but teach nothing. A score counts as right above a half
where a model knows only right and wrong.

`python -m benchmarks.mastery_baselines LOG` measures them on a log's own split.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from headway.core.evidence.answer_log import AnswerLog, Floats, with_students

# Neither scipy.sparse nor scikit-learn says its types.
_sparse: Any = importlib.import_module("scipy.sparse")

Baseline = Callable[[AnswerLog, AnswerLog], Floats]

PROJECT = Path(__file__).resolve().parents[1]
PYBKT_REQUIREMENTS = PROJECT / "requirements" / "pybkt.txt"
PYBKT_HOME = PROJECT / "build" / "pybkt"
SETUP_SECONDS_AT_MOST, BKT_SECONDS_AT_MOST = 600, 3_600
FOLDS, FOLD_SEED = 5, 0

# Pelánek 2016, "Applications of the Elo rating system in adaptive educational systems": after n answers the step is
# a / (1 + b n). Which a and b suit a log is chosen on students of the training part only.
ELO_STEPS, ELO_SLOWINGS, SHARE_HELD_OUT = (0.2, 0.4, 0.8), (0.02, 0.05, 0.15), 0.2
# How many answers of a wider group an own one weighs as much as: few items are answered often, most skills are.
ITEM_SHRINKAGE, SKILL_SHRINKAGE = 8.0, 20.0


# --- means -----------------------------------------------------------------------------------------------------------


def item_mean(train: AnswerLog, test: AnswerLog) -> Floats:
    """Return the item's share of right answers, drawn towards its skills' and theirs towards everybody's."""
    asked = ~np.isnan(train.score)
    score, item = train.score[asked], train.item[asked]
    everybody = float(score.mean()) if len(score) else 0.5
    rows, skills = _members_of_rows(train)
    counts = asked[rows]
    skill = (
        np.bincount(skills[counts], np.nan_to_num(train.score)[rows[counts]], minlength=train.skills)
        + SKILL_SHRINKAGE * everybody
    ) / (np.bincount(skills[counts], minlength=train.skills) + SKILL_SHRINKAGE)
    lengths = np.diff(test.set_starts)
    of_set = np.add.reduceat(skill[test.members], test.set_starts[:-1]) / lengths
    right = np.bincount(item, score, minlength=train.items)
    seen = np.bincount(item, minlength=train.items)
    return (right[test.item] + ITEM_SHRINKAGE * of_set[test.skill_set]) / (seen[test.item] + ITEM_SHRINKAGE)


def _members_of_rows(log: AnswerLog) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (row, skill) for every skill of every row."""
    lengths = np.diff(log.set_starts)[log.skill_set]
    rows = np.repeat(np.arange(log.rows), lengths)
    firsts = np.repeat(np.cumsum(lengths) - lengths, lengths)
    return rows, log.members[log.set_starts[log.skill_set][rows] + np.arange(len(rows)) - firsts].astype(np.int64)


# --- Elo -------------------------------------------------------------------------------------------------------------


@numba.njit(cache=True)
def _elo(
    starts: NDArray[np.int64],
    item: NDArray[np.int32],
    skill_set: NDArray[np.int32],
    score: Floats,
    set_starts: NDArray[np.int32],
    members: NDArray[np.int32],
    difficulty: Floats,
    answers: Floats,
    skills: int,
    step: float,
    slowing: float,
    is_learning: bool,
) -> Floats:  # pragma: no cover
    chance = np.empty(len(item))
    for student in range(len(starts) - 1):
        own, count = np.zeros(skills), np.zeros(skills)
        level, seen = 0.0, 0.0
        for row in range(starts[student], starts[student + 1]):
            begin, end = set_starts[skill_set[row]], set_starts[skill_set[row] + 1]
            strength = 0.0
            for place in range(begin, end):
                strength += own[members[place]]
            logit = level + strength / (end - begin) - difficulty[item[row]]
            chance[row] = 1.0 / (1.0 + np.exp(-logit))
            if np.isnan(score[row]):
                continue
            surprise = score[row] - chance[row]
            level += step / (1.0 + slowing * seen) * surprise
            seen += 1.0
            for place in range(begin, end):
                skill = members[place]
                own[skill] += step / (1.0 + slowing * count[skill]) * surprise
                count[skill] += 1.0
            if is_learning:
                difficulty[item[row]] -= step / (1.0 + slowing * answers[item[row]]) * surprise
                answers[item[row]] += 1.0
    return chance


def elo(train: AnswerLog, test: AnswerLog) -> Floats:
    """Return what an Elo rating forecasts: a student's level, the own level in each skill, and the item's difficulty.

    Difficulties are learned from `train` and then left alone; items nobody met are as hard as the average one.
    """
    is_held_out = np.random.default_rng(FOLD_SEED).permutation(train.students) < SHARE_HELD_OUT * train.students
    inner, held_out = (with_students(train, np.flatnonzero(each)) for each in (~is_held_out, is_held_out))
    right = held_out.score

    def loss(steps: tuple[float, float]) -> float:
        chance = _elo_forecast(inner, held_out, *steps)
        return float(-np.nanmean(right * np.log(chance) + (1 - right) * np.log(1 - chance)))

    return _elo_forecast(train, test, *min(itertools.product(ELO_STEPS, ELO_SLOWINGS), key=loss))


def _elo_forecast(train: AnswerLog, test: AnswerLog, step: float, slowing: float) -> Floats:
    items, skills = max(train.items, test.items), max(train.skills, test.skills)
    difficulty, answers = np.zeros(items), np.zeros(items)
    _elo(*_plain(train), difficulty, answers, skills, step, slowing, True)
    difficulty[answers == 0] = np.average(difficulty, weights=answers) if answers.any() else 0.0
    return _elo(*_plain(test), difficulty, answers, skills, step, slowing, False)


def _plain(
    log: AnswerLog,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], Floats, NDArray[np.int32], NDArray[np.int32]]:
    """Return a log’s columns as the compiled loops take them."""
    return log.starts, log.item, log.skill_set, log.score, log.set_starts, log.members


# --- logistic regressions --------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Before:
    """Right answers and answers before each row: the student's, the student's on the item, and on each skill of the row."""

    right: Floats
    seen: Floats
    item_right: Floats
    item_seen: Floats
    skill_right: Floats
    skill_seen: Floats


@numba.njit(cache=True)
def _count(
    starts: NDArray[np.int64],
    item: NDArray[np.int32],
    skill_set: NDArray[np.int32],
    score: Floats,
    set_starts: NDArray[np.int32],
    members: NDArray[np.int32],
    items: int,
    skills: int,
    entries: int,
) -> tuple[Floats, Floats]:  # pragma: no cover
    of_rows = np.zeros((4, len(item)))
    of_skills = np.zeros((2, entries))
    on_item = np.zeros((2, items))
    on_skill = np.zeros((2, skills))
    entry = 0
    for student in range(len(starts) - 1):
        right, seen = 0.0, 0.0
        for row in range(starts[student], starts[student + 1]):
            of_rows[0, row], of_rows[1, row] = right, seen
            of_rows[2, row], of_rows[3, row] = on_item[0, item[row]], on_item[1, item[row]]
            is_asked = not np.isnan(score[row])
            for place in range(set_starts[skill_set[row]], set_starts[skill_set[row] + 1]):
                skill = members[place]
                of_skills[0, entry], of_skills[1, entry] = on_skill[0, skill], on_skill[1, skill]
                entry += 1
                if is_asked:
                    on_skill[0, skill] += score[row]
                    on_skill[1, skill] += 1.0
            if is_asked:
                right += score[row]
                seen += 1.0
                on_item[0, item[row]] += score[row]
                on_item[1, item[row]] += 1.0
        for row in range(starts[student], starts[student + 1]):
            on_item[:, item[row]] = 0.0
            for place in range(set_starts[skill_set[row]], set_starts[skill_set[row] + 1]):
                on_skill[:, members[place]] = 0.0
    return of_rows, of_skills


def _before(log: AnswerLog, entries: int) -> _Before:
    of_rows, of_skills = _count(*_plain(log), log.items, log.skills, entries)
    return _Before(
        right=of_rows[0],
        seen=of_rows[1],
        item_right=of_rows[2],
        item_seen=of_rows[3],
        skill_right=of_skills[0],
        skill_seen=of_skills[1],
    )


def _best_lr_features(log: AnswerLog) -> Any:
    rows, skills = _members_of_rows(log)
    before = _before(log, len(rows))
    one_hot = _matrix(np.ones(log.rows), np.arange(log.rows), log.item, (log.rows, log.items))
    counts = np.log1p(np.stack([before.right, before.seen, before.item_right, before.item_seen], axis=1))
    of_skills = _of_skills(log, rows, skills, [before.skill_right, before.skill_seen])
    return _sparse.hstack([one_hot, *of_skills, _sparse.csr_matrix(counts)], format="csr")


def _pfa_features(log: AnswerLog) -> Any:
    rows, skills = _members_of_rows(log)
    before = _before(log, len(rows))
    wrong = before.skill_seen - before.skill_right
    return _sparse.hstack(_of_skills(log, rows, skills, [before.skill_right, wrong]), format="csr")


def _of_skills(
    log: AnswerLog, rows: NDArray[np.int64], skills: NDArray[np.int64], counts: Sequence[Floats]
) -> list[Any]:
    """Return a matrix of which skills a row has, and one of log(1 + count) for each count: every skill its own columns."""
    shape = (log.rows, log.skills)
    return [_matrix(values, rows, skills, shape) for values in (np.ones(len(rows)), *map(np.log1p, counts))]


def _matrix(values: Floats, rows: NDArray[Any], columns: NDArray[Any], shape: tuple[int, int]) -> Any:
    return _sparse.csr_matrix((values, (rows, columns)), shape=shape)


def _regression(features: Callable[[AnswerLog], Any], train: AnswerLog, test: AnswerLog) -> Floats:
    linear_model = importlib.import_module("sklearn.linear_model")
    asked = ~np.isnan(train.score)
    model = linear_model.LogisticRegression(max_iter=1_000)
    model.fit(features(train)[asked], train.score[asked] > 0.5)
    return np.asarray(model.predict_proba(features(test))[:, 1])


def best_lr(train: AnswerLog, test: AnswerLog) -> Floats:
    """Return what "Best-LR" of Gervet, Koedinger, Schneider & Mitchell (2020, JEDM 12(3)) forecasts.

    A logistic regression on item, skills, and log(1 + count) of right answers and of answers: of the student, of the student on
    the item, and on each skill with weights of its own. scikit-learn's default penalty, as in the paper.
    """
    return _regression(_best_lr_features, train, test)


def pfa(train: AnswerLog, test: AnswerLog) -> Floats:
    """Return what performance factors analysis forecasts (Pavlik, Cen & Koedinger 2009), with log(1 + count)."""
    return _regression(_pfa_features, train, test)


# --- Bayesian knowledge tracing --------------------------------------------------------------------------------------


def pybkt_python() -> tuple[str, bool]:
    """Return (the Python that has pyBKT, whether its C++ is built); set it up once, beside the project's own environment.

    pyBKT needs an older scikit-learn, so it cannot live in the project's environment. Its wheel is pure Python; its C++ is built
    from its source where there is a compiler.
    """
    python = PYBKT_HOME / "bin" / "python"
    done = PYBKT_HOME / "done.json"
    if not done.is_file():
        uv = str(Path(sys.executable).with_name("uv"))
        inside = {**os.environ, "VIRTUAL_ENV": str(PYBKT_HOME)}
        install = [uv, "pip", "install", "--quiet", "--require-hashes", "--requirement", str(PYBKT_REQUIREMENTS)]
        own = ["--no-deps", "--no-build-isolation", "--reinstall-package", "pybkt", "--no-binary", "pybkt"]
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(PYBKT_HOME)], check=True)
        subprocess.run(install, check=True, env=inside, timeout=SETUP_SECONDS_AT_MOST)
        subprocess.run([*install, *own], check=False, capture_output=True, env=inside, timeout=SETUP_SECONDS_AT_MOST)
        looked = subprocess.run([str(python), "-c", "import pyBKT.fit.E_step"], check=False, capture_output=True)
        done.write_text(json.dumps({"is_compiled": looked.returncode == 0}), encoding="utf-8")
    return str(python), bool(json.loads(done.read_text(encoding="utf-8"))["is_compiled"])


@dataclass(frozen=True, kw_only=True)
class BktRun:
    """What pyBKT forecast and what that cost: CPU seconds of fitting (one start) and of forecasting, over all threads."""

    chance: Floats
    fit_cpu_seconds: float
    predict_cpu_seconds: float
    is_compiled: bool


def run_pybkt(train: AnswerLog, test: AnswerLog, *, starts: int = 1, seed: int = 0) -> BktRun:
    """Fit pyBKT on `train` from `starts` random starts and forecast `test`; a set of skills is one skill to it.

    A set that `train` does not have gets the mean of all answers, and so do rows that were studied.
    """
    python, is_compiled = pybkt_python()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part, log in (("train", train), ("test", test)):
            asked = np.flatnonzero(~np.isnan(log.score))
            np.savez(
                folder / f"{part}.npz",
                student=log.student_of_row()[asked],
                skill=log.skill_set[asked],
                correct=(log.score[asked] > 0.5).astype(np.int64),
            )
        subprocess.run(
            [python, str(Path(__file__).with_name("pybkt_inside.py")), name, str(starts), str(seed)],
            check=True,
            timeout=BKT_SECONDS_AT_MOST,
            stdout=sys.stderr,
        )
        told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
        chance = np.full(test.rows, float(np.nanmean(train.score)))
        found = np.load(folder / "chance.npy")
        chance[np.flatnonzero(~np.isnan(test.score))] = np.where(np.isnan(found), chance[0], found)
    return BktRun(
        chance=chance,
        fit_cpu_seconds=told["fit_cpu_seconds"],
        predict_cpu_seconds=told["predict_cpu_seconds"],
        is_compiled=is_compiled,
    )


def bkt(train: AnswerLog, test: AnswerLog) -> Floats:
    """Return what Bayesian knowledge tracing forecasts, as pyBKT fits it from one random start."""
    return run_pybkt(train, test).chance


BASELINES: Mapping[str, Baseline] = {
    "item’s mean": item_mean,
    "per-skill Elo": elo,
    "PFA": pfa,
    "Best-LR": best_lr,
    "BKT (pyBKT)": bkt,
}


# --- on its own ------------------------------------------------------------------------------------------------------


def own_split(log: AnswerLog) -> tuple[AnswerLog, AnswerLog, str]:
    """Return (train, test, which split): the log's own test, else the first of five folds of students, seed 0."""
    if "test" in log.parts:
        is_test, words = log.parts["test"] == 1, "the log’s own test"
    else:
        fold = np.random.default_rng(FOLD_SEED).permutation(log.students) % FOLDS
        is_test, words = fold == 0, f"fold 1 of {FOLDS} folds of students, seed {FOLD_SEED}"
    return with_students(log, np.flatnonzero(~is_test)), with_students(log, np.flatnonzero(is_test)), words


def _cpu_seconds() -> float:
    """Return the CPU seconds of this program and of those it started."""
    return sum(os.times()[:4])


def main() -> None:
    """Measure the baselines on a log's own split and print area under the curve, log loss and CPU seconds."""
    from headway.core.evidence.calibration import auc, log_loss  # noqa: PLC0415
    from headway.exchange.response_log.table import read_log  # noqa: PLC0415

    reader = argparse.ArgumentParser(description=main.__doc__)
    reader.add_argument("log", type=Path)
    reader.add_argument("--only", nargs="*", choices=list(BASELINES), default=list(BASELINES))
    asked_for = reader.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = read_log(asked_for.log, work_folder=Path(folder)).log
        train, test, words = own_split(log)
        print(f"{asked_for.log}: {train.rows:,} answers to learn from, {test.rows:,} to forecast ({words})")
        asked = ~np.isnan(test.score)
        if "BKT (pyBKT)" in asked_for.only:
            pybkt_python()
        right = (test.score[asked] > 0.5).astype(np.float64)
        for name in asked_for.only:
            before = _cpu_seconds()
            chance = BASELINES[name](train, test)[asked]
            cpu = _cpu_seconds() - before
            print(f"{name:16} AUC {auc(right, chance):.4f}  log loss {log_loss(right, chance):.4f}  CPU {cpu:6.1f} s")


if __name__ == "__main__":
    main()
