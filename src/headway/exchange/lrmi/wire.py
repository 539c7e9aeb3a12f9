"""schema.org/LRMI descriptions of learning resources as plain values: JSON-LD, and the same words as microdata or RDFa.

`parse` reads one description into a ResourceIn; `build` writes one. What schema.org has no word for travels in
`additionalProperty`; what Headway has no word for stays in `extra["lrmi"]`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from headway.core.library.kinds import ACCESSIBILITY_FEATURES, KINDS, kind_of
from headway.core.library.licences import licence_address, licence_name
from headway.core.library.values import AlignmentIn, ResourceIn
from headway.core.shared.errors import gettext_noop
from headway.exchange.shared.arriving import (
    LONGEST_ATTRIBUTION,
    LONGEST_DESCRIPTION,
    grades_of_ages,
    language_code,
    lasting_name,
    minutes_of_duration,
    reading_minutes,
    title_from,
    topics_from,
    web_address,
)
from headway.exchange.shared.markup import plain_text

Json = dict[str, Any]

CONTEXT = "https://schema.org/"
OURS = "headway:"
LARGEST_KEPT_BYTES = 20_000
NO_NAME = gettext_noop("It has no name. Give it one (“name”) and try again.")
NOT_A_RESOURCE = gettext_noop("It describes no learning resource ({kind}).")

_PREFIX = re.compile(
    r"^(?:https?://(?:www\.)?(?:schema\.org|lrmi\.net|purl\.org/(?:dc/terms|dcx/lrmi-terms))/(?:the-specification#)?|[A-Za-z][\w-]*:(?!//))"
)
# What stands in a graph beside the resources, to be pointed at.
_NOT_RESOURCES = frozenset(
    ("AlignmentObject", "BreadcrumbList", "ContactPoint", "DefinedTerm", "DefinedTermSet", "Duration", "EducationalAudience",
     "Audience", "ImageObject", "Language", "ListItem", "MonetaryAmount", "Offer", "Organization", "Person", "Place", "PostalAddress",
     "PropertyValue", "SearchAction", "WebSite", "EducationalOrganization", "CollegeOrUniversity", "School", "Rating",
     "AggregateRating", "Brand", "EntryPoint", "ReadAction", "SiteNavigationElement", "WPHeader", "WPFooter")
)  # fmt: skip
_KIND_OF_TYPE = {
    "VideoObject": "video", "AudioObject": "audio", "PodcastEpisode": "audio", "Quiz": "quiz", "Book": "book", "Game": "game",
    "VideoGame": "game", "Course": "course", "Map": "map", "Dataset": "data", "MusicRecording": "music", "Photograph": "picture",
    "PresentationDigitalDocument": "slides", "SoftwareApplication": "interactive", "WebApplication": "interactive", "Article": "reading",
    "Chapter": "reading", "ShortStory": "story", "HowTo": "making", "WebPage": "reading", "Syllabus": "course", "Question": "quiz",
}  # fmt: skip
# Fields read into a resource; all others are kept as they are.
_READ = frozenset(
    ("@context", "@type", "@id", "name", "headline", "description", "abstract", "inLanguage", "learningResourceType", "url", "license",
     "author", "creator", "keywords", "typicalAgeRange", "timeRequired", "accessibilityFeature", "educationalAlignment", "teaches",
     "assesses", "creditText", "text", "articleBody", "additionalProperty")
)  # fmt: skip
# What Headway knows beyond schema.org, by the name it travels under.
_OWN_LISTS = ("uses", "needs", "ways_in", "careers", "culture", "community", "steps")
_OWN_WORDS = ("screen", "with_whom", "level")
_OWN_FLAGS = ("needs_adult", "needs_internet")
_ALLOWED = {
    "screen": ("no", "yes", "either"), "with_whom": ("alone", "pair", "team", "teacher"), "level": ("easier", "usual", "harder"),
    "uses": ("essential", "review", "stretch", "choice", "group", "paper"),
}  # fmt: skip


class NotAResource(ValueError):
    """A description that is of something else, or lacks what every resource has."""

    def __init__(self, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.sentence, self.facts = sentence, facts


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """What a resource helps to learn, as it is written out: the code, who made the framework, where it stands."""

    code: str
    framework: str = ""
    address: str = ""
    statement: str = ""


# --- reading ---------------------------------------------------------------------------------------------------------


def nodes_of(document: object) -> Iterator[Json]:
    """Return the descriptions in a JSON-LD document: one object, a list, a graph, or a list of items.

    In a graph, what others point at is put in their place.
    """
    if isinstance(document, list):
        for one in document:
            yield from nodes_of(one)
        return
    if not isinstance(document, dict):
        return
    node = _plain_names(document)
    graph = node.get("@graph")
    if isinstance(graph, list):
        named = [_plain_names(one) for one in graph if isinstance(one, dict)]
        by_id = {str(one["@id"]): one for one in named if "@id" in one}
        for one in named:
            if not _types(one) & _NOT_RESOURCES:
                yield {name: _resolved(value, by_id) for name, value in one.items()}
        return
    items = node.get("itemListElement")
    if _types(node) & {"ItemList", "DataFeed", "Collection"} and isinstance(items, list):
        for one in items:
            inner = _plain_names(one) if isinstance(one, dict) else {}
            yield from nodes_of(inner.get("item", inner))
        return
    yield node


def _plain_names(node: Mapping[str, Any]) -> Json:
    """Return an object with the names of schema.org alone, whatever prefix or address stood before them."""
    return {name if name.startswith("@") else _PREFIX.sub("", name): value for name, value in node.items()}


def _resolved(value: Any, by_id: Mapping[str, Json]) -> Any:
    if isinstance(value, dict) and set(value) == {"@id"}:
        return by_id.get(str(value["@id"]), value)
    if isinstance(value, list):
        return [_resolved(one, by_id) for one in value]
    return value


def _types(node: Mapping[str, Any]) -> set[str]:
    return {_PREFIX.sub("", one) for one in _texts(node.get("@type"))}


def _each(value: Any) -> list[Any]:
    """Return the values of a field: one, several, or a list in JSON-LD's own forms."""
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return [one for part in value for one in _each(part)]
    if isinstance(value, dict):
        for form in ("@list", "@set"):
            if form in value:
                return _each(value[form])
    return [value]


def _word(value: Any) -> str:
    """Return one value as words: text, a named thing, a term, an address."""
    if isinstance(value, dict):
        node = _plain_names(value)
        for name in ("@value", "name", "termCode", "alternateName", "url", "@id"):
            found = node.get(name)
            if isinstance(found, list):
                found = found[0] if found else None
            if found not in (None, "", {}):
                return _word(found) if isinstance(found, dict) else " ".join(str(found).split())
        return ""
    if isinstance(value, bool | int | float | str):
        return " ".join(str(value).split())
    return ""


def _texts(value: Any) -> list[str]:
    return [word for one in _each(value) if (word := _word(one))]


def _first(node: Mapping[str, Any], *names: str) -> str:
    for name in names:
        found = _texts(node.get(name))
        if found:
            return found[0]
    return ""


def parse(node: Json) -> ResourceIn:
    """Return the resource a description is of. Raises NotAResource where it is of none, or has no name."""
    types = _types(node)
    if types and types <= _NOT_RESOURCES:
        raise NotAResource(NOT_A_RESOURCE, kind=", ".join(sorted(types))[:80])
    title = title_from(plain_text(_first(node, "name", "headline", "title")))
    if not title:
        raise NotAResource(NO_NAME)
    description = plain_text(_first(node, "description", "abstract"))[:LONGEST_DESCRIPTION]
    text = plain_text(_long(node, "text", "articleBody"))
    alignments, subjects, levels, kept = _alignments(node)
    grades = grades_of_ages(_texts(node.get("typicalAgeRange"))) or _grades(
        [*levels, *_texts(node.get("educationalLevel"))]
    )
    minutes = next(
        (
            found
            for one in (*_texts(node.get("timeRequired")), *_texts(node.get("duration")))
            if (found := minutes_of_duration(one))
        ),
        None,
    )
    kind = _kind(node, types)
    roles = {role.casefold() for role in _roles(node)}
    rights = _first(node, "license", "useRightsUrl", "usageInfo", "rights", "copyrightNotice")
    address = web_address(_first(node, "url")) or web_address(_first(node, "@id"))
    features = _texts(node.get("accessibilityFeature"))
    by_lower = {feature.casefold(): feature for feature in ACCESSIBILITY_FEATURES}
    measure, level = _reading_level(node)
    spans: dict[str, Any] = {"grade_low": grades[0], "grade_high": grades[1]} if grades else {}
    row = ResourceIn(
        source_id=lasting_name(_first(node, "@id", "url", "identifier") or _digest(title, description)),
        title=title,
        description=description,
        language=language_code(_first(node, "inLanguage")),
        kind=kind,
        uses=() if roles and roles <= {"teacher", "administrator", "parent", "mentor"} else ("essential", "choice"),
        minutes=minutes or (reading_minutes(text) if text else KINDS[kind].minutes),
        screen=KINDS[kind].screen,
        topics=topics_from((*_texts(node.get("keywords")), *_texts(node.get("about")), *subjects)),
        accessibility=tuple(dict.fromkeys(by_lower[one.casefold()] for one in features if one.casefold() in by_lower)),
        reading_level=level,
        reading_measure=measure,
        text=text,
        url=address,
        needs_internet=bool(address) and not text,
        licence=licence_name(rights) if rights else "",
        attribution=_attribution(node),
        alignments=alignments,
        **spans,
    )
    row, others = _own(row, node)
    extra = {name: value for name, value in node.items() if name not in _READ}
    if others:
        extra["additionalProperty"] = others
    if kept:
        extra["educationalAlignment"] = kept
    if rights and row.licence != rights and not licence_address(row.licence):
        extra["license"] = rights
    small = extra if len(json.dumps(extra, ensure_ascii=False)) <= LARGEST_KEPT_BYTES else {"left_out": sorted(extra)}
    return replace(row, extra={"lrmi": small} if small else {})


def _long(node: Mapping[str, Any], *names: str) -> str:
    for name in names:
        for one in _each(node.get(name)):
            found = one.get("@value") if isinstance(one, dict) else one
            if isinstance(found, str) and found.strip():
                return found
    return ""


def _digest(*parts: str) -> str:
    return "described-" + hashlib.blake2b("\n".join(parts).encode(), digest_size=12).hexdigest()


def _kind(node: Mapping[str, Any], types: set[str]) -> str:
    for word in _texts(node.get("learningResourceType")):
        for one in (word, word.rsplit("/", 1)[-1]):
            kind = kind_of(one, "")
            if kind:
                return kind
    return next((_KIND_OF_TYPE[one] for one in sorted(types) if one in _KIND_OF_TYPE), "interactive")


def _roles(node: Mapping[str, Any]) -> Iterator[str]:
    yield from _texts(node.get("educationalRole"))
    for one in _each(node.get("audience")):
        if isinstance(one, dict):
            yield from _texts(_plain_names(one).get("educationalRole"))


def _attribution(node: Mapping[str, Any]) -> str:
    names = _texts(node.get("creditText")) or list(
        dict.fromkeys(
            _word(one)
            for name in ("author", "creator", "provider", "publisher")
            for one in _each(node.get(name))
            if not _word(one).startswith("http")
        )
    )
    return ", ".join(names)[:LONGEST_ATTRIBUTION]


def _alignments(node: Mapping[str, Any]) -> tuple[tuple[AlignmentIn, ...], list[str], list[str], list[Any]]:
    """Return what is taught or assessed, the subjects, the levels, and alignments of other kinds as they were."""
    found: dict[str, AlignmentIn] = {}
    subjects, levels, kept = [], [], []
    # Some descriptions name the field after its type.
    for one in (*_each(node.get("educationalAlignment")), *_each(node.get("AlignmentObject"))):
        if not isinstance(one, dict):
            continue
        given = _plain_names(one)
        kind = re.sub(r"[^a-z]", "", _first(given, "alignmentType").casefold())
        target = _first(given, "targetName")
        if kind in ("teaches", "assesses", ""):
            name = competency_name(target, _texts(given.get("targetUrl")))
            if name:
                found.setdefault(name, AlignmentIn(competency=name, because=_first(given, "targetDescription")[:300]))
        elif kind == "educationalsubject":
            subjects.append(target)
        elif kind == "educationallevel":
            levels.append(f"{_first(given, 'educationalFramework')} {target}")
        elif kind != "readinglevel":
            kept.append(one)
    for field in ("teaches", "assesses"):
        for one in _each(node.get(field)):
            given = _plain_names(one) if isinstance(one, dict) else {"name": one}
            name = competency_name(
                _first(given, "termCode") or _first(given, "name"),
                [*_texts(given.get("url")), *_texts(given.get("@id"))],
            )
            if name:
                found.setdefault(name, AlignmentIn(competency=name, because=_first(given, "description")[:300]))
    return tuple(found.values()), subjects, levels, kept


def competency_name(code: str, addresses: Sequence[str]) -> str:
    """Return the name a competency is most likely known by: what looks like a code, else an address, else the words."""
    if re.search(r"\d", code) and code.count(" ") <= 2 and len(code) <= 60:
        return code
    return next(iter(addresses), "") or code


def _grades(levels: Iterable[str]) -> tuple[int, int] | None:
    """Return the grades that names of levels mean: “US Grade Levels 2”, “Grade 5-6”, “K”, “KS 3”."""
    found: list[int] = []
    for level in levels:
        text = level.casefold()
        stage = re.search(r"\b(?:ks|key stage)\s*([1-4])\b", text)
        if stage:
            low, high = {1: (0, 1), 2: (2, 5), 3: (6, 8), 4: (9, 10)}[int(stage[1])]
            found += [low, high]
        elif "grade" in text or re.fullmatch(r"\s*(?:k|\d{1,2})(?:\s*[-–]\s*\d{1,2})?\s*", text):
            tail = text.rsplit("grade", 1)[-1].removeprefix(" levels").removeprefix("s")
            found += [int(one) for one in re.findall(r"\b\d{1,2}\b", tail) if int(one) <= 12]
            if re.search(r"\b(?:k|pre-?k|kindergarten)\b", tail):
                found.append(0)
        elif re.search(r"\bkindergarten\b", text):
            found.append(0)
    return (min(found), max(found)) if found else None


def _reading_level(node: Mapping[str, Any]) -> tuple[str, float]:
    for one in _each(node.get("educationalAlignment")):
        given = _plain_names(one) if isinstance(one, dict) else {}
        if re.sub(r"[^a-z]", "", _first(given, "alignmentType").casefold()) == "readinglevel":
            number = re.fullmatch(r"(\d{1,2}(?:\.\d+)?)", _first(given, "targetName"))
            if number and float(number[1]) <= 13:
                return _first(given, "educationalFramework")[:30], float(number[1])
    return "", 0.0


def _own(row: ResourceIn, node: Mapping[str, Any]) -> tuple[ResourceIn, list[Any]]:
    """Return the resource with what Headway itself wrote beyond schema.org, and the properties of others."""
    facts: dict[str, Any] = {}
    others: list[Any] = []
    for one in _each(node.get("additionalProperty")):
        given = _plain_names(one) if isinstance(one, dict) else {}
        raw = str(given.get("propertyID", ""))
        name = raw.removeprefix(OURS)
        values = _texts(given.get("value"))
        if not raw.startswith(OURS):
            others.append(one)
        elif name in _OWN_LISTS:
            facts[name] = tuple(value for value in values if value in _ALLOWED.get(name, (value,)))
        elif name in _OWN_WORDS and values and values[0] in _ALLOWED[name]:
            facts[name] = values[0]
        elif name in _OWN_FLAGS:
            facts[name] = values[:1] == ["True"]
    return replace(row, **facts), others


# --- writing ---------------------------------------------------------------------------------------------------------


def build(row: ResourceIn, *, address: str = "", aligned: Sequence[Aligned] = ()) -> Json:
    """Return a resource as a JSON-LD description; `address` is where it stands, `aligned` what it helps to learn.

    What came in beyond Headway's words goes out again as it was.
    """
    known = dict(row.extra.get("lrmi", {})) if isinstance(row.extra.get("lrmi"), dict) else {}  # type: ignore[call-overload]
    known.pop("left_out", None)
    others = _each(known.pop("additionalProperty", None))
    kept = _each(known.pop("educationalAlignment", None))
    defaults = ResourceIn(source_id="", title="")
    node: Json = {
        "@context": CONTEXT,
        "@type": "LearningResource",
        "@id": address,
        "name": row.title,
        "description": row.description,
        "inLanguage": row.language,
        "learningResourceType": row.kind,
        "timeRequired": f"PT{row.minutes}M",
        "typicalAgeRange": f"{row.grade_low + 5}-{row.grade_high + 5}",
        "keywords": list(row.topics),
        "license": licence_address(row.licence) or row.licence,
        "creditText": row.attribution,
        "accessibilityFeature": list(row.accessibility),
        "url": row.url,
        "text": row.text,
        "educationalAlignment": [*(_aligned(one) for one in aligned), *_reading(row), *kept],
        "additionalProperty": [
            {
                "@type": "PropertyValue",
                "propertyID": OURS + name,
                "value": list(value) if isinstance(value, tuple) else value,
            }
            for name in (*_OWN_LISTS, *_OWN_WORDS, *_OWN_FLAGS)
            if (value := getattr(row, name)) != getattr(defaults, name) or name in ("uses", "screen", "needs_internet")
        ]
        + others,
    }
    return {name: value for name, value in {**known, **node}.items() if value not in ("", [], None)}


def _aligned(one: Aligned) -> Json:
    node = {
        "@type": "AlignmentObject",
        "alignmentType": "teaches",
        "educationalFramework": one.framework,
        "targetName": one.code,
        "targetDescription": one.statement,
        "targetUrl": one.address,
    }
    return {name: value for name, value in node.items() if value}


def _reading(row: ResourceIn) -> list[Json]:
    if not row.reading_level:
        return []
    node = {
        "@type": "AlignmentObject",
        "alignmentType": "readingLevel",
        "educationalFramework": row.reading_measure,
        "targetName": f"{row.reading_level:g}",
    }
    return [{name: value for name, value in node.items() if value}]
