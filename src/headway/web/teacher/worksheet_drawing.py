"""A question drawn for paper: black lines, room for a pencil, and no control that paper cannot have.

Everything that a question's author wrote is escaped here. Geometry stands in attributes of SVG: the strict policy holds, and a
printer draws it crisply.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.templatetags.static import static
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from headway.core.items.face import Asked, Element, Gap, HotText, Part, Picture
from headway.core.items.printing import Mark, Paper, Space, Tick, transcripts
from headway.web.shared.questions.drawing import has_latex

Address = Callable[[str], str]

VOID = frozenset({"br", "hr", "img", "wbr", "col"})
# What moves or sounds stays off the paper; the sentence beside it says where to find it.
UNPRINTED = frozenset({"audio", "video", "source", "track", "object"})
# Words that stand between the text, not in a box of their own.
INLINE = frozenset({"circle", "blank"})
SIGN_WIDTH_EM = 0.72  # handwriting is wider than print
LEAST_PICTURE = 400
PICTURE_SCALE = 480  # a picture of this many units across has signs of usual size
LINE_LENGTH, LINE_HEIGHT, LINE_MARGIN = 640, 58, 24


@dataclass(frozen=True)
class _Pen:
    """What drawing needs to know: the question, and where its files are."""

    paper: Paper
    address: Address

    @property
    def is_numbered(self) -> bool:
        return len(self.paper.asked) > 1


def draw_paper(paper: Paper, *, address: Address) -> SafeString:
    """Return a question as HTML for paper, in the language that is active; `address` gives the address of a file of it."""
    pen = _Pen(paper, address)
    told = dict.fromkeys(_sentence(space) for space in paper.spaces.values() if space.form in INLINE and space.says)
    first = _join([_html('<p class="ws-says">{}</p>', words) for words in told])
    drawn = first + _parts(paper.face.parts, pen) + _transcripts(pen)
    if not has_latex(paper.face):
        return drawn
    return _html(
        '<div data-question data-latex="{}" data-latex-style="{}">{}</div>',
        static("katex/katex.min.js"),
        static("katex/katex.min.css"),
        drawn,
    )


def _sentence(space: Space) -> str:
    return gettext(space.says).format(**space.facts) if space.says else ""


def _join(pieces: Sequence[str]) -> SafeString:
    return mark_safe("".join(pieces))  # noqa: S308  each piece was escaped where it was made


def _html(template: str, *facts: object, **named: object) -> SafeString:
    """Do what `format_html` does, with numbers as short as a drawing needs them."""
    return format_html(template, *map(_short, facts), **{name: _short(fact) for name, fact in named.items()})


def _short(fact: object) -> object:
    return f"{fact:.6g}" if isinstance(fact, float) else fact


# --- text -------------------------------------------------------------------------------------------------------------


def _parts(parts: Sequence[Part], pen: _Pen, space: Space | None = None) -> SafeString:
    return _join([_part(part, pen, space) for part in parts])


def _part(part: Part, pen: _Pen, space: Space | None) -> SafeString:
    if isinstance(part, str):
        return escape(part)
    if isinstance(part, Asked):
        return _space(pen.paper.spaces[part.number], pen)
    if isinstance(part, Gap):
        return _blank(8, _sign_within(space, part.key))
    if isinstance(part, HotText):
        inside = _parts(part.parts, pen, space) if part.parts else escape(part.label)
        return _html('<span class="ws-hot"><sup>{}</sup>{}</span>', _sign_within(space, part.key), inside)
    return _element(part, pen, space)


def _sign_within(space: Space | None, key: str) -> str:
    marks = (*space.places, *space.marks) if space else ()
    return next((mark.sign for mark in marks if mark.key == key), "")


def _element(element: Element, pen: _Pen, space: Space | None) -> SafeString:
    name = element.name.removeprefix("math:").removeprefix("svg:")
    if name in UNPRINTED:
        return SafeString("")
    if name == "details":
        # On paper nothing opens: what it holds is shown.
        name = "div"
    elif name == "summary":
        name = "p"
    attributes = _join(
        [
            _html(' {}="{}"', key, pen.address(value) if name == "img" and key == "src" else value)
            for key, value in element.attributes.items()
            if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", key) and not key.startswith("on") and key not in ("style", "href")
        ]
    )
    if name in VOID:
        return _html("<{}{}>", name, attributes)
    return _html("<{}{}>{}</{}>", name, attributes, _parts(element.parts, pen, space), name)


def _transcripts(pen: _Pen) -> SafeString:
    if not any(space.form == "listen" for space in pen.paper.spaces.values()):
        return SafeString("")
    return _join(
        [
            _html('<div class="ws-transcript"><p><b>{}</b></p>{}</div>', gettext("What is said:"), _parts(c.parts, pen))
            for c in transcripts(pen.paper.face)
        ]
    )


# --- spaces -----------------------------------------------------------------------------------------------------------


def _space(space: Space, pen: _Pen) -> SafeString:
    """Return the space to answer in, with what is asked above it where it is no part of a sentence."""
    if space.form == "nothing":
        return SafeString("")
    number = str(space.number) if pen.is_numbered and space.form != "listen" else ""
    if space.form in INLINE:
        return _DRAWN[space.form](space, pen, number)
    prompt = _parts(space.prompt, pen)
    head = _join(
        [
            _html('<div class="ws-prompt">{}{}</div>', _part_number(number), prompt) if prompt or number else "",
            _html('<p class="ws-says">{}</p>', _sentence(space)) if space.says else "",
        ]
    )
    return _html('<div class="ws-space">{}{}</div>', head, _DRAWN[space.form](space, pen, number))


def _part_number(number: str) -> SafeString:
    return _html('<b class="ws-part">{}</b> ', number) if number else SafeString("")


def _mark(mark: Mark, pen: _Pen) -> SafeString:
    """Return what a mark says or shows."""
    picture = _small_picture(mark.picture, pen) if mark.picture else SafeString("")
    return picture + _parts(mark.parts, pen)


def _small_picture(picture: Picture, pen: _Pen) -> SafeString:
    return _html(
        '<img class="ws-small" src="{}" alt="{}"{}>',
        pen.address(picture.source),
        picture.alternative,
        _html(' width="{}" height="{}"', picture.width, picture.height) if picture.width and picture.height else "",
    )


def _box(*, is_round: bool = False) -> SafeString:
    """Return a box to tick: round where one is wanted."""
    shape = '<circle cx="9" cy="9" r="7.5"/>' if is_round else '<rect x="1.5" y="1.5" width="15" height="15" rx="1.5"/>'
    return mark_safe(f'<svg class="ws-box" viewBox="0 0 18 18" aria-hidden="true">{shape}</svg>')  # noqa: S308


def _number_box() -> SafeString:
    return mark_safe(
        '<svg class="ws-box ws-box--number" viewBox="0 0 30 24" aria-hidden="true">'
        '<rect x="1.5" y="1.5" width="27" height="21" rx="1.5"/></svg>'
    )


def _blank(signs: float, number: str = "") -> SafeString:
    """Return a line to write on, about so many signs long."""
    width = signs * SIGN_WIDTH_EM
    return _html(
        '<span class="ws-blank">{}<svg width="{}em" height="1.7em" aria-hidden="true">'
        '<line x1="0" y1="85%" x2="100%" y2="85%"/></svg></span>',
        _html("<sup>{}</sup>", number) if number else "",
        f"{width:.1f}",
    )


def _ticks(space: Space, pen: _Pen, number: str) -> SafeString:
    rows = [
        _html(
            '<li>{}<b class="ws-sign">{}</b><div>{}</div></li>',
            _box(is_round=space.is_one),
            mark.sign,
            _mark(mark, pen),
        )
        for mark in space.marks
    ]
    return _html('<ul class="ws-options{}">{}</ul>', " ws-options--across" if space.is_across else "", _join(rows))


def _circle(space: Space, pen: _Pen, number: str) -> SafeString:
    words = [_html("<span>{}</span>", _mark(mark, pen) or mark.words) for mark in space.marks]
    return _html('<span class="ws-circle">{}{}</span>', _html("<sup>{}</sup>", number) if number else "", _join(words))


def _blank_space(space: Space, pen: _Pen, number: str) -> SafeString:
    return _blank(space.signs, number)


def _lines(space: Space, pen: _Pen, number: str) -> SafeString:
    line = '<div class="ws-line"></div>'
    several = len(space.places) > 1
    blocks = [
        _html(
            '<div class="ws-lines">{}{}</div>',
            _html('<b class="ws-sign">{}</b>', mark.sign) if several else "",
            mark_safe(line * space.lines),  # noqa: S308  no words of anybody
        )
        for mark in space.places
    ]
    return _join(blocks)


def _numbers(space: Space, pen: _Pen, number: str) -> SafeString:
    rows = [
        _html('<li>{}<b class="ws-sign">{}</b><div>{}</div></li>', _number_box(), mark.sign, _mark(mark, pen))
        for mark in space.marks
    ]
    return _html('<ul class="ws-options{}">{}</ul>', " ws-options--across" if space.is_across else "", _join(rows))


def _columns(space: Space, pen: _Pen, number: str) -> SafeString:
    left = [
        _html('<li>{}<b class="ws-sign">{}</b><div>{}</div></li>', _number_box(), mark.sign, _mark(mark, pen))
        for mark in space.marks
    ]
    right = [
        _html('<li><b class="ws-sign">{}</b><div>{}</div></li>', mark.sign, _mark(mark, pen)) for mark in space.places
    ]
    return _html(
        '<div class="ws-columns"><ul class="ws-options">{}</ul><ul class="ws-options">{}</ul></div>',
        _join(left),
        _join(right),
    )


def _grid(space: Space, pen: _Pen, number: str) -> SafeString:
    head = _join(
        [
            _html('<th scope="col"><b class="ws-sign">{}</b> {}</th>', place.sign, _mark(place, pen))
            for place in space.places
        ]
    )
    cells = _join([_html("<td>{}</td>", _box()) for _place in space.places])
    rows = [
        _html('<tr><th scope="row"><b class="ws-sign">{}</b> {}</th>{}</tr>', mark.sign, _mark(mark, pen), cells)
        for mark in space.marks
    ]
    return _html(
        '<table class="ws-grid"><thead><tr><td></td>{}</tr></thead><tbody>{}</tbody></table>', head, _join(rows)
    )


def _bank_of(marks: Sequence[Mark], pen: _Pen) -> SafeString:
    words = [_html('<li><b class="ws-sign">{}</b><div>{}</div></li>', mark.sign, _mark(mark, pen)) for mark in marks]
    return _html('<ul class="ws-bank">{}</ul>', _join(words))


def _pair_lines(space: Space) -> SafeString:
    pair = _html("<li>{} – {}</li>", _blank(4), _blank(4))
    return _html('<ul class="ws-pairs">{}</ul>', _join([pair] * space.lines))


def _pairs(space: Space, pen: _Pen, number: str) -> SafeString:
    return _bank_of(space.marks, pen) + _pair_lines(space)


def _bank(space: Space, pen: _Pen, number: str) -> SafeString:
    return _html('{}<div class="ws-text">{}</div>', _bank_of(space.marks, pen), _parts(space.parts, pen, space))


def _underline(space: Space, pen: _Pen, number: str) -> SafeString:
    return _html('<div class="ws-text">{}</div>', _parts(space.parts, pen, space))


def _number_line(space: Space, pen: _Pen, number: str) -> SafeString:
    middle = 22
    marks = []
    for tick in space.ticks:
        x = f"{LINE_MARGIN + tick.share * LINE_LENGTH:.1f}"
        half = 9 if tick.words else 5
        marks.append(
            _html('<line x1="{}" y1="{}" x2="{}" y2="{}"/>', x, middle - half, x, middle + half)
            + (_html('<text x="{}" y="{}">{}</text>', x, middle + 28, tick.words) if tick.words else SafeString(""))
        )
    drawn = _html(
        '<svg class="ws-numberline" viewBox="0 0 {} {}" aria-hidden="true"><line x1="{}" y1="{}" x2="{}" y2="{}"/>{}</svg>',
        LINE_LENGTH + 2 * LINE_MARGIN,
        LINE_HEIGHT,
        LINE_MARGIN / 2,
        middle,
        LINE_LENGTH + 1.5 * LINE_MARGIN,
        middle,
        _join(marks),
    )
    return _html('<div class="ws-onaline">{}{}</div>', drawn, _blank(6))


# --- pictures ---------------------------------------------------------------------------------------------------------


def _picture(
    picture: Picture | None,
    pen: _Pen,
    shapes: Sequence[Mark] = (),
    *,
    ticks: Sequence[Tick] = (),
    down: Sequence[Tick] = (),
) -> SafeString:
    """Return a picture with its places outlined and signed, and with a scale along its edges where a place is to be told."""
    if picture is None:
        return SafeString("")
    if not picture.width or not picture.height:
        # Without a size nothing can be drawn at its place; the picture itself is better than none.
        return _html(
            '<p class="ws-picture"><img src="{}" alt="{}"></p>', pen.address(picture.source), picture.alternative
        )
    unit = max(picture.width, picture.height) / PICTURE_SCALE
    edge = 26 * unit if ticks else 1.5 * unit
    # A small picture is drawn larger: a finger finds on a screen what a pencil cannot on paper.
    larger = max(1.0, LEAST_PICTURE / max(picture.width, picture.height))
    view = [-edge, -edge, picture.width + edge + 1.5 * unit, picture.height + edge + 1.5 * unit]
    return _html(
        '<svg class="ws-picture" viewBox="{}" role="img" aria-label="{}"{}>'
        '<image href="{}" width="{}" height="{}" preserveAspectRatio="none"/>{}{}</svg>',
        " ".join(f"{number}" for number in view),
        picture.alternative,
        _html(' width="{}" height="{}"', view[2] * larger, view[3] * larger),
        pen.address(picture.source),
        picture.width,
        picture.height,
        _scale(picture, unit, ticks, down),
        _join([_shape(mark, picture, unit) for mark in shapes]),
    )


def _scale(picture: Picture, unit: float, ticks: Sequence[Tick], down: Sequence[Tick]) -> SafeString:
    """Return the numbers along the upper and the left edge, and the picture's frame."""
    pieces = [
        _html(
            '<rect class="ws-frame" width="{}" height="{}" stroke-width="{}"/>',
            picture.width,
            picture.height,
            unit,
        )
    ]
    for tick in ticks:
        x = tick.share * picture.width
        pieces.append(
            _html(
                '<line class="ws-tick" x1="{x}" y1="0" x2="{x}" y2="{end}" stroke-width="{unit}"/>'
                '<text class="ws-scale" x="{x}" y="{y}" font-size="{size}">{words}</text>',
                x=x, end=-6 * unit, unit=unit, y=-9 * unit, size=10 * unit, words=tick.words,
            )
        )  # fmt: skip
    for tick in down:
        y = tick.share * picture.height
        pieces.append(
            _html(
                '<line class="ws-tick" x1="0" y1="{y}" x2="{end}" y2="{y}" stroke-width="{unit}"/>'
                '<text class="ws-scale ws-scale--down" x="{x}" y="{middle}" font-size="{size}">{words}</text>',
                y=y, end=-6 * unit, unit=unit, x=-8 * unit, middle=y + 3.5 * unit, size=10 * unit, words=tick.words,
            )
        )  # fmt: skip
    return _join(pieces) if ticks or down else SafeString("")


def _shape(mark: Mark, picture: Picture, unit: float) -> SafeString:
    outlines, (x, y) = _outline(mark, picture)
    # White below black: seen on a dark picture and on a light one.
    drawn = _join(
        [
            _html('<g class="{}" stroke-width="{}">{}</g>', css, width * unit, outlines)
            for css, width in (("ws-halo", 5), ("ws-outline", 2))
        ]
    )
    size = 11 * unit
    return _html(
        '{}<circle class="ws-disc" cx="{x}" cy="{y}" r="{size}" stroke-width="{line}"/>'
        '<text class="ws-disc-sign" x="{x}" y="{down}" font-size="{font}">{sign}</text>',
        drawn, x=x, y=y, size=size, line=1.5 * unit, down=y + 5 * unit, font=14 * unit, sign=mark.sign,
    )  # fmt: skip


def _outline(mark: Mark, picture: Picture) -> tuple[SafeString, tuple[float, float]]:
    """Return a hotspot's outline and its middle; QTI's coordinates are those of HTML's image maps."""
    at = mark.coordinates
    if mark.shape == "circle" and len(at) >= 3:
        return _html('<circle cx="{}" cy="{}" r="{}"/>', *at[:3]), (at[0], at[1])
    if mark.shape == "ellipse" and len(at) >= 4:
        return _html('<ellipse cx="{}" cy="{}" rx="{}" ry="{}"/>', *at[:4]), (at[0], at[1])
    if mark.shape == "poly" and len(at) >= 6:
        points = list(zip(at[::2], at[1::2], strict=False))
        middle = (sum(x for x, _y in points) / len(points), sum(y for _x, y in points) / len(points))
        return _html('<polygon points="{}"/>', " ".join(f"{x},{y}" for x, y in points)), middle
    left, top, right, bottom = at[:4] if len(at) >= 4 else (0.0, 0.0, picture.width, picture.height)
    drawn = _html(
        '<rect x="{}" y="{}" width="{}" height="{}"/>',
        min(left, right), min(top, bottom), abs(right - left), abs(bottom - top),
    )  # fmt: skip
    return drawn, ((left + right) / 2, (top + bottom) / 2)


def _signs(marks: Sequence[Mark], box: SafeString) -> SafeString:
    rows = [_html('<li>{}<b class="ws-sign">{}</b></li>', box, mark.sign) for mark in marks]
    return _html('<ul class="ws-signs">{}</ul>', _join(rows))


def _picture_ticks(space: Space, pen: _Pen, number: str) -> SafeString:
    return _picture(space.picture, pen, space.marks) + _signs(space.marks, _box(is_round=space.is_one))


def _picture_numbers(space: Space, pen: _Pen, number: str) -> SafeString:
    return _picture(space.picture, pen, space.marks) + _signs(space.marks, _number_box())


def _picture_pairs(space: Space, pen: _Pen, number: str) -> SafeString:
    return _picture(space.picture, pen, space.marks) + _pair_lines(space)


def _picture_bank(space: Space, pen: _Pen, number: str) -> SafeString:
    lines = [_html('<li><b class="ws-sign">{}</b>{}</li>', place.sign, _blank(4)) for place in space.places]
    return _html(
        '{}{}<ul class="ws-signs">{}</ul>',
        _bank_of(space.marks, pen),
        _picture(space.picture, pen, space.places),
        _join(lines),
    )


def _cross(space: Space, pen: _Pen, number: str) -> SafeString:
    return _picture(space.picture, pen, ticks=space.ticks, down=space.ticks_down)


def _place(space: Space, pen: _Pen, number: str) -> SafeString:
    things = _join([_small_picture(mark.picture, pen) for mark in space.marks if mark.picture])
    thing = _html('<p class="ws-things">{}</p>', things) if things else SafeString("")
    return thing + _picture(space.picture, pen, ticks=space.ticks, down=space.ticks_down)


def _frame(space: Space, pen: _Pen, number: str) -> SafeString:
    if space.picture is not None:
        return _picture(space.picture, pen)
    return SafeString('<div class="ws-empty"></div>')


def _told(space: Space, pen: _Pen, number: str) -> SafeString:
    return _parts(space.parts, pen)


_DRAWN: dict[str, Callable[[Space, _Pen, str], SafeString]] = {
    "tick": _ticks,
    "circle": _circle,
    "blank": _blank_space,
    "lines": _lines,
    "number": _numbers,
    "columns": _columns,
    "grid": _grid,
    "pairs": _pairs,
    "bank": _bank,
    "underline": _underline,
    "number-line": _number_line,
    "picture-ticks": _picture_ticks,
    "picture-numbers": _picture_numbers,
    "picture-pairs": _picture_pairs,
    "picture-bank": _picture_bank,
    "cross": _cross,
    "place": _place,
    "frame": _frame,
    "listen": _told,
    "device": _told,
}
