"""`headway simulate`: tables or JSON out, goes on where it stopped, takes numbers from logs, refuses in a sentence."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headway.core.trial.figures import BEGIN
from headway.ops import simulate
from headway.ops.command_line import app

SMALL = ("--seeds", "1", "--weeks", "1", "--classes", "1", "--other-seeds", "0")


@pytest.fixture(autouse=True)
def own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings) -> Path:
    monkeypatch.setattr("headway.ops.simulate.wake", lambda: None)
    settings.DATA_DIR = tmp_path / "data"
    return settings.DATA_DIR


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Stand in for the terms themselves, which tests/core tries: the seeds asked for, in order."""
    asked: list[tuple[str, int]] = []

    def seed(task):
        world, number = task[:2]
        asked.append((world, number))
        one = dict.fromkeys(
            (
                "gain", "gain_later", "secure", "gain_earlier", "gain_lowest_at_start", "gain_highest_at_start", "lowest_at_end", "start",
                "seconds_a_draft", "minutes", "screen", "with_others", "teacher_group", "teacher_class",
            ),
            float(number),
        )  # fmt: skip
        return world, number, dict.fromkeys(("same_for_all", "own_pace", "greedy", "planner"), one)

    monkeypatch.setattr(command(), "_seed", seed)
    return asked


def command():
    """The module itself: its name in the package is the command's."""
    return sys.modules["headway.ops.simulate"]


def run(*words: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["simulate", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def log_of(path: Path, *, students: int = 40, answers: int = 12) -> Path:
    luck = random.Random(4)
    lines = ["user_id,item_id,skill,correct"]
    for student in range(students):
        level = luck.random()
        for answer in range(answers):
            lines.append(
                f"s{student},q{answer % 6},{'Mean' if answer % 2 else 'Median'},{int(luck.random() < 0.2 + 0.5 * level + 0.02 * answer)}"
            )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


class TestRunning:
    def test_runs_a_term_and_says_what_came_of_it(self):
        code, said, _ = run(*SMALL, "--json")
        assert code == 0
        found = json.loads(said)["worlds"]["base"]
        assert found["planner"]["gain"]["mean"] > 0
        assert found["planner"]["minutes"]["mean"] == found["same_for_all"]["minutes"]["mean"]

    def test_shows_tables_to_a_person(self, figures):
        code, said, _ = run("--seeds", "2", "--other-seeds", "1")
        assert code == 0
        assert "What was learned" in said
        assert "Simulated students are not students" in said

    def test_a_quick_look_is_short(self, figures):
        run("--quick")
        assert figures == [("base", 0), ("base", 1), ("base", 2)]

    def test_puts_the_figures_into_a_document(self, figures, tmp_path):
        document = tmp_path / "help.md"
        document.write_text("# Does it help?\n\nWords.\n", encoding="utf-8")
        run("--seeds", "2", "--other-seeds", "0", "--write", document)
        text = document.read_text(encoding="utf-8")
        assert text.startswith("# Does it help?\n\nWords.\n")
        assert BEGIN in text
        assert "| Planner |" in text


class TestGoingOn:
    def test_seeds_that_are_done_are_not_run_again(self, figures):
        run("--seeds", "2", "--other-seeds", "0")
        _, said, _ = run("--seeds", "3", "--other-seeds", "0")
        assert figures == [("base", 0), ("base", 1), ("base", 2)]
        assert "2 of 3 seeds were done already." in said

    def test_a_line_that_was_cut_is_run_again(self, figures, own_data):
        run("--seeds", "2", "--other-seeds", "0")
        [kept] = (own_data / "simulate").glob("*.jsonl")
        kept.write_text(kept.read_text(encoding="utf-8")[:-20], encoding="utf-8")
        run("--seeds", "2", "--other-seeds", "0")
        assert figures == [("base", 0), ("base", 1), ("base", 1)]

    def test_a_cut_line_spoils_no_later_one(self, figures, own_data):
        run("--seeds", "2", "--other-seeds", "0")
        [kept] = (own_data / "simulate").glob("*.jsonl")
        kept.write_text(kept.read_text(encoding="utf-8")[:-20], encoding="utf-8")
        run("--seeds", "2", "--other-seeds", "0")
        run("--seeds", "2", "--other-seeds", "0")
        assert len(figures) == 3

    def test_other_choices_begin_anew(self, figures):
        run("--seeds", "1", "--other-seeds", "0", "--weeks", "2")
        run("--seeds", "1", "--other-seeds", "0", "--weeks", "3")
        assert len(figures) == 2

    def test_an_interruption_says_that_what_was_done_is_kept(self, figures, monkeypatch):
        run("--seeds", "1", "--other-seeds", "0")

        def interrupted(task):
            raise KeyboardInterrupt

        monkeypatch.setattr(command(), "_seed", interrupted)
        code, _, complained = run("--seeds", "2", "--other-seeds", "0")
        assert code == 130
        assert "goes on from there" in complained


class TestCalibrating:
    def test_keeps_numbers_of_a_log_and_uses_them(self, tmp_path, own_data, figures):
        code, said, _ = run("--calibrate", log_of(tmp_path / "log.csv"))
        assert code == 0
        assert "numbers only" in said
        kept = json.loads((own_data / "trial-parameters.json").read_text(encoding="utf-8"))
        assert kept["sources"][-1]["rows"] == 480
        _, shown, _ = run("--seeds", "1", "--other-seeds", "0", "--json")
        assert json.loads(shown)["parameters"] == pytest.approx(kept["parameters"], abs=1e-4)

    def test_holds_no_answer(self, tmp_path, own_data):
        run("--calibrate", log_of(tmp_path / "log.csv"))
        assert "Median" not in (own_data / "trial-parameters.json").read_text(encoding="utf-8")

    def test_a_log_of_few_answers_is_refused(self, tmp_path):
        code, _, complained = run("--calibrate", log_of(tmp_path / "log.csv", students=4))
        assert code == 1
        assert "need at least 300" in complained

    def test_a_number_nobody_knows_is_refused(self, tmp_path):
        code, _, complained = run("--calibrate", log_of(tmp_path / "log.csv"), "--only", "charm")
        assert code == 1
        assert "“charm” is no number of a trial" in complained

    def test_attendance_comes_from_absences(self, tmp_path, own_data):
        table = tmp_path / "students.csv"
        table.write_text("name;absences_1;absences_2\n" + "a;5;\nb;0;10\n" * 10, encoding="utf-8")
        code, said, _ = run(
            "--absences", table, "--school-days", "100", "--parameters", tmp_path / "own.json", "--json"
        )
        assert code == 0
        assert json.loads(said)["parameters"]["attendance"] == pytest.approx(0.925)

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [("name,days\na,3\n", "no column"), ("name,absences\na,often\n", "no number of absences in line 2")],
    )
    def test_a_table_without_absences_is_refused(self, tmp_path, content, sentence):
        table = tmp_path / "students.csv"
        table.write_text(content, encoding="utf-8")
        code, _, complained = run("--absences", table)
        assert code == 1
        assert sentence in complained

    def test_a_broken_file_of_parameters_is_refused(self, own_data):
        own_data.mkdir(parents=True)
        (own_data / "trial-parameters.json").write_text("{", encoding="utf-8")
        code, _, complained = run(*SMALL)
        assert code == 1
        assert "no file of parameters" in complained


@pytest.mark.parametrize("log", ["gervet-assistments09", "pykt-assist2015"])
def test_real_logs_say_what_is_published_of_learning(log, tmp_path):
    path = Path(__file__).resolve().parents[3] / "shared" / "data" / "responses" / log / "responses.csv.gz"
    if not path.exists():
        pytest.skip(f"{path.name} of {log} is not here")
    _, said, _ = run("--calibrate", path, "--parameters", tmp_path / "own.json", "--json")
    # Koedinger et al. (2023): about a tenth of a logit an opportunity, over 27 sets of data.
    assert 0.04 < json.loads(said)["sources"][-1]["numbers"]["gain_logits"] < 0.2


def test_the_command_stands_in_the_contents():
    assert simulate.simulate[0].__name__ == "simulate"
