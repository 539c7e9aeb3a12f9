"""Writes questions as a content package of QTI 3: items, their tests, the files they show, and a manifest that names them all.

The same questions always give the same bytes. Each item has a folder of its own, so that its addresses stay as they are; read
again, the items are equal.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from headway.core.items.document import parse_item
from headway.core.items.markup import QTI_3, Node, read_document, write_document
from headway.core.library.values import AlignmentIn, FileIn, ItemIn, ResourceIn, TestIn
from headway.exchange.qti import wire
from headway.exchange.shared.archives import ZIP_DAY
from headway.exchange.shared.manifest import FILE_NAME
from headway.records.items import queries as questions
from headway.records.library import queries as library
from headway.records.library import stored

if TYPE_CHECKING:
    from headway.records.library.models import Resource

PACKAGE = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
LOM = "http://ltsc.ieee.org/xsd/LOM"
STANDARDS = "http://www.imsglobal.org/xsd/imscsmd_v1p0"


@dataclass(frozen=True, kw_only=True)
class _Part:
    """Something a manifest names: a test, an item, a shared text; with its other files and what it is put together from."""

    identifier: str
    type: str
    name: str
    files: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    about: Node | None = None


@dataclass
class _Contents:
    parts: list[_Part] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)


def package_of(resources: Iterable[Resource]) -> bytes:
    """Return resources of the library with their questions as one package (.zip); those without questions are left out."""
    return write_package([_row(resource) for resource in resources])


def write_package(rows: Sequence[ResourceIn]) -> bytes:
    """Return resources with their questions as one package of QTI 3.

    One resource without a test of its own is a package of items; several become a test each, so that they stay apart.
    """
    rows = [row for row in rows if row.items]
    contents = _Contents()
    for number, row in enumerate(rows, start=1):
        _add_resource(contents, row, f"set-{number:03}", has_test=row.test is not None or len(rows) > 1)
    names = "\n".join(row.source_id for row in rows)
    manifest = Node(
        "manifest",
        {
            "xmlns": PACKAGE,
            "identifier": f"headway-{hashlib.blake2b(names.encode(), digest_size=10).hexdigest()}",
        },
        (
            _metadata(rows[0] if len(rows) == 1 else None),
            Node("organizations"),
            Node("resources", {}, tuple(_listed(one) for one in contents.parts)),
        ),
    )
    files = {FILE_NAME: _as_xml(manifest)} | contents.files
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sorted(files, key=lambda name: (name != FILE_NAME, name)):
            packed.writestr(zipfile.ZipInfo(name, ZIP_DAY), files[name], zipfile.ZIP_DEFLATED)
    return written.getvalue()


def _add_resource(contents: _Contents, row: ResourceIn, folder: str, *, has_test: bool) -> None:
    name_of: dict[str, str] = {}
    needs: list[str] = []
    for number, item in enumerate(row.items, start=1):
        place = f"{folder}/item-{number:03}"
        identifier = f"{folder}-item-{number:03}"
        name_of[item.source_id] = f"item-{number:03}/item.xml"
        _add_item(contents, item, place, identifier)
        needs.append(identifier)
    if not has_test:
        return
    test = _test(row, name_of)
    contents.files[f"{folder}/test.xml"] = write_document(test).encode()
    about = Node("metadata", {}, (_lom(row), *_standards(row)))
    contents.parts.append(
        _Part(
            identifier=f"{folder}-test",
            type="imsqti_test_xmlv3p0",
            name=f"{folder}/test.xml",
            needs=tuple(needs),
            about=about,
        )
    )


def _add_item(contents: _Contents, item: ItemIn, place: str, identifier: str) -> None:
    name = f"{place}/item.xml"
    contents.files[name] = item.document.encode()
    for path, file in item.files.items():
        contents.files[f"{place}/{path}"] = file.content
    texts: list[str] = []
    for text_name, document in _texts(item):
        text = f"{identifier}-{len(texts) + 1}"
        contents.files[f"{place}/{text_name}"] = document
        contents.parts.append(_Part(identifier=text, type="imsqti_stimulus_xmlv3p0", name=f"{place}/{text_name}"))
        texts.append(text)
    contents.parts.append(
        _Part(
            identifier=identifier,
            type="imsqti_item_xmlv3p0",
            name=name,
            files=tuple(f"{place}/{path}" for path in sorted(item.files)),
            needs=tuple(texts),
        )
    )


def _texts(item: ItemIn) -> Iterator[tuple[str, bytes]]:
    """Return the shared texts that an item refers to, as documents of their own: other systems put them in their place."""
    question = parse_item(item.document)
    for ref in question.stimulus_refs:
        shown = next(
            (one for one in question.body.below("div") if one.get(wire.STIMULUS) == ref.get("identifier")), None
        )
        if shown is not None and wire.is_safe_name(ref.get("href")) and ref.get("href") not in item.files:
            attributes = {"identifier": ref.get("identifier"), "title": ref.get("title") or ref.get("identifier")}
            body = Node("qti-stimulus-body", {}, shown.children)
            yield ref.get("href"), write_document(Node("qti-assessment-stimulus", attributes, (body,))).encode()


def _test(row: ResourceIn, name_of: Mapping[str, str]) -> Node:
    """Return a resource's test with the addresses its items have in the package; a plain one where it has none."""
    if row.test is not None:
        test = read_document(row.test.document.encode())
        items = {ref: name_of[name] for ref, name in row.test.items.items() if name in name_of}
        return _with_names(test, items)
    refs = tuple(
        Node("qti-assessment-item-ref", {"identifier": f"item-{number:03}", "href": name})
        for number, name in enumerate(name_of.values(), start=1)
    )
    section = Node("qti-assessment-section", {"identifier": "section-1", "title": row.title, "visible": "false"}, refs)
    attributes = {"identifier": "part-1", "navigation-mode": "nonlinear", "submission-mode": "individual"}
    part = Node("qti-test-part", attributes, (section,))
    test_id = f"test-{hashlib.blake2b(row.source_id.encode(), digest_size=8).hexdigest()}"
    return Node("qti-assessment-test", {"identifier": test_id, "title": row.title, "xml:lang": row.language}, (part,))


def _with_names(node: Node, items: Mapping[str, str]) -> Node:
    attributes = dict(node.attributes)
    if node.name == "qti-assessment-item-ref" and attributes.get("identifier", "") in items:
        attributes["href"] = items[attributes["identifier"]]
    children = tuple(
        one if isinstance(one, str) else _with_names(one, items)
        for one in node.children
        # What is not in the package any more is not asked for.
        if isinstance(one, str) or one.name != "qti-assessment-item-ref" or one.get("identifier") in items
    )
    return replace(node, attributes=attributes, children=children)


# --- the manifest ----------------------------------------------------------------------------------------------------


def _as_xml(node: Node) -> bytes:
    # A manifest is no document of QTI 3: the namespaces stand where they are needed.
    return write_document(node).replace(f' xmlns="{QTI_3}"', "", 1).encode()


def _text(name: str, text: str, **attributes: str) -> Node:
    return Node(name, attributes, (text,))


def _metadata(row: ResourceIn | None) -> Node:
    said = [_text("schema", "QTI Package"), _text("schemaversion", "3.0.0")]
    if row is not None:
        said += [_lom(row), *_standards(row)]
    return Node("metadata", {}, tuple(said))


def _lom(row: ResourceIn) -> Node:
    def string(text: str) -> Node:
        return _text("string", text, language=row.language)

    general = [Node("title", {}, (string(row.title),)), _text("language", row.language)]
    if row.description:
        general.append(Node("description", {}, (string(row.description),)))
    general += [Node("keyword", {}, (string(topic),)) for topic in row.topics]
    parts = [Node("general", {}, tuple(general))]
    if row.attribution:
        role = Node("role", {}, (_text("source", "LOMv1.0"), _text("value", "author")))
        parts.append(Node("lifeCycle", {}, (Node("contribute", {}, (role, _text("entity", f"FN:{row.attribution}"))),)))
    if row.licence:
        parts.append(Node("rights", {}, (Node("description", {}, (string(row.licence),)),)))
    return Node("lom", {"xmlns": LOM}, tuple(parts))


def _standards(row: ResourceIn) -> list[Node]:
    codes = list(dict.fromkeys(one.competency for one in row.alignments))
    if not codes:
        return []
    labelled = tuple(Node("labelledGUID", {}, (_text("label", code), _text("GUID", code))) for code in codes)
    inside = Node("curriculumStandardsMetadata", {}, (Node("setOfGUIDs", {}, labelled),))
    return [Node("curriculumStandardsMetadataSet", {"xmlns": STANDARDS}, (inside,))]


def _listed(part: _Part) -> Node:
    said = [] if part.about is None else [part.about]
    files = [Node("file", {"href": name}) for name in (part.name, *part.files)]
    needed = [Node("dependency", {"identifierref": name}) for name in part.needs]
    attributes = {"identifier": part.identifier, "type": part.type, "href": part.name}
    return Node("resource", attributes, (*said, *files, *needed))


# --- out of the library ----------------------------------------------------------------------------------------------


def _row(resource: Resource) -> ResourceIn:
    items = questions.items_of(resource)
    files = questions.files_of(items)
    aligned = getattr(resource, "accepted_alignments", None)
    competencies = library.accepted_competencies(resource) if aligned is None else [one.competency for one in aligned]
    return ResourceIn(
        source_id=resource.source_id or str(resource.uuid),
        title=resource.title,
        description=resource.description,
        language=resource.language,
        topics=tuple(resource.topics),
        licence=resource.licence,
        attribution=resource.attribution,
        alignments=tuple(
            AlignmentIn(competency=one.code or one.short) for one in competencies if one.code or one.short
        ),
        items=tuple(
            ItemIn(
                source_id=item.source_id or str(item.uuid),
                document=item.document,
                language=item.language,
                files={
                    path: FileIn(name=file.name, media_type=file.media_type, content=stored.content_of(file))
                    for path, file in sorted(files.get(item.pk, {}).items())
                },
            )
            for item in items
        ),
        test=_test_of(resource),
    )


def _test_of(resource: Resource) -> TestIn | None:
    test = getattr(resource, "test", None)
    return None if test is None else TestIn(document=test.document, items=dict(test.items))
