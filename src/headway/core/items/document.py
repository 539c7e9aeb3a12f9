"""A question as a document of QTI 3: its declarations, what is asked, its rules and its feedback, found once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from headway.core.items.markup import Node, read_document
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.core.shared.safe_xml import XmlRefused

NOT_AN_ITEM = gettext_noop("This is no question in QTI 3: the document begins with “{found}”.")
NOTHING_ASKED = gettext_noop("Question {id}: there is nothing in it to show (no qti-item-body).")

# Kinds of interaction, by the name QTI gives them without “qti-” and “-interaction”.
INTERACTIONS = (
    "choice",
    "inline-choice",
    "text-entry",
    "extended-text",
    "order",
    "match",
    "associate",
    "gap-match",
    "hottext",
    "slider",
    "hotspot",
    "select-point",
    "position-object",
    "graphic-order",
    "graphic-associate",
    "graphic-gap-match",
    "upload",
    "drawing",
    "media",
    "end-attempt",
    "portable-custom",
    "custom",
)


class ItemInvalid(RuleBroken):
    """A document that is no question; the sentence says what is missing, and where."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something a question uses that the engine lacks: a line of a report, never a wrong score."""

    element: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """A variable of an item: `kind` is "response", "outcome", "template" or "context"; `node` has the rest."""

    identifier: str
    kind: str
    cardinality: str
    base_type: str
    node: Node


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """Where one answer is given: its kind, the variable it binds, and its element."""

    kind: str
    response: str
    node: Node


@dataclass(frozen=True, kw_only=True, eq=False)
class Item:
    """One question. What is derived from the document is worked out once, when it is first asked for."""

    root: Node
    declarations: Mapping[str, Declaration]
    body: Node
    interactions: tuple[Interaction, ...]
    modal_feedbacks: tuple[Node, ...] = ()
    response_processing: Node | None = None
    template_processing: Node | None = None
    # Cards for accessibility, by the id of their catalog.
    catalogs: Mapping[str, Node] = field(default_factory=dict)
    stylesheets: tuple[str, ...] = ()
    stimulus_refs: tuple[Node, ...] = ()

    @property
    def identifier(self) -> str:
        """The name the item has in its package."""
        return self.root.get("identifier")

    @property
    def title(self) -> str:
        """The item's title."""
        return self.root.get("title")

    @property
    def language(self) -> str:
        """The language of the item, "en" where it does not say."""
        return self.root.get("xml:lang") or self.body.get("xml:lang") or "en"

    @property
    def is_adaptive(self) -> bool:
        """Whether the item itself decides when it is finished."""
        return self.root.get("adaptive") == "true"

    @cached_property
    def responses(self) -> tuple[Declaration, ...]:
        """The response variables, in order."""
        return tuple(one for one in self.declarations.values() if one.kind == "response")


_DECLARATIONS = {
    "qti-response-declaration": "response",
    "qti-outcome-declaration": "outcome",
    "qti-template-declaration": "template",
    "qti-context-declaration": "context",
}


def parse_item(document: str | bytes) -> Item:
    """Return the question a document of QTI 3 holds.

    Raises ItemInvalid, with the line, where it is damaged, is no question, or asks nothing.
    """
    content = document.encode() if isinstance(document, str) else document
    try:
        return item_of(read_document(content))
    except XmlRefused as refusal:
        raise ItemInvalid(refusal.sentence, **refusal.facts) from refusal


def item_of(root: Node) -> Item:
    """Return the question below the root of a document of QTI 3. Raises ItemInvalid where there is none."""
    if root.name != "qti-assessment-item":
        raise ItemInvalid(NOT_AN_ITEM, found=root.name[:60])
    body = root.first("qti-item-body")
    if body is None:
        raise ItemInvalid(NOTHING_ASKED, id=root.get("identifier") or "?")
    declarations = {
        one.get("identifier"): Declaration(
            identifier=one.get("identifier"),
            kind=_DECLARATIONS[one.name],
            cardinality=one.get("cardinality", "single"),
            base_type=one.get("base-type"),
            node=one,
        )
        for one in root.elements(*_DECLARATIONS)
    }
    catalogs = {
        one.get("id"): one for holder in root.below("qti-catalog-info") for one in holder.elements("qti-catalog")
    }
    return Item(
        root=root,
        declarations=declarations,
        body=body,
        interactions=tuple(
            Interaction(kind=kind, response=one.get("response-identifier"), node=one)
            for one in body.below()
            if (kind := kind_of(one))
        ),
        modal_feedbacks=tuple(root.elements("qti-modal-feedback")),
        response_processing=root.first("qti-response-processing"),
        template_processing=root.first("qti-template-processing"),
        catalogs=catalogs,
        stylesheets=tuple(one.get("href") for one in root.elements("qti-stylesheet")),
        stimulus_refs=tuple(root.elements("qti-assessment-stimulus-ref")),
    )


def kind_of(node: Node) -> str:
    """Return which kind of interaction an element is, "" where it is none."""
    if not node.name.startswith("qti-") or not node.name.endswith("-interaction"):
        return ""
    kind = node.name.removeprefix("qti-").removesuffix("-interaction")
    # A position object stands on its stage, which carries the picture; the interaction is the object itself.
    return kind if kind in INTERACTIONS else ""
