"""`headway plan`: a school's weeks from the command line, side by side, and on again after anything."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from headway.core.shared.school_weeks import monday_of
from tests.ops.conftest import HEADWAY, clean_environment, run_headway

ROOT = Path(__file__).resolve().parents[2]
CLASSES = 12
WEEK = str(monday_of(date.today()) + timedelta(days=7))  # noqa: DTZ011  a week in the middle of the cast’s term
BUILD = f"""
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "headway.config.settings"
django.setup()
from datetime import time
from tests.people import NOW, build_anew
from headway.records.roster import actions as roster
from headway.records.standards import actions as standards
from headway.records.planning import automation
people = build_anew()
signed = {{"by": None, "at": NOW}}
for number in range(2, {CLASSES} + 1):
    more = roster.add_class(school=people.school, term=people.term, name=f"7B{{number}}", period=str(number),
        subject="Math", grade=7, source="test", source_id=f"7B{{number}}", **signed)
    roster.assign_teacher(school_class=more, teacher=people.ada, part="lead", **signed)
    roster.set_timetable(school_class=more, periods=[(day, time(9, 10), 50, "") for day in range(5)], **signed)
    roster.enrol(school_class=more, students=people.students, on=people.term.starts_on, **signed)
    standards.set_path(school_class=more, competencies=people.path, **signed)
automation.set_limits(school_class=more, limits={{"automation": "off"}}, by=people.ada, at=NOW)
print(people.school.pk)
"""


@pytest.fixture(scope="module")
def built(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a school of twelve classes, of which the last plans by hand; copy it, never change it."""
    folder = tmp_path_factory.mktemp("classes") / "data"
    shutil.copytree(migrated, folder)
    done = subprocess.run(
        [sys.executable, "-c", BUILD],
        env=clean_environment(folder, PYTHONPATH=str(ROOT)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (folder / "school").write_text(done.stdout.strip(), encoding="ascii")
    return folder


@pytest.fixture
def school(built: Path, tmp_path: Path) -> Path:
    """The same, this test's own."""
    folder = tmp_path / "data"
    shutil.copytree(built, folder)
    return folder


def arguments(folder: Path, *more: str) -> list[str]:
    return ["plan", "--school", (folder / "school").read_text(encoding="ascii"), "--week", WEEK, *more]


def plan(folder: Path, *more: str, **environment: str) -> list[dict[str, Any]]:
    done = run_headway(folder, *arguments(folder, "--json", *more), **environment)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def ask(folder: Path, question: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{folder / 'headway.sqlite3'}?mode=ro", uri=True, timeout=20) as database:
        return database.execute(question).fetchall()


def states(folder: Path) -> dict[str, int]:
    return dict(ask(folder, "SELECT state, COUNT(*) FROM records_planrunclass GROUP BY state"))


def versions(folder: Path) -> set[tuple[int, int]]:
    return set(ask(folder, "SELECT id, version FROM records_week"))


def started(folder: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(HEADWAY), *arguments(folder, *more)],
        env=clean_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_done(folder: Path, running: subprocess.Popen[str], classes: int) -> None:
    while running.poll() is None and states(folder).get("done", 0) < classes:
        time.sleep(0.01)


def test_every_class_of_the_school_gets_its_week_and_the_one_that_plans_by_hand_is_left_alone(school: Path) -> None:
    rows = plan(school)
    assert [row["state"] for row in rows] == ["done"] * (CLASSES - 1) + ["off"]
    assert {row["drafted"] for row in rows} == {8, 0}
    last = ask(school, "SELECT MAX(id) FROM records_class WHERE name LIKE '7B%'")[0][0]
    assert ask(school, f"SELECT COUNT(*) FROM records_classweek WHERE school_class_id = {last}") == [(0,)]  # noqa: S608


def test_the_second_time_there_is_nothing_left_to_do(school: Path) -> None:
    plan(school)
    before = versions(school)
    assert {row["drafted"] for row in plan(school)} == {0}
    assert versions(school) == before


def test_again_drafts_anew_what_nobody_has_changed(school: Path) -> None:
    plan(school)
    assert {row["drafted"] for row in plan(school, "--again")} == {8, 0}


def test_killed_in_the_middle_it_goes_on_where_it_was(school: Path) -> None:
    running = started(school)
    wait_until_done(school, running, 4)
    running.send_signal(signal.SIGKILL)
    running.communicate(timeout=60)
    drafted = states(school).get("done", 0)
    before = versions(school)
    assert 4 <= drafted < CLASSES - 1
    rows = plan(school)
    assert len(rows) == CLASSES
    assert {row["state"] for row in rows} == {"done", "off"}
    # Nothing twice: what was there is as it was, and one run holds it all.
    assert before <= versions(school)
    assert {version for _week, version in versions(school)} == {1}
    assert ask(school, "SELECT COUNT(*) FROM records_planrun") == [(1,)]
    assert ask(school, "SELECT COUNT(*) FROM records_week") == [(8 * (CLASSES - 1),)]


def test_interrupted_it_says_how_to_go_on(school: Path) -> None:
    running = started(school)
    wait_until_done(school, running, 2)
    running.send_signal(signal.SIGINT)
    _out, complaint = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "Run the same command again" in complaint
    assert "Traceback" not in complaint
    assert "running" not in states(school)


def test_two_workers_do_the_same_as_one(school: Path) -> None:
    rows = plan(school, "--workers", "2")
    assert [row["state"] for row in rows] == ["done"] * (CLASSES - 1) + ["off"]
    assert {version for _week, version in versions(school)} == {1}


def test_workers_end_with_the_command_that_started_them(school: Path) -> None:
    running = started(school, "--workers", "2")
    wait_until_done(school, running, 2)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    assert running.returncode == 1
    assert "running" not in states(school)


def test_the_status_shows_what_stands_still(school: Path) -> None:
    running = started(school)
    wait_until_done(school, running, 1)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    told = json.loads(run_headway(school, "plan", "--status", "--json").stdout)
    assert told[0]["classes"] == CLASSES
    assert told[0]["finished_at"] is None
    plan(school)
    shown = run_headway(school, "plan", "--status").stdout
    assert f"finished: {CLASSES - 1} of {CLASSES} classes drafted, 1 by hand, 0 refused, 0 to go" in shown


def test_a_class_that_cannot_be_drafted_says_why_and_stops_no_other(school: Path) -> None:
    with sqlite3.connect(school / "headway.sqlite3") as database:
        database.execute(
            "INSERT INTO records_classweek (school_class_id, monday, frame, frame_change_words) "
            "SELECT MIN(id), ?, '{\"minutes_of_day\": [50, 50]}', '' FROM records_class WHERE name = '7B'",
            (WEEK,),
        )
    done = run_headway(school, *arguments(school))
    assert done.returncode == 1
    assert "7B, week of" in done.stderr
    assert states(school) == {"refused": 1, "done": CLASSES - 2, "off": 1}


# --- tasks of other machines -----------------------------------------------------------------------------------------


def test_a_worker_is_told_that_it_is_not_needed_where_servers_do_the_work(school: Path) -> None:
    done = run_headway(school, "worker", "--once")
    assert done.returncode == 1
    assert "HEADWAY_TASKS=database" in done.stderr


def test_a_process_hands_classes_to_its_own_thread_where_there_are_no_workers(school: Path) -> None:
    rows = plan(school, "--workers", "0")
    assert {row["state"] for row in rows} == {"done", "off"}
    assert {version for _week, version in versions(school)} == {1}


def test_the_doctor_says_that_drafting_has_stopped(school: Path) -> None:
    running = started(school)
    wait_until_done(school, running, 1)
    running.send_signal(signal.SIGKILL)
    running.communicate(timeout=60)
    with sqlite3.connect(school / "headway.sqlite3") as database:
        # A minute later, without waiting for it.
        database.execute(
            "UPDATE records_planrunclass SET told = json_set(told, '$.heard_at', '2026-01-01T00:00:00+00:00')"
        )
    told = json.loads(run_headway(school, "doctor", "--json").stdout)
    findings = {row["name"]: row for row in told["findings"]}
    assert "drafting has stopped" in findings["tasks"]["words"]
    assert "headway nightly" in findings["tasks"]["mend"]


def test_workers_find_the_classes_in_the_database(school: Path) -> None:
    database = {"HEADWAY_TASKS": "database"}
    assert run_headway(school, "migrate", **database).returncode == 0
    watching = subprocess.Popen(
        [str(HEADWAY), *arguments(school, "--workers", "0", "--json")],
        env=clean_environment(school, **database),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while watching.poll() is None and not states(school):
        time.sleep(0.05)
    worker = run_headway(school, "worker", "--once", **database)
    assert worker.returncode == 0, worker.stderr
    out, complaint = watching.communicate(timeout=120)
    assert watching.returncode == 0, complaint
    assert {row["state"] for row in json.loads(out)} == {"done", "off"}
    assert dict(ask(school, "SELECT status, COUNT(*) FROM django_tasks_database_dbtaskresult GROUP BY status")) == {
        "SUCCESSFUL": CLASSES
    }


def test_a_setting_that_is_neither_says_what_it_may_be(school: Path) -> None:
    done = run_headway(school, "plan", HEADWAY_TASKS="elsewhere")
    assert done.returncode != 0
    assert "It may be “process” or “database”" in done.stderr
