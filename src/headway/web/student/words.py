"""Words of a student's pages: who with, on what, why, and in which language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language_info, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from headway.core.planning import explain
from headway.web.shared.words import sentence, topics_in_words
from headway.web.templatetags.headway import BLOCK_KINDS

if TYPE_CHECKING:
    from headway.records.library.models import Resource
    from headway.records.standards.queries import Named
    from headway.web.shared.outlook import Outlook

WITH_ICONS = {"alone": "user", "pair": "users", "team": "users", "teacher": "users"}
SCREEN = {
    "no": (_("Paper"), "pencil-line"),
    "yes": (_("Screen"), "monitor"),
    "either": (_("Paper or screen"), "pencil-line"),
}
LEVELS = {"easier": _("with more help"), "harder": _("with more challenge")}
# icons: user users pencil-line monitor clock book-open book-text clapperboard headphones dices flask-conical
# icons: shapes circle-help target message-circle pen-line palette hammer map sun mic list-checks layers puzzle drama
# icons: footprints mirror-rectangular scan-search
RESOURCE_ICONS = {
    "reading": "book-open",
    "story": "book-text",
    "video-script": "clapperboard",
    "audio": "headphones",
    "game": "dices",
    "simulation": "flask-conical",
    "experiment": "flask-conical",
    "project": "shapes",
    "quiz": "circle-help",
    "practice": "target",
    "discussion": "message-circle",
    "writing": "pen-line",
    "drawing": "palette",
    "making": "hammer",
    "map": "map",
    "open-space": "sun",
    "debate": "mic",
    "interview": "mic",
    "worked-example": "list-checks",
    "flash-cards": "layers",
    "puzzle": "puzzle",
    "performance": "drama",
    "observation-walk": "footprints",
    "reflection": "mirror-rectangular",
    "critique": "scan-search",
}
# The same reasons as the teacher reads, said to the student.
TO_THE_STUDENT: Mapping[str, Any] = {
    explain.INTEREST: _("You like {topics}."),
    explain.CAREER: _("It fits what you hope to become: {careers}."),
    explain.CHOICE: _("This part of the week is yours to choose."),
    explain.LANGUAGE: _("The same work in the language you read best now."),
    explain.READ_TOGETHER: _("You read the text together with somebody."),
    explain.GROUP: _("You work on {skill} with the teacher and others who are at the same step."),
    explain.NO_EVIDENCE: _("{skill}: nobody has seen yet what you can do, and this will show it."),
    explain.READY_FOR_MORE: _("You have {skill} already, so this goes further."),
    explain.REVIEW_DUE: _("You did {skill} {days} days ago. A short look back keeps it."),
}


def with_words(with_whom: str, teacher: str) -> str:
    """Return who a student works with."""
    if with_whom == "teacher":
        return gettext("With {teacher}").format(teacher=teacher) if teacher else gettext("With the teacher")
    return {
        "alone": gettext("On your own"),
        "pair": gettext("With a partner"),
        "team": gettext("With your team"),
    }.get(with_whom, "")


def kind_title(kind: str, teacher: str) -> str:
    """Return what to call a block that has no title of its own."""
    if kind == "group":
        return gettext("Small group with {teacher}").format(teacher=teacher) if teacher else gettext("Small group")
    return str(BLOCK_KINDS[kind][1])


def reason_words(reason: Mapping[str, Any], skills: Mapping[int, Named]) -> str:
    """Return why a block is in the week, said to the student, in the reader's language."""
    facts = dict(reason.get("facts") or {})
    skill = skills.get(facts.get("competency", 0))
    facts["skill"] = skill.short if skill else gettext("This skill")
    for name in ("topics", "careers"):
        if name in facts:
            facts[name] = topics_in_words(facts[name])
    told = TO_THE_STUDENT.get(str(reason["sentence"]))
    return str(told).format(**facts) if told else sentence(str(reason["sentence"]), facts)


def sure_words(low: float, high: float) -> str:
    """Return in words how wide the likely range of a best guess is."""
    if high - low <= 0.2:
        return gettext("quite sure")
    return gettext("fairly sure") if high - low <= 0.4 else gettext("a first guess")


def next_words(outlook: Outlook | None) -> str:
    """Return what would move a skill, or that it is time for another look, said to the student; "" for nothing to say."""
    if outlook is None:
        return ""
    if outlook.is_due:
        return gettext("It has been a while. One question or a talk shows that it is still there.")
    if outlook.missing:
        return ngettext(
            "{count} more right answer on your own would make it secure.",
            "{count} more right answers on your own would make it secure.",
            outlook.missing,
        ).format(count=outlook.missing)
    if outlook.missing == 0 and outlook.is_due_soon:
        return gettext("A short look back in the next two weeks keeps it.")
    return ""


def language_name(code: str) -> str:
    """Return what the speakers of a language call it."""
    try:
        return str(get_language_info(code)["name_local"]).capitalize()
    except KeyError:
        return code


def door_words(resource: Resource, now: Resource) -> str:
    """Return how another door differs from the one that is open."""
    level = LEVELS.get(resource.level)
    if resource.language != now.language:
        name = language_name(resource.language)
        return gettext("{language}, {level}").format(language=name, level=level) if level else name
    if resource.level != now.level:
        if resource.level == "easier":
            return gettext("With more help")
        return gettext("With more challenge") if resource.level == "harder" else gettext("The usual way")
    return gettext("Another way")
