"""Functions are compiled when they are first needed, whoever calls them first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from headway.core.shared import compiled


def run(*lines: str) -> str:
    """Run a few lines in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.strip()


def test_what_reckons_nothing_loads_no_compiler() -> None:
    said = run(
        "import sys",
        "from headway.core.evidence import context, fitting, learner_model, walk",
        "from headway.core import planning",
        "learner_model.shipped_model()",
        "print([name for name in ('numba', 'scipy.special', 'scipy.optimize') if name in sys.modules])",
    )
    assert said == "[]"


def test_two_threads_that_come_first_get_the_same_numbers() -> None:
    said = run(
        "from concurrent.futures import ThreadPoolExecutor",
        "from headway.core.evidence import ledger, learner_model",
        "def reckon(logit): return ledger.logistic(logit)",
        "with ThreadPoolExecutor(4) as threads: print(set(threads.map(reckon, [0.0] * 8)))",
    )
    assert said == "{0.5}"


def test_a_function_that_was_taken_before_still_works_afterwards() -> None:
    said = run(
        "from headway.core.evidence import ledger, scorecards",
        "early = ledger.logistic",
        "print(early(0.0), ledger.logistic(0.0), early is ledger.logistic)",
    )
    assert said == "0.5 0.5 False"


def test_what_is_compiled_is_kept_in_a_place_named_after_the_text_of_all_functions() -> None:
    place = compiled.folder()
    assert place is not None
    assert place.name.startswith("compiled-")


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine where the source may not be written."""
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) == tmp_path and real(path, mode))
    monkeypatch.setattr(compiled, "_elsewhere", None)
    return tmp_path


def test_where_the_source_may_not_be_written_it_is_kept_with_the_data(elsewhere: Path) -> None:
    compiled.keep_in(elsewhere)
    place = compiled.folder()
    assert place is not None
    assert (place.parent, place.name[:9]) == (elsewhere, "compiled-")


def test_where_nothing_may_be_written_it_is_kept_nowhere_and_works_all_the_same(elsewhere: Path) -> None:
    assert compiled.folder() is None
    assert not compiled.is_kept()
    compiled.mark_complete()
    compiled.forget_others()


def test_a_half_compiled_model_is_not_taken_for_a_whole_one(elsewhere: Path) -> None:
    compiled.keep_in(elsewhere)
    assert not compiled.is_kept()
    compiled.mark_complete()
    assert compiled.is_kept()


def test_what_older_sources_left_behind_is_deleted(elsewhere: Path) -> None:
    compiled.keep_in(elsewhere)
    compiled.mark_complete()
    (elsewhere / "compiled-0123").mkdir()
    compiled.forget_others()
    assert compiled.is_kept()
    assert len(list(elsewhere.iterdir())) == 1


def test_a_machine_without_a_place_to_keep_anything_still_reckons(tmp_path: Path) -> None:
    said = run(
        "import os",
        "from headway.core.evidence import ledger",
        "from headway.core.shared import compiled",
        "compiled.os.access = lambda *_: False",
        "import numba.core.caching as caching",
        "caching.CacheImpl._locator_classes = []",
        "print(ledger.logistic(0.0))",
    )
    assert said == "0.5"
