"""Grades as others write them."""

from __future__ import annotations

import pytest

from headway.core.standards.grades import grades_in


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (["K"], (0, 0)),
        (["KG", "01", "02"], (0, 2)),
        (["Pre-K", "K", "1"], (0, 1)),
        (["9-12"], (9, 12)),
        (["Ninth grade"], (9, 9)),
        (["Grade 3"], (3, 3)),
        (["HS"], (9, 12)),
        (["3, 4; 5"], (3, 5)),
        (["2014"], (None, None)),
        ([""], (None, None)),
        ([], (None, None)),
    ],
)
def test_the_lowest_and_the_highest_grade(levels, expected):
    assert grades_in(levels) == expected
