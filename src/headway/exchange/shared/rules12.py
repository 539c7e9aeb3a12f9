"""What the conditions of an item of QTI 1.2 say, as rules of QTI 3, and which answers are right by them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from headway.core.items.markup import Node
from headway.core.items.numbers import read_number
from headway.exchange.shared.markup import Element, attribute, below, child, children, name_of, words
from headway.exchange.shared.parts12 import Answer, area_of, identifier

MOST_SETS = 100
_ABOUT = ("varequal", "varsubset", "vargte", "varlte", "vargt", "varlt", "varsubstring", "varinside")
_COMPARED = {"vargt": "qti-gt", "vargte": "qti-gte", "varlt": "qti-lt", "varlte": "qti-lte"}


class _Unreadable(Exception):
    """A condition that says something QTI 3 has no words for, or names what is not there."""


# A test that always holds, and one that never does, while rules are put together.
_ALWAYS = Node("always")
_NEVER = Node("never")


@dataclass(frozen=True, kw_only=True)
class Read:
    """Rules of QTI 3. `keys` gives the right values of each variable, `maximum` the most points that can be reached."""

    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    maximum: float = 1.0
    start: float = 0.0
    gives_points: bool = False
    templates: tuple[Node, ...] = ()
    conditions: tuple[Node, ...] = ()
    left_out: bool = False

    @property
    def processing(self) -> list[Node]:
        """The response processing, where there is any rule."""
        return [Node("qti-response-processing", {}, self.conditions)] if self.conditions else []

    def outcomes(self, *, is_by_person: bool) -> list[Node]:
        """Return the declarations of the points, the most points and the feedback."""
        most = _number(self.maximum)
        score = {"identifier": "SCORE", "cardinality": "single", "base-type": "float", "normal-maximum": most}
        if is_by_person:
            score |= {"external-scored": "human"}
        first = () if is_by_person else (_default(_number(self.start)),)
        return [
            Node("qti-outcome-declaration", score, first),
            Node(
                "qti-outcome-declaration",
                {"identifier": "MAXSCORE", "cardinality": "single", "base-type": "float"},
                (_default(most),),
            ),
            Node(
                "qti-outcome-declaration",
                {"identifier": "FEEDBACK", "cardinality": "multiple", "base-type": "identifier"},
            ),
        ]


def no_rules() -> Read:
    """Return the rules of an item that has none: nothing is worked out."""
    return Read()


def _default(value: str) -> Node:
    return Node("qti-default-value", {}, (Node("qti-value", {}, (value,)),))


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _variable(name: str) -> Node:
    return Node("qti-variable", {"identifier": name})


def _base(base_type: str, value: str) -> Node:
    return Node("qti-base-value", {"base-type": base_type}, (value,))


def _set(name: str, value: Node) -> Node:
    return Node("qti-set-outcome-value", {"identifier": name}, (value,))


def _when(test: Node, actions: Sequence[Node], line: int = 0) -> Node:
    return Node("qti-response-condition", {}, (Node("qti-response-if", {}, (test, *actions)),), line)


def rules_of(item: Element, answers: Sequence[Answer]) -> Read:
    """Return an item's conditions as rules, in their order.

    A condition that ends the processing (continue="No", or left unsaid beside points that are set) leaves it by
    `qti-exit-response`. “Other” holds whenever it is reached.
    """
    conditions: list[Node] = []
    left_out = False
    for condition in below(item, "respcondition"):
        points = list(children(condition, "setvar"))
        is_scored = any(_points(one) > 0 for one in points)
        try:
            test = _Tests(answers, is_scored=is_scored).of(child(condition, "conditionvar"))
            actions = [*(_points_action(one) for one in points), *_shown(condition)]
        except _Unreadable:
            left_out = True
            continue
        if test is _NEVER or not actions:
            continue
        if _ends(condition, points):
            actions.append(Node("qti-exit-response"))
        held = _base("boolean", "true") if test is _ALWAYS else test
        conditions.append(_when(held, actions, int(condition.sourceline or 0)))
    areas = [one for one in answers if one.kind == "point" and one.areas]
    if areas and not any(any(True for _ in one.below("qti-set-outcome-value")) for one in conditions):
        total = sum(len(one.areas) if one.cardinality == "multiple" else 1 for one in areas)
        mapped = tuple(Node("qti-map-response-point", {"identifier": one.name}) for one in areas)
        worth = mapped[0] if len(mapped) == 1 else Node("qti-sum", {}, mapped)
        conditions.append(_set("SCORE", worth))
        return Read(
            keys=_keys(item, answers),
            maximum=float(total),
            gives_points=True,
            conditions=tuple(conditions),
            left_out=left_out,
        )
    maximum = _most_points(item, answers)
    return Read(
        keys=_keys(item, answers),
        maximum=maximum or 1.0,
        start=_start(item),
        gives_points=maximum > 0,
        conditions=tuple(conditions),
        left_out=left_out,
    )


def _points(setvar: Element) -> float:
    if attribute(setvar, "action").casefold() not in ("set", "add", ""):
        return 0.0
    found = read_number(words(setvar) or "0")
    return float(found[0]) if found else 0.0


def _points_action(setvar: Element) -> Node:
    found = read_number(words(setvar) or "0")
    if found is None:
        raise _Unreadable
    value = _base("float", _number(float(found[0])))
    action = attribute(setvar, "action").casefold() or "set"
    if action == "set":
        return _set("SCORE", value)
    combined = {"add": "qti-sum", "subtract": "qti-subtract", "multiply": "qti-product", "divide": "qti-divide"}
    if action not in combined:
        raise _Unreadable
    return _set("SCORE", Node(combined[action], {}, (_variable("SCORE"), value)))


def _shown(condition: Element) -> Iterator[Node]:
    for one in children(condition, "displayfeedback"):
        if attribute(one, "linkrefid"):
            named = _base("identifier", identifier(attribute(one, "linkrefid")))
            yield _set("FEEDBACK", Node("qti-multiple", {}, (_variable("FEEDBACK"), named)))


def _ends(condition: Element, points: Sequence[Element]) -> bool:
    said = attribute(condition, "continue").casefold()
    if said:
        return said == "no"
    return any(attribute(one, "action").casefold() in ("set", "") and _points(one) > 0 for one in points)


def _start(item: Element) -> float:
    used = {attribute(one, "varname") for one in below(item, "setvar")}
    for one in below(item, "decvar"):
        found = read_number(attribute(one, "defaultval"))
        if found and (attribute(one, "varname") or "SCORE") in used:
            return float(found[0])
    return 0.0


# --- conditions ------------------------------------------------------------------------------------------------------


class _Tests:
    """Translates what one condition asks; in one that gives points, every way to write a gap is as good as the first."""

    def __init__(self, answers: Sequence[Answer], *, is_scored: bool) -> None:
        self.answers, self.is_scored = answers, is_scored

    def of(self, holder: Element | None) -> Node:
        """Return what must hold; one of `_ALWAYS` and `_NEVER` where that is all there is to say."""
        return self._all(children(holder))

    def _all(self, elements: Sequence[Element]) -> Node:
        together: dict[str, list[Element]] = {}
        tests: list[Node] = []
        for one in elements:
            answer = self._answer(one) if name_of(one) == "varequal" else None
            if answer is not None and answer.cardinality in ("single", "ordered"):
                together.setdefault(attribute(one, "respident"), []).append(one)
            else:
                tests.append(self._one(one))
        for same in together.values():
            answer = self._answer(same[0])
            if answer is not None and answer.cardinality == "ordered":
                tests.append(_in_order(answer, same))
            else:
                # One answer cannot be two values at once: several values of one response are ways to be right.
                tests.append(_any([self._one(one) for one in same]))
        return _every(tests)

    def _one(self, element: Element) -> Node:
        name = name_of(element)
        if name == "other":
            return _ALWAYS
        if name == "and":
            return self._all(children(element))
        if name == "or":
            return _any([self._one(one) for one in children(element)])
        if name == "not":
            return _not(self._all(children(element)))
        answer = self._answer(element)
        if answer is None:
            raise _Unreadable
        if name == "unanswered":
            return Node("qti-is-null", {}, (_variable(answer.name),))
        if name == "varequal":
            return self._equal(element, answer)
        if name in _COMPARED:
            number = _decimal(words(element))
            if not number or answer.base_type != "float":
                raise _Unreadable
            return Node(_COMPARED[name], {}, (_variable(answer.name), _base("float", number)))
        if name == "varsubstring" and answer.base_type == "string":
            return _contains(answer.name, words(element), attribute(element, "case").casefold() == "yes")
        if name == "varinside" and answer.base_type == "point":
            shape, coords = area_of(words(element), attribute(element, "areatype"))
            return Node("qti-inside", {"shape": shape, "coords": coords}, (_variable(answer.name),))
        raise _Unreadable

    def _answer(self, element: Element) -> Answer | None:
        ident = attribute(element, "respident")
        found = next((one for one in self.answers if ident in one.responses), None)
        # Some name the word instead of the response; where there is only one, it is meant.
        return self.answers[0] if found is None and len(self.answers) == 1 else found

    def _equal(self, element: Element, answer: Answer) -> Node:
        value = words(element)
        if answer.kind in ("match", "sorting"):
            pair = _pair(answer, attribute(element, "respident"), value)
            return Node("qti-member", {}, (_base("directedPair", pair), _variable(answer.name))) if pair else _NEVER
        if answer.kind in ("choice", "inline", "order"):
            if value not in answer.options:
                return _NEVER
            named = _base("identifier", answer.options[value])
            if answer.cardinality == "multiple":
                return Node("qti-member", {}, (named, _variable(answer.name)))
            return Node("qti-match", {}, (_variable(answer.name), named))
        if answer.base_type == "float":
            number = _decimal(value)
            both = (_variable(answer.name), _base("float", number))
            return Node("qti-equal", {"tolerance-mode": "exact"}, both) if number else _NEVER
        if answer.base_type == "string" and answer.kind == "typed":
            if value not in answer.texts:
                return _typed(answer, value, "equal", is_exact=attribute(element, "case").casefold() == "yes")
            meant = list(answer.texts) if self.is_scored and answer.accepts_all else [value]
            return _any([_typed(answer, answer.texts[one], answer.ways[one]) for one in meant])
        return _NEVER


def _typed(answer: Answer, text: str, way: str, *, is_exact: bool = False) -> Node:
    if way == "contains":
        return _contains(answer.name, text, is_exact)
    if way == "pattern":
        # Canvas looks for the pattern anywhere; QTI compares the whole answer.
        anywhere = f"{'' if text.startswith('^') else '.*'}{text.removeprefix('^').removesuffix('$')}{'' if text.endswith('$') else '.*'}"
        return Node("qti-pattern-match", {"pattern": anywhere}, (_variable(answer.name),))
    both = (_variable(answer.name), _base("string", text))
    return Node("qti-string-match", {"case-sensitive": "true" if is_exact else "false"}, both)


def _contains(name: str, text: str, is_exact: bool) -> Node:
    both = (_base("string", text), _variable(name))
    return Node("qti-substring", {"case-sensitive": "true" if is_exact else "false"}, both)


def _in_order(answer: Answer, elements: Sequence[Element]) -> Node:
    named = [answer.options.get(words(one), "") for one in elements]
    if not all(named):
        return _NEVER
    listed = Node("qti-ordered", {}, tuple(_base("identifier", one) for one in named))
    return Node("qti-match", {}, (_variable(answer.name), listed))


def _pair(answer: Answer, response: str, value: str) -> str:
    place, option = answer.responses.get(response, ""), answer.options.get(value, "")
    if not place or not option:
        return ""
    return f"{option} {place}" if answer.kind == "sorting" else f"{place} {option}"


def _every(tests: Iterable[Node]) -> Node:
    kept = [one for one in tests if one is not _ALWAYS]
    if any(one is _NEVER for one in kept):
        return _NEVER
    if not kept:
        return _ALWAYS
    return kept[0] if len(kept) == 1 else Node("qti-and", {}, tuple(kept))


def _any(tests: Iterable[Node]) -> Node:
    kept = [one for one in tests if one is not _NEVER]
    if any(one is _ALWAYS for one in kept):
        return _ALWAYS
    if not kept:
        return _NEVER
    return kept[0] if len(kept) == 1 else Node("qti-or", {}, tuple(kept))


def _not(test: Node) -> Node:
    if test is _ALWAYS:
        return _NEVER
    return _ALWAYS if test is _NEVER else Node("qti-not", {}, (test,))


# --- which answer is right -------------------------------------------------------------------------------------------


def _keys(item: Element, answers: Sequence[Answer]) -> dict[str, tuple[str, ...]]:
    return {one.name: tuple(dict.fromkeys(_key(item, one, answers))) for one in answers}


def _key(item: Element, answer: Answer, answers: Sequence[Answer]) -> Iterator[str]:
    for response in answer.responses:
        best = list(_best(item, response, is_only=len(answers) == 1 and len(answer.responses) == 1))
        if answer.kind in ("match", "sorting"):
            wanted = [
                words(one)
                for condition in best
                for one in _wanted(condition, "varequal")
                if attribute(one, "respident") == response
            ]
            pairs = [pair for one in wanted if (pair := _pair(answer, response, one))]
            yield from pairs if answer.kind == "sorting" else pairs[:1]
        elif answer.kind == "point":
            yield from (_middle(shape, coords) for shape, coords in answer.areas.values())
        elif answer.base_type == "float":
            yield from _right_number(best)
        else:
            # What belongs together in one condition is one answer; of a single answer each condition is a way to be right,
            # and where each choice adds its points, all that add some belong to it.
            meant = best if answer.cardinality == "single" or _adds(best) else best[:1]
            for condition in meant:
                for one in _wanted(condition, "varequal", "varsubstring"):
                    if len(answers) == 1 or attribute(one, "respident") == response:
                        yield from _values(answer, words(one))


def _adds(conditions: Sequence[Element]) -> bool:
    return any(
        attribute(one, "action").casefold() == "add" for condition in conditions for one in below(condition, "setvar")
    )


def _values(answer: Answer, value: str) -> Iterator[str]:
    if answer.kind in ("choice", "inline", "order"):
        if value in answer.options:
            yield answer.options[value]
    elif value in answer.texts:
        for name in (value, *answer.texts):
            text = answer.texts[name]
            yield text.removeprefix("^").removesuffix("$") if answer.ways[name] == "pattern" else text
    elif value:
        yield value


def _right_number(conditions: Sequence[Element]) -> Iterator[str]:
    def given(*names: str) -> list[float]:
        found = [_decimal(words(one)) for condition in conditions for one in _wanted(condition, *names)]
        return [float(one) for one in found if one]

    exact, lows, highs = given("varequal"), given("vargte", "vargt"), given("varlte", "varlt")
    if exact:
        yield _number(exact[0])
    elif lows and highs:
        yield _number((lows[0] + highs[0]) / 2)


def _middle(shape: str, coords: str) -> str:
    numbers = [float(one) for one in coords.split(",") if one]
    if shape == "rect":
        return f"{round((numbers[0] + numbers[2]) / 2)} {round((numbers[1] + numbers[3]) / 2)}"
    if shape == "poly":
        across, down = numbers[0::2], numbers[1::2]
        return f"{round(sum(across) / max(1, len(across)))} {round(sum(down) / max(1, len(down)))}"
    return f"{round(numbers[0])} {round(numbers[1])}"


def _scored(item: Element) -> Iterator[tuple[float, Element]]:
    """Return the conditions that give points, with how many."""
    for condition in below(item, "respcondition"):
        most = max((_points(one) for one in children(condition, "setvar")), default=0.0)
        if most > 0:
            yield most, condition


def _best(item: Element, response: str, *, is_only: bool) -> Iterator[Element]:
    """Return the conditions about a response that give the most points."""
    about = [
        (points, condition)
        for points, condition in _scored(item)
        if any(is_only or attribute(one, "respident") == response for one in below(condition, *_ABOUT))
    ]
    most = max((points for points, _ in about), default=0.0)
    yield from (condition for points, condition in about if points == most)


def _wanted(condition: Element, *names: str) -> Iterator[Element]:
    """Return the tests of a condition that must hold, not those that must not."""
    for one in below(condition, *names):
        if not any(name_of(holder) == "not" for holder in one.iterancestors()):
            yield one


def _most_points(item: Element, answers: Sequence[Answer]) -> float:
    """Return the most points an answer can get: the highest that is set, or what can be added up."""
    highest = 0.0
    added: dict[frozenset[str], list[float]] = {}
    for points, condition in _scored(item):
        for one in children(condition, "setvar"):
            if attribute(one, "action").casefold() in ("set", ""):
                highest = max(highest, points)
            else:
                about = frozenset(attribute(test, "respident") for test in below(condition, *_ABOUT))
                if any(one.kind in ("match", "sorting") and not about & one.responses.keys() for one in answers):
                    continue  # about a place that has no words and is not asked
                added.setdefault(about, []).append(points)
    many = {
        ident for one in answers if one.cardinality == "multiple" for ident in one.responses if one.kind == "choice"
    }
    total = sum(sum(points) if about & many else max(points) for about, points in added.items())
    limits = [float(found[0]) for one in below(item, "decvar") if (found := read_number(attribute(one, "maxvalue")))]
    return max(highest, min(total, max(limits)) if limits else total)


# --- numbers that change with each showing ---------------------------------------------------------------------------


def rules_of_sets(item: Element) -> Read | None:
    """Return the rules of a question whose numbers come from a list of sets: one is drawn, its answer is the right one.

    None where the list is missing. `answer_tolerance` is a number or a share of the answer with “%”.
    """
    sets = list(below(item, "var_set"))[:MOST_SETS]
    names = [identifier(attribute(one, "name")) for one in children(sets[0], "var")] if sets else []
    columns: dict[str, list[str]] = {name: [] for name in names}
    answers: list[str] = []
    for one in sets:
        values = {identifier(attribute(var, "name")): _decimal(words(var)) for var in children(one, "var")}
        answer = _decimal(words(child(one, "answer")))
        if not answer or set(values) != set(names) or not all(values.values()):
            continue
        answers.append(answer)
        for name in names:
            columns[name].append(values[name])
    if not answers:
        return None
    declared = [
        _template("SET", "integer"),
        _template("ANSWER", "float"),
        *(_template(name, _base_type(columns[name])) for name in names),
    ]
    drawn = Node("qti-random-integer", {"min": "1", "max": str(len(answers))})
    steps = [
        Node("qti-set-template-value", {"identifier": "SET"}, (drawn,)),
        *(_drawn(name, columns[name], _base_type(columns[name])) for name in names),
        _drawn("ANSWER", answers),
        Node("qti-set-correct-response", {"identifier": "RESPONSE"}, (Node("qti-variable", {"identifier": "ANSWER"}),)),
    ]
    tolerance = words(next(below(item, "answer_tolerance"), None))
    share = tolerance.endswith("%")
    number = _decimal(tolerance.rstrip("% ")) or "0"
    mode = {"tolerance-mode": "relative" if share else "absolute", "tolerance": f"{number} {number}"}
    equal = Node(
        "qti-equal",
        mode if float(number) else {"tolerance-mode": "exact"},
        # A tolerance is taken of the first value.
        (Node("qti-correct", {"identifier": "RESPONSE"}), Node("qti-variable", {"identifier": "RESPONSE"})),
    )
    return Read(
        gives_points=True,
        templates=(*declared, Node("qti-template-processing", {}, tuple(steps))),
        conditions=(_when(equal, [_set("SCORE", _base("float", "1"))]),),
    )


def _decimal(text: str) -> str:
    """Return a number as QTI writes it, "" for what is none; “1*10^3” is how Canvas writes a thousand."""
    mantissa, _sign, power = text.partition("*10^")
    if re.fullmatch(r"-?\d{1,3}", power) and re.fullmatch(r"-?\d+(\.\d+)?", mantissa.strip()):
        return _number(float(f"{mantissa.strip()}e{power}"))
    found = read_number(text)
    return _number(float(found[0])) if found and not found[1] else ""


def _template(name: str, base_type: str) -> Node:
    return Node("qti-template-declaration", {"identifier": name, "cardinality": "single", "base-type": base_type})


def _base_type(values: Sequence[str]) -> str:
    return "integer" if all(re.fullmatch(r"-?\d{1,9}", one) for one in values) else "float"


def _drawn(name: str, values: Sequence[str], base_type: str = "float") -> Node:
    listed = Node("qti-ordered", {}, tuple(_base(base_type, value) for value in values))
    return Node("qti-set-template-value", {"identifier": name}, (Node("qti-index", {"n": "SET"}, (listed,)),))
