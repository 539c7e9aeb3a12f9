"""What every test may ask for."""

from __future__ import annotations

import pytest

from tests.people import People, build


@pytest.fixture
def people(db: None) -> People:
    """The cast, new for each test."""
    return build()
