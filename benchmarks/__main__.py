"""`make bench`: measure everything, print it beside the figures to beat, and write it as JSON where asked."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import groups, library, mastery, planner, questions, reading, schools, standards, tables
from benchmarks.cold import cold_visit
from benchmarks.server import Server, serving

PARTS = ("demo", "big", "mastery", "groups", "planner", "reading", "library", "standards", "questions")
CLIENTS = (1, 10, 50)
MANY_READERS = 20


def _served_pages(server: Server, visits: dict[str, Any], repeats: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, visit in visits.items():
        request = {"path": visit["path"], "headers": {"Cookie": visit["cookie"], "Accept-Encoding": "br, gzip"}}
        server.load([[request] * 6] * 4)  # every worker and thread has opened its connection and read its templates
        one, cpu = server.load([[request] * repeats])
        many, _cpu = server.load([[request] * max(2, repeats // 5)] * MANY_READERS)
        for load in (one, many):
            if set(load.statuses) != {"200"}:
                raise SystemExit(f"{name}: {load.statuses}")
        found[name] = {
            "cpu_ms": cpu / len(one.seconds) * 1000,
            "p50_1": one.quantile(0.5) * 1000,
            "p95_1": one.quantile(0.95) * 1000,
            "p50_20": many.quantile(0.5) * 1000,
            "p95_20": many.quantile(0.95) * 1000,
            "cold": cold_visit(server, visit["path"], visit["cookie"]),
        }
    return found


def _answer_run(server: Server, copy: Path, clients: int, answers: int, *, backup: bool = False) -> dict[str, Any]:
    plan = schools.inside(copy, "desks", clients, answers)
    saving = None
    if backup:
        target = copy / "while-writing.tar.gz"
        saving = subprocess.Popen(
            [sys.executable, "-c", _BACKUP, schools.program("headway"), str(target)],
            env=schools.environment(copy),
            stdout=subprocess.PIPE,
            text=True,
        )
    load, cpu = server.load(plan["clients"])
    kept = schools.inside(copy, "kept", plan["ids"])
    run: dict[str, Any] = {
        "clients": len(plan["clients"]),
        **kept,
        "per_second": kept["sent"] / load.elapsed,
        "cpu_ms": cpu / len(load.seconds) * 1000,
        "p50": load.quantile(0.5) * 1000,
        "p95": load.quantile(0.95) * 1000,
        "longest_s": load.longest,
        "statuses": load.statuses,
    }
    if saving is not None:
        run["backup_seconds"] = float(saving.communicate(timeout=120)[0].strip().splitlines()[-1])
    return run


# Timed where it runs, so that waiting for the load does not count.
_BACKUP = """
import subprocess, sys, time
began = time.perf_counter()
subprocess.run([sys.argv[1], "backup", sys.argv[2]], check=True, capture_output=True)
print(time.perf_counter() - began)
"""


def _school(name: str, folder: Path, *, quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    repeats = 10 if quick else 40
    copy = schools.copy_of(folder)
    try:
        say(f"{name}: pages in the process")
        found: dict[str, Any] = {"pages": schools.inside(copy, "pages", repeats)}
        if name == "big":
            found["query_counts"] = schools.inside(copy, "query_counts", [10, 30])
        say(f"{name}: one answer in the process")
        found["answer"] = schools.inside(copy, "answer_cpu", 100 if quick else 300)
        visits = schools.inside(copy, "visits")
        with serving(copy) as server:
            found["second_start_seconds"] = server.start_seconds
            say(f"{name}: pages through the server")
            found["served"] = _served_pages(server, visits, repeats)
            found["answers"] = []
            for clients in CLIENTS:
                say(f"{name}: answers, {clients} clients")
                answers = (60 if quick else 300) if clients == 1 else (20 if quick else 60)
                _answer_run(server, copy, min(4, clients), 5)
                found["answers"].append(_answer_run(server, copy, clients, answers))
            if name == "big":
                say(f"{name}: answers while a backup is made")
                found["answers"].append(_answer_run(server, copy, 10, 60, backup=True))
    finally:
        shutil.rmtree(copy, ignore_errors=True)
    return found


def _floor() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="headway-bench-floor-") as folder:
        return dict(schools.inside(Path(folder), "floor", settings="benchmarks.floor_settings"))


def measure(wanted: list[str], *, quick: bool, full: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure the wanted schools, and the learner model, and return every figure."""
    figures: dict[str, Any] = {"machine": tables.machine(), "is_quick": quick, "summary": {}}
    summary = figures["summary"]
    if {"demo", "big"} & set(wanted):
        say("The floor of this machine")
        figures["floor"] = _floor()
    if "demo" in wanted:
        say("Making the demo school (kept for the next run)")
        folder, made = schools.demo_school()
        figures["demo"] = {**_school("demo", folder, quick=quick, say=say), "made": made}
        copy = schools.copy_of(folder)
        say("Planner and learner model")
        figures["thinking"] = {
            "planner": schools.inside(copy, "planner"),
            "learner": schools.inside(copy, "learner_model"),
        }
        shutil.rmtree(copy, ignore_errors=True)
        served = figures["demo"]["served"]
        summary["demo.load_s"] = made["seconds"]
        summary["demo.second_start_s"] = figures["demo"]["second_start_seconds"]
        summary["board.cpu_ms"] = served["board"]["cpu_ms"]
        summary["student_week.cold_kb"] = served["student_week"]["cold"]["total"] / 1000
    if "big" in wanted:
        say("Making a school of 1,000 (kept for the next run)")
        folder, made = schools.big_school()
        figures["big"] = {**_school("big", folder, quick=quick, say=say), "made": made}
        served, runs = figures["big"]["served"], figures["big"]["answers"]
        summary["grid.cpu_ms"] = served["grid"]["cpu_ms"]
        summary["answer.cpu_ms"] = runs[0]["cpu_ms"]
        busiest = next(run for run in runs if run["clients"] == max(CLIENTS))
        summary["answer.per_second"] = busiest["per_second"]
        summary["answer.stall_s"] = busiest["longest_s"]
    if "mastery" in wanted:
        say("The learner model on public logs")
        figures["mastery"] = mastery.measure(quick=quick, full=full, say=say)
        summary.update(figures["mastery"]["summary"])
    if "groups" in wanted:
        say("Alarms about groups, and teams")
        figures["groups"] = groups.run(quick)
    if "planner" in wanted:
        say("The planner beside a greedy one and a solver")
        figures["planner"] = planner.measure(quick=quick, full=full, say=say)
        summary.update(figures["planner"]["summary"])
    if "reading" in wanted:
        say("Reading levels beside teachers' judgement")
        figures["reading"] = reading.measure(quick=quick)
    if "library" in wanted:
        say("The library at its full size")
        figures["library"] = library.measure(quick=quick, say=say)
        summary.update(figures["library"]["summary"])
    if "standards" in wanted:
        say("A framework of 5,000 in and out")
        figures["standards"] = standards.measure(quick=quick, say=say)
        summary.update(figures["standards"]["summary"])
    if "questions" in wanted:
        say("Questions read, scored and refused")
        figures["questions"] = questions.measure(quick=quick, say=say)
        summary.update(figures["questions"]["summary"])
    return figures


def main() -> None:
    """Read what is asked, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats: a look, not a record")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure here")
    parser.add_argument("--only", choices=list(PARTS), help="measure one of these")
    parser.add_argument(
        "--full", action="store_true", help="also ten million answers in memory, and whole classes by the solver (long)"
    )
    asked = parser.parse_args()
    console = Console()
    began = time.perf_counter()
    say = Console(stderr=True).print
    wanted = [asked.only] if asked.only else list(PARTS)
    figures = measure(
        wanted,
        quick=asked.quick,
        full=asked.full,
        say=lambda words: say(f"[{time.perf_counter() - began:4.0f} s] {words}"),
    )
    figures["machine"]["load_after"] = tables.machine()["load_before"]
    tables.show(figures, console)
    if "mastery" in figures:
        mastery.show(figures["mastery"], console)
    if "groups" in figures:
        groups.print_tables(figures["groups"], console)
    if "planner" in figures:
        planner.show(figures["planner"], console)
    if "reading" in figures:
        reading.print_tables(figures["reading"], console)
    if "library" in figures:
        library.show(figures["library"], console)
    if "standards" in figures:
        standards.show(figures["standards"], console)
    if "questions" in figures:
        questions.show(figures["questions"], console)
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
        console.print(f"Every figure is in {asked.json}.")


if __name__ == "__main__":
    main()
