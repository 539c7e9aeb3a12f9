"""What every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from headway.records.library import search_index
from tests.people import People, build

# Machines of schools and of strangers differ in speed: a property is wrong or right, never late.
settings.register_profile(
    "headway", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], print_blob=True
)
settings.register_profile("thorough", settings.get_profile("headway"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "headway"))


@pytest.fixture(autouse=True)
def _an_index_of_its_own() -> Iterator[None]:
    """A test's changes are rolled back and so is its line of the change log: no test meets another one's index."""
    yield
    if search_index.is_kept():
        search_index.forget()


@pytest.fixture
def people(db: None) -> People:
    """The cast, new for each test."""
    return build()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL run what asks a database; the rest has been run already and knows no difference."""
    if os.environ.get("HEADWAY_TEST_DATABASE") != "postgres":
        return
    asking = [item for item in items if {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))]
    asking += [item for item in items if item not in asking and item.get_closest_marker("django_db")]
    config.hook.pytest_deselected(items=[item for item in items if item not in asking])
    items[:] = [item for item in items if item in asking]
