"""`headway import`: one sentence and exit code 1 for a refusal, JSON for machines, nothing changed the second time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headway.ops.command_line import app
from headway.records.evidence.models import Evidence

pytestmark = pytest.mark.django_db
LOG = "user_id,item_id,correct,skill\n1,1,1,Mean\n1,2,0,Median\n"


@pytest.fixture(autouse=True)
def awake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django is awake and the tables are there already."""
    monkeypatch.setattr("headway.ops.imports.wake", lambda: None)
    monkeypatch.setattr("headway.ops.imports.migrate", list)


def run(*words: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["import", *map(str, words)])
    return result.exit_code, result.stdout, result.stderr


def test_a_log_comes_in_and_the_second_time_nothing_changes(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG, encoding="utf-8")

    code, first, _ = run("responses", tmp_path / "log.csv", "--json")
    _, again, _ = run("responses", tmp_path / "log.csv", "--json")

    assert code == 0
    assert json.loads(first)["taken"]["evidence"] == {"made": 2, "changed": 0, "unchanged": 0}
    assert json.loads(again)["changed_nothing"] is True


def test_a_person_reads_counts_and_what_is_worth_knowing(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG, encoding="utf-8")

    _, shown, _ = run("responses", tmp_path / "log.csv")

    assert "Evidence: 2 new, 0 changed, 0 as before" in shown
    assert "The log has no times." in shown


def test_a_broken_file_is_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG + "1,2,perhaps,Mean\n", encoding="utf-8")

    code, shown, complaint = run("responses", tmp_path / "log.csv")

    assert code == 1
    assert shown == ""
    assert "Line 4: “perhaps” is neither right (1) nor wrong (0)" in complaint
    assert Evidence.objects.count() == 0


def test_a_machine_gets_the_refusal_as_json(tmp_path: Path) -> None:
    (tmp_path / "frame.json").write_text("{", encoding="utf-8")

    code, shown, _ = run("case", tmp_path / "frame.json", "--json")

    assert code == 1
    assert json.loads(shown)["place"] == "line 1"


def test_a_column_without_a_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG, encoding="utf-8")

    code, _, complaint = run("responses", tmp_path / "log.csv", "--column", "student")

    assert code == 1
    assert "--column student=PUPIL" in complaint


def test_a_folder_of_frameworks_comes_in_one_by_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        package = {
            "CFDocument": {"identifier": name, "title": name},
            "CFItems": [{"identifier": f"{name}1", "fullStatement": "Add."}],
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(package), encoding="utf-8")

    code, shown, _ = run("case", tmp_path, "--json")

    assert code == 0
    assert [report["facts"]["framework"] for report in json.loads(shown)] == ["a", "b"]


@pytest.mark.parametrize("name", ["case", "oatutor", "responses"])
def test_help_shows_examples_and_exit_codes(name: str) -> None:
    code, shown, _ = run(name, "--help")

    assert code == 0
    assert f"headway import {name}" in shown
    assert "Exit codes" in shown
