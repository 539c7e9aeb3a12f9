"""Functions are compiled when they are first needed, whoever calls them first."""

from __future__ import annotations

import subprocess
import sys

import pytest

from headway.core.evidence import compiled


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
    assert compiled.folder().name.startswith("compiled-")


def test_where_the_source_may_not_be_written_it_is_kept_with_the_account(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setattr(compiled.os, "access", lambda *_: False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert str(compiled.folder()).startswith(f"{tmp_path}/headway/compiled-")


def test_a_half_compiled_model_is_not_taken_for_a_whole_one(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(compiled.os, "access", lambda *_: False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert not compiled.is_kept()
    compiled.mark_complete()
    assert compiled.is_kept()


def test_what_older_sources_left_behind_is_deleted(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(compiled.os, "access", lambda *_: False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    own, old = compiled.folder(), compiled.folder().with_name("compiled-0123")
    for place in (own, old):
        place.mkdir(parents=True)
    compiled.forget_others()
    assert (own.exists(), old.exists()) == (True, False)
