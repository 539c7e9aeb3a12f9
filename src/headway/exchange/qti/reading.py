"""Takes questions in QTI in: a package with its tests, a folder of items, one item; versions 1.2, 2 and 3, all as QTI 3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.core.items.document import ItemInvalid, item_of
from headway.core.items.markup import Node, write_document
from headway.core.items.session import prompt_of
from headway.core.library.licences import licence_name
from headway.core.library.values import FileIn, ItemIn, ResourceIn, TestIn
from headway.core.shared.errors import gettext_noop
from headway.core.shared.safe_xml import LARGEST_MEBIBYTES
from headway.exchange.qti import wire
from headway.exchange.shared.archives import Package, is_zip, joined, open_package
from headway.exchange.shared.arriving import (
    LONGEST_ATTRIBUTION,
    CannotBeAsked,
    alignments_to,
    file_in,
    first_words,
    grades_of_ages,
    language_code,
    lasting_name,
    minutes_within,
    source_of,
    title_from,
    title_of_file,
    topics_from,
)
from headway.exchange.shared.delivering import RowRefused, deliver
from headway.exchange.shared.import_report import FileRefused, ImportReport, Steps, Tally
from headway.exchange.shared.manifest import FILE_NAME, About, Manifest, parse_manifest
from headway.exchange.shared.markup import Element, name_of, parse_xml
from headway.exchange.shared.packages import NOT_THERE, read_bytes
from headway.exchange.shared.question_documents import kind_of, question_in
from headway.exchange.shared.question_files import FileKeeper, Find, finder, nowhere, picture_size
from headway.exchange.shared.questions12 import document_of_test, parse_tests

if TYPE_CHECKING:
    from headway.records.library.models import Delivery
    from headway.records.roster.models import Organisation, Person

STANDARD = "QTI"
SOURCE = "qti"
MINUTES_PER_QUESTION = 2
USES = ("essential", "review", "choice")

NOT_QTI = gettext_noop(
    "This is no question in QTI: the document begins with “{found}”. A package (.zip), an item or a test was expected."
)
NO_QUESTIONS = gettext_noop("There is no question in QTI in {name}.")
ONLY_A_TEST = gettext_noop("The test names its questions, but they are in other files. Send the whole package (.zip).")
NO_ITEM_FILE = gettext_noop("The file of the question is not in the package.")
NOT_A_QUESTION = gettext_noop("The file holds no question in QTI.")
ONLY_A_BANK = gettext_noop(
    "The test takes its questions from a bank that is in another file. Export the bank and send it too."
)
NO_TEXT_FILE = gettext_noop("A question belongs to a text that is not in the package; it came in without the text.")
NO_SECTION_FILE = gettext_noop("A test names a part in another file that is not in the package; the rest came in.")


@dataclass(frozen=True, kw_only=True)
class _Question:
    """One question as it was found: its document in QTI 3, where its files are, and what its package calls it."""

    identifier: str
    title: str
    language: str
    text: str = ""
    root: Node | None = None
    reason: str = ""
    reason_facts: Mapping[str, object] = field(default_factory=dict)
    told: tuple[str, ...] = ()
    interactions: tuple[str, ...] = ()
    name: str = ""
    find: Find = nowhere
    keeper: FileKeeper | None = None


@dataclass(frozen=True, kw_only=True)
class _Set:
    """Questions that belong together, and what is known of them as a whole; `refs` gives a question for each reference of the test."""

    key: str
    title: str
    language: str
    questions: Sequence[_Question]
    is_test: bool
    about: About
    names_a_bank: bool = False
    version: str = ""
    minutes: int | None = None
    file: FileIn | None = None
    test: Node | None = None
    test_name: str = ""
    refs: dict[str, int] = field(default_factory=dict)


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
    """Take in the questions of a package, a folder or a document; the same again changes nothing.

    Each test, or each package without one, becomes a resource with the original kept. Every question comes in as QTI 3 with
    the files it shows; what of it is missing or not known here is told with its place. Raises FileRefused where there is no
    question at all, or the file is damaged or could do harm.
    """
    facts: dict[str, object] = {}
    notes = Tally()
    path = path.parent if path.name == FILE_NAME else path
    return deliver(
        _rows(path, facts, notes),
        standard=STANDARD,
        source=source_of(SOURCE, school),
        name=name or path.name,
        by=by,
        at=at,
        school=school,
        delivery=delivery,
        notes=notes,
        facts=facts,
        steps=steps,
    )


def read_file(path: Path) -> Iterator[ResourceIn | RowRefused]:
    """Return the resources of a package, a folder or a document, as `take_file` would take them in."""
    yield from _rows(path.parent if path.name == FILE_NAME else path, {}, Tally())


def _rows(path: Path, facts: dict[str, object], notes: Tally) -> Iterator[ResourceIn | RowRefused]:
    interactions: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    asked = 0
    for one in _sets(path, notes):
        if isinstance(one, RowRefused):
            yield one
            continue
        asked += len(one.questions)
        for question in one.questions:
            interactions.update(question.interactions)
        for row in _resource(one, notes):
            if isinstance(row, ResourceIn):
                kinds.update(kind_of(item) for item in row.items)
            yield row
    facts |= {
        "questions": asked,
        "questions_taken": sum(kinds.values()),
        "questions_by_kind": dict(kinds.most_common()),
        "interactions": dict(interactions.most_common()),
    }


def _sets(path: Path, notes: Tally) -> Iterator[_Set | RowRefused]:
    if path.is_dir() or is_zip(path):
        with open_package(path) as whole:
            parts = whole.parts(FILE_NAME)
            found = False
            for part in parts:
                for one in _package_sets(part, path, notes):
                    found = True
                    yield one
            if not parts:
                for one in _document_sets(_loose(whole, path), notes):
                    found = True
                    yield one
            if not found:
                raise FileRefused(NO_QUESTIONS, name=path.name)
        return
    if not path.is_file():
        raise FileRefused(NOT_THERE, path=path)
    content = read_bytes(path, mebibytes=LARGEST_MEBIBYTES)
    root = parse_xml(content)
    kind = wire.kind_of_document(root)
    if kind == "test":
        raise FileRefused(ONLY_A_TEST)
    file = file_in(path.name, content)
    if kind == "item":
        question = _question(root, path.name, "en", package=None, notes=notes)
        if question.root is None:
            raise FileRefused(question.reason, place=path.name, **dict(question.reason_facts))
        yield _Set(
            key=lasting_name(path.stem, question.identifier),
            title=title_from(question.title, fallback=title_of_file(path.name)),
            language=question.language,
            questions=[question],
            is_test=False,
            about=About(),
            version=wire.version_of(root),
            file=file,
        )
        return
    sets = list(_sets12(root, key=path.stem, name=path.name, about=About(), file=file)) if kind == "tests 1.2" else []
    if not sets:
        raise FileRefused(NOT_QTI, found=name_of(root)[:60])
    yield from sets


# --- documents of a package ------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Listed:
    """A document of a package, and what is said of it."""

    name: str
    key: str
    about: About
    may_be_other: bool = False


@dataclass(frozen=True, kw_only=True)
class _Contents:
    """The documents of a package, in order, with what is known of the whole."""

    package: Package
    key: str
    title: str
    about: About
    documents: Sequence[_Listed]
    refused: Sequence[RowRefused] = ()
    version: str = ""
    file: FileIn | None = None


def _package_sets(package: Package, path: Path, notes: Tally) -> Iterator[_Set | RowRefused]:
    """Return the tests of a package, and what it holds beside them as one set."""
    where = package.root.rstrip("/")
    try:
        manifest = parse_manifest(package.document(FILE_NAME))
    except FileRefused as refusal:
        if not where:
            raise
        yield RowRefused(place=where, sentence=refusal.sentence, facts=refusal.facts)
        return
    key = _key(manifest, where or path.stem)
    documents, refused = [], []
    names: set[str] = set()
    for listed in manifest.resources.values():
        if not listed.type.casefold().startswith(("imsqti", "imsapip")):
            continue
        name = next((one for address in listed.addresses if (one := package.find(address, listed.base))), "")
        if not name:
            place = listed.addresses[0] if listed.addresses else listed.identifier
            refused.append(RowRefused(place=place, sentence=NO_ITEM_FILE))
        elif name not in names:
            names.add(name)
            about = _merged(listed.about, manifest.about)
            documents.append(_Listed(name=name, key=listed.identifier, about=about))
    yield from _document_sets(
        _Contents(
            package=package,
            key=key,
            title=title_from(manifest.about.title, fallback=title_of_file(f"{where or path.stem}.x")),
            about=manifest.about,
            documents=documents,
            refused=refused,
            version=manifest.version,
            file=package.original(),
        ),
        notes,
    )


def _loose(package: Package, path: Path) -> _Contents:
    """Return the documents of a folder without a contents page."""
    return _Contents(
        package=package,
        key=path.stem,
        title=title_of_file(f"{path.stem}.x"),
        about=About(),
        documents=[
            _Listed(name=name, key=name, about=About(), may_be_other=True)
            for name in package.inside()
            if name.casefold().endswith((".xml", ".qti"))
        ],
        file=package.original(),
    )


def _document_sets(contents: _Contents, notes: Tally) -> Iterator[_Set | RowRefused]:
    yield from contents.refused
    package = contents.package
    used: set[str] = set()
    items: list[tuple[_Listed, Element]] = []
    for listed in contents.documents:
        try:
            root = package.document(listed.name)
        except FileRefused as refusal:
            used.add(listed.name)
            yield RowRefused(place=listed.name, sentence=refusal.sentence, facts=refusal.facts)
            continue
        kind = wire.kind_of_document(root)
        if kind == "test":
            yield from _test_set(contents, listed, root, used, notes)
        elif kind == "tests 1.2":
            yield from _sets12(
                root,
                key=lasting_name(contents.key, listed.key),
                name=listed.name,
                about=listed.about,
                file=contents.file,
                package=package,
            )
        elif kind == "item":
            items.append((listed, root))
        elif not kind and not listed.may_be_other:
            yield RowRefused(place=listed.name, sentence=NOT_A_QUESTION)
    language = language_code(contents.about.language)
    found = [
        _question(root, listed.name, language, package=package, notes=notes)
        for listed, root in items
        if listed.name not in used
    ]
    if found:
        yield _Set(
            key=lasting_name(contents.key, "items"),
            title=title_from(contents.about.title, found[0].title if len(found) == 1 else "", fallback=contents.title),
            language=found[0].language,
            questions=found,
            is_test=False,
            about=contents.about,
            version=contents.version or wire.version_of(items[0][1]),
            file=contents.file,
        )


def _folder_of(name: str) -> str:
    return name.rsplit("/", 1)[0] if "/" in name else ""


def _test_set(
    contents: _Contents, listed: _Listed, root: Element, used: set[str], notes: Tally
) -> Iterator[_Set | RowRefused]:
    package, name = contents.package, listed.name
    used.add(name)
    test = wire.with_sections(wire.in_qti_3(root), partial(_section, package, _folder_of(name), notes, 0))
    language = language_code(test.get("xml:lang"), language_code(listed.about.language))
    questions: list[_Question] = []
    places: dict[str, int] = {}
    refs: dict[str, int] = {}
    for ref in wire.item_refs(test):
        item = package.find(ref.href, _folder_of(name))
        if not item:
            yield RowRefused(place=ref.href or ref.identifier, sentence=NO_ITEM_FILE)
            continue
        if item not in places:
            used.add(item)
            try:
                item_root = package.document(item)
            except FileRefused as refusal:
                yield RowRefused(place=item, sentence=refusal.sentence, facts=refusal.facts)
                continue
            if wire.kind_of_document(item_root) != "item":
                yield RowRefused(place=item, sentence=NOT_A_QUESTION)
                continue
            places[item] = len(questions)
            questions.append(_question(item_root, item, language, package=package, notes=notes))
        refs[ref.identifier] = places[item]
    yield _Set(
        key=lasting_name(contents.key, test.get("identifier")),
        title=title_from(test.get("title"), listed.about.title, fallback=title_of_file(name)),
        language=language,
        questions=questions,
        is_test=True,
        about=listed.about,
        version=wire.version_of(root),
        minutes=wire.minutes_of(test),
        file=contents.file,
        test=test,
        test_name=name,
        refs=refs,
    )


def _section(package: Package, base: str, notes: Tally, depth: int, address: str) -> Node | None:
    """Return a section from its own file, with the items it names as seen from the test."""
    name = package.find(address, base)
    if not name or depth > 20:
        notes.add(NO_SECTION_FILE, address)
        return None
    try:
        root = package.document(name)
    except FileRefused as refusal:
        notes.add(NO_SECTION_FILE, f"{address}: {refusal}")
        return None
    folder = _folder_of(name)
    section = wire.with_sections(wire.in_qti_3(root), partial(_section, package, folder, notes, depth + 1))
    return section if folder == base else wire.with_addresses(section, lambda href: f"/{joined(folder, href)}")


def _question(root: Element, name: str, language: str, *, package: Package | None, notes: Tally) -> _Question:
    """Return the question of an item's document with its shared texts in place."""
    keeper = FileKeeper()
    find = finder(package, _folder_of(name)) if package is not None else nowhere
    document = keeper.with_files(wire.in_qti_3(root), find)
    title = document.get("title")
    for ref in document.elements("qti-assessment-stimulus-ref"):
        document = _with_text(document, ref, title or name, package, name, keeper, notes)
    language = language_code(document.get("xml:lang"), language)
    try:
        item = item_of(document)
    except ItemInvalid as problem:
        return _Question(
            identifier=document.get("identifier"),
            title=title,
            language=language,
            reason=problem.sentence,
            reason_facts=problem.facts,
            name=name,
        )
    return _Question(
        identifier=document.get("identifier"),
        title=title,
        language=language,
        text=prompt_of(item),
        root=document,
        interactions=tuple(one.kind for one in item.interactions),
        name=name,
        keeper=keeper,
    )


def _with_text(
    document: Node, ref: Node, place: str, package: Package | None, name: str, keeper: FileKeeper, notes: Tally
) -> Node:
    identifier = ref.get("identifier")
    if wire.has_stimulus(document, identifier):
        return document
    address = package.find(ref.get("href"), _folder_of(name)) or package.find(ref.get("href")) if package else ""
    if package is None or not address:
        notes.add(NO_TEXT_FILE, f"{place}, line {ref.line}: {ref.get('href')}")
        return document
    try:
        text = wire.in_qti_3(package.document(address))
    except FileRefused as refusal:
        notes.add(NO_TEXT_FILE, f"{place}: {refusal}")
        return document
    text = keeper.with_files(text, finder(package, _folder_of(address)))
    body = text.first("qti-stimulus-body")
    if body is None:
        notes.add(NO_TEXT_FILE, f"{place}: {address}")
        return document
    extras = (*text.elements("qti-stylesheet"), *text.below("qti-catalog"))
    return wire.with_stimulus(wire.with_safe_reference(document, identifier), identifier, body.children, extras)


def _sets12(
    root: Element, *, key: str, name: str, about: About, file: FileIn | None, package: Package | None = None
) -> Iterator[_Set]:
    """Return the tests and banks of a document of QTI 1.2."""
    language = language_code(about.language)
    find = finder(package, _folder_of(name)) if package is not None else nowhere

    def size(address: str) -> tuple[int, int] | None:
        found = find(address)
        return picture_size(found[1]) if found else None

    for number, test in enumerate(parse_tests(root, language=language, picture_size=size), start=1):
        order = document_of_test(test, language)
        questions = [
            _Question(
                identifier=one.ident,
                title=one.title,
                language=language,
                text=one.text,
                root=one.root,
                reason=one.reason,
                told=one.told,
                interactions=tuple(kind.kind for kind in item_of(one.root).interactions) if one.root else (),
                name=name,
                find=find,
            )
            for one in test.questions
        ]
        yield _Set(
            key=lasting_name(key, test.ident or str(number)),
            title=title_from(test.title, about.title, fallback=title_of_file(name)),
            language=language,
            questions=questions,
            is_test=not test.is_bank,
            about=about,
            names_a_bank=test.names_a_bank,
            version="1.2",
            minutes=test.minutes,
            file=file,
            test=order,
            test_name=name,
            refs={one.root.get("identifier"): place for place, one in enumerate(questions) if one.root is not None}
            if order is not None
            else {},
        )


def _key(manifest: Manifest, name: str) -> str:
    """Return the name of a package that stays; one that every exporter uses is told apart by the title or the file."""
    if len(manifest.identifier) >= 12:
        return manifest.identifier
    return "~".join(part for part in (manifest.identifier, manifest.about.title or name) if part)


def _merged(part: About, whole: About) -> About:
    """Return what a part says of itself, with the package's words where it says nothing."""
    facts: dict[str, Any] = {name: getattr(part, name) or getattr(whole, name) for name in About.__dataclass_fields__}
    return About(**facts)


# --- as a resource ---------------------------------------------------------------------------------------------------


def _resource(one: _Set, notes: Tally) -> Iterator[ResourceIn | RowRefused]:
    if not one.questions:
        yield RowRefused(place=one.title, sentence=ONLY_A_BANK if one.names_a_bank else NOT_A_QUESTION)
        return
    items: dict[str, ItemIn] = {}
    name_at: dict[int, str] = {}
    left_out: list[RowRefused] = []
    for place, question in enumerate(one.questions):
        where = _place(one.title, question)
        if question.root is None:
            left_out.append(RowRefused(place=where, sentence=question.reason, facts=question.reason_facts))
            continue
        name = lasting_name(one.key, question.identifier or str(place + 1))
        name = name if name not in items else lasting_name(one.key, question.identifier, str(place + 1))
        try:
            items[name] = question_in(
                question.root,
                source_id=name,
                language=question.language,
                place=where,
                notes=notes,
                find=question.find,
                original_name=question.name,
                keeper=question.keeper,
            )
        except CannotBeAsked as reason:
            left_out.append(RowRefused(place=where, sentence=reason.sentence, facts=reason.facts))
            continue
        name_at[place] = name
        for sentence in question.told:
            notes.add(sentence, where)
    interactions: Counter[str] = Counter()
    for question in one.questions:
        interactions.update(question.interactions)
    grades = grades_of_ages(one.about.ages)
    facts: dict[str, Any] = {"grade_low": grades[0], "grade_high": grades[1]} if grades else {}
    titles = [question.title or question.identifier for question in one.questions]
    yield ResourceIn(
        source_id=one.key,
        title=one.title,
        description=one.about.description or first_words(" · ".join(q.text for q in one.questions if q.text), 300),
        language=one.language,
        kind="quiz" if one.is_test else "practice",
        # Only where nothing at all could be opened is there nothing to give to a student.
        uses=USES if items else (),
        minutes=minutes_within(one.minutes or max(5, MINUTES_PER_QUESTION * len(one.questions))),
        topics=topics_from(one.about.keywords),
        licence=licence_name(one.about.rights) if one.about.rights else "",
        attribution=", ".join(one.about.authors)[:LONGEST_ATTRIBUTION],
        alignments=alignments_to(one.about.standards),
        items=tuple(items.values()),
        file=one.file,
        test=_test_in(one, name_at),
        extra={
            "form": f"QTI {one.version}".strip(),
            "questions": len(one.questions),
            "answerable": len(items),
            "interactions": dict(sorted(interactions.items())),
            "titles": titles[:200],
        },
        **facts,
    )
    yield from left_out


def _test_in(one: _Set, name_at: dict[int, str]) -> TestIn | None:
    if one.test is None:
        return None
    items = {ref: name_at[place] for ref, place in one.refs.items() if place in name_at}
    return TestIn(document=write_document(one.test), items=items, original_name=one.test_name)


def _place(title: str, question: _Question) -> str:
    asked = question.title or first_words(question.text, 60) or question.identifier
    return f"{title}: {asked}" if asked != title else title
