"""What taking something in from outside changed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What an import changed: numbers of rows."""

    made: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: Taken) -> Taken:
        return Taken(
            made=self.made + other.made,
            changed=self.changed + other.changed,
            unchanged=self.unchanged + other.unchanged,
        )
