"""`headway demo`: a school to look around in."""

from __future__ import annotations


def _demo() -> None:
    """Make the demo school and serve it."""


_demo.__name__ = "demo"
demo = (_demo, "")
