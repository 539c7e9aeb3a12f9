"""The fitted part of the learner model: a small file of numbers, versioned, with the fingerprint of what it was fitted on.

    logit P(right) = start + item + discrimination x ability + mean over competencies (level + slopes x counts)
                     + sum over scorecards of curve(what the ledger counted)

A scorecard is a curve through twelve evenly spaced knots, straight between them, so that no answer makes it jump. The model
is additive: every estimate is the sum of its lines (mastery.md, section 4.1).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.core.evidence.ledger import CARD_COUNT, CARDS, HIGH, KNOTS, LOW, SLOPE_CARDS
from headway.core.shared.compiled import njit
from headway.core.shared.errors import RuleBroken, gettext_noop

Floats = NDArray[np.float64]

NOT_A_MODEL = gettext_noop(
    "This file is not a learner model of Headway. Choose a file that “headway mastery fit” wrote."
)
OTHER_SHAPE = gettext_noop(
    "This learner model was made for other scorecards ({found}) than this Headway has ({wanted}). Fit it again."
)
BROKEN_NUMBER = gettext_noop("The learner model's “{name}” has numbers that are missing or not finite. Fit it again.")


@dataclass(frozen=True, kw_only=True)
class Scorecards:
    """Parameters of the learner model.

    `curves` is CARD_COUNT x KNOTS in logits; `levels` and `slopes` (three each) are by competency, `offsets` and
    `discriminations` by item; `item_easiness` is the logit of each item for a typical student of the log. `deviation` are
    the logarithms g0, g1, g2 of sigma^2 = exp(g0 + g1 log(1 + n_competency) + g2 log(1 + n_student)); `growth_per_day` is
    what a day without evidence adds to sigma^2.
    """

    version: str
    fingerprint: str
    answers: int
    start: float
    curves: Floats
    slopes_mean: Floats
    levels: Floats
    slopes: Floats
    offsets: Floats
    discriminations: Floats
    item_easiness: Floats
    item_answers: Floats
    deviation: tuple[float, float, float] = (0.2, -0.5, -0.1)
    growth_per_day: float = 0.002
    facts: Mapping[str, Any] = field(default_factory=dict)


def empty(version: str = "empty") -> Scorecards:
    """Return parameters that know nothing: every chance is one half."""
    return Scorecards(
        version=version,
        fingerprint="",
        answers=0,
        start=0.0,
        curves=np.zeros((CARD_COUNT, KNOTS)),
        slopes_mean=np.zeros(3),
        levels=np.zeros(0),
        slopes=np.zeros((0, 3)),
        offsets=np.zeros(0),
        discriminations=np.zeros(0),
        item_easiness=np.zeros(0),
        item_answers=np.zeros(0),
    )


@lru_cache(maxsize=1)
def shipped() -> Scorecards:
    """Return the parameters that come with Headway: fitted on simulated students, on nobody's log."""
    text = resources.files(__package__ or "").joinpath("shipped_model.json").read_text(encoding="utf-8")
    return from_json(json.loads(text))


def without_names(cards: Scorecards) -> Scorecards:
    """Return what carries over to another school: the curves, the mean slopes and the doubt, nothing about an item."""
    none = empty()
    return replace(
        cards,
        levels=none.levels,
        slopes=none.slopes,
        offsets=none.offsets,
        discriminations=none.discriminations,
        item_easiness=none.item_easiness,
        item_answers=none.item_answers,
    )


def rounded(cards: Scorecards, decimals: int = 5) -> Scorecards:
    """Return parameters with short numbers, for a small file; rounding keeps what rises rising and every sign."""
    return from_json(_round(as_json(cards), decimals))


def _round(value: Any, decimals: int) -> Any:
    if isinstance(value, dict):
        return {name: _round(entry, decimals) for name, entry in value.items()}
    if isinstance(value, list):
        return [_round(entry, decimals) for entry in value]
    return round(value, decimals) if isinstance(value, float) else value


_ARRAYS = ("slopes_mean", "levels", "slopes", "offsets", "discriminations", "item_easiness", "item_answers")


def as_json(cards: Scorecards) -> dict[str, Any]:
    """Return the parameters as plain JSON values; the same numbers come back to the last bit."""
    return {
        "what": "headway learner model",
        "version": cards.version,
        "fingerprint": cards.fingerprint,
        "answers": cards.answers,
        "start": cards.start,
        "curves": {card.name: cards.curves[place].tolist() for place, card in enumerate(CARDS)},
        **{name: getattr(cards, name).tolist() for name in _ARRAYS},
        "deviation": list(cards.deviation),
        "growth_per_day": cards.growth_per_day,
        "facts": dict(cards.facts),
    }


def from_json(stored: Mapping[str, Any]) -> Scorecards:
    """Return the parameters that `as_json` wrote; raises RuleBroken with what is wrong."""
    if not isinstance(stored, Mapping) or stored.get("what") != "headway learner model":
        raise RuleBroken(NOT_A_MODEL)
    wanted = {card.name for card in CARDS}
    curves = stored.get("curves")
    if not isinstance(curves, Mapping) or set(curves) != wanted:
        raise RuleBroken(OTHER_SHAPE, found=len(curves) if isinstance(curves, Mapping) else 0, wanted=len(wanted))
    shapes = {"slopes_mean": (3,), "slopes": (-1, 3)}
    arrays = {}
    try:
        table = np.array([curves[card.name] for card in CARDS], dtype=np.float64).reshape(CARD_COUNT, KNOTS)
        for name in _ARRAYS:
            arrays[name] = np.array(stored[name], dtype=np.float64).reshape(shapes.get(name, (-1,)))
        deviation = tuple(float(number) for number in stored["deviation"])
        numbers = (float(stored["start"]), float(stored["growth_per_day"]))
    except (KeyError, TypeError, ValueError) as problem:
        raise RuleBroken(BROKEN_NUMBER, name=str(problem)) from problem
    finite = {"curves": table, **arrays, "deviation": np.array(deviation), "start": np.array(numbers)}
    for name, found in finite.items():
        if not np.isfinite(found).all():
            raise RuleBroken(BROKEN_NUMBER, name=name)
    if len(deviation) != 3:
        raise RuleBroken(BROKEN_NUMBER, name="deviation")
    return Scorecards(
        version=str(stored.get("version", "")),
        fingerprint=str(stored.get("fingerprint", "")),
        answers=int(stored.get("answers", 0)),
        start=numbers[0],
        growth_per_day=numbers[1],
        curves=table,
        deviation=(deviation[0], deviation[1], deviation[2]),
        facts=dict(stored.get("facts", {})),
        **arrays,
    )


@njit(cache=True)
def place_on_card(card: int, value: float) -> float:
    """Return where a value lies between the knots of a card, 0 to KNOTS - 1; nan where nothing was seen."""
    if value != value:
        return np.nan
    position = float((value - LOW[card]) / (HIGH[card] - LOW[card]) * (KNOTS - 1))
    return min(max(position, 0.0), KNOTS - 1.0)


@njit(cache=True)
def curve_at(curves: Floats, card: int, value: float) -> float:
    """Return the height of a card's curve; a card that saw nothing says nothing."""
    position = place_on_card(card, value)
    if position != position:
        return 0.0
    knot = min(int(position), KNOTS - 2)
    part = position - knot
    return float(curves[card, knot] * (1.0 - part) + curves[card, knot + 1] * part)


@njit(cache=True)
def sum_of_curves(curves: Floats, x: Floats) -> float:
    """Return what all scorecards say together, in logits."""
    total = 0.0
    for card in range(CARD_COUNT):
        total += curve_at(curves, card, x[card])
    return total


@njit(cache=True)
def within_card(card: int, value: float) -> float:
    """Return what a card saw, held between its ends: further out nothing was learned."""
    return float(min(max(value, LOW[card]), HIGH[card]))


@njit(cache=True)
def slopes_at(slopes: Floats, x: Floats) -> float:
    """Return what the slopes of one competency say, in logits."""
    total = 0.0
    for place in range(3):
        card = SLOPE_CARDS[place]
        total += slopes[place] * within_card(card, x[card])
    return float(total)
