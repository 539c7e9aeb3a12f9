"""What is said about an interaction, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext, ngettext

from headway.core.items.face import Asked


def told(asked: Asked) -> str:
    """Return what to do with an interaction, "" where it says that itself."""
    match asked.kind:
        case "choice" | "hotspot":
            return _counted(
                asked,
                one=gettext("Choose one answer"),
                all_of_them=gettext("Choose every answer that is right"),
            )
        case "hottext":
            return _counted(
                asked,
                one=gettext("Choose one part of the text"),
                all_of_them=gettext("Choose every part that is right"),
            )
        case "order":
            return gettext("Put these in order: 1 comes first")
        case "match":
            return gettext("Find what goes together")
        case "associate" | "graphic-associate":
            if asked.most:
                return ngettext("Make {count} pair", "Make up to {count} pairs", asked.most).format(count=asked.most)
            return gettext("Make pairs")
        case "gap-match":
            return gettext("Fill the gaps")
        case "graphic-gap-match":
            return gettext("Put each one in its place")
        case "graphic-order":
            if asked.most and asked.most < len(asked.options):
                return ngettext(
                    "Choose {count} place", "Choose {count} places in order: 1 comes first", asked.most
                ).format(count=asked.most)
            return gettext("Put the places in order: 1 comes first")
        case "select-point" | "position-object":
            return _pointed(asked)
    return ""


def _counted(asked: Asked, *, one: str, all_of_them: str) -> str:
    if asked.most == 1:
        return one
    if asked.most and asked.most == asked.least:
        return ngettext("Choose {count}", "Choose {count}", asked.most).format(count=asked.most)
    if asked.most:
        return ngettext("Choose up to {count}", "Choose up to {count}", asked.most).format(count=asked.most)
    return all_of_them


def _pointed(asked: Asked) -> str:
    if asked.kind == "position-object":
        if asked.most == 1:
            return gettext("Put it on the picture")
        return gettext("Put them on the picture")
    if asked.most == 1:
        return gettext("Mark one point on the picture")
    if asked.most:
        return ngettext(
            "Mark up to {count} point on the picture", "Mark up to {count} points on the picture", asked.most
        ).format(count=asked.most)
    return gettext("Mark points on the picture")


def field_label(asked: Asked, *, of: int) -> str:
    """Return the name of a field within a text, of so many interactions in the question."""
    if asked.label:
        return asked.label
    if of > 1:
        return gettext("Gap {number}").format(number=asked.number)
    return answer_label(asked)


def answer_label(asked: Asked) -> str:
    """Return the name of a question's one field."""
    if asked.label:
        return asked.label
    if after := asked.settings.get("after"):
        return gettext("Your answer, in {unit}").format(unit=after)
    if asked.base_type in ("integer", "float"):
        return gettext("Your answer, a number")
    if asked.kind == "extended-text":
        return gettext("Your answer, in your own words")
    return gettext("Your answer")


def file_kinds(media_types: str) -> str:
    """Return which files may be given, for people: "PNG, JPEG"."""
    known = {
        "image/*": gettext("a picture"),
        "audio/*": gettext("a sound"),
        "video/*": gettext("a film"),
        "application/pdf": "PDF",
        "text/plain": gettext("plain text"),
    }
    names = [
        known.get(one.strip(",; "), one.strip(",; ").rsplit("/", 1)[-1].split("+")[0].upper()[:12])
        for one in media_types.split()
    ]
    return ", ".join(dict.fromkeys(name for name in names if name and name != "*"))


SUPPORT_WORDS = {
    "glossary-on-screen": "word",
    "keyword-translation": "translation",
    "sign-language": "sign",
    "linguistic-guidance": "word",
    "simplified-language-portions": "simple",
    "simplified-graphics": "simple",
    "item-translation": "translation",
    "transcript": "transcript",
    "high-contrast": "picture",
    "long-description": "picture",
}


def card_word(support: str) -> str:
    """Return what a card of support is called, "" for one that is not for reading on a screen."""
    return {
        "word": gettext("What this means"),
        "translation": gettext("In another language"),
        "sign": gettext("In sign language"),
        "simple": gettext("Said more simply"),
        "transcript": gettext("What is said, in writing"),
        "picture": gettext("What the picture shows"),
    }.get(SUPPORT_WORDS.get(support.removeprefix("ext:"), ""), "")
