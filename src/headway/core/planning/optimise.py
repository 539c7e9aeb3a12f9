"""The planner: who meets the teacher on what and when, and every student's week, with a bound on what any plan could reach.

Prices make a class's week fall apart into parts that are solved exactly (Lagrangian decomposition): a price on every
seat beside the teacher parts the groups from the students; a price on every term parts a student's week into an
assignment; a price on each student's progress brings in who would gain least. The parts together are worth at least as
much as any legal plan: that is the bound.

The plan grows from the other side. Every student's week is settled by itself; its prices tell what each seat beside the
teacher could add; groups are formed where they add most, weeks are settled again, and then a few groups at a time are
dissolved and formed anew, as long as the class is better off (large neighbourhood search, Shaw 1998).

The same problem gives the same plan: turns are counted, not timed. `stop` is asked between turns, and when it says so,
the best legal plan so far stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from headway.core.grouping.partition import LARGEST, SMALLEST
from headway.core.planning.arrays import ClassArrays, StudentArrays
from headway.core.planning.scores import Flags, Floats, Numbers
from headway.core.planning.search import ALONE, FREE, WIDTH, choose_pool, relax, settle

FIRST_PRICE_ROUNDS = 25
FIRST_TERM_RATE, FIRST_SEAT_RATE, FIRST_PROGRESS_RATE = 0.3, 0.3, 0.5
SLOWER = 0.6  # the rates, from one stage of the bound to the next
DIVE_TURNS, DIVE_TERM_RATE, DIVE_SEAT_RATE = 4, 0.05, 0.15
AGREED, TEACHERS_OWN = 0.3, 0.25
POOL, FINISHING_POOL, POOL_OF_SEAT = 25, 32, 2
PASSES = 8
USUAL_CLASS = 25  # students; where one is drafted alone, progress weighs as in a class of so many
TIGHT = 1.0  # a price on everything that has a cap
LEAST_GROUP_TURNS = 6
EXCHANGE_ALL_EVERY = 10
MOST_FIRST_PRICE = 5.0
TASTE, LENIENCE = 0.15, 0.0005
ENOUGH = 1e-7


@dataclass(frozen=True)
class Effort:
    """How long to search: turns of the prices in stages, and how many groups are formed anew, for each teacher's place."""

    bound_turns: tuple[int, ...] = (40, 40, 60)
    group_turns: int = 2
    may_lift: bool = True  # whether those who would gain least are looked at once more, which one alone cannot be


ONE_WEEK = Effort(bound_turns=(), group_turns=0, may_lift=False)
QUICK = Effort(bound_turns=(40, 30), group_turns=1)
USUAL = Effort()
POLISH = Effort(bound_turns=(40, 40, 60, 100, 100), group_turns=8)


@dataclass
class _Pool:
    """The options of one student that the search looks at."""

    option: Numbers
    column: Numbers
    start: Numbers
    works: int


@dataclass
class _Plan:
    """A class's plan under construction: what each place is for, the options chosen, and what that is worth."""

    wanted: list[Numbers]
    chosen: list[Numbers]
    worth: Floats
    offer: Floats  # students x seats: more than the seat could add
    target: Numbers  # of each teacher's place, -1 none
    members: list[frozenset[int]]

    def copy(self) -> _Plan:
        return _Plan(
            wanted=list(self.wanted),
            chosen=list(self.chosen),
            worth=self.worth.copy(),
            offer=self.offer.copy(),
            target=self.target.copy(),
            members=list(self.members),
        )


class Search:
    """One class under search."""

    def __init__(self, arrays: ClassArrays) -> None:
        self.arrays = arrays
        self.students = arrays.students
        self.places, self.targets = len(arrays.teacher_places), len(arrays.group_targets)
        self.seats = self.places * self.targets
        count = len(self.students)
        self.all_seats = self.seats + max((len(one.needs.groups) for one in self.students), default=0) + 1
        self.seat_price = np.zeros((count, self.all_seats))
        self.least = arrays.problem.weights.least
        self.progress_price = np.full(count, self.least / max(1, count))
        self.own_progress_price = self.least / USUAL_CLASS
        self.squares = [np.full(one.price.size, 1e-6) for one in self.students]
        self.spot = np.full((count, max(1, self.places)), -1, dtype=np.int64)
        self.may_sit = np.zeros((count, self.places, self.targets), dtype=np.bool_)
        for row, one in enumerate(self.students):
            index = {(slot.day, slot.order): place for place, slot in enumerate(one.places)}
            for number, place in enumerate(arrays.teacher_places):
                at = index.get(place, -1)
                self.spot[row, number] = at if at >= 0 and one.wanted[at] == FREE else -1
            own = np.zeros(self.seats, dtype=np.bool_)
            own[one.seat[(one.seat >= 0) & (one.seat < self.seats)]] = True
            self.may_sit[row] = own.reshape(self.places, self.targets) & (self.spot[row, : self.places] >= 0)[:, None]
            one.price = _first_price(one)
        self.pools = [self._pool(row) for row in range(count)]
        self.bound = np.inf
        self.base_gain = np.array([one.base_gain for one in self.students])
        self.base = float(sum(one.base_value for one in self.students))

    # --- one student ----------------------------------------------------------------------------------------------

    def widen_pools(self) -> None:
        """Look at what today's prices make promising, and go on looking at what was looked at before."""
        for row in range(len(self.students)):
            self.pools[row] = self._pool(row, keeping=self.pools[row])

    def _pool(self, row: int, *, most: int = POOL, is_whole: bool = False, keeping: _Pool | None = None) -> _Pool:
        one = self.students[row]
        if is_whole:
            keep = np.ones(one.work.size, dtype=np.bool_)
        else:
            weight = one.price * one.law.sign
            keep = choose_pool(
                one.start,
                one.value,
                one.gain,
                one.seat,
                one.terms,
                one.amounts,
                weight,
                self.progress_price[row],
                most,
                POOL_OF_SEAT,
            )
            keep[one.chosen[one.chosen >= 0]] = True
            if keeping is not None:
                keep[keeping.option] = True
        option = np.flatnonzero(keep)
        works, column = np.unique(one.work[option], return_inverse=True)
        place = np.repeat(np.arange(len(one.places)), np.diff(one.start))[option]
        start = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=len(one.places)))]).astype(np.int64)
        return _Pool(option=option, column=column.astype(np.int64), start=start, works=int(works.size))

    def relax(
        self, row: int, wanted: Numbers, *, rounds: int = 1, rate: float = 0.0, pool: _Pool | None = None
    ) -> float:
        """Return the bound on one student's week at today's prices; then the student's own prices move."""
        one, pool = self.students[row], pool or self.pools[row]
        return float(
            relax(
                pool.option,
                pool.column,
                pool.start,
                pool.works,
                one.value,
                one.gain,
                one.seat,
                one.terms,
                one.amounts,
                one.law.sign,
                one.law.limit,
                one.law.cost,
                one.fixed,
                wanted,
                self.seat_price[row],
                self.progress_price[row],
                one.price,
                self.squares[row],
                rate,
                rounds,
                one.chosen,
            )
        )

    def settle(
        self, row: int, wanted: Numbers, *, is_thorough: bool = False, is_from_nothing: bool = False
    ) -> tuple[float, Numbers, Floats]:
        """Return the best week found with these seats: its worth, the options, and what other seats could add."""
        one, pool = self.students[row], self.pools[row]
        chosen = np.full(len(one.places), -1, dtype=np.int64)
        offer = np.zeros(self.all_seats)
        worth = settle(
            pool.option,
            pool.column,
            pool.start,
            pool.works,
            one.work,
            one.value,
            one.gain,
            one.seat,
            one.terms,
            one.amounts,
            one.law.sign,
            one.law.limit,
            one.law.cost,
            one.fixed,
            one.essential,
            one.is_late,
            one.early,
            one.late,
            wanted,
            self.progress_price[row],
            one.price,
            PASSES,
            is_thorough,
            is_from_nothing,
            chosen,
            offer,
        )
        return float(worth), chosen, offer[: self.seats]

    def own_worth(self, row: int, chosen: Numbers) -> tuple[float, float]:
        """Return what a student's week is worth without the class's progress, and the share of what could be gained."""
        one = self.students[row]
        options = chosen[chosen >= 0]
        amount = one.fixed.copy()
        np.add.at(amount, one.terms[options][:, : WIDTH - 1], one.amounts[options][:, : WIDTH - 1])
        cost = (one.law.cost * np.maximum(0.0, one.law.sign * amount - one.law.limit)).sum()
        return (
            float(one.base_value + one.value[options].sum() - cost),
            float(one.base_gain + one.gain[options].sum()),
        )

    def value_of(self, weeks: Iterable[Numbers]) -> float:
        """Return what a class's plan is worth."""
        pairs = [self.own_worth(row, week) for row, week in enumerate(weeks)]
        if not pairs:
            return 0.0
        return sum(value for value, _progress in pairs) + self.least * min(progress for _value, progress in pairs)

    # --- groups ---------------------------------------------------------------------------------------------------

    def without_groups(self, *, is_settled: bool = True) -> _Plan:
        """Return a plan in which nobody meets the teacher but for seats that were there before."""
        count = len(self.students)
        plan = _Plan(
            wanted=[np.where(one.wanted == FREE, ALONE, one.wanted) for one in self.students],
            chosen=[one.chosen for one in self.students],
            worth=np.zeros(count),
            offer=np.full((count, self.seats), -np.inf),
            target=np.full(self.places, -1, dtype=np.int64),
            members=[frozenset() for _ in range(self.places)],
        )
        if is_settled:
            for row in range(count):
                self._settle_into(plan, row, plan.wanted[row])
        return plan

    def dive(self, settling: tuple[Floats, Floats, list[Floats]], stop: Callable[[], bool]) -> _Plan:
        """Fix one group after another where students and teacher agree most, moving the prices in between.

        The weeks are settled at the prices given, which stay.
        """
        count = len(self.students)
        wanted = [one.wanted.copy() for one in self.students]
        plan = self.without_groups(is_settled=False)
        free = np.ones(self.places, dtype=np.bool_)
        seat_squares = np.full((count, self.seats), 1e-6)
        while free.any() and self.seats and count >= SMALLEST and not stop():
            meant = np.zeros((count, self.places, self.targets))
            for _turn in range(DIVE_TURNS):
                for row in range(count):
                    self.relax(row, wanted[row], rate=DIVE_TERM_RATE)
                _brought, teacher = self.teachers_side(free)
                student = self.students_side() & free[:, None]
                meant += 0.5 * student + 0.5 * teacher
                slope = (student.astype(np.float64) - teacher).reshape(count, self.seats)
                seat_squares += slope**2
                self.seat_price[:, : self.seats] += DIVE_SEAT_RATE * slope / np.sqrt(seat_squares)
            meant /= DIVE_TURNS
            order = np.argsort(-meant, axis=0, kind="stable")[:LARGEST]
            ranked = np.take_along_axis(meant, order, axis=0)
            agreed = ranked[:SMALLEST].sum(axis=0) + np.maximum(ranked[SMALLEST:] - TEACHERS_OWN, 0.0).sum(axis=0)
            agreed[~free] = -1.0
            place, target = divmod(int(np.argmax(agreed)), self.targets)
            if agreed[place, target] < AGREED:
                break
            rows = [
                row
                for rank, row in enumerate(order[:, place, target].tolist())
                if self.may_sit[row, place, target] and (rank < SMALLEST or ranked[rank, place, target] > AGREED)
            ]
            free[place] = False
            for row in range(count):
                if self.spot[row, place] >= 0:
                    is_member = row in rows and len(rows) >= SMALLEST
                    wanted[row][self.spot[row, place]] = place * self.targets + target if is_member else ALONE
            if len(rows) >= SMALLEST:
                plan.target[place], plan.members[place] = target, frozenset(rows)
        self._set_prices(settling)
        for row in range(count):
            self._settle_into(plan, row, np.where(wanted[row] == FREE, ALONE, wanted[row]))
        return plan

    def _settle_into(self, plan: _Plan, row: int, wanted: Numbers) -> None:
        plan.wanted[row] = wanted
        plan.worth[row], plan.chosen[row], plan.offer[row] = self.settle(row, wanted)

    def _with_seat(self, plan: _Plan, row: int, place: int, target: int) -> Numbers:
        wanted = plan.wanted[row].copy()
        wanted[self.spot[row, place]] = ALONE if target < 0 else place * self.targets + target
        return wanted

    def dissolve(self, plan: _Plan, places: Sequence[int]) -> None:
        """End the groups in these places, and settle the weeks of those who were in them."""
        rows = set()
        for place in places:
            for row in plan.members[place]:
                plan.wanted[row] = self._with_seat(plan, row, place, -1)
                rows.add(row)
            plan.target[place], plan.members[place] = -1, frozenset()
        for row in sorted(rows):
            self._settle_into(plan, row, plan.wanted[row])

    def form(self, plan: _Plan, places: Sequence[int], *, luck: np.random.Generator | None = None) -> None:
        """Form groups in these places, where they add most first, as long as they add something.

        With `luck`, what a group promises is taken a little higher or lower, so that other groups are tried.
        """
        free = np.zeros(self.places, dtype=np.bool_)
        free[list(places)] = True
        closed = np.zeros((self.places, self.targets), dtype=np.bool_)
        count = len(self.students)
        if count < SMALLEST or not self.targets:
            return
        taste = luck.uniform(1 - TASTE, 1 + TASTE, size=(self.places, self.targets)) if luck else 1.0
        while free.any():
            offers = np.where(self.may_sit, plan.offer.reshape(count, self.places, self.targets), -np.inf)
            ranked = -np.sort(-offers, axis=0)[:LARGEST]
            promised = ranked[:SMALLEST].sum(axis=0) + np.maximum(ranked[SMALLEST:], 0.0).sum(axis=0)
            promised = promised * taste
            promised[closed | ~free[:, None]] = -np.inf
            best = int(np.argmax(promised))
            place, target = divmod(best, self.targets)
            if not promised[place, target] > ENOUGH:
                return
            order = np.lexsort((np.arange(count), -offers[:, place, target]))[:LARGEST]
            tried = []
            for row in order.tolist():
                if offers[row, place, target] == -np.inf:
                    break
                wanted = self._with_seat(plan, row, place, target)
                worth, chosen, offer = self.settle(row, wanted)
                tried.append((worth - plan.worth[row], row, wanted, worth, chosen, offer))
            tried.sort(key=lambda entry: (-entry[0], entry[1]))
            keep = [entry for rank, entry in enumerate(tried) if rank < SMALLEST or entry[0] > ENOUGH]
            if len(keep) < SMALLEST or sum(entry[0] for entry in keep) <= ENOUGH:
                closed[place, target] = True
                continue
            for _gained, row, wanted, worth, chosen, offer in keep:
                plan.wanted[row], plan.worth[row], plan.chosen[row], plan.offer[row] = wanted, worth, chosen, offer
            plan.target[place], plan.members[place] = target, frozenset(entry[1] for entry in keep)
            free[place] = False

    def exchange(self, plan: _Plan, place: int) -> None:
        """Let students join a group, leave it, or take each other's seat, as long as the class is better off."""
        target = int(plan.target[place])
        if target < 0:
            return
        count = len(self.students)
        offers = np.where(self.may_sit[:, place, target], plan.offer[:, place * self.targets + target], -np.inf)
        others = [row for row in np.argsort(-offers, kind="stable").tolist() if row not in plan.members[place]]
        leaving = []
        for row in sorted(plan.members[place]):
            wanted = self._with_seat(plan, row, place, -1)
            worth, chosen, offer = self.settle(row, wanted)
            leaving.append((worth - plan.worth[row], row, wanted, worth, chosen, offer))
        leaving.sort(key=lambda entry: (-entry[0], entry[1]))
        for row in others[: min(count, LARGEST)]:
            lost = leaving[0][0] if leaving else -np.inf
            has_room = len(plan.members[place]) < LARGEST
            if offers[row] + (0.0 if has_room else lost) <= ENOUGH:
                break
            wanted = self._with_seat(plan, row, place, target)
            worth, chosen, offer = self.settle(row, wanted)
            gained = worth - plan.worth[row]
            if has_room and gained > ENOUGH:
                plan.members[place] |= {row}
            elif gained + lost > ENOUGH:
                _lost, out, its_wanted, its_worth, its_chosen, its_offer = leaving.pop(0)
                plan.members[place] = (plan.members[place] | {row}) - {out}
                plan.wanted[out], plan.worth[out], plan.chosen[out] = its_wanted, its_worth, its_chosen
                plan.offer[out] = its_offer
            else:
                continue
            plan.wanted[row], plan.worth[row], plan.chosen[row], plan.offer[row] = wanted, worth, chosen, offer
        for gained, row, wanted, worth, chosen, offer in leaving:
            if gained > ENOUGH and len(plan.members[place]) > SMALLEST and row in plan.members[place]:
                plan.members[place] -= {row}
                plan.wanted[row], plan.worth[row], plan.chosen[row], plan.offer[row] = wanted, worth, chosen, offer

    def form_anew(self, plan: _Plan, turns: int, luck: np.random.Generator, stop: Callable[[], bool]) -> _Plan:
        """Dissolve one group at a time and form it anew; go on from what is hardly worse, and return the best."""
        best = plan
        plan = plan.copy()
        for turn in range(turns):
            if stop():
                break
            place = int(luck.integers(self.places))
            trial = plan.copy()
            self.dissolve(trial, [place])
            self.form(trial, [place], luck=luck)
            self.exchange(trial, place)
            if turn % EXCHANGE_ALL_EVERY == EXCHANGE_ALL_EVERY - 1:
                for other in range(self.places):
                    self.exchange(trial, other)
            worth = trial.worth.sum()
            if worth > best.worth.sum() + ENOUGH:
                best = plan = trial
            elif worth > best.worth.sum() * (1 - LENIENCE):
                plan = trial
        return best

    def week_for(self, row: int, wanted: Numbers, progress_price: float) -> Numbers:
        """Return the best week found for a student whose seats are known, from prices of its own.

        It depends on nothing else of the class, so that one student drafted again gets the same week.
        """
        one = self.students[row]
        self.progress_price[row] = progress_price
        one.price, one.chosen = _first_price(one), np.full(len(one.places), -1, dtype=np.int64)
        self.squares[row][:] = 1e-6
        self.pools[row] = self._pool(row)
        self.relax(row, wanted, rounds=FIRST_PRICE_ROUNDS, rate=FIRST_TERM_RATE)
        self.pools[row] = self._pool(row, most=FINISHING_POOL)
        best, week = -np.inf, one.chosen
        found = one.price.copy()
        # From where the prices are and a little further on, from caps that cost much or nothing, and place by place.
        starts = [found, None, np.where(one.law.sign > 0, found + TIGHT, found), np.zeros(found.size)]
        for turn, price in enumerate([*starts, None]):
            if price is not None:
                one.price = price
            else:
                self.relax(row, wanted, rate=DIVE_TERM_RATE)
            worth, chosen, _offer = self.settle(row, wanted, is_thorough=True, is_from_nothing=turn == len(starts))
            if worth > best + ENOUGH:
                best, week = worth, chosen
        return week

    def finish(self, plan: _Plan, *, may_lift: bool) -> _Plan:
        """Give every student the best week for the groups as they are, then lift those who would gain least."""
        for row in range(len(self.students)):
            plan.chosen[row] = self.week_for(row, plan.wanted[row], self.own_progress_price)
        if not may_lift:
            return plan
        # The least rises only when all who are that low rise, so the lowest are lifted together: one, two, three ...
        value, weeks, cost = self.value_of(plan.chosen), list(plan.chosen), 0.0
        progress = [self.own_worth(row, week)[1] for row, week in enumerate(plan.chosen)]
        for row in np.argsort(progress, kind="stable").tolist():
            week = self.week_for(row, plan.wanted[row], self.least)
            cost += self.own_worth(row, weeks[row])[0] - self.own_worth(row, week)[0]
            weeks[row] = week
            lifted = self.value_of(weeks)
            if lifted > value + ENOUGH:
                plan.chosen, value = list(weeks), lifted
            if cost >= self.least * (1.0 - min(progress)):
                break
        return plan

    # --- the bound ------------------------------------------------------------------------------------------------

    def teachers_side(self, free: Flags | None = None) -> tuple[float, Flags]:
        """Return what the best groups bring at the seats' prices, each place by itself, and who sits in them."""
        count = len(self.students)
        seated = np.zeros((count, self.places, self.targets), dtype=np.bool_)
        if count < SMALLEST or not self.seats:
            return 0.0, seated
        prices = self.seat_price[:, : self.seats].reshape(count, self.places, self.targets)
        own = np.where(self.may_sit, prices, -np.inf)
        order = np.argsort(-own, axis=0, kind="stable")[:LARGEST]
        ranked = np.take_along_axis(own, order, axis=0)
        ranked[SMALLEST:] = np.maximum(ranked[SMALLEST:], 0.0)
        worth = ranked.sum(axis=0)
        best = np.argmax(worth, axis=1)
        total = 0.0
        for place, target in enumerate(best.tolist()):
            if worth[place, target] > 0 and (free is None or free[place]):
                total += float(worth[place, target])
                for rank in range(min(LARGEST, count)):
                    row = int(order[rank, place, target])
                    if rank < SMALLEST or own[row, place, target] > 0:
                        seated[row, place, target] = True
        return total, seated

    def students_side(self) -> Flags:
        """Return the seats that students take at today's prices."""
        seated = np.zeros((len(self.students), self.seats), dtype=np.bool_)
        for row, one in enumerate(self.students):
            own = one.seat[one.chosen[one.chosen >= 0]]
            seated[row, own[(own >= 0) & (own < self.seats)]] = True
        return seated.reshape(len(self.students), self.places, self.targets)

    def lower_bound(self, turns: int, slower: float, stop: Callable[[], bool]) -> None:
        """Move all prices so that the bound falls, and keep those of the lowest one that was seen."""
        count = len(self.students)
        best, kept = np.inf, self._prices()
        seat_squares, progress_squares = np.full((count, self.seats), 1e-6), np.full(count, 1e-6)
        for own in self.squares:
            own[:] = 1e-6
        for _turn in range(turns):
            if stop():
                break
            before = self._prices()
            rate = FIRST_TERM_RATE * slower
            bounds = sum(self.relax(row, one.wanted, rate=rate) for row, one in enumerate(self.students))
            brought, teacher = self.teachers_side()
            bound = self.base + bounds + brought + float((self.progress_price * self.base_gain).sum())
            if bound < best:
                best, kept = bound, before
            if self.seats:
                slope = (self.students_side().astype(np.float64) - teacher).reshape(count, self.seats)
                seat_squares += slope**2
                self.seat_price[:, : self.seats] += FIRST_SEAT_RATE * slower * slope / np.sqrt(seat_squares)
            progress = [one.gain[one.chosen[one.chosen >= 0]].sum() for one in self.students] + self.base_gain
            tilt = progress - progress.mean()
            progress_squares += tilt**2
            moved = self.progress_price - FIRST_PROGRESS_RATE * slower * tilt / np.sqrt(progress_squares)
            self.progress_price = _on_simplex(moved, self.least)
        self._set_prices(kept)

    def _prices(self) -> tuple[Floats, Floats, list[Floats]]:
        return self.seat_price.copy(), self.progress_price.copy(), [one.price.copy() for one in self.students]

    def _set_prices(self, prices: tuple[Floats, Floats, list[Floats]]) -> None:
        self.seat_price, self.progress_price = prices[0].copy(), prices[1].copy()
        for one, own in zip(self.students, prices[2], strict=True):
            one.price = own.copy()

    def whole_bound(self) -> float:
        """Return the bound at today's prices with every option of every student: more than any plan can reach."""
        bounds = sum(
            self.relax(row, one.wanted, rate=0.0, pool=self._pool(row, is_whole=True))
            for row, one in enumerate(self.students)
        )
        return float(self.base + bounds + self.teachers_side()[0] + (self.progress_price * self.base_gain).sum())


@dataclass(frozen=True)
class Found:
    """What the search found: each student's options, the groups by teacher's place, the worth and the bound."""

    chosen: tuple[Numbers, ...]
    target: Numbers
    members: tuple[frozenset[int], ...]
    value: float
    bound: float
    is_out_of_time: bool


def search_class(
    arrays: ClassArrays,
    *,
    effort: Effort = USUAL,
    stop: Callable[[], bool] = lambda: False,
    told: Callable[[int, int], None] | None = None,
) -> Found:
    """Return the best plan found for a class, and a bound that no plan can pass.

    `told(done, of)` is called between the steps of the search. Once `stop()` is true the search ends at the next step,
    with the best plan so far; there is always one, since every student's week is settled before it is first asked.
    """
    search = Search(arrays)
    count = len(search.students)
    steps = len(effort.bound_turns) + 3

    def tell(done: int) -> None:
        if told is not None:
            told(done, steps)

    if not count:
        return Found((), np.zeros(0, dtype=np.int64), (), 0.0, 0.0, False)
    for row, one in enumerate(search.students):
        alone = np.where(one.wanted == FREE, ALONE, one.wanted)
        search.relax(row, alone, rounds=FIRST_PRICE_ROUNDS, rate=FIRST_TERM_RATE)
        search.pools[row] = search._pool(row)
    plan = search.without_groups()
    tell(1)
    # Two sets of prices: those under which weeks are settled, and those that bring the bound down.
    settling = search._prices()
    bound, slower = search.whole_bound(), 1.0
    for stage, turns in enumerate(effort.bound_turns):
        if stop():
            break
        search.lower_bound(turns, slower, stop)
        bound = min(bound, search.whole_bound())
        search.widen_pools()
        slower *= SLOWER
        tell(stage + 2)
    if search.seats and count >= SMALLEST and not stop():
        starts = []
        if effort.bound_turns:
            starts.append(search.dive(settling, stop))
        search._set_prices(settling)
        formed = plan.copy()
        search.form(formed, range(search.places))
        starts.append(formed)
        for start in starts:
            for place in range(search.places):
                search.exchange(start, place)
        plan = max([plan, *starts], key=lambda each: float(each.worth.sum()))
        tell(steps - 1)
        luck = np.random.default_rng(arrays.problem.seed)
        plan = search.form_anew(plan, max(LEAST_GROUP_TURNS, effort.group_turns * search.places), luck, stop)
    plan = search.finish(plan, may_lift=effort.may_lift)
    tell(steps)
    return Found(
        chosen=tuple(plan.chosen),
        target=plan.target,
        members=tuple(plan.members),
        value=search.value_of(plan.chosen),
        bound=bound,
        is_out_of_time=stop(),
    )


def _first_price(one: StudentArrays) -> Floats:
    """Return prices to begin with: what every week should have is expected to cost something."""
    return np.where(one.law.sign < 0, np.minimum(one.law.cost, MOST_FIRST_PRICE) * 0.5, 0.0)


def _on_simplex(point: Floats, total: float) -> Floats:
    """Return the nearest prices that are not below 0 and add up to `total` (Held, Wolfe, Crowder 1974)."""
    if not point.size:
        return point
    ranked = np.sort(point)[::-1]
    excess = (np.cumsum(ranked) - total) / np.arange(1, point.size + 1)
    last = int(np.flatnonzero(ranked > excess)[-1]) if (ranked > excess).any() else 0
    nearest: Floats = np.maximum(0.0, point - excess[last])
    return nearest
