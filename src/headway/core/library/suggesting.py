"""Which standards is a text about? The five most likely, how sure, and the words that decided; a teacher has the last word.

A standard is judged by its own statement, and less by those of its headings. The words of the text speak (word_ranking);
where a sentence model is installed, so does what it means; where people accepted suggestions before, texts that are like
this one speak for the standards those went with. A code of the standard in the text decides at once.

A confidence is the chance to be right: of suggestions that claim 0.7 about seven in ten are what people chose. The chances
come from a logistic curve fitted on one half of judged problems and held against the other (docs/relevance.md).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headway.core.library.blending import blend_scores
from headway.core.library.word_ranking import (
    WordIndex,
    question_weights,
    telling_words,
    word_index,
    word_scores,
)
from headway.core.standards.codes import code_key

Floats = NDArray[np.float32]
MOST = 5
TARGET_WEIGHTS = {"statement": 1.0, "above": 0.3}
# How much the headings say in the meaning of a standard.
ABOVE_SHARE = np.float32(0.35)
# How much texts that were aligned before say beside the standard's own words.
ACCEPTED_SHARE = 0.2
NEIGHBOURS, NEIGHBOUR_POWER = 15, 3
QUESTIONS_AT_ONCE = 512
# A standard outside the grades of a text loses this many spreads for each grade it is away, two grades at most.
GRADE_LOSS, MOST_GRADES_AWAY, WIDEST_GRADES = 0.5, 2, 5
CODE_IN_TEXT = re.compile(
    r"(?<![\w.])(?:[A-Z]{4,5}[ .-])?(?:K|[1-8]|HS[A-Z]?|[A-Z])[.-][A-Z]{1,4}(?:[.-][A-Z0-9]{1,2}){1,3}[a-z]?(?![\w])"
)
CODE_CONFIDENCE = 0.97
LEAST_CONFIDENCE = 0.02


@dataclass(frozen=True, kw_only=True)
class Target:
    """A standard that may be suggested. `above` are the words of its headings; grades 0 (kindergarten) to 12."""

    key: int
    statement: str
    above: str = ""
    code: str = ""
    grade_low: int | None = None
    grade_high: int | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A text to find standards for, with the grades it is meant for where somebody said so."""

    text: str
    grade_low: int | None = None
    grade_high: int | None = None


@dataclass(frozen=True, kw_only=True)
class Likely:
    """A standard that a text may be about; `source` is what spoke loudest: words, meaning, accepted or code."""

    target: int
    confidence: float
    words: tuple[str, ...]
    source: str


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """Texts that people aligned: `answers` are places of targets. `vectors` are their meaning, where it was read."""

    texts: Sequence[str]
    answers: Sequence[Sequence[int]]
    vectors: Floats | None = None


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A logistic curve: how a suggestion's standing, its lead (as logarithms) and the text's known words become a chance."""

    base: float
    stands: float
    behind: float
    ahead: float
    known: float


# Fitted on the even rows of the judged sets; the odd rows are what docs/relevance.md tells of.
WORDS_CURVE = Curve(base=-2.384, stands=0.062, behind=-0.934, ahead=0.941, known=1.068)
MEANING_CURVE = Curve(base=-2.094, stands=0.181, behind=-1.61, ahead=1.125, known=0.676)


@dataclass(frozen=True, kw_only=True)
class Targets:
    """Standards made ready to be asked about many times."""

    rows: tuple[Target, ...]
    index: WordIndex
    vectors: Floats | None
    places: Mapping[str, int]


def ready(targets: Sequence[Target], *, vectors: Floats | None = None) -> Targets:
    """Return the standards made ready; `vectors` is their meaning, a row each (see target_vectors)."""
    documents = [{"statement": row.statement, "above": row.above} for row in targets]
    places = {code_key(row.code): place for place, row in enumerate(targets) if row.code}
    return Targets(rows=tuple(targets), index=word_index(documents, TARGET_WEIGHTS), vectors=vectors, places=places)


def scores(
    targets: Targets, asked: Sequence[Asked], *, vectors: Floats | None = None, accepted: Accepted | None = None
) -> Floats:
    """Return how far each standard stands out for each text, float32 of shape (texts, standards).

    `vectors` is the meaning of the texts; it speaks where the standards have vectors too.
    """
    texts = [one.text for one in asked]
    words = word_scores(targets.index, texts)
    cosines = np.zeros_like(words) if vectors is None or targets.vectors is None else vectors @ targets.vectors.T
    found = blend_scores(words, cosines)
    if accepted is not None and len(accepted.texts):
        found = found + np.float32(ACCEPTED_SHARE) * _like_accepted(targets, texts, vectors, accepted)
    return _standing(found) - _grades_away(targets, asked)


def suggest_alignments(
    targets: Targets,
    asked: Sequence[Asked],
    *,
    vectors: Floats | None = None,
    accepted: Accepted | None = None,
    most: int = MOST,
) -> list[tuple[Likely, ...]]:
    """Return for each text the most likely standards, the likeliest first; fewer where nothing speaks for more."""
    if not targets.rows:
        return [() for _ in asked]
    curve = MEANING_CURVE if vectors is not None and targets.vectors is not None else WORDS_CURVE
    found: list[tuple[Likely, ...]] = []
    for start in range(0, len(asked), QUESTIONS_AT_ONCE):
        some = asked[start : start + QUESTIONS_AT_ONCE]
        own = None if vectors is None else vectors[start : start + QUESTIONS_AT_ONCE]
        stands = scores(targets, some, vectors=own, accepted=accepted)
        for row, one in enumerate(some):
            found.append(_likely(targets, one, stands[row], curve, most))
    return found


def chances(stands: Floats, known: float, curve: Curve, places: Sequence[int]) -> list[float]:
    """Return the chance of each of the best-placed standards (in order) to be right."""
    best = float(stands[places[0]])
    told: list[float] = []
    for number, place in enumerate(places):
        mine = float(stands[place])
        after = float(stands[places[number + 1]]) if number + 1 < len(places) else mine
        bent = (
            curve.base
            + curve.stands * math.log1p(max(0.0, mine))
            + curve.behind * math.log1p(max(0.0, best - mine))
            + curve.ahead * math.log1p(max(0.0, mine - after))
            + curve.known * known
        )
        # Who stands behind another is never the surer of the two.
        told.append(min([1 / (1 + math.exp(-bent)), *told[-1:]]))
    return told


def share_known(targets: Targets, text: str) -> float:
    """Return how much of what a text says (0 to 1, by weight) any standard says too."""
    weights = question_weights(text)
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in targets.index.columns) / total if total else 0.0


def codes_in(targets: Targets, text: str) -> tuple[int, ...]:
    """Return the places of the standards whose code stands in the text."""
    keys = (code_key(found) for found in CODE_IN_TEXT.findall(text))
    return tuple(dict.fromkeys(targets.places[key] for key in keys if key in targets.places))


def _likely(targets: Targets, asked: Asked, stands: Floats, curve: Curve, most: int) -> tuple[Likely, ...]:
    said = codes_in(targets, asked.text)
    order = np.lexsort((np.arange(len(stands)), -stands))[: most + 1]
    places = [int(place) for place in order if math.isfinite(float(stands[place]))]
    found = [
        Likely(
            target=targets.rows[place].key, confidence=CODE_CONFIDENCE, words=(targets.rows[place].code,), source="code"
        )
        for place in said[:most]
    ]
    if not places:
        return tuple(found)
    for place, chance in zip(places, chances(stands, share_known(targets, asked.text), curve, places), strict=True):
        words = telling_words(targets.index, asked.text, place)
        # What shares no word with a standard and only seems like it is too thin to show without a model.
        if place in said or chance < LEAST_CONFIDENCE or (not words and targets.vectors is None):
            continue
        source = "words" if words else "meaning"
        found.append(Likely(target=targets.rows[place].key, confidence=round(chance, 3), words=words, source=source))
    return tuple(found[:most])


def _standing(scores: Floats) -> Floats:
    """Return how many spreads each score stands above its row's mean, so that a curve can read it."""
    apart = scores - scores.mean(axis=1, keepdims=True)
    stands: Floats = apart / np.maximum(apart.std(axis=1, keepdims=True), np.float32(1e-6))
    return stands


def _like_accepted(targets: Targets, texts: Sequence[str], vectors: Floats | None, accepted: Accepted) -> Floats:
    """Return how much texts that people aligned before speak for each standard: the nearest of them, by words and meaning."""
    chosen = np.zeros((len(accepted.texts), len(targets.rows)), dtype=np.float32)
    for row, places in enumerate(accepted.answers):
        chosen[row, list(places)] = 1.0
    index = word_index([{"text": text} for text in accepted.texts], {"text": 1.0})
    likes = _nearest_only(word_scores(index, texts))
    if vectors is not None and accepted.vectors is not None:
        likes = likes + _nearest_only(vectors @ accepted.vectors.T)
    spoken = likes @ chosen
    loudest: Floats = spoken / np.maximum(spoken.max(axis=1, keepdims=True), np.float32(1e-9))
    return loudest


def _nearest_only(like: Floats) -> Floats:
    """Return the likeness to the nearest texts, the nearest 1, raised to a power; 0 for all others."""
    most = min(NEIGHBOURS, like.shape[1])
    least = np.partition(like, -most, axis=1)[:, -most][:, None]
    top = np.maximum(like.max(axis=1, keepdims=True), np.float32(1e-9))
    near: Floats = np.where(like >= least, np.maximum(like / top, 0) ** NEIGHBOUR_POWER, 0).astype(np.float32)
    return near


def _grades_away(targets: Targets, asked: Sequence[Asked]) -> Floats:
    """Return what each standard loses for being meant for other grades than a text; wide spans say nothing."""
    lows = np.array([-1 if row.grade_low is None else row.grade_low for row in targets.rows])
    highs = np.array([99 if row.grade_high is None else row.grade_high for row in targets.rows])
    away = np.zeros((len(asked), len(targets.rows)), dtype=np.float32)
    for row, one in enumerate(asked):
        if one.grade_low is None or one.grade_high is None or one.grade_high - one.grade_low >= WIDEST_GRADES:
            continue
        apart = np.maximum(np.maximum(lows - one.grade_high, one.grade_low - highs), 0)
        away[row] = np.minimum(apart, MOST_GRADES_AWAY) * np.float32(GRADE_LOSS)
    return away
