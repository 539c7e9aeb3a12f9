"""The planner's compiled loops: the best work for each place of one student's week.

A week is an assignment of works to places. What counts over the whole week (screen minutes, the third block on one
skill, a choice missing) is a list of terms, each with the cost `cost x max(0, sign x amount - limit)`. `relax` puts a
price between 0 and the cost on every term, so that what is left is an assignment, solved exactly; no week can be worth
more than what it returns. `improve` makes a real week from any start, by changing one place or two at a time.

The assignment: Jonker, Volgenant (1987), shortest augmenting paths on a rectangular matrix, with a dummy column for
each place so that it may stay empty. The prices: Held, Karp (1971).

An option is one candidate of one kind in one place. Arrays over options: `work`, `value`, `gain`, `seat` (which group
it belongs to, -1 none), `essential` and `is_late`, and up to WIDTH terms with amounts. Not all options are looked at:
`pool[start[p]:start[p + 1]]` are those that the search considers for place p, and `column` their works by number in
the pool. `wanted[p]` says what a place is for: FREE (group options pay the price of their seat), ALONE (no group), or
the seat that the student has there.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from headway.core.shared.compiled import njit

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Matrix = npt.NDArray[np.float64]
Table = npt.NDArray[np.int64]

FREE, ALONE = -2, -1
WIDTH = 13
NEVER = -1e9
LATE_COST = 100.0


@njit(cache=True)
def _assign(
    matrix: Matrix,
    places: int,
    works: int,
    column_of: Numbers,
    matched: Numbers,
    potential_row: Floats,
    potential_column: Floats,
    shortest: Floats,
    before: Numbers,
    seen: Flags,
) -> float:
    """Match every row to a column so that the sum of `matrix` is greatest; returns the sum."""
    for column in range(works + 1):
        matched[column] = -1
        potential_column[column] = 0.0
    for row in range(places):
        potential_row[row] = 0.0
    for row in range(places):
        for column in range(works):
            shortest[column] = np.inf
            seen[column] = False
        matched[works] = row  # a column outside the matrix holds the row that looks for its place
        at = works
        while True:
            if at < works:
                seen[at] = True
            own = matched[at]
            least, following = np.inf, -1
            for column in range(works):
                if not seen[column]:
                    reduced = -matrix[own, column] - potential_row[own] - potential_column[column]
                    if reduced < shortest[column]:
                        shortest[column] = reduced
                        before[column] = at
                    if shortest[column] < least:
                        least, following = shortest[column], column
            potential_row[matched[works]] += least
            for column in range(works):
                if seen[column]:
                    potential_row[matched[column]] += least
                    potential_column[column] -= least
                elif shortest[column] < np.inf:
                    shortest[column] -= least
            at = following
            if matched[at] == -1:
                break
        while at != works:
            previous = before[at]
            matched[at] = matched[previous]
            at = previous
    total = 0.0
    for column in range(works):
        if matched[column] >= 0:
            column_of[matched[column]] = column
            total += matrix[matched[column], column]
    return total


@njit(cache=True)
def _penalty(
    terms: Table,
    amounts: Matrix,
    o: int,
    sign: Floats,
    limit: Floats,
    cost: Floats,
    amount: Floats,
) -> float:
    """Return how much adding option `o` to the amounts of the week costs."""
    found = 0.0
    for j in range(WIDTH):
        k = terms[o, j]
        if k < 0:
            break
        was = sign[k] * amount[k] - limit[k]
        becomes = was + sign[k] * amounts[o, j]
        found += cost[k] * (max(0.0, becomes) - max(0.0, was))
    return found


@njit(cache=True)
def _put(
    terms: Table,
    amounts: Matrix,
    o: int,
    amount: Floats,
    times: float,
) -> None:
    for j in range(WIDTH):
        k = terms[o, j]
        if k < 0:
            break
        amount[k] += times * amounts[o, j]


@njit(cache=True)
def _late(
    early: Numbers,
    late: Numbers,
    essential: Numbers,
    is_late: Flags,
    o: int,
) -> float:
    """Return what adding option `o` costs because an essential would have no early block, or now has one."""
    j = essential[o]
    if j < 0:
        return 0.0
    if is_late[o]:
        return LATE_COST if early[j] == 0 else 0.0
    return -LATE_COST * late[j] if early[j] == 0 else 0.0


@njit(cache=True)
def _count(
    early: Numbers,
    late: Numbers,
    essential: Numbers,
    is_late: Flags,
    o: int,
    times: int,
) -> None:
    j = essential[o]
    if j >= 0:
        if is_late[o]:
            late[j] += times
        else:
            early[j] += times


@njit(cache=True)
def _price_options(
    pool: Numbers,
    column: Numbers,
    start: Numbers,
    value: Floats,
    gain: Floats,
    seat: Numbers,
    terms: Table,
    amounts: Matrix,
    weight: Floats,
    wanted: Numbers,
    price_of_seat: Floats,
    gain_weight: float,
    matrix: Matrix,
    options: Table,
) -> None:
    """Fill the matrix of places x works with what each pair is worth at today's prices, and the option that is."""
    places, columns = matrix.shape
    works = options.shape[1]
    for p in range(places):
        for c in range(columns):
            matrix[p, c] = 0.0 if c == works + p else NEVER
        for c in range(works):
            options[p, c] = -1
        for i in range(start[p], start[p + 1]):
            o = pool[i]
            own = seat[o]
            worth = value[o] + gain_weight * gain[o]
            if wanted[p] == FREE:
                if own >= 0:
                    worth -= price_of_seat[own]
            elif own != wanted[p]:
                continue
            for j in range(WIDTH):
                k = terms[o, j]
                if k < 0:
                    break
                worth -= weight[k] * amounts[o, j]
            if worth > matrix[p, column[i]]:
                matrix[p, column[i]] = worth
                options[p, column[i]] = o


@njit(cache=True)
def relax(
    pool: Numbers,
    column: Numbers,
    start: Numbers,
    works: int,
    value: Floats,
    gain: Floats,
    seat: Numbers,
    terms: Table,
    amounts: Matrix,
    sign: Floats,
    limit: Floats,
    cost: Floats,
    fixed: Floats,
    wanted: Numbers,
    price_of_seat: Floats,
    gain_weight: float,
    price: Floats,
    squares: Floats,
    rate: float,
    rounds: int,
    chosen: Numbers,
) -> float:
    """Return a bound on the student's week at today's prices, then move them downhill; fill `chosen`.

    `fixed` is what locked blocks add to each term. The bound holds for the options of the pool. A price moves by the
    slope over the root of the sum of its squares so far (Duchi, Hazan, Singer 2011), kept in `squares`; with several
    rounds the lowest bound is returned, and with no rate nothing moves.
    """
    places, count = start.shape[0] - 1, sign.shape[0]
    columns = works + places
    matrix = np.empty((places, columns))
    options = np.empty((places, works), dtype=np.int64)
    column_of = np.empty(places, dtype=np.int64)
    matched = np.empty(columns + 1, dtype=np.int64)
    row_potential, column_potential = np.empty(places), np.empty(columns + 1)
    shortest, before = np.empty(columns + 1), np.empty(columns + 1, dtype=np.int64)
    seen = np.empty(columns + 1, dtype=np.bool_)
    amount, weight, best_price = np.empty(count), np.empty(count), price.copy()
    best = np.inf
    for _turn in range(rounds):
        for k in range(count):
            weight[k] = price[k] * sign[k]
        _price_options(
            pool,
            column,
            start,
            value,
            gain,
            seat,
            terms,
            amounts,
            weight,
            wanted,
            price_of_seat,
            gain_weight,
            matrix,
            options,
        )
        bound = _assign(
            matrix, places, columns, column_of, matched, row_potential, column_potential, shortest, before, seen
        )
        for k in range(count):
            bound += price[k] * (limit[k] - sign[k] * fixed[k])
            amount[k] = fixed[k]
        for p in range(places):
            c = column_of[p]
            chosen[p] = options[p, c] if c < works and matrix[p, c] > NEVER / 2 else -1
            if chosen[p] >= 0:
                _put(terms, amounts, chosen[p], amount, 1.0)
        if bound < best:
            best = bound
            if rounds > 1:
                for k in range(count):
                    best_price[k] = price[k]
        if rate > 0.0:
            for k in range(count):
                slope = sign[k] * amount[k] - limit[k]
                if cost[k] > 0.0 and slope != 0.0 and (slope > 0.0 or price[k] > 0.0):
                    squares[k] += slope * slope
                    moved = price[k] + rate * slope / np.sqrt(squares[k])
                    price[k] = min(cost[k], max(0.0, moved))
    if rounds > 1:
        for k in range(count):
            price[k] = best_price[k]
    return best


@njit(cache=True)
def settle(
    pool: Numbers,
    column: Numbers,
    start: Numbers,
    works: int,
    work: Numbers,
    value: Floats,
    gain: Floats,
    seat: Numbers,
    terms: Table,
    amounts: Matrix,
    sign: Floats,
    limit: Floats,
    cost: Floats,
    fixed: Floats,
    essential: Numbers,
    is_late: Flags,
    early_locked: Numbers,
    late_locked: Numbers,
    wanted: Numbers,
    gain_weight: float,
    price: Floats,
    passes: int,
    is_thorough: bool,
    is_from_nothing: bool,
    chosen: Numbers,
    offer: Floats,
) -> float:
    """Make a real week for the groups in `wanted`; returns its worth, fills `chosen` and `offer`.

    It begins with the best assignment at the prices, or with an empty week, then changes one place at a time until nothing helps (`passes`
    rounds at most), and two places at a time when `is_thorough`. `offer[s]` becomes more than seat s could add to this
    week, for seats in places without a group (complementary slackness of the assignment).
    """
    places = start.shape[0] - 1
    columns = works + places
    matrix = np.empty((places, columns))
    options = np.empty((places, works), dtype=np.int64)
    column_of = np.empty(places, dtype=np.int64)
    matched = np.empty(columns + 1, dtype=np.int64)
    row_potential, column_potential = np.empty(places), np.empty(columns + 1)
    shortest, before = np.empty(columns + 1), np.empty(columns + 1, dtype=np.int64)
    seen = np.empty(columns + 1, dtype=np.bool_)
    weight = price * sign
    _price_options(
        pool, column, start, value, gain, seat, terms, amounts, weight, wanted, offer, gain_weight, matrix, options
    )
    _assign(matrix, places, columns, column_of, matched, row_potential, column_potential, shortest, before, seen)
    for s in range(offer.shape[0]):
        offer[s] = -np.inf
    for p in range(places):
        c = column_of[p]
        chosen[p] = options[p, c] if c < works and matrix[p, c] > NEVER / 2 and not is_from_nothing else -1
        if wanted[p] != ALONE:
            continue
        for i in range(start[p], start[p + 1]):
            o = pool[i]
            if seat[o] < 0:
                continue
            # The dual of costs: potentials of -matrix.
            worth = value[o] + gain_weight * gain[o] + row_potential[p] + column_potential[column[i]]
            for j in range(WIDTH):
                k = terms[o, j]
                if k < 0:
                    break
                worth -= weight[k] * amounts[o, j]
            offer[seat[o]] = max(offer[seat[o]], worth)
    return _improve(
        pool,
        column,
        start,
        works,
        work,
        value,
        gain,
        seat,
        terms,
        amounts,
        sign,
        limit,
        cost,
        fixed,
        essential,
        is_late,
        early_locked,
        late_locked,
        wanted,
        gain_weight,
        passes,
        is_thorough,
        chosen,
        options,
    )


@njit(cache=True)
def _worth_of_adding(
    o: int,
    value: Floats,
    gain: Floats,
    gain_weight: float,
    terms: Table,
    amounts: Matrix,
    sign: Floats,
    limit: Floats,
    cost: Floats,
    amount: Floats,
    early: Numbers,
    late: Numbers,
    essential: Numbers,
    is_late: Flags,
) -> float:
    plain: float = value[o] + gain_weight * gain[o]
    return plain - _penalty(terms, amounts, o, sign, limit, cost, amount) - _late(early, late, essential, is_late, o)


@njit(cache=True)
def _improve(
    pool: Numbers,
    column: Numbers,
    start: Numbers,
    works: int,
    work: Numbers,
    value: Floats,
    gain: Floats,
    seat: Numbers,
    terms: Table,
    amounts: Matrix,
    sign: Floats,
    limit: Floats,
    cost: Floats,
    fixed: Floats,
    essential: Numbers,
    is_late: Flags,
    early_locked: Numbers,
    late_locked: Numbers,
    wanted: Numbers,
    gain_weight: float,
    passes: int,
    is_thorough: bool,
    chosen: Numbers,
    options: Table,
) -> float:
    """Change one place or two of a week until nothing helps; returns the week's worth. `chosen` is changed in place."""
    places, count = start.shape[0] - 1, sign.shape[0]
    amount, early, late = fixed.copy(), early_locked.copy(), late_locked.copy()
    highest = -1
    for i in range(start[places]):
        highest = max(highest, work[pool[i]])
    place_of = np.full(highest + 1, -1, dtype=np.int64)
    column_of_work = np.full(highest + 1, -1, dtype=np.int64)
    for i in range(start[places]):
        column_of_work[work[pool[i]]] = column[i]
    for p in range(places):
        o = chosen[p]
        if o >= 0:
            place_of[work[o]] = p
            _put(terms, amounts, o, amount, 1.0)
            _count(early, late, essential, is_late, o, 1)
    for _turn in range(passes):
        changed = False
        for p in range(places):
            old = chosen[p]
            taken = 0.0
            if old >= 0:
                _put(terms, amounts, old, amount, -1.0)
                _count(early, late, essential, is_late, old, -1)
                taken = _worth_of_adding(
                    old,
                    value,
                    gain,
                    gain_weight,
                    terms,
                    amounts,
                    sign,
                    limit,
                    cost,
                    amount,
                    early,
                    late,
                    essential,
                    is_late,
                )
            best, pick = 0.0, -1
            if old >= 0 and taken >= 0.0:
                best, pick = taken, old
            for i in range(start[p], start[p + 1]):
                o = pool[i]
                if o == old or (seat[o] != wanted[p] and not (seat[o] < 0 and wanted[p] < 0)):
                    continue
                if place_of[work[o]] >= 0 and place_of[work[o]] != p:
                    continue
                worth = _worth_of_adding(
                    o,
                    value,
                    gain,
                    gain_weight,
                    terms,
                    amounts,
                    sign,
                    limit,
                    cost,
                    amount,
                    early,
                    late,
                    essential,
                    is_late,
                )
                if worth > best + 1e-9:
                    best, pick = worth, o
            if pick != old:
                changed = True
                if old >= 0:
                    place_of[work[old]] = -1
                if pick >= 0:
                    place_of[work[pick]] = p
                chosen[p] = pick
            if pick >= 0:
                _put(terms, amounts, pick, amount, 1.0)
                _count(early, late, essential, is_late, pick, 1)
        if is_thorough:
            # A work goes to another place, and the best that is left comes in where it was.
            for q in range(places):
                for p in range(places):
                    b = chosen[q]
                    if p == q or b < 0 or wanted[p] >= 0 or wanted[q] >= 0:
                        continue
                    to_p = options[p, column_of_work[work[b]]]
                    if to_p < 0 or seat[to_p] >= 0:
                        continue
                    a = chosen[p]
                    was = 0.0
                    if a >= 0:
                        _put(terms, amounts, a, amount, -1.0)
                        _count(early, late, essential, is_late, a, -1)
                        was += _worth_of_adding(
                            a,
                            value,
                            gain,
                            gain_weight,
                            terms,
                            amounts,
                            sign,
                            limit,
                            cost,
                            amount,
                            early,
                            late,
                            essential,
                            is_late,
                        )
                    _put(terms, amounts, b, amount, -1.0)
                    _count(early, late, essential, is_late, b, -1)
                    was += _worth_of_adding(
                        b,
                        value,
                        gain,
                        gain_weight,
                        terms,
                        amounts,
                        sign,
                        limit,
                        cost,
                        amount,
                        early,
                        late,
                        essential,
                        is_late,
                    )
                    becomes = _worth_of_adding(
                        to_p,
                        value,
                        gain,
                        gain_weight,
                        terms,
                        amounts,
                        sign,
                        limit,
                        cost,
                        amount,
                        early,
                        late,
                        essential,
                        is_late,
                    )
                    _put(terms, amounts, to_p, amount, 1.0)
                    _count(early, late, essential, is_late, to_p, 1)
                    best, pick = 0.0, -1
                    for i in range(start[q], start[q + 1]):
                        o = pool[i]
                        if seat[o] >= 0 or work[o] == work[b]:
                            continue
                        other = place_of[work[o]]
                        if other >= 0 and other != p:
                            continue
                        worth = _worth_of_adding(
                            o,
                            value,
                            gain,
                            gain_weight,
                            terms,
                            amounts,
                            sign,
                            limit,
                            cost,
                            amount,
                            early,
                            late,
                            essential,
                            is_late,
                        )
                        if worth > best:
                            best, pick = worth, o
                    if becomes + best > was + 1e-7:
                        changed = True
                        if a >= 0:
                            place_of[work[a]] = -1
                        place_of[work[b]] = p
                        chosen[p], chosen[q] = to_p, pick
                        if pick >= 0:
                            place_of[work[pick]] = q
                            _put(terms, amounts, pick, amount, 1.0)
                            _count(early, late, essential, is_late, pick, 1)
                    else:
                        _put(terms, amounts, to_p, amount, -1.0)
                        _count(early, late, essential, is_late, to_p, -1)
                        if a >= 0:
                            _put(terms, amounts, a, amount, 1.0)
                            _count(early, late, essential, is_late, a, 1)
                        _put(terms, amounts, b, amount, 1.0)
                        _count(early, late, essential, is_late, b, 1)
        if not changed:
            break
    total = 0.0
    for p in range(places):
        if chosen[p] >= 0:
            total += value[chosen[p]] + gain_weight * gain[chosen[p]]
    for k in range(count):
        total -= cost[k] * max(0.0, sign[k] * amount[k] - limit[k])
    for j in range(early.shape[0]):
        if early[j] == 0:
            total -= LATE_COST * late[j]
    return total


@njit(cache=True)
def choose_pool(
    start: Numbers,
    value: Floats,
    gain: Floats,
    seat: Numbers,
    terms: Table,
    amounts: Matrix,
    weight: Floats,
    gain_weight: float,
    most: int,
    most_of_seat: int,
) -> Flags:
    """Return the options worth looking at, at today's prices: the best `most` of each place, and a few of each seat."""
    places = start.shape[0] - 1
    keep = np.zeros(start[places], dtype=np.bool_)
    worth = np.empty(start[places])
    for o in range(start[places]):
        worth[o] = value[o] + gain_weight * gain[o]
        for j in range(WIDTH):
            k = terms[o, j]
            if k < 0:
                break
            worth[o] -= weight[k] * amounts[o, j]
    highest = -1
    for o in range(start[places]):
        highest = max(highest, seat[o])
    of_seat = np.zeros(highest + 1, dtype=np.int64)
    for p in range(places):
        ranked = np.argsort(-worth[start[p] : start[p + 1]])
        count = 0
        for i in ranked:
            o = start[p] + i
            if seat[o] >= 0:
                if of_seat[seat[o]] < most_of_seat:
                    of_seat[seat[o]] += 1
                    keep[o] = True
            elif count < most:
                count += 1
                keep[o] = True
    return keep
