"""The library at its full size: 311,559 real records imported, indexed, and asked, beside SQLite's FTS5 in the same run."""

from __future__ import annotations

import json
import random
import re
import shutil
import signal
import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import zstandard
from rich.console import Console
from rich.table import Table

from benchmarks import schools
from benchmarks.server import serving

RECORDS = schools.PROJECT.parent / "shared" / "data" / "content" / "resources" / "library_all.jsonl.zst"
SEED = 20_261_126
IMPORTED_AGAIN = 200_000
FACETS_BESIDE = ("language", "kind", "source")
CODES_PER_ROW = 2
QUERIES, QUICK_QUERIES = 400, 120


def measure(*, quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Import, index and ask the whole library; returns every figure, or why it was skipped."""
    if not RECORDS.exists():
        return {"skipped": f"{RECORDS.name} is not there", "summary": {}}
    folder, _made = schools.demo_school()
    copy = schools.copy_of(folder)
    found: dict[str, Any] = {}
    try:
        say("Library: importing 311,559 records")
        found["import"] = _import(copy, RECORDS)
        say("Library: indexing them")
        seconds, cpu, said = schools.timed(
            [schools.program("headway"), "library", "index", "--json"], schools.environment(copy)
        )
        found["index"] = {"seconds": seconds, "cpu_seconds": cpu, "resources": json.loads(said)["resources"]}
        found["index"]["megabytes"] = _size(copy / "search") / 1e6
        count = QUICK_QUERIES if quick else QUERIES
        say("Library: asking the engine")
        found["engine"] = schools.inside(copy, "library_engine", count, SEED)
        say("Library: asking SQLite FTS5 the same")
        found["fts5"] = _fts5(copy, found["engine"].pop("asked"))
        say("Library: pages")
        found["pages"] = _pages(copy, 20 if quick else 60)
    finally:
        shutil.rmtree(copy, ignore_errors=True)
    say("Library: 200,000 rows with alignments, and a plug pulled")
    found["aligned"] = _aligned(folder)
    mine, peer = found["engine"]["beside"]["mean"], found["fts5"]["mean"]
    found["summary"] = {
        "library.index_cpu_s": found["index"]["cpu_seconds"],
        "library.query_p50_ms": found["engine"]["full"]["p50"],
        "library.query_p95_ms": found["engine"]["full"]["p95"],
        "library.typing_ms": found["engine"]["typing"]["p50"],
        "library.times_less_than_fts5": peer / mine,
        "library.page_cpu_ms": found["pages"]["search"]["cpu_ms"],
        "library.server_mb": found["pages"]["megabytes"],
        "library.rows_per_second": found["aligned"]["rows_per_second"],
    }
    return found


def _import(copy: Path, path: Path) -> dict[str, Any]:
    command = [schools.program("headway"), "import", "table", str(path), "--source", "bench", "--json"]
    seconds, cpu, said = schools.timed(command, schools.environment(copy))
    taken = json.loads(said)["taken"]["resources"]
    return {"seconds": seconds, "cpu_seconds": cpu, "rows": taken["made"], "rows_per_second": taken["made"] / seconds}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


# --- the other side ----------------------------------------------------------------------------------------------------


def _fts5(copy: Path, asked: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Ask SQLite's full text search the same: twenty ranked results, the same filters, counts of three facets."""
    database = sqlite3.connect(copy / "headway.sqlite3")
    began = time.process_time()
    database.executescript(
        """
        CREATE VIRTUAL TABLE peer USING fts5(title, topics, body, tokenize = 'porter unicode61 remove_diacritics 2');
        INSERT INTO peer(rowid, title, topics, body) SELECT id, title, topics, description || ' ' || text FROM records_resource;
        CREATE INDEX peer_facts ON records_resource(id, language, kind, source);
        CREATE TEMP TABLE hit(id INTEGER PRIMARY KEY, rank REAL, language TEXT, kind TEXT, source TEXT);
        """
    )
    building = time.process_time() - began
    spent = []
    for one in asked:
        match = " ".join(f'"{word}"' for word in one["words"].split())
        began = time.process_time()
        database.execute("DELETE FROM hit")
        database.execute(
            "INSERT INTO hit SELECT peer.rowid, bm25(peer, 3, 1.5, 1), language, kind, source FROM peer"
            " JOIN records_resource ON records_resource.id = peer.rowid WHERE peer MATCH ? AND (? = '' OR language = ?)",
            [match, one["language"], one["language"]],
        )
        database.execute("SELECT id FROM hit ORDER BY rank LIMIT 20").fetchall()
        for facet in FACETS_BESIDE:
            database.execute(f"SELECT {facet}, count(*) FROM hit GROUP BY {facet}").fetchall()  # noqa: S608 three names of ours
        spent.append((time.process_time() - began) * 1000)
    database.close()
    return {"index_cpu_seconds": building, **_quantiles(spent)}


def _quantiles(spent: Sequence[float]) -> dict[str, float]:
    ranked = sorted(spent)
    return {
        "mean": statistics.fmean(ranked),
        "p50": statistics.median(ranked),
        "p95": ranked[min(len(ranked) - 1, int(len(ranked) * 0.95))],
        "max": ranked[-1],
    }


# --- pages -------------------------------------------------------------------------------------------------------------


def _pages(copy: Path, repeats: int) -> dict[str, Any]:
    """Ask the running server for the library page, each time for other words."""
    plan = schools.inside(copy, "library_visits", repeats * 2, SEED + 1)
    found: dict[str, Any] = {}
    with serving(copy) as server:
        for name in ("search", "typing"):
            requests = [
                {"path": path, "headers": {"Cookie": plan["cookie"], "Accept-Encoding": "br, gzip"}}
                for path in plan[name]
            ]
            server.load([requests[:repeats]])  # connections, templates and the index are open now
            load, cpu = server.load([requests[repeats:]])
            if set(load.statuses) != {"200"}:
                raise SystemExit(f"Library page: {load.statuses}")
            found[name] = {
                "cpu_ms": cpu / len(load.seconds) * 1000,
                "p50": load.quantile(0.5) * 1000,
                "p95": load.quantile(0.95) * 1000,
            }
        processes = [server.process, *server.process.children(recursive=True)]
        # Apertium's programs are Debian's, start with the first Spanish search, and are counted apart.
        translating = [each for each in processes if each.name().startswith(("lt-", "apertium"))]
        serving_ones = [each for each in processes if each not in translating]
        found["megabytes"] = sum(_own_bytes(each) for each in serving_ones) / 1e6
        found["translating_megabytes"] = sum(_own_bytes(each) for each in translating) / 1e6
        found["processes"] = len(serving_ones)
    return found


def _own_bytes(process: psutil.Process) -> int:
    """Return the memory of a process, what it shares with others counted by its share (as the kernel reckons it)."""
    return int(process.memory_full_info().pss)


# --- rows with alignments, and the plug --------------------------------------------------------------------------------


def _rows_with_alignments(path: Path, codes: Sequence[str]) -> None:
    """Write the first 200,000 records, each with two of the demo school's skills, as JSON lines."""
    luck = random.Random(SEED)
    with path.open("w", encoding="utf-8") as out:
        for number, record in zip(range(IMPORTED_AGAIN), _records(), strict=False):
            record["alignments"] = luck.sample(codes, CODES_PER_ROW)
            record["id"] = f"{number}:{record['id']}"
            out.write(json.dumps(record) + "\n")


def _records() -> Iterator[dict[str, Any]]:
    with RECORDS.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
        rest = b""
        while piece := stream.read(1 << 20):
            *lines, rest = (rest + piece).split(b"\n")
            yield from (json.loads(line) for line in lines if line.strip())


def _aligned(folder: Path) -> dict[str, Any]:
    whole, cut_off = schools.copy_of(folder), schools.copy_of(folder)
    with tempfile.TemporaryDirectory(prefix="headway-bench-rows-") as place:
        rows = Path(place) / "rows.jsonl"
        try:
            _rows_with_alignments(rows, schools.inside(whole, "skill_codes"))
            command = [schools.program("headway"), "import", "table", str(rows), "--source", "bench", "--json"]
            command += ["--school", schools.inside(whole, "school_name")]
            before = schools.inside(whole, "library_fingerprint")
            seconds, cpu, _said = schools.timed(command, schools.environment(whole))
            aligned = schools.inside(whole, "library_fingerprint")
            again_seconds, _cpu, said = schools.timed(command, schools.environment(whole))
            killed_after = []
            for share in (0.3, 0.6, 0.9):
                killed_after.append(_killed(command, cut_off, seconds * share))
                after = schools.inside(cut_off, "library_fingerprint")
                if after != before:
                    raise SystemExit(
                        f"Killed after {killed_after[-1]} s the library is not as it was: {before} {after}"
                    )
        finally:
            shutil.rmtree(whole, ignore_errors=True)
            shutil.rmtree(cut_off, ignore_errors=True)
    return {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "rows_per_second": IMPORTED_AGAIN / seconds,
        "alignments": aligned["alignments"] - before["alignments"],
        "killed_after_seconds": killed_after,
        "again_seconds": again_seconds,
        "again_unchanged": json.loads(said)["taken"]["resources"]["unchanged"],
    }


def _killed(command: Sequence[str], copy: Path, seconds: float) -> float:
    """Begin the import and kill it after some seconds; returns after how many."""
    began = time.monotonic()
    process = subprocess.Popen(
        command, env=schools.environment(copy), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    else:
        raise SystemExit("The import was over before it could be killed.")
    return round(time.monotonic() - began, 1)


# --- inside ------------------------------------------------------------------------------------------------------------


def questions(count: int, seed: int) -> list[dict[str, Any]]:
    """Return searches as people ask them: one to three words of one title, every second one in one language."""
    from headway.records.library.models import Resource  # noqa: PLC0415

    luck = random.Random(seed)
    titles = list(Resource.objects.filter(source="bench").order_by("pk").values_list("title", "language")[::97])
    asked: list[dict[str, Any]] = []
    while len(asked) < count:
        title, language = luck.choice(titles)
        words = re.findall(r"[^\W\d_]{4,}", title)
        wanted = 1 + len(asked) % 3
        if len(words) >= wanted:
            narrowed = language if len(asked) % 2 else ""
            asked.append({"words": " ".join(luck.sample(words, wanted)), "language": narrowed})
    return asked


def _swapped(word: str, luck: random.Random) -> str:
    place = luck.randrange(1, len(word) - 2)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def library_engine(count: int, seed: int) -> dict[str, Any]:
    """Ask the engine: full searches with every facet, the same with three facets, words being typed, and typing errors."""
    from headway.core.library.search import asking  # noqa: PLC0415
    from headway.core.library.search.values import Asked, Facet, Reader  # noqa: PLC0415
    from headway.core.library.search.values import Order as By  # noqa: PLC0415
    from headway.records.library import search_index  # noqa: PLC0415

    opened = asking.look(search_index.opened().index)
    _ = opened.spelling
    asked = questions(count, seed)
    luck = random.Random(seed)

    def spent(searches: Sequence[Asked], **facts: Any) -> tuple[dict[str, float], list[Any]]:
        times, answers = [], []
        for one in searches:
            began = time.process_time()
            answers.append(asking.find(opened, one, school_id=1, **facts))
            times.append((time.process_time() - began) * 1000)
        return _quantiles(times), answers

    def chosen(one: dict[str, Any]) -> dict[Facet, tuple[str, ...]]:
        return {Facet.LANGUAGE: (one["language"],)} if one["language"] else {}

    some = (Facet.LANGUAGE, Facet.KIND, Facet.SOURCE)
    plain = [Asked(words=one["words"], chosen=chosen(one), count_facets=some) for one in asked]
    full = [Asked(words=one["words"], chosen=chosen(one)) for one in asked]
    reader = Reader(
        languages={"en": 6.0, "es": 7.0}, grade=7, interests=("animals", "music"), done=frozenset(range(1, 150))
    )
    fits = [Asked(words=one["words"], reader=reader, fits=True, order=By.FIT) for one in asked]
    begun = [Asked(words=one["words"][: 3 + place % 6], count_facets=(), limit=8) for place, one in enumerate(asked)]
    wrong = [
        (word, _swapped(word, luck))
        for word in (one["words"].split()[0] for one in asked)
        if len(word) >= 5 and word.isascii()
    ][:100]
    wrong = [(right, typed) for right, typed in wrong if right.casefold() != typed.casefold()]
    opened.counted.clear()
    beside, _found = spent(plain)
    opened.counted.clear()
    everything, _found = spent(full)
    fitting, _found = spent(fits)
    typing, _found = spent(begun, as_typed=True)
    opened.counted.clear()
    mended, answers = spent([Asked(words=typed) for _right, typed in wrong])
    return {
        "asked": asked,
        "count": len(asked),
        "beside": beside,
        "full": everything,
        "fits": fitting,
        "typing": typing,
        "typos": mended,
        "typos_asked": len(wrong),
        "typos_found": sum(1 for found in answers if found.total),
        "megabytes": psutil.Process().memory_info().rss / 1e6,
    }


def library_visits(count: int, seed: int) -> dict[str, Any]:
    """Return addresses of the library page with other words each, and a teacher's cookie."""
    from urllib.parse import urlencode  # noqa: PLC0415

    from django.urls import reverse  # noqa: PLC0415

    from benchmarks.tasks import cookie_of, find_class  # noqa: PLC0415
    from headway.records.roster import queries as roster  # noqa: PLC0415

    school_class, _monday = find_class(26)
    teacher = roster.teachers_of(school_class)[0]
    page = reverse("teacher-library", kwargs={"class_id": school_class.pk})
    asked = questions(count, seed)
    return {
        "cookie": cookie_of(teacher),
        "search": [f"{page}?{urlencode({'q': one['words']})}" for one in asked],
        "typing": [f"{page}words/?{urlencode({'q': one['words'][:5]})}" for one in asked],
    }


def school_name() -> str:
    """Return what the demo's school is called."""
    from headway.records.roster import queries as roster  # noqa: PLC0415

    return next(iter(roster.all_classes())).school.name


def skill_codes() -> list[str]:
    """Return the codes of the demo school's skills."""
    from headway.records.standards.models import Competency  # noqa: PLC0415

    return sorted(set(Competency.objects.filter(is_assessable=True).exclude(code="").values_list("code", flat=True)))


def library_fingerprint() -> dict[str, Any]:
    """Return what tells one library from another: counts and the newest rows."""
    from headway.records.library.models import Alignment, Collection, Resource, ShelfChange, StoredFile  # noqa: PLC0415

    return {
        "resources": Resource.objects.count(),
        "alignments": Alignment.objects.count(),
        "collections": Collection.objects.count(),
        "files": StoredFile.objects.count(),
        "log": ShelfChange.objects.count(),
        "newest": Resource.objects.order_by("-pk").values_list("pk", flat=True).first(),
    }


# --- printing ----------------------------------------------------------------------------------------------------------


def show(found: dict[str, Any], console: Console) -> None:
    """Print the figures as they stand in docs/benchmarks.md."""
    if "skipped" in found:
        console.print(f"Library: skipped, {found['skipped']}.")
        return
    table = Table(title="Searching 311,559 resources, CPU milliseconds", title_justify="left")
    for head in ("", "mean", "p50", "p95", "longest"):
        table.add_column(head, justify="left" if not head else "right")
    ours, peer = found["engine"], found["fts5"]
    for name, row in (
        ("20 results, filters, 3 facets", ours["beside"]),
        ("the same on SQLite FTS5", peer),
        ("20 results, filters, all 16 facets", ours["full"]),
        ("what fits a student, in the order of fit, 16 facets", ours["fits"]),
        ("as somebody types", ours["typing"]),
        ("with a typing error", ours["typos"]),
    ):
        table.add_row(name, f"{row['mean']:.2f}", f"{row['p50']:.2f}", f"{row['p95']:.2f}", f"{row['max']:.1f}")
    console.print(table)
    ratios = {name: peer[name] / ours["beside"][name] for name in ("mean", "p50", "p95")}
    console.print(
        f"FTS5 takes {ratios['mean']:.0f} times the CPU over all {ours['count']} searches (p50 {ratios['p50']:.1f}, p95"
        f" {ratios['p95']:.0f} times; its own spread is wide because a rare word costs it nothing)."
    )
    console.print(f"Typing errors found: {ours['typos_found']} of {ours['typos_asked']}.")
    index, came = found["index"], found["import"]
    console.print(
        f"Import {came['rows']:,} rows in {came['seconds']:.0f} s ({came['rows_per_second']:,.0f} a second);"
        f" index {index['cpu_seconds']:.0f} s CPU, {index['megabytes']:.0f} MB (FTS5 {peer['index_cpu_seconds']:.0f} s)."
    )
    pages = found["pages"]
    console.print(
        f"Library page {pages['search']['cpu_ms']:.1f} ms CPU in the server, typing {pages['typing']['cpu_ms']:.1f} ms;"
        f" server {pages['megabytes']:.0f} MB in {pages['processes']} processes,"
        f" Apertium's programs {pages['translating_megabytes']:.0f} MB."
    )
    again = found["aligned"]
    console.print(
        f"200,000 rows with {again['alignments']:,} alignments: {again['seconds']:.0f} s, {again['rows_per_second']:,.0f} rows a"
        f" second; killed after {again['killed_after_seconds']} s each time as it was; the same again {again['again_seconds']:.0f} s,"
        f" {again['again_unchanged']:,} unchanged."
    )
