"""Every room has a door plate, and documents name only what is there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "headway"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *SOURCE.rglob("README.md")])
# Written in two halves, so that this file holds no such address either.
REGISTRIES = tuple(
    re.escape(first + second)
    for first, second in (
        ("pypi.", "org"),
        ("files.python", "hosted.org"),
        ("registry.npm", "js.org"),
        ("npm", "js.com"),
        ("registry.yarn", "pkg.com"),
        ("static.crates", ".io"),
        ("proxy.golang", ".org"),
    )
)


def tracked() -> list[Path]:
    done = subprocess.run(  # noqa: PLW1510
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def rooms(floor: str) -> list[Path]:
    return sorted(
        folder
        for folder in (SOURCE / floor).iterdir()
        if folder.is_dir() and (folder / "__init__.py").exists() and folder.name != "migrations"
    )


@pytest.mark.parametrize("room", [*rooms("records"), *rooms("exchange")], ids=lambda room: room.name)
def test_every_room_has_a_door_plate(room: Path) -> None:
    plate = (room / "README.md").read_text(encoding="utf-8")
    assert plate.startswith("# ")
    assert len(plate.splitlines()) <= 80


@pytest.mark.parametrize("room", rooms("records"), ids=lambda room: room.name)
def test_a_room_that_remembers_says_who_may_read_and_how_long(room: Path) -> None:
    plate = (room / "README.md").read_text(encoding="utf-8")
    for heading in ("**What is kept.**", "**Words.**", "**Who may read.**", "**How long.**"):
        assert heading in plate


@pytest.mark.parametrize("room", rooms("records"), ids=lambda room: room.name)
def test_a_room_has_only_files_that_a_newcomer_knows(room: Path) -> None:
    known = {"__init__", "models", "queries", "actions", "checks", "admin"}
    # What a room has beside them, docs/house.md names.
    also = {
        "planning": {
            "arrivals",
            "problems",
            "drafts",
            "rows",
            "runs",
            "coverage",
            "limits",
            "automation",
            "boards",
            "editing",
            "together",
            "pace",
            "dates",
            "seats",
            "fairness",
            "outcomes",
            "own_choices",
            "played",
            "practising",
            "sitting",
            "work_files",
            "shelf",
            "assigning",
        },
        "library": {
            "bookmarks",
            "search",
            "search_index",
            "deliveries",
            "change_log",
            "inserting",
            "shelving",
            "stored",
            "collecting",
            "collected",
            "meaning",
            "aligning",
            "suggesting",
        },
        "items": {"documents", "files", "printing", "sheets", "writing", "written"},
        "standards": {"links", "pairing", "prerequisites", "proficiency", "shaping"},
        "evidence": {"answers", "paper", "pieces", "replays", "rules", "states", "versions"},
    }
    assert {path.stem for path in room.glob("*.py")} <= known | also.get(room.name, set())
    house = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
    assert all(f"`{name}.py`" in house for name in also.get(room.name, ()))


@pytest.mark.parametrize("folder", rooms("core"), ids=lambda folder: folder.name)
def test_the_map_of_core_names_every_room(folder: Path) -> None:
    assert f"`{folder.name}/`" in (SOURCE / "core" / "README.md").read_text(encoding="utf-8")


def test_no_file_names_a_registry_or_somebodys_machine() -> None:
    places = (r"/ro" + r"ot/\.", r"/ho" + r"me/[a-z]+/", r"C:\\Us" + r"ers")
    pattern = re.compile("|".join([*REGISTRIES, *places]))
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {hit.group()}" for hit in pattern.finditer(text)]
    assert found == []


def test_nothing_that_is_fetched_is_committed() -> None:
    names = [path.relative_to(ROOT).as_posix() for path in tracked()]
    for name in names:
        assert not name.startswith(("node_modules/", ".venv/", "build/", ".headway/")), name
        assert not name.endswith((".sqlite3", ".pyc", ".woff2", ".ttf")), name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_document_names_only_targets_that_make_knows(document: Path) -> None:
    targets = set(re.findall(r"^([a-z./_-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = document.read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"`([^`]+)`", text) + re.findall(r"^(?:    |\$ )(.+)$", text, re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z][a-z/_-]*)", code)) <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (document.parent / target).exists(), target


def test_every_setting_is_described() -> None:
    settings = (SOURCE / "config" / "settings.py").read_text(encoding="utf-8")
    described = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for name in re.findall(r"env(?:_flag)?\(\s*\"([A-Z_]+)\"", settings):
        assert f"HEADWAY_{name}" in described, name


def test_a_described_setting_is_read_somewhere() -> None:
    read = "\n".join(path.read_text(encoding="utf-8") for path in [*SOURCE.rglob("*.py"), ROOT / "Makefile"])
    for name in re.findall(r"`HEADWAY_([A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")):
        assert f'"{name}"' in read or f"HEADWAY_{name}" in read, name


def test_every_decision_has_a_page_with_a_number() -> None:
    pages = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert pages
    for page in pages:
        assert re.fullmatch(r"\d{4}-[a-z0-9-]+", page.stem), page
        assert page.read_text(encoding="utf-8").startswith("# ")
