"""What a long piece of work keeps, so that an interrupted one goes on where it stopped.

A folder under the data folder belongs to one file, one version of the code and one choice of options. It holds answers of
students, so it goes away when the work is done, and after LONGEST_DAYS when nobody came back.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np

from headway.core import evidence
from headway.core.evidence.answer_log import AnswerLog
from headway.core.evidence.calibration import Flips
from headway.core.evidence.coverage import NextAnswers
from headway.core.evidence.evaluation import FoldOutcome
from headway.core.shared.errors import HeadwayError
from headway.exchange import response_log
from headway.exchange.response_log.table import LogTable
from headway.exchange.shared.import_report import Told

LONGEST_DAYS: Final = 30
DONE: Final = "whole.json"
_AT_ONCE: Final = 1 << 20


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a path to write to, and put what was written in the place of `path` in one step."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    os.close(handle)
    beside = Path(name)
    try:
        yield beside
        beside.chmod(0o644)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_json(path: Path, stored: object) -> None:
    """Write a JSON file in one step."""
    with written_whole(path) as beside:
        beside.write_text(json.dumps(stored, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Return what a JSON file holds."""
    return json.loads(path.read_text(encoding="utf-8"))


def key_of(path: Path, options: Mapping[str, Any]) -> str:
    """Return what names the work on a file: its bytes, the code that reads and fits, and the options."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_AT_ONCE):
            digest.update(piece)
    for package in (evidence, response_log):
        for source in sorted(Path(package.__path__[0]).glob("*.py")):
            digest.update(source.read_bytes())
    digest.update(json.dumps(options, sort_keys=True, default=str).encode())
    return digest.hexdigest()[:24]


@contextmanager
def work_folder(parent: Path, key: str, *, now_seconds: float) -> Iterator[Path]:
    """Give the folder of a piece of work; it stays when the work is interrupted and goes away when it is done."""
    parent.mkdir(parents=True, exist_ok=True)
    for old in parent.iterdir():
        if old.is_dir() and now_seconds - old.stat().st_mtime > LONGEST_DAYS * 86_400:
            shutil.rmtree(old, ignore_errors=True)
    folder = parent / key
    folder.mkdir(mode=0o700, exist_ok=True)
    for scratch in folder.glob("scratch-*"):  # what an interrupted run was reading into
        shutil.rmtree(scratch, ignore_errors=True)
    try:
        yield folder
    except HeadwayError:
        shutil.rmtree(folder, ignore_errors=True)  # a log that is refused once is refused again
        raise
    shutil.rmtree(folder, ignore_errors=True)


# --- a log as columns ------------------------------------------------------------------------------------------------

_NAMES = ("student_names", "item_names", "skill_names")
_PER_STUDENT = ("parts", "groups")


def keep_table(folder: Path, table: LogTable) -> None:
    """Write a log that was read; its columns come back from files, not from memory."""
    target = folder / "log"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    log = table.log
    arrays = [field.name for field in fields(AnswerLog) if isinstance(getattr(log, field.name), np.ndarray)]
    for name in arrays:
        np.save(target / f"{name}.npy", np.asarray(getattr(log, name)))
    for kind in _PER_STUDENT:
        for number, part in enumerate(getattr(log, kind).values()):
            np.save(target / f"{kind}-{number}.npy", part)
    write_json(
        target / DONE,
        {
            "arrays": arrays,
            **{name: list(getattr(log, name)) for name in _NAMES},
            **{kind: list(getattr(log, kind)) for kind in _PER_STUDENT},
            "group_names": {name: list(names) for name, names in log.group_names.items()},
            "has_items": log.has_items,
            "table": {
                "found": dict(table.found),
                "notes": [told.as_json() for told in table.notes],
                "fingerprint": table.fingerprint,
                "has_times": table.has_times,
                "split": table.split,
                "split_values": dict(table.split_values),
                "rows_in_file": table.rows_in_file,
                "folded": table.folded,
                "left_out": table.left_out,
            },
        },
    )


def kept_table(folder: Path) -> LogTable | None:
    """Return the log that `keep_table` wrote whole, or None."""
    source = folder / "log"
    if not (source / DONE).is_file():
        return None
    stored = read_json(source / DONE)
    # Copied on writing, so that the columns are writable arrays like any other: compiled code need not be made twice.
    columns: dict[str, Any] = {
        name: np.asarray(np.load(source / f"{name}.npy", mmap_mode="c")) for name in stored["arrays"]
    }
    for kind in _PER_STUDENT:
        columns[kind] = {name: np.load(source / f"{kind}-{number}.npy") for number, name in enumerate(stored[kind])}
    columns |= {name: tuple(stored[name]) for name in _NAMES}
    table = dict(stored["table"])
    notes = tuple(Told(**{**told, "places": tuple(told["places"])}) for told in table.pop("notes"))
    log = AnswerLog(
        **columns,
        group_names={name: tuple(names) for name, names in stored["group_names"].items()},
        has_items=stored["has_items"],
    )
    return LogTable(log=log, notes=notes, **table)


# --- a fold ----------------------------------------------------------------------------------------------------------

_ROWS = ("rows", "reference", "deviation", "student_answers", "competency_answers", "item_answers", "block_deviation")
_BLOCKS = ("right", "logit", "student", "answers_on_competency", "answers_of_student", "days")


def keep_outcome(path: Path, outcome: FoldOutcome) -> None:
    """Write what came of a fold, in one step."""
    arrays = {name: getattr(outcome, name) for name in _ROWS}
    arrays |= {f"logits {name}": logits for name, logits in outcome.logits.items()}
    arrays |= {
        f"block {name}": getattr(outcome.blocks, name) for name in _BLOCKS if getattr(outcome.blocks, name) is not None
    }
    plain = {
        "name": outcome.name,
        "flips": {name: _flips_as_json(found) for name, found in outcome.flips.items()},
        "references": _flips_as_json(outcome.references),
        "passes": dict(outcome.passes),
        "began_from_prior": outcome.began_from_prior,
        "doubt": list(outcome.doubt),
        "training_answers": outcome.training_answers,
        "cpu_seconds": dict(outcome.cpu_seconds),
    }
    with written_whole(path) as beside, beside.open("wb") as stream:
        np.savez(stream, plain=np.array(json.dumps(plain)), **arrays)


def kept_outcome(path: Path) -> FoldOutcome | None:
    """Return the outcome that `keep_outcome` wrote, or None."""
    if not path.is_file():
        return None
    with np.load(path) as arrays:
        plain = json.loads(str(arrays["plain"]))
        base, competency, student, growth = plain["doubt"]
        return FoldOutcome(
            **{name: arrays[name] for name in _ROWS},
            **{name: plain[name] for name in ("name", "passes", "began_from_prior", "training_answers", "cpu_seconds")},
            logits={name.removeprefix("logits "): arrays[name] for name in arrays.files if name.startswith("logits ")},
            blocks=NextAnswers(
                **{name: arrays[f"block {name}"] for name in _BLOCKS if f"block {name}" in arrays.files}
            ),
            flips={name: Flips(**found) for name, found in plain["flips"].items()},
            references=Flips(**plain["references"]),
            doubt=(base, competency, student, growth),
        )


def _flips_as_json(found: Flips) -> dict[str, float]:
    return {"count": found.count, "of": found.of, "largest": found.largest}
