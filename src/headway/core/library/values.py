"""A resource as plain values: what every importer hands to records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class AlignmentIn:
    """A resource helps to learn a competency; `competency` is a key the caller's mapping resolves."""

    competency: str
    confidence: float = 1.0
    status: str = "accepted"
    source: str = "author"
    because: str = ""


@dataclass(frozen=True, kw_only=True)
class ItemIn:
    """A question of a resource; `document` is QTI 3, `kind` what the report of an import calls it. `original_name` is its name in the file the resource came in.

    `files` are the pictures and sounds it shows, by the names its document gives them.
    """

    source_id: str
    document: str
    kind: str = ""
    language: str = "en"
    difficulty: float = 0.0
    competency: str = ""
    variant_of: str = ""
    original_name: str = ""
    files: Mapping[str, FileIn] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TestIn:
    """The test of QTI 3 a resource's questions belong to; `items` gives the source id for each of its references."""

    document: str
    items: Mapping[str, str]
    original_name: str = ""


@dataclass(frozen=True, kw_only=True)
class FileIn:
    """A file as it was given; its name and type were made safe before."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class ResourceIn:
    """Something to learn with; `source_id` and `variant_of` are the sender's own names.

    `reading_level` is a school grade (0 where unknown), `reading_measure` says who or which formula gave it. What the sender
    tells and Headway has no word for is kept in `extra`.
    """

    source_id: str
    title: str
    description: str = ""
    language: str = "en"
    kind: str = "practice"
    uses: tuple[str, ...] = ("essential",)
    minutes: int = 15
    screen: str = "either"
    with_whom: str = "alone"
    grade_low: int = 0
    grade_high: int = 12
    reading_level: float = 0.0
    level: str = "usual"
    variant_of: str = ""
    topics: tuple[str, ...] = ()
    careers: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    needs_adult: bool = False
    needs_internet: bool = False
    ways_in: tuple[str, ...] = ()
    accessibility: tuple[str, ...] = ()
    culture: tuple[str, ...] = ()
    community: tuple[str, ...] = ()
    reading_measure: str = ""
    word_count: int | None = None
    steps: tuple[str, ...] = ()
    text: str = ""
    url: str = ""
    licence: str = ""
    attribution: str = ""
    alignments: tuple[AlignmentIn, ...] = ()
    items: tuple[ItemIn, ...] = field(default=())
    extra: Mapping[str, object] = field(default_factory=dict)
    file: FileIn | None = None
    test: TestIn | None = None


@dataclass(frozen=True, kw_only=True)
class CollectionIn:
    """A themed set; `resources` are the sender's names of resources, in order."""

    source_id: str
    title: str
    resources: tuple[str, ...]
    why: str = ""
    language: str = "en"
