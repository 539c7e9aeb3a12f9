"""Sentences that core wrote, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import formats
from django.utils.translation import gettext


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
