"""What `headway mastery` prints: sentences and tables for people, plain values for machines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from django.utils.translation import gettext, pgettext
from rich.table import Table

from headway.core.evidence.calibration import Interval
from headway.core.evidence.coverage import Coverage
from headway.core.evidence.evaluation import (
    BY_ITEM,
    BY_LAG,
    BY_SKILL,
    BY_STUDENT,
    CONTEXT,
    FORECASTS,
    PAUSE_CAVEAT,
    SHOWN,
    SHOWN_NO_PAUSE,
    Evaluation,
    Slice,
)
from headway.core.evidence.fairness_report import FairnessReport
from headway.core.evidence.folds import Plan
from headway.core.evidence.recovery import LEVELS, Agreement, Recovery
from headway.core.shared.errors import HeadwayError, gettext_noop
from headway.exchange.response_log.table import LogTable
from headway.ops.terminal import console, say

FILE_WIDTH: Final = 132  # columns of a table in a file or a pipe
HEADS = {
    "auc": gettext_noop("AUC"),
    "accuracy": gettext_noop("accuracy"),
    "log_loss": gettext_noop("log loss"),
    "calibration_error": gettext_noop("calibration error"),
    "root_mean_square_error": gettext_noop("RMSE"),
}
SLICES = {
    BY_STUDENT: gettext_noop("earlier answers of the student"),
    BY_SKILL: gettext_noop("earlier answers on the skill"),
    BY_ITEM: gettext_noop("answers to the question that were learned from"),
    BY_LAG: gettext_noop("days since the same question"),
}


def words(sentence: str, facts: Mapping[str, Any] | None = None) -> str:
    """Return a sentence marked elsewhere, translated, with its facts."""
    return str(HeadwayError(gettext(sentence), **(facts or {})))


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it; what could not be measured is null."""
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    made = Table(title=title, title_justify="left", header_style="bold")
    for place, head in enumerate(heads):
        made.add_column(head, justify="left" if place == 0 else "right")
    for row in rows:
        made.add_row(*row)
    screen = console()
    if not screen.is_terminal:
        screen.width = FILE_WIDTH
    screen.print(made)


def _number(value: float | None, digits: int = 4) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def _span(least: float, most: float | None) -> str:
    if most is None:
        return f"{least:g}+"
    return f"{least:g}" if least == most else f"{least:g}–{most:g}"


# --- the log and its folds -------------------------------------------------------------------------------------------


def tell_log(table: LogTable) -> None:
    """Say what was read, from which columns, and what is worth knowing about it."""
    log = table.log
    say(
        gettext("{answers} answers of {students} students to {items} questions about {skills} skills.").format(
            answers=log.rows, students=log.students, items=log.items if log.has_items else "–", skills=log.skills
        )
    )
    say(gettext("Columns: {found}").format(found=", ".join(f"{part} = {name}" for part, name in table.found.items())))
    if table.notes:
        say(pgettext("import", "Worth knowing:"))
        for told in table.notes:
            times = f"{told.times} × " if told.times > 1 else ""
            places = f" ({', '.join(told.places)})" if told.places else ""
            say(f"  {times}{words(told.sentence, told.facts)}{places}")


def log_as_json(table: LogTable) -> dict[str, Any]:
    """Return what was read as plain values."""
    log = table.log
    return {
        "fingerprint": table.fingerprint,
        "answers": log.rows,
        "students": log.students,
        "items": log.items if log.has_items else None,
        "skills": log.skills,
        "has_times": table.has_times,
        "columns": dict(table.found),
        "rows_in_file": table.rows_in_file,
        "left_out": table.left_out,
        "folded": table.folded,
        "notes": [told.as_json() for told in table.notes],
    }


def folds_as_json(plan: Plan) -> list[dict[str, Any]]:
    """Return how many students and answers each fold has."""
    lengths = np.diff(plan.log.starts)

    def counted(sequences: np.ndarray[Any, Any] | None) -> dict[str, int] | None:
        if sequences is None:
            return None
        return {"students": len(np.unique(plan.owner[sequences])), "answers": int(lengths[sequences].sum())}

    return [
        {
            "name": fold.name,
            "learned_from": counted(fold.train),
            "held_out": counted(fold.held_out),
            "forecast": counted(fold.test),
        }
        for fold in plan.folds
    ]


def tell_plan(plan: Plan) -> None:
    """Say which folds are used, and how they came about."""
    for sentence, facts in plan.sentences:
        say(words(sentence, facts))

    def shown(found: Mapping[str, int] | None) -> str:
        return f"{found['students']:,} / {found['answers']:,}" if found else gettext("a fifth of these")

    rows = [
        [fold["name"], shown(fold["learned_from"]), shown(fold["held_out"]), shown(fold["forecast"])]
        for fold in folds_as_json(plan)
    ]
    heads = [gettext("fold"), gettext("learned from"), gettext("held out"), gettext("forecast")]
    _table(gettext("Folds: students / answers"), heads, rows)


# --- an evaluation ---------------------------------------------------------------------------------------------------


def tell_evaluation(found: Evaluation, *, peak_megabytes: float) -> None:
    """Print every figure of an evaluation."""
    title = gettext("Forecasts of {rows} answers of {students} students, {right}% right (± holds 95 in 100)").format(
        rows=f"{found.rows:,}", students=f"{found.students:,}", right=f"{100 * found.right:.1f}"
    )
    rows = []
    for figures in found.figures:
        cells = [_interval(figures.together[name]) for name in HEADS]
        rows.append([words(FORECASTS[figures.forecast]), *cells])
    _table(title, [gettext("forecast"), *(words(head) for head in HEADS.values())], rows)
    if any(figures.forecast == SHOWN_NO_PAUSE for figures in found.figures):
        say(words(PAUSE_CAVEAT))
    if len(found.passes) > 1:
        _tell_folds(found)
    _tell_slices(found.slices, found.sliced)
    for name, covered in (
        (gettext("The next answer"), found.next_one),
        (gettext("The next five answers on a skill"), found.next_five),
    ):
        if covered is not None:
            _tell_coverage(name, covered)
    for name, flips in (*found.flips.items(), ("", found.references)):
        said = gettext(
            "Turned round: {count} of {of} answers moved a later forecast the wrong way ({name}; by at most {largest})."
        )
        here = gettext(
            "Moved the wrong way: {count} of {of} answers moved their own skill’s estimate against themselves."
        )
        sentence = said if name else here
        label = words(FORECASTS[name]) if name else ""
        say(sentence.format(count=flips.count, of=f"{flips.of:,}", name=label, largest=f"{flips.largest:.1e}"))
    seconds = found.cpu_seconds[SHOWN]
    if seconds > 0:
        say(
            gettext(
                "Fit: {seconds} CPU seconds for {answers} answers learned from ({per_million} for a million), {context} more for"
                " other skills; at most {memory} MB of memory."
            ).format(
                seconds=f"{seconds:.1f}",
                answers=f"{found.training_answers:,}",
                per_million=f"{seconds / max(1, found.training_answers) * 1e6:.1f}",
                context=f"{found.cpu_seconds[CONTEXT]:.1f}",
                memory=f"{peak_megabytes:,.0f}",
            )
        )


def _interval(found: Interval, *, percent: bool = False) -> str:
    """Return a value with half its interval, which lies evenly around it."""
    half = (found.high - found.low) / 2
    if percent:
        return f"{_number(100 * found.value, 1)} ± {_number(100 * half, 1)}"
    return f"{_number(found.value)} ± {_number(half)}"


def _tell_folds(found: Evaluation) -> None:
    rows = []
    for figures in found.figures:
        aucs = np.array([fold["auc"] for fold in figures.folds])
        losses = np.array([fold["log_loss"] for fold in figures.folds])
        rows.append(
            [
                words(FORECASTS[figures.forecast]),
                *(_number(auc) for auc in aucs),
                f"{_number(float(aucs.mean()))} ± {_number(float(aucs.std(ddof=1)))}",
                f"{_number(float(losses.mean()))} ± {_number(float(losses.std(ddof=1)))}",
            ]
        )
    heads = [
        gettext("forecast"),
        *(str(number) for number in range(1, len(found.passes) + 1)),
        gettext("mean"),
        gettext("log loss"),
    ]
    _table(gettext("AUC of each fold’s model"), heads, rows)


def _tell_slices(slices: Sequence[Slice], sliced: str) -> None:
    say(gettext("In parts: {forecast}").format(forecast=words(FORECASTS[sliced])))
    heads = [gettext("answers"), gettext("% right"), "AUC", gettext("log loss"), gettext("stated − right, points")]
    for by, title in SLICES.items():
        rows = [
            [
                _span(one.least, one.most),
                f"{one.rows:,}",
                f"{100 * one.right:.1f}",
                _number(one.auc),
                _number(one.log_loss),
                f"{100 * one.mean_gap:+.1f}",
            ]
            for one in slices
            if one.by == by
        ]
        if rows:
            _table("", [words(title), *heads], rows)


def _tell_coverage(name: str, found: Coverage) -> None:
    rows = []
    for covered in (found.overall, *found.by_answers):
        cells = [_interval(one, percent=True) for one in covered.covered]
        label = covered.name or gettext("all")
        rows.append(
            [
                label,
                f"{covered.blocks:,}",
                *cells,
                f"{100 * covered.completed:.0f}",
                _number(covered.dispersion.value, 2),
            ]
        )
    heads = [gettext("earlier answers on the skill"), gettext("times")]
    heads += [gettext("of {level}%").format(level=f"{100 * level:.0f}") for level in found.levels]
    heads += [gettext("% filled in"), gettext("dispersion (1 is right)")]
    _table(gettext("{name}: how often the stated range held what came").format(name=name), heads, rows)


def evaluation_as_json(found: Evaluation, *, peak_megabytes: float) -> dict[str, Any]:
    """Return every figure as plain values."""
    stored = {
        "answers": found.rows,
        "students": found.students,
        "right": found.right,
        "forecasts": {
            figures.forecast: {
                "together": {name: asdict(one) for name, one in figures.together.items()},
                "folds": [dict(fold) for fold in figures.folds],
            }
            for figures in found.figures
        },
        "slices": {"forecast": found.sliced, "parts": [asdict(one) for one in found.slices]},
        "next_answer": asdict(found.next_one) if found.next_one else None,
        "next_five_answers": asdict(found.next_five) if found.next_five else None,
        "flips": {name: asdict(one) for name, one in found.flips.items()},
        "moved_against_themselves": asdict(found.references),
        "doubts": found.doubts,
        "passes": found.passes,
        "began_from_prior": found.began_from_prior,
        "cost": {
            "fit_cpu_seconds": dict(found.cpu_seconds),
            "answers_learned_from": found.training_answers,
            "peak_megabytes": peak_megabytes,
        },
    }
    return dict(plain(stored))


def tell_report(found: FairnessReport) -> None:
    """Print a comparison of groups in sentences."""
    for line in found.lines:
        say(words(line.sentence, line.facts))


# --- known truth -----------------------------------------------------------------------------------------------------


def tell_recovery(found: Recovery) -> None:
    """Print how near estimates of simulated students come to the truth."""
    heads = [gettext("looks"), gettext("error, points"), gettext("bias, points"), gettext("correlation")]
    heads += [gettext("of {level}%").format(level=f"{100 * level:.0f}") for level in LEVELS]

    def row(label: str, one: Agreement) -> list[str]:
        figures = [_number(100 * one.error, 1), _number(100 * one.bias, 1), _number(one.correlation, 2)]
        return [label, f"{one.looks:,}", *figures, *(_number(100 * share, 1) for share in one.covered)]

    title = gettext("Chances of {students} simulated students, and how often the stated range held the truth")
    rows = [row(gettext("all first tries"), found.overall)]
    rows += [
        row(gettext("pieces on the skill: {span}").format(span=_span(stage.lowest, stage.highest)), stage.agreement)
        for stage in found.stages
    ]
    rows += [
        row(gettext("just before a rating by a person"), found.before_rating),
        row(gettext("just after it"), found.after_rating),
    ]
    _table(title.format(students=f"{found.students:,}"), [gettext("looked at"), *heads], rows)
    pauses = [
        [str(one.days), f"{one.looks:,}", f"{100 * one.estimated_change:+.1f}", f"{100 * one.true_change:+.1f}"]
        for one in found.pauses
    ]
    heads = [gettext("days without practice"), gettext("looks"), gettext("estimated, points"), gettext("truly, points")]
    _table(gettext("What time does to the chance"), heads, pauses)
