"""Fits the learner model on many simulated answers, whose columns lie in files, and prints what that took as JSON.

`python -m benchmarks.mastery_memory FOLDER ANSWERS` runs in a process of its own, so that its peak is the fit's alone.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from headway.core.evidence.answer_log import AnswerLog
from headway.core.evidence.fitting import fit
from headway.core.evidence.simulation import World, simulate

PASSES = 3
STUDENTS_SIMULATED = 4_000
COLUMNS = ("item", "skill_set", "score", "seconds", "hints", "attempt")


def write(folder: Path, answers: int) -> None:
    """Write the columns of a simulated log again and again, until there are enough answers."""
    log = simulate(World(), students=STUDENTS_SIMULATED, competencies=60, seed=5).log
    copies = max(1, round(answers / log.rows))
    for name in COLUMNS:
        column: Any = getattr(log, name)
        long = np.lib.format.open_memmap(
            folder / f"{name}.npy", mode="w+", dtype=column.dtype, shape=(copies * log.rows,)
        )
        for copy in range(copies):
            long[copy * log.rows : (copy + 1) * log.rows] = column
    lengths = np.tile(np.diff(log.starts), copies)
    np.savez(
        folder / "rest.npz",
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        set_starts=log.set_starts,
        members=log.members,
    )


def read(folder: Path) -> AnswerLog:
    """Return the log whose columns `write` wrote."""
    with np.load(folder / "rest.npz") as rest:
        columns: dict[str, Any] = {name: rest[name] for name in rest.files}
    columns |= {name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="c")) for name in COLUMNS}
    return AnswerLog(**columns)


def own_megabytes() -> float:
    """Return the memory that is this process's own now, without pages of files that the system may drop."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def _watch(most: list[float], is_over: threading.Event) -> None:
    while not is_over.wait(0.2):
        most[0] = max(most[0], own_megabytes())


def main() -> None:
    """Write the columns in another process, fit, print."""
    folder, answers = Path(sys.argv[1]), int(sys.argv[2])
    if "--write" in sys.argv:
        write(folder, answers)
        return
    subprocess.run(
        [sys.executable, "-m", "benchmarks.mastery_memory", str(folder), str(answers), "--write"], check=True
    )
    log = read(folder)
    fit(replace(log, starts=log.starts[:10]), version="", passes=1)  # compiled, so that compiling is not measured
    most, is_over = [own_megabytes()], threading.Event()
    watcher = threading.Thread(target=_watch, args=(most, is_over), daemon=True)
    watcher.start()
    began = time.process_time()
    fit(log, version="", passes=PASSES, folder=folder)
    spent = time.process_time() - began
    is_over.set()
    told = {
        "answers": log.rows,
        "passes": PASSES,
        "cpu_seconds": spent,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "own_megabytes": most[0],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
