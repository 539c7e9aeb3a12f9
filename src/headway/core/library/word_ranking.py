"""Which texts are about what a question asks? Judged by their words: BM25 over the fields of a document, for many questions at once.

Words are read as the search index reads them, by their stems. A word of a document counts by how rare it is among the
documents, with a say that saturates as it is repeated (Robertson and Zaragoza 2009, "The Probabilistic Relevance
Framework": BM25F, the fields added up before the saturation). A word of a long question counts less the more common it is
among tasks at large (see task_words): in a lesson plan “students share with a partner” says nothing of what is learned.

All questions are one multiplication of sparse matrices, so a thousand resources meet 1,500 standards in a fraction of a
second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from headway.core.library.search.schema import analyzers
from headway.core.library.search.words import STOP_WORDS
from headway.core.library.task_words import TASK_SHARE, UNLISTED_SHARE

# Chosen on one half of the judged sets (docs/relevance.md): a repeated word goes on to count a little, long texts pay for it.
SATURATION = 2.0
LENGTH_SHARE = 0.8
QUESTION_SATURATION = 2.0
# A question of 75 terms or more listens to task_words in full, a short one to a quarter.
LEAST_TASK_SAY, TASK_SAY_PER_TERM = 0.25, 0.01
PAIR_WEIGHT = 0.35
QUESTIONS_AT_ONCE = 256
MOST_TITLE_SHARE, WORDS_OF_A_SENTENCE = 0.5, 6
# Stems that school mathematics uses for one thing.
SAME_STEMS = {
    "sum": "add", "addit": "add", "plus": "add", "total": "add", "altogeth": "add",
    "subtract": "subtract", "differ": "subtract", "minus": "subtract",
    "product": "multipli", "multipl": "multipli", "multiplic": "multipli",
    "quotient": "divid", "divis": "divid", "percentag": "percent", "averag": "mean", "unknown": "variabl",
    "proport": "ratio", "proportion": "ratio", "flip": "reflect", "turn": "rotat", "slide": "translat", "steep": "slope",
    "likeli": "probabl",
}  # fmt: skip

_Sparse: Any = sparse.csr_matrix  # scipy carries no types


@dataclass(frozen=True, kw_only=True)
class WordIndex:
    """Documents as weighted terms: `weights` has a row per document and a column per term."""

    columns: Mapping[str, int]
    weights: Any
    count: int


def stems(text: str, language: str = "en") -> list[str]:
    """Return the words of a text by their stems, in order, as the search index reads them."""
    return list(analyzers()[language if language in analyzers() else "xx"].analyze(text))


def terms(text: str) -> dict[str, tuple[int, str]]:
    """Return what a text is judged by: stems and pairs of neighbours, each with its count and how it stands in the text.

    Small words are left out. Words that school mathematics uses for one thing are one (“sum” and “add”); a pair joins its
    stems by a space, so that “number line” is more than a number and a line.
    """
    found: dict[str, tuple[int, str]] = {}

    def add(term: str, words: str) -> None:
        count, first = found.get(term, (0, words))
        found[term] = (count + 1, first)

    before = before_word = ""
    for stem, word in zip(stems(text), stems(text, "xx"), strict=True):
        if word in STOP_WORDS["en"]:
            before = ""
            continue
        same = SAME_STEMS.get(stem, stem)
        add(same, word)
        if before:
            add(f"{before} {same}", f"{before_word} {word}")
        before, before_word = same, word
    return found


def word_index(
    documents: Sequence[Mapping[str, str]],
    field_weights: Mapping[str, float],
    *,
    saturation: float = SATURATION,
    length_share: float = LENGTH_SHARE,
) -> WordIndex:
    """Return an index of documents, each a text by field; fields without a weight are not read."""
    columns: dict[str, int] = {}
    parts = []
    for field, weight in field_weights.items():
        rows: list[int] = []
        cells: list[int] = []
        counts: list[float] = []
        lengths = np.zeros(len(documents))
        for row, document in enumerate(documents):
            found = terms(document.get(field, ""))
            lengths[row] = sum(count for count, _ in found.values())
            for term, (count, _) in found.items():
                rows.append(row)
                cells.append(columns.setdefault(term, len(columns)))
                counts.append(count)
        parts.append(
            (weight, lengths, np.array(rows, dtype=np.int32), np.array(cells, dtype=np.int32), np.array(counts))
        )
    shape = (len(documents), len(columns))
    total = _Sparse(shape, dtype=np.float64)
    for weight, lengths, where, cells_of, counted in parts:
        usual = lengths[lengths > 0].mean() if (lengths > 0).any() else 1.0
        spread = (1 - length_share + length_share * lengths / usual)[where] if len(where) else np.ones(0)
        total = total + weight * _Sparse((counted / spread, (where, cells_of)), shape=shape)
    total = total.tocsr()
    having = np.bincount(total.indices, minlength=len(columns))
    rarity = np.log(1 + (len(documents) - having + 0.5) / (having + 0.5))
    total.data = (total.data / (saturation + total.data)) * rarity[total.indices]
    return WordIndex(columns=columns, weights=total.astype(np.float32), count=len(documents))


def question_weights(question: str) -> dict[str, float]:
    """Return how much each term of a question counts."""
    found = terms(question)
    say = min(1.0, LEAST_TASK_SAY + TASK_SAY_PER_TERM * sum(count for count, _ in found.values()))
    weights = {}
    for term, (count, _) in found.items():
        saturated = count * (QUESTION_SATURATION + 1) / (QUESTION_SATURATION + count)
        share = TASK_SHARE.get(term, UNLISTED_SHARE)
        weights[term] = saturated * (-math.log(share)) ** say * (PAIR_WEIGHT if " " in term else 1.0)
    return weights


def word_scores(index: WordIndex, questions: Sequence[str]) -> NDArray[np.float32]:
    """Return how well each document answers each question, float32 of shape (questions, documents); 0 shares no word."""
    asked = _asked(index, [question_weights(question) for question in questions])
    return np.asarray((asked @ index.weights.T).toarray(), dtype=np.float32)


def title_share(question: str) -> float:
    """Return how much a document's title says by itself: half for what is as short as a title, nothing for a sentence.

    Who types a few words often types a title; a sentence of six telling words or more is rarely one.
    """
    words = sum(word not in STOP_WORDS["en"] for word in stems(question, "xx"))
    return max(0.0, min(MOST_TITLE_SHARE, (WORDS_OF_A_SENTENCE - words) / WORDS_OF_A_SENTENCE))


def with_titles(
    whole: NDArray[np.float32], titles: NDArray[np.float32], questions: Sequence[str]
) -> NDArray[np.float32]:
    """Return scores in which titles speak by themselves, each side as a share of its best (see title_share)."""
    shares = np.array([[title_share(question)] for question in questions], dtype=np.float32)
    sides = [side / np.maximum(side.max(axis=1, keepdims=True), np.float32(1e-6)) for side in (whole, titles)]
    mixed: NDArray[np.float32] = (1 - shares) * sides[0] + shares * sides[1]
    return mixed


def telling_words(index: WordIndex, question: str, document: int, *, most: int = 6) -> tuple[str, ...]:
    """Return the words of a question that spoke for a document, as they stand in the question, the weightiest first."""
    weights = question_weights(question)
    row = index.weights[document]
    there = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
    spoke = {
        term: weight * there[index.columns[term]]
        for term, weight in weights.items()
        if index.columns.get(term) in there
    }
    said = terms(question)
    told: list[str] = []
    for term in sorted(spoke, key=lambda term: (-spoke[term], term)):
        words = said[term][1]
        # A letter alone is what an apostrophe left, and a variable says nothing.
        if len(words) > 1 and not any(words in one.split() or words == one for one in told):
            told.append(words)
    return tuple(told[:most])


def _asked(index: WordIndex, questions: Sequence[Mapping[str, float]]) -> Any:
    rows: list[int] = []
    cells: list[int] = []
    values: list[float] = []
    for row, weights in enumerate(questions):
        for stem, weight in weights.items():
            column = index.columns.get(stem)
            if column is not None:
                rows.append(row)
                cells.append(column)
                values.append(weight)
    return _Sparse((np.array(values, dtype=np.float32), (rows, cells)), shape=(len(questions), len(index.columns)))
