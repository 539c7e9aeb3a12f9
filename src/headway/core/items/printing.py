"""A question on paper: for every interaction a way to answer with a pencil, and the key in the signs that are printed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from headway.core.items.document import Item
from headway.core.items.face import Asked, Card, Element, Face, Gap, HotText, Option, Part, Picture, face, words_of
from headway.core.items.session import Session, is_marked_by_person, key_response, mark
from headway.core.shared.errors import gettext_noop

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LEAST_LINES, MOST_LINES = 4, 26
LINE_SIGNS = 60  # signs that a student writes on one line of a sheet
LEAST_BLANK, MOST_BLANK = 6, 40
MOST_TICKS, MOST_TICK_WORDS = 60, 12
MOST_CROSSES = 8
SCALE_PARTS = 10  # a picture's edge is marked in about so many parts
# Until how long a document says a text gets: what is asked for without a length.
USUAL_LINES = 5

ONE = gettext_noop("Tick one box.")
SOME = gettext_noop("Tick up to {count} boxes.")
SOME_EXACTLY = gettext_noop("Tick {count} boxes.")
ANY = gettext_noop("Tick every box that fits.")
CIRCLE = gettext_noop("Circle one.")
ORDER_ALL = gettext_noop("Number the boxes: 1 comes first.")
ORDER_SOME = gettext_noop("Choose {count} and number their boxes: 1 comes first. Leave the others empty.")
MATCH = gettext_noop("Write the letter of what belongs to it in each box.")
GRID = gettext_noop("Put a cross in the boxes that belong together.")
PAIRS = gettext_noop("Write two letters that belong together on each pair of lines.")
BANK = gettext_noop("Write the letter of a word in each gap.")
BANK_PLACES = gettext_noop("Write a letter beside each number of the picture.")
UNDERLINE_ONE = gettext_noop("Underline one of the numbered parts.")
UNDERLINE_SOME = gettext_noop("Underline up to {count} of the numbered parts.")
UNDERLINE_ANY = gettext_noop("Underline every numbered part that fits.")
LINE = gettext_noop("Mark your answer on the line with a cross, and write the number beside it.")
CROSS = gettext_noop("Mark the place in the picture with a cross.")
CROSSES = gettext_noop("Mark up to {count} places in the picture with a cross.")
CROSSES_ANY = gettext_noop("Mark every place in the picture that fits with a cross.")
PLACE_IT = gettext_noop("Draw it where it belongs. A small cross marks its middle.")
HAND_IN = gettext_noop("Hand in what you made together with this sheet, or draw or glue it here.")
DRAW = gettext_noop("Draw here.")
DRAW_ON = gettext_noop("Draw on the picture.")
LISTEN = gettext_noop("This part is to be heard or watched on a device. Ask your teacher.")
ON_DEVICE = gettext_noop("This part needs a device. Ask your teacher, and say the code of the question.")


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Something with a sign of its own on the paper: the letter of a choice, the number of a gap or a place in a picture.

    `key` is its name in the document, `words` what it says in plain text.
    """

    sign: str
    key: str
    words: str = ""
    parts: tuple[Part, ...] = ()
    picture: Picture | None = None
    shape: str = ""
    coordinates: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A mark on a line or an edge: where, as a share of its length, and what stands there ("" for a bare tick)."""

    share: float
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Space:
    """Where one answer goes on paper. `form` names how it is drawn, `says` is a sentence for the student with its `facts`.

    `marks` is what is chosen, `places` what it goes to; `lines` counts ruled lines, pairs or crosses, `signs` the length of a blank.
    `is_one` tells whether one answer is wanted where several could be given.
    """

    form: str
    kind: str
    name: str
    number: int
    says: str = ""
    facts: Mapping[str, int] = field(default_factory=dict)
    prompt: tuple[Part, ...] = ()
    label: str = ""
    marks: tuple[Mark, ...] = ()
    places: tuple[Mark, ...] = ()
    parts: tuple[Part, ...] = ()
    picture: Picture | None = None
    is_one: bool = False
    is_across: bool = False
    lines: int = 0
    signs: int = 0
    ticks: tuple[Tick, ...] = ()
    ticks_down: tuple[Tick, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A question as it is printed: its face, and for each interaction of it, by number, the space to answer in."""

    face: Face
    spaces: Mapping[int, Space]

    @property
    def asked(self) -> tuple[Space, ...]:
        """The spaces in which something is written, in order."""
        return tuple(one for one in self.spaces.values() if one.form not in SILENT)


# Forms in which a student writes nothing.
SILENT = frozenset({"nothing", "listen"})


def print_form(face: Face) -> Paper:
    """Return a question's face with a space on paper for each of its interactions."""
    return Paper(
        face=face, spaces={asked.number: replace(FORMS[asked.kind](asked), prompt=asked.prompt) for asked in face.asked}
    )


def transcripts(face: Face) -> tuple[Card, ...]:
    """Return what stands for a sound or a film in words, as far as a question carries it."""
    return tuple(card for cards in face.cards.values() for card in cards if "transcript" in card.support)


def sign_of(place: int) -> str:
    """Return the letter of a place, from 0: A to Z, then AA, AB and so on."""
    sign = ""
    place += 1
    while place:
        place, letter = divmod(place - 1, len(LETTERS))
        sign = LETTERS[letter] + sign
    return sign


def _within(parts: Sequence[Part]) -> Iterator[Gap | HotText]:
    """Yield the gaps and the hot text of a text, in order."""
    for part in parts:
        if isinstance(part, Gap | HotText):
            yield part
        elif isinstance(part, Element):
            yield from _within(part.parts)


# --- marks ------------------------------------------------------------------------------------------------------------


def _lettered(options: Sequence[Option]) -> tuple[Mark, ...]:
    return tuple(_mark(option, sign_of(place)) for place, option in enumerate(options))


def _numbered(options: Sequence[Option]) -> tuple[Mark, ...]:
    return tuple(_mark(option, str(place)) for place, option in enumerate(options, start=1))


def _mark(option: Option, sign: str) -> Mark:
    words = option.label or words_of(option.parts) or (option.picture.alternative if option.picture else "")
    return Mark(
        sign=sign,
        key=option.key,
        words=words,
        parts=option.parts or ((option.label,) if option.label and option.picture is None else ()),
        picture=option.picture,
        shape=option.shape,
        coordinates=option.coordinates,
    )


def _space(asked: Asked, form: str, **facts: object) -> Space:
    return Space(form=form, kind=asked.kind, name=asked.name, number=asked.number, label=asked.label, **facts)  # type: ignore[arg-type]


def _counted(asked: Asked, one: str, some: str, any_number: str, *, exactly: str = "") -> dict[str, object]:
    """Return the sentence that says how many answers are wanted."""
    most = 1 if asked.cardinality == "single" else asked.most
    if most == 1:
        return {"says": one, "is_one": True}
    if most <= 0 or most >= len(asked.options) > 0:
        return {"says": any_number}
    return {"says": exactly if exactly and asked.least == most else some, "facts": {"count": most}}


def _number_of(settings: Mapping[str, str], name: str, otherwise: float) -> float:
    try:
        found = float(settings.get(name, ""))
    except ValueError:
        return otherwise
    return found if math.isfinite(found) else otherwise


def _short(number: float) -> str:
    """Return a number as briefly as it can be said exactly enough to write beside a tick."""
    return f"{number:.10g}"


# --- a form for every interaction -------------------------------------------------------------------------------------


def _choice(asked: Asked) -> Space:
    return _space(
        asked,
        "tick",
        marks=_lettered(asked.options),
        is_across=asked.settings.get("orientation") == "horizontal",
        **_counted(asked, ONE, SOME, ANY, exactly=SOME_EXACTLY),
    )


def _inline_choice(asked: Asked) -> Space:
    return _space(asked, "circle", says=CIRCLE, is_one=True, marks=_lettered(asked.options))


def _text_entry(asked: Asked) -> Space:
    length = _number_of(asked.settings, "expected-length", 10)
    return _space(asked, "blank", signs=round(min(max(length + 2, LEAST_BLANK), MOST_BLANK)))


def _extended_text(asked: Asked) -> Space:
    length = _number_of(asked.settings, "expected-length", 0)
    wanted = _number_of(asked.settings, "expected-lines", 0) or math.ceil(length / LINE_SIGNS) or USUAL_LINES
    separate = round(_number_of(asked.settings, "most-strings", 1)) if asked.cardinality != "single" else 1
    separate = min(max(separate, 1), MOST_LINES)
    # What is typed on a few lines takes more room by hand.
    lines = min(max(round(wanted), LEAST_LINES), MOST_LINES) if separate == 1 else max(round(wanted / separate), 1)
    return _space(
        asked, "lines", lines=lines, places=tuple(Mark(sign=str(n), key=str(n)) for n in range(1, separate + 1))
    )


def _order(asked: Asked) -> Space:
    count = asked.most if 0 < asked.most < len(asked.options) else 0
    return _space(
        asked,
        "number",
        marks=_lettered(asked.options),
        is_across=asked.settings.get("orientation") == "horizontal",
        says=ORDER_SOME if count else ORDER_ALL,
        facts={"count": count} if count else {},
    )


def _match(asked: Asked) -> Space:
    # A line can take one letter. Where a thing belongs to several, or the author drew a table, a table it is.
    is_grid = any(one.most != 1 for one in asked.options) or "qti-match-tabular" in asked.settings.get("classes", "")
    return _space(
        asked,
        "grid" if is_grid else "columns",
        says=GRID if is_grid else MATCH,
        marks=_numbered(asked.options),
        places=_lettered(asked.targets),
    )


def _associate(asked: Asked) -> Space:
    return _space(asked, "pairs", says=PAIRS, marks=_lettered(asked.options), lines=_pairs(asked))


def _pairs(asked: Asked) -> int:
    """Return how many pairs can be made: as many as the question allows, or as its parts suffice for."""
    uses = sum(one.most or len(asked.options) - 1 for one in asked.options)
    possible = len(asked.options) * (len(asked.options) - 1) // 2
    return max(1, min(asked.most or possible, uses // 2, possible))


def _gap_match(asked: Asked) -> Space:
    gaps = [one for one in _within(asked.parts) if isinstance(one, Gap)]
    places = tuple(Mark(sign=str(number), key=gap.key, words=gap.label) for number, gap in enumerate(gaps, start=1))
    return _space(asked, "bank", says=BANK, marks=_lettered(asked.options), places=places, parts=asked.parts)


def _hottext(asked: Asked) -> Space:
    found = [one for one in _within(asked.parts) if isinstance(one, HotText)]
    marks = tuple(
        Mark(sign=str(number), key=one.key, words=one.label or words_of(one.parts), parts=one.parts or (one.label,))
        for number, one in enumerate(found, start=1)
    )
    asked = replace(asked, options=tuple(Option(key=mark.key) for mark in marks))
    return _space(
        asked,
        "underline",
        marks=marks,
        parts=asked.parts,
        **_counted(asked, UNDERLINE_ONE, UNDERLINE_SOME, UNDERLINE_ANY),
    )


def _slider(asked: Asked) -> Space:
    lower = _number_of(asked.settings, "lower", 0)
    upper = _number_of(asked.settings, "upper", 100)
    ticks = line_ticks(lower, upper, _number_of(asked.settings, "step", 1))
    if asked.settings.get("reverse") == "true":
        ticks = tuple(replace(one, share=1 - one.share) for one in ticks)
    return _space(asked, "number-line", says=LINE, ticks=ticks)


def _hotspot(asked: Asked) -> Space:
    return _space(
        asked,
        "picture-ticks",
        marks=_lettered(asked.options),
        picture=asked.picture,
        **_counted(asked, ONE, SOME, ANY, exactly=SOME_EXACTLY),
    )


def _select_point(asked: Asked) -> Space:
    return _space(
        asked,
        "cross",
        picture=asked.picture,
        lines=min(asked.most or MOST_CROSSES, MOST_CROSSES),
        **_edges(asked.picture),
        **_counted(asked, CROSS, CROSSES, CROSSES_ANY),
    )


def _position_object(asked: Asked) -> Space:
    return _space(
        asked, "place", says=PLACE_IT, marks=_lettered(asked.options), picture=asked.picture, **_edges(asked.picture)
    )


def _graphic_order(asked: Asked) -> Space:
    return replace(_order(asked), form="picture-numbers", is_across=False, picture=asked.picture)


def _graphic_associate(asked: Asked) -> Space:
    return replace(_associate(asked), form="picture-pairs", picture=asked.picture)


def _graphic_gap_match(asked: Asked) -> Space:
    return _space(
        asked,
        "picture-bank",
        says=BANK_PLACES,
        marks=_lettered(asked.options),
        places=_numbered(asked.targets),
        picture=asked.picture,
    )


def _upload(asked: Asked) -> Space:
    return _space(asked, "frame", says=HAND_IN)


def _drawing(asked: Asked) -> Space:
    return _space(asked, "frame", says=DRAW_ON if asked.picture else DRAW, picture=asked.picture)


def _media(asked: Asked) -> Space:
    return _space(asked, "listen", says=LISTEN, picture=asked.picture)


def _end_attempt(asked: Asked) -> Space:
    return _space(asked, "nothing")


def _on_device(asked: Asked) -> Space:
    return _space(asked, "device", says=ON_DEVICE, parts=asked.parts)


FORMS: Mapping[str, Callable[[Asked], Space]] = {
    "choice": _choice,
    "inline-choice": _inline_choice,
    "text-entry": _text_entry,
    "extended-text": _extended_text,
    "order": _order,
    "match": _match,
    "associate": _associate,
    "gap-match": _gap_match,
    "hottext": _hottext,
    "slider": _slider,
    "hotspot": _hotspot,
    "select-point": _select_point,
    "position-object": _position_object,
    "graphic-order": _graphic_order,
    "graphic-associate": _graphic_associate,
    "graphic-gap-match": _graphic_gap_match,
    "upload": _upload,
    "drawing": _drawing,
    "media": _media,
    "end-attempt": _end_attempt,
    "portable-custom": _on_device,
    "custom": _on_device,
}


# --- lines and edges --------------------------------------------------------------------------------------------------


def line_ticks(lower: float, upper: float, step: float) -> tuple[Tick, ...]:
    """Return the marks of a number line: one for every step where they can be told apart, words where they have room."""
    if upper <= lower:
        return (Tick(share=0, words=_short(lower)),)
    step = step if step > 0 else 1
    while (upper - lower) / step > MOST_TICKS:
        step = _rounder(step)
    count = math.floor((upper - lower) / step + 1e-9)
    with_words = step
    while (upper - lower) / with_words > MOST_TICK_WORDS:
        with_words = _rounder(with_words)
    every = max(1, round(with_words / step))
    ticks = [
        Tick(share=place * step / (upper - lower), words=_short(lower + place * step) if place % every == 0 else "")
        for place in range(count + 1)
    ]
    last = Tick(share=1, words=_short(upper))
    # The end is always told; a number that would touch it gives way.
    near = 0.5 / MOST_TICK_WORDS
    ticks = [replace(one, words="") if one.share > 1 - near else one for one in ticks if one.share < 1 - 1e-9]
    return (*ticks, last)


def _rounder(step: float) -> float:
    """Return the next rounder step: twice, five times or ten times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step) + 1e-9)
    return next(power * times for times in (2, 5, 10) if power * times > step * (1 + 1e-9))


def _edges(picture: Picture | None) -> dict[str, tuple[Tick, ...]]:
    """Return marks for a picture's edges, so that a place in it can be read off in the picture's own units."""
    if picture is None or picture.width <= 0 or picture.height <= 0:
        return {}
    return {"ticks": _edge(picture.width), "ticks_down": _edge(picture.height)}


def _edge(length: float) -> tuple[Tick, ...]:
    step = 1.0
    while length / step > SCALE_PARTS:
        step = _rounder(step)
    return tuple(
        Tick(share=place * step / length, words=_short(place * step)) for place in range(math.floor(length / step) + 1)
    )


# --- the key ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class KeyRow:
    """A right answer to one space: what stands on the paper then (`sign`), and what that says in words."""

    number: int
    sign: str
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Key:
    """How a printed question is marked. `criteria` is what its author says to look for, `maximum` its points where it has any.

    `is_read` tells that a person has to read and rate it, `is_on_device` that some of it is answered on a device only.
    """

    rows: tuple[KeyRow, ...]
    criteria: tuple[str, ...] = ()
    maximum: float | None = None
    is_read: bool = False
    is_on_device: bool = False


def key_rows(paper: Paper, response: Mapping[str, Sequence[str]]) -> tuple[KeyRow, ...]:
    """Return right answers in the signs printed on this paper; the response names them as the document does."""
    return tuple(
        row
        for space in paper.spaces.values()
        if response.get(space.name) and space.form in _KEYS
        for row in _KEYS[space.form](space, response[space.name])
    )


def _row(space: Space, sign: str, words: str = "") -> KeyRow:
    return KeyRow(number=space.number, sign=sign, words=words)


def _key_of_marks(space: Space, values: Sequence[str]) -> list[KeyRow]:
    return [_row(space, mark.sign, mark.words) for mark in space.marks if mark.key in set(values)]


def _key_in_words(space: Space, values: Sequence[str]) -> list[KeyRow]:
    named = {mark.key: mark.words for mark in space.marks}
    return [_row(space, named.get(value, value)) for value in values]


def _key_of_order(space: Space, values: Sequence[str]) -> list[KeyRow]:
    named = {mark.key: mark.words or mark.sign for mark in space.marks}
    ranks = {value: str(rank) for rank, value in enumerate(values, start=1)}
    numbers = " · ".join(f"{mark.sign} {ranks.get(mark.key, '–')}" for mark in space.marks)
    return [_row(space, numbers, " → ".join(named.get(value, value) for value in values))]


def _key_of_pairs(space: Space, values: Sequence[str]) -> list[KeyRow]:
    marks = {mark.key: mark for mark in space.marks}
    places = {mark.key: mark for mark in space.places} or marks
    rows = []
    for value in values:
        origin, _space_between, target = value.partition(" ")
        one, other = marks.get(origin), places.get(target)
        if one is not None and other is not None:
            # A pair has no direction: the letter that is printed first is told first.
            if not space.places and _place_of(space, other) < _place_of(space, one):
                one, other = other, one
            words = " – ".join(words for words in (one.words, other.words) if words)
            rows.append((_place_of(space, one), _row(space, f"{one.sign} – {other.sign}", words)))
    return [row for _place, row in sorted(rows, key=lambda each: each[0])]


def _place_of(space: Space, mark: Mark) -> int:
    return next((place for place, one in enumerate(space.marks) if one.key == mark.key), 0)


def _key_of_gaps(space: Space, values: Sequence[str]) -> list[KeyRow]:
    marks = {mark.key: mark for mark in space.marks}
    filled: dict[str, Mark] = {}
    for value in values:
        option, _space_between, place = value.partition(" ")
        if option in marks:
            filled[place] = marks[option]
    return [
        _row(space, f"{place.sign}: {filled[place.key].sign}", filled[place.key].words)
        for place in space.places
        if place.key in filled
    ]


def _key_of_points(space: Space, values: Sequence[str]) -> list[KeyRow]:
    rows = []
    for value in values:
        across, _space_between, down = value.partition(" ")
        if down:
            rows.append(_row(space, f"→ {across}  ↓ {down}"))
    return rows


_KEYS: Mapping[str, Callable[[Space, Sequence[str]], list[KeyRow]]] = {
    "tick": _key_of_marks,
    "circle": _key_in_words,
    "blank": _key_in_words,
    "lines": _key_in_words,
    "number": _key_of_order,
    "columns": _key_of_pairs,
    "grid": _key_of_pairs,
    "pairs": _key_of_pairs,
    "bank": _key_of_gaps,
    "underline": _key_of_marks,
    "number-line": _key_in_words,
    "picture-ticks": _key_of_marks,
    "picture-numbers": _key_of_order,
    "picture-pairs": _key_of_pairs,
    "picture-bank": _key_of_gaps,
    "cross": _key_of_points,
    "place": _key_of_points,
}


def print_key(item: Item, session: Session) -> Key:
    """Return how the question is marked as it is printed with this session: one right answer, and what its author looks for."""
    paper = print_form(face(item, session, response={}))
    response = key_response(item, session)
    told = {
        space.name: response.get(space.name, [])
        for space in paper.asked
        # A text that a person reads has a key only where its author wrote one down.
        if space.form != "lines" or _has_key(item, space.name)
    }
    is_on_device = any(space.form == "device" for space in paper.asked)
    return Key(
        rows=key_rows(paper, told),
        criteria=criteria_of(item),
        maximum=mark(item, response, seed=session.seed).maximum,
        is_read=bool(paper.asked) and not is_on_device and is_marked_by_person(item),
        is_on_device=is_on_device,
    )


def _has_key(item: Item, name: str) -> bool:
    declared = item.declarations.get(name)
    return declared is not None and declared.node.first("qti-correct-response") is not None


def criteria_of(item: Item) -> tuple[str, ...]:
    """Return what the question's author tells those who mark it, line by line."""
    found: dict[str, None] = {}
    for block in item.root.below("qti-rubric-block"):
        if not {"scorer", "tutor"} & set(block.get("view").split()):
            continue
        lines = list(block.below("li")) or list(block.below("p")) or [block]
        found.update(dict.fromkeys(words for line in lines if (words := line.words)))
    return tuple(found)
