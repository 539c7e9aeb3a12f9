"""The figures to beat, as others were measured on a machine of this size (2 cores, Debian 12)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Target:
    """One figure: the best of the others, and what we want to reach; less is better unless `more_is_better`."""

    label: str
    unit: str
    peer: float | None = None
    peer_name: str = ""
    goal: float | None = None
    more_is_better: bool = False


TARGETS = {
    "grid.cpu_ms": Target(
        label="Class grid of 30 students × 12 skills, CPU", unit="ms", peer=58, peer_name="Kolibri 58–68", goal=40
    ),
    "answer.cpu_ms": Target(
        label="One answer logged, CPU", unit="ms", peer=23, peer_name="Kolibri 23–40, Moodle more", goal=3
    ),
    "answer.per_second": Target(
        label="Answers a second, 50 clients",
        unit="/s",
        peer=53,
        peer_name="Kolibri 25–53",
        goal=200,
        more_is_better=True,
    ),
    "answer.stall_s": Target(
        label="Longest wait for an answer, 50 clients", unit="s", peer=4, peer_name="Kolibri 4–20", goal=0.5
    ),
    "student_week.cold_kb": Target(
        label="Student’s week, cold visit", unit="KB", peer=1660, peer_name="Moodle 1,660, Kolibri 2,920", goal=150
    ),
    "demo.load_s": Target(
        label="Demo school, first load", unit="s", peer=33, peer_name="Kolibri, bare machine", goal=60
    ),
    "demo.second_start_s": Target(label="Second start to first page", unit="s", goal=5),
    "board.cpu_ms": Target(label="Week board of 26 students, CPU", unit="ms", peer_name="nobody has one"),
}
