"""What an item of QTI 1.2 shows, and where it is answered: materials as nodes, responses as interactions of QTI 3."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from headway.core.items.markup import Node
from headway.exchange.shared.html_nodes import Part, blocks, inline, nodes_of_html, says_nothing, writable
from headway.exchange.shared.latex import readable_page
from headway.exchange.shared.markup import (
    Element,
    attribute,
    below,
    child,
    children,
    inner_html,
    name_of,
    plain_text,
    words,
)

HELP_CATALOG = "headway-help"
RESPONSES = ("response_lid", "response_str", "response_num", "response_xy", "response_grp", "response_extension")
# Forms that people, not rules, look at.
_BY_PERSON = ("essay", "file_upload")
_FORMS_WITHOUT_RESPONSE = {"essay": "essay", "file_upload": "upload"}
_UNKNOWN_WIDTH, _UNKNOWN_HEIGHT = 1000, 750
LONGEST_TYPED = 60

PictureSize = Callable[[str], tuple[int, int] | None]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One variable that holds an answer.

    `responses` are the names of the responses of 1.2 it holds, each with the identifier its place has (the second set of a match).
    `options` are the choices by their names of 1.2, each with its identifier; `texts` what is typed where a choice of 1.2 is meant.
    """

    name: str
    kind: str
    base_type: str = "identifier"
    cardinality: str = "single"
    responses: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    # How a typed text is compared, by the option's name of 1.2: "equal", "contains", "pattern".
    ways: Mapping[str, str] = field(default_factory=dict)
    accepts_all: bool = False
    areas: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def declaration(self, keys: Sequence[str]) -> Node:
        """Return the declaration of the variable, with the right answer and what is accepted beside it."""
        inside: list[Node] = []
        shown = list(keys) if self.cardinality != "single" else list(keys)[:1]
        if shown and self.kind not in ("essay", "upload"):
            inside.append(Node("qti-correct-response", {}, tuple(Node("qti-value", {}, (one,)) for one in shown)))
        if self.kind == "typed" and self.base_type == "string" and len(keys) > 1:
            entries = [Node("qti-map-entry", {"map-key": one, "mapped-value": "1"}) for one in keys]
            inside.append(Node("qti-mapping", {"default-value": "0"}, tuple(entries)))
        if self.kind == "point" and self.areas:
            entries = [
                Node("qti-area-map-entry", {"shape": shape, "coords": coords, "mapped-value": "1"})
                for shape, coords in self.areas.values()
            ]
            inside.append(Node("qti-area-mapping", {"default-value": "0"}, tuple(entries)))
        attributes = {"identifier": self.name, "cardinality": self.cardinality, "base-type": self.base_type}
        return Node("qti-response-declaration", attributes, tuple(inside))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What an item shows, with its interactions among it, and the variables they answer."""

    body: tuple[Part, ...]
    answers: tuple[Answer, ...] = ()
    is_calculated: bool = False


def identifier(name: str) -> str:
    """Return a name as QTI 3 writes identifiers: letters, digits, “_”, “-”, “.”, not beginning with a digit."""
    plain = re.sub(r"[^\w.-]", "_", name)
    return plain if re.match(r"[^\W\d]", plain) else f"i{plain}"


def line_of(element: Element) -> int:
    """Return the line an element began on in the file."""
    return int(element.sourceline or 0)


def entry(holder: Element, label: str) -> str:
    """Return an entry of the metadata of an element, "" where there is none."""
    for one in below(holder, "qtimetadatafield"):
        if words(child(one, "fieldlabel")) == label:
            return words(child(one, "fieldentry"))
    return ""


def form_of(item: Element) -> str:
    """Return the form of a question as the file calls it: a profile, Canvas's type, else the shape of its response."""
    profile = entry(item, "cc_profile")
    if profile:
        return re.sub(r"^cc\.|\.v\dp\d$", "", profile)
    canvas = entry(item, "question_type")
    if canvas:
        return canvas.removesuffix("_question")
    shapes = dict.fromkeys(name_of(one) for one in below(item, *RESPONSES))
    return ", ".join(shapes) or "text_only"


def is_only_text(item: Element) -> bool:
    """Whether an item is a text to read, without a question."""
    return form_of(item) == "text_only"


# --- materials -------------------------------------------------------------------------------------------------------


def plain_words(item: Element) -> str:
    """Return the words of a question's text."""
    found = [plain_text(inner_html(one)) for one in _materials(child(item, "presentation"))]
    return readable_page("\n".join(part for part in found if part).strip())


def _materials(holder: Element | None) -> Iterator[Element]:
    for one in children(holder):
        if name_of(one) in ("mattext", "matemtext"):
            yield one
        elif name_of(one) in ("material", "flow", "flow_mat", "altmaterial"):
            yield from _materials(one)


def material(holder: Element | None) -> tuple[Part, ...]:
    """Return what a material shows: its words, pictures, sounds and films in order."""
    found: list[Part] = []
    for one in below(holder, "mattext", "matemtext", "matbreak", "matimage", "mataudio", "matvideo"):
        name = name_of(one)
        if name == "matbreak":
            found.append(Node("br"))
        elif name in ("mattext", "matemtext"):
            shown = _text(one)
            found += [Node("em", {}, inline(shown))] if name == "matemtext" else shown
        else:
            found.append(_medium(one, name))
    return tuple(found)


def _text(element: Element) -> tuple[Part, ...]:
    kind = attribute(element, "texttype").casefold()
    html = inner_html(element)
    if kind == "text/plain" or ("<" not in html and "&" not in html):
        text = writable(html)
        return (readable_page(text),) if text.strip() else ()
    return nodes_of_html(html, line=line_of(element))


def _medium(element: Element, name: str) -> Node:
    source = attribute(element, "uri") or attribute(element, "href")
    size = {key: attribute(element, key) for key in ("width", "height") if attribute(element, key).isdecimal()}
    if name == "matimage":
        return Node(
            "img", {"src": source, "alt": attribute(element, "label") or words(element), **size}, (), line_of(element)
        )
    played = Node("source", {"src": source}, (), line_of(element))
    return Node(
        "audio" if name == "mataudio" else "video", {"controls": "controls", **size}, (played,), line_of(element)
    )


def feedback_of(item: Element) -> list[Node]:
    """Return the feedback that conditions of an item show."""
    found = []
    for one in children(item, "itemfeedback"):
        shown: list[Part] = []
        for part in children(one, "flow_mat", "material"):
            shown += material(part) if name_of(part) == "material" else _flow(part)
        if not says_nothing(shown):
            attributes = {
                "outcome-identifier": "FEEDBACK",
                "identifier": identifier(attribute(one, "ident") or "feedback"),
                "show-hide": "show",
            }
            found.append(
                Node(
                    "qti-modal-feedback",
                    attributes,
                    (Node("qti-content-body", {}, tuple(blocks(shown))),),
                    line_of(one),
                )
            )
    return found


def _flow(holder: Element) -> list[Part]:
    found: list[Part] = []
    for one in children(holder, "material", "flow_mat"):
        found += material(one) if name_of(one) == "material" else _flow(one)
    return found


def help_of(item: Element) -> list[Node]:
    """Return hints and solutions of an item as cards of a catalog."""
    cards = []
    for holder, support in (("hintmaterial", "ext:hint"), ("solutionmaterial", "ext:worked-example")):
        for one in below(item, holder):
            shown = blocks(material(one))
            if shown:
                cards.append(Node("qti-card", {"support": support}, (Node("qti-html-content", {}, tuple(shown)),)))
    if not cards:
        return []
    return [Node("qti-catalog-info", {}, (Node("qti-catalog", {"id": HELP_CATALOG}, tuple(cards)),))]


# --- places to answer ------------------------------------------------------------------------------------------------


def asked_in(item: Element, form: str, *, picture_size: PictureSize | None = None) -> Asked:
    """Return what an item shows and where it is answered."""
    presentation = child(item, "presentation")
    responses = list(below(presentation, *RESPONSES))
    shown = tuple(part for one in _shown_materials(presentation) for part in material(one))
    if form in _FORMS_WITHOUT_RESPONSE and (not responses or form == "file_upload"):
        return _by_person(shown, _FORMS_WITHOUT_RESPONSE[form], item)
    if not responses or form == "text_only":
        return Asked(body=shown)
    if form in ("calculated", "formula") or any(True for _ in below(item, "calculated")):
        return _calculated(item, shown, responses[0])
    named = _names_in_brackets(shown, responses)
    if named:
        return _in_brackets(item, shown, form, responses, named)
    if len(responses) > 1 and _share_choices(responses, form):
        return _match(item, shown, responses)
    if len(responses) > 1:
        return _one_after_the_other(item, presentation, form, picture_size)
    answer, asking = _single(item, responses[0], form, shown, picture_size)
    return Asked(body=asking, answers=(answer,))


def _shown_materials(holder: Element | None) -> Iterator[Element]:
    for one in children(holder):
        if name_of(one) in ("material", "altmaterial"):
            yield one
        elif name_of(one) in ("flow", "flow_mat"):
            yield from _shown_materials(one)


def _by_person(shown: tuple[Part, ...], kind: str, item: Element) -> Asked:
    prompt = Node("qti-prompt", {}, shown)
    if kind == "upload":
        answer = Answer(name="RESPONSE", kind="upload", base_type="file")
        node = Node("qti-upload-interaction", {"response-identifier": "RESPONSE"}, (prompt,))
    else:
        answer = Answer(
            name="RESPONSE", kind="essay", base_type="string", responses={_first_response(item): "RESPONSE"}
        )
        node = Node("qti-extended-text-interaction", {"response-identifier": "RESPONSE"}, (prompt,))
    return Asked(body=(node,), answers=(answer,))


def _first_response(item: Element) -> str:
    return next((attribute(one, "ident") for one in below(item, *RESPONSES)), "response1")


def _labels(response: Element) -> dict[str, Element]:
    return {attribute(one, "ident"): one for one in below(response, "response_label")}


def _options(labels: Mapping[str, Element]) -> dict[str, str]:
    taken: dict[str, str] = {}
    for name in labels:
        wanted = identifier(name)
        free, number = wanted, 2
        while free in taken.values():
            free, number = f"{wanted}-{number}", number + 1
        taken[name] = free
    return taken


def _own_words(response: Element) -> tuple[Part, ...]:
    """Return the words a response has of its own, beside its choices."""
    found = [part for one in children(response, "material") for part in material(one)]
    for extension in below(response, "render_extension"):
        found += [part for one in children(extension, "material") for part in material(one)]
    return tuple(found)


def _single(
    item: Element,
    response: Element,
    form: str,
    shown: tuple[Part, ...],
    picture_size: PictureSize | None,
    name: str = "RESPONSE",
) -> tuple[Answer, tuple[Part, ...]]:
    """Return the variable of one response and what asks for it, with what is shown before it."""
    own = _own_words(response)
    prompt = (*shown, *own)
    ident = attribute(response, "ident")
    if any(True for _ in below(response, "render_hotspot")) or name_of(response) == "response_xy":
        return _pointing(response, prompt, picture_size, name)
    if name_of(response) in ("response_str", "response_num"):
        return _typing(item, response, form, prompt, name)
    labels = _labels(response)
    options = _options(labels)
    cardinality = attribute(response, "rcardinality").casefold() or "single"
    if cardinality == "ordered":
        choices = [
            Node("qti-simple-choice", {"identifier": options[key]}, inline(material(one)))
            for key, one in labels.items()
        ]
        row = next((attribute(one, "orientation") for one in below(response, "ims_render_object")), "")
        attributes = {
            "response-identifier": name,
            "shuffle": "true",
            **({"orientation": "horizontal"} if row.casefold() == "row" else {}),
        }
        node = Node("qti-order-interaction", attributes, (Node("qti-prompt", {}, prompt), *choices), line_of(response))
        answer = Answer(name=name, kind="order", cardinality="ordered", responses={ident: name}, options=options)
        return answer, (node,)
    is_many = cardinality == "multiple" or form in ("multiple_answers", "multiple_response")
    shuffles = any(attribute(one, "shuffle").casefold() == "yes" for one in below(response, "render_choice"))
    choices = []
    for key, one in labels.items():
        fixed = {"fixed": "true"} if attribute(one, "rshuffle").casefold() == "no" and shuffles else {}
        choices.append(
            Node("qti-simple-choice", {"identifier": options[key], **fixed}, inline(material(one)), line_of(one))
        )
    attributes = {
        "response-identifier": name,
        "max-choices": "0" if is_many else "1",
        "shuffle": "true" if shuffles else "false",
    }
    node = Node("qti-choice-interaction", attributes, (Node("qti-prompt", {}, prompt), *choices), line_of(response))
    answer = Answer(
        name=name,
        kind="choice",
        cardinality="multiple" if is_many else "single",
        responses={ident: name},
        options=options,
    )
    return answer, (node,)


def _typing(
    item: Element, response: Element, form: str, prompt: tuple[Part, ...], name: str
) -> tuple[Answer, tuple[Part, ...]]:
    ident = attribute(response, "ident")
    rows = next((attribute(one, "rows") for one in below(response, "render_fib")), "")
    has_key = any(
        attribute(one, "respident") == ident
        for one in below(item, "varequal", "varsubstring", "varsubset", "vargt", "vargte")
    )
    if (
        form == "essay"
        or (not has_key and not _is_number(response, form))
        or (rows.isdecimal() and int(rows) > 1 and not has_key)
    ):
        attributes = {"response-identifier": name}
        if rows.isdecimal() and int(rows) > 1:
            attributes["expected-lines"] = rows
        node = Node("qti-extended-text-interaction", attributes, (Node("qti-prompt", {}, prompt),), line_of(response))
        return Answer(name=name, kind="essay", base_type="string", responses={ident: name}), (node,)
    answer = Answer(
        name=name,
        kind="typed",
        base_type="float" if _is_number(response, form) else "string",
        responses={ident: name},
        accepts_all=True,
    )
    return answer, (*blocks(prompt), Node("p", {}, (_entry(item, response, answer),)))


def _is_number(response: Element, form: str) -> bool:
    kinds = {attribute(one, "fibtype").casefold() for one in below(response, "render_fib")}
    return (
        name_of(response) == "response_num"
        or bool(kinds & {"decimal", "integer", "scientific"})
        or form in ("numerical", "numeric")
    )


def _entry(item: Element, response: Element, answer: Answer) -> Node:
    attributes = {"response-identifier": answer.name}
    longest = next((attribute(one, "maxchars") for one in below(response, "render_fib")), "")
    if longest.isdecimal():
        attributes["expected-length"] = longest
    if answer.base_type == "string":
        ident = attribute(response, "ident")
        cases = {
            attribute(one, "case").casefold() for one in below(item, "varequal") if attribute(one, "respident") == ident
        }
        attributes["data-headway-compare"] = "exact" if cases == {"yes"} else "words"
    return Node("qti-text-entry-interaction", attributes, (), line_of(response))


# --- gaps in brackets ------------------------------------------------------------------------------------------------


def _names_in_brackets(shown: Sequence[Part], responses: Sequence[Element]) -> dict[str, str]:
    """Return the mark in the text of each response, where every response has one: “[name]”."""
    text = "".join(one if isinstance(one, str) else one.text for one in shown)
    found: dict[str, str] = {}
    for one in responses:
        ident = attribute(one, "ident")
        names = (
            "".join(part if isinstance(part, str) else part.text for part in _own_words(one)),
            ident.removeprefix("response_"),
        )
        mark = next((f"[{name}]" for name in names if name and f"[{name}]" in text), "")
        if not mark:
            return {}
        found[ident] = mark
    return found


def _in_brackets(
    item: Element, shown: tuple[Part, ...], form: str, responses: Sequence[Element], marks: Mapping[str, str]
) -> Asked:
    answers = []
    places: dict[str, Node] = {}
    for number, one in enumerate(responses, start=1):
        ident = attribute(one, "ident")
        name = f"RESPONSE_{number}" if len(responses) > 1 else "RESPONSE"
        if name_of(one) in ("response_str", "response_num"):
            answer = Answer(
                name=name,
                kind="typed",
                base_type="float" if _is_number(one, form) else "string",
                responses={ident: name},
                accepts_all=True,
            )
            places[marks[ident]] = _entry(item, one, answer)
        elif _is_typed(one, form):
            answer = _typed_choices(one, name)
            places[marks[ident]] = _entry(item, one, answer)
        else:
            labels = _labels(one)
            options = _options(labels)
            answer = Answer(name=name, kind="inline", responses={ident: name}, options=options)
            choices = [
                Node("qti-inline-choice", {"identifier": options[key]}, inline(material(label)), line_of(label))
                for key, label in labels.items()
            ]
            attributes = {"response-identifier": name, "shuffle": "false"}
            places[marks[ident]] = Node("qti-inline-choice-interaction", attributes, tuple(choices), line_of(one))
        answers.append(answer)
    return Asked(body=tuple(_with_places(shown, dict(places))), answers=tuple(answers))


def _is_typed(response: Element, form: str) -> bool:
    """Whether the choices of a gap are ways to write it: spellings of one word, or said to be typed."""
    labels = _labels(response)
    ways = {attribute(one, "answer_type").casefold() for one in labels.values()} - {""}
    if ways:
        return ways == {"openentry"}
    texts = {" ".join(_words(material(one)).split()).casefold() for one in labels.values()}
    return form.startswith("fill_in") or len(texts) == 1


def _words(shown: Sequence[Part]) -> str:
    return " ".join(one if isinstance(one, str) else one.text for one in shown)


def _typed_choices(response: Element, name: str) -> Answer:
    labels = _labels(response)
    ways = {"textcontainsanswer": "contains", "textregex": "pattern"}
    return Answer(
        name=name,
        kind="typed",
        base_type="string",
        responses={attribute(response, "ident"): name},
        texts={key: " ".join(_words(material(one)).split()) for key, one in labels.items()},
        ways={key: ways.get(attribute(one, "scoring_algorithm").casefold(), "equal") for key, one in labels.items()},
        accepts_all=True,
    )


def _with_places(shown: Sequence[Part], places: dict[str, Node]) -> Iterator[Part]:
    """Return what is shown with each mark replaced by its place to answer, once."""
    for one in shown:
        if isinstance(one, str):
            yield from _split(one, places)
        else:
            yield replace(one, children=tuple(_with_places(one.children, places)))


def _split(text: str, places: dict[str, Node]) -> Iterator[Part]:
    found = [(text.index(mark), mark) for mark in places if mark in text]
    if not found:
        if text:
            yield text
        return
    at, mark = min(found)
    if text[:at]:
        yield text[:at]
    yield places.pop(mark)
    yield from _split(text[at + len(mark) :], places)


# --- several responses -----------------------------------------------------------------------------------------------


def _share_choices(responses: Sequence[Element], form: str) -> bool:
    sets = [frozenset(_labels(one)) for one in responses]
    return (
        all(name_of(one) == "response_lid" for one in responses)
        and all(sets)
        and (len(set(sets)) == 1 or form in ("matching", "categorization"))
        and any(not says_nothing(_own_words(one)) for one in responses)
    )


def _match(item: Element, shown: tuple[Part, ...], responses: Sequence[Element]) -> Asked:
    """Return drop-downs that share their choices as one match.

    Where each takes one choice they are the first set; where each takes many (categories) the choices are.
    """
    labels = {key: one for each in responses for key, one in _labels(each).items() if not says_nothing(material(one))}
    options = _options(labels)
    rows = {attribute(one, "ident"): _own_words(one) for one in responses}
    rows = {ident: own for ident, own in rows.items() if not says_nothing(own)}
    taken = set(options.values())
    places: dict[str, str] = {}
    for ident in rows:
        wanted, number = identifier(ident), 2
        while wanted in taken:
            wanted, number = f"{identifier(ident)}-{number}", number + 1
        taken.add(wanted)
        places[ident] = wanted
    by_ident = {attribute(one, "ident"): one for one in responses}
    is_sorting = any(attribute(one, "rcardinality").casefold() == "multiple" for one in responses)
    asks = [_associable(places[ident], own, "0" if is_sorting else "1", by_ident[ident]) for ident, own in rows.items()]
    offers = [_associable(options[key], material(one), "1" if is_sorting else "0", one) for key, one in labels.items()]
    sets = (offers, asks) if is_sorting else (asks, offers)
    node = Node(
        "qti-match-interaction",
        {"response-identifier": "RESPONSE", "max-associations": "0", "shuffle": "false"},
        (Node("qti-prompt", {}, shown), *(Node("qti-simple-match-set", {}, tuple(one)) for one in sets)),
        line_of(responses[0]),
    )
    answer = Answer(
        name="RESPONSE",
        kind="sorting" if is_sorting else "match",
        base_type="directedPair",
        cardinality="multiple",
        responses=places,
        options=options,
    )
    return Asked(body=(node,), answers=(answer,))


def _associable(name: str, shown: tuple[Part, ...], most: str, element: Element) -> Node:
    return Node(
        "qti-simple-associable-choice", {"identifier": name, "match-max": most}, inline(shown), line_of(element)
    )


def _one_after_the_other(
    item: Element, presentation: Element | None, form: str, picture_size: PictureSize | None
) -> Asked:
    """Return several responses in the order of the file: gaps within the text, other questions each for itself."""
    body: list[Part] = []
    answers: list[Answer] = []

    def walk(holder: Element | None) -> None:
        for one in children(holder):
            name = name_of(one)
            if name in ("material", "altmaterial"):
                shown = material(one)
                body.extend(
                    shown
                    if any(not isinstance(part, str) and part.name == "p" for part in shown) and len(shown) > 1
                    else _spaced(inline(shown))
                )
            elif name in ("flow", "flow_mat"):
                walk(one)
            elif name in RESPONSES:
                answer, asking = _single(item, one, form, (), picture_size, f"RESPONSE_{len(answers) + 1}")
                answers.append(answer)
                if answer.kind == "typed":
                    body.extend([*_own_words(one), _entry(item, one, answer)])
                else:
                    body.extend(asking)

    walk(presentation)
    return Asked(body=tuple(body), answers=tuple(answers))


def _spaced(shown: tuple[Part, ...]) -> tuple[Part, ...]:
    return (" ", *shown, " ") if shown else ()


# --- pictures to point at --------------------------------------------------------------------------------------------


def _pointing(
    response: Element, prompt: tuple[Part, ...], picture_size: PictureSize | None, name: str
) -> tuple[Answer, tuple[Part, ...]]:
    picture = next(below(response, "matimage"), None)
    source = attribute(picture, "uri") if picture is not None else ""
    size = picture_size(source) if picture_size and source else None
    given = tuple(attribute(picture, key) for key in ("width", "height"))
    if size is None and all(one.isdecimal() for one in given):
        size = (int(given[0]), int(given[1]))
    width, height = size or (_UNKNOWN_WIDTH, _UNKNOWN_HEIGHT)
    shown = Node(
        "img", {"src": source, "alt": words(picture), "width": str(width), "height": str(height)}, (), line_of(response)
    )
    labels = {key: one for key, one in _labels(response).items() if _numbers(one.text or "")}
    options = _options(labels)
    areas = {key: area_of(one.text or "", attribute(one, "rarea"), width, height) for key, one in labels.items()}
    ident = attribute(response, "ident")
    cardinality = "multiple" if attribute(response, "rcardinality").casefold() == "multiple" else "single"
    asked = (Node("qti-prompt", {}, prompt), shown)
    if name_of(response) == "response_xy":
        most = "1" if cardinality == "single" else "0"
        node = Node(
            "qti-select-point-interaction", {"response-identifier": name, "max-choices": most}, asked, line_of(response)
        )
        answer = Answer(
            name=name, kind="point", base_type="point", cardinality=cardinality, responses={ident: name}, areas=areas
        )
        return answer, (node,)
    spots = [
        Node(
            "qti-hotspot-choice",
            {"identifier": options[key], "shape": shape, "coords": coords},
            (),
            line_of(labels[key]),
        )
        for key, (shape, coords) in areas.items()
    ]
    most = "1" if cardinality == "single" else "0"
    node = Node(
        "qti-hotspot-interaction",
        {"response-identifier": name, "max-choices": most},
        (*asked, *spots),
        line_of(response),
    )
    answer = Answer(name=name, kind="choice", cardinality=cardinality, responses={ident: name}, options=options)
    return answer, (node,)


def _numbers(text: str) -> list[float]:
    return [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", text)]


def area_of(text: str, kind: str, width: int = _UNKNOWN_WIDTH, height: int = _UNKNOWN_HEIGHT) -> tuple[str, str]:
    """Return the shape and the coordinates in pixels of an area: QTI 1.2 gives a corner and a size, Canvas two corners as shares."""
    numbers = _numbers(text)
    are_shares = all(0 <= one <= 1 for one in numbers) and any(one % 1 for one in numbers)
    if are_shares:
        numbers = [one * (height if place % 2 else width) for place, one in enumerate(numbers)]
    if kind.casefold() in ("rectangle", "ellipse") and len(numbers) == 4:
        left, top, third, fourth = numbers
        right, bottom = (third, fourth) if are_shares else (left + third, top + fourth)
        if kind.casefold() == "rectangle":
            return "rect", _pixels((left, top, right, bottom))
        return "ellipse", _pixels(
            ((left + right) / 2, (top + bottom) / 2, abs(right - left) / 2, abs(bottom - top) / 2)
        )
    return "poly", _pixels(numbers)


def _pixels(numbers: Sequence[float]) -> str:
    return ",".join(str(round(one)) for one in numbers)


# --- numbers that change with each showing ---------------------------------------------------------------------------


def _calculated(item: Element, shown: tuple[Part, ...], response: Element) -> Asked:
    answer = Answer(
        name="RESPONSE",
        kind="typed",
        base_type="float",
        responses={attribute(response, "ident"): "RESPONSE"},
        accepts_all=True,
    )
    places = {
        f"[{name}]": Node("qti-printed-variable", {"identifier": identifier(name)})
        for name in dict.fromkeys(attribute(one, "name") for one in below(item, "var"))
        if name
    }
    body = (*blocks(_with_all(shown, places)), Node("p", {}, (_entry(item, response, answer),)))
    return Asked(body=body, answers=(answer,), is_calculated=True)


def _with_all(shown: Sequence[Part], places: Mapping[str, Node]) -> Iterator[Part]:
    for one in shown:
        if isinstance(one, str):
            for piece in re.split("(" + "|".join(re.escape(mark) for mark in places) + ")", one) if places else [one]:
                if piece:
                    yield places.get(piece, piece)
        else:
            yield replace(one, children=tuple(_with_all(one.children, places)))
