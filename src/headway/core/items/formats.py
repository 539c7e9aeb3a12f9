"""Other ways to answer the same question, where its document allows them: typed instead of chosen, chosen instead of typed.

What is typed for a choice becomes the option with the same words, so the question's own rules score it. What is none of the
options is no answer and costs nothing: words differ in ways that no rule foresees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from headway.core.items.binding import Response, same_words
from headway.core.items.document import Item
from headway.core.items.face import Asked, Element, Face, Option, Part
from headway.core.items.forms import Form, read_response
from headway.core.items.keys import asked_in, choices_of, guess_chance, kind_word
from headway.core.items.numbers import read_number
from headway.core.items.plain import read_plain
from headway.core.items.practising import AnswerFormat
from headway.core.items.session import is_marked_by_person
from headway.core.items.sitting import luck_of
from headway.core.shared.errors import RuleBroken, gettext_noop

LONGEST_TYPED: Final = 40  # signs; longer options are not typed again by anybody
LEAST_OPTIONS: Final = 3
WAY: Final = "way"  # the form's field that names the way
# What stands for an answer that is given away from the page, for whoever reads it.
ELSEWHERE: Final = {
    AnswerFormat.SAY: gettext_noop("I will say it out loud."),
    AnswerFormat.PAPER: gettext_noop("It is on paper."),
}
NOT_AMONG_THEM = gettext_noop(
    "That is none of the answers by its words, so it does not count. Say it another way, or choose among them."
)


def formats_of(item: Item) -> tuple[AnswerFormat, ...]:
    """Return the ways to answer a question, its own first; only one, or none, where the document leaves no choice.

    An answer that a person reads can be written, said, or given on paper.
    """
    kind = kind_word(item)
    if kind == "one_choice":
        is_short = len(typed_options(item)) >= LEAST_OPTIONS
        return (AnswerFormat.CHOOSE, AnswerFormat.WRITE) if is_short else (AnswerFormat.CHOOSE,)
    if kind == "short_text":
        has_options = len(options_to_choose(item, seed=0)) >= LEAST_OPTIONS
        return (AnswerFormat.WRITE, AnswerFormat.CHOOSE) if has_options else (AnswerFormat.WRITE,)
    if kind == "long_answer" and is_marked_by_person(item):
        return AnswerFormat.WRITE, AnswerFormat.SAY, AnswerFormat.PAPER
    return ()


def typed_options(item: Item) -> Mapping[str, str]:
    """Return the options of a choice by identifier, as they can be typed; none of them where one of them cannot be."""
    (only,) = asked_in(item)
    nodes = choices_of(only)
    texts = {one.get("identifier"): one.words for one in nodes}
    has_only_words = all(not any(True for _ in one.below("img", "object", "math:math", "audio")) for one in nodes)
    if not has_only_words or not all(0 < len(text) <= LONGEST_TYPED for text in texts.values()):
        return {}
    names = list(texts)
    is_told_apart = not any(
        _is_same(texts[one], texts[other]) for place, one in enumerate(names) for other in names[:place]
    )
    return texts if is_told_apart else {}


def read_typed(item: Item, typed: str) -> Response | None:
    """Return the answer to a choice that somebody typed, None where it is none of the options."""
    (only,) = asked_in(item)
    found = next((key for key, text in typed_options(item).items() if _is_same(typed, text)), None)
    return None if found is None else {only.response: [found]}


def asked_format(item: Item, form: Form, allowed: Iterable[AnswerFormat] = tuple(AnswerFormat)) -> AnswerFormat | None:
    """Return the way a form was answered in, where the question has several: the one it names, else the question's own."""
    formats = formats_of(item)
    kept = set(allowed)
    open_ways = [one for place, one in enumerate(formats) if place == 0 or one in kept]
    if len(open_ways) < 2:
        return None
    named = next(iter(form.get(WAY, ())), "")
    return next((one for one in open_ways if one == named), open_ways[0])


def read_answer(
    item: Item, form: Form, chosen: AnswerFormat | None, *, translate: Callable[[str], str] = str
) -> Response:
    """Return the answer that a form gives in a way; `translate` puts our words for it into the student's language. Raises RuleBroken where what was typed is none of the options."""
    response = read_response(item, form)
    if chosen is None or len(response) != 1:
        return response
    (name,) = response
    given = next(iter(form.get(name, ())), "").strip()
    if chosen is AnswerFormat.WRITE and kind_word(item) == "one_choice" and given:
        read = read_typed(item, given)
        if read is None:
            raise RuleBroken(NOT_AMONG_THEM)
        return read
    if chosen in ELSEWHERE:
        return {name: [f"{translate(ELSEWHERE[chosen])} {given}".strip()]}
    return response


def _is_same(typed: str, text: str) -> bool:
    if same_words(typed, text):
        return True
    one, other = read_number(typed), read_number(text)
    return one is not None and one == other


def options_to_choose(item: Item, *, seed: int) -> tuple[str, ...]:
    """Return what can be chosen in place of typing a short answer, in an order of the seed's: the answer, and what is known
    to be taken for it."""
    plain = read_plain(item)
    if plain is None or plain["kind"] != "short_text":
        return ()
    texts = [plain["accepted"][0], *(one["text"] for one in plain["foreseen"])]
    return tuple(sorted(texts, key=lambda text: luck_of(seed, item.identifier, text)))


def guess_chance_in(item: Item, chosen: AnswerFormat | None) -> float:
    """Return the chance to get a question right by guessing, answered in a way of its own or in another."""
    if chosen is AnswerFormat.WRITE and kind_word(item) == "one_choice":
        return 0.0
    if chosen is AnswerFormat.CHOOSE and kind_word(item) == "short_text":
        return 1 / max(1, len(options_to_choose(item, seed=0)))
    return guess_chance(item)


def face_in(item: Item, shown: Face, chosen: AnswerFormat, *, seed: int, typed: str = "") -> Face:
    """Return a question's face for another way to answer: a field in place of a choice's options, options in place of a field.

    The names of the fields stay. `typed` is what stands in the field already.
    """
    kind = kind_word(item)
    if chosen is AnswerFormat.WRITE and kind == "one_choice":
        return _with_other(shown, lambda asked: _as_field(asked, typed))
    if chosen is AnswerFormat.CHOOSE and kind == "short_text":
        options = options_to_choose(item, seed=seed)
        return _with_other(shown, lambda asked: _as_choice(asked, options))
    return shown


def _as_field(asked: Asked, typed: str) -> Asked:
    # A field of one line that takes the prompt with it, as the choice had it.
    return replace(
        asked,
        kind="extended-text",
        base_type="string",
        options=(),
        least=0,
        most=0,
        chosen=(typed,) if typed else (),
        settings={"expected-lines": "1"},
    )


def _as_choice(asked: Asked, texts: Sequence[str]) -> Asked:
    options = tuple(Option(key=text, label=text, parts=(text,)) for text in texts)
    return replace(asked, kind="choice", base_type="identifier", options=options, most=1, settings={})


def _with_other(shown: Face, change: Callable[[Asked], Asked]) -> Face:
    return replace(
        shown,
        parts=tuple(_changed(part, change) for part in shown.parts),
        asked=tuple(change(asked) for asked in shown.asked),
    )


def _changed(part: Part, change: Callable[[Asked], Asked]) -> Part:
    if isinstance(part, Asked):
        return change(part)
    if not isinstance(part, Element):
        return part
    parts = tuple(_changed(one, change) for one in part.parts)
    # A paragraph holds no options.
    has_asked = part.name == "p" and any(isinstance(one, Asked) for one in parts)
    return replace(part, name="div" if has_asked else part.name, parts=parts)
