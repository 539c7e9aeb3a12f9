"""Cuts long rows of things into pieces that fit one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of at most `size` things, in order (`itertools.batched` of Python 3.12)."""
    rest = iter(things)
    while piece := list(islice(rest, size)):
        yield piece
