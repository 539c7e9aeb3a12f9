"""Review on real logs with time stamps: what is recalled at the next look, by FSRS and by our curves, on the same rows.

`python -m benchmarks.mastery_review`. Forecasters see a log and give a chance for every row before its answer is known; none
is fitted on these logs. A card is a student and an item. Scored are answers to cards seen before, because a scheduler has
nothing to say about first sights; and apart from them those a day or more after the last look, which reviews are about.
FSRS gets what it needs and no more: right is Good, wrong is Again; a first look without a question is Again (seen, not
recalled), a later one is nothing it knows of. Its parameters are the published defaults.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import math
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.tables import table
from headway.core.evidence import calibration
from headway.core.evidence.answer_log import AnswerLog, Floats
from headway.exchange.response_log.table import read_log

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "responses"
DAY_SECONDS = 86_400.0
# As the benchmark of FSRS clips them: a certainty that was wrong costs 9, not infinity.
LEAST_CHANCE = 0.0001

Forecast = Callable[[AnswerLog], Floats]


@dataclass(frozen=True, kw_only=True)
class Looks:
    """What there is to know of every row's card before the row: nan and 0 at the first look."""

    days: Floats
    earlier: NDArray[np.int64]
    lapses: NDArray[np.int64]


def _rows(log: AnswerLog) -> Iterator[tuple[int, tuple[int, int], float, float]]:
    """Yield row, card (student, item), seconds and score in the order of the log."""
    if log.seconds is None:
        raise ValueError("Review needs a log with times.")
    students = log.student_of_row().tolist()
    columns = zip(students, log.item.tolist(), log.seconds.tolist(), log.score.tolist(), strict=True)
    for row, (student, item, seconds, score) in enumerate(columns):
        yield row, (student, item), seconds, score


def looks(log: AnswerLog) -> Looks:
    """Return days since the last look, looks so far and lapses so far (wrong on a later look) of every row's card."""
    days, earlier, lapses = np.full(log.rows, np.nan), np.zeros(log.rows, np.int64), np.zeros(log.rows, np.int64)
    cards: dict[tuple[int, int], tuple[float, int, int]] = {}
    for row, card, seconds, score in _rows(log):
        last, count, lapsed = cards.get(card, (math.nan, 0, 0))
        days[row], earlier[row], lapses[row] = (seconds - last) / DAY_SECONDS, count, lapsed
        cards[card] = (seconds, count + 1, lapsed + (count > 0 and score < 0.5))
    return Looks(days=days, earlier=earlier, lapses=lapses)


def by_fsrs(log: AnswerLog, *, whole_days: bool = True) -> Floats:
    """Return the recall that FSRS with its default parameters expects, nan at first looks.

    The package counts whole days, so that everything is certain on the same day; without `whole_days` the same curve is
    read at the exact time, (1 + factor days / stability) ** -decay.
    """
    from fsrs import Card, Rating, Scheduler  # noqa: PLC0415 - only benchmarks have it

    scheduler = Scheduler(enable_fuzzing=False)
    decay = -scheduler.parameters[20]
    factor = 0.9 ** (1.0 / decay) - 1.0
    start = datetime(2024, 1, 1, tzinfo=UTC)
    cards: dict[tuple[int, int], Card] = {}
    chance = np.full(log.rows, np.nan)
    for row, key, seconds, score in _rows(log):
        at = start + timedelta(seconds=seconds)
        card = cards.get(key)
        if card is not None and card.stability is not None and card.last_review is not None:
            if whole_days:
                chance[row] = scheduler.get_card_retrievability(card, at)
            else:
                days = (at - card.last_review).total_seconds() / DAY_SECONDS
                chance[row] = (1.0 + factor * days / card.stability) ** decay
            if math.isnan(score):
                continue
        rating = Rating.Good if score >= 0.5 else Rating.Again  # nan is not: a first look without a question
        cards[key], _ = scheduler.review_card(card or Card(card_id=row), rating, at)
    return chance


def by_share(log: AnswerLog) -> Floats:
    """Return the share right so far of the card, leaning by two answers on the student's of later looks: no time at all."""
    chance = np.full(log.rows, np.nan)
    students: defaultdict[int, list[float]] = defaultdict(lambda: [1.0, 2.0])
    cards: defaultdict[tuple[int, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row, key, _seconds, score in _rows(log):
        student, card = students[key[0]], cards[key]
        chance[row] = (card[0] + 2.0 * student[0] / student[1]) / (card[1] + 2.0)
        if not math.isnan(score):
            for counted in (card, student) if card[1] else (card,):
                counted[0] += score
                counted[1] += 1.0
    return chance


def by_power_curve(log: AnswerLog) -> Floats:
    """Return a plain power curve of forgetting (Wixted & Carpenter 2007) from what the card knew: the curve to replace.

    What was known is a decaying share of right answers that leans on the student's own of later looks; stability doubles with a right
    answer on another day, grows by a fifth on the same day and halves with a wrong one. Round numbers, not fitted.
    """
    chance = np.full(log.rows, np.nan)
    students: defaultdict[int, list[float]] = defaultdict(lambda: [1.0, 2.0])
    cards: dict[tuple[int, int], tuple[float, float, float]] = {}
    for row, key, seconds, score in _rows(log):
        student = students[key[0]]
        usual = student[0] / student[1]
        known, stability, last = cards.get(key, (usual, 1.0, seconds))
        days = (seconds - last) / DAY_SECONDS
        chance[row] = known * (1.0 + days / stability) ** -0.3
        if math.isnan(score):
            cards[key] = (known, stability, seconds)
            continue
        known = 0.6 * known + 0.4 * (0.95 if score >= 0.5 else 0.5 * usual)
        growth = (2.0 if days >= 0.5 else 1.2) if score >= 0.5 else 0.5
        if key in cards:
            student[0] += score
            student[1] += 1.0
        cards[key] = (known, max(0.05, stability * growth), seconds)
    return chance


FORECASTS: dict[str, Forecast] = {
    "FSRS, as its package counts (whole days)": by_fsrs,
    "FSRS, the same curve at the exact time": lambda log: by_fsrs(log, whole_days=False),
    "share right so far, no time": by_share,
    "plain power curve": by_power_curve,
}


def error_in_bins(right: Floats, chance: Floats, days: Floats, earlier: Floats, lapses: Floats) -> float:
    """Return RMSE(bins), the measure of FSRS' benchmark: mean forecast beside mean recall, in bins of alike reviews.

    Bins are geometric steps of days since the last look (3.62), of looks so far (1.89) and of lapses (1.73), weighted by reviews.
    """

    def step(values: Floats, base: float) -> Floats:
        return np.floor(np.log(np.maximum(values, 1e-9)) / math.log(base))

    keys = np.column_stack(
        [step(days, 3.62), step(earlier + 1.0, 1.89), np.where(lapses > 0, step(lapses, 1.73), -1.0)]
    )
    _, bins = np.unique(keys, axis=0, return_inverse=True)
    gap = np.bincount(bins.reshape(-1), chance - right)
    return float(np.sqrt(np.sum(gap**2 / np.bincount(bins.reshape(-1))) / len(right)))


def compare(log: AnswerLog, forecasts: Mapping[str, Forecast] = FORECASTS) -> dict[str, Any]:
    """Return the measures of every forecast on the very same rows: all later looks, and those a day or more later."""
    seen = looks(log)
    given, took = {}, {}
    for name, forecast in forecasts.items():
        began = time.process_time()
        given[name] = forecast(log)
        took[name] = time.process_time() - began
    scored = (seen.earlier > 0) & ~np.isnan(log.score)
    for chance in given.values():
        scored &= ~np.isnan(chance)
    found: dict[str, Any] = {}
    for words, rows in {"all later looks": scored, "a day or more later": scored & (seen.days >= 1.0)}.items():
        right = log.score[rows]
        found[words] = {"rows": int(rows.sum()), "right": float(right.mean()), "forecasts": {}}
        for name, chance in given.items():
            kept = np.clip(chance[rows], LEAST_CHANCE, 1.0 - LEAST_CHANCE)
            found[words]["forecasts"][name] = {
                "auc": calibration.auc(right, kept),
                "log_loss": calibration.log_loss(right, kept),
                "rmse_bins": error_in_bins(
                    right, kept, seen.days[rows], seen.earlier[rows].astype(float), seen.lapses[rows].astype(float)
                ),
                "mean_gap": calibration.mean_gap(right, kept),
                "microseconds": took[name] / log.rows * 1e6,
            }
    return found


def one_users_cards(path: Path) -> AnswerLog:
    """Return the reviews of one learner's cards as a log: an item is a card, right is every rating but Again."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    moments = [datetime.fromisoformat(row["review_time"]).timestamp() for row in rows]
    order = np.argsort(moments, kind="stable")
    names, item = np.unique([row["card_id"] for row in rows], return_inverse=True)
    score = np.array([float(row["review_rating"] != "1") for row in rows])
    return AnswerLog(
        starts=np.array([0, len(rows)], dtype=np.int64),
        item=item[order].astype(np.int32),
        skill_set=np.zeros(len(rows), np.int32),
        score=score[order],
        set_starts=np.array([0, 1], dtype=np.int32),
        members=np.zeros(1, np.int32),
        seconds=np.array(moments)[order] - min(moments),
        item_names=tuple(names.tolist()),
    )


def measure(forecasts: Mapping[str, Forecast] = FORECASTS, *, data: Path = DATA) -> dict[str, Any]:
    """Return the comparison on every log that is here, by its name; empty where none is."""
    found = {}
    cards, cloze = data / "fsrs-one-user" / "review_log.csv.gz", data / "lkt-cloze" / "responses.csv.gz"
    if cards.is_file():
        found["one learner's cards"] = compare(one_users_cards(cards), forecasts)
    if cloze.is_file():
        with tempfile.TemporaryDirectory(prefix="headway-bench-review-") as folder:
            found["cloze practice"] = compare(read_log(cloze, work_folder=Path(folder)).log, forecasts)
    return found


def show(found: Mapping[str, Any], console: Console) -> None:
    """Print a table per log and choice of rows."""
    for log, parts in found.items():
        for part, facts in parts.items():
            rows = [
                [
                    name,
                    *(f"{of[key]:.4f}" for key in ("auc", "log_loss", "rmse_bins", "mean_gap")),
                    f"{of['microseconds']:.1f}",
                ]
                for name, of in facts["forecasts"].items()
            ]
            title = f"{log}, {part}: {facts['rows']:,} answers, {facts['right']:.1%} right"
            heads = ["forecast", "AUC", "log loss", "RMSE(bins)", "mean gap", "µs an answer"]
            console.print(table(title, heads, rows))


def main() -> None:
    """Compare, print, and write as JSON where asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mastery_review", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of answer logs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure here")
    asked = parser.parse_args()
    console = Console()
    found = measure(data=asked.data)
    if not found:
        console.print(f"Skipped: there are no logs in {asked.data}.")
    show(found, console)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
