"""Words of a teacher's pages: levels of what was seen, languages, the strength of a piece."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import get_language_info, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from headway.web.shared.mastery_words import MASTERY_WORDS

SEEN_LEVELS = (
    (0, _("Not there yet")),
    (1, _("With help")),
    (2, _("Alone")),
    (3, _("In a new place")),
)
MARK_LEVELS = (
    (0, _("Not there yet")),
    (1, _("Partly there")),
    (2, _("There")),
    (3, _("Further than asked")),
)
JUDGEMENTS = tuple((state, MASTERY_WORDS[state]) for state in ("starting", "growing", "secure", "beyond"))
# What a teacher can say with one press why they judge so: key, words, icon.
READY_REASONS = (
    ("seen", _("Seen in class"), "eye"),
    ("explained", _("Explained it to me"), "message-circle"),
    ("notebook", _("Work in the notebook"), "notebook-pen"),
    ("talked", _("Talked it through"), "messages-square"),
)
# icons: eye message-circle notebook-pen messages-square
MORE_LANGUAGES = {
    "qu": pgettext_lazy("language", "Quechua"),
    "tw": pgettext_lazy("language", "Twi"),
    "ha": pgettext_lazy("language", "Hausa"),
    "nv": pgettext_lazy("language", "Navajo"),
    "so": pgettext_lazy("language", "Somali"),
    "ht": pgettext_lazy("language", "Haitian Creole"),
    "ti": pgettext_lazy("language", "Tigrinya"),
    "am": pgettext_lazy("language", "Amharic"),
    "tl": pgettext_lazy("language", "Tagalog"),
    "zh": pgettext_lazy("language", "Chinese"),
}
OFTEN_SPOKEN = ("en", "es", "ar", "am", "fr", "ht", "pt", "qu", "ru", "so", "sw", "ti", "tl", "uk", "vi", "zh")


def language_name(code: str) -> str:
    """Return a language's name in the reader's language."""
    if code in MORE_LANGUAGES:
        return str(MORE_LANGUAGES[code])
    try:
        name = get_language_info(code)["name_translated"]
    except KeyError:
        return code
    return str(name)


def languages_to_choose(also: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Return languages for a menu, by name."""
    codes = {*OFTEN_SPOKEN, *also}
    return sorted(((code, language_name(code)) for code in codes), key=lambda row: row[1])


def shift_words(shift: float) -> str:
    """Return in plain words what one piece did to the best guess."""
    size = abs(shift)
    if size < 0.03:
        return gettext("changes hardly anything")
    if shift > 0:
        if size < 0.15:
            return gettext("raises it a little")
        return gettext("raises it") if size < 0.5 else gettext("raises it a lot")
    if size < 0.15:
        return gettext("lowers it a little")
    return gettext("lowers it") if size < 0.5 else gettext("lowers it a lot")


def signed(number: float) -> str:
    """Return a number with its sign, as in a sum."""
    return f"{number:+.2f}".replace("-", "−")
