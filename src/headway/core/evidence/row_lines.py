"""The arithmetic of a forecast, line by line: the lines of a row sum to its logit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headway.core.evidence.answer_log import AnswerLog
from headway.core.evidence.ledger import ABILITY_CARD, CARDS, HIGH, KNOTS, LINES, LOW, SLOPE_CARDS
from headway.core.evidence.scorecards import Scorecards
from headway.core.evidence.walk import Neighbours, columns_of, desk_for, easiness_in, look_at_rows, parameters_in
from headway.core.shared.errors import gettext_noop

Floats = NDArray[np.float64]

START, QUESTION, SKILL = "start", "question", "skill"
WORDS = {
    START: gettext_noop("What is typical"),
    QUESTION: gettext_noop("This question"),
    SKILL: gettext_noop("This skill"),
    **LINES,
}


@dataclass(frozen=True, kw_only=True)
class RowLines:
    """`values` are logits, rows x `names`; each row sums to the logit of its forecast."""

    names: tuple[str, ...]
    values: Floats

    @property
    def logits(self) -> Floats:
        """The logit of every row."""
        logits: Floats = self.values.sum(axis=1)
        return logits


def heights(curves: Floats, seen: Floats) -> Floats:
    """Return how much each card adds, rows x cards, from what it saw; a card that saw nothing (nan) adds nothing."""
    return heights_at(curves, np.clip((seen - LOW) / (HIGH - LOW) * (KNOTS - 1), 0.0, KNOTS - 1.0))


def heights_at(curves: Floats, position: Floats) -> Floats:
    """Return how much each card adds, rows x cards, from where a row lies between its knots; nan adds nothing."""
    is_seen = ~np.isnan(position)
    knot = np.minimum(np.where(is_seen, position, 0.0).astype(np.int64), KNOTS - 2)
    part = np.where(is_seen, position, 0.0) - knot
    card = np.arange(len(CARDS))
    return np.where(is_seen, curves[card, knot] * (1.0 - part) + curves[card, knot + 1] * part, 0.0)


def lines_of(
    cards: Scorecards, log: AnswerLog, *, neighbours: Neighbours | None = None, without: Collection[str] = ()
) -> RowLines:
    """Return the lines of every forecast of a log; for the rows of a few students, since every card of a row is kept."""
    columns = columns_of(log, easiness_in(cards, log), neighbours=neighbours, without=without)
    parameters, seen = parameters_in(cards, log), np.zeros((log.rows, len(CARDS)))
    look_at_rows(columns, desk_for(log), seen)
    lengths = np.diff(log.set_starts)
    by_member = np.repeat(np.arange(len(lengths)), lengths)
    share = 1.0 / lengths[by_member]
    level = np.bincount(by_member, parameters.levels[log.members] * share, minlength=len(lengths))
    slopes = np.column_stack(
        [
            np.bincount(by_member, parameters.slopes[log.members, place] * share, minlength=len(lengths))
            for place in range(3)
        ]
    )
    within = np.clip(seen, LOW, HIGH)
    skill = level[log.skill_set] + (slopes[log.skill_set] * within[:, list(SLOPE_CARDS)]).sum(axis=1)
    question = parameters.offsets[log.item] + parameters.discriminations[log.item] * within[:, ABILITY_CARD]
    added = heights(parameters.curves, seen)
    grouped = [added[:, [place for place, card in enumerate(CARDS) if card.line == line]].sum(axis=1) for line in LINES]
    return RowLines(
        names=(START, QUESTION, SKILL, *LINES),
        values=np.column_stack([np.full(log.rows, parameters.start), question, skill, *grouped]),
    )
