"""H5P packages for tests: the real ones where they are, small ones made here, and a block of a student that plays one."""

from __future__ import annotations

import json
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from headway.exchange.h5p import reading
from headway.records.items.models import Item, ItemFile
from headway.records.library.models import Alignment, Resource, StoredFile
from headway.records.planning.models import Block
from tests.exchange.real_data import DATA
from tests.question_gallery import GALLERY

if TYPE_CHECKING:
    from tests.people import People

FULL = DATA / "interop" / "h5p" / "dev" / "full"
needs_packages = pytest.mark.skipif(not FULL.is_dir(), reason=f"real data is not here: {FULL}")

MAIN = "H5P.Probe"
LIBRARY = {
    "title": "Probe",
    "machineName": MAIN,
    "majorVersion": 1,
    "minorVersion": 0,
    "patchVersion": 0,
    "runnable": 1,
    "preloadedJs": [{"path": "probe.js"}],
}


def package(folder: Path, script: str, *, name: str = "probe.h5p", **others: str | bytes) -> Path:
    """Return a package whose only library runs a script of ours; `others` are more files in it by name."""
    head = {
        "title": "Probe",
        "mainLibrary": MAIN,
        "language": "en",
        "preloadedDependencies": [{"machineName": MAIN, "majorVersion": 1, "minorVersion": 0}],
    }
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("h5p.json", json.dumps(head))
        packed.writestr("content/content.json", json.dumps({"text": "Look."}))
        packed.writestr(f"{MAIN}-1.0/library.json", json.dumps(LIBRARY))
        packed.writestr(f"{MAIN}-1.0/probe.js", script)
        for other, content in others.items():
            packed.writestr(other, content)
    return path


def taken(cast: People, path: Path) -> Resource:
    """Take a package in for the cast's school, aligned to the first skill of the path."""
    reading.take_file(path, by=cast.ada, at=cast.now, school=cast.school)
    resource = Resource.objects.filter(source__startswith="h5p").latest("pk")
    Alignment.objects.create(resource=resource, competency=cast.competencies["7.1"], source="test", is_primary=True)
    return resource


def block_playing(cast: People, path: Path, **facts: Any) -> Block:
    """Return Ben's block with an activity in it."""
    resource = taken(cast, path)
    block = cast.block(kind="essential")
    Block.objects.filter(pk=block.pk).update(resource=resource, competency=cast.competencies["7.1"], **facts)
    block.refresh_from_db()
    return block


def portable_item(cast: People) -> Item:
    """Return the gallery's question that brings its own program, kept with its module."""
    sample = GALLERY["portable-custom"]
    found = Item.objects.filter(source="gallery").first()
    if found is not None:
        return found
    item = Item.objects.create(
        resource=cast.resource("7.1-essential"),
        source="gallery",
        source_id="portable-custom",
        document=sample.document,
        kind="portable-custom",
    )
    for path, content in sample.files.items():
        file = StoredFile.objects.create(
            sha256=sha256(content).hexdigest(),
            name=path.rsplit("/", 1)[-1],
            media_type="text/javascript",
            size_bytes=len(content),
            content=content,
            added_at=cast.now,
        )
        ItemFile.objects.create(item=item, path=path, file=file)
    return item
