"""Somebody pulls the plug in the middle of a change: nothing is half done, and the same change works afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from headway.core.evidence.scorecards import shipped

ROOT = Path(__file__).resolve().parents[2]
BEGIN = """
import os, signal, django
django.setup()
from django.core.management import call_command
from headway.records.audit import actions as audit
from headway.records.evidence import actions as evidence, states
from headway.records.evidence.models import Evidence, Mastery, StudentState
from headway.records.planning import actions, drafts, rows
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
DRAFT = "drafts.draft_class_week(school_class=b7, monday=MONDAY, by=ada, at=NOW)\n"
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
            "rows.add_options = pull_the_plug",
            DRAFT,
            "assert Week.objects.count() == 8 and all(week.blocks.exists() for week in Week.objects.all())",
        ),
        (
            DRAFT,
            "from itertools import count; real, turns = audit.record, count()\n"
            "audit.record = lambda *a, **f: pull_the_plug() if next(turns) == 2 else real(*a, **f)",
            APPROVE,
            "assert Week.objects.filter(status='approved').count() == 3",
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


MODEL = """
from dataclasses import replace
from headway.core.evidence.scorecards import shipped
from headway.records.evidence import versions
harder = replace(shipped(), version="harder", start=shipped().start - 1.0)
def publish():
    return evidence.publish_model(cards=harder, report={}, by=ada, at=NOW, accept_changes=True)
def agree():
    for state in StudentState.objects.all():
        kept = {row.competency_id: bytes(row.state) for row in Mastery.objects.filter(student=state.student_id)}
        pieces = states.pieces_of([state.student_id])[state.student_id]
        model = versions.model_of(state.version)
        found = states.learner.replay(model, states.learner.in_force(pieces, NOW), at=NOW)
        assert states.learner.to_bytes(found.student) == bytes(state.state)
        assert {key: states.learner.to_bytes(each) for key, each in found.competencies.items()} == kept
"""
STRIKE = """
from itertools import count
states.STUDENTS_AT_ONCE, turns, real = 3, count(), states._Writing.save
def save(writing):
    real(writing)
    next(turns) == 1 and pull_the_plug()
states._Writing.save = save
publish()
"""


def test_a_learner_model_that_was_coming_into_use_goes_on_where_it_was(tmp_path: Path) -> None:
    run(tmp_path, BUILD)
    died = run(tmp_path, FIND, MODEL, STRIKE)
    assert died.returncode == -signal.SIGKILL, died.stderr
    look = "agree(); print(sorted(StudentState.objects.values_list('version', flat=True)))"
    assert said(run(tmp_path, FIND, MODEL, look)) == str(["harder"] * 3 + [shipped().version] * 4)
    said(run(tmp_path, FIND, MODEL, "assert publish().students == 4; agree(); assert not versions.has_stale_states()"))
