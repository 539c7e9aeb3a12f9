"""The sentence model's arithmetic, on weights small enough to check, and the search over kept vectors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from headway.core.library.meaning import (
    LAYERS,
    LONGEST_TOKENS,
    WIDTH,
    SentenceModel,
    _gelu,
    encode,
    nearest,
    sentence_model,
    signs_of,
    to_bytes,
    to_length_one,
)


@pytest.fixture(scope="module")
def model() -> SentenceModel:
    luck = np.random.default_rng(5)

    def made(*shape: int) -> np.ndarray:
        return luck.normal(0, 0.05, shape).astype(np.float32)

    tensors = {
        "embeddings.word_embeddings.weight": made(50, WIDTH),
        "embeddings.position_embeddings.weight": made(512, WIDTH),
        "embeddings.token_type_embeddings.weight": made(2, WIDTH),
        "embeddings.LayerNorm.weight": 1 + made(WIDTH),
        "embeddings.LayerNorm.bias": made(WIDTH),
    }
    for number in range(LAYERS):
        at = f"encoder.layer.{number}"
        for name, out, into in (
            ("attention.self.query", WIDTH, WIDTH),
            ("attention.self.key", WIDTH, WIDTH),
            ("attention.self.value", WIDTH, WIDTH),
            ("attention.output.dense", WIDTH, WIDTH),
            ("intermediate.dense", 4 * WIDTH, WIDTH),
            ("output.dense", WIDTH, 4 * WIDTH),
        ):
            tensors[f"{at}.{name}.weight"], tensors[f"{at}.{name}.bias"] = made(out, into), made(out)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            tensors[f"{at}.{name}.weight"], tensors[f"{at}.{name}.bias"] = 1 + made(WIDTH), made(WIDTH)
    return sentence_model(tensors)


def test_a_sentence_means_the_same_alone_and_among_longer_ones(model: SentenceModel) -> None:
    short, long = [1, 7, 9, 2], [1, *range(3, 40), 2]

    together = encode(model, [long, short, long])

    assert together[1] == pytest.approx(encode(model, [short])[0], abs=1e-5)
    assert together[0] == pytest.approx(together[2], abs=1e-6)


def test_every_vector_has_length_one_but_that_of_nothing(model: SentenceModel) -> None:
    lengths = np.linalg.norm(encode(model, [[1, 5, 2], [], [1, 8, 8, 8, 2]]), axis=1)

    assert lengths == pytest.approx([1, 0, 1], abs=1e-5)


def test_the_order_of_words_matters(model: SentenceModel) -> None:
    there, back = encode(model, [[1, 5, 6, 2], [1, 6, 5, 2]])

    assert not np.allclose(there, back, atol=1e-4)


def test_what_is_too_long_is_read_as_far_as_it_goes(model: SentenceModel) -> None:
    whole, cut = encode(model, [[3] * (LONGEST_TOKENS + 40), [3] * LONGEST_TOKENS])

    assert whole == pytest.approx(cut, abs=1e-6)


def test_values_are_bent_as_the_error_function_says() -> None:
    values = np.linspace(-6, 6, 400, dtype=np.float32).reshape(200, 2)
    exact = [[x * (1 + math.erf(x / math.sqrt(2))) / 2 for x in row] for row in values.tolist()]

    _gelu(values)

    assert np.abs(values - np.array(exact)).max() < 2e-6


def test_bytes_keep_the_direction() -> None:
    vectors = to_length_one(np.random.default_rng(1).normal(size=(200, WIDTH)).astype(np.float32))

    kept = to_length_one(to_bytes(vectors).astype(np.float32))

    assert np.abs((kept * vectors).sum(axis=1) - 1).max() < 0.001


def test_the_nearest_come_first_with_their_cosines() -> None:
    vectors = np.zeros((3, WIDTH), dtype=np.int8)
    vectors[0, 0] = vectors[1, 1] = 2
    vectors[2, :2] = 1
    asked = np.zeros(WIDTH, dtype=np.float32)
    asked[0] = 5.0

    rows, cosines = nearest(vectors, asked, most=2)

    assert rows.tolist() == [0, 2]
    assert cosines == pytest.approx([1, 0.7071068])


def test_only_allowed_rows_are_found() -> None:
    vectors = to_bytes(np.eye(5, WIDTH, dtype=np.float32))

    rows, _ = nearest(vectors, np.eye(1, WIDTH, dtype=np.float32)[0], most=9, allowed=np.array([2, 4]))

    assert sorted(rows.tolist()) == [2, 4]


def test_nothing_is_nearest_where_nothing_is_allowed() -> None:
    rows, cosines = nearest(np.ones((3, WIDTH), dtype=np.int8), np.ones(WIDTH), most=3, allowed=np.empty(0, np.intp))

    assert len(rows) == len(cosines) == 0


def test_signs_lead_to_the_same_nearest() -> None:
    luck = np.random.default_rng(3)
    vectors = to_bytes(luck.normal(size=(3000, WIDTH)).astype(np.float32))
    asked = vectors[7].astype(np.float32) + luck.normal(0, 30, WIDTH).astype(np.float32)

    rows, cosines = nearest(vectors, asked, most=3, signs=signs_of(vectors))
    exact, exact_cosines = nearest(vectors, asked, most=3)

    assert rows[0] == exact[0] == 7
    assert cosines[0] == pytest.approx(exact_cosines[0])
