"""The two schools that are measured: the demo school, and one of 1,000 students. Kept between runs, by version."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

PROJECT = Path(__file__).resolve().parents[1]
SOURCES = ("src/headway/core", "src/headway/records", "src/headway/ops/demo", "benchmarks/big_school.py")


def version() -> str:
    """Return a short hash of everything that decides what is in the schools."""
    digest = hashlib.sha256()
    for name in SOURCES:
        place = PROJECT / name
        files = [place] if place.is_file() else sorted([*place.rglob("*.py"), *place.rglob("*.yaml")])
        for path in files:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    """Return the environment of a program that works on a school."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEADWAY_")}
    return {
        **kept,
        "HEADWAY_DATA_DIR": str(data_dir),
        "HEADWAY_STATIC_ROOT": os.environ.get("HEADWAY_STATIC_ROOT", str(PROJECT / "build" / "static")),
        "HEADWAY_ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
        "PYTHONPATH": f"{PROJECT / 'src'}{os.pathsep}{PROJECT}",
        **more,
    }


def program(name: str) -> str:
    """Return a program of the environment that runs this."""
    return str(Path(sys.executable).with_name(name))


def timed(command: list[str], env: Mapping[str, str]) -> tuple[float, float, str]:
    """Run a program; return the seconds it took, its CPU seconds, and what it printed."""
    before, began = os.times(), time.perf_counter()
    done = subprocess.run(command, env=dict(env), check=True, capture_output=True, text=True, cwd=PROJECT)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - began, cpu, done.stdout


def inside(data_dir: Path, task: str, *arguments: Any, settings: str = "headway.config.settings") -> Any:
    """Run a task of `benchmarks.inside` on a school in a process of its own, and return its answer."""
    env = environment(data_dir, DJANGO_SETTINGS_MODULE=settings)
    command = [sys.executable, "-m", "benchmarks.inside", task, *(json.dumps(each) for each in arguments)]
    done = subprocess.run(command, env=env, check=False, capture_output=True, text=True, cwd=PROJECT)
    if done.returncode:
        raise SystemExit(f"{task} failed:\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _folder(name: str) -> Path:
    home = Path(os.environ.get("HEADWAY_BENCH_DIR", str(Path(tempfile.gettempdir()) / "headway-bench")))
    return home / f"{name}-{version()}"


def _made(name: str, make: list[str]) -> tuple[Path, dict[str, float]]:
    """Return a school's folder and what making it cost; made once for each version."""
    folder = _folder(name)
    facts = folder / "made.json"
    if not facts.exists():
        for old in folder.parent.glob(f"{name}-*"):
            shutil.rmtree(old, ignore_errors=True)
        folder.mkdir(parents=True)
        seconds, cpu, _said = timed(make, environment(folder, DJANGO_SETTINGS_MODULE="headway.config.settings"))
        facts.write_text(json.dumps({"seconds": seconds, "cpu_seconds": cpu, "cores": psutil.cpu_count()}))
    return folder, json.loads(facts.read_text())


def demo_school() -> tuple[Path, dict[str, float]]:
    """Return the demo school, as `headway demo` makes it."""
    return _made("demo", [program("headway"), "demo", "--no-serve", "--json"])


def big_school() -> tuple[Path, dict[str, float]]:
    """Return a school of 1,000 students in 40 classes, and one small and one large class beside them."""
    return _made("big", [sys.executable, "-m", "benchmarks.inside", "big_school"])


def copy_of(folder: Path) -> Path:
    """Return a fresh copy to write in, so that every run starts from the same rows."""
    copy = Path(tempfile.mkdtemp(prefix="headway-bench-run-"))
    for path in folder.iterdir():
        if path.is_file():
            shutil.copy2(path, copy / path.name)
    return copy
