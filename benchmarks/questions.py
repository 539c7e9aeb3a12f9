"""The question engine measured: documents read, answers scored, hostile documents refused, agreement with others.

Speed is of one core, CPU time, the best of several rounds over the items of Cito and the conformance fixtures, each scored with
its own key. Hostile documents are given to a process of their own, whose memory is read before and after.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import tables
from headway.core.items.document import Item, item_of, parse_item
from headway.core.items.markup import Node, read_document, write_document
from headway.core.items.rules.values import Value, is_number, same_single, write_values
from headway.core.items.session import answer, begin, key_response, mark, missing_in
from headway.core.shared.errors import RuleBroken
from headway.exchange.qti.upgrading import upgraded

QTI = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "interop" / "qti" / "dev"

HOSTILE: dict[str, Callable[[], str]] = {
    "entities that grow (a billion laughs)": lambda: (
        '<!DOCTYPE q [<!ENTITY a0 "ha">'
        + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
        + "]><q>&a9;</q>"
    ),
    "a file of the machine as an entity": lambda: '<!DOCTYPE q [<!ENTITY a SYSTEM "file:///etc/passwd">]><q>&a;</q>',
    "a definition from elsewhere": lambda: '<!DOCTYPE q SYSTEM "http://127.0.0.1:9/q.dtd"><q/>',
    "100 MB of text": lambda: "<q>" + "x" * 100_000_000 + "</q>",
    "10,000 levels": lambda: "<q>" * 10_000 + "</q>" * 10_000,
    "2 million elements": lambda: "<q>" + "<a/>" * 2_000_000 + "</q>",
    "100,000 attributes": lambda: "<q " + " ".join(f'a{n}="1"' for n in range(100_000)) + "/>",
}
# The document is read before memory is looked at: what counts is what the engine takes beside it. The peak is that of this
# process alone; `ru_maxrss` would begin with the peak of its parent.
_TRY = """
import sys, time
from pathlib import Path
from headway.core.items.document import parse_item
from headway.core.shared.errors import RuleBroken
def kilobytes(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))
content = Path(sys.argv[1]).read_bytes()
Path("/proc/self/clear_refs").write_text("5")
before, began = kilobytes("VmRSS"), time.perf_counter()
try:
    parse_item(content)
    ended = "read"
except RuleBroken as rule:
    ended = "refused"
print(ended, time.perf_counter() - began, (kilobytes("VmHWM") - before) / 1024)
"""


def _documents() -> list[str]:
    found: list[str] = []
    for path in sorted([*(QTI / "cito-items").rglob("*.xml"), *(QTI / "pie-conformance-A").rglob("item.xml")]):
        try:
            document = write_document(upgraded(read_document(path.read_bytes())))
            parse_item(document)
        except RuleBroken:
            continue  # tests and manifests lie among the items
        found.append(document)
    return found


def _rate(count: int, work: Callable[[], object], rounds: int) -> float:
    """Return how many a second of CPU, in the best of some rounds."""
    best = float("inf")
    for _round in range(rounds):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return count / best


def _speed(documents: list[str], rounds: int) -> dict[str, Any]:
    items = [parse_item(document) for document in documents]
    answered = [(item, session := begin(item), key_response(item, session)) for item in items]
    return {
        "items": len(items),
        "kilobytes": sum(map(len, documents)) / len(documents) / 1000,
        "parsed_per_second": _rate(
            len(items), lambda: [missing_in(parse_item(document)) for document in documents], rounds
        ),
        "begun_per_second": _rate(len(items), lambda: [begin(item) for item in items], rounds),
        "scored_per_second": _rate(
            len(items), lambda: [answer(item, session, key) for item, session, key in answered], rounds
        ),
    }


def _hostile() -> dict[str, dict[str, Any]]:
    found = {}
    with tempfile.TemporaryDirectory(prefix="headway-bench-questions-") as folder:
        path = Path(folder) / "hostile.xml"
        for name, made in HOSTILE.items():
            path.write_text(made(), encoding="utf-8")
            done = subprocess.run([sys.executable, "-c", _TRY, path], capture_output=True, text=True, check=False)
            ended, seconds, mebibytes = done.stdout.split() if done.returncode == 0 else ("failed", "60", "0")
            found[name] = {"ended": ended, "seconds": float(seconds), "mebibytes": float(mebibytes)}
    return found


def _texts(given: Any) -> list[str]:
    values = given if isinstance(given, list) else [] if given is None else [given]
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in values]


def _agrees(value: Value, expected: Any) -> bool:
    if isinstance(expected, list):
        return sorted(write_values(value)) == sorted(expected)
    if is_number(value) and isinstance(expected, int | float):
        return same_single(float(value), float(expected))  # type: ignore[arg-type]
    return bool(value == expected)


def _item(path: Path) -> Item:
    root = upgraded(read_document(path.read_bytes()))
    body = () if root.first("qti-item-body") else (Node("qti-item-body"),)
    return item_of(Node(root.name, root.attributes, (*root.children, *body), root.line))


def _conformance() -> dict[str, list[int]]:
    """Return how many agree, of how many: cases of the fixtures, items of Cito that other engines agree on."""
    cases, items = [0, 0], [0, 0]
    for folder in sorted((QTI / "pie-conformance-A").iterdir()):
        told = json.loads((folder / "cases.json").read_text(encoding="utf-8"))
        item = _item(folder / "item.xml")
        for case in told["cases"]:
            expected = dict(case["expect"].get("outcomes", {}))
            if "score" in case["expect"]:
                expected["SCORE"] = case["expect"]["score"]
            response = {name: _texts(value) for name, value in case["responses"].items()}
            outcomes = mark(item, response, seed=told.get("seed", 0)).outcomes
            cases[0] += all(_agrees(outcomes.get(name), value) for name, value in expected.items())
            cases[1] += 1
    for told in json.loads((QTI / "expected-scores-cito-items.json").read_text(encoding="utf-8")):
        path = QTI.parents[1] / told["file"]
        if told["cls"] != "consensus" or not path.is_file():
            continue
        item = _item(path)
        right = {name: _texts(value) for name, value in told["correct_response"].items()}
        empty: dict[str, list[str]] = {name: [] for name in right}
        points = [mark(item, given).outcomes["SCORE"] for given in (right, empty)]
        items[0] += points == [told["expected_SCORE_correct"], told["expected_SCORE_empty"]]
        items[1] += 1
    return {"cases of 45 fixtures (QTI 2.2)": cases, "items of Cito (QTI 3), right and empty answer": items}


def measure(*, quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Return the figures, or why there are none."""
    if not QTI.is_dir():
        return {"skipped": "shared/data/interop/qti is not here", "summary": {}}
    say("questions: read and scored")
    speed = _speed(_documents(), 3 if quick else 15)
    say("questions: hostile documents")
    hostile = _hostile()
    return {
        "speed": speed,
        "hostile": hostile,
        "conformance": _conformance(),
        "summary": {
            "questions.parsed_per_second": speed["parsed_per_second"],
            "questions.scored_per_second": speed["scored_per_second"],
            "questions.hostile_s": max(one["seconds"] for one in hostile.values()),
            "questions.hostile_mb": max(one["mebibytes"] for one in hostile.values()),
        },
    }


def show(found: dict[str, Any], console: Console) -> None:
    """Print what was measured."""
    if "skipped" in found:
        console.print(f"Questions: {found['skipped']}.")
        return
    speed = found["speed"]
    title = f"Questions: {speed['items']} real documents of QTI, {speed['kilobytes']:.1f} KB each, one core"
    rows = [
        ["read, rules made ready", f"{speed['parsed_per_second']:,.0f}"],
        ["begun with a seed", f"{speed['begun_per_second']:,.0f}"],
        ["answers scored", f"{speed['scored_per_second']:,.0f}"],
    ]
    console.print(tables.table(title, ["", "a second of CPU"], rows))
    hostile = [
        [name, one["ended"], f"{one['seconds']:.3f}", f"{one['mebibytes']:.0f}"]
        for name, one in found["hostile"].items()
    ]
    console.print(tables.table("Documents made to do harm", ["", "", "s", "MiB more"], hostile))
    agreed = [[name, f"{right} of {all_}"] for name, (right, all_) in found["conformance"].items()]
    console.print(tables.table("Agreement with the outcomes that others expect", ["", ""], agreed))
