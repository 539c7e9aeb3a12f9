"""A Spanish search is put into English where Apertium is installed, and never holds anybody up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from headway.exchange.apertium import translating

needs_apertium = pytest.mark.skipif(not translating.can_translate(), reason="Apertium (spa-eng) is not installed here")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    for pipeline in translating._pipelines.values():
        pipeline.end()
    translating._pipelines.clear()
    translating._asked.cache_clear()


def modes(folder: Path, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "spa-eng.mode").write_text(line)
    monkeypatch.setattr(translating, "MODES", folder)


@needs_apertium
def test_a_spanish_title_becomes_english() -> None:
    assert translating.translated("La idea de división") == "The idea of division"


@needs_apertium
def test_one_answer_after_another_stays_in_step() -> None:
    assert [translating.translated(word) for word in ("Contando", "Suma", "División")] == [
        "Counting",
        "Sum",
        "Division",
    ]


@needs_apertium
@pytest.mark.parametrize("text", ["[a] {b} ^c$ @ \\ / < > * ~ + #", "x² + 1/2 = 3 < 4", "\0\0", "¿"])
def test_marks_of_the_translator_do_no_harm(text: str) -> None:
    translating.translated(text)

    assert translating.translated("La idea de división") == "The idea of division"


def test_nothing_is_translated_where_the_pair_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translating, "MODES", tmp_path)

    assert translating.translated("La idea de división") is None


def test_a_program_that_is_missing_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes(tmp_path, "no-such-program-anywhere 'x'", monkeypatch)

    assert translating.translated("Hola") is None


def test_a_program_that_dies_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes(tmp_path, "false", monkeypatch)

    assert translating.translated("Hola") is None


def test_a_program_that_is_silent_is_left_after_a_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # "sort -z" waits for the end of its input, as a stuck translator would.
    modes(tmp_path, "sort", monkeypatch)
    monkeypatch.setattr(translating, "STARTING_SECONDS", 0.1)
    began = time.monotonic()

    assert translating.translated("Hola") is None
    assert time.monotonic() - began < 2
    assert translating._pipelines == {}
