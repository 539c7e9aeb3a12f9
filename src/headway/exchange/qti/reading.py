"""Takes questions in QTI in: a package with its tests, a folder of items, one item; versions 1.2, 2 and 3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.core.library.licences import licence_name
from headway.core.library.values import FileIn, ItemIn, ResourceIn
from headway.core.shared.errors import gettext_noop
from headway.exchange.qti import wire
from headway.exchange.shared.archives import Package, is_zip, open_package
from headway.exchange.shared.arriving import (
    LONGEST_ATTRIBUTION,
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
from headway.exchange.shared.questions12 import parse_tests

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


@dataclass(frozen=True, kw_only=True)
class _Set:
    """Questions that belong together, and what is known of them as a whole."""

    key: str
    title: str
    language: str
    questions: Sequence[wire.Question]
    is_test: bool
    about: About
    version: str = ""
    minutes: int | None = None
    file: FileIn | None = None


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

    Each test, or each package without one, becomes a resource with the original kept. Questions that fit a form of Headway
    can be answered; the others are counted by kind and named with the reason. Raises FileRefused where there is no
    question at all, or the file is damaged or could do harm.
    """
    facts: dict[str, object] = {}
    notes = Tally()
    path = path.parent if path.name == FILE_NAME else path
    return deliver(
        _rows(path, facts),
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


def _rows(path: Path, facts: dict[str, object]) -> Iterator[ResourceIn | RowRefused]:
    interactions: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    asked = 0
    for one in _sets(path):
        if isinstance(one, RowRefused):
            yield one
            continue
        asked += len(one.questions)
        for question in one.questions:
            interactions.update(question.interactions)
            kinds.update([str(question.document["kind"])] if question.document else [])
        yield from _resource(one)
    facts |= {
        "questions": asked,
        "questions_taken": sum(kinds.values()),
        "questions_by_kind": dict(kinds.most_common()),
        "interactions": dict(interactions.most_common()),
    }


def _sets(path: Path) -> Iterator[_Set | RowRefused]:
    if path.is_dir() or is_zip(path):
        with open_package(path) as whole:
            parts = whole.parts(FILE_NAME)
            found = False
            for part in parts:
                for one in _package_sets(part, path):
                    found = True
                    yield one
            if not parts:
                for one in _loose(whole, path):
                    found = True
                    yield one
            if not found:
                raise FileRefused(NO_QUESTIONS, name=path.name)
        return
    if not path.is_file():
        raise FileRefused(NOT_THERE, path=path)
    content = read_bytes(path)
    root = parse_xml(content)
    if wire.is_test(root):
        raise FileRefused(ONLY_A_TEST)
    sets = list(_document_sets(root, key=path.stem, name=path.name, about=About(), file=file_in(path.name, content)))
    if not sets:
        raise FileRefused(NOT_QTI, found=name_of(root)[:60])
    yield from sets


# --- documents -------------------------------------------------------------------------------------------------------


def _document_sets(root: Element, *, key: str, name: str, about: About, file: FileIn | None) -> Iterator[_Set]:
    """Return what one document asks: an item of QTI 2 or 3, or the tests and banks of QTI 1.2."""
    language = language_code(about.language)
    if wire.is_item(root):
        question = wire.parse_question(root, language=language)
        yield _Set(
            key=lasting_name(key, question.identifier),
            title=title_from(question.title, fallback=title_of_file(name)),
            language=question.language,
            questions=[question],
            is_test=False,
            about=about,
            version=wire.version_of(root),
            file=file,
        )
    elif name_of(root) == "questestinterop":
        for number, test in enumerate(parse_tests(root, language=language), start=1):
            yield _Set(
                key=lasting_name(key, test.ident or str(number)),
                title=title_from(test.title, about.title, fallback=title_of_file(name)),
                language=language,
                questions=[
                    wire.Question(
                        identifier=one.ident,
                        title=one.title,
                        language=language,
                        text=one.text,
                        interactions={one.form: 1},
                        document=dict(one.document) if one.document else None,
                        reason=one.reason,
                    )
                    for one in test.questions
                ],
                is_test=not test.is_bank,
                about=about,
                version="1.2",
                minutes=test.minutes,
                file=file,
            )


def _package_sets(package: Package, path: Path) -> Iterator[_Set | RowRefused]:
    """Return the tests of a package, and what it holds beside them as one set."""
    where = package.root.rstrip("/")
    try:
        manifest = parse_manifest(parse_xml(package.read(FILE_NAME), place=FILE_NAME))
    except FileRefused as refusal:
        if not where:
            raise
        yield RowRefused(place=where, sentence=refusal.sentence, facts=refusal.facts)
        return
    file = package.original()
    key = _key(manifest, where or path.stem)
    used: set[str] = set()
    found: list[wire.Question] = []
    for listed in manifest.resources.values():
        name = next((one for address in listed.addresses if (one := package.find(address, listed.base))), "")
        if not listed.type.casefold().startswith(("imsqti", "imsapip")) or name in used:
            continue
        if not name:
            yield RowRefused(
                place=listed.addresses[0] if listed.addresses else listed.identifier, sentence=NO_ITEM_FILE
            )
            continue
        try:
            root = parse_xml(package.read(name), place=name)
        except FileRefused as refusal:
            used.add(name)
            yield RowRefused(place=name, sentence=refusal.sentence, facts=refusal.facts)
            continue
        about = _merged(listed.about, manifest.about)
        if wire.is_test(root):
            yield from _test_set(package, root, name, key=key, about=about, file=file, used=used)
        elif name_of(root) == "questestinterop":
            yield from _document_sets(root, key=lasting_name(key, listed.identifier), name=name, about=about, file=file)
        elif not wire.is_item(root) and wire.plain_name(root) not in (
            "assessmentStimulus",
            "assessmentSection",
            "responseProcessing",
        ):
            yield RowRefused(place=name, sentence=NOT_A_QUESTION)
    for listed in manifest.resources.values():
        name = next((one for address in listed.addresses if (one := package.find(address, listed.base))), "")
        if (
            name
            and name not in used
            and listed.type.casefold().startswith(("imsqti_item", "imsqti_apipitem", "imsapip"))
        ):
            question = _question(package, name, language_code(manifest.about.language))
            if question is not None:
                used.add(name)
                found.append(question)
    if found:
        yield _Set(
            key=lasting_name(key, "items"),
            title=title_from(
                manifest.about.title,
                found[0].title if len(found) == 1 else "",
                fallback=title_of_file(f"{where or path.stem}.x"),
            ),
            language=found[0].language,
            questions=found,
            is_test=False,
            about=manifest.about,
            version=manifest.version,
            file=file,
        )


def _test_set(
    package: Package, root: Element, name: str, *, key: str, about: About, file: FileIn, used: set[str]
) -> Iterator[_Set | RowRefused]:
    test = wire.parse_test(root)
    base = name.rsplit("/", 1)[0] if "/" in name else ""
    language = test.language or language_code(about.language)
    questions = []
    used.add(name)
    for identifier, href in test.items:
        item = package.find(href, base)
        if not item:
            yield RowRefused(place=href or identifier, sentence=NO_ITEM_FILE)
            continue
        used.add(item)
        try:
            question = _question(package, item, language)
        except FileRefused as refusal:
            yield RowRefused(place=item, sentence=refusal.sentence, facts=refusal.facts)
            continue
        if question is None:
            yield RowRefused(place=item, sentence=NOT_A_QUESTION)
        else:
            questions.append(question)
    yield _Set(
        key=lasting_name(key, test.identifier),
        title=title_from(test.title, about.title, fallback=title_of_file(name)),
        language=language,
        questions=questions,
        is_test=True,
        about=about,
        version=wire.version_of(root),
        minutes=test.minutes,
        file=file,
    )


def _question(package: Package, name: str, language: str) -> wire.Question | None:
    root = parse_xml(package.read(name), place=name)
    if not wire.is_item(root):
        return None
    base = name.rsplit("/", 1)[0] if "/" in name else ""

    def passage(address: str) -> str:
        found = package.find(address, base)
        return wire.stimulus_text(parse_xml(package.read(found), place=found)) if found else ""

    return wire.parse_question(root, language=language, passage=passage)


def _loose(package: Package, path: Path) -> Iterator[_Set | RowRefused]:
    """Return the questions of a folder without a contents page: all items as one set, documents of QTI 1.2 each alone."""
    found: list[wire.Question] = []
    version = ""
    for name in package.inside():
        if not name.casefold().endswith((".xml", ".qti")):
            continue
        try:
            content = package.read(name)
            root = parse_xml(content, place=name)
            if wire.is_item(root):
                version = version or wire.version_of(root)
                question = _question(package, name, "en")
                if question is not None:
                    found.append(question)
            elif name_of(root) == "questestinterop":
                yield from _document_sets(
                    root, key=lasting_name(path.stem, name), name=name, about=About(), file=file_in(name, content)
                )
        except FileRefused as refusal:
            yield RowRefused(place=name, sentence=refusal.sentence, facts=refusal.facts)
    if found:
        yield _Set(
            key=lasting_name(path.stem, "items"),
            title=title_of_file(f"{path.stem}.x"),
            language=found[0].language,
            questions=found,
            is_test=False,
            about=About(),
            version=version,
            file=package.original(),
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


def _resource(one: _Set) -> Iterator[ResourceIn | RowRefused]:
    if not one.questions:
        yield RowRefused(place=one.title, sentence=NOT_A_QUESTION)
        return
    items: dict[str, ItemIn] = {}
    for number, question in enumerate(one.questions, start=1):
        if question.document is None:
            continue
        name = lasting_name(one.key, question.identifier or str(number))
        name = name if name not in items else lasting_name(one.key, question.identifier, str(number))
        document = {**question.document, "id": name}
        items[name] = ItemIn(source_id=name, kind=str(document["kind"]), document=document, language=question.language)
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
        # What nobody can answer here is found and printed, but no plan gives it to a student.
        uses=USES if items else (),
        minutes=minutes_within(one.minutes or max(5, MINUTES_PER_QUESTION * len(one.questions))),
        topics=topics_from(one.about.keywords),
        text="" if items else "\n\n".join(question.text for question in one.questions if question.text),
        licence=licence_name(one.about.rights) if one.about.rights else "",
        attribution=", ".join(one.about.authors)[:LONGEST_ATTRIBUTION],
        alignments=alignments_to(one.about.standards),
        items=tuple(items.values()),
        file=one.file,
        extra={
            "form": f"QTI {one.version}".strip(),
            "questions": len(one.questions),
            "answerable": len(items),
            "interactions": dict(sorted(interactions.items())),
            "titles": titles[:200],
        },
        **facts,
    )
    yield from _left_out(one.title, one.questions)


def _left_out(title: str, questions: Iterable[wire.Question]) -> Iterator[RowRefused]:
    for question in questions:
        if question.document is None:
            asked = question.title or first_words(question.text, 60) or question.identifier
            forms = ", ".join(question.interactions)
            place = f"{title}: {asked}" if asked != title else title
            yield RowRefused(place=f"{place} ({forms})" if forms else place, sentence=question.reason)
