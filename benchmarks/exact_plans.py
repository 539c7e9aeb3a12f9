"""The planner's model as one mixed-integer program, solved by HiGHS: the oracle of tests and the other side of the bench."""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse

from headway.core.grouping.partition import LARGEST, SMALLEST
from headway.core.planning.arrays import ClassArrays
from headway.core.planning.search import ALONE, FREE, WIDTH


@dataclass(frozen=True)
class Exact:
    """What the solver found: the worth of its plan, its bound, and how it ended."""

    value: float
    bound: float
    status: str
    variables: int
    rows: int
    seconds: float


class _Rows:
    def __init__(self) -> None:
        self.row: list[np.ndarray] = []
        self.column: list[np.ndarray] = []
        self.amount: list[np.ndarray] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def add(self, columns: object, amounts: object, low: float, high: float) -> None:
        own = np.atleast_1d(np.asarray(columns, dtype=np.int64))
        self.row.append(np.full(own.size, len(self.low)))
        self.column.append(own)
        self.amount.append(np.broadcast_to(np.asarray(amounts, dtype=np.float64), own.shape))
        self.low.append(low)
        self.high.append(high)


def solve(
    arrays: ClassArrays, *, seconds: float = 60.0, is_relaxed: bool = False, gap: float = 1e-6, threads: int = 1
) -> Exact:
    """Return the best plan of a class that HiGHS finds in so many seconds; `is_relaxed` solves the linear relaxation."""
    students = arrays.students
    rows = _Rows()
    reward: list[np.ndarray] = []
    upper: list[np.ndarray] = []
    whole: list[np.ndarray] = []
    count = 0

    def columns(rewards: object, highest: object, *, is_whole: bool) -> np.ndarray:
        nonlocal count
        own = np.atleast_1d(np.asarray(rewards, dtype=np.float64))
        reward.append(own)
        upper.append(np.broadcast_to(np.asarray(highest, dtype=np.float64), own.shape))
        whole.append(np.full(own.size, is_whole))
        count += own.size
        return np.arange(count - own.size, count)

    weights = arrays.problem.weights
    least = columns([weights.least], [np.inf], is_whole=False)[0]
    targets, places = len(arrays.group_targets), len(arrays.teacher_places)
    group = columns(np.zeros(targets * places), 1.0, is_whole=True)
    for place in range(places):
        if targets:
            rows.add(group[place * targets : (place + 1) * targets], 1.0, -np.inf, 1.0)
    takers: dict[int, list[np.ndarray]] = {}
    base = 0.0
    for one in students:
        base += one.base_value
        usable = np.ones(one.work.size, dtype=bool)
        place_of = np.repeat(np.arange(len(one.places)), np.diff(one.start))
        wanted = one.wanted[place_of] if one.work.size else np.zeros(0, dtype=np.int64)
        usable = np.where(wanted == FREE, True, one.seat == wanted) | ((wanted == ALONE) & (one.seat < 0))
        chosen = columns(one.value, np.where(usable, 1.0, 0.0), is_whole=True)
        for place in range(len(one.places)):
            own = chosen[one.start[place] : one.start[place + 1]]
            if own.size:
                rows.add(own, 1.0, -np.inf, 1.0)
        order = np.argsort(one.work, kind="stable")
        cuts = np.flatnonzero(np.diff(one.work[order])) + 1
        for same in np.split(order, cuts):
            if same.size > 1:
                rows.add(chosen[same], 1.0, -np.inf, 1.0)
        rows.add(np.append(chosen, least), np.append(-one.gain, 1.0), -np.inf, one.base_gain)
        law = one.law
        used = np.flatnonzero(law.cost > 0)
        excess = dict(zip(used.tolist(), columns(-law.cost[used], np.inf, is_whole=False).tolist(), strict=True))
        flat = one.terms[:, : WIDTH - 1].ravel()
        amount = one.amounts[:, : WIDTH - 1].ravel()
        option = np.repeat(np.arange(one.work.size), WIDTH - 1)
        keep = amount != 0
        flat, amount, option = flat[keep], amount[keep], option[keep]
        order = np.argsort(flat, kind="stable")
        flat, amount, option = flat[order], amount[order], option[order]
        for term in used.tolist():
            low, high = np.searchsorted(flat, [term, term + 1])
            rows.add(
                np.append(chosen[option[low:high]], excess[term]),
                np.append(law.sign[term] * amount[low:high], -1.0),
                -np.inf,
                law.limit[term] - law.sign[term] * one.fixed[term],
            )
        for number in range(one.early.size):
            own = one.essential == number
            early, late = chosen[own & ~one.is_late], chosen[own & one.is_late]
            if one.early[number] == 0 and late.size:
                for single in late:
                    rows.add(np.append(early, single), np.append(-np.ones(early.size), 1.0), -np.inf, 0.0)
        sits = (one.seat >= 0) & (one.seat < targets * places)
        for seat in np.unique(one.seat[sits]).tolist():
            own = chosen[one.seat == seat]
            takers.setdefault(seat, []).append(own)
            rows.add(np.append(own, group[seat]), np.append(np.ones(own.size), -1.0), -np.inf, 0.0)
    for seat, own_lists in takers.items():
        own = np.concatenate(own_lists)
        rows.add(np.append(own, group[seat]), np.append(np.ones(own.size), -float(LARGEST)), -np.inf, 0.0)
        rows.add(np.append(own, group[seat]), np.append(np.ones(own.size), -float(SMALLEST)), 0.0, np.inf)
    for seat in range(targets * places):
        if seat not in takers:
            rows.add(group[seat], 1.0, 0.0, 0.0)
    matrix = sparse.csc_matrix(  # type: ignore[no-untyped-call]
        (np.concatenate(rows.amount), (np.concatenate(rows.row), np.concatenate(rows.column))),
        shape=(len(rows.low), count),
    )
    highspy.Highs.resetGlobalScheduler(True)  # else the number of threads of the first solver stays
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    solver.setOptionValue("time_limit", seconds)
    solver.setOptionValue("mip_rel_gap", gap)
    solver.setOptionValue("threads", threads)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count, len(rows.low)
    model.col_cost_ = np.concatenate(reward)
    model.col_lower_ = np.zeros(count)
    model.col_upper_ = np.where(np.isinf(np.concatenate(upper)), highspy.kHighsInf, np.concatenate(upper))
    model.row_lower_ = np.where(np.isinf(rows.low), -highspy.kHighsInf, rows.low)
    model.row_upper_ = np.where(np.isinf(rows.high), highspy.kHighsInf, rows.high)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    model.sense_ = highspy.ObjSense.kMaximize
    if not is_relaxed:
        model.integrality_ = [
            highspy.HighsVarType.kInteger if each else highspy.HighsVarType.kContinuous
            for each in np.concatenate(whole)
        ]
    solver.passModel(model)
    solver.run()
    info = solver.getInfo()
    found = info.objective_function_value
    return Exact(
        value=base + found,
        bound=base + (found if is_relaxed else info.mip_dual_bound),
        status=solver.modelStatusToString(solver.getModelStatus()),
        variables=count,
        rows=len(rows.low),
        seconds=solver.getRunTime(),
    )
