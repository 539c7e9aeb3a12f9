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
    """Questions of a test that belong together; `select` is how many of them are asked, None for all."""

    ident: str
    title: str
    questions: tuple[str, ...]
    select: int | None = None


@dataclass(frozen=True, kw_only=True)
class Test:
    """A test, or a bank of questions."""

    ident: str
    title: str
    questions: tuple[Question, ...]
    sections: tuple[Section, ...] = ()
    is_bank: bool = False
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


def _sections(holder: Element) -> Iterator[Section]:
    for section in below(holder, "section"):
        idents = tuple(_ident(item, number) for number, item in enumerate(children(section, "item"), start=1))
        if idents:
            given = words(child(section, "selection_ordering", "selection", "selection_number"))
            yield Section(
                ident=attribute(section, "ident"),
                title=attribute(section, "title"),
                questions=idents,
                select=int(given) if given.isdecimal() and 0 < int(given) < len(idents) else None,
            )


def _ident(item: Element, number: int) -> str:
    return attribute(item, "ident") or f"item-{number}"


def _questions(holder: Element, language: str, picture_size: PictureSize | None) -> Iterator[Question]:
    items = list(below(holder, "item"))
    passages = {attribute(item, "ident"): item for item in items if parts.is_only_text(item)}
    for number, item in enumerate(items, start=1):
        ident = _ident(item, number)
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


def test_document(test: Test, language: str) -> Node | None:
    """Return the order of a test's questions as a test of QTI 3; None where all are simply asked one after the other."""
    if not any(section.select for section in test.sections):
        return None
    sections = []
    for number, section in enumerate(test.sections, start=1):
        chosen = [Node("qti-selection", {"select": str(section.select)})] if section.select else []
        refs = [
            Node(
                "qti-assessment-item-ref", {"identifier": parts.identifier(one), "href": f"{parts.identifier(one)}.xml"}
            )
            for one in section.questions
        ]
        attributes = {
            "identifier": parts.identifier(section.ident or f"section-{number}"),
            "title": section.title or f"{number}",
            "visible": "true" if section.title else "false",
        }
        sections.append(Node("qti-assessment-section", attributes, (*chosen, *refs)))
    part = Node(
        "qti-test-part",
        {"identifier": "part-1", "navigation-mode": "nonlinear", "submission-mode": "individual"},
        tuple(sections),
    )
    attributes = {
        "identifier": parts.identifier(test.ident or "test"),
        "title": test.title or test.ident or "Test",
        "xml:lang": language,
    }
    return Node("qti-assessment-test", attributes, (part,))
