"""Questions in QTI 1.2, the dialect inside cartridges of Canvas, Blackboard, Moodle and others, said in QTI 3.

Places to answer become interactions, conditions become rules, points stay points. Where one response of 1.2 is what QTI 3 asks in
another way (a list of drop-downs that share their choices is a match), the conditions are translated with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from headway.core.items.markup import Node
from headway.core.shared.errors import gettext_noop
from headway.exchange.shared import parts12 as parts
from headway.exchange.shared.arriving import NO_QUESTION, NOT_WHOLE, CannotBeAsked
from headway.exchange.shared.html_nodes import blocks, says_nothing
from headway.exchange.shared.markup import Element, attribute, below, child, children, name_of, words
from headway.exchange.shared.rules12 import no_rules, rules_of, rules_of_sets

PERSON_DECIDES = gettext_noop("Says nowhere which answer is right, so a person says how well it was answered.")
RULE_LEFT_OUT = gettext_noop("One of its rules could not be read; the other rules hold.")

PictureSize = Callable[[str], tuple[int, int] | None]


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question of a test: its document in QTI 3, or why there is none; `told` is what came in changed."""

    ident: str
    title: str
    form: str
    text: str = ""
    root: Node | None = None
    reason: str = ""
    told: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Section:
    """Questions of a test that belong together: their names, and sections of their own; `select` is how many are asked, None for all."""

    ident: str
    title: str
    parts: tuple[str | Section, ...]
    select: int | None = None


@dataclass(frozen=True, kw_only=True)
class Test:
    """A test, or a bank of questions."""

    ident: str
    title: str
    questions: tuple[Question, ...]
    sections: tuple[Section, ...] = ()
    is_bank: bool = False
    names_a_bank: bool = False
    minutes: int | None = None


def parse_tests(root: Element, *, language: str = "en", picture_size: PictureSize | None = None) -> tuple[Test, ...]:
    """Return the tests and banks of a questestinterop document; loose questions make one bank.

    `picture_size` gives the width and height in pixels of a picture by its address, None where it is not known.
    """
    holders = [one for one in root.iter() if name_of(one) in ("assessment", "objectbank")]
    tests = [
        Test(
            ident=attribute(one, "ident"),
            title=attribute(one, "title") or parts.entry(one, "bank_title"),
            questions=tuple(_questions(one, language, picture_size)),
            sections=tuple(_sections(one)),
            is_bank=name_of(one) == "objectbank",
            names_a_bank=any(True for _ in below(one, "bankentry_item", "sourcebank_ref")),
            minutes=_minutes(one),
        )
        for one in holders
    ]
    if not holders:
        loose = tuple(_questions(root, language, picture_size))
        tests = [Test(ident="", title=loose[0].title, questions=loose, is_bank=True)] if loose else []
    return tuple(tests)


def _minutes(holder: Element) -> int | None:
    given = parts.entry(holder, "qmd_timelimit")
    return int(given) if given.isdecimal() and 0 < int(given) <= 400 else None


def _section_in(section: Element, idents: Mapping[Element, str]) -> Section | None:
    """Return a section with its items and sections in their order, None where it is empty."""
    inside: list[str | Section] = []
    for one in children(section, "item", "section"):
        part = idents[one] if name_of(one) == "item" else _section_in(one, idents)
        if part:
            inside.append(part)
    given = words(child(section, "selection_ordering", "selection", "selection_number"))
    return (
        Section(
            ident=attribute(section, "ident"),
            title=attribute(section, "title"),
            parts=tuple(inside),
            select=int(given) if given.isdecimal() and 0 < int(given) < len(inside) else None,
        )
        if inside
        else None
    )


def _sections(holder: Element) -> Iterator[Section]:
    idents = _idents(holder)
    for one in children(holder, "section"):
        section = _section_in(one, idents)
        if section is not None:
            yield section


def _idents(holder: Element) -> dict[Element, str]:
    """Return the name of each item; one that another item has before it gets a number."""
    found: dict[Element, str] = {}
    taken: set[str] = set()
    for number, item in enumerate(below(holder, "item"), start=1):
        ident = attribute(item, "ident") or f"item-{number}"
        ident = ident if ident not in taken else f"{ident}-{number}"
        taken.add(ident)
        found[item] = ident
    return found


def _questions(holder: Element, language: str, picture_size: PictureSize | None) -> Iterator[Question]:
    items = list(below(holder, "item"))
    passages = {attribute(item, "ident"): item for item in items if parts.is_only_text(item)}
    for item, ident in _idents(holder).items():
        form = parts.form_of(item)
        title = attribute(item, "title")
        text = parts.plain_words(item)
        try:
            root, told = _document(item, ident, form, language, passages, picture_size)
        except CannotBeAsked as reason:
            yield Question(ident=ident, title=title, form=form, text=text, reason=reason.sentence)
        else:
            yield Question(ident=ident, title=title, form=form, text=text, root=root, told=told)


def _document(
    item: Element,
    ident: str,
    form: str,
    language: str,
    passages: Mapping[str, Element],
    picture_size: PictureSize | None,
) -> tuple[Node, tuple[str, ...]]:
    asked = parts.asked_in(item, form, picture_size=picture_size)
    if says_nothing(asked.body) and not asked.answers:
        raise CannotBeAsked(NO_QUESTION)
    if any(one.kind in ("choice", "order") and len(one.options) < 1 for one in asked.answers):
        raise CannotBeAsked(NOT_WHOLE)
    rules = rules_of_sets(item) if asked.is_calculated else rules_of(item, asked.answers)
    if not asked.answers or rules is None:
        rules = no_rules()
    told = [RULE_LEFT_OUT] if rules.left_out else []
    is_open = any(one.kind in ("essay", "upload") for one in asked.answers)
    is_by_person = is_open or (bool(asked.answers) and not rules.gives_points)
    if is_by_person and not is_open:
        told.append(PERSON_DECIDES)
    stimulus = _stimulus(item, passages)
    children_: list[Node] = [
        *(one.declaration(rules.keys.get(one.name, ())) for one in asked.answers),
        *rules.outcomes(is_by_person=is_by_person),
        *rules.templates,
        Node("qti-item-body", {}, (*stimulus, *blocks(asked.body))),
        *parts.help_of(item),
        *rules.processing,
        *parts.feedback_of(item),
    ]
    title = attribute(item, "title") or parts.plain_words(item)[:120] or ident
    spaced: list[Node | str] = ["\n"]
    for one in children_:
        spaced += [one, "\n"]
    attributes = {
        "identifier": parts.identifier(ident),
        "title": " ".join(title.split()),
        "xml:lang": language,
        "adaptive": "false",
        "time-dependent": "false",
    }
    return Node("qti-assessment-item", attributes, tuple(spaced), parts.line_of(item)), tuple(told)


def _stimulus(item: Element, passages: Mapping[str, Element]) -> list[Node]:
    """Return the passage that a question belongs to, where it is in the same document."""
    named = parts.entry(item, "parent_stimulus_item_ident") or attribute(item, "parent_stimulus_item_ident")
    passage = passages.get(named)
    if passage is None or passage is item:
        return []
    shown = blocks(parts.asked_in(passage, "text_only").body)
    return [Node("div", {"data-headway-stimulus": parts.identifier(named)}, tuple(shown))]


def document_of_test(test: Test, language: str) -> Node | None:
    """Return the order of a test's questions as a test of QTI 3; None where all are simply asked one after the other."""
    if not any(_selects(one) for one in test.sections):
        return None
    part = Node(
        "qti-test-part",
        {"identifier": "part-1", "navigation-mode": "nonlinear", "submission-mode": "individual"},
        tuple(_section_node(one, str(number)) for number, one in enumerate(test.sections, start=1)),
    )
    attributes = {
        "identifier": parts.identifier(test.ident or "test"),
        "title": test.title or test.ident or "Test",
        "xml:lang": language,
    }
    return Node("qti-assessment-test", attributes, (part,))


def _selects(section: Section) -> bool:
    return section.select is not None or any(_selects(one) for one in section.parts if isinstance(one, Section))


def _section_node(section: Section, number: str) -> Node:
    inside: list[Node] = []
    for place, one in enumerate(section.parts, start=1):
        if isinstance(one, Section):
            inside.append(_section_node(one, f"{number}-{place}"))
        else:
            name = parts.identifier(one)
            inside.append(Node("qti-assessment-item-ref", {"identifier": name, "href": f"{name}.xml"}))
    chosen = [] if section.select is None else [Node("qti-selection", {"select": str(section.select)})]
    attributes = {
        "identifier": parts.identifier(section.ident or f"section-{number}"),
        "title": section.title or number,
        "visible": "true" if section.title else "false",
    }
    return Node("qti-assessment-section", attributes, (*chosen, *inside))
