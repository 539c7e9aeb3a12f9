"""Luck that can be told again: numbers that look random and follow from a seed, the same on every machine.

The generator is mulberry32 (Tommy Ettinger, public domain): 32 bits of state, one addition and two multiplications, so
that a session keeps it as one number and a page without the server can play the same numbers.
"""

from __future__ import annotations

_MASK = 0xFFFFFFFF
_STEP = 0x6D2B79F5


class Luck:
    """A stream of numbers. `state` is all there is to it: a stream begun at the same state is the same."""

    __slots__ = ("state",)

    def __init__(self, seed: int) -> None:
        self.state = seed & _MASK

    def share(self) -> float:
        """Return the next number, from 0 to just below 1."""
        self.state = mixed = (self.state + _STEP) & _MASK
        mixed = ((mixed ^ (mixed >> 15)) * (mixed | 1)) & _MASK
        mixed ^= (mixed + (((mixed ^ (mixed >> 7)) * (mixed | 61)) & _MASK)) & _MASK
        return ((mixed ^ (mixed >> 14)) & _MASK) / 4294967296

    def below(self, count: int) -> int:
        """Return a whole number from 0 to just below `count`."""
        return min(int(self.share() * count), count - 1)
