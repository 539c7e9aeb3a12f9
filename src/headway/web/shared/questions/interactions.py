"""What the template of each kind of interaction needs to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from headway.core.items.face import Asked, Element, Gap, HotText, Option, Part
from headway.web.shared.questions import pictures, wording
from headway.web.shared.questions.at_hand import Drawing

Facts = dict[str, Any]
MOST_KEYS = 8
# So many empty rows are offered where any number may be given; script adds more.
_OPEN_ROWS = 3
_MOST_ROWS = 20
_LABELS = ("none", "decimal", "lower-alpha", "upper-alpha")


def _draw(drawing: Drawing, parts: Sequence[Part]) -> SafeString:
    return drawing.html(drawing, parts, None)


def _classes(asked: Asked) -> list[str]:
    return asked.settings.get("classes", "").split()


def _is_keyed(drawing: Drawing, asked: Asked) -> bool:
    """Tell whether 1 to 8 choose here: in the first interaction that has something to choose."""
    choosing = [one.number for one in drawing.face.asked if one.kind in ("choice", "hottext", "hotspot")]
    return drawing.has_keys and choosing[:1] == [asked.number]


def _sign(asked: Asked, place: int) -> str:
    """Return what stands before an option: its number, or what QTI's vocabulary asks for."""
    label = next(
        (one.removeprefix("qti-labels-") for one in _classes(asked) if one.startswith("qti-labels-")), "decimal"
    )
    if label == "none":
        return ""
    if label in ("lower-alpha", "upper-alpha"):
        sign = pictures.letter(place - 1)
        return sign.lower() if label == "lower-alpha" else sign
    return str(place)


def _option(drawing: Drawing, asked: Asked, option: Option, place: int) -> Facts:
    return {
        "key": option.key,
        "place": place,
        "sign": _sign(asked, place),
        "label": option.label or gettext("Place {number}").format(number=place),
        "html": _draw(drawing, option.parts),
        "is_chosen": option.key in asked.chosen,
        "data_n": place if place <= MOST_KEYS and _is_keyed(drawing, asked) else 0,
        "most": option.most,
    }


def _options(drawing: Drawing, asked: Asked) -> list[Facts]:
    return [_option(drawing, asked, one, place) for place, one in enumerate(asked.options, 1)]


def _input_kind(asked: Asked) -> str:
    return "radio" if asked.most == 1 else "checkbox"


def choice(drawing: Drawing, asked: Asked) -> Facts:
    """Return what a choice needs: its options, and whether one or several may be chosen."""
    return {
        "options": _options(drawing, asked),
        "input": _input_kind(asked),
        "is_across": asked.settings.get("orientation") == "horizontal",
    }


def inline_choice(drawing: Drawing, asked: Asked) -> Facts:
    """Return what a choice within a line needs."""
    return {
        "options": [
            {"key": one.key, "label": one.label, "is_chosen": one.key in asked.chosen} for one in asked.options
        ],
        "label": wording.field_label(asked, of=len(drawing.face.asked)),
    }


def text_entry(drawing: Drawing, asked: Asked) -> Facts:
    """Return what a field within a line needs."""
    length = int(asked.settings.get("expected-length", "0"))
    return {
        "value": "".join(asked.chosen[:1]),
        "label": wording.field_label(asked, of=len(drawing.face.asked)),
        "size": max(3, min(length or 12, 40)),
    }


def field(drawing: Drawing, asked: Asked) -> Facts:
    """Return what a field in a paragraph of its own needs; its label is seen."""
    alone = len(drawing.face.asked) == 1
    return text_entry(drawing, asked) | {
        "label": wording.answer_label(asked) if alone else wording.field_label(asked, of=2),
        "after": asked.settings.get("after", ""),
    }


def extended_text(_drawing: Drawing, asked: Asked) -> Facts:
    """Return what a long answer needs: how many texts, and how many lines."""
    count = 1
    if asked.cardinality in ("multiple", "ordered"):
        wanted = int(asked.settings.get("most-strings", "0")) or int(asked.settings.get("least-strings", "0"))
        count = min(_MOST_ROWS, max(wanted or _OPEN_ROWS, len(asked.chosen)))
    lines = int(asked.settings.get("expected-lines", "0")) or next(
        (
            int(one.rsplit("-", 1)[1])
            for one in _classes(asked)
            if one.startswith("qti-height-lines-") and one[-1].isdecimal()
        ),
        0,
    )
    length = int(asked.settings.get("expected-length", "0"))
    values = [*asked.chosen, *[""] * (count - len(asked.chosen))]
    return {
        "values": [
            {"place": place, "text": text, "id": f"text-{place}"} for place, text in enumerate(values[:count], 1)
        ],
        "rows": max(2, min(lines or -(-length // 60) or (5 if count == 1 else 2), 30)),
        "label": wording.answer_label(asked),
        "is_plain": asked.settings.get("format") == "preformatted",
        "counts": "up"
        if "qti-counter-up" in _classes(asked)
        else "down"
        if "qti-counter-down" in _classes(asked)
        else "",
        "expected": length,
    }


def _ranks(asked: Asked) -> Mapping[str, int]:
    return {key: rank for rank, key in enumerate(asked.chosen, 1)}


def order(drawing: Drawing, asked: Asked) -> Facts:
    """Return what an order needs: its rows with their ranks. Where not all have to be placed, nothing is sorted by script."""
    ranks = _ranks(asked)
    count = min(asked.most or len(asked.options), len(asked.options))
    return {
        "options": [
            one | {"rank": ranks.get(str(one["key"]), 0), "id": f"row-{one['place']}"}
            for one in _options(drawing, asked)
        ],
        "ranks": list(range(1, count + 1)),
        "is_sorted": count == len(asked.options) and not asked.least,
        "is_across": asked.settings.get("orientation") == "horizontal",
    }


def _pairs(asked: Asked) -> dict[str, list[str]]:
    """Return what each first key was paired with."""
    found: dict[str, list[str]] = {}
    for value in asked.chosen:
        first, _space, second = value.partition(" ")
        found.setdefault(first, []).append(second)
    return found


def _is_rich(options: Sequence[Option]) -> bool:
    """Tell whether an option is more than the words that a list to choose from can show."""
    return any(
        one.picture is not None or any(isinstance(part, Element) and part.name != "br" for part in one.parts)
        for one in options
    )


def _tray(drawing: Drawing, options: Sequence[Option]) -> Facts:
    """Return the things that are put somewhere: seen, and named alike wherever they can be chosen."""
    is_rich = _is_rich(options)
    tray = []
    for place, one in enumerate(options, 1):
        label = one.label or gettext("Picture {number}").format(number=place)
        # Words alone would stand twice.
        is_numbered = is_rich and bool(one.picture is not None or not one.label)
        tray.append(
            {
                "key": one.key,
                "label": f"{place}. {label}" if is_numbered else label,
                "place": place if is_numbered else "",
                "html": _draw(drawing, one.parts) if one.parts else label,
                "most": one.most,
                "source": drawing.address(one.picture.source) if one.picture else "",
            }
        )
    return {"tray": tray, "is_rich": is_rich}


def match(drawing: Drawing, asked: Asked) -> Facts:
    """Return what a match needs: rows that each take one, or a table where they may take several."""
    pairs = _pairs(asked)
    is_table = "qti-match-tabular" in _classes(asked) or any(one.most != 1 for one in asked.options)
    rows = [
        {
            "key": one.key,
            "label": one.label,
            "html": _draw(drawing, one.parts),
            "id": f"row-{place}",
            "chosen": pairs.get(one.key, []),
            "input": "radio" if one.most == 1 else "checkbox",
        }
        for place, one in enumerate(asked.options, 1)
    ]
    return {"rows": rows, "is_table": is_table, **_tray(drawing, asked.targets)}


def associate(drawing: Drawing, asked: Asked) -> Facts:
    """Return what pairs need: rows of two fields each."""
    facts = _tray(drawing, asked.options)
    choices = [{"key": one["key"], "name": one["label"]} for one in facts["tray"]]
    return {"pairs": _pair_rows(asked), "choices": choices, **facts}


def _pair_rows(asked: Asked) -> list[Facts]:
    count = len(asked.options)
    possible = sum(one.most or count for one in asked.options) // 2
    wanted = asked.most or min(possible, max(_OPEN_ROWS, len(asked.chosen) + 1))
    chosen = [value.split(" ", 1) for value in asked.chosen if " " in value]
    return [
        {
            "place": place,
            "first": chosen[place - 1][0] if place <= len(chosen) else "",
            "second": chosen[place - 1][1] if place <= len(chosen) else "",
        }
        for place in range(1, min(_MOST_ROWS, max(1, wanted)) + 1)
    ]


def gap_match(drawing: Drawing, asked: Asked) -> Facts:
    """Return what a text with gaps needs."""
    return {"text": drawing.html(drawing, asked.parts, asked), **_tray(drawing, asked.options)}


def gap(drawing: Drawing, asked: Asked, gap: Gap) -> Facts:
    """Return what one gap needs."""
    keys = [one.key for one in asked.targets]
    number = keys.index(gap.key) + 1 if gap.key in keys else 1
    chosen = {place: key for key, places in _pairs(asked).items() for place in places}
    return {
        "gap": gap.key,
        "label": gap.label or gettext("Gap {number}").format(number=number),
        "chosen": chosen.get(gap.key, ""),
        **_tray(drawing, asked.options),
    }


def hottext(drawing: Drawing, asked: Asked) -> Facts:
    """Return what a text with pieces to choose needs."""
    return {"text": drawing.html(drawing, asked.parts, asked), "input": _input_kind(asked)}


def hot(drawing: Drawing, asked: Asked, piece: HotText, place: int = 0) -> Facts:
    """Return what one piece to choose needs."""
    keys = [one.key for one in asked.options]
    number = place or (keys.index(piece.key) + 1 if piece.key in keys else 1)
    return {
        "key": piece.key,
        "html": _draw(drawing, piece.parts),
        "place": number,
        "input": _input_kind(asked),
        "is_chosen": piece.key in asked.chosen,
        "data_n": number if number <= MOST_KEYS and _is_keyed(drawing, asked) else 0,
    }


def slider(_drawing: Drawing, asked: Asked) -> Facts:
    """Return what a slider needs."""
    settings = asked.settings
    return {
        "value": "".join(asked.chosen[:1]),
        "lower": settings["lower"],
        "upper": settings["upper"],
        "step": settings["step"],
        "label": wording.answer_label(asked),
        "is_reverse": settings.get("reverse") == "true",
        "is_down": settings.get("orientation") == "vertical",
    }


def _picture(drawing: Drawing, asked: Asked, places: Sequence[Option], signs: Sequence[str]) -> Facts:
    picture = asked.picture
    if picture is None:
        return {"picture": None}
    return {
        "picture": picture,
        "source": drawing.address(picture.source),
        "is_unsized": pictures.size_of(picture) == (0.0, 0.0),
        "marks": pictures.marks(picture, places, signs) if places else "",
        "scale": pictures.scale(picture),
    }


def hotspot(drawing: Drawing, asked: Asked) -> Facts:
    """Return what places to choose on a picture need."""
    options = _options(drawing, asked)
    return {
        "options": options,
        "input": _input_kind(asked),
        **_picture(drawing, asked, asked.options, [str(place) for place in range(1, len(options) + 1)]),
    }


def _lettered(options: Sequence[Option]) -> list[Facts]:
    return [
        {
            "key": one.key,
            "sign": pictures.letter(place),
            "label": one.label,
            "name": pictures.letter(place),
        }
        for place, one in enumerate(options)
    ]


def graphic_order(drawing: Drawing, asked: Asked) -> Facts:
    """Return what places in an order need."""
    ranks = _ranks(asked)
    places = _lettered(asked.options)
    count = min(asked.most or len(places), len(places))
    return {
        "places": [one | {"rank": ranks.get(str(one["key"]), 0)} for one in places],
        "ranks": list(range(1, count + 1)),
        **_picture(drawing, asked, asked.options, [str(one["sign"]) for one in places]),
    }


def graphic_associate(drawing: Drawing, asked: Asked) -> Facts:
    """Return what pairs of places need."""
    places = _lettered(asked.options)
    return {
        "places": places,
        "pairs": _pair_rows(asked),
        **_picture(drawing, asked, asked.options, [str(one["sign"]) for one in places]),
    }


def graphic_gap_match(drawing: Drawing, asked: Asked) -> Facts:
    """Return what things to put on places of a picture need."""
    places = _lettered(asked.targets)
    chosen: dict[str, list[str]] = {}
    for key, at in _pairs(asked).items():
        for place in at:
            chosen.setdefault(place, []).append(key)
    return {
        "places": [
            one | {"chosen": chosen.get(str(one["key"]), []), "is_one": target.most == 1}
            for one, target in zip(places, asked.targets, strict=True)
        ],
        **_tray(drawing, asked.options),
        **_picture(drawing, asked, asked.targets, [str(one["sign"]) for one in places]),
    }


def points(drawing: Drawing, asked: Asked) -> Facts:
    """Return what points on a picture need: a row of two numbers for each."""
    rows = asked.most or max(_OPEN_ROWS, len(asked.chosen) + 1)
    chosen = [value.split() for value in asked.chosen]
    chosen = [pair for pair in chosen if len(pair) == 2]
    thing = asked.options[0] if asked.options else None
    return {
        "points": [
            {
                "place": place,
                "x": chosen[place - 1][0] if place <= len(chosen) else "",
                "y": chosen[place - 1][1] if place <= len(chosen) else "",
            }
            for place in range(1, min(_MOST_ROWS, rows) + 1)
        ],
        "thing": thing.picture if thing else None,
        "thing_source": drawing.address(thing.picture.source) if thing and thing.picture else "",
        "is_open": not asked.most,
        **_picture(drawing, asked, (), ()),
    }


def upload(drawing: Drawing, asked: Asked) -> Facts:
    """Return what giving a file needs."""
    types = asked.settings.get("type", "")
    return {
        "accept": ",".join(one.strip(",;") for one in types.split()),
        "kinds": wording.file_kinds(types),
        "given": [{"token": token, "name": drawing.file_name(token)} for token in asked.chosen],
    }


def drawing(drawing: Drawing, asked: Asked) -> Facts:
    """Return what drawing on a picture needs."""
    return upload(drawing, asked) | {"accept": "image/png,image/jpeg"} | _picture(drawing, asked, (), ())


def media(drawing: Drawing, asked: Asked) -> Facts:
    """Return what a sound or a film needs."""
    return {
        "media": _draw(drawing, asked.parts),
        "least": int(asked.settings.get("least-plays", "0")),
        "most_plays": int(asked.settings.get("most-plays", "0")),
        "count": "".join(asked.chosen[:1]) or "0",
    }


def end_attempt(_drawing: Drawing, asked: Asked) -> Facts:
    """Return what a button needs that ends the attempt."""
    return {"label": asked.label or gettext("Go on")}


def custom(drawing: Drawing, asked: Asked) -> Facts:
    """Return what an interaction needs that brings its own program: the frame it runs in, or its bare markup."""
    has_frame = drawing.frame is not None and asked.kind == "portable-custom" and not drawing.is_closed
    return {
        "markup": _draw(drawing, asked.parts),
        "frame": drawing.frame(asked.name) if has_frame and drawing.frame else "",
        "title": asked.label or drawing.face.title or gettext("A part of the question"),
        "is_portable": asked.kind == "portable-custom",
    }


FACTS: Mapping[str, Callable[[Drawing, Asked], Facts]] = {
    "choice": choice,
    "inline-choice": inline_choice,
    "text-entry": text_entry,
    "extended-text": extended_text,
    "order": order,
    "match": match,
    "associate": associate,
    "gap-match": gap_match,
    "hottext": hottext,
    "slider": slider,
    "hotspot": hotspot,
    "select-point": points,
    "position-object": points,
    "graphic-order": graphic_order,
    "graphic-associate": graphic_associate,
    "graphic-gap-match": graphic_gap_match,
    "upload": upload,
    "drawing": drawing,
    "media": media,
    "end-attempt": end_attempt,
    "portable-custom": custom,
    "custom": custom,
}
# Kinds that look like another one.
TEMPLATES = {"position-object": "select_point", "custom": "portable_custom"}
