"""Links between standards in files of their own, as plain values: coherence maps, crosswalks, lists of prerequisites.

Such a file names both ends by their codes and brings no standards. `parse` knows it by its fields and gives each link one
kind and one direction.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from headway.core.shared.errors import RuleBroken, gettext_noop

SOURCE = "edges"

NOT_EDGES = gettext_noop(
    "The file names no links between standards. Each row should name two: from and to, and its kind "
    "(prerequisite, crosswalk, related, exact-match)."
)
NO_END = gettext_noop("An end is empty. Name both standards.")
UNKNOWN_KIND = gettext_noop("This kind of link is not known. Write prerequisite, crosswalk, related or exact-match.")
SAME_ENDS = gettext_noop("Both ends are the same standard, or parts of one; it was left out.")

# How the fields of known files read: the end before, the end after, the field with the kind, the kind without one.
FORMS: tuple[tuple[str, str, str, str], ...] = (
    ("from_code", "to_code", "type", "prerequisite"),
    ("begin", "end", "edgedesc", "prerequisite"),
    ("ngss_code", "ccss_code", "", "crosswalk"),
    ("prerequisite", "exercise", "", "prerequisite"),
    ("source", "target", "relation", "related"),
    ("from", "to", "kind", "prerequisite"),
    ("origin", "target", "kind", "prerequisite"),
)
KINDS: Mapping[str, str] = {
    "prerequisite": "prerequisite", "precedes": "prerequisite", "arrow": "prerequisite", "comes before": "prerequisite",
    "related": "related", "is related to": "related", "isrelatedto": "related", "nondirectional link": "related",
    "comprisedof": "related", "derivedfrom": "related", "ispeerof": "related",
    "crosswalk": "crosswalk", "goes with": "crosswalk", "alignto": "crosswalk", "closematch": "crosswalk",
    "exact-match": "exact-match", "exactmatch": "exact-match", "exactmatchof": "exact-match",
}  # fmt: skip
# Says something about one standard, not about two.
NO_LINK = frozenset(["conceptterm"])


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A link as the file names it; `origin_part` and `target_part` say which part of a standard is meant, if only one."""

    kind: str
    origin: str
    target: str
    association: str
    place: str
    origin_part: str = ""
    target_part: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The links of a file, what was left out and what is worth knowing, as (sentence, place)."""

    edges: tuple[Edge, ...]
    refused: tuple[tuple[str, str], ...]
    told: tuple[tuple[str, str], ...]


def rows_of_table(text: str) -> list[tuple[int, object]]:
    """Return (line, row) of a CSV text."""
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    return [(reader.line_num, {(name or "").strip(): cell for name, cell in row.items()}) for row in reader]


def parse(rows: Iterable[tuple[int, object]]) -> Reading:
    """Return the links that (line, object) rows name.

    Raises RuleBroken where the rows have none of the known forms.
    """
    listed = list(rows)
    first = next((row for _line, row in listed if isinstance(row, dict)), {})
    fields = {str(name).strip().casefold(): str(name) for name in first}
    form = next((form for form in FORMS if form[0] in fields and form[1] in fields), None)
    if form is None:
        raise RuleBroken(NOT_EDGES)
    edges: list[Edge] = []
    refused: list[tuple[str, str]] = []
    told: list[tuple[str, str]] = []
    for line, row in listed:
        place = f"line {line}"
        if not isinstance(row, dict):
            refused.append((NO_END, place))
            continue
        given = {str(name).strip().casefold(): _words(value) for name, value in row.items()}
        said = given.get(form[2], "") if form[2] else ""
        if said.casefold() in NO_LINK:
            continue
        kind = KINDS.get(said.casefold(), "") if said else form[3]
        if not kind:
            refused.append((UNKNOWN_KIND, place))
            continue
        edges += _edges(given.get(form[0], ""), given.get(form[1], ""), kind, said or kind, given, place, refused, told)
    return Reading(edges=tuple(edges), refused=tuple(refused), told=tuple(told))


def _words(value: Any) -> str:
    return "" if value is None or isinstance(value, list | dict) else str(value).strip()


def _edges(
    before: str,
    after: str,
    kind: str,
    association: str,
    row: Mapping[str, str],
    place: str,
    refused: list[tuple[str, str]],
    told: list[tuple[str, str]],
) -> Iterator[Edge]:
    if not before or not after:
        refused.append((NO_END, place))
        return
    for (origin, origin_part), (target, target_part) in product(ends_of(before), ends_of(after)):
        if origin == target:
            told.append((SAME_ENDS, place))
            continue
        yield Edge(
            kind=kind,
            origin=origin,
            target=target,
            association=association[:80],
            place=place,
            origin_part=origin_part,
            target_part=target_part,
            note=row.get("note", ""),
        )


def ends_of(name: str) -> Sequence[tuple[str, str]]:
    """Return (code, part) for each standard an end names: `0.G.1,2` names two, `1.OA.6||to 15` a part of one."""
    code, _bars, part = name.partition("||")
    if "://" in code or code.startswith("urn:"):
        return [(code.strip(), part.strip())]
    found: list[tuple[str, str]] = []
    for piece in (piece.strip() for piece in re.split(r"[;,]", code)):
        if not piece:
            continue
        # `0.G.1,2`: only the last part is said again, the rest is that of the code before it.
        is_last_part = bool(found) and re.fullmatch(r"\d+[a-z]?|[a-z]", piece) is not None
        found.append((re.sub(r"[^.]+$", piece, found[-1][0]) if is_last_part else piece, part.strip()))
    return found
