"""What a sentence is about, as 384 numbers: a small sentence model (MiniLM, six layers) read forwards with numpy.

Two sentences that mean the same lie close together even where they share no word. The weights come from outside (see
headway.records.library.meaning), so nothing here reads a file; without weights the library works with words alone.

The arithmetic is that of Devlin et al. 2019, "BERT" (post-norm transformer), with the mean of the token vectors as the
sentence (Reimers and Gurevych 2019) and every vector brought to length one, so that a dot product is a cosine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
WIDTH, HEADS, LAYERS = 384, 12, 6
LONGEST_TOKENS = 128
# Sentences of about one length share a batch, so that little is spent on padding; more tokens at once gain nothing.
TOKENS_AT_ONCE = 4096
NORM_EPSILON = 1e-12
ERF_TURN = np.float32(0.3275911)
ERF_TERMS = tuple(np.float32(term) for term in (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429))
ROWS_NEAR = 128
# A kept vector is 384 signed bytes: the largest loss of a cosine is about 0.003, and 300,000 take 115 MB.
BYTE_STEPS = 127.0
ROWS_AT_ONCE = 16384
# Rows whose signs are near, for each one wanted: enough that hardly any of the nearest is missed (see docs/relevance.md).
LOOKED_AT_PER_FOUND = 12


@dataclass(frozen=True, kw_only=True)
class _Layer:
    """One layer's weights, laid out for the multiplications; queries, keys and values in one matrix."""

    together: Floats
    together_add: Floats
    attended: Floats
    attended_add: Floats
    first_norm: tuple[Floats, Floats]
    wide: Floats
    wide_add: Floats
    narrow: Floats
    narrow_add: Floats
    second_norm: tuple[Floats, Floats]


@dataclass(frozen=True, kw_only=True)
class SentenceModel:
    """The weights of the sentence model."""

    words: Floats
    places: Floats
    norm: tuple[Floats, Floats]
    layers: tuple[_Layer, ...]


def sentence_model(tensors: Mapping[str, NDArray[np.float32]]) -> SentenceModel:
    """Return the model made of the named tensors of a BERT checkpoint; a missing one raises KeyError."""

    def norm(name: str) -> tuple[Floats, Floats]:
        return tensors[f"{name}.weight"], tensors[f"{name}.bias"]

    def turned(name: str) -> Floats:
        return np.ascontiguousarray(tensors[f"{name}.weight"].T, dtype=np.float32)

    layers = []
    for number in range(LAYERS):
        at = f"encoder.layer.{number}"
        heads = [f"{at}.attention.self.{part}" for part in ("query", "key", "value")]
        layers.append(
            _Layer(
                together=np.ascontiguousarray(np.concatenate([turned(name) for name in heads], axis=1)),
                together_add=np.concatenate([tensors[f"{name}.bias"] for name in heads]),
                attended=turned(f"{at}.attention.output.dense"),
                attended_add=tensors[f"{at}.attention.output.dense.bias"],
                first_norm=norm(f"{at}.attention.output.LayerNorm"),
                wide=turned(f"{at}.intermediate.dense"),
                wide_add=tensors[f"{at}.intermediate.dense.bias"],
                narrow=turned(f"{at}.output.dense"),
                narrow_add=tensors[f"{at}.output.dense.bias"],
                second_norm=norm(f"{at}.output.LayerNorm"),
            )
        )
    # There is only one sentence, so its sentence number is added to every place once and for all.
    places = tensors["embeddings.position_embeddings.weight"] + tensors["embeddings.token_type_embeddings.weight"][0]
    return SentenceModel(
        words=tensors["embeddings.word_embeddings.weight"],
        places=places.astype(np.float32),
        norm=norm("embeddings.LayerNorm"),
        layers=tuple(layers),
    )


def encode(model: SentenceModel, sentences: Sequence[Sequence[int]]) -> Floats:
    """Return one vector of length one per sentence, float32 of shape (sentences, 384).

    A sentence is its token numbers with the two end marks; what is beyond the longest is not read.
    """
    found = np.zeros((len(sentences), WIDTH), dtype=np.float32)
    order = sorted((place for place, tokens in enumerate(sentences) if tokens), key=lambda place: len(sentences[place]))
    start = 0
    while start < len(order):
        stop = start + 1
        while (
            stop < len(order)
            and min(len(sentences[order[stop]]), LONGEST_TOKENS) * (stop + 1 - start) <= TOKENS_AT_ONCE
        ):
            stop += 1
        batch = order[start:stop]
        found[batch] = _encode_batch(model, [sentences[place][:LONGEST_TOKENS] for place in batch])
        start = stop
    return found


def _encode_batch(model: SentenceModel, sentences: Sequence[Sequence[int]]) -> Floats:
    count, longest = len(sentences), max(len(tokens) for tokens in sentences)
    numbers = np.zeros((count, longest), dtype=np.int64)
    is_there = np.zeros((count, longest), dtype=np.float32)
    for row, tokens in enumerate(sentences):
        numbers[row, : len(tokens)] = tokens
        is_there[row, : len(tokens)] = 1.0
    taken: Floats = model.words[numbers] + model.places[:longest]
    hidden: Floats = _normed(taken, model.norm).reshape(count * longest, WIDTH)
    hide = None if is_there.all() else ((1.0 - is_there) * np.float32(-1e9))[:, None, None, :]
    for layer in model.layers:
        hidden = _through(layer, hidden, hide, count, longest)
    read = np.matmul(is_there[:, None, :], hidden.reshape(count, longest, WIDTH))[:, 0] / is_there.sum(1, keepdims=True)
    return to_length_one(read)


def _through(layer: _Layer, hidden: Floats, hide: Floats | None, count: int, longest: int) -> Floats:
    size = WIDTH // HEADS
    split = (hidden @ layer.together + layer.together_add).reshape(count, longest, 3, HEADS, size)
    query, key, value = (np.ascontiguousarray(split[:, :, part].transpose(0, 2, 1, 3)) for part in range(3))
    scores = np.matmul(query, key.transpose(0, 1, 3, 2))
    scores *= np.float32(1 / math.sqrt(size))
    if hide is not None:
        scores += hide
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    heard: Floats = np.matmul(scores, value).transpose(0, 2, 1, 3).reshape(count * longest, WIDTH)
    hidden = _normed(heard @ layer.attended + layer.attended_add + hidden, layer.first_norm)
    wide: Floats = hidden @ layer.wide + layer.wide_add
    _gelu(wide)
    return _normed(wide @ layer.narrow + layer.narrow_add + hidden, layer.second_norm)


def _gelu(values: Floats) -> None:
    """Bend the values where they lie: x times the chance that a normal number is below x, to seven digits.

    The error function is Abramowitz and Stegun's 7.1.26. A few rows at a time stay near the processor: five times as fast.
    """
    for start in range(0, len(values), ROWS_NEAR):
        block = values[start : start + ROWS_NEAR]
        size = np.abs(block)
        size *= np.float32(1 / math.sqrt(2))
        turned = size * ERF_TURN
        turned += 1
        np.reciprocal(turned, out=turned)
        tail = turned * ERF_TERMS[-1]
        for term in ERF_TERMS[-2::-1]:
            tail += term
            tail *= turned
        size *= size
        np.negative(size, out=size)
        np.exp(size, out=size)
        tail *= size
        tail *= np.abs(block)
        tail *= np.float32(0.5)
        np.maximum(block, 0, out=block)
        block -= tail


def _normed(values: Floats, norm: tuple[Floats, Floats]) -> Floats:
    values = values - values.mean(axis=-1, keepdims=True)
    spread = np.einsum("...i,...i->...", values, values)[..., None] / np.float32(values.shape[-1])
    values /= np.sqrt(spread + np.float32(NORM_EPSILON))
    values *= norm[0]
    values += norm[1]
    return values


def to_length_one(vectors: Floats) -> Floats:
    """Return the vectors with length one; a vector of nothing stays nothing."""
    lengths = np.sqrt(np.einsum("...i,...i->...", vectors, vectors))[..., None]
    directed: Floats = (vectors / np.maximum(lengths, np.float32(1e-9))).astype(np.float32)
    return directed


def to_bytes(vectors: Floats) -> NDArray[np.int8]:
    """Return vectors as signed bytes, each stretched so that its largest number fills the range.

    Only directions are kept; `nearest` brings them to length one again.
    """
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), np.float32(1e-9))
    stretched: NDArray[np.int8] = np.rint(vectors * (np.float32(BYTE_STEPS) / largest)).astype(np.int8)
    return stretched


def signs_of(vectors: NDArray[np.int8]) -> NDArray[np.uint64]:
    """Return which numbers of each vector are above nothing, 384 bits as six whole numbers: a rough direction in 48 bytes."""
    signs = np.empty((len(vectors), WIDTH // 64), dtype=np.uint64)
    for start in range(0, len(vectors), ROWS_AT_ONCE):
        above = np.packbits(np.asarray(vectors[start : start + ROWS_AT_ONCE]) > 0, axis=1)
        signs[start : start + ROWS_AT_ONCE] = above.view(np.uint64)
    return signs


def nearest(
    vectors: NDArray[np.int8],
    query: Floats,
    *,
    most: int,
    allowed: NDArray[np.intp] | None = None,
    signs: NDArray[np.uint64] | None = None,
) -> tuple[NDArray[np.intp], Floats]:
    """Return the rows of `vectors` nearest to one query vector, the nearest first, and their cosines.

    `vectors` may be a memory map; `allowed` names the only rows that may be found. With `signs` (see signs_of) the rows
    whose signs differ least are looked at closely and no others: some 16 ms of CPU for 300,000 rows.
    """
    asked = to_length_one(query.astype(np.float32))
    rows = np.arange(len(vectors)) if allowed is None else allowed
    closely = most * LOOKED_AT_PER_FOUND
    if signs is not None and len(rows) > closely:
        mine = np.packbits(asked > 0).view(np.uint64)
        near = signs if allowed is None else signs[allowed]
        apart = np.zeros(len(rows), dtype=np.uint16)
        for part in range(near.shape[1]):
            apart += np.bitwise_count(near[:, part] ^ mine[part])
        rows = np.sort(rows[np.argpartition(apart, closely)[:closely]])
    cosines = np.empty(len(rows), dtype=np.float32)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        values = vectors[rows[start : start + ROWS_AT_ONCE]].astype(np.float32)
        lengths = np.sqrt(np.einsum("ij,ij->i", values, values))
        cosines[start : start + ROWS_AT_ONCE] = (values @ asked) / np.maximum(lengths, np.float32(1e-9))
    best = np.lexsort((rows, -cosines))[:most]
    return rows[best], cosines[best]
