"""Sentences that core wrote, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.utils import formats
from django.utils.translation import get_language, get_language_info, gettext

from headway.web.shared.topics import topic_word

if TYPE_CHECKING:
    from headway.records.standards.queries import Named


class _Facts(dict[str, Any]):
    """Facts for a sentence; a missing one shows as its name instead of breaking the page."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def sentence(msgid: str, facts: Mapping[str, Any] | None = None) -> str:
    """Translate `msgid` and put the facts in; words inside facts that are marked for translation are translated too."""
    if not msgid:
        return ""
    words = gettext(msgid)
    if not facts:
        return words
    shown = {
        name: formats.localize(value, use_l10n=True) if isinstance(value, float) else value
        for name, value in facts.items()
    }
    return words.format_map(_Facts(shown))


def topics_in_words(tags: Iterable[str]) -> str:
    """Return topic or career tags as a list in the reader's language: "boats, music, maps".

    Commas only: "and" changes with the sound of the next word in Spanish (y, e).
    """
    return ", ".join(topic_word(tag) for tag in tags)


def facts_in_words(facts: Mapping[str, Any] | None, skills: Mapping[int, Named]) -> dict[str, Any]:
    """Return the planner's facts with the skill and the topics named in the reader's language."""
    shown = dict(facts or {})
    if "competency" in shown:
        skill = skills.get(shown["competency"])
        shown["skill"] = skill.short if skill else gettext("This skill")
    for name in ("topics", "careers"):
        if name in shown:
            shown[name] = topics_in_words(shown[name])
    if "languages" in shown:
        shown["languages"] = ", ".join(language_name(code) for code in shown["languages"])
    return shown


def language_name(code: str) -> str:
    """Return a language's name in the reader's language, as it stands inside a sentence (Spanish writes it small)."""
    try:
        name = str(get_language_info(code)["name_translated"])
    except KeyError:
        return code
    return name.lower() if get_language() == "es" else name


def planner_words(entry: Mapping[str, Any], skills: Mapping[int, Named]) -> str:
    """Return a stored reason, flag or shortfall (`sentence` and `facts`) in the reader's language."""
    return sentence(str(entry["sentence"]), facts_in_words(entry.get("facts"), skills))
