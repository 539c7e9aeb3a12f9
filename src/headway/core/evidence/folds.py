"""Who is learned from and who is forecast: the folds of a log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headway.core.evidence.answer_log import AnswerLog, cut_into_pieces, with_places
from headway.core.shared.errors import RuleBroken, gettext_noop

Ints = NDArray[np.int64]

FOLDS: Final = 5
PIECE_OF_PAPERS: Final = 200  # answers; what pyKT and the papers before it cut sequences at

PUBLISHED_TEST = gettext_noop(
    "The log’s own split: {test} students are forecast, {train} are learned from; a fifth of these, drawn with seed 0, decide"
    " when to stop."
)
PUBLISHED_VALID = gettext_noop(
    "The log’s own split: {test} students are forecast, {train} are learned from; {held_out} more decide when to stop."
)
PUBLISHED_FOLDS = gettext_noop(
    "The log’s own folds: each is forecast once by a model learned from the others; a fifth of these, drawn with seed 0, decide"
    " when to stop."
)
FOLDS_AND_TEST = gettext_noop(
    "The log’s own folds and test: one model for each fold, which decides when to stop; all forecast the same {test} students."
)
DRAWN_FOLDS = gettext_noop(
    "The log has no split of its own, so its students were put into {count} folds with seed 0: each fold is forecast once by a"
    " model learned from the others; a fifth of these, drawn with seed 0, decide when to stop."
)
CUT = gettext_noop("Students’ answers are cut into sequences of at most {length}, each taken as a student of its own.")
CUT_AND_SKIPPED = gettext_noop(
    "Students’ answers are cut into sequences of at most {length}, each taken as a student of its own whose first answer is not"
    " scored, as the published figures on such folds are."
)
PLACES_FOR_ITEMS = gettext_noop(
    "The log names no questions, so the place of an answer in its skill (first, second, third, later) stands for them."
)
TOO_FEW_STUDENTS = gettext_noop(
    "{found} students are too few to learn from some and forecast others. At least {least} are needed."
)


@dataclass(frozen=True, kw_only=True)
class Fold:
    """One model: `train` students are learned from, `held_out` ones only decide when to stop, `test` ones are forecast.

    All are numbers of students. Where `held_out` is None they are drawn from `train`, and the final model learns from them too.
    """

    name: str
    train: Ints
    test: Ints
    held_out: Ints | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a log is measured: the log as it is then taken, its folds, and how they came about.

    `owner` is the student that each sequence of `log` belongs to; `is_scored` says of each row whether its forecast counts.
    """

    log: AnswerLog
    folds: tuple[Fold, ...]
    owner: Ints
    is_scored: NDArray[np.bool_]
    sentences: tuple[tuple[str, Mapping[str, Any]], ...]

    @property
    def shares_test(self) -> bool:
        """Whether all folds forecast the same students, so that figures are means over models."""
        return len(self.folds) > 1 and np.array_equal(self.folds[0].test, self.folds[1].test)


def plan_of(
    log: AnswerLog,
    *,
    folds: int | None = None,
    pieces: int | None = None,
    skip_first: bool | None = None,
    seed: int = 0,
) -> Plan:
    """Return the folds of a log: its own where it has a split, else `folds` (5) of students.

    `pieces` cuts students' answers into sequences of at most that many (0: never). Where the log has folds and a test, as
    pyKT's logs do, None means 200 and the first answer of a sequence is not scored. Asking for a number of `folds` leaves
    the log's own split aside. Raises RuleBroken where there are too few students.
    """
    parts = {} if folds else log.parts
    is_published_pieces = "fold" in parts and "test" in parts
    length = pieces if pieces is not None else (PIECE_OF_PAPERS if is_published_pieces else 0)
    skips = skip_first if skip_first is not None else bool(length and is_published_pieces)
    owner = np.arange(log.students, dtype=np.int64)
    if length:
        named = replace(log, parts={**log.parts, "": owner.astype(np.int32)})
        log = cut_into_pieces(named, length)
        owner = log.parts[""].astype(np.int64)
    sentences: list[tuple[str, Mapping[str, Any]]] = []
    made, how = _folds(log, {name: log.parts[name] for name in parts}, owner, folds or FOLDS, seed)
    sentences.append(how)
    if length:
        sentences.append((CUT_AND_SKIPPED if skips else CUT, {"length": length}))
    if not log.has_items:
        log = with_places(log)
        sentences.append((PLACES_FOR_ITEMS, {}))
    is_scored = ~np.isnan(log.score)
    if skips:
        is_scored[log.starts[:-1][np.diff(log.starts) > 0]] = False
    return Plan(log=log, folds=made, owner=owner, is_scored=is_scored, sentences=tuple(sentences))


def _folds(
    log: AnswerLog, parts: Mapping[str, NDArray[np.int32]], owner: Ints, count: int, seed: int
) -> tuple[tuple[Fold, ...], tuple[str, Mapping[str, Any]]]:
    everyone = np.arange(log.students)
    is_test = parts["test"] == 1 if "test" in parts else np.zeros(log.students, dtype=bool)
    people = len(np.unique(owner))
    if is_test.any() and not is_test.all():
        test, train = np.flatnonzero(is_test), np.flatnonzero(~is_test)
        facts = {"test": len(np.unique(owner[test])), "train": len(np.unique(owner[train]))}
        fold = parts.get("fold")
        if fold is not None and len(np.unique(fold[train])) > 1:
            folds = [
                Fold(
                    name=str(number),
                    train=train[fold[train] != number],
                    held_out=train[fold[train] == number],
                    test=test,
                )
                for number in np.unique(fold[train])
            ]
            return tuple(folds), (FOLDS_AND_TEST, facts)
        is_valid = parts["valid"][train] == 1 if "valid" in parts else np.zeros(len(train), dtype=bool)
        if is_valid.any() and not is_valid.all():
            valid = train[is_valid]
            facts |= {"train": len(np.unique(owner[train[~is_valid]])), "held_out": len(np.unique(owner[valid]))}
            return (Fold(name="test", train=train[~is_valid], held_out=valid, test=test),), (PUBLISHED_VALID, facts)
        return (Fold(name="test", train=train, test=test),), (PUBLISHED_TEST, facts)
    fold = parts.get("fold")
    if fold is not None and len(np.unique(fold)) > 1:
        numbers = np.unique(fold)
        made = [
            Fold(name=str(number), train=everyone[fold != number], test=everyone[fold == number]) for number in numbers
        ]
        return tuple(made), (PUBLISHED_FOLDS, {})
    if people < 2 * count:
        count = people // 2
    if count < 2:
        raise RuleBroken(TOO_FEW_STUDENTS, found=people, least=4)
    order = np.random.default_rng(seed).permutation(people)
    fold_of_person = np.empty(people, dtype=np.int64)
    fold_of_person[order] = np.arange(people) % count
    own = fold_of_person[np.unique(owner, return_inverse=True)[1]]
    drawn = [Fold(name=str(k), train=everyone[own != k], test=everyone[own == k]) for k in range(count)]
    return tuple(drawn), (DRAWN_FOLDS, {"count": count})
