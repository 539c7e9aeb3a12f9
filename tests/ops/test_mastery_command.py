"""`headway mastery`: a file in, figures or one sentence out, never a traceback."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headway.core.evidence.scorecards import from_json, shipped
from headway.ops.command_line import app
from headway.ops.mastery import command, kept


@pytest.fixture(autouse=True)
def own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings) -> Path:
    monkeypatch.setattr(command, "wake", lambda: None)
    settings.DATA_DIR = tmp_path / "data"
    return settings.DATA_DIR


def run(*words: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["mastery", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def log_of(path: Path, *, students: int = 40, answers: int = 12, times: bool = False) -> Path:
    luck = random.Random(4)
    lines = ["user_id,item_id,skill,correct,language" + (",timestamp" if times else "")]
    for student in range(students):
        level = luck.random()
        for answer in range(answers):
            row = f"s{student},q{answer % 6},{'Mean' if answer % 2 else 'Median'},{int(luck.random() < 0.3 + 0.6 * level)},{'es' if student % 3 else 'en'}"
            lines.append(row + (f",{1_700_000_000 + 100 * answer}" if times else ""))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


class TestFit:
    def test_writes_a_model_that_can_be_read(self, tmp_path):
        code, said, _ = run("fit", log_of(tmp_path / "log.csv"), "--out", tmp_path / "model.json", "--name", "trial")
        assert code == 0
        model = from_json(json.loads((tmp_path / "model.json").read_text(encoding="utf-8")))
        assert model.version == "trial"
        assert model.answers == 480
        assert model.facts["competencies"] == ["mean", "median"] or model.facts["competencies"] == ["Mean", "Median"]
        assert "fitted on 480 answers of 40 students" in said

    def test_writes_the_same_bytes_from_the_same_log(self, tmp_path):
        log = log_of(tmp_path / "log.csv")
        for name in ("one.json", "two.json"):
            run("fit", log, "--out", tmp_path / name, "--on", "2026-11-25")
        assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()

    def test_says_that_few_answers_kept_the_shipped_curves(self, tmp_path):
        _, said, _ = run("fit", log_of(tmp_path / "log.csv"), "--out", tmp_path / "model.json")
        assert (
            f"480 answers are too few to learn anew what answers say: the curves of “{shipped().version}” were kept"
            in said
        )

    def test_leaves_the_shipped_model_in_force_below_50_answers(self, tmp_path):
        code, said, complaint = run("fit", log_of(tmp_path / "log.csv", students=4), "--out", tmp_path / "model.json")
        assert (code, said) == (1, "")
        assert "The log has 48 answers, and at least 50 are needed" in complaint
        assert "stays in force" in complaint
        assert not (tmp_path / "model.json").exists()

    def test_leaves_the_shipped_model_in_force_where_everything_was_right(self, tmp_path):
        log = tmp_path / "log.csv"
        log.write_text("user_id,item_id,correct\n" + "".join(f"s{n % 9},q{n},1\n" for n in range(90)), encoding="utf-8")
        code, _, complaint = run("fit", log, "--out", tmp_path / "model.json")
        assert code == 1
        assert "All 90 answers of the log are alike" in complaint

    def test_learns_from_one_student_what_one_student_can_tell(self, tmp_path):
        code, said, _ = run(
            "fit", log_of(tmp_path / "log.csv", students=1, answers=60), "--out", tmp_path / "model.json"
        )
        assert code == 0
        assert "With 1 students nobody could be held out" in said

    def test_begins_from_a_model_file(self, tmp_path):
        log = log_of(tmp_path / "log.csv")
        run("fit", log, "--out", tmp_path / "first.json", "--name", "first")
        _, said, _ = run("fit", log, "--prior", tmp_path / "first.json", "--out", tmp_path / "second.json")
        assert "the curves of “first” were kept" in said

    def test_goes_on_after_an_interruption(self, tmp_path, monkeypatch):
        log, out = log_of(tmp_path / "log.csv"), tmp_path / "model.json"
        run("fit", log, "--out", tmp_path / "straight.json")

        def interrupt(*_words, **_more):
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr("headway.core.evidence.learning.learn_all", interrupt)
            code, _, complaint = run("fit", log, "--out", out)
        assert code == 130
        assert "What was done is kept" in complaint
        _, said, _ = run("fit", log, "--out", out)
        assert "the log was read already" in said
        assert "The fit on held-out students was done already." in said
        assert out.read_bytes() == (tmp_path / "straight.json").read_bytes()


class TestEvaluate:
    def test_prints_the_folds_it_used(self, tmp_path):
        code, said, _ = run("evaluate", log_of(tmp_path / "log.csv"))
        assert code == 0
        assert "its students were put into 5 folds with seed 0" in said
        assert "32 / 384" in said

    def test_gives_machines_every_figure(self, tmp_path):
        _, said, _ = run("evaluate", log_of(tmp_path / "log.csv"), "--json", "--folds", "2")
        told = json.loads(said)
        assert told["answers"] == 480
        assert 0 < told["forecasts"]["shown"]["together"]["log_loss"]["value"] < 1
        assert told["flips"]["shown"]["count"] == 0
        assert [fold["name"] for fold in told["folds"]] == ["0", "1"]

    def test_warns_of_the_pause_where_there_are_times(self, tmp_path):
        _, said, _ = run("evaluate", log_of(tmp_path / "log.csv", times=True), "--folds", "2")
        assert "the pause before it holds the thinking time on this very question" in said

    def test_compares_groups(self, tmp_path):
        _, said, _ = run("evaluate", log_of(tmp_path / "log.csv"), "--folds", "2", "--group", "language")
        assert "Compared by “language”" in said

    def test_goes_on_where_it_was_interrupted(self, tmp_path, monkeypatch):
        log = log_of(tmp_path / "log.csv")
        _, straight, _ = run("evaluate", log, "--folds", "3", "--json")
        keep, kept_folds = kept.keep_outcome, []

        def keep_two(path, outcome):
            if len(kept_folds) == 2:
                raise KeyboardInterrupt
            keep(path, outcome)
            kept_folds.append(path.name)

        with monkeypatch.context() as patched:
            patched.setattr(kept, "keep_outcome", keep_two)
            assert run("evaluate", log, "--folds", "3", "--json")[0] == 130
        _, resumed, _ = run("evaluate", log, "--folds", "3", "--json")
        told, wanted = json.loads(resumed), json.loads(straight)
        assert told["resumed"] == {"log": True, "folds": ["0", "1"]}
        assert told["forecasts"] == wanted["forecasts"]
        assert told["next_five_answers"] == wanted["next_five_answers"]

    def test_leaves_nothing_of_the_students_behind(self, tmp_path, own_data):
        run("evaluate", log_of(tmp_path / "log.csv"), "--folds", "2", "--json")
        assert not [path for path in own_data.rglob("*") if path.is_file()]

    def test_does_not_take_up_what_other_options_left(self, tmp_path, monkeypatch):
        log = log_of(tmp_path / "log.csv")

        def interrupt(*_words):
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(kept, "keep_outcome", interrupt)
            run("evaluate", log, "--folds", "2", "--json")
        told = json.loads(run("evaluate", log, "--folds", "3", "--json")[1])
        assert told["resumed"] == {"log": False, "folds": []}


BAD_LOGS = {
    "empty": b"",
    "only a header": b"user_id,item_id,correct\n",
    "one student": b"user_id,item_id,correct\n" + b"".join(b"a,q%d,%d\n" % (n, n % 2) for n in range(60)),
    "one outcome": b"user_id,item_id,correct\n" + b"".join(b"s%d,q1,0\n" % n for n in range(60)),
    "few answers": b"user_id,item_id,correct\ns1,q1,1\ns2,q1,0\n",
    "no result": b"user_id,item_id\ns1,q1\n",
    "no student": b"item_id,correct\nq1,1\n",
    "junk": bytes(random.Random(1).randbytes(4_000)),
    "cut off": gzip.compress(b"user_id,item_id,correct\n" * 1_000)[:40],
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(random.Random(2).randbytes(500)),
}


@pytest.mark.parametrize("name", BAD_LOGS)
def test_a_bad_log_is_one_sentence(name, tmp_path):
    log = tmp_path / ("log.csv.gz" if name == "cut off" else "log.csv")
    log.write_bytes(BAD_LOGS[name])
    code, said, complaint = run("evaluate", log)
    assert code == 1
    assert said.count("Traceback") == complaint.count("Traceback") == 0
    assert complaint.strip()


def test_a_column_that_names_nothing_is_one_sentence(tmp_path):
    code, _, complaint = run("evaluate", log_of(tmp_path / "log.csv"), "--column", "student")
    assert code == 1
    assert "“student” does not name a column" in complaint


def test_a_file_that_is_no_model_is_one_sentence(tmp_path):
    (tmp_path / "model.json").write_text("[1, 2]", encoding="utf-8")
    code, _, complaint = run("fit", log_of(tmp_path / "log.csv"), "--prior", tmp_path / "model.json")
    assert code == 1
    assert "not a learner model of Headway" in complaint


class TestExplain:
    def test_shows_lines_that_sum_to_the_forecast(self, tmp_path):
        _, said, _ = run("explain", log_of(tmp_path / "log.csv"), "--student", "s3", "--json")
        told = json.loads(said)
        assert len(told["rows"]) == 10
        for row in told["rows"]:
            assert sum(row["lines"].values()) == pytest.approx(row["logit"], abs=1e-9)

    def test_says_it_in_words(self, tmp_path):
        _, said, _ = run("explain", log_of(tmp_path / "log.csv"), "--student", "s3", "--last", "1")
        assert "Student s3, 12 answers" in said
        assert "All recent work" in said

    def test_knows_what_a_fitted_model_knows_of_questions(self, tmp_path):
        log = log_of(tmp_path / "log.csv")
        run("fit", log, "--out", tmp_path / "model.json")
        _, said, _ = run("explain", log, "--student", "s3", "--model", tmp_path / "model.json", "--json")
        assert any(abs(row["lines"]["question"]) > 0.01 for row in json.loads(said)["rows"])

    def test_names_students_where_none_is_chosen(self, tmp_path):
        code, _, complaint = run("explain", log_of(tmp_path / "log.csv"))
        assert code == 1
        assert "Say which student, such as --student s0." in complaint

    def test_shows_a_models_scorecards(self, tmp_path):
        run("fit", log_of(tmp_path / "log.csv"), "--out", tmp_path / "model.json")
        code, said, _ = run("explain", tmp_path / "model.json")
        assert code == 0
        assert "What each scorecard adds" in said


def test_a_report_without_a_column_says_what_to_choose(tmp_path):
    code, _, complaint = run("report", log_of(tmp_path / "log.csv"))
    assert code == 1
    assert "Say which column to compare by" in complaint


def test_a_report_is_sentences(tmp_path):
    code, said, _ = run("report", log_of(tmp_path / "log.csv"), "--group", "language", "--folds", "2", "--least", "5")
    assert code == 0
    assert said.startswith("Compared by “language”: what was expected of 40 students")


def test_simulated_students_say_how_near_the_truth_estimates_come():
    code, said, _ = run("simulate", "--students", "50", "--competencies", "20", "--json")
    assert code == 0
    told = json.loads(said)
    assert 0.05 < told["overall"]["error"] < 0.25
    assert told["after_rating"]["error"] < told["before_rating"]["error"]


@pytest.mark.parametrize("name", ["fit", "evaluate", "explain", "report", "simulate"])
def test_help_shows_an_example(name):
    shown = CliRunner().invoke(app, ["mastery", name, "--help"])
    assert f"  headway mastery {name}" in shown.output


def test_the_way_to_ship_is_not_in_the_help():
    assert "ship " not in CliRunner().invoke(app, ["mastery", "--help"]).output
