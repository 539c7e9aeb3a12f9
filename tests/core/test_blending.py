"""Two rankings become one."""

from __future__ import annotations

import numpy as np
import pytest

from headway.core.library.blending import blend, blend_scores


def test_a_blend_by_hand() -> None:
    found = blend([(1, 8.0), (2, 4.0)], {1: 0.2, 2: 0.6, 3: 0.5}, meaning_share=0.5)

    assert [pk for pk, _ in found] == [1, 2, 3]
    assert [score for _, score in found] == pytest.approx([0.5 + 0.1, 0.25 + 0.3, 0.25])


def test_both_forms_of_the_blend_say_the_same() -> None:
    words = np.array([[3.0, 0.0, 1.5]], dtype=np.float32)
    cosines = np.array([[0.1, 0.7, 0.2]], dtype=np.float32)

    listed = dict(blend([(0, 3.0), (2, 1.5)], {0: 0.1, 1: 0.7, 2: 0.2}))

    assert blend_scores(words, cosines)[0] == pytest.approx([listed[place] for place in range(3)])


def test_what_only_the_meaning_finds_is_found() -> None:
    assert [pk for pk, _ in blend([], {5: 0.9, 4: 0.8})] == [5, 4]


def test_what_has_no_vector_is_not_lost() -> None:
    assert [pk for pk, _ in blend([(1, 2.0), (9, 1.0)], {1: 0.4})] == [1, 9]


def test_nothing_blends_to_nothing() -> None:
    assert blend([], {}) == []
