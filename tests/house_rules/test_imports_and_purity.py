"""Where a line may live: imports go downwards, core is pure, tables are reached through doors."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "headway"


def modules(floor: str) -> list[Path]:
    return sorted((SOURCE / floor).rglob("*.py"))


def run(*words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: PLW1510  the exit code is what is asked for
        [sys.executable, "-m", *words], input=stdin, cwd=ROOT, capture_output=True, text=True, timeout=120
    )


def test_the_contracts_are_kept() -> None:
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run(  # noqa: PLW1510
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("line", "where", "is_caught"),
    [
        ("import random", "core/planning/lucky.py", True),
        ("from datetime import datetime\n\nNOW = datetime.now()", "core/planning/late.py", True),
        ("from django.utils import timezone\n\nNOW = timezone.now()", "core/planning/late.py", True),
        ("import random", "ops/demo/lucky.py", False),
    ],
)
def test_clock_and_luck_do_not_reach_core(line: str, where: str, is_caught: bool) -> None:
    done = run("ruff", "check", "--select=TID251", "--stdin-filename", f"src/headway/{where}", "-", stdin=line)
    assert ("TID251" in done.stdout) is is_caught, done.stdout + done.stderr


def test_core_opens_no_files_and_prints_nothing() -> None:
    for path in modules("core"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"open", "print", "input", "eval", "exec"}, f"{path}:{node.lineno}"


@pytest.mark.parametrize("floor", ["core", "records"])
def test_public_names_say_what_they_will_do(floor: str) -> None:
    silent = []
    for path in modules(floor):
        if "migrations" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if tree.body and ast.get_docstring(tree) is None:
            silent.append(str(path))
        for node in tree.body:
            is_public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if is_public and ast.get_docstring(node) is None:  # type: ignore[arg-type]
                silent.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert silent == []


def test_no_room_is_called_utils() -> None:
    for path in SOURCE.rglob("*.py"):
        assert path.stem not in {"utils", "helpers", "manager", "misc", "common"}, path


def test_migrations_say_what_the_tables_say() -> None:
    code = (
        "import django; django.setup(); from django.core.management import call_command;"
        "call_command('makemigrations', check=True, dry_run=True, verbosity=0, skip_checks=True)"
    )
    done = subprocess.run(  # noqa: PLW1510
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "src"), "DJANGO_SETTINGS_MODULE": "headway.config.settings_test", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
