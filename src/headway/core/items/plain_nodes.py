"""How a question in the plain form stands in a document of QTI 3: its elements, its rules, its texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from headway.core.items.markup import Node

ANSWER = "answer"
HELP_CATALOG = "headway-help"
HINT, EXAMPLE = "ext:hint", "ext:worked-example"
LONGEST_TITLE = 80
# A field shows at least this many signs and grows in steps, so that its width tells no answer.
LEAST_WIDTH, WIDTH_STEP = 10, 10

Plain = Mapping[str, Any]
_BLOCKS = {
    "p",
    "div",
    "li",
    "ul",
    "ol",
    "figure",
    "blockquote",
    "table",
    "tr",
    "pre",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
}


def _n(name: str, attributes: Mapping[str, str] | None = None, *children: Node | str) -> Node:
    return Node(name, attributes or {}, children)


# Texts


def title_of(prompt: str) -> str:
    """Return a title for a question that has none: the beginning of what is asked."""
    words = " ".join(prompt.split())
    return words if len(words) <= LONGEST_TITLE else words[: LONGEST_TITLE - 1].rstrip() + "…"


def written(value: float) -> str:
    """Return a number as QTI writes it, without a needless “.0”."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _inline(text: str) -> list[Node | str]:
    parts: list[Node | str] = []
    for number, line in enumerate(text.split("\n")):
        if number:
            parts.append(_n("br"))
        if line:
            parts.append(line)
    return parts


def _blocks(text: str) -> list[Node]:
    return [_n("p", None, *_inline(paragraph)) for paragraph in text.split("\n\n") if paragraph]


def text_of(node: Node) -> str:
    """Return what an element says in plain text: paragraphs apart by an empty line, gaps as [[KEY]]."""
    parts: list[str] = []
    _gather(node, parts)
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(parts))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _gather(node: Node, parts: list[str]) -> None:
    for one in node.children:
        if isinstance(one, str):
            parts.append(one)
        elif one.name == "br":
            parts.append("\n")
        elif one.name in ("qti-text-entry-interaction", "qti-inline-choice-interaction"):
            parts.append(f"[[{one.get('response-identifier').removeprefix('gap-')}]]")
        else:
            is_block = one.name in _BLOCKS
            parts.append("\n\n" if is_block else "")
            _gather(one, parts)
            parts.append("\n\n" if is_block else "")


# Declarations


def _values(values: Iterable[str]) -> list[Node]:
    return [_n("qti-value", None, value) for value in values]


def _response(
    identifier: str,
    cardinality: str,
    base_type: str,
    correct: Sequence[str],
    mapping: Node | None = None,
) -> Node:
    return _n(
        "qti-response-declaration",
        {"identifier": identifier, "cardinality": cardinality, "base-type": base_type},
        *([_n("qti-correct-response", None, *_values(correct))] if correct else []),
        *([mapping] if mapping else []),
    )


def _mapping(entries: Mapping[str, float], *, default: float = 0, is_exact: bool = True, **bounds: float) -> Node:
    more = {} if is_exact else {"case-sensitive": "false"}
    return _n(
        "qti-mapping",
        {"default-value": written(float(default))}
        | {f"{name}-bound": written(float(bound)) for name, bound in bounds.items()},
        *(
            _n("qti-map-entry", {"map-key": key, "mapped-value": written(float(value))} | more)
            for key, value in entries.items()
        ),
    )


def _outcomes(question: Plain) -> list[Node]:
    is_by_person = question["kind"] == "long_answer"
    tells_all = _tells_all(question)
    return [
        _n(
            "qti-outcome-declaration",
            {"identifier": "SCORE", "cardinality": "single", "base-type": "float", "normal-maximum": "1"}
            | ({"normal-minimum": "0", "external-scored": "human"} if is_by_person else {"normal-minimum": "0"}),
            *([] if is_by_person else [_default("0")]),
        ),
        _n(
            "qti-outcome-declaration",
            {"identifier": "MAXSCORE", "cardinality": "single", "base-type": "float"},
            _default("1"),
        ),
        _n(
            "qti-outcome-declaration",
            {
                "identifier": "FEEDBACK",
                "cardinality": "multiple" if tells_all else "single",
                "base-type": "identifier",
            },
            # Nothing works out the score of a long answer, so what is said on handing it in stands from the start.
            *([_default("right")] if is_by_person else []),
        ),
    ]


def _default(value: str) -> Node:
    return _n("qti-default-value", None, *_values([value]))


# Expressions and rules


def _variable(identifier: str) -> Node:
    return _n("qti-variable", {"identifier": identifier})


def _base(base_type: str, value: str) -> Node:
    return _n("qti-base-value", {"base-type": base_type}, value)


def _set(identifier: str, value: Node) -> Node:
    return _n("qti-set-outcome-value", {"identifier": identifier}, value)


def _when(test: Node, then: Sequence[Node], otherwise: Sequence[Node] = ()) -> Node:
    return _n(
        "qti-response-condition",
        None,
        _n("qti-response-if", None, test, *then),
        *([_n("qti-response-else", None, *otherwise)] if otherwise else []),
    )


def _is_correct(response: str) -> Node:
    return _n("qti-match", None, _variable(response), _n("qti-correct", {"identifier": response}))


def _map(response: str) -> Node:
    return _n("qti-map-response", {"identifier": response})


def _score(value: Node) -> Node:
    return _set("SCORE", value)


def _share(points: Node, of: int) -> Node:
    return _score(points if of == 1 else _n("qti-divide", None, points, _base("float", str(of))))


def _tells_all(question: Plain) -> bool:
    """Whether several choices, each with its own feedback, can be chosen at once."""
    return bool(question["kind"] == "many_choices" or (question["kind"] == "hot_text" and question["choose"] != 1))


def choice_feedback(identifier: str) -> str:
    """Return the identifier of what is said about one choice."""
    return f"choice-{identifier}"


def foreseen_feedback(number: int) -> str:
    """Return the identifier of what is said about a wrong answer that was foreseen."""
    return f"foreseen-{number + 1}"


def _feedback_rules(question: Plain) -> list[Node]:
    tells_all = _tells_all(question)

    def says(identifier: str) -> Node:
        value = _base("identifier", identifier)
        return _set("FEEDBACK", _n("qti-multiple", None, value) if tells_all else value)

    full = _n("qti-gte", None, _variable("SCORE"), _base("float", "1"))
    rules = [_when(full, [says("right")], [says("wrong")])]
    for choice in (*question.get("choices", ()), *question.get("pieces", ())):
        if not choice["feedback"]:
            continue
        chosen, told = _base("identifier", choice["id"]), choice_feedback(choice["id"])
        if tells_all:
            also = _set("FEEDBACK", _n("qti-multiple", None, _variable("FEEDBACK"), _base("identifier", told)))
            rules.append(_when(_n("qti-member", None, chosen, _variable(ANSWER)), [also]))
        else:
            rules.append(_when(_n("qti-match", None, _variable(ANSWER), chosen), [says(told)]))
    for number, foreseen in enumerate(question.get("foreseen", ())):
        if question["kind"] == "number":
            test = _equals(question, foreseen["text"])
        else:
            is_exact = "true" if question["compare"] == "exact" else "false"
            test = _n(
                "qti-string-match",
                {"case-sensitive": is_exact},
                _variable(ANSWER),
                _base("string", foreseen["text"]),
            )
        rules.append(_when(test, [says(foreseen_feedback(number))]))
    # A foreseen answer within the tolerance of the right one is right all the same.
    if question.get("foreseen"):
        rules.append(_when(full, [says("right")]))
    return rules


def _equals(question: Plain, value: str) -> Node:
    tolerance = written(question["tolerance"])
    how = (
        {"tolerance-mode": "absolute", "tolerance": f"{tolerance} {tolerance}"}
        if question["tolerance"]
        else {"tolerance-mode": "exact"}
    )
    return _n("qti-equal", how, _variable(ANSWER), _base("float", value))


# The parts of a document


def _around(question: Plain) -> list[Node]:
    """Return the passage and the picture, which stand before what is asked."""
    parts = []
    if question["passage"]:
        parts.append(_n("div", {"class": "passage"}, *_blocks(question["passage"])))
    if question["picture"]:
        image = _n("img", {"src": question["picture"]["path"], "alt": question["picture"]["alt"]})
        parts.append(_n("figure", {"class": "picture"}, image))
    return parts


def _prompt(question: Plain) -> Node:
    return _n("qti-prompt", None, *_blocks(question["prompt"]))


def _prompt_before(question: Plain) -> Node:
    return _n("div", {"class": "prompt"}, *_blocks(question["prompt"]))


def _width(texts: Iterable[str]) -> str:
    longest = max((len(text) for text in texts), default=0)
    return str(max(LEAST_WIDTH, -(-longest // WIDTH_STEP) * WIDTH_STEP))


Parts = tuple[list[Node], list[Node], list[Node]]  # response declarations, what is in the body, rules for the score


def _choice(question: Plain) -> Parts:
    is_one = question["kind"] == "one_choice"
    choices = question["choices"]
    interaction = _n(
        "qti-choice-interaction",
        {
            "response-identifier": ANSWER,
            "shuffle": "true",
            "max-choices": "1" if is_one else "0",
            "min-choices": "1",
        },
        _prompt(question),
        *(_n("qti-simple-choice", {"identifier": one["id"]}, *_inline(one["text"])) for one in choices),
    )
    return (*_chosen(choices, is_one=is_one, body=[interaction]),)


def _chosen(choices: Sequence[Plain], *, is_one: bool, body: list[Node]) -> Parts:
    right = [one["id"] for one in choices if one["right"]]
    if is_one:
        mapping = _mapping(dict.fromkeys(right, 1.0))
        return [_response(ANSWER, "single", "identifier", right[:1], mapping)], body, [_score(_map(ANSWER))]
    # Each wrong choice takes away what a right one gives: choosing everything is worth nothing more.
    mapping = _mapping(dict.fromkeys(right, 1.0), default=-1, lower=0)
    declared = _response(ANSWER, "multiple", "identifier", right, mapping)
    return [declared], body, [_share(_map(ANSWER), len(right))]


def _hot_text(question: Plain) -> Parts:
    pieces: list[Node | str] = []
    for one in question["pieces"]:
        pieces += [" "] if pieces else []
        pieces.append(_n("qti-hottext", {"identifier": one["id"]}, *_inline(one["text"])))
    interaction = _n(
        "qti-hottext-interaction",
        {"response-identifier": ANSWER, "max-choices": str(question["choose"]), "min-choices": "1"},
        _prompt(question),
        _n("p", None, *pieces),
    )
    return _chosen(question["pieces"], is_one=question["choose"] == 1, body=[interaction])


def _number(question: Plain) -> Parts:
    units = {
        "data-headway-units": " ".join(
            f"{name.replace(' ', '_')}:{written(times)}" for name, times in question["units"].items()
        )
    }
    entry = _n(
        "qti-text-entry-interaction",
        {"response-identifier": ANSWER, "expected-length": str(LEAST_WIDTH)} | (units if question["unit"] else {}),
    )
    unit = [f" {question['unit']}"] if question["unit"] else []
    answer = written(question["answer"])
    return (
        [_response(ANSWER, "single", "float", [answer])],
        [_prompt_before(question), _n("p", None, entry, *unit)],
        [_when(_equals(question, answer), [_score(_base("float", "1"))], [_score(_base("float", "0"))])],
    )


def _short_text(question: Plain) -> Parts:
    foreseen = [one["text"] for one in question["foreseen"]]
    entry = _n(
        "qti-text-entry-interaction",
        {
            "response-identifier": ANSWER,
            "expected-length": _width(question["accepted"]),
            "data-headway-compare": question["compare"],
        }
        | ({"data-headway-accents": "true"} if question["accents"] else {}),
    )
    # A foreseen answer is worth nothing; it stands in the mapping so that what is typed is compared with it, too.
    mapping = _mapping(
        dict.fromkeys(question["accepted"], 1.0) | dict.fromkeys(foreseen, 0.0),
        is_exact=question["compare"] == "exact",
    )
    return (
        [_response(ANSWER, "single", "string", question["accepted"][:1], mapping)],
        [_prompt_before(question), _n("p", None, entry)],
        [_score(_map(ANSWER))],
    )


def _named(texts: Sequence[str], letter: str) -> list[str]:
    """Return a name for each text by its place in the alphabet: no name tells a place in the key."""
    ranks = sorted(range(len(texts)), key=lambda place: (texts[place].casefold(), texts[place], place))
    names = {place: f"{letter}{rank + 1}" for rank, place in enumerate(ranks)}
    return [names[place] for place in range(len(texts))]


def _order(question: Plain) -> Parts:
    names = _named(question["parts"], "P")
    by_name = dict(zip(names, question["parts"], strict=True))
    interaction = _n(
        "qti-order-interaction",
        {"response-identifier": ANSWER, "shuffle": "true"},
        _prompt(question),
        *(
            _n("qti-simple-choice", {"identifier": name}, *_inline(by_name[name]))
            for name in sorted(names, key=lambda name: int(name[1:]))
        ),
    )
    neighbours = [
        _when(
            _n(
                "qti-contains",
                None,
                _variable(ANSWER),
                _n("qti-ordered", None, _base("identifier", one), _base("identifier", other)),
            ),
            [_score(_n("qti-sum", None, _variable("SCORE"), _base("float", "1")))],
        )
        for one, other in pairwise(names)
    ]
    part = [*neighbours, _share(_variable("SCORE"), len(names) - 1)] if len(names) > 2 else []
    return (
        [_response(ANSWER, "ordered", "identifier", names)],
        [interaction],
        [_when(_is_correct(ANSWER), [_score(_base("float", "1"))], part)],
    )


def _match(question: Plain) -> Parts:
    lefts = _named([pair["left"] for pair in question["pairs"]], "L")
    texts = sorted({pair["right"] for pair in question["pairs"]} | set(question["extra"]), key=_alphabet)
    rights = {text: f"R{number + 1}" for number, text in enumerate(texts)}
    correct = [f"{left} {rights[pair['right']]}" for left, pair in zip(lefts, question["pairs"], strict=True)]
    interaction = _n(
        "qti-match-interaction",
        {
            "response-identifier": ANSWER,
            "shuffle": "true",
            "max-associations": str(len(lefts)),
            "min-associations": str(len(lefts)),
        },
        _prompt(question),
        _n(
            "qti-simple-match-set",
            None,
            *(
                _n(
                    "qti-simple-associable-choice",
                    {"identifier": left, "match-max": "1", "fixed": "true"},
                    *_inline(pair["left"]),
                )
                for left, pair in zip(lefts, question["pairs"], strict=True)
            ),
        ),
        _n(
            "qti-simple-match-set",
            None,
            *(
                # 0 is "any number": the same right side may belong to several left ones.
                _n("qti-simple-associable-choice", {"identifier": name, "match-max": "0"}, *_inline(text))
                for text, name in rights.items()
            ),
        ),
    )
    mapping = _mapping(dict.fromkeys(correct, 1.0))
    declared = _response(ANSWER, "multiple", "directedPair", correct, mapping)
    return [declared], [interaction], [_share(_map(ANSWER), len(correct))]


def _alphabet(text: str) -> tuple[str, str]:
    return (text.casefold(), text)


def _cloze(question: Plain) -> Parts:
    gaps: Mapping[str, Plain] = question["gaps"]
    width = _width(text for gap in gaps.values() for text in gap["accepted"] if not gap["choices"])
    declared, entries = [], {}
    for key, gap in gaps.items():
        response = f"gap-{key}"
        if gap["choices"]:
            names = dict(zip(gap["choices"], _named(gap["choices"], "G"), strict=True))
            right = [names[text] for text in gap["accepted"]]
            declared.append(_response(response, "single", "identifier", right[:1], _mapping(dict.fromkeys(right, 1.0))))
            entries[key] = _n(
                "qti-inline-choice-interaction",
                {"response-identifier": response, "shuffle": "true"},
                *(_n("qti-inline-choice", {"identifier": name}, text) for text, name in names.items()),
            )
        else:
            mapping = _mapping(dict.fromkeys(gap["accepted"], 1.0), is_exact=False)
            declared.append(_response(response, "single", "string", gap["accepted"][:1], mapping))
            entries[key] = _n(
                "qti-text-entry-interaction",
                {
                    "response-identifier": response,
                    "expected-length": width,
                    "data-headway-compare": "words",
                },
            )
    text = _n("div", {"class": "cloze"}, *(_with_gaps(one, entries) for one in _blocks(question["text"])))
    points = [_map(f"gap-{key}") for key in gaps]
    total = points[0] if len(points) == 1 else _n("qti-sum", None, *points)
    return declared, [_prompt_before(question), text], [_share(total, len(points))]


def _with_gaps(paragraph: Node, entries: Mapping[str, Node]) -> Node:
    children: list[Node | str] = []
    for one in paragraph.children:
        if isinstance(one, str):
            pieces = re.split(r"\[\[([^\[\]]+)\]\]", one)
            children += [entries[piece] if place % 2 else piece for place, piece in enumerate(pieces) if piece]
        else:
            children.append(one)
    return _n("p", None, *children)


def _long_answer(question: Plain) -> Parts:
    interaction = _n(
        "qti-extended-text-interaction",
        {"response-identifier": ANSWER, "expected-lines": str(question["lines"])},
        _prompt(question),
    )
    rubric = _n(
        "qti-rubric-block",
        {"view": "scorer", "use": "scoring"},
        _n("qti-content-body", None, _n("ul", None, *(_n("li", None, *_inline(one)) for one in question["rubric"]))),
    )
    sample = [question["sample"]] if question["sample"] else []
    return (
        [_response(ANSWER, "single", "string", sample)],
        [interaction, *([rubric] if question["rubric"] else [])],
        [],
    )


_PARTS: dict[str, Callable[[Plain], Parts]] = {
    "one_choice": _choice,
    "many_choices": _choice,
    "number": _number,
    "short_text": _short_text,
    "order": _order,
    "match": _match,
    "cloze": _cloze,
    "hot_text": _hot_text,
    "long_answer": _long_answer,
}


def _help(question: Plain) -> list[Node]:
    cards = [(HINT, hint) for hint in question["hints"]]
    cards += [(EXAMPLE, question["example"])] if question["example"] else []
    if not cards:
        return []
    catalog = _n(
        "qti-catalog",
        {"id": HELP_CATALOG},
        *(
            _n("qti-card", {"support": support}, _n("qti-html-content", None, *_blocks(text)))
            for support, text in cards
        ),
    )
    return [_n("qti-catalog-info", None, catalog)]


def _modal_feedbacks(question: Plain) -> list[Node]:
    told = {"right": question["right"], "wrong": question["wrong"]}
    for choice in (*question.get("choices", ()), *question.get("pieces", ())):
        told[choice_feedback(choice["id"])] = choice["feedback"]
    for number, foreseen in enumerate(question.get("foreseen", ())):
        told[foreseen_feedback(number)] = foreseen["feedback"]
    return [
        _n(
            "qti-modal-feedback",
            {"outcome-identifier": "FEEDBACK", "identifier": identifier, "show-hide": "show"},
            _n("qti-content-body", None, *_blocks(text)),
        )
        for identifier, text in told.items()
        if text
    ]


def document_of(question: Plain) -> Node:
    """Return the document of a question in the plain form, which is regular (`plain.normal_form`)."""
    responses, asked, rules = _PARTS[question["kind"]](question)
    if rules:
        rules = [*rules, *_feedback_rules(question)]
    children = [
        *responses,
        *_outcomes(question),
        _n("qti-item-body", None, *_around(question), *asked),
        *_help(question),
        *([_n("qti-response-processing", None, *rules)] if rules else []),
        *_modal_feedbacks(question),
    ]
    # A line for each part: a report can name the line where something stands.
    spaced: list[Node | str] = ["\n"]
    for one in children:
        spaced += [one, "\n"]
    return Node(
        "qti-assessment-item",
        {
            "identifier": question["id"],
            "title": question["title"] or title_of(question["prompt"]),
            "xml:lang": question["language"],
            "adaptive": "false",
            "time-dependent": "false",
        },
        tuple(spaced),
    )
