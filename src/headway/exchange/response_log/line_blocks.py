"""Reads the forms of the knowledge-tracing papers in which a student is a few lines, and writes them as a table.

| lines | what they hold after the first, which counts the answers (or names the student and counts them) |
|---|---|
| 3 | skills; right or wrong |
| 4 | items; skills; right or wrong |
| 6 | items; skills; right or wrong; times; seconds used (NA where a log has none) |
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from headway.exchange.response_log import wire
from headway.exchange.shared.import_report import FileRefused

HEADER = ("student", "item", "skill", "correct", "time")
# Which line of a student holds which part, by how many lines a student has.
FORMS: Mapping[int, Mapping[str, int]] = {
    3: {"skill": 1, "correct": 2},
    4: {"item": 1, "skill": 2, "correct": 3},
    6: {"item": 1, "skill": 2, "correct": 3, "time": 4},
}
FIRST = re.compile(r"\s*[^,\s]+\s*,?\s*|\s*[^,]+,\s*\d+\s*,?\s*")
RESULT = re.compile(r"-?[01](?:\.\d+)?")
STUDENTS_LOOKED_AT = 8
ABSENT = "NA"


def lines_a_student(plain: Path) -> int:
    """Return how many lines a student has in the file, or 0 where it is of no such form."""
    with plain.open(encoding="utf-8") as file:
        first = list(islice((line for line in file if line.strip()), max(FORMS) * STUDENTS_LOOKED_AT))
    if not first or not re.fullmatch(r"\s*\w+\s*,\s*\d+\s*,?\s*|\s*\d+\s*,?\s*", first[0]):
        return 0
    fitting = [size for size, parts in FORMS.items() if _fits(first, size, parts)]
    # The start of six lines can look like four; a file that is cut off has no form that uses all its lines.
    return next((size for size in fitting if len(first) % size == 0), fitting[0] if fitting else 0)


def _fits(lines: Sequence[str], size: int, parts: Mapping[str, int]) -> bool:
    blocks = [lines[start : start + size] for start in range(0, len(lines) - size + 1, size)]
    return bool(blocks) and all(_is_student(block, parts) for block in blocks)


def _is_student(block: Sequence[str], parts: Mapping[str, int]) -> bool:
    results = _values(block[parts["correct"]])
    counted = _values(block[0])[-1]
    lengths = {len(_values(block[line])) for line in parts.values() if block[line].strip() != ABSENT}
    return (
        FIRST.fullmatch(block[0].rstrip("\n")) is not None
        and counted == str(len(results))
        and lengths == {len(results)}
        and all(RESULT.fullmatch(value) for value in results)
    )


def write_table(plain: Path, lines: int, target: Path) -> None:
    """Write the file as a table with a row an answer; raises FileRefused with the line where a student is broken."""
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for number, (line, block) in enumerate(_blocks(plain, lines), start=1):
            first = _values(block[0])
            student = first[0] if len(first) > 1 else str(number)
            columns = {part: _values(block[place]) for part, place in FORMS[lines].items()}
            wanted = len(columns["correct"])
            for part, values in columns.items():
                if values == [ABSENT]:
                    columns[part] = [""] * wanted
                elif len(values) != wanted:
                    at = line + FORMS[lines][part]
                    raise FileRefused(wire.WRONG_COUNT, place=f"line {at}", line=at, found=len(values), wanted=wanted)
            nothing = [""] * wanted
            writer.writerows(zip([student] * wanted, *(columns.get(part, nothing) for part in HEADER[1:]), strict=True))


def _blocks(plain: Path, size: int) -> Iterator[tuple[int, list[str]]]:
    """Yield (number of the first line, lines) of every student."""
    with plain.open(encoding="utf-8") as file:
        used = ((number, line) for number, line in enumerate(file, start=1) if line.strip())
        while block := list(islice(used, size)):
            if len(block) < size:
                raise FileRefused(wire.CUT_OFF, place=f"line {block[-1][0]}", line=block[-1][0])
            yield block[0][0], [line for _number, line in block]


def _values(line: str) -> list[str]:
    return [value.strip() for value in line.strip().rstrip(",").split(",")]
