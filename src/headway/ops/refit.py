"""The learner model, fitted again on the school's own answers: `headway mastery refit`, and a step of `headway nightly`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headway.ops.terminal import Steps, examples, progress, say, say_json
from headway.ops.wake import migrate, wake

if TYPE_CHECKING:
    from headway.core.evidence.refit import Refit
    from headway.records.evidence.replays import ModelChanges

ONLY_LOOKED = "Nothing was changed, as you asked. Without --dry-run it comes into use."
ONLY_LOOKED_CHANGES = (
    "Nothing was changed. With --accept-changes it comes into use, and every word that changes is written down."
)
NO_BETTER = "It does not foretell them better than the model in use ({version}), which stays."
NOTHING_NEW = "There is nothing new to learn from since the last fit; {version} stays in use."
PUBLISHED = "{version} is in use now. Mastery of {students} students was worked out again, and {words} words changed."


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a refit: the fit with its report, what it changes for people, and whether it is in use now."""

    fitted: Refit | None
    changes: ModelChanges | None
    version: str
    is_published: bool
    items: int
    said: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain values for machines."""
        return {
            "version": self.version,
            "is_published": self.is_published,
            "report": report_of(self.fitted) if self.fitted else None,
            "words_changed": self.changes.words_changed if self.changes else 0,
            "estimates_moved": self.changes.moved if self.changes else 0,
            "largest_shift_logits": self.changes.largest_shift if self.changes else 0.0,
            "items_calibrated": self.items,
            "said": list(self.said),
        }


def report_of(fitted: Refit) -> dict[str, Any]:
    """Return how well both models foretell students that they were not fitted on."""

    def figures(measured: Any) -> dict[str, float]:
        names = ("auc", "accuracy", "log_loss", "calibration_error", "mean_gap")
        return {name: round(float(getattr(measured, name)), 5) for name in names}

    return {
        "answers": fitted.answers,
        "students": fitted.students,
        "test_answers": fitted.test_answers,
        "in_use": figures(fitted.in_use),
        "refitted": figures(fitted.refitted),
    }


def fit_again(
    *, at: datetime, steps: Steps, accept_changes: bool = False, dry_run: bool = False, with_items: bool = False
) -> Outcome:
    """Fit on all answers there are, and take the model into use where it is better and changes no word unsaid.

    Raises RuleBroken where there is too little to learn from. A model that would change words without `accept_changes` is
    reported and not taken into use.
    """
    from django.conf import settings  # noqa: PLC0415

    from headway.core.evidence import refit  # noqa: PLC0415
    from headway.core.evidence.scorecards import shipped  # noqa: PLC0415
    from headway.core.evidence.walk import neighbours_of  # noqa: PLC0415
    from headway.records.evidence import actions, answers, checks, replays, versions  # noqa: PLC0415
    from headway.records.items import queries as items  # noqa: PLC0415

    steps.step("Reading the answers")
    log = answers.answer_log()
    pairs = answers.lending_pairs(log)
    neighbours = neighbours_of(pairs, log.skills) if log.skills else None
    in_use = versions.cards_in_use()
    name = refit.name_of(log, shipped())
    if name == in_use.version and not with_items:
        return Outcome(
            fitted=None, changes=None, version=in_use.version, is_published=False, items=0,
            said=(NOTHING_NEW.format(version=in_use.version),),
        )  # fmt: skip
    steps.step("Fitting the learner model")
    fitted = refit.refit(
        log,
        in_use=in_use,
        prior=shipped(),
        difficulties=items.difficulties(log.item_names),
        neighbours=neighbours,
    )
    said = [_summary(fitted)]
    changed = 0
    if with_items and not dry_run:
        steps.step("Placing questions by how hard they are")
        changed = _calibrate(log, neighbours, folder=settings.DATA_DIR, at=at)
        said.append(f"{changed} questions have a new difficulty; what was answered before keeps the old one.")
    if not fitted.is_better:
        said.append(NO_BETTER.format(version=in_use.version))
        return Outcome(
            fitted=fitted, changes=None, version=in_use.version, is_published=False, items=changed, said=tuple(said)
        )
    count = len(versions.students_with_evidence())
    steps.step("Comparing what would be shown", count)
    changes = replays.changes_with(versions.ready(fitted.cards), at=at, advance=steps.advance)
    said.append(_changes_summary(changes))
    why_not = checks.why_not_publish(changes, accept_changes=accept_changes)
    if dry_run or why_not:
        said.append(ONLY_LOOKED if dry_run else ONLY_LOOKED_CHANGES)
        return Outcome(
            fitted=fitted, changes=changes, version=in_use.version, is_published=False, items=changed, said=tuple(said)
        )
    steps.step("Working mastery out again", count)
    done = actions.publish_model(
        cards=fitted.cards,
        report=report_of(fitted),
        by=None,
        at=at,
        changes=changes,
        accept_changes=accept_changes,
        advance=steps.advance,
    )
    said.append(PUBLISHED.format(version=done.version, students=done.students, words=changes.words_changed))
    return Outcome(
        fitted=fitted, changes=changes, version=done.version, is_published=True, items=changed, said=tuple(said)
    )


def _calibrate(log: Any, neighbours: Any, *, folder: Any, at: datetime) -> int:
    from headway.core.evidence import refit  # noqa: PLC0415
    from headway.core.evidence.scorecards import shipped  # noqa: PLC0415
    from headway.records.items import actions as items  # noqa: PLC0415
    from headway.records.items import queries  # noqa: PLC0415

    cards = refit.foretelling(
        log, prior=shipped(), difficulties=queries.difficulties(log.item_names), neighbours=neighbours, folder=folder
    )
    told = refit.calibrated_difficulties(cards, log, neighbours=neighbours)
    return items.set_difficulties(difficulties={int(name): value for name, value in told.items()}, by=None, at=at)


def _summary(fitted: Refit) -> str:
    lines = (
        f"Skills found their place from {fitted.answers} answers by {fitted.students} students. On {fitted.test_answers} first tries of students "
        "it did not see:"
    )
    for name, measured in (("the model in use", fitted.in_use), ("fitted again", fitted.refitted)):
        lines += (
            f"\n  {name}: right order of two answers {measured.auc:.3f} of 1 (AUC), surprise {measured.log_loss:.4f} "
            f"(log loss), chances off by {100 * measured.calibration_error:.1f} points"
        )
    return lines


def _changes_summary(changes: ModelChanges) -> str:
    moves = "".join(
        f"\n  {before.value} → {after.value}: {count}"
        for (before, after), count in sorted(changes.words.items(), key=lambda move: -move[1])
    )
    return (
        f"Without new evidence {changes.words_changed} of {changes.cells} words would change, and {changes.moved} estimates "
        f"would move by more than a little (at most {changes.largest_shift:.2f} logits).{moves}"
    )


def _refit(
    accept_changes: Annotated[
        bool, typer.Option("--accept-changes", help="Take it into use though words change; each is written down.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Fit and compare, and change nothing.")] = False,
    items: Annotated[
        bool, typer.Option("--items", help="Also set the difficulty of questions with some forty answers.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Fit the learner model again on the school’s own answers; words on report cards change only when you say so."""
    wake()
    migrate()
    from django.utils import timezone  # noqa: PLC0415

    with progress(is_quiet=as_json) as steps:
        outcome = fit_again(
            at=timezone.now(), steps=steps, accept_changes=accept_changes, dry_run=dry_run, with_items=items
        )
    if as_json:
        say_json(outcome.as_json())
        return
    for words in outcome.said:
        say(words)


_refit.__name__ = "refit"
refit = (_refit, examples("headway mastery refit --dry-run", "headway mastery refit --accept-changes"))
