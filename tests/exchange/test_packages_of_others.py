"""Every file that others gave us, through every reader that could be tried on it: taken, or refused with a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.exchange.outcomes import is_told_well, outcome
from tests.exchange.real_data import DATA

READERS = ("common_cartridge", "kolibri", "lrmi", "qti", "h5p")
FOLDERS = {
    "common-cartridge": DATA / "interop" / "common-cartridge",
    "kolibri": DATA / "interop" / "kolibri",
    "lrmi": DATA / "interop" / "lrmi" / "dev" / "lrmi_examples",
    "qti-bad": DATA / "interop" / "qti" / "bad",
    "qti-12": DATA / "interop" / "qti" / "dev" / "instructure-items12",
    "qti-22": DATA / "interop" / "qti" / "dev" / "instructure-items22",
    "h5p": DATA / "interop" / "h5p",
    "tessa": DATA / "content" / "resources" / "tessa_kolibri",
}
OWN = {"common-cartridge": "common_cartridge", "tessa": "kolibri", "qti-bad": "qti", "qti-12": "qti", "qti-22": "qti"}

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"real data is not here: {DATA}"),
]


def files_of(folder: Path) -> Iterator[Path]:
    yield from (one for one in sorted(folder.rglob("*")) if one.is_file() or (one / "imsmanifest.xml").is_file())


@pytest.mark.parametrize("name", FOLDERS)
def test_every_file_is_taken_or_refused_by_its_own_reader(name: str) -> None:
    take = import_module(f"headway.exchange.{OWN.get(name, name)}.reading").take_file

    badly = [path for path in files_of(FOLDERS[name]) if not is_told_well(outcome(take, path))]

    assert badly == []


@pytest.mark.parametrize("reader", READERS)
def test_a_file_of_another_standard_is_refused_with_a_sentence(reader: str) -> None:
    take = import_module(f"headway.exchange.{reader}.reading").take_file
    others = [next(files_of(folder), None) for folder in FOLDERS.values()]

    assert [path for path in others if path is not None and not is_told_well(outcome(take, path))] == []
