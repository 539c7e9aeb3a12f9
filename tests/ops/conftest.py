"""Commands run as an operator runs them: another process, a data directory of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HEADWAY = Path(sys.executable).with_name("headway")
Run = Callable[..., subprocess.CompletedProcess[str]]


def clean_environment(data_dir: Path, **more: str) -> dict[str, str]:
    """Return the environment of a person at a terminal, without what the test settings put in."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("HEADWAY_")}
    ours.pop("DJANGO_SETTINGS_MODULE", None)
    return {**ours, "HEADWAY_DATA_DIR": str(data_dir), "COLUMNS": "200", **more}


def run_headway(data_dir: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [str(HEADWAY), *arguments],
        env=clean_environment(data_dir, **more),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with an empty, current database; copy it, never change it."""
    folder = tmp_path_factory.mktemp("migrated") / "data"
    done = run_headway(folder, "migrate")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def data_dir(migrated: Path, tmp_path: Path) -> Path:
    """A data directory of this test's own."""
    folder = tmp_path / "data"
    shutil.copytree(migrated, folder)
    return folder


@pytest.fixture
def headway(data_dir: Path) -> Run:
    """Run `headway` on this test's data directory."""

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return run_headway(data_dir, *arguments, **more)

    return run


@pytest.fixture(scope="session")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Collected static files."""
    folder = tmp_path_factory.mktemp("static")
    done = run_headway(tmp_path_factory.mktemp("assets"), "assets", HEADWAY_STATIC_ROOT=str(folder))
    assert done.returncode == 0, done.stderr
    return folder
