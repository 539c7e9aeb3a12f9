"""Where the boxes and lines of a skill map stand: what comes before in columns to the left, what it opens to the right.

Boxes stand in columns by their longest way to the one in the middle. Within a column the order is sought with which the
fewest lines cross; then every box comes as near to its neighbours as the others let it. All numbers are whole units of a
drawing in which text of 13.5 units is set.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from headway.core.standards.prerequisites import Link, longest_steps, reduced, without_circles

TEXT_SIZE = 13.5
SMALL_SIZE = 12.0
LINE_HEIGHT = 16
ICON_WIDTH = 33  # from the edge of a box to its words: the level of mastery stands before them
RIGHT_EDGE = 10
TOP_EDGE = 22  # from the top of a box to the foot of its first line
BOTTOM_EDGE = 12
BETWEEN_BOXES = 16
AROUND_LINE = 10
HEAD_HEIGHT = 36  # the names of the columns
EDGE = 12
ROUNDS = 24

# How wide a sign is, in hundredths of the size of the text, half bold; measured from the typeface of the pages.
_SIGNS = {
    "'": 19, ".,:;j|": 25, "‘’`": 27, "i·": 28, "l!¡ ": 30, "()": 32, "[]": 34, "f": 35, 't"': 36, "-r{}": 37, "_": 39,
    "I": 41, "/\\": 42, "1": 43, "“”": 45, "*": 48, "z": 49, "csy–¿": 50, "v": 51, "x": 52, "7?": 53, "ak~": 54,
    "JLe": 55, "<>Fhnu": 56, "2^o": 57, "9g": 58, "3ETbdpq": 59, "5$+S": 60, "Z": 61, "468=P": 62, "BVY": 63, "R": 64,
    "CK": 65, "A0": 66, "X": 67, "D": 68, "U": 69, "H": 70, "GN": 71, "w": 72, "#&": 73, "OQ…": 75, "@": 78, "—": 83,
    "M": 85, "m": 87, "W": 88, "%": 95, "æœÆŒ": 100,
}  # fmt: skip
_WIDTH = {sign: width for signs, width in _SIGNS.items() for sign in signs}
_OTHER_WIDTH = 72
_WIDE = 100


@dataclass(frozen=True, kw_only=True)
class Label:
    """What stands in a box: its name, which may take two lines, and a small line below (its longest wording)."""

    key: int
    name: str
    below: str = ""


@dataclass(frozen=True, kw_only=True)
class Box:
    """One box, its left upper corner, and the lines of its name."""

    key: int
    column: int
    x: int
    y: int
    width: int
    height: int
    lines: tuple[str, ...]

    @property
    def middle(self) -> int:
        """How far down its middle is."""
        return self.y + self.height // 2


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A line from one box to another as an SVG path; `is_needed` is drawn solid, else dashed."""

    before: int
    after: int
    is_needed: bool
    path: str


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: how many steps from the middle one, and where it begins."""

    steps: int
    x: int
    width: int


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A whole map. `taken_out` are links that close a circle and could not be drawn in an order."""

    width: int
    height: int
    columns: tuple[Column, ...]
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    crossings: int
    taken_out: tuple[Link, ...]


# --- How wide words are -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _sign_width(sign: str) -> int:
    base = unicodedata.normalize("NFD", sign)[0]
    if unicodedata.combining(base):
        return 0
    if unicodedata.east_asian_width(base) in "WF":
        return _WIDE
    return _WIDTH.get(base, _OTHER_WIDTH)


def text_width(words: str, size: float = TEXT_SIZE) -> float:
    """Return how wide a line of half bold text is at most, in the units of `size`."""
    return sum(map(_sign_width, words)) * size / 100


def wrapped(words: str, width: float, *, size: float = TEXT_SIZE, lines: int = 2) -> tuple[str, ...]:
    """Return the words in at most so many lines of `width`; what does not fit ends in an ellipsis."""
    left = words.split()
    found: list[str] = []
    while left and len(found) < lines:
        line = ""
        while left and text_width(f"{line} {left[0]}".strip(), size) <= width:
            line = f"{line} {left.pop(0)}".strip()
        if not line:
            # One word is longer than a line.
            line, left[0] = _cut(left[0], width, size)
        found.append(line)
    if left:
        last = found[-1] + " " + left[0]
        while last and text_width(last.rstrip() + "…", size) > width:
            last = last[:-1]
        found[-1] = last.rstrip(" ,;:.-") + "…"
    return tuple(found)


def _cut(word: str, width: float, size: float) -> tuple[str, str]:
    """Return as much of a word as fits, one sign at least, and the rest."""
    end = len(word)
    while end > 1 and text_width(word[:end], size) > width:
        end -= 1
    return word[:end], word[end:]


# --- Which boxes there are --------------------------------------------------------------------------------------------


def nearest(
    links: Iterable[Link], middle: int, *, before: int = 2, after: int = 2, most: int = 30
) -> tuple[dict[int, int], list[Link], list[Link]]:
    """Return which competencies a map shows: (column by name, links to draw, links taken out because they close a circle).

    Only links that say something new are drawn. Of more than `most` competencies the nearest stay, and all that join them.
    """
    kept, out = without_circles(links)
    kept = reduced(kept)
    columns = {name: steps for name, steps in longest_steps(kept, middle).items() if -before <= steps <= after}
    if len(columns) > most:
        degree: dict[int, int] = defaultdict(int)
        for link in kept:
            if link.before in columns and link.after in columns:
                degree[link.before] += 1
                degree[link.after] += 1
        shown = sorted(columns, key=lambda name: (abs(columns[name]), -degree[name], name))[:most]
        columns = {name: columns[name] for name in shown}
    drawn = [link for link in kept if link.before in columns and link.after in columns]
    return columns, drawn, [link for link in out if link.before in columns or link.after in columns]


# --- Where they stand -------------------------------------------------------------------------------------------------


def draw(
    labels: Sequence[Label],
    columns: Mapping[int, int],
    links: Sequence[Link],
    *,
    width: int = 840,
    least_box: int = 150,
    most_box: int = 224,
    gap: int = 64,
    most_lines: int = 2,
    taken_out: Sequence[Link] = (),
) -> Drawing:
    """Return where everything stands; `columns` gives each label's column, and every link must lead to a later column.

    The drawing is as wide as `width` unless its columns need more, each at least `least_box`. Raises ValueError for a link
    that does not lead onward.
    """
    texts = {label.key: label for label in labels}
    rows = [link for link in links if link.before in texts and link.after in texts]
    if any(columns[link.before] >= columns[link.after] for link in rows):
        raise ValueError("A link of a drawing leads from a column to a later one.")
    numbers = sorted({columns[key] for key in texts})
    box_width = (width - 2 * EDGE - gap * (len(numbers) - 1)) // max(1, len(numbers))
    box_width = min(most_box, max(least_box, box_width))
    own_width = 2 * EDGE + box_width * len(numbers) + gap * (len(numbers) - 1)
    # Where the boxes are at their widest, what is left goes between them.
    spare = (width - own_width) // (len(numbers) - 1) if own_width < width and len(numbers) > 1 else 0
    gap += min(spare, gap)
    own_width = 2 * EDGE + box_width * len(numbers) + gap * (len(numbers) - 1)
    left = {steps: EDGE + place * (box_width + gap) for place, steps in enumerate(numbers)}

    lines = {
        key: wrapped(label.name, box_width - ICON_WIDTH - RIGHT_EDGE, lines=most_lines) for key, label in texts.items()
    }
    height = {
        key: TOP_EDGE + LINE_HEIGHT * (len(lines[key]) - 1) + (LINE_HEIGHT if texts[key].below else 0) + BOTTOM_EDGE
        for key in texts
    }
    chains, layers, sizes = _layers(columns, numbers, rows, height)
    layers, crossings = _ordered(layers, [pair for chain in chains for pair in pairwise(chain)])
    middles = _placed(layers, [pair for chain in chains for pair in pairwise(chain)], sizes)

    boxes = {
        key: Box(
            key=key,
            column=columns[key],
            x=left[columns[key]],
            y=round(middles[key] - height[key] / 2),
            width=box_width,
            height=height[key],
            lines=lines[key],
        )
        for key in texts
    }
    paths = _paths(boxes, chains, middles, left, box_width)
    ends = [box.y + box.height for box in boxes.values()]
    return Drawing(
        width=max(width, own_width),
        height=max(ends, default=0) + EDGE,
        columns=tuple(Column(steps=steps, x=left[steps], width=box_width) for steps in numbers),
        boxes=tuple(sorted(boxes.values(), key=lambda box: (box.column, box.y))),
        curves=tuple(
            Curve(before=link.before, after=link.after, is_needed=link.is_needed, path=path)
            for link, path in zip(rows, paths, strict=True)
        ),
        crossings=crossings,
        taken_out=tuple(taken_out),
    )


# A place in a column: a box by its key, or where a line passes (which line, and the column).
Place = int | tuple[int, int]
Pair = tuple[Place, Place]


def _layers(
    columns: Mapping[int, int], numbers: Sequence[int], rows: Sequence[Link], height: Mapping[int, int]
) -> tuple[list[tuple[Place, ...]], list[list[Place]], dict[Place, float]]:
    """Return the way of every link through the columns, what stands in each column, and how high it is."""
    layer: dict[int, list[Place]] = {steps: [] for steps in numbers}
    sizes: dict[Place, float] = {}
    for key in height:
        layer[columns[key]].append(key)
        sizes[key] = float(height[key])
    chains: list[tuple[Place, ...]] = []
    for number, link in enumerate(rows):
        passing: list[Place] = []
        for steps in numbers:
            if columns[link.before] < steps < columns[link.after]:
                place = (number, steps)
                layer[steps].append(place)
                sizes[place] = AROUND_LINE
                passing.append(place)
        chains.append((link.before, *passing, link.after))
    return chains, [layer[steps] for steps in numbers], sizes


def _neighbours(pairs: Iterable[Pair]) -> tuple[dict[Place, list[Place]], dict[Place, list[Place]]]:
    before: dict[Place, list[Place]] = defaultdict(list)
    after: dict[Place, list[Place]] = defaultdict(list)
    for one, other in pairs:
        after[one].append(other)
        before[other].append(one)
    return before, after


def _ordered(layers: list[list[Place]], pairs: Sequence[Pair]) -> tuple[list[list[Place]], int]:
    """Return every column in the order with the fewest crossings that was found, and how many there are."""
    before, after = _neighbours(pairs)
    now = [list(layer) for layer in layers]
    best, fewest = [list(layer) for layer in now], _crossings(now, after)
    for turn in range(ROUNDS):
        if not fewest:
            break
        forward = turn % 2 == 0
        for place in range(1, len(now)) if forward else range(len(now) - 2, -1, -1):
            beside = now[place - 1] if forward else now[place + 1]
            rank = {each: number for number, each in enumerate(beside)}
            near = before if forward else after
            _sort(now[place], rank, near)
        _swap_neighbours(now, before, after)
        count = _crossings(now, after)
        if count < fewest:
            best, fewest = [list(layer) for layer in now], count
    return best, fewest


def _sort(layer: list[Place], rank: Mapping[Place, int], near: Mapping[Place, Sequence[Place]]) -> None:
    own = {place: number for number, place in enumerate(layer)}
    scale = max(1, len(rank)) / max(1, len(layer))

    def wish(place: Place) -> float:
        ranks = [rank[each] for each in near.get(place, ()) if each in rank]
        return sum(ranks) / len(ranks) if ranks else own[place] * scale

    layer.sort(key=wish)


def _swap_neighbours(
    layers: list[list[Place]], before: Mapping[Place, Sequence[Place]], after: Mapping[Place, Sequence[Place]]
) -> None:
    """Turn neighbours round wherever fewer lines cross then, until nothing gets better."""
    ranks = [{place: number for number, place in enumerate(layer)} for layer in layers]
    is_better = True
    while is_better:
        is_better = False
        for number, layer in enumerate(layers):
            sides = [(before, ranks[number - 1])] if number else []
            sides += [(after, ranks[number + 1])] if number + 1 < len(layers) else []
            for low in range(len(layer) - 1):
                one, other = layer[low], layer[low + 1]
                gain = 0
                for near, rank in sides:
                    ones = [rank[each] for each in near.get(one, ())]
                    others = [rank[each] for each in near.get(other, ())]
                    gain += sum((a > b) - (a < b) for a in ones for b in others)
                if gain > 0:
                    layer[low], layer[low + 1] = other, one
                    ranks[number][one], ranks[number][other] = low + 1, low
                    is_better = True


def _crossings(layers: Sequence[Sequence[Place]], after: Mapping[Place, Sequence[Place]]) -> int:
    count = 0
    for layer, beside in pairwise(layers):
        rank = {place: number for number, place in enumerate(beside)}
        ends: list[int] = []
        for place in layer:
            own = sorted(rank[each] for each in after.get(place, ()))
            for end in own:
                count += len(ends) - bisect_right(ends, end)
            for end in own:
                insort(ends, end)
    return count


def _placed(
    layers: Sequence[Sequence[Place]], pairs: Sequence[Pair], sizes: Mapping[Place, float]
) -> dict[Place, float]:
    """Return how far down the middle of everything is: in its order, apart, and as near to its neighbours as may be."""
    before, after = _neighbours(pairs)
    middles: dict[Place, float] = {}
    for layer in layers:
        ends = _apart(layer, sizes)
        for place, end in zip(layer, ends, strict=True):
            middles[place] = end - (ends[-1] if ends else 0) / 2
    for turn in range(ROUNDS):
        for layer in layers if turn % 2 else reversed(layers):
            wishes, weights = [], []
            for place in layer:
                near = [*before.get(place, ()), *after.get(place, ())]
                wishes.append(sum(middles[each] for each in near) / len(near) if near else middles[place])
                # A line that passes by is kept straight before a box is kept near.
                weights.append(4.0 if isinstance(place, tuple) else max(0.1, len(near)))
            for place, middle in zip(layer, _kept_apart(wishes, weights, _apart(layer, sizes)), strict=True):
                middles[place] = middle
    top = min((middles[place] - sizes[place] / 2 for place in middles), default=0.0)
    return {place: middle - top + HEAD_HEIGHT for place, middle in middles.items()}


def _apart(layer: Sequence[Place], sizes: Mapping[Place, float]) -> list[float]:
    """Return where everything of a column stands when it stands as close as it may, from the middle of the first one."""
    ends = [0.0] if layer else []
    for one, other in pairwise(layer):
        are_boxes = not isinstance(one, tuple) and not isinstance(other, tuple)
        ends.append(ends[-1] + (sizes[one] + sizes[other]) / 2 + (BETWEEN_BOXES if are_boxes else AROUND_LINE))
    return ends


def _kept_apart(wishes: Sequence[float], weights: Sequence[float], closest: Sequence[float]) -> list[float]:
    """Return the places nearest to the wishes (least squares) that keep the order and the distances of `closest`."""
    # What is left of a wish after the distances must not fall: neighbours that would are pooled to their mean.
    pools: list[tuple[float, float, int]] = []
    for wish, weight, end in zip(wishes, weights, closest, strict=True):
        pool = (wish - end, weight, 1)
        while pools and pools[-1][0] > pool[0]:
            mean, total, count = pools.pop()
            both = total + pool[1]
            pool = ((mean * total + pool[0] * pool[1]) / both, both, count + pool[2])
        pools.append(pool)
    means = [mean for mean, _total, count in pools for _each in range(count)]
    return [mean + end for mean, end in zip(means, closest, strict=True)]


def _paths(
    boxes: Mapping[int, Box],
    chains: Sequence[Sequence[Place]],
    middles: Mapping[Place, float],
    left: Mapping[int, int],
    box_width: int,
) -> list[str]:
    """Return each line as a path: from the right edge of its first box, round whatever stands between, to its last one."""
    starts = _ports(boxes, {number: (chain[0], chain[1]) for number, chain in enumerate(chains)}, middles)
    ends = _ports(boxes, {number: (chain[-1], chain[-2]) for number, chain in enumerate(chains)}, middles)
    found = []
    for number, chain in enumerate(chains):
        first, last = boxes[_key(chain[0])], boxes[_key(chain[-1])]
        x, y = first.x + box_width, starts[number]
        path = f"M{x} {y}"
        for place in chain[1:-1]:
            if isinstance(place, tuple):
                across = left[place[1]]
                path += _bend(x, y, across, round(middles[place])) + f"H{across + box_width}"
                x, y = across + box_width, round(middles[place])
        found.append(path + _bend(x, y, last.x, ends[number]))
    return found


def _key(place: Place) -> int:
    return place if isinstance(place, int) else place[0]


def _bend(x: int, y: int, to_x: int, to_y: int) -> str:
    half = (x + to_x) // 2
    return f"H{to_x}" if y == to_y else f"C{half} {y} {half} {to_y} {to_x} {to_y}"


def _ports(
    boxes: Mapping[int, Box], lines: Mapping[int, tuple[Place, Place]], middles: Mapping[Place, float]
) -> dict[int, int]:
    """Return how far down each line meets its box: in the order of where they lead, so that none cross at the edge."""
    at_box: dict[int, list[int]] = defaultdict(list)
    for number, (place, _toward) in lines.items():
        at_box[_key(place)].append(number)
    found = {}
    for key, numbers in at_box.items():
        box = boxes[key]
        numbers.sort(key=lambda number: (middles[lines[number][1]], number))
        apart = min(10.0, (box.height - 16) / max(1, len(numbers)))
        first = box.y + box.height / 2 - apart * (len(numbers) - 1) / 2
        for place, number in enumerate(numbers):
            found[number] = round(first + apart * place)
    return found
