"""What the states of mastery are called: as the reader's school calls them, else as Headway does.

Pages write a state by its name, in a template or in Python, and nobody hands a school around: the request that is being
answered knows its reader, and the reader's school is asked once for each request and language, when a state is first
written. Where nothing is being answered (a command, a nightly job) Headway's own words are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from headway.records.standards import queries as standards

if TYPE_CHECKING:
    from headway.records.roster.models import Person

OUR_WORDS: Mapping[str, Any] = {
    "none": _("No evidence yet"),
    "starting": _("Starting"),
    "growing": _("Growing"),
    "secure": _("Secure"),
    "beyond": _("Beyond"),
    "recheck": _("Check again"),
}
# Said to families beside the word; in the order of a family's page.
OUR_MEANINGS: Mapping[str, Any] = {
    "beyond": _("Goes further than the goal of the class."),
    "secure": _("Does it alone, and well."),
    "growing": _("Manages it often. Still growing."),
    "recheck": _("Could do it before. We look at it again."),
    "starting": _("Has begun. Does it with help."),
    "none": _("We have not seen it yet. It starts now."),
}
_answered: ContextVar[HttpRequest | None] = ContextVar("answered", default=None)
_reader: ContextVar[Person | None] = ContextVar("reader", default=None)


class SchoolWordsMiddleware:
    """Let pages know whose request they answer, so that states are worded as the reader's school words them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _answered.set(request)
        try:
            return self.get_response(request)
        finally:
            _answered.reset(token)


def state_word(state: str) -> str:
    """Return what a state is called, in the reader's language; an unknown one as it is written."""
    own = _own_words().get(state, ("", ""))[0]
    return own or str(OUR_WORDS.get(state, state))


def state_meaning(state: str) -> str:
    """Return what a state means, in a sentence for families and in the reader's language."""
    own = _own_words().get(state, ("", ""))[1]
    return own or str(OUR_MEANINGS.get(state, ""))


def state_sentence(state: str) -> str:
    """Return what a family reads of a state: what it means, with the school's own word before it where there is one."""
    word = _own_words().get(state, ("", ""))[0]
    meaning = state_meaning(state)
    return f"{word}. {meaning}" if word else meaning


@contextmanager
def words_for(person: Person) -> Iterator[None]:
    """Word states as this person's school does meanwhile: a family, whoever opened its page, reads the words of the child's."""
    token = _reader.set(person)
    try:
        yield
    finally:
        _reader.reset(token)


def _own_words() -> Mapping[str, tuple[str, str]]:
    request = _answered.get()
    if request is None:
        return {}
    reader = _reader.get() or getattr(request, "user", None)
    if reader is None or not reader.is_authenticated:
        return {}
    key = (reader.pk, get_language() or "en")
    kept: dict[tuple[int, str], Mapping[str, tuple[str, str]]] | None = getattr(request, "_state_words", None)
    if kept is None:
        kept = {}
        request._state_words = kept  # type: ignore[attr-defined]
    if key not in kept:
        kept[key] = standards.state_words_for(reader, key[1])
    return kept[key]


_lazily: Any = lazy(state_word, str)
# Read when a page is written, so that each reader gets the words of their own school.
MASTERY_WORDS: Mapping[str, Any] = {state: _lazily(state) for state in OUR_WORDS}
