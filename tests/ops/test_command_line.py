"""`headway`: help, exit codes, JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headway.ops.command_line import app
from tests.ops.conftest import Run, run_headway

COMMANDS = [
    "serve",
    "worker",
    "demo",
    "plan",
    "nightly",
    "doctor",
    "backup",
    "restore",
    "assets",
    "migrate",
    "add-leader",
]
IMPORTS = ["case", "oatutor", "responses"]


def _help(*command: str) -> str:
    shown = CliRunner().invoke(app, [*command, "--help"])
    assert shown.exit_code == 0
    return shown.output


@pytest.mark.parametrize("command", [[name] for name in COMMANDS] + [["import", name] for name in IMPORTS])
def test_help_shows_an_example_that_begins_with_the_command(command: list[str]) -> None:
    assert f"  headway {' '.join(command)}" in _help(*command)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_tells_the_exit_codes(command: str) -> None:
    assert "Exit codes: 0 fine, 1 problems found or refused, 2 wrong use." in _help(command)


def test_the_first_help_lists_every_command() -> None:
    shown = _help()
    assert [name for name in [*COMMANDS, "import"] if f"\n  {name} " not in shown] == []


def test_help_needs_no_django(tmp_path: Path) -> None:
    done = run_headway(tmp_path, "--help", PYTHONPROFILEIMPORTTIME="1")
    assert "django" not in done.stderr


def test_an_unknown_command_is_wrong_use() -> None:
    assert CliRunner().invoke(app, ["teleport"]).exit_code == 2


def test_two_ways_to_choose_classes_are_wrong_use() -> None:
    assert CliRunner().invoke(app, ["plan", "--class", "1", "--school", "1"]).exit_code == 2


def test_planning_without_classes_is_refused_in_one_sentence(headway: Run) -> None:
    done = headway("plan")
    assert done.returncode == 1
    assert done.stderr.strip() == ("There are no classes yet. Add them on the leader’s page, or try `headway demo`.")


def test_a_first_leader_gets_a_password_and_the_name_is_taken_then(headway: Run) -> None:
    first = json.loads(headway("add-leader", "Rosa Amaya", "--school", "Quarry Road School", "--json").stdout)
    again = headway("add-leader", "Rosa Amaya", "--school", "Quarry Road School")
    assert (first["username"], first["school"], len(first["password"])) == ("rosa.amaya", "Quarry Road School", 19)
    assert (again.returncode, "rosa.amaya" in again.stderr, "Traceback" in again.stderr) == (1, True, False)


def test_a_language_that_nobody_translated_is_wrong_use(headway: Run) -> None:
    assert headway("add-leader", "A B", "--school", "C", "--language", "xx").returncode == 2


def test_assets_twice_do_nothing_the_second_time(static_root: Path, tmp_path: Path) -> None:
    done = run_headway(tmp_path, "assets", "--json", HEADWAY_STATIC_ROOT=str(static_root))
    assert json.loads(done.stdout)["static"] is False


def test_static_files_are_hashed_and_compressed(static_root: Path) -> None:
    named = json.loads((static_root / "staticfiles.json").read_text())["paths"]["headway.css"]
    assert (static_root / f"{named}.br").exists()
