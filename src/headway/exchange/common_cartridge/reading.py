"""Takes a Common Cartridge in: a file or a folder; pages, links, discussions, work, tests and tools become resources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.core.items.markup import write_document
from headway.core.library.licences import ALL_RIGHTS, licence_name
from headway.core.library.values import CollectionIn, FileIn, ItemIn, ResourceIn, TestIn
from headway.core.shared.errors import gettext_noop
from headway.exchange.common_cartridge import wire
from headway.exchange.shared.archives import Package, open_package
from headway.exchange.shared.arriving import (
    KIND_OF_ENDING,
    LONGEST_ATTRIBUTION,
    CannotBeAsked,
    alignments_to,
    ending_of,
    file_in,
    first_words,
    grades_of_ages,
    language_code,
    lasting_name,
    minutes_of_duration,
    minutes_within,
    reading_minutes,
    source_of,
    title_from,
    title_of_file,
    topics_from,
    web_address,
)
from headway.exchange.shared.delivering import RowRefused, deliver
from headway.exchange.shared.import_report import FileRefused, ImportReport, Steps, Tally
from headway.exchange.shared.latex import readable_page
from headway.exchange.shared.manifest import FILE_NAME, Listed, Manifest, parse_manifest
from headway.exchange.shared.markup import Element, html_text, plain_text, title_of
from headway.exchange.shared.question_documents import question_in
from headway.exchange.shared.question_files import Find, finder, picture_size
from headway.exchange.shared.questions12 import Test, document_of_test, parse_tests

if TYPE_CHECKING:
    from headway.records.library.models import Delivery
    from headway.records.roster.models import Organisation, Person

STANDARD = "Common Cartridge"
SOURCE = "common-cartridge"
MINUTES_PER_QUESTION = 2
USES = ("essential", "choice", "review")

NO_MANIFEST = gettext_noop(
    "There is no imsmanifest.xml in {name}, so it is no Common Cartridge. Export the course as a Common Cartridge (.imscc)."
)
NOTHING_IN_IT = gettext_noop("The cartridge lists nothing to learn with.")
NOT_LISTED = gettext_noop("The contents name it, but the list of resources does not have it.")
NO_FILE = gettext_noop("It names no file and holds nothing itself.")
FILE_NOT_THERE = gettext_noop("The file it names is not in the package.")
UNKNOWN_TYPE = gettext_noop("Its type is not one of Common Cartridge’s; open it where it was made.")
NO_ADDRESS = gettext_noop("Its address is none that can be opened on the web.")
NOTHING_ASKED = gettext_noop("None of its questions could be read.")
NO_TESTS = gettext_noop("Its file holds no test.")
EMPTY_PAGE = gettext_noop("The page has no words and leads nowhere.")
LISTED_TWICE = gettext_noop("Two resources have this identifier; the first one is used.")
KEPT_WITH_OTHERS = gettext_noop("A file that belongs to other pages; alone it is nothing to learn with.")


@dataclass(kw_only=True)
class _Cartridge:
    """A cartridge while it is read, and what was found so far."""

    package: Package
    manifest: Manifest
    key: str
    language: str
    titles: Mapping[str, str]
    notes: Tally = field(default_factory=Tally)
    taken: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)


def take_file(
    path: Path,
    *,
    by: Person | None,
    at: datetime,
    name: str = "",
    school: Organisation | None = None,
    delivery: Delivery | None = None,
    steps: Steps | None = None,
) -> ImportReport:
    """Take in a cartridge; the same cartridge again changes nothing.

    `path` is a file (.imscc, .zip) or the folder it was unpacked to. What cannot come in is left out with its reason.
    Raises FileRefused where the whole is no cartridge, damaged, or could do harm.
    """
    facts: dict[str, object] = {}
    collections: list[CollectionIn] = []
    notes = Tally()
    path = path.parent if path.name == FILE_NAME else path
    return deliver(
        _rows(path, facts=facts, collections=collections, notes=notes),
        standard=STANDARD,
        source=source_of(SOURCE, school),
        name=name or path.name,
        by=by,
        at=at,
        school=school,
        delivery=delivery,
        collections=collections,
        notes=notes,
        facts=facts,
        steps=steps,
    )


def is_cartridge(package: Package) -> bool:
    """Whether a package looks like a Common Cartridge: its contents page says so."""
    inside = package.rooted_at(FILE_NAME)
    if FILE_NAME not in inside:
        return False
    manifest = parse_manifest(inside.document(FILE_NAME))
    return "cartridge" in manifest.schema.casefold() or any(
        wire.what_it_is(one.type) in ("link", "discussion", "assignment", "tool") for one in manifest.resources.values()
    )


def _rows(
    path: Path, *, facts: dict[str, object], collections: list[CollectionIn], notes: Tally
) -> Iterator[ResourceIn | RowRefused]:
    with open_package(path) as whole:
        package = whole.rooted_at(FILE_NAME)
        if FILE_NAME not in package:
            raise FileRefused(NO_MANIFEST, name=path.name)
        manifest = parse_manifest(package.document(FILE_NAME))
        cartridge = _Cartridge(
            package=package,
            manifest=manifest,
            key=_key(manifest, path),
            language=language_code(manifest.about.language),
            titles={one.resource: one.title for one in reversed(list(manifest.contents.walk())) if one.resource},
            notes=notes,
        )
        for identifier in manifest.named_twice:
            notes.add(LISTED_TWICE, identifier)
        yield from _all(cartridge, notes)
        if not cartridge.taken:
            # Rows that were refused say why; a cartridge without any row at all says it here.
            notes.add(NOTHING_IN_IT, path.name)
        collections.extend(_collections(cartridge))
        facts |= {
            "title": manifest.about.title,
            "version": " ".join(part for part in (manifest.schema, manifest.version) if part),
            "by_kind": dict(cartridge.counts.most_common()),
            "collections": len(collections),
        }


def _key(manifest: Manifest, path: Path) -> str:
    """Return the name of the cartridge that stays; one that every exporter uses is told apart by the title."""
    identifier = manifest.identifier
    if len(identifier) >= 12:
        return identifier
    return "~".join(part for part in (identifier, manifest.about.title or path.stem) if part)


def _all(cartridge: _Cartridge, notes: Tally) -> Iterator[ResourceIn | RowRefused]:
    manifest = cartridge.manifest
    variants = {one.variant_of for one in manifest.resources.values() if one.variant_of in manifest.resources}
    in_contents = list(cartridge.titles)
    order = [*reversed(in_contents), *(one for one in manifest.resources if one not in cartridge.titles)]
    for identifier in order:
        listed = manifest.resources.get(identifier)
        if listed is None:
            yield RowRefused(place=cartridge.titles[identifier] or identifier, sentence=NOT_LISTED)
            continue
        if listed.variant_of and listed.variant_of in variants:
            # A page for readers that do not know the better form; the better form is in the package too.
            continue
        yield from _one(cartridge, listed, notes)


def _one(cartridge: _Cartridge, listed: Listed, notes: Tally) -> Iterator[ResourceIn | RowRefused]:
    is_in_contents = listed.identifier in cartridge.titles
    place = cartridge.titles.get(listed.identifier) or (listed.addresses[0] if listed.addresses else listed.identifier)
    name, missing = wire.opening_file(cartridge.package, listed.addresses, listed.base)
    meaning = wire.what_it_is(listed.type)
    if meaning == "part":
        meaning = "work" if _settings_of(cartridge, listed) else "page" if is_in_contents else ""
        if not meaning:
            return
    elif not meaning:
        yield RowRefused(place=f"{place} ({listed.type[:60]})", sentence=UNKNOWN_TYPE)
        return
    if meaning == "page" and not is_in_contents and name and (ending_of(name) in wire.PARTS or name in cartridge.files):
        notes.add(KEPT_WITH_OTHERS, name)
        return
    if listed.inline is None and not name:
        yield RowRefused(
            place=f"{place} ({missing})" if missing and missing != place else place,
            sentence=FILE_NOT_THERE if missing else NO_FILE,
        )
        return
    try:
        row, *others = _READERS[meaning](cartridge, listed, name)
    except FileRefused as refusal:
        yield RowRefused(place=place, sentence=refusal.sentence, facts=refusal.facts)
        return
    if isinstance(row, ResourceIn):
        cartridge.taken[listed.identifier] = row.source_id
        cartridge.files.add(name)
        cartridge.counts[row.kind] += 1
    elif isinstance(row, RowRefused):
        row = replace(row, place=place)
    yield row
    yield from others


def _root(cartridge: _Cartridge, listed: Listed, name: str) -> Element:
    if listed.inline is not None:
        return listed.inline
    return cartridge.package.document(name)


def _base(cartridge: _Cartridge, listed: Listed, title: str, **facts: Any) -> ResourceIn:
    """Return a resource with all that the cartridge and the contents page say of it."""
    manifest, about = cartridge.manifest, listed.about
    whole = manifest.about
    ages = grades_of_ages(about.ages or whole.ages)
    is_for_teachers = {role.casefold() for role in about.roles} == {"instructor"}
    rights = about.rights or whole.rights
    licence = licence_name(rights) if rights else ALL_RIGHTS if whole.is_restricted else ""
    minutes = minutes_of_duration(about.minutes_words)
    extra: dict[str, object] = {
        "package": {
            "id": manifest.identifier,
            "title": whole.title,
            "form": f"{manifest.schema} {manifest.version}".strip(),
        },
        "identifier": listed.identifier,
        "type": listed.type,
        **dict(facts.pop("extra", {})),
    }
    if is_for_teachers:
        extra["for"] = "teacher"
    if rights:
        extra["rights"] = rights[:500]
    grades = {"grade_low": ages[0], "grade_high": ages[1]} if ages else {}
    facts = {"language": language_code(about.language, cartridge.language), "uses": USES, **grades, **facts}
    if is_for_teachers:
        facts["uses"] = ()
    if minutes:
        facts["minutes"] = minutes
    if about.description and not facts.get("description"):
        facts["description"] = first_words(about.description, 2000)
    return ResourceIn(
        source_id=lasting_name(cartridge.key, listed.identifier),
        title=title_from(cartridge.titles.get(listed.identifier, ""), about.title, title, fallback=listed.identifier),
        topics=topics_from((*about.keywords, *whole.keywords)),
        licence=licence,
        attribution=", ".join(about.authors or whole.authors)[:LONGEST_ATTRIBUTION]
        or whole.title[:LONGEST_ATTRIBUTION],
        alignments=alignments_to(about.standards),
        extra=extra,
        **facts,
    )


# --- each type -------------------------------------------------------------------------------------------------------

_Found = list[ResourceIn | RowRefused]


def _page(cartridge: _Cartridge, listed: Listed, name: str) -> _Found:
    content = cartridge.package.read(name)
    ending = ending_of(name)
    kept = file_in(name, content)
    if ending not in wire.PAGES and kept.media_type != "text/html":
        kind = KIND_OF_ENDING.get(ending, "interactive")
        text = html_text(content) if kept.media_type == "text/plain" else ""
        screen = "yes" if kind in ("video", "interactive") else "either"
        return [_base(cartridge, listed, title_of_file(name), kind=kind, file=kept, text=text.strip(), screen=screen)]
    html = html_text(content)
    text = readable_page(plain_text(html))
    if text:
        return [
            _base(
                cartridge, listed, title_of(html) or title_of_file(name),
                kind="reading", text=text, minutes=reading_minutes(text), file=kept,
            )
        ]  # fmt: skip
    address = web_address(wire.address_in(html))
    if not address:
        return [RowRefused(place=name, sentence=EMPTY_PAGE)]
    return [_link_to(cartridge, listed, title_of(html) or title_of_file(name), address, file=kept)]


def _link_to(
    cartridge: _Cartridge,
    listed: Listed,
    title: str,
    address: str,
    *,
    description: str = "",
    file: FileIn | None = None,
    **extra: object,
) -> ResourceIn:
    return _base(
        cartridge, listed, title,
        kind="interactive", url=address, needs_internet=True, screen="yes", description=description, file=file, extra=extra,
    )  # fmt: skip


def _link(cartridge: _Cartridge, listed: Listed, name: str) -> _Found:
    found = wire.parse_link(_root(cartridge, listed, name))
    address = web_address(found.url)
    if not address:
        return [RowRefused(place=name, sentence=NO_ADDRESS)]
    return [_link_to(cartridge, listed, found.title, address)]


def _tool(cartridge: _Cartridge, listed: Listed, name: str) -> _Found:
    found = wire.parse_tool(_root(cartridge, listed, name))
    address = web_address(found.url)
    if not address:
        return [RowRefused(place=name, sentence=NO_ADDRESS)]
    return [
        _link_to(
            cartridge, listed, found.title, address, description=found.description, launch="LTI", vendor=found.vendor
        )
    ]


def _discussion(cartridge: _Cartridge, listed: Listed, name: str) -> _Found:
    found = wire.parse_topic(_root(cartridge, listed, name))
    text = readable_page(plain_text(found.html))
    return [
        _base(
            cartridge, listed, found.title,
            kind="discussion", text=text, with_whom="team", uses=("group", "choice"),
            extra={"attachments": list(found.attachments)} if found.attachments else {},
        )
    ]  # fmt: skip


def _assignment(cartridge: _Cartridge, listed: Listed, name: str) -> _Found:
    return [_work(cartridge, listed, wire.parse_topic(_root(cartridge, listed, name)), "")]


def _canvas_work(cartridge: _Cartridge, listed: Listed, name: str) -> _Found:
    settings = _settings_of(cartridge, listed)
    found = wire.parse_topic(cartridge.package.document(settings))
    html = html_text(cartridge.package.read(name)) if ending_of(name) in wire.PAGES else found.html
    return [_work(cartridge, listed, found, html)]


def _work(cartridge: _Cartridge, listed: Listed, found: wire.Topic, html: str) -> ResourceIn:
    text = readable_page(plain_text(html or found.html))
    extra: dict[str, object] = {}
    if found.points is not None:
        extra["points"] = found.points
    if found.formats:
        extra["handed_in_as"] = list(found.formats)
    if found.attachments:
        extra["attachments"] = list(found.attachments)
    kind = wire.kind_of_work(found.formats)
    return _base(
        cartridge,
        listed,
        found.title or title_of(html),
        kind=kind,
        text=text,
        minutes=reading_minutes(text, 20),
        extra=extra,
    )


def _settings_of(cartridge: _Cartridge, listed: Listed) -> str:
    """Return the name of an assignment's settings as Canvas keeps them, "" where there are none."""
    for address in listed.addresses:
        if address.rsplit("/", 1)[-1] == "assignment_settings.xml":
            return cartridge.package.find(address, listed.base)
    return ""


def _test(cartridge: _Cartridge, listed: Listed, name: str) -> _Found:
    language = language_code(listed.about.language, cartridge.language)
    find = finder(cartridge.package, name.rsplit("/", 1)[0] if "/" in name else "")

    def size(address: str) -> tuple[int, int] | None:
        found = find(address)
        return picture_size(found[1]) if found else None

    tests = parse_tests(_root(cartridge, listed, name), language=language, picture_size=size)
    if not tests:
        return [RowRefused(place=name, sentence=NO_TESTS)]
    test = (
        tests[0] if len(tests) == 1 else replace(tests[0], questions=tuple(q for one in tests for q in one.questions))
    )
    return test_rows(cartridge, listed, name, test, language, find)


def test_rows(cartridge: _Cartridge, listed: Listed, name: str, test: Test, language: str, find: Find) -> _Found:
    """Return a test as a resource with its questions, and those left out with their reasons."""
    items: dict[str, ItemIn] = {}
    in_test: dict[str, str] = {}
    left_out: list[ResourceIn | RowRefused] = []
    title = title_from(cartridge.titles.get(listed.identifier, ""), test.title, fallback=listed.identifier)
    for number, question in enumerate(test.questions, start=1):
        asked = first_words(question.title or question.text, 80) or question.ident
        place = f"{title}: {asked}"
        if question.root is None:
            left_out.append(RowRefused(place=f"{place} ({question.form})", sentence=question.reason))
            continue
        source_id = lasting_name(cartridge.key, listed.identifier, question.ident)
        if source_id in items:
            source_id = lasting_name(cartridge.key, listed.identifier, question.ident, str(number))
        try:
            items[source_id] = question_in(
                question.root,
                source_id=source_id,
                language=language,
                place=place,
                notes=cartridge.notes,
                find=find,
                original_name=name,
            )
        except CannotBeAsked as reason:
            left_out.append(RowRefused(place=place, sentence=reason.sentence, facts=reason.facts))
            continue
        in_test[question.root.get("identifier")] = source_id
        for sentence in question.told:
            cartridge.notes.add(sentence, place)
    forms = Counter(question.form for question in test.questions)
    order = document_of_test(test, language)
    facts: dict[str, Any] = {
        "kind": "practice" if test.is_bank else "quiz",
        "minutes": test.minutes or minutes_within(max(5, MINUTES_PER_QUESTION * len(test.questions))),
        "description": first_words(" · ".join(one.text for one in test.questions if one.text), 300),
        "items": tuple(items.values()),
        "extra": {"questions": len(test.questions), "forms": dict(sorted(forms.items()))},
        "file": file_in(name, cartridge.package.read(name)) if name else None,
        "test": None if order is None else TestIn(document=write_document(order), items=in_test, original_name=name),
    }
    if not items and not any(question.text for question in test.questions):
        return [RowRefused(place=name, sentence=NOTHING_ASKED), *left_out]
    if not items:
        # Kept to be found, read and printed; no plan gives what nobody can answer here.
        facts["uses"] = ()
        facts["text"] = "\n\n".join(
            f"{number}. {one.text}" for number, one in enumerate(test.questions, start=1) if one.text
        )
    return [_base(cartridge, listed, test.title, **facts), *left_out]


_READERS = {
    "page": _page,
    "book": _page,
    "link": _link,
    "discussion": _discussion,
    "assignment": _assignment,
    "work": _canvas_work,
    "test": _test,
    "tool": _tool,
}


def _collections(cartridge: _Cartridge) -> Iterator[CollectionIn]:
    manifest = cartridge.manifest
    found = False
    for entry, resources in wire.modules(manifest.contents):
        names = tuple(dict.fromkeys(cartridge.taken[one] for one in resources if one in cartridge.taken))
        if names:
            found = True
            yield CollectionIn(
                source_id=lasting_name(cartridge.key, entry.identifier or "contents"),
                title=title_from(entry.title, manifest.about.title, fallback=cartridge.key)[:200],
                resources=names,
                why=manifest.about.description if not entry.title else "",
                language=cartridge.language,
            )
    if not found and len(cartridge.taken) > 1:
        yield CollectionIn(
            source_id=lasting_name(cartridge.key, "contents"),
            title=title_from(manifest.about.title, fallback=cartridge.key)[:200],
            resources=tuple(cartridge.taken.values()),
            why=manifest.about.description,
            language=cartridge.language,
        )
