"""Words and pictures of what there is to learn with: kinds, ways in, access, and the band of a kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from headway.core.library.kinds import KINDS
from headway.records.library import stored
from headway.records.library.shelving import OWN
from headway.records.planning.shelf import kind_words

if TYPE_CHECKING:
    from headway.records.library.models import Resource

KIND_ICONS = {
    "reading": "book-open",
    "story": "book-text",
    "book": "book",
    "glossary": "book-a",
    "worked-example": "list-checks",
    "slides": "presentation",
    "video-script": "clapperboard",
    "video": "circle-play",
    "audio": "headphones",
    "music": "music",
    "picture": "image",
    "map": "map",
    "timeline": "chart-gantt",
    "data": "chart-column",
    "game": "dices",
    "puzzle": "puzzle",
    "sorting": "arrow-down-up",
    "labelling": "tags",
    "flash-cards": "layers",
    "quiz": "circle-help",
    "practice": "target",
    "worksheet": "file-text",
    "simulation": "flask-conical",
    "interactive": "mouse-pointer-click",
    "coding": "code",
    "experiment": "flask-round",
    "field-work": "tent-tree",
    "observation-walk": "footprints",
    "movement": "person-standing",
    "performance": "drama",
    "discussion": "message-circle",
    "debate": "scale",
    "interview": "mic",
    "peer-teaching": "users",
    "critique": "scan-search",
    "writing": "pen-line",
    "reflection": "mirror-rectangular",
    "drawing": "palette",
    "making": "hammer",
    "project": "shapes",
    "lesson": "notebook-text",
    "course": "library",
    "open-space": "sun",
}
# icons: book-open book-text book book-a list-checks presentation clapperboard circle-play headphones music image map
# icons: chart-gantt chart-column dices puzzle arrow-down-up tags layers circle-help target file-text flask-conical
# icons: mouse-pointer-click code flask-round tent-tree footprints person-standing drama message-circle scale mic users
# icons: scan-search pen-line mirror-rectangular palette hammer shapes notebook-text library sun
WAYS = {
    "read": (pgettext_lazy("way in", "Read"), "book-open"),
    "listen": (pgettext_lazy("way in", "Listen"), "headphones"),
    "watch": (pgettext_lazy("way in", "Watch"), "circle-play"),
    "talk": (pgettext_lazy("way in", "Talk"), "message-circle"),
    "write": (pgettext_lazy("way in", "Write"), "pen-line"),
    "make": (pgettext_lazy("way in", "Make"), "hammer"),
    "move": (pgettext_lazy("way in", "Move"), "footprints"),
    "explore": (pgettext_lazy("way in", "Explore"), "compass"),
    "solve": (pgettext_lazy("way in", "Solve"), "puzzle"),
}
# icons: compass headphones circle-play
# The band of a result is that of its first way in: a tint and an edge, always beside the icon and the word.
BANDS = {
    "read": "essential",
    "listen": "choice",
    "watch": "stretch",
    "talk": "group",
    "write": "project",
    "make": "paper",
    "move": "choice",
    "explore": "review",
    "solve": "review",
}
SCREENS = {
    "no": (_("Off screen"), "pencil-line"),
    "yes": (_("On screen"), "monitor"),
    "either": (_("Paper or screen"), "file-text"),
}
# icons: pencil-line monitor file-text
WITH = {
    "alone": (_("Alone"), "user"),
    "pair": (_("With a partner"), "users"),
    "team": (_("In a team"), "users-round"),
    "teacher": (_("With the teacher"), "users-round"),
}
# icons: user users users-round
# schema.org's accessibilityFeature in plain words.
ACCESS = {
    "alternativeText": _("Pictures are described"),
    "annotations": _("Notes in the text"),
    "audioDescription": _("What is seen is told aloud"),
    "bookmarks": _("Places can be marked"),
    "braille": _("Braille"),
    "captions": _("Captions"),
    "ChemML": _("Chemistry that a device can read"),
    "describedMath": _("Mathematics in words"),
    "displayTransformability": _("Text can be made larger"),
    "fullRubyAnnotations": _("Reading help above the signs"),
    "highContrastAudio": _("Speech stands out"),
    "highContrastDisplay": _("Strong contrast"),
    "index": _("Index"),
    "largePrint": _("Large print"),
    "latex": _("Mathematics as LaTeX"),
    "longDescription": _("Pictures are described at length"),
    "MathML": _("Mathematics that a device can read"),
    "openCaptions": _("Captions always shown"),
    "readingOrder": _("Reads in order"),
    "signLanguage": _("Sign language"),
    "structuralNavigation": _("Headings to move by"),
    "synchronizedAudioText": _("Text follows the voice"),
    "tableOfContents": _("Table of contents"),
    "tactileGraphic": _("Pictures to touch"),
    "tactileObject": _("Things to touch"),
    "timingControl": _("No hurry: time can be changed"),
    "transcript": _("Transcript"),
    "unlocked": _("Not locked"),
}


@dataclass(frozen=True, kw_only=True)
class Meta:
    """One short fact of a resource with its icon."""

    icon: str
    words: str


def ways_in(resource: Resource) -> list[str]:
    """Return the ways in of a resource: its own, else those that go without saying for its kind."""
    own = [way for way in resource.ways_in if way in WAYS]
    return own or list(KINDS[resource.kind].ways_in if resource.kind in KINDS else ("explore",))


def band(resource: Resource) -> str:
    """Return the name of the tint and edge of a resource."""
    return BANDS[ways_in(resource)[0]]


def kind_icon(resource: Resource) -> str:
    """Return the icon of what one does with a resource."""
    return KIND_ICONS.get(resource.kind, "target")


def source_words(key: str) -> str:
    """Return where something is from as people call it: without the number of the school that brought it in."""
    return gettext("Made at your school") if key == OWN else stored.source_words(key)


def grades_words(low: int, high: int) -> str:
    """Return a span of school grades in words; nothing where it says nothing."""
    if (low, high) == (0, 12):
        return ""
    if low == high:
        return gettext("Kindergarten") if low == 0 else gettext("Grade {grade}").format(grade=low)
    return gettext("Grades {low}–{high}").format(low=gettext("K") if low == 0 else low, high=high)


def access_words(features: Iterable[str]) -> list[str]:
    """Return accessibility features in words; one that nobody knows is shown as it is."""
    return [str(ACCESS.get(feature, feature)) for feature in features]


def meta_of(resource: Resource, language: str) -> list[Meta]:
    """Return the short facts that stand under a title: language, level, minutes, screen, how many features of access."""
    rows = [Meta(icon="languages", words=language)]
    if resource.reading_level:
        level = round(resource.reading_level)
        rows.append(Meta(icon="book-open", words=gettext("Reads at grade {level}").format(level=level)))
    elif grades_words(resource.grade_low, resource.grade_high):
        rows.append(Meta(icon="book-open", words=grades_words(resource.grade_low, resource.grade_high)))
    rows.append(Meta(icon="clock", words=gettext("{minutes} min").format(minutes=resource.minutes)))
    words, icon = SCREENS[resource.screen]
    rows.append(Meta(icon=icon, words=str(words)))
    features = set(resource.accessibility)
    if features & {"captions", "openCaptions"}:
        rows.append(Meta(icon="captions", words=gettext("captions")))
    if features & {"transcript", "synchronizedAudioText", "audioDescription"} or "listen" in ways_in(resource):
        rows.append(Meta(icon="volume-2", words=gettext("audio")))
    return rows


# icons: languages book-open clock captions volume-2


def card_of(resource: Resource, language: str) -> dict[str, Any]:
    """Return what a list shows of a resource; `language` is the name of its language for the reader."""
    return {
        "resource": resource,
        "icon": kind_icon(resource),
        "band": band(resource),
        "kind": str(kind_words()[resource.kind]),
        "meta": meta_of(resource, language),
    }
