"""One question of every kind of interaction, made here: to be shown, printed, answered and marked in tests.

    for sample in GALLERY.values():
        parse_item(sample.document); sample.answer; sample.files

The pictures and the sound are drawn by code, so that no file of anybody else is needed.
"""

from __future__ import annotations

import io
import struct
import wave
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from headway.core.items.markup import QTI_3

Image = npt.NDArray[np.float64]
MATCH_CORRECT = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct.xml"
MAP_RESPONSE = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/map_response.xml"
MAP_POINT = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/map_response_point.xml"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A question: its kind of interaction, its document, one right answer, and the files it shows."""

    kind: str
    document: str
    answer: Mapping[str, list[str]]
    files: Mapping[str, bytes] = field(default_factory=dict)


# --- pictures and sound -----------------------------------------------------------------------------------------------


def png(image: Image) -> bytes:
    """Return a picture, height x width x 3 from 0 to 1, as a PNG file."""
    pixels = np.clip(np.rint(image * 255), 0, 255).astype(np.uint8)
    height, width, _channels = pixels.shape

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def _sheet(width: int, height: int, color: str) -> Image:
    return np.ones((height, width, 3)) * _rgb(color)


def _rgb(color: str) -> npt.NDArray[np.float64]:
    return np.array([int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)])


def _paint(image: Image, distance: npt.NDArray[np.float64], color: str) -> None:
    """Paint where the distance to a shape's edge is below 0; the edge is smooth."""
    share = np.clip(0.5 - distance, 0, 1)[:, :, None]
    image[:] = image * (1 - share) + _rgb(color) * share


def _grid(image: Image) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    down, across = np.mgrid[0 : image.shape[0], 0 : image.shape[1]]
    return across + 0.5, down + 0.5


def _oval(image: Image, x: float, y: float, across: float, down: float, color: str) -> None:
    xs, ys = _grid(image)
    _paint(image, (np.hypot((xs - x) / across, (ys - y) / down) - 1) * min(across, down), color)


def _box(image: Image, left: float, top: float, right: float, bottom: float, color: str) -> None:
    xs, ys = _grid(image)
    _paint(image, np.maximum(np.maximum(left - xs, xs - right), np.maximum(top - ys, ys - bottom)), color)


def _line(image: Image, x1: float, y1: float, x2: float, y2: float, half: float, color: str) -> None:
    xs, ys = _grid(image)
    along = np.clip(((xs - x1) * (x2 - x1) + (ys - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2), 0, 1)
    _paint(image, np.hypot(xs - x1 - along * (x2 - x1), ys - y1 - along * (y2 - y1)) - half, color)


def _garden() -> bytes:
    """Return a school garden from above, 480 by 320: pond, shed, two beds, an apple tree and a path."""
    image = _sheet(480, 320, "#DDE8C9")
    _line(image, 240, 320, 240, 190, 14, "#E9DCC0")
    _line(image, 240, 190, 110, 120, 14, "#E9DCC0")
    _line(image, 240, 190, 380, 110, 14, "#E9DCC0")
    _oval(image, 100, 100, 62, 44, "#6FA7BC")
    _oval(image, 88, 92, 34, 20, "#8FC0D0")
    _box(image, 330, 50, 430, 120, "#8A5A3C")
    _box(image, 336, 56, 424, 84, "#A8714E")
    _box(image, 50, 210, 180, 280, "#7B5B3E")
    for row in range(4):
        for plant in range(7):
            _oval(image, 62 + plant * 18, 222 + row * 15, 5, 5, "#5C9A4B")
    _box(image, 300, 210, 430, 280, "#7B5B3E")
    for plant in range(5):
        _oval(image, 318 + plant * 24, 245, 10, 16, "#C9563C")
        _oval(image, 318 + plant * 24, 228, 5, 8, "#5C9A4B")
    _box(image, 233, 60, 243, 100, "#7A5230")
    _oval(image, 238, 50, 38, 34, "#4E8C45")
    for x, y in ((222, 44), (246, 34), (254, 58), (234, 62)):
        _oval(image, x, y, 5, 5, "#C43B2B")
    return png(image)


def _scarecrow() -> bytes:
    """Return a small figure with a hat, 32 by 48."""
    image = _sheet(32, 48, "#F7E7B4")
    _line(image, 16, 18, 16, 46, 2, "#7A5230")
    _line(image, 4, 24, 28, 24, 2.5, "#7A5230")
    _box(image, 9, 20, 23, 36, "#3E6A8A")
    _oval(image, 16, 14, 6, 6, "#E3B98C")
    _box(image, 6, 8, 26, 11, "#8A5A3C")
    _box(image, 11, 2, 21, 9, "#8A5A3C")
    return png(image)


def _seed(color: str) -> bytes:
    """Return a seed packet, 48 by 48."""
    image = _sheet(48, 48, "#F4EBD6")
    _box(image, 6, 4, 42, 44, color)
    _oval(image, 24, 26, 10, 10, "#F4EBD6")
    return png(image)


def _sound() -> bytes:
    """Return a second of three rising tones, as a WAV file."""
    rate = 8000
    moments = np.arange(rate // 3) / rate
    fade = np.minimum(1, np.minimum(moments, moments[::-1]) * 60)
    tones = np.concatenate([np.sin(2 * np.pi * pitch * moments) * fade for pitch in (262, 330, 392)])
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes((tones * 12000).astype("<i2").tobytes())
    return file.getvalue()


GARDEN = {"pictures/garden.png": _garden()}
GARDEN_PICTURE = '<img src="pictures/garden.png" width="480" height="320" alt="A school garden from above: a pond, an apple tree, a shed, and two beds."/>'
PACKETS = {
    "pictures/beans.png": _seed("#4E8C45"),
    "pictures/carrots.png": _seed("#D9792B"),
    "pictures/tomatoes.png": _seed("#C43B2B"),
}
# Where things are in the garden: identifier, shape, coordinates, what it is called.
PLACES = (
    ("POND", "ellipse", "100,100,62,44", "the pond"),
    ("TREE", "circle", "238,54,40", "the apple tree"),
    ("SHED", "rect", "330,50,430,120", "the shed"),
    ("GREENS", "rect", "50,210,180,280", "the bed with green leaves"),
    ("CARROTS", "poly", "300,210,430,210,430,280,300,280", "the bed with red roots"),
)


def _places(element: str, more: str = "") -> str:
    return "".join(
        f'<{element} identifier="{key}" shape="{shape}" coords="{coords}" hotspot-label="{label}"{more}/>'
        for key, shape, coords, label in PLACES
    )


# --- documents --------------------------------------------------------------------------------------------------------


def _declared(identifier: str, cardinality: str, base_type: str, right: list[str], more: str = "") -> str:
    values = "".join(f"<qti-value>{value}</qti-value>" for value in right)
    key = f"<qti-correct-response>{values}</qti-correct-response>" if right else ""
    return (
        f'<qti-response-declaration identifier="{identifier}" cardinality="{cardinality}" base-type="{base_type}">'
        f"{key}{more}</qti-response-declaration>"
    )


def _item(kind: str, title: str, declared: str, body: str, template: str = MATCH_CORRECT, more: str = "") -> str:
    rules = f'<qti-response-processing template="{template}"/>' if template else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<qti-assessment-item xmlns="{QTI_3}" identifier="gallery-{kind}" title="{title}" adaptive="false" '
        f'time-dependent="false" xml:lang="en">{declared}'
        '<qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float">'
        "<qti-default-value><qti-value>0</qti-value></qti-default-value></qti-outcome-declaration>"
        f"{more}<qti-item-body>{body}</qti-item-body>{rules}</qti-assessment-item>"
    )


def _sample(
    kind: str,
    title: str,
    body: str,
    *,
    cardinality: str = "single",
    base_type: str = "identifier",
    right: list[str],
    answer: list[str] | None = None,
    mapping: str = "",
    template: str = MATCH_CORRECT,
    files: Mapping[str, bytes] | None = None,
) -> Sample:
    return Sample(
        kind=kind,
        document=_item(kind, title, _declared("RESPONSE", cardinality, base_type, right, mapping), body, template),
        answer={"RESPONSE": right if answer is None else answer},
        files=files or {},
    )


def _pictured(kind: str, title: str, prompt: str, inside: str, attributes: str = "", **facts: object) -> Sample:
    body = (
        f'<qti-{kind}-interaction response-identifier="RESPONSE"{attributes}><qti-prompt>{prompt}</qti-prompt>'
        f"{GARDEN_PICTURE}{inside}</qti-{kind}-interaction>"
    )
    return _sample(kind, title, body, files=GARDEN, **facts)  # type: ignore[arg-type]


_EVERYDAY = (
    _sample(
        "choice",
        "Shadows",
        "<p>At noon a flagpole has a shadow of 2 meters. At four o’clock the shadow is 5 meters long.</p>"
        '<qti-choice-interaction response-identifier="RESPONSE" max-choices="1" shuffle="true">'
        "<qti-prompt>Why did the shadow grow?</qti-prompt>"
        '<qti-simple-choice identifier="LOWER">The sun is lower in the sky.</qti-simple-choice>'
        '<qti-simple-choice identifier="HOTTER">The air is warmer.</qti-simple-choice>'
        '<qti-simple-choice identifier="TALLER">The pole is taller.</qti-simple-choice>'
        '<qti-simple-choice identifier="NONE" fixed="true">None of these.</qti-simple-choice>'
        "</qti-choice-interaction>",
        right=["LOWER"],
    ),
    _sample(
        "inline-choice",
        "Their or there",
        '<p>The twins left <qti-inline-choice-interaction response-identifier="RESPONSE" shuffle="false">'
        '<qti-inline-choice identifier="THERE">there</qti-inline-choice>'
        '<qti-inline-choice identifier="THEIR">their</qti-inline-choice>'
        '<qti-inline-choice identifier="THEYRE">they’re</qti-inline-choice>'
        "</qti-inline-choice-interaction> boots by the door.</p>",
        right=["THEIR"],
    ),
    _sample(
        "text-entry",
        "Half of a half",
        '<p>Half of one half is <qti-text-entry-interaction response-identifier="RESPONSE" expected-length="6"/>.</p>',
        base_type="string",
        right=["1/4"],
    ),
    _sample(
        "extended-text",
        "A letter home",
        '<qti-extended-text-interaction response-identifier="RESPONSE" expected-lines="6">'
        "<qti-prompt>You have moved to a new town. Write three sentences to a friend at home.</qti-prompt>"
        "</qti-extended-text-interaction>",
        base_type="string",
        right=[],
        answer=["Dear Noor, the river is wide here. I miss our street. Come in June."],
        template="",
    ),
    _sample(
        "order",
        "From seed to bread",
        '<qti-order-interaction response-identifier="RESPONSE" shuffle="true">'
        "<qti-prompt>How does a grain become bread? Put the steps in order.</qti-prompt>"
        '<qti-simple-choice identifier="SOW">The farmer sows.</qti-simple-choice>'
        '<qti-simple-choice identifier="REAP">The wheat is reaped.</qti-simple-choice>'
        '<qti-simple-choice identifier="MILL">The grain is milled.</qti-simple-choice>'
        '<qti-simple-choice identifier="BAKE">The dough is baked.</qti-simple-choice>'
        "</qti-order-interaction>",
        cardinality="ordered",
        right=["SOW", "REAP", "MILL", "BAKE"],
    ),
    _sample(
        "match",
        "Young animals",
        '<qti-match-interaction response-identifier="RESPONSE" max-associations="3" shuffle="true">'
        "<qti-prompt>Which young one belongs to which animal?</qti-prompt><qti-simple-match-set>"
        '<qti-simple-associable-choice identifier="GOOSE" match-max="1">goose</qti-simple-associable-choice>'
        '<qti-simple-associable-choice identifier="SHEEP" match-max="1">sheep</qti-simple-associable-choice>'
        '<qti-simple-associable-choice identifier="HORSE" match-max="1">horse</qti-simple-associable-choice>'
        "</qti-simple-match-set><qti-simple-match-set>"
        '<qti-simple-associable-choice identifier="FOAL" match-max="1">foal</qti-simple-associable-choice>'
        '<qti-simple-associable-choice identifier="GOSLING" match-max="1">gosling</qti-simple-associable-choice>'
        '<qti-simple-associable-choice identifier="LAMB" match-max="1">lamb</qti-simple-associable-choice>'
        "</qti-simple-match-set></qti-match-interaction>",
        cardinality="multiple",
        base_type="directedPair",
        right=["GOOSE GOSLING", "SHEEP LAMB", "HORSE FOAL"],
    ),
    _sample(
        "associate",
        "Opposites",
        '<qti-associate-interaction response-identifier="RESPONSE" max-associations="2" shuffle="true">'
        "<qti-prompt>Make two pairs of opposites.</qti-prompt>"
        '<qti-simple-associable-choice identifier="EARLY" match-max="1">early</qti-simple-associable-choice>'
        '<qti-simple-associable-choice identifier="NARROW" match-max="1">narrow</qti-simple-associable-choice>'
        '<qti-simple-associable-choice identifier="LATE" match-max="1">late</qti-simple-associable-choice>'
        '<qti-simple-associable-choice identifier="WIDE" match-max="1">wide</qti-simple-associable-choice>'
        "</qti-associate-interaction>",
        cardinality="multiple",
        base_type="pair",
        right=["EARLY LATE", "NARROW WIDE"],
    ),
    _sample(
        "gap-match",
        "A rainy week",
        '<qti-gap-match-interaction response-identifier="RESPONSE" shuffle="true">'
        "<qti-prompt>Put the words where they belong.</qti-prompt>"
        '<qti-gap-text identifier="RAIN" match-max="1">rain</qti-gap-text>'
        '<qti-gap-text identifier="SUN" match-max="1">sun</qti-gap-text>'
        '<qti-gap-text identifier="SNOW" match-max="1">snow</qti-gap-text>'
        '<p>On Monday the <qti-gap identifier="G1"/> filled every bucket. By Friday the '
        '<qti-gap identifier="G2"/> had dried them again.</p>'
        "</qti-gap-match-interaction>",
        cardinality="multiple",
        base_type="directedPair",
        right=["RAIN G1", "SUN G2"],
    ),
    _sample(
        "hottext",
        "Find the verb",
        '<qti-hottext-interaction response-identifier="RESPONSE" max-choices="1">'
        "<qti-prompt>Choose the verb.</qti-prompt>"
        '<p>The <qti-hottext identifier="W1">small</qti-hottext> boat <qti-hottext identifier="W2">drifts</qti-hottext>'
        ' across the <qti-hottext identifier="W3">quiet</qti-hottext> <qti-hottext identifier="W4">lake</qti-hottext>.</p>'
        "</qti-hottext-interaction>",
        right=["W2"],
    ),
    _sample(
        "slider",
        "Water in a melon",
        '<qti-slider-interaction response-identifier="RESPONSE" lower-bound="0" upper-bound="100" step="10">'
        "<qti-prompt>About how many hundredths of a watermelon are water?</qti-prompt></qti-slider-interaction>",
        base_type="integer",
        right=["90"],
    ),
)

_PICTURED = (
    _pictured(
        "hotspot",
        "Where frogs live",
        "Where in this garden would you look for frogs?",
        _places("qti-hotspot-choice"),
        ' max-choices="1"',
        right=["POND"],
    ),
    _pictured(
        "select-point",
        "The door of the shed",
        "Point at the middle of the shed.",
        "",
        ' max-choices="1" min-choices="1"',
        base_type="point",
        right=["380 85"],
        mapping='<qti-area-mapping default-value="0"><qti-area-map-entry shape="rect" coords="330,50,430,120" mapped-value="1"/></qti-area-mapping>',
        template=MAP_POINT,
    ),
    _sample(
        "position-object",
        "A scarecrow",
        "<p>Birds eat the green leaves. Put the scarecrow in the middle of that bed.</p><qti-position-object-stage>"
        f'{GARDEN_PICTURE}<qti-position-object-interaction response-identifier="RESPONSE" max-choices="1">'
        '<img src="pictures/scarecrow.png" width="32" height="48" alt="a scarecrow"/>'
        "</qti-position-object-interaction></qti-position-object-stage>",
        base_type="point",
        right=["115 245"],
        mapping='<qti-area-mapping default-value="0"><qti-area-map-entry shape="circle" coords="115,245,35" mapped-value="1"/></qti-area-mapping>',
        template=MAP_POINT,
        files=GARDEN | {"pictures/scarecrow.png": _scarecrow()},
    ),
    _pictured(
        "graphic-order",
        "A walk around the garden",
        "You walk from the pond to the apple tree to the shed. Show the way.",
        _places("qti-hotspot-choice"),
        ' max-choices="3" min-choices="3"',
        cardinality="ordered",
        right=["POND", "TREE", "SHED"],
    ),
    _pictured(
        "graphic-associate",
        "Pipes for water",
        "Each bed needs water. Join both beds with the pond.",
        _places("qti-associable-hotspot", ' match-max="3"'),
        ' max-associations="3"',
        cardinality="multiple",
        base_type="pair",
        right=["POND GREENS", "POND CARROTS"],
    ),
    Sample(
        kind="graphic-gap-match",
        document=_item(
            "graphic-gap-match",
            "Seed packets",
            _declared("RESPONSE", "multiple", "directedPair", ["BEANS LEFT", "ROOTS RIGHT"]),
            '<qti-graphic-gap-match-interaction response-identifier="RESPONSE" max-associations="2">'
            "<qti-prompt>Which packet was sown in which bed?</qti-prompt>"
            f"{GARDEN_PICTURE}"
            '<qti-gap-img identifier="BEANS" match-max="1"><img src="pictures/beans.png" width="48" height="48" alt="green packet: beans"/></qti-gap-img>'
            '<qti-gap-img identifier="ROOTS" match-max="1"><img src="pictures/tomatoes.png" width="48" height="48" alt="red packet: red carrots"/></qti-gap-img>'
            '<qti-gap-img identifier="GOURDS" match-max="1"><img src="pictures/carrots.png" width="48" height="48" alt="orange packet: gourds"/></qti-gap-img>'
            '<qti-associable-hotspot identifier="LEFT" match-max="1" shape="rect" coords="50,210,180,280" hotspot-label="left bed"/>'
            '<qti-associable-hotspot identifier="RIGHT" match-max="1" shape="rect" coords="300,210,430,280" hotspot-label="right bed"/>'
            "</qti-graphic-gap-match-interaction>",
        ),
        answer={"RESPONSE": ["BEANS LEFT", "ROOTS RIGHT"]},
        files=GARDEN | PACKETS,
    ),
)

_OTHERS = (
    _sample(
        "upload",
        "A photo of your graph",
        '<qti-upload-interaction response-identifier="RESPONSE" type="image/png image/jpeg">'
        "<qti-prompt>Draw the graph on paper. Take a photo and give it here.</qti-prompt></qti-upload-interaction>",
        base_type="file",
        right=[],
        answer=["graph.png"],
        template="",
    ),
    _pictured(
        "drawing",
        "A fence",
        "Draw a fence around the pond.",
        "",
        base_type="file",
        right=[],
        answer=["fence.png"],
        template="",
    ),
    _sample(
        "media",
        "Three tones",
        '<qti-media-interaction response-identifier="RESPONSE" autostart="false" min-plays="1" max-plays="3">'
        "<qti-prompt>Listen to the three tones.</qti-prompt>"
        '<audio controls="true"><source src="sounds/tones.wav" type="audio/wav"/></audio></qti-media-interaction>',
        base_type="integer",
        right=[],
        answer=["1"],
        template="",
        files={"sounds/tones.wav": _sound()},
    ),
    _sample(
        "end-attempt",
        "Look first",
        "<p>Think of a number between 1 and 9. When you have one, go on.</p>"
        '<p><qti-end-attempt-interaction response-identifier="RESPONSE" title="I have a number"/></p>',
        base_type="boolean",
        right=["true"],
    ),
    _sample(
        "portable-custom",
        "Count the taps",
        '<qti-portable-custom-interaction response-identifier="RESPONSE" module="tap-counter" '
        'custom-interaction-type-identifier="urn:example:tap-counter" data-wanted="3">'
        '<qti-interaction-modules><qti-interaction-module id="tap-counter" primary-path="modules/tap-counter.js"/>'
        "</qti-interaction-modules><qti-interaction-markup><p>Tap three times.</p></qti-interaction-markup>"
        "</qti-portable-custom-interaction>",
        base_type="integer",
        right=["3"],
        files={
            "modules/tap-counter.js": (
                b"define(['qtiCustomInteractionContext'], function (context) {\n"
                b"  context.register({\n"
                b"    typeIdentifier: 'urn:example:tap-counter',\n"
                b"    getInstance: function (dom, configuration, state) {\n"
                b"      var count = state ? Number(state) : 0;\n"
                b"      var button = document.createElement('button');\n"
                b"      button.type = 'button';\n"
                b"      button.textContent = 'Tap';\n"
                b"      button.addEventListener('click', function () { count += 1; });\n"
                b"      dom.appendChild(button);\n"
                b"      var self = {\n"
                b"        typeIdentifier: 'urn:example:tap-counter',\n"
                b"        getResponse: function () { return { base: { integer: count } }; },\n"
                b"        getState: function () { return String(count); },\n"
                b"        oncompleted: function () {}\n"
                b"      };\n"
                b"      configuration.onready(self, configuration.state);\n"
                b"    }\n"
                b"  });\n"
                b"});\n"
            )
        },
    ),
    _sample(
        "custom",
        "A dial of another system",
        '<qti-custom-interaction response-identifier="RESPONSE"><p>Turn the dial to seven.</p></qti-custom-interaction>',
        base_type="string",
        right=["7"],
    ),
)

GALLERY: Mapping[str, Sample] = {sample.kind: sample for sample in (*_EVERYDAY, *_PICTURED, *_OTHERS)}
