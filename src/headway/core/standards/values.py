"""A framework as plain values: what every importer hands to records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Wording:
    """A competency in one language."""

    language: str
    short: str = ""
    statement: str = ""
    i_can: str = ""


@dataclass(frozen=True, kw_only=True)
class CompetencyIn:
    """One competency, or a heading above competencies; `parent` and `source_id` are the sender's own names."""

    source_id: str
    statement: str
    code: str = ""
    short: str = ""
    parent: str = ""
    kind: str = ""
    nature: str = "concept"
    grade_low: int | None = None
    grade_high: int | None = None
    is_assessable: bool = True
    wordings: tuple[Wording, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LinkIn:
    """A link between two competencies by the sender's names; an end outside the framework keeps its address."""

    kind: str
    origin: str = ""
    target: str = ""
    origin_uri: str = ""
    target_uri: str = ""
    association: str = ""
    why: Mapping[str, str] = field(default_factory=dict)
    source_id: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FrameworkIn:
    """A whole framework."""

    source: str
    source_id: str
    title: str
    creator: str = ""
    subject: str = ""
    language: str = "en"
    licence: str = ""
    competencies: tuple[CompetencyIn, ...] = ()
    links: tuple[LinkIn, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)
