"""Which Headway this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def headway_version() -> str:
    """Return the installed version."""
    try:
        return version("headway")
    except PackageNotFoundError:
        return "(not installed)"
