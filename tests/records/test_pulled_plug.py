"""Somebody pulls the plug in the middle of a change: nothing is half done, and the same change works afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BEGIN = """
import os, signal, django
django.setup()
from django.core.management import call_command
from headway.records.audit import actions as audit
from headway.records.evidence import actions as evidence, states
from headway.records.evidence.models import Evidence, Mastery, StudentState
from headway.records.planning import actions
from headway.records.planning.models import Block, BlockOption, ClassWeek, PlanChange, Week
from headway.records.roster.models import Class, Person
from tests.people import NOW, MONDAY

def pull_the_plug(*args, **facts):
    os.kill(os.getpid(), signal.SIGKILL)

def counts():
    return [table.objects.count() for table in (Week, Block, BlockOption, PlanChange, Evidence, Mastery, StudentState)]
"""
BUILD = "call_command('migrate', verbosity=0)\nfrom tests.people import build\npeople = build()\n"
FIND = "ada, b7 = Person.objects.get(username='ada'), Class.objects.get(name='7B')\n"
DRAFT = "actions.draft_class_week(school_class=b7, monday=MONDAY, by=ada, at=NOW)\n"
APPROVE = "actions.approve_ready(class_week=ClassWeek.objects.get(), by=ada, at=NOW)\n"
RECORD = """
evidence.record_many(facts=[
    evidence.EvidenceIn(student_id=student.pk, competency_id=Mastery.objects.first().competency_id, kind="answer",
        happened_at=NOW, score=1.0)
    for student in Person.objects.filter(enrolments__school_class=b7)], by=ada, at=NOW)
"""


def run(data: Path, *lines: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "HEADWAY_DATA_DIR": str(data),
        "HEADWAY_TEST_DATABASE": "",
        "DJANGO_SETTINGS_MODULE": "headway.config.settings_test",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }
    script = BEGIN + "\n".join(lines)
    return subprocess.run(  # noqa: PLW1510  being killed is what is tested
        [sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120
    )


def said(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("before", "strike", "change", "after"),
    [
        (
            "",
            "actions._add_options = pull_the_plug",
            DRAFT,
            "assert Week.objects.count() == 8 and all(week.blocks.exists() for week in Week.objects.all())",
        ),
        (
            DRAFT,
            "from itertools import count; real, turns = audit.record, count()\n"
            "audit.record = lambda *a, **f: pull_the_plug() if next(turns) == 2 else real(*a, **f)",
            APPROVE,
            "assert Week.objects.filter(status='approved').count() == 4",
        ),
        (
            "",
            "states.work_out = states.move_by_many = pull_the_plug",
            RECORD,
            "assert Evidence.objects.count() == int(os.environ['EVIDENCE']) + 8",
        ),
    ],
    ids=["drafting", "approving", "recording"],
)
def test_a_change_is_whole_or_not_there(tmp_path: Path, before: str, strike: str, change: str, after: str) -> None:
    was = said(run(tmp_path, BUILD, FIND, before, "print(counts(), Week.objects.exclude(status='draft').count())"))
    died = run(tmp_path, FIND, strike, change)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert said(run(tmp_path, "print(counts(), Week.objects.exclude(status='draft').count())")) == was
    remember = "os.environ['EVIDENCE'] = str(Evidence.objects.count())"
    assert said(run(tmp_path, FIND, remember, change, after, "print('whole')")) == "whole"
