"""A test of QTI 3 as plain values: its parts, its sections, and the questions it names.

Which of them one student is asked, and in what order, is in `sitting.py`. (1EdTech, QTI 3.0 Assessment, Section and Item
Information Model, chapters 2.8 to 2.10.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Final

from headway.core.items.document import Missing
from headway.core.items.markup import Node, read_document
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.core.shared.safe_xml import XmlRefused

MOST_ASKED: Final = 2_000  # a test that asks for more was made to do harm, or by mistake

NOT_A_TEST = gettext_noop("This is no test in QTI 3: the document begins with “{found}”.")
NO_PART = gettext_noop("Test {id}: it has no part that asks a question (no qti-test-part with a section).")
NOT_A_COUNT = gettext_noop("Line {line}: “{found}” should be a whole number from 0 up ({attribute}).")
NOT_SECONDS = gettext_noop("Line {line}: “{found}” should be a number of seconds from 0 up ({attribute}).")
TOO_MANY = gettext_noop("Test {id}: it can ask {count} questions; a test here asks at most {most}.")
TWICE = gettext_noop("Line {line}: the name “{id}” stands for two things in this test; a name may be given once.")


class TestInvalid(RuleBroken):
    """A document that is no test; the sentence says what is missing, and where."""

    __test__ = False  # the name says what it is; no runner should take it for a test of ours


@dataclass(frozen=True, kw_only=True)
class Control:
    """What a student may do with a question. `attempts` 0 stands for any number; what is allowed here holds in all below."""

    attempts: int = 1
    show_feedback: bool = False
    allow_review: bool = True
    show_solution: bool = False
    allow_comment: bool = False
    allow_skipping: bool = True
    validate_responses: bool = False


@dataclass(frozen=True, kw_only=True)
class TimeLimits:
    """How long it takes at least and at most, in seconds; None is no limit."""

    least_seconds: float = 0.0
    most_seconds: float | None = None
    may_be_late: bool = False


@dataclass(frozen=True, kw_only=True)
class Branch:
    """Where to go on when its condition is true: a name in the test, or EXIT_SECTION, EXIT_TESTPART, EXIT_TEST."""

    target: str
    condition: Node


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What parts, sections and references share: conditions to be asked, ways on, limits of time.

    A condition is the element around its expression.
    """

    conditions: tuple[Node, ...] = ()
    branches: tuple[Branch, ...] = ()
    limits: TimeLimits | None = None


@dataclass(frozen=True, kw_only=True)
class ItemRef:
    """A question a test names. `mappings` gives the name a test has for an outcome, by the item's own name for it."""

    identifier: str
    href: str
    is_required: bool = False
    is_fixed: bool = False
    categories: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    mappings: Mapping[str, str] = field(default_factory=dict)
    template_defaults: Mapping[str, Node] = field(default_factory=dict)
    control: Control = Control()
    rules: Rules = Rules()


@dataclass(frozen=True, kw_only=True)
class Section:
    """Questions and sections that belong together. `select` None asks all of them; `rubrics` is what is told with them."""

    identifier: str
    title: str = ""
    is_visible: bool = True
    is_kept_together: bool = True
    is_required: bool = False
    is_fixed: bool = False
    select: int | None = None
    with_replacement: bool = False
    is_shuffled: bool = False
    rubrics: tuple[Node, ...] = ()
    children: tuple[Section | ItemRef, ...] = ()
    rules: Rules = Rules()


@dataclass(frozen=True, kw_only=True)
class TestPart:
    """A part of a test: `is_linear`, one after the other without going back; `is_handed_in_at_once`, all answers at its end."""

    __test__ = False

    identifier: str
    title: str = ""
    is_linear: bool = True
    is_handed_in_at_once: bool = False
    rubrics: tuple[Node, ...] = ()
    sections: tuple[Section, ...] = ()
    feedbacks: tuple[Node, ...] = ()
    rules: Rules = Rules()


@dataclass(frozen=True, kw_only=True, eq=False)
class Test:
    """A whole test. `missing` names what it uses and this engine lacks."""

    __test__ = False

    identifier: str
    title: str
    language: str
    outcomes: tuple[Node, ...]
    rubrics: tuple[Node, ...]
    parts: tuple[TestPart, ...]
    outcome_processing: Node | None
    feedbacks: tuple[Node, ...]
    limits: TimeLimits | None
    missing: tuple[Missing, ...]

    @property
    def references(self) -> tuple[ItemRef, ...]:
        """Every question the test names, in the document's order, whether it will be asked or not."""
        return tuple(one for part in self.parts for section in part.sections for one in references_in(section))


def references_in(section: Section) -> Iterator[ItemRef]:
    """Return the questions of a section and of those in it, in the document's order."""
    for one in section.children:
        if isinstance(one, ItemRef):
            yield one
        else:
            yield from references_in(one)


def parse_test(document: str | bytes, *, sections: Mapping[str, str | bytes] | None = None) -> Test:
    """Return the test a document of QTI 3 holds; `sections` are the documents its section references name, by address.

    Raises TestInvalid, with the line, where it is damaged, is no test, gives a name twice, or can ask more than MOST_ASKED.
    """
    root = _root(document)
    if root.name != "qti-assessment-test":
        raise TestInvalid(NOT_A_TEST, found=root.name[:60])
    reading = _Reading(sections or {})
    parts = tuple(reading.part(one) for one in root.elements("qti-test-part"))
    name = root.get("identifier") or "?"
    if not any(True for part in parts for section in part.sections for _ in references_in(section)):
        raise TestInvalid(NO_PART, id=name)
    asked = sum(_most_asked(section) for part in parts for section in part.sections)
    if asked > MOST_ASKED:
        raise TestInvalid(TOO_MANY, id=name, count=asked, most=MOST_ASKED)
    reading.look(root, _IN_TEST)
    return Test(
        identifier=root.get("identifier"),
        title=root.get("title"),
        language=root.get("xml:lang") or "en",
        outcomes=tuple(root.elements("qti-outcome-declaration")),
        rubrics=tuple(root.elements("qti-rubric-block")),
        parts=parts,
        outcome_processing=root.first("qti-outcome-processing"),
        feedbacks=tuple(root.elements("qti-test-feedback")),
        limits=_limits(root),
        missing=tuple(reading.missing),
    )


def _root(document: str | bytes) -> Node:
    try:
        return read_document(document.encode() if isinstance(document, str) else document)
    except XmlRefused as refusal:
        raise TestInvalid(refusal.sentence, **refusal.facts) from refusal


# --- Reading ----------------------------------------------------------------------------------------------------------

_RULES = ("qti-pre-condition", "qti-branch-rule", "qti-time-limits", "qti-item-session-control")
_IN_TEST = frozenset(
    (
        "qti-context-declaration",
        "qti-outcome-declaration",
        "qti-time-limits",
        "qti-stylesheet",
        "qti-rubric-block",
        "qti-test-part",
        "qti-outcome-processing",
        "qti-test-feedback",
    )
)
_IN_PART = frozenset(
    (*_RULES, "qti-rubric-block", "qti-assessment-section", "qti-assessment-section-ref", "qti-test-feedback")
)
_IN_SECTION = frozenset(
    (
        *_RULES,
        "qti-rubric-block",
        "qti-selection",
        "qti-ordering",
        "qti-assessment-section",
        "qti-assessment-section-ref",
        "qti-assessment-item-ref",
    )
)
_IN_REFERENCE = frozenset((*_RULES, "qti-variable-mapping", "qti-weight", "qti-template-default"))
_CONTROLS = {
    "max-attempts": "attempts",
    "show-feedback": "show_feedback",
    "allow-review": "allow_review",
    "show-solution": "show_solution",
    "allow-comment": "allow_comment",
    "allow-skipping": "allow_skipping",
    "validate-responses": "validate_responses",
}


class _Reading:
    """One document being read: the names met so far, what is missing, and the sections that stand in other files."""

    def __init__(self, sections: Mapping[str, str | bytes]) -> None:
        self.sections = sections
        self.names: set[str] = set()
        self.missing: list[Missing] = []

    def look(self, node: Node, known: frozenset[str]) -> None:
        self.missing += [Missing(one.name, one.line) for one in node.elements() if one.name not in known]

    def name(self, node: Node) -> str:
        name = node.get("identifier")
        if name in self.names:
            raise TestInvalid(TWICE, line=node.line, id=name)
        self.names.add(name)
        return name

    def part(self, node: Node) -> TestPart:
        self.look(node, _IN_PART)
        control = _control(node, Control())
        return TestPart(
            identifier=self.name(node),
            title=node.get("title"),
            is_linear=node.get("navigation-mode", "linear") != "nonlinear",
            is_handed_in_at_once=node.get("submission-mode") == "simultaneous",
            rubrics=tuple(node.elements("qti-rubric-block")),
            sections=tuple(one for one in self.children(node, control, ()) if isinstance(one, Section)),
            feedbacks=tuple(node.elements("qti-test-feedback")),
            rules=_rules(node),
        )

    def children(self, node: Node, control: Control, files: tuple[str, ...]) -> Iterator[Section | ItemRef]:
        for one in node.elements("qti-assessment-section", "qti-assessment-section-ref", "qti-assessment-item-ref"):
            if one.name == "qti-assessment-item-ref":
                yield self.reference(one, control)
            elif one.name == "qti-assessment-section":
                yield self.section(one, control, files)
            else:
                yield from self.section_elsewhere(one, control, files)

    def section_elsewhere(self, node: Node, control: Control, files: tuple[str, ...]) -> Iterator[Section]:
        address = node.get("href")
        # A section that holds itself would never end.
        if address not in self.sections or address in files:
            self.missing.append(Missing(node.name, node.line))
            return
        root = _root(self.sections[address])
        if root.name != "qti-assessment-section":
            self.missing.append(Missing(node.name, node.line))
            return
        yield self.section(root, control, (*files, address))

    def section(self, node: Node, control: Control, files: tuple[str, ...]) -> Section:
        self.look(node, _IN_SECTION)
        own = _control(node, control)
        selection, ordering = node.first("qti-selection"), node.first("qti-ordering")
        if selection is not None:
            self.look(selection, frozenset())
        return Section(
            identifier=self.name(node),
            title=node.get("title"),
            is_visible=node.get("visible", "true") != "false",
            is_kept_together=node.get("keep-together", "true") != "false",
            is_required=node.get("required") == "true",
            is_fixed=node.get("fixed") == "true",
            select=None if selection is None else _count(selection, "select"),
            with_replacement=selection is not None and selection.get("with-replacement") == "true",
            is_shuffled=ordering is not None and ordering.get("shuffle") == "true",
            rubrics=tuple(node.elements("qti-rubric-block")),
            children=tuple(self.children(node, own, files)),
            rules=_rules(node),
        )

    def reference(self, node: Node, control: Control) -> ItemRef:
        self.look(node, _IN_REFERENCE)
        return ItemRef(
            identifier=self.name(node),
            href=node.get("href"),
            is_required=node.get("required") == "true",
            is_fixed=node.get("fixed") == "true",
            categories=tuple(node.get("category").split()),
            weights={one.get("identifier"): _number(one, "value", 1.0) for one in node.elements("qti-weight")},
            mappings={
                one.get("source-identifier"): one.get("target-identifier")
                for one in node.elements("qti-variable-mapping")
            },
            template_defaults={one.get("template-identifier"): one for one in node.elements("qti-template-default")},
            control=_control(node, control),
            rules=_rules(node),
        )


def _rules(node: Node) -> Rules:
    return Rules(
        conditions=tuple(node.elements("qti-pre-condition")),
        branches=tuple(Branch(target=one.get("target"), condition=one) for one in node.elements("qti-branch-rule")),
        limits=_limits(node),
    )


def _limits(node: Node) -> TimeLimits | None:
    found = node.first("qti-time-limits")
    if found is None:
        return None
    return TimeLimits(
        least_seconds=_seconds(found, "min-time") or 0.0,
        most_seconds=_seconds(found, "max-time"),
        may_be_late=found.get("allow-late-submission") == "true",
    )


def _control(node: Node, above: Control) -> Control:
    found = node.first("qti-item-session-control")
    if found is None:
        return above
    said: dict[str, int | bool] = {
        ours: _count(found, name) if ours == "attempts" else found.get(name) == "true"
        for name, ours in _CONTROLS.items()
        if name in found.attributes
    }
    return Control(**({one.name: getattr(above, one.name) for one in fields(Control)} | said))


def _count(node: Node, attribute: str) -> int:
    found = node.get(attribute).strip()
    if not (found.isascii() and found.isdecimal() and len(found) <= 9):
        raise TestInvalid(NOT_A_COUNT, line=node.line, found=found[:60], attribute=attribute)
    return int(found)


def _number(node: Node, attribute: str, otherwise: float) -> float:
    try:
        value = float(node.get(attribute))
    except ValueError:
        return otherwise
    return value if math.isfinite(value) else otherwise


def _seconds(node: Node, attribute: str) -> float | None:
    if attribute not in node.attributes:
        return None
    value = _number(node, attribute, -1.0)
    if value < 0:
        raise TestInvalid(NOT_SECONDS, line=node.line, found=node.get(attribute)[:60], attribute=attribute)
    return value


def _most_asked(section: Section) -> int:
    """Return how many questions a section can come to at most."""
    sizes = sorted((1 if isinstance(one, ItemRef) else _most_asked(one) for one in section.children), reverse=True)
    if section.select is None:
        return sum(sizes)
    required = sum(one.is_required for one in section.children)
    count = max(section.select, required)
    return sum(sizes[:count]) if not section.with_replacement else count * max(sizes, default=0)
