"""The figures as a person reads them."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.targets import TARGETS, Target


def machine() -> dict[str, Any]:
    """Describe the machine and how busy it is now: wall times mean little on a busy one."""
    model = ""
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "cpu": model or platform.machine(),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": round(psutil.getloadavg()[0], 1),
    }


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.3f}"


def verdict(target: Target, value: float) -> str:
    """Return whether the goal is reached."""
    if target.goal is None:
        return ""
    is_reached = value >= target.goal if target.more_is_better else value <= target.goal
    return "[green]reached[/green]" if is_reached else "[red]missed[/red]"


def _ratio(target: Target, value: float) -> str:
    if target.peer is None or not value:
        return "–"
    return f"{(value / target.peer if target.more_is_better else target.peer / value):.1f}×"


def table(title: str, heads: list[str], rows: list[list[str]]) -> Table:
    """Return a table: the first column is words, the others are numbers."""
    made = Table(title=title, title_justify="left", header_style="bold")
    for place, head in enumerate(heads):
        made.add_column(head, justify="left" if place == 0 else "right")
    for row in rows:
        made.add_row(*row)
    return made


def show(figures: Mapping[str, Any], console: Console) -> None:
    """Print everything."""
    console.print(" · ".join(f"{name} {value}" for name, value in figures["machine"].items()))
    if "floor" in figures:
        floor = figures["floor"]
        console.print(
            f"Floor in this run: a fixed loop of Python {floor['loop_ms']:.1f} ms · an empty page through the same middleware "
            f"{floor['empty_view_cpu_ms']:.2f} ms CPU · {floor['commits_per_second']:,.0f} one-row commits a second"
        )
    rows = [
        [
            target.label,
            f"{_number(figures['summary'][name])} {target.unit}",
            f"{_number(target.peer)} {target.unit}" if target.peer is not None else "–",
            target.peer_name,
            _ratio(target, figures["summary"][name]),
            f"{_number(target.goal)} {target.unit}" if target.goal is not None else "–",
            verdict(target, figures["summary"][name]),
        ]
        for name, target in TARGETS.items()
        if name in figures["summary"]
    ]
    console.print(table("Both sides", ["what", "ours", "the best other", "who", "better", "goal", ""], rows))
    for school in ("demo", "big"):
        if school in figures:
            _show_school(school, figures[school], console)
    _show_answers(figures, console)
    if "thinking" in figures:
        _show_thinking(figures["thinking"], console)


def _show_school(name: str, facts: Mapping[str, Any], console: Console) -> None:
    heads = ["page", "CPU ms (process)", "queries", "CPU ms (server)", "p50 1", "p95 1", "p50 20", "p95 20", "cold KB"]
    rows = []
    for page, inside in facts["pages"].items():
        served = facts.get("served", {}).get(page, {})
        rows.append(
            [
                page.replace("_", " "),
                _number(inside["cpu_ms"]),
                str(inside["queries"]),
                _number(served.get("cpu_ms")),
                *(_number(served.get(key)) for key in ("p50_1", "p95_1", "p50_20", "p95_20")),
                _number(served["cold"]["total"] / 1000) if "cold" in served else "–",
            ]
        )
    if "answer" in facts:
        answer = facts["answer"]
        rows.append(["one answer", _number(answer["cpu_ms"]), str(answer["queries"]), *["–"] * 6])
    words = {"demo": "The demo school", "big": "A school of 1,000"}[name]
    console.print(table(f"{words} (waits in ms, at 1 and 20 clients)", heads, rows))
    if "query_counts" in facts:
        for page, counts in facts["query_counts"].items():
            said = ", ".join(f"{count} queries for {size} students" for size, count in counts.items())
            console.print(f"  {page}: {said}")


def _show_answers(figures: Mapping[str, Any], console: Console) -> None:
    rows = []
    for school in ("demo", "big"):
        for run in figures.get(school, {}).get("answers", []):
            rows.append(
                [
                    f"{school}, {run['clients']} clients{', a backup meanwhile' if run.get('backup_seconds') else ''}",
                    str(run["sent"]),
                    str(run["sent"] - run["kept"]),
                    str(run["twice"]),
                    _number(run["per_second"]),
                    _number(run["cpu_ms"]),
                    *(_number(run[key]) for key in ("p50", "p95")),
                    f"{run['longest_s']:.2f}",
                ]
            )
    heads = ["answers", "sent", "lost", "twice", "per second", "CPU ms", "p50 ms", "p95 ms", "longest s"]
    if rows:
        console.print(table("Answers logged (every tenth one is sent twice)", heads, rows))


def _show_thinking(facts: Mapping[str, Any], console: Console) -> None:
    plan, model = facts["planner"], facts["learner"]
    rows = [
        [
            f"draft a class of {plan['students']}",
            f"{plan['class_cpu_seconds']:.2f} s",
            f"{plan['class_seconds']:.2f} s",
        ],
        ["draft one student anew", f"{plan['student_cpu_seconds']:.3f} s", f"{plan['student_seconds']:.3f} s"],
        ["learner model, one answer more", f"{model['online_us']:.1f} µs", "–"],
        ["learner model, each answer read again", f"{model['replayed_us']:.1f} µs", "–"],
        ["learner model, each answer explained", f"{model['explained_us']:.1f} µs", "–"],
        ["learner model, one estimate of many", f"{model['estimated_together_us']:.1f} µs", "–"],
        [
            "learner model, one answer counted, estimated, with both what-ifs (99 of 100)",
            "–",
            f"{model['answer_with_reasons_us']:.0f} µs ({model['answer_with_reasons_p99_us']:.0f} µs)",
        ],
    ]
    console.print(table("Thinking", ["what", "CPU", "wall"], rows))
