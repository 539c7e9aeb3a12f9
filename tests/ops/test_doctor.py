"""The doctor finds what is wrong and says how to mend it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polib
import pytest
from pytest_django import Settings

from headway.ops import doctor, translations
from tests.ops.conftest import run_headway


def _findings(shown: str) -> dict[str, dict[str, Any]]:
    return {finding["name"]: finding for finding in json.loads(shown)["findings"]}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the doctor finds on a machine where nothing was done yet."""
    folder = tmp_path_factory.mktemp("fresh")
    done = run_headway(folder / "data", "doctor", "--json", HEADWAY_STATIC_ROOT=str(folder / "static"))
    assert done.returncode == 1
    return _findings(done.stdout)


@pytest.fixture(scope="module")
def careful(migrated: Path, static_root: Path) -> dict[str, dict[str, Any]]:
    """What the doctor finds where everything was done."""
    return _findings(run_headway(migrated, "doctor", "--json", HEADWAY_STATIC_ROOT=str(static_root)).stdout)


@pytest.fixture(scope="module")
def careless(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the doctor finds where somebody was careless."""
    folder = tmp_path_factory.mktemp("careless") / "data"
    shutil.copytree(migrated, folder)
    (folder / "headway.sqlite3").write_bytes(b"this was a database" * 999)
    more = {"HEADWAY_DEBUG": "1", "HEADWAY_SECRET_KEY": "short", "HEADWAY_ALLOWED_HOSTS": "school.example"}
    return _findings(run_headway(folder, "doctor", "--json", **more).stdout)


def test_each_problem_says_how_to_mend_it(fresh: dict[str, dict[str, Any]]) -> None:
    assert [name for name, finding in fresh.items() if finding["state"] == "problem" and not finding["mend"]] == []


@pytest.mark.parametrize("name", ["database", "static files"])
def test_a_fresh_machine_lacks(fresh: dict[str, dict[str, Any]], name: str) -> None:
    assert fresh[name]["state"] == "problem"


def test_the_data_directory_is_named(careful: dict[str, dict[str, Any]], migrated: Path) -> None:
    assert careful["data directory"]["words"] == str(migrated)


@pytest.mark.parametrize(
    "name", ["database", "write-ahead log", "migrations", "static files", "secret", "disk", "learner model", "mastery"]
)
def test_a_careful_machine_is_fine(careful: dict[str, dict[str, Any]], name: str) -> None:
    assert careful[name]["state"] == "fine"


@pytest.mark.parametrize("name", ["database", "debug", "secret"])
def test_a_careless_machine_has_problems(careless: dict[str, dict[str, Any]], name: str) -> None:
    assert careless[name]["state"] == "problem"


def test_a_public_address_without_https_is_noted(careless: dict[str, dict[str, Any]]) -> None:
    assert careless["https"]["state"] == "note"


def test_a_secret_that_others_can_read_is_a_problem(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.delenv("HEADWAY_SECRET_KEY")
    (tmp_path / "secret-key").write_text("x")
    (tmp_path / "secret-key").chmod(0o644)
    assert [finding.mend for finding in doctor._secret()] == [f"chmod 600 {tmp_path / 'secret-key'}"]


def test_a_check_that_fails_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def _broken() -> Any:
        raise OSError("the disk is on fire")

    monkeypatch.setattr(doctor, "CHECKS", (_broken,))
    assert [finding.words for finding in doctor.examine()] == ["could not be checked: the disk is on fire"]


def _catalogue(folder: Path, *entries: polib.POEntry) -> Path:
    path = folder / "es" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
    catalogue.extend(entries)
    catalogue.save(str(path))
    return path


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        (polib.POEntry(msgid="Week", msgstr=""), "untranslated"),
        (polib.POEntry(msgid="Week", msgstr="Semana", flags=["fuzzy"]), "unsure (fuzzy)"),
        (polib.POEntry(msgid="Hello {name}", msgstr="Hola"), "other placeholders"),
        (polib.POEntry(msgid="%(count)s days", msgstr="%(cuenta)s días"), "other placeholders"),
        (
            polib.POEntry(
                msgid="{count} day", msgid_plural="{count} days", msgstr_plural={0: "{count} día", 1: "días"}
            ),
            "other placeholders",
        ),
    ],
)
def test_a_sentence_that_is_not_in_order_is_found(tmp_path: Path, entry: polib.POEntry, what: str) -> None:
    assert [gap.what for gap in translations.gaps_in(_catalogue(tmp_path, entry))] == [what]


def test_sentences_in_order_are_not_complained_about(tmp_path: Path) -> None:
    good = _catalogue(
        tmp_path,
        polib.POEntry(msgid="Hello {name}", msgstr="Hola, {name}"),
        polib.POEntry(msgid="one day", msgid_plural="{count} days", msgstr_plural={0: "un día", 1: "{count} días"}),
        polib.POEntry(msgid="100 % of it", msgstr="100 % de eso"),
    )
    assert list(translations.gaps_in(good)) == []


@pytest.mark.skipif(not translations.can_collect(), reason="GNU gettext is not installed")
def test_a_sentence_of_the_code_that_the_catalogue_lacks_is_found(tmp_path: Path) -> None:
    empty = _catalogue(tmp_path)
    found = {gap.sentence for gap in translations.missing_from(empty)}
    assert "There is nothing here, or it is not yours to see." in found or "Sign in" in found
