"""Topic and career tags in the reader's language. Tags are short English words in the data; here they get a voice."""

from __future__ import annotations

from django.utils.translation import pgettext


def topic_word(tag: str) -> str:
    """Return a tag in the reader's language, or as it is where nobody has translated it."""
    return pgettext("topic", tag)
