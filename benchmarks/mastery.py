"""The learner model beside others: how right, how well calibrated, how sure, how fast, on public logs and at known truth.

Every model learns from the same students and forecasts the same answers (`headway mastery evaluate` prints the folds). Nothing is
tuned on a test fold. Logs that are not here are skipped. `python -m benchmarks.mastery` runs this section alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from scipy import special

from benchmarks import mastery_baselines, mastery_review
from benchmarks.tables import table
from headway.core.evidence import calibration, learner_model
from headway.core.evidence.answer_log import AnswerLog, Floats, with_students
from headway.core.evidence.evaluation import (
    CONTEXT,
    FORECASTS,
    SHOWN,
    SHOWN_NO_PAUSE,
    Evaluation,
    FoldOutcome,
    evaluate_fold,
    summarize,
)
from headway.core.evidence.fitting import forecast
from headway.core.evidence.folds import Fold, Plan, plan_of
from headway.core.evidence.learning import learn_all, learn_first
from headway.core.evidence.recovery import recovery
from headway.core.evidence.scorecards import shipped
from headway.core.evidence.simulation import World, simulate
from headway.core.evidence.values import Piece, PieceKind
from headway.exchange.response_log.table import read_log

DATA = mastery_review.DATA
BKT = "BKT (pyBKT)"
COLD_ANSWERS, COLD_DRAWS = 834, 8
UPDATES = 20_000
ROUNDS = 3
MEMORY_ANSWERS = 10_000_000
MEMORY_SECONDS_AT_MOST = 7_200


@dataclass(frozen=True, kw_only=True)
class PublicLog:
    """A public log, and what its papers say of its own split (AUC)."""

    key: str
    title: str
    path: str
    published: Mapping[str, float]


LOGS = (
    PublicLog(
        key="assist2009",
        title="ASSISTments 2009, split of Gervet et al. 2020",
        path="gervet-assistments09/responses.csv.gz",
        published={"Best-LR": 0.77, "PFA": 0.72, "DKT": 0.75},
    ),
    PublicLog(
        key="assist2015",
        title="ASSISTments 2015, folds and test of pyKT",
        path="pykt-assist2015/responses.csv.gz",
        published={"AKT": 0.7281, "DKT": 0.7271},
    ),
    PublicLog(
        key="cloze", title="cloze practice, five folds of students", path="lkt-cloze/responses.csv.gz", published={}
    ),
)


# --- right, calibrated, sure -----------------------------------------------------------------------------------------


def _cpu_seconds() -> float:
    """Return the CPU seconds of this program and of those it started."""
    return sum(os.times()[:4])


def _baselines(plan: Plan, folds: tuple[Fold, ...], *, with_bkt: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Return what others say of the same answers: measures over all folds, and CPU seconds."""
    # Others take a set of skills for the question where none is named, as their papers do.
    log = plan.log if plan.log.has_items else replace(plan.log, item=plan.log.skill_set, item_names=())
    found: dict[str, Any] = {}
    for name, baseline in mastery_baselines.BASELINES.items():
        if name == BKT and not with_bkt:
            continue
        say(f"  {name}")
        rights, chances, seconds, learned = [], [], 0.0, 0
        for fold in folds:
            students = fold.train if fold.held_out is None else np.sort(np.concatenate([fold.train, fold.held_out]))
            train, test = with_students(log, students), with_students(log, fold.test)
            is_scored = plan.is_scored[_rows(plan.log, fold.test)]
            before = _cpu_seconds()
            try:
                if name == BKT:
                    run = mastery_baselines.run_pybkt(train, test)
                    chance, spent = run.chance, run.fit_cpu_seconds
                    found["bkt_is_compiled"] = run.is_compiled
                else:
                    chance = baseline(train, test)
                    spent = _cpu_seconds() - before
            except (subprocess.SubprocessError, OSError, ImportError) as problem:
                say(f"  {name} is left out: {problem}")
                break
            rights.append(test.score[is_scored])
            chances.append(chance[is_scored])
            seconds, learned = seconds + spent, learned + int((~np.isnan(train.score)).sum())
        if len(rights) == len(folds):
            measured = calibration.measure(np.concatenate(rights), np.concatenate(chances))
            found[name] = {**_measures(measured), "cpu_seconds": seconds, "answers_learned_from": learned}
    return found


def _rows(log: AnswerLog, students: NDArray[np.int64]) -> NDArray[np.int64]:
    starts, lengths = log.starts[students], np.diff(log.starts)[students]
    return np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths) + np.arange(lengths.sum())


def _measures(measured: calibration.Measured) -> dict[str, float]:
    names = ("auc", "accuracy", "log_loss", "calibration_error", "root_mean_square_error")
    return {name: float(getattr(measured, name)) for name in names}


def _ours(found: Evaluation) -> dict[str, Any]:
    return {
        figures.forecast: {name: interval.value for name, interval in figures.together.items()}
        for figures in found.figures
    }


def _coverage(found: Evaluation) -> dict[str, Any]:
    covered = {}
    for name, one in (("next answer", found.next_one), ("next five", found.next_five)):
        if one is not None:
            covered[name] = {
                part.name or "all": [interval.value for interval in part.covered]
                for part in (one.overall, *one.by_answers)
            }
    return covered


def _warm_up() -> None:
    """Compile what is compiled, so that no figure holds the time that takes."""
    plan = plan_of(simulate(World(), students=25, competencies=5, seed=0).log, folds=2)
    evaluate_fold(plan, plan.folds[0], flipped=10)
    evaluate_fold(plan_of(replace(plan.log, seconds=None), folds=2), plan.folds[0], flipped=10)


def _public_log(
    one: PublicLog, log: AnswerLog, *, quick: bool, say: Callable[[str], None]
) -> tuple[dict[str, Any], Plan, list[FoldOutcome]]:
    plan = plan_of(log)
    folds = plan.folds[:1] if quick else plan.folds
    plan = replace(plan, folds=folds)
    outcomes = []
    for number, fold in enumerate(folds, 1):
        say(f"  ours, fold {number} of {len(folds)}")
        outcomes.append(evaluate_fold(plan, fold, prior=shipped(), clock=time.process_time))
    found = summarize(plan, outcomes, repeats=50)
    # Models that forecast the same students differ by the fourth digit; one of each of the others is enough.
    others = _baselines(plan, folds[:1] if plan.shares_test else folds, with_bkt=not quick, say=say)
    flips = sum(flip.count for flip in found.flips.values()) + found.references.count
    return (
        {
            "title": one.title,
            "answers": found.rows,
            "students": found.students,
            "how": [sentence.format(**facts) for sentence, facts in plan.sentences],
            "ours": _ours(found),
            "folds": {figures.forecast: [fold["auc"] for fold in figures.folds] for figures in found.figures},
            "others": others,
            "published": dict(one.published),
            "coverage": _coverage(found),
            "flips": {"wrong": flips, "of": sum(flip.of for flip in found.flips.values()) + found.references.of},
            "fit_cpu_seconds": dict(found.cpu_seconds),
            "answers_learned_from": found.training_answers,
        },
        plan,
        outcomes,
    )


# --- a new school ----------------------------------------------------------------------------------------------------


def cold_start(log: AnswerLog, *, draws: int = COLD_DRAWS, answers: int = COLD_ANSWERS) -> dict[str, float]:
    """Return how right the model is when a school has few answers: students drawn from the training part, the test forecast."""
    plan = plan_of(log)
    fold = plan.folds[0]
    test = with_students(plan.log, fold.test)
    found: dict[str, list[float]] = {"with the shipped model": [], "fitted alone": []}
    sizes = []
    for draw in range(draws):
        order = np.random.default_rng(draw).permutation(fold.train)
        reached = np.searchsorted(np.cumsum(np.diff(plan.log.starts)[order]), answers)
        few = with_students(plan.log, order[: max(1, int(reached))])
        sizes.append(few.rows)
        for name, prior in (("with the shipped model", shipped()), ("fitted alone", None)):
            first = learn_first(few, prior=prior)
            cards = learn_all(few, first, version="", fingerprint="", prior=prior)
            found[name].append(calibration.auc(test.score, special.expit(forecast(cards, test).logits)))
    none = calibration.auc(test.score, special.expit(forecast(shipped(), test).logits))
    return {
        "answers": float(np.mean(sizes)),
        **{name: float(np.mean(each)) for name, each in found.items()},
        "no answer": none,
    }


# --- fast ------------------------------------------------------------------------------------------------------------


def updates(count: int = UPDATES) -> dict[str, float]:
    """Return microseconds of one answer counted, of one counted and looked at, and of each answer when all are read again."""
    model, rng = learner_model.shipped_model(), np.random.default_rng(0)
    began = datetime(2026, 9, 1, tzinfo=UTC)
    pieces = [
        Piece(
            id=f"{number:09}",
            kind=PieceKind.ANSWER,
            happened_at=began + timedelta(minutes=3 * number),
            score=float(rng.random() < 0.7),
            difficulty=float(rng.normal()),
            competency=int(rng.integers(20)),
        )
        for number in range(count)
    ]
    taken = {}
    for name, looks in (("count", False), ("count and look", True)):
        student = learner_model.new_student()
        states = {number: learner_model.new_competency() for number in range(20)}
        spent = np.zeros(count)
        for number, piece in enumerate(pieces):
            start = time.perf_counter_ns()
            student, states[piece.competency] = learner_model.count(model, student, states[piece.competency], piece)
            if looks:
                known = learner_model.Known(
                    competency=piece.competency, student=student, state=states[piece.competency]
                )
                learner_model.estimate(model, known, at=piece.happened_at)
            spent[number] = time.perf_counter_ns() - start
        warm = spent[count // 10 :] / 1000
        taken[f"{name}, half of them"] = float(np.quantile(warm, 0.5))
        taken[f"{name}, 99 of 100"] = float(np.quantile(warm, 0.99))
    half = pieces[: count // 10]
    learner_model.replay(model, half, at=half[-1].happened_at)
    rounds = []
    for _round in range(ROUNDS):
        cpu = time.process_time()
        learner_model.replay(model, pieces, at=pieces[-1].happened_at)
        rounds.append((time.process_time() - cpu) / count * 1e6)
    taken["each answer read again"] = min(rounds)
    return taken


def memory(answers: int = MEMORY_ANSWERS) -> dict[str, Any]:
    """Fit on many simulated answers in a process of its own; return its peak memory and its CPU seconds."""
    with tempfile.TemporaryDirectory(prefix="headway-bench-memory-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.mastery_memory", folder, str(answers)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            timeout=MEMORY_SECONDS_AT_MOST,
        )
    return dict(json.loads(done.stdout))


# --- looks at cards --------------------------------------------------------------------------------------------------


def _review(forecasts: Mapping[str, Floats]) -> dict[str, Any]:
    """Return the comparison with FSRS, ours beside it: from folds where students are many, as shipped where there is one."""

    def ours(log: AnswerLog) -> Floats:
        known = forecasts.get("cloze")
        if known is not None and len(known) == log.rows:
            return known
        return np.asarray(special.expit(forecast(shipped(), log).logits))

    return mastery_review.measure({**mastery_review.FORECASTS, "Headway": ours})


# --- everything ------------------------------------------------------------------------------------------------------


def measure(
    *, quick: bool = False, full: bool = False, data: Path = DATA, say: Callable[[str], None] = print
) -> dict[str, Any]:
    """Measure everything; logs that are not in `data` are named under `absent`."""
    _warm_up()
    found: dict[str, Any] = {"logs": {}, "absent": []}
    forecasts: dict[str, Floats] = {}
    with tempfile.TemporaryDirectory(prefix="headway-bench-mastery-") as folder:
        for one in LOGS:
            path = data / one.path
            if not path.is_file():
                say(f"Skipped, not here: {one.title} ({path})")
                found["absent"].append(one.title)
                continue
            say(one.title)
            log = read_log(path, work_folder=Path(folder)).log
            found["logs"][one.key], plan, outcomes = _public_log(one, log, quick=quick, say=say)
            if one.key == "cloze" and not quick:
                chance = np.full(plan.log.rows, np.nan)
                for outcome in outcomes:
                    chance[outcome.rows] = special.expit(outcome.logits[SHOWN_NO_PAUSE])
                forecasts["cloze"] = chance
            if one.key == "assist2009":
                say("  a school with few answers")
                found["cold_start"] = cold_start(log, draws=2 if quick else COLD_DRAWS)
    say("Microseconds")
    found["updates"] = updates(2_000 if quick else UPDATES)
    say("Known truth")
    made = simulate(World(), students=100 if quick else 500, competencies=60, seed=7)
    truth = recovery(made, learner_model.shipped_model())
    found["truth"] = {
        "error": truth.overall.error,
        "covered": list(truth.overall.covered),
        "error_by_pieces": {_span(stage.lowest, stage.highest): stage.agreement.error for stage in truth.stages},
        "error_before_rating": truth.before_rating.error,
        "error_after_rating": truth.after_rating.error,
        "pauses": {str(one.days): [one.estimated_change, one.true_change] for one in truth.pauses},
    }
    if not quick:
        say("Looks at cards, beside FSRS")
        try:
            found["review"] = _review(forecasts)
        except ImportError as problem:
            say(f"Skipped: {problem}")
    if full:
        say("Memory for ten million answers")
        found["memory"] = memory()
    found["summary"] = _summary(found)
    return found


def _span(lowest: int, highest: int | None) -> str:
    if highest is None:
        return f"{lowest}+"
    return str(lowest) if lowest == highest else f"{lowest}–{highest}"


def _summary(found: Mapping[str, Any]) -> dict[str, float]:
    summary: dict[str, float] = {}
    for key, facts in found["logs"].items():
        best = facts["ours"][CONTEXT]
        for name in ("auc", "log_loss", "calibration_error"):
            summary[f"mastery.{key}.{name}"] = best[name]
    if found["logs"]:
        shares = [
            abs(share - level)
            for facts in found["logs"].values()
            for part in facts["coverage"].values()
            for share, level in zip(part["all"], (0.5, 0.8, 0.95), strict=True)
        ]
        summary["mastery.coverage_points"] = 100 * max(shares)
        summary["mastery.flips"] = float(sum(facts["flips"]["wrong"] for facts in found["logs"].values()))
    if "assist2015" in found["logs"]:
        facts = found["logs"]["assist2015"]
        summary["mastery.fit_s_per_million"] = facts["fit_cpu_seconds"][SHOWN] / facts["answers_learned_from"] * 1e6
    if "cold_start" in found:
        summary["mastery.cold_start.auc"] = found["cold_start"]["with the shipped model"]
    summary["mastery.update_us"] = found["updates"]["count and look, 99 of 100"]
    summary["mastery.replay_us"] = found["updates"]["each answer read again"]
    if "memory" in found:
        summary["mastery.memory_mb"] = found["memory"]["peak_megabytes"]
    return summary


def show(found: Mapping[str, Any], console: Console) -> None:
    """Print every table of the section."""
    for facts in found["logs"].values():
        _show_log(facts, console)
    for title in found["absent"]:
        console.print(f"Skipped, not here: {title}")
    if "cold_start" in found:
        cold = found["cold_start"]
        rows = [[name, f"{value:.4f}"] for name, value in cold.items() if name != "answers"]
        console.print(
            table(f"A school with {cold['answers']:.0f} answers of its own", ["fit", "AUC of the test"], rows)
        )
    rows = [[name, f"{value:.2f}"] for name, value in found["updates"].items()]
    console.print(table("The learner model online", ["what", "µs"], rows))
    truth = found["truth"]
    rows = [[name, f"{100 * error:.1f}"] for name, error in truth["error_by_pieces"].items()]
    rows += [[f"{when} a rating", f"{100 * truth[f'error_{when}_rating']:.1f}"] for when in ("before", "after")]
    console.print(table("Simulated students: error of the chance", ["pieces on the skill", "points"], rows))
    if "memory" in found:
        cost = found["memory"]
        console.print(
            f"{cost['answers']:,} answers: {cost['cpu_seconds']:.0f} CPU s for {cost['passes']} passes,"
            f" {cost['peak_megabytes']:,.0f} MB at most ({cost['own_megabytes']:,.0f} MB without pages of files)"
        )
    if "review" in found:
        mastery_review.show(found["review"], console)


def _show_log(facts: Mapping[str, Any], console: Console) -> None:
    heads = ["forecast", "AUC", "accuracy", "log loss", "calibration error", "RMSE", "fit, CPU s per million"]
    names = ("auc", "accuracy", "log_loss", "calibration_error", "root_mean_square_error")
    rows = []
    for key, measured in facts["ours"].items():
        seconds = facts["fit_cpu_seconds"].get(key)
        cost = f"{seconds / facts['answers_learned_from'] * 1e6:.1f}" if seconds and key in (SHOWN, CONTEXT) else "–"
        rows.append([f"ours: {FORECASTS[key]}", *(f"{measured[name]:.4f}" for name in names), cost])
    for name, measured in facts["others"].items():
        if isinstance(measured, dict):
            cost = f"{measured['cpu_seconds'] / measured['answers_learned_from'] * 1e6:.1f}"
            rows.append([name, *(f"{measured[one]:.4f}" for one in names), cost])
    rows += [[f"{name}, as published", f"{auc:.4f}", *["–"] * 5] for name, auc in facts["published"].items()]
    console.print(
        table(f"{facts['title']}: {facts['answers']:,} answers of {facts['students']:,} students", heads, rows)
    )
    for sentence in facts["how"]:
        console.print(f"  {sentence}")
    covered = [
        [f"{ahead}, {part} earlier", *(f"{100 * share:.1f}" for share in shares)]
        for ahead, parts in facts["coverage"].items()
        for part, shares in parts.items()
    ]
    console.print(
        table("How often stated ranges held", ["what came, by earlier answers", "50%", "80%", "95%"], covered)
    )
    console.print(
        f"  Moved the wrong way by an answer turned round: {facts['flips']['wrong']} of {facts['flips']['of']:,}"
    )


def main() -> None:
    """Measure, print, and write as JSON where asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mastery", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one fold of each log, no BKT: a look, not a record")
    parser.add_argument("--full", action="store_true", help="also the memory that ten million answers take (long)")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of answer logs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure here")
    asked = parser.parse_args()
    found = measure(quick=asked.quick, full=asked.full, data=asked.data, say=Console(stderr=True).print)
    show(found, Console())
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
