"""Places on a picture as SVG over it: outlines, signs and a scale, with their geometry in attributes."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from headway.core.items.face import Option, Picture

# A sign is so wide that it can be read on a phone, where the picture fills the screen.
_SIGN_SHARE = 24
_SMALLEST_SIGN = 8.0
_SCALE_STEPS = 8


def letter(place: int) -> str:
    """Return the letter of a place, from 0: A, B, ... Z, A1, B1, ..."""
    return chr(ord("A") + place % 26) + (str(place // 26) if place >= 26 else "")


def size_of(picture: Picture) -> tuple[float, float]:
    """Return a picture's width and height in its own units, (0, 0) where the document does not say."""
    return (picture.width, picture.height) if picture.width and picture.height else (0.0, 0.0)


def marks(picture: Picture, places: Sequence[Option], signs: Sequence[str]) -> SafeString:
    """Return the outlines of places, each with its sign."""
    width, height = size_of(picture)
    radius = max(_SMALLEST_SIGN, (width or 400) / _SIGN_SHARE)
    drawn = format_html_join(
        "",
        '<g class="spot__area" data-key="{}">{}<g class="spot__sign"><circle cx="{}" cy="{}" r="{}"/>'
        '<text x="{}" y="{}" font-size="{}" text-anchor="middle" dominant-baseline="central">{}</text></g></g>',
        (
            (
                one.key,
                outline(one, width, height),
                *(_g(part) for part in (*middle(one, width, height), radius)),
                *(_g(part) for part in (*middle(one, width, height), radius * 1.15)),
                sign,
            )
            for one, sign in zip(places, signs, strict=True)
        ),
    )
    return svg(picture, drawn)


def svg(picture: Picture, inside: SafeString, css: str = "qpic__marks") -> SafeString:
    """Return a layer over a picture in the picture's own units."""
    width, height = size_of(picture)
    box = format_html(' viewBox="0 0 {} {}"', _g(width), _g(height)) if width else ""
    return format_html(
        '<svg class="{}"{} preserveAspectRatio="none" aria-hidden="true" focusable="false">{}</svg>', css, box, inside
    )


def outline(place: Option, width: float, height: float) -> SafeString:
    """Return a place's shape; one that cannot be drawn is the whole picture, as QTI's “default” is."""
    at = place.coordinates
    if place.shape == "circle" and len(at) >= 3:
        return format_html('<circle cx="{}" cy="{}" r="{}"/>', *map(_g, at[:3]))
    if place.shape == "ellipse" and len(at) >= 4:
        return format_html('<ellipse cx="{}" cy="{}" rx="{}" ry="{}"/>', *map(_g, at[:4]))
    if place.shape == "rect" and len(at) >= 4:
        left, right, top, bottom = min(at[0], at[2]), max(at[0], at[2]), min(at[1], at[3]), max(at[1], at[3])
        return format_html(
            '<rect x="{}" y="{}" width="{}" height="{}"/>', *map(_g, (left, top, right - left, bottom - top))
        )
    if place.shape == "poly" and len(at) >= 6:
        pairs = zip(at[::2], at[1::2], strict=False)
        return format_html('<polygon points="{}"/>', " ".join(f"{_g(x)},{_g(y)}" for x, y in pairs))
    return format_html('<rect x="0" y="0" width="{}" height="{}"/>', _g(width), _g(height))


def middle(place: Option, width: float, height: float) -> tuple[float, float]:
    """Return where a place's sign stands."""
    at = place.coordinates
    if place.shape in ("circle", "ellipse") and len(at) >= 3:
        return at[0], at[1]
    if place.shape == "rect" and len(at) >= 4:
        return (at[0] + at[2]) / 2, (at[1] + at[3]) / 2
    if place.shape == "poly" and len(at) >= 6:
        xs, ys = at[::2], at[1::2]
        return sum(xs) / len(xs), sum(ys) / len(ys)
    return width / 2, height / 2


def scale(picture: Picture) -> SafeString:
    """Return numbers along two edges, so that a point can be told without pointing."""
    width, height = size_of(picture)
    if not width:
        return SafeString("")
    size = max(_SMALLEST_SIGN, width / 40)
    step = _nice(max(width, height) / _SCALE_STEPS)
    across = [step * count for count in range(1, int(width // step) + 1) if step * count < width - size]
    down = [step * count for count in range(1, int(height // step) + 1) if step * count < height - size]
    lines = format_html_join(
        "",
        '<line x1="{0}" y1="0" x2="{0}" y2="{1}"/><text x="{0}" y="{2}" font-size="{3}" text-anchor="middle">{4}</text>',
        ((_g(x), _g(height), _g(size), _g(size), _g(x)) for x in across),
    ) + format_html_join(
        "",
        '<line x1="0" y1="{0}" x2="{1}" y2="{0}"/><text x="{2}" y="{0}" font-size="{3}" dominant-baseline="central">{4}</text>',
        ((_g(y), _g(width), _g(size / 4), _g(size), _g(y)) for y in down),
    )
    return svg(picture, lines, "qpic__scale")


def _nice(step: float) -> float:
    """Return the step rounded up to 1, 2 or 5 times a power of ten."""
    power = 1.0
    while power * 10 <= step:
        power *= 10
    return next(power * times for times in (1, 2, 5, 10) if power * times >= step)


def _g(number: float) -> str:
    return f"{number:.6g}"
