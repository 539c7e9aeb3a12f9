"""What resources mean is kept per machine, and made again only where a text changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from headway.core.library.meaning import WIDTH, to_length_one
from headway.core.shared.errors import RuleBroken
from headway.records.library import meaning
from headway.records.library.models import Resource

pytestmark = pytest.mark.django_db
WORDS = ("boats", "bread", "stars", "rivers")


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A model that knows four words, and the list of what it was asked to read."""
    asked: list[str] = []

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        asked.extend(texts)
        vectors = np.zeros((len(texts), WIDTH), dtype=np.float32)
        for row, text in enumerate(texts):
            for place, word in enumerate(WORDS):
                vectors[row, place] = text.casefold().count(word)
            vectors[row, -1] = 0.01
        return to_length_one(vectors)

    monkeypatch.setattr(meaning, "embed", embed)
    monkeypatch.setattr(meaning, "has_model", lambda: True)
    monkeypatch.setattr(meaning, "_folder", lambda: tmp_path)
    monkeypatch.setattr(meaning, "_latest", {})
    monkeypatch.setattr(meaning, "_remembered", {})
    return asked


@pytest.fixture
def shelf(db: None) -> list[Resource]:
    return [
        Resource.objects.create(title=f"About {word}", source="x", source_id=word, topics=["things"]) for word in WORDS
    ]


def test_the_nearest_in_meaning_comes_first(read: list[str], shelf: list[Resource]) -> None:
    meaning.build()

    found = meaning.nearest_resources("stars above")

    assert found[0][0] == shelf[2].pk
    assert found[0][1] > 0.9


def test_a_second_build_reads_nothing(read: list[str], shelf: list[Resource]) -> None:
    assert meaning.build() == (4, 0, 0, 0)
    read.clear()

    assert meaning.build() == (0, 0, 4, 0)
    assert read == []


def test_only_what_changed_is_read_again(read: list[str], shelf: list[Resource]) -> None:
    meaning.build()
    read.clear()
    Resource.objects.filter(pk=shelf[0].pk).update(title="All about bread")

    assert meaning.build() == (0, 1, 3, 0)
    assert read == ["All about bread. things"]
    assert {pk for pk, _ in meaning.nearest_resources("bread", most=2)} == {shelf[0].pk, shelf[1].pk}


def test_what_is_gone_is_found_no_more(read: list[str], shelf: list[Resource]) -> None:
    meaning.build()
    gone = shelf[2].pk
    shelf[2].delete()

    assert meaning.build().gone == 1
    assert gone not in [pk for pk, _ in meaning.nearest_resources("stars")]


def test_only_allowed_resources_are_found(read: list[str], shelf: list[Resource]) -> None:
    meaning.build()

    found = meaning.nearest_resources("stars", allowed=[shelf[0].pk, 999_999])

    assert [pk for pk, _ in found] == [shelf[0].pk]


def test_a_build_that_is_cut_off_goes_on(
    read: list[str], shelf: list[Resource], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meaning, "RESOURCES_AT_ONCE", 1)
    embed, done = meaning.embed, iter(range(2))

    def fails_at_the_third(texts: Sequence[str]) -> NDArray[np.float32]:
        if next(done, None) is None:
            raise KeyboardInterrupt
        return embed(texts)

    monkeypatch.setattr(meaning, "embed", fails_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        meaning.build()
    monkeypatch.setattr(meaning, "embed", embed)

    assert meaning.build() == (2, 0, 2, 0)


def test_a_file_that_was_cut_short_loses_only_what_was_cut(
    read: list[str], shelf: list[Resource], tmp_path: Path
) -> None:
    meaning.build()
    with (tmp_path / "vectors").open("r+b") as file:
        file.truncate(WIDTH * 2 + 7)

    assert meaning.build() == (2, 0, 2, 0)


def test_nothing_is_found_where_nothing_was_read(read: list[str], shelf: list[Resource]) -> None:
    assert meaning.nearest_resources("stars") == []


def test_without_a_model_a_build_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "has_model", lambda: False)

    assert meaning.nearest_resources("stars") == []
    with pytest.raises(RuleBroken, match="headway\\[semantic\\]"):
        meaning.build()


def test_fixed_texts_are_read_once(read: list[str]) -> None:
    assert meaning.kept_vectors(["boats", "bread"]) is None
    made = meaning.kept_vectors(["boats", "bread"], is_made=True)
    read.clear()

    kept = meaning.kept_vectors(["boats", "bread"])

    assert made is not None
    assert kept is not None
    assert read == []
    assert kept == pytest.approx(made)


@pytest.mark.skipif(not meaning.has_model(), reason="no sentence model is installed here")
def test_the_installed_model_gives_the_published_numbers() -> None:
    example, film, other = meaning.embed(
        ["This is an example sentence", "The new movie is awesome", "The new movie is so great"]
    )

    assert example[:4] == pytest.approx([0.0677, 0.0635, 0.0487, 0.0793], abs=2e-4)
    assert float(film @ other) == pytest.approx(0.8939, abs=1e-3)
