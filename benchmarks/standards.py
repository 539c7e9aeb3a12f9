"""Standards measured: a CASE package of 5,000 competencies in by the command line, and out again over HTTP."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import schools, tables
from benchmarks.server import serving

ITEMS = 5000
MOMENT = "2026-01-05T08:00:00+00:00"


def _id(number: int, sort: str) -> str:
    return f"{number:08}-0000-4000-{sort}000-000000000000"


def _end(number: int) -> dict[str, str]:
    name = _id(number, "8")
    return {"title": f"P.{number}", "identifier": name, "uri": f"https://example.org/CFItems/{name}"}


def made_package(items: int) -> dict[str, Any]:
    """Return a CASE package with a tree ten wide and a chain of prerequisites: two associations an item."""

    def association(number: int, sort: str, kind: str, target: int, **more: Any) -> dict[str, Any]:
        name = _id(number, sort)
        return {
            "identifier": name,
            "uri": f"https://example.org/CFAssociations/{name}",
            "associationType": kind,
            "originNodeURI": _end(number),
            "destinationNodeURI": _end(target),
            "lastChangeDateTime": MOMENT,
            **more,
        }

    return {
        "CFDocument": {
            "identifier": _id(items, "8"),
            "uri": f"https://example.org/CFDocuments/{_id(items, '8')}",
            "title": "A large framework",
            "creator": "Nobody",
            "lastChangeDateTime": MOMENT,
        },
        "CFItems": [
            {
                **{name: value for name, value in _end(number).items() if name != "title"},
                "fullStatement": f"Solve problem {number} with the numbers {number} and {number + 1}, and say why.",
                "humanCodingScheme": f"P.{number}",
                "educationLevel": ["07"],
                "lastChangeDateTime": MOMENT,
            }
            for number in range(items)
        ],
        "CFAssociations": [
            association(number, "9", "isChildOf", number // 10, sequenceNumber=number) for number in range(1, items)
        ]
        + [association(number, "a", "precedes", number + 1) for number in range(items - 1)],
    }


def measure(*, quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Return seconds and CPU seconds of taking a package in, again, as a new edition, and of giving it."""
    items = ITEMS // 10 if quick else ITEMS
    found: dict[str, Any] = {"items": items}
    with tempfile.TemporaryDirectory(prefix="headway-bench-standards-") as name:
        folder = Path(name)
        env = schools.environment(folder)
        small, large = folder / "small.json", folder / "large.json"
        small.write_text(json.dumps(made_package(2)), encoding="utf-8")
        package = made_package(items)
        large.write_text(json.dumps(package), encoding="utf-8")
        found["megabytes"] = large.stat().st_size / 2**20
        # The first run makes the tables; a small package says what starting the program costs.
        schools.timed([schools.program("headway"), "import", "case", str(small)], env)
        for step, changed in (("start", small), ("in", large), ("again", large)):
            say(f"CASE: {step}")
            seconds, cpu, _said = schools.timed(
                [schools.program("headway"), "import", "case", str(changed), "--json"], env
            )
            found[step] = {"seconds": seconds, "cpu_seconds": cpu}
        package["CFItems"] = [*package["CFItems"][1:], {**package["CFItems"][0], "fullStatement": "Begin anew."}]
        large.write_text(json.dumps(package), encoding="utf-8")
        for step, more in (("preview", ["--preview"]), ("edition", [])):
            say(f"CASE: {step}")
            seconds, cpu, _said = schools.timed(
                [schools.program("headway"), "import", "case", str(large), "--json", *more], env
            )
            found[step] = {"seconds": seconds, "cpu_seconds": cpu}
        say("CASE over HTTP")
        with serving(folder) as server:
            for version in ("v1p0", "v1p1"):
                path = f"/ims/case/{version}/CFPackages/{package['CFDocument']['identifier']}"
                requests = [{"path": path, "headers": {}}] * (2 if quick else 5)
                server.load([requests[:1]])
                load, cpu = server.load([requests])
                if set(load.statuses) != {"200"}:
                    raise SystemExit(f"{path}: {load.statuses}")
                found[version] = {"seconds": load.quantile(0.5), "cpu_seconds": cpu / len(requests)}
            path = f"/ims/case/v1p1/CFItems/{_id(7, '8')}"
            load, cpu = server.load([[{"path": path, "headers": {}}] * 50])
            found["item_cpu_ms"] = cpu / 50 * 1000
    found["summary"] = {
        "standards.case_in_s": found["in"]["seconds"],
        "standards.case_out_cpu_s": max(found[version]["cpu_seconds"] for version in ("v1p0", "v1p1")),
    }
    return found


def show(found: dict[str, Any], console: Console) -> None:
    """Print what was measured."""
    words = {
        "start": "the program alone, with two competencies",
        "in": "in",
        "again": "the same again (changes nothing)",
        "preview": "a new edition, shown only",
        "edition": "a new edition, every place in the file moved",
        "v1p0": "out over HTTP, CASE 1.0",
        "v1p1": "out over HTTP, CASE 1.1",
    }
    rows = [
        [said, f"{found[step]['seconds']:.2f}", f"{found[step]['cpu_seconds']:.2f}"] for step, said in words.items()
    ]
    title = f"CASE: {found['items']:,} competencies, twice as many associations, {found['megabytes']:.1f} MB"
    console.print(tables.table(title, ["", "s", "CPU s"], rows))
    console.print(f"One competency over HTTP: {found['item_cpu_ms']:.1f} ms CPU.")
