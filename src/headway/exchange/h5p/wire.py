"""H5P packages as plain values: what h5p.json and content.json say, the words in them, and questions that can be asked here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from headway.core.shared.errors import gettext_noop
from headway.exchange.shared.arriving import (
    NEEDS_A_PICTURE,
    NO_KEY,
    NO_QUESTION,
    UNKNOWN_FORM,
    CannotBeAsked,
    ask_for_gaps,
    listed,
    proved,
)
from headway.exchange.shared.import_report import FileRefused
from headway.exchange.shared.markup import plain_text

Json = dict[str, Any]

HEAD, CONTENT = "h5p.json", "content/content.json"
NOT_AN_OBJECT = gettext_noop("{place} does not hold what H5P expects there: an object in JSON.")
MISSING = gettext_noop("h5p.json does not say “{field}”. Export the activity again where it was made.")
BAD_NAME = gettext_noop("h5p.json names the main library “{name}”, which is no name of an H5P library.")
NO_HEAD = gettext_noop("There is no h5p.json in the package, so it is no H5P activity.")
NO_CONTENT = gettext_noop(
    "There is no content/content.json in the package. Export the activity again where it was made."
)
DEEPEST = 60
LONGEST_TEXT = 100_000

# What a student does with each type of content.
KINDS = {
    "H5P.Accordion": "reading", "H5P.AdvancedText": "reading", "H5P.AdventCalendar": "game", "H5P.Agamotto": "picture",
    "H5P.AppearIn": "discussion", "H5P.ArithmeticQuiz": "practice", "H5P.ARScavenger": "game", "H5P.Audio": "audio",
    "H5P.AudioRecorder": "performance", "H5P.Audition": "audio", "H5P.BlanksWithClues": "practice", "H5P.Blanks": "practice",
    "H5P.BranchingScenario": "game", "H5P.Chart": "data", "H5P.Collage": "picture", "H5P.Column": "lesson", "H5P.Combination": "practice",
    "H5P.ConceptMap": "reading", "H5P.CoursePresentation": "slides", "H5P.Cornell": "writing", "H5P.Crossword": "puzzle",
    "H5P.Dialogcards": "flash-cards", "H5P.Dictation": "writing", "H5P.DocumentationTool": "reflection", "H5P.DragQuestion": "labelling",
    "H5P.DragText": "practice", "H5P.Embed": "interactive", "H5P.Essay": "writing", "H5P.ExportableTextArea": "writing",
    "H5P.FacebookPageFeed": "reading", "H5P.FindTheWords": "puzzle", "H5P.Flashcards": "flash-cards", "H5P.GameMap": "game",
    "H5P.GreetingCard": "picture", "H5P.GuessTheAnswer": "puzzle", "H5P.IFrameEmbed": "interactive", "H5P.ImageHotspotQuestion": "labelling",
    "H5P.ImageHotspots": "picture", "H5P.ImageJuxtaposition": "picture", "H5P.ImageMultipleHotspotQuestion": "labelling",
    "H5P.ImagePair": "sorting", "H5P.ImageSequencing": "sorting", "H5P.ImageSlider": "picture", "H5P.Image": "picture",
    "H5P.ImpressPresentation": "slides", "H5P.InfoWall": "glossary", "H5P.InteractiveBook": "book", "H5P.InteractiveVideo": "video",
    "H5P.Link": "interactive", "H5P.MarkTheWords": "practice", "H5P.MemoryGame": "game", "H5P.MultiChoice": "quiz",
    "H5P.MultiMediaChoice": "quiz", "H5P.OpenEndedQuestion": "writing", "H5P.PersonalityQuiz": "quiz", "H5P.PickTheSymbols": "practice",
    "H5P.Portfolio": "project", "H5P.QuestionSet": "quiz", "H5P.Questionnaire": "reflection", "H5P.Shape": "picture",
    "H5P.SimpleMultiChoice": "quiz", "H5P.SingleChoiceSet": "quiz", "H5P.SortParagraphs": "sorting", "H5P.SpeakTheWords": "performance",
    "H5P.SpeakTheWordsSet": "performance", "H5P.StructureStrip": "writing", "H5P.Summary": "quiz", "H5P.Table": "data",
    "H5P.ThreeImage": "simulation", "H5P.Timeline": "timeline", "H5P.Transcript": "reading", "H5P.TrueFalse": "quiz",
    "H5P.TwitterUserFeed": "reading", "H5P.Video": "video", "H5P.VirtualTour": "field-work", "H5P.Vocabulary": "flash-cards",
}  # fmt: skip

# Where content types keep what people read; all other strings are words of buttons and settings.
_WORDS = frozenset(
    ("alt", "answer", "answers", "body", "caption", "clue", "content", "contents", "definition", "description", "dialogs", "fact",
     "heading", "header", "html", "intro", "introduction", "label", "media_description", "passage", "phrase", "prompt", "question",
     "questions", "sentence", "solution", "statement", "statements", "summary", "taskDescription", "task", "term", "text", "textField",
     "title", "wordList", "word", "words", "paragraph", "paragraphs", "placeholderText", "startScreenTitle", "chapterDescription")
)  # fmt: skip
_FIRST = frozenset(("title", "heading", "header", "intro", "introduction", "taskDescription", "question", "text"))
_SETTINGS = frozenset(
    ("UI", "l10n", "behaviour", "behavior", "override", "overrideSettings", "a11y", "currentMenu", "confirmCheck", "confirmRetry",
     "resultScreen", "endscreen", "authors", "changes", "copyright", "image_metadata", "tipsAndFeedback", "overallFeedback",
     "texts", "i10n", "visuals", "files", "file", "path", "subContentId", "library", "mime", "metadata")
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Library:
    """A library that a package depends on."""

    name: str
    major: int
    minor: int

    @property
    def folder(self) -> str:
        """The folder a package keeps it in."""
        return f"{self.name}-{self.major}.{self.minor}"


@dataclass(frozen=True, kw_only=True)
class Head:
    """What h5p.json says of a package."""

    title: str
    main: str
    language: str
    licence: str
    licence_version: str
    authors: tuple[str, ...]
    source: str
    libraries: tuple[Library, ...]
    keywords: tuple[str, ...] = ()


def parse_head(document: object) -> Head:
    """Return what h5p.json says. Raises FileRefused where it lacks its title or its main library."""
    if not isinstance(document, dict):
        raise FileRefused(NOT_AN_OBJECT, place=HEAD)
    title, main = _word(document.get("title")), _word(document.get("mainLibrary"))
    for field, value in (("title", title), ("mainLibrary", main)):
        if not value:
            raise FileRefused(MISSING, place=HEAD, field=field)
    if not re.fullmatch(r"[A-Za-z][\w.-]{0,99}", main):
        raise FileRefused(BAD_NAME, place=HEAD, name=main[:60])
    language = _word(document.get("language"))
    if language in ("", "und"):
        language = _word(document.get("defaultLanguage"))
    return Head(
        title=plain_text(title),
        main=main,
        language=language,
        licence=_word(document.get("license")),
        licence_version=_word(document.get("licenseVersion")),
        authors=tuple(
            _word(one.get("name"))
            for one in listed(document.get("authors"))
            if isinstance(one, dict) and _word(one.get("name"))
        ),
        source=_word(document.get("source")),
        libraries=tuple(libraries(document.get("preloadedDependencies"))),
        keywords=tuple(_word(document.get("metaKeywords")).split(",")) if _word(document.get("metaKeywords")) else (),
    )


def libraries(rows: object) -> Iterator[Library]:
    """Return the libraries that a list of dependencies names; what is no name of a library is left out."""
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and re.fullmatch(r"[\w.-]{1,100}", _word(row.get("machineName"))):
            major, minor = (_word(row.get(name)) for name in ("majorVersion", "minorVersion"))
            if major.isdecimal() and minor.isdecimal():
                yield Library(name=_word(row.get("machineName")), major=int(major[:6]), minor=int(minor[:6]))


def _word(value: object) -> str:
    return " ".join(str(value).split()) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def kind_of(main: str) -> str:
    """Return the kind of a content type; "interactive" where it is not in the table."""
    return KINDS.get(main, "interactive")


def texts(content: object) -> Iterator[str]:
    """Return what people read in a content.json, in order; words of buttons and settings are left out."""
    total = 0
    for text in _texts(content, "", 0):
        found = plain_text(text)
        if found and total < LONGEST_TEXT:
            total += len(found)
            yield found


def _texts(value: object, key: str, depth: int) -> Iterator[str]:
    if depth > DEEPEST:
        return
    if isinstance(value, str):
        if key in _WORDS:
            yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, key, depth + 1)
    elif isinstance(value, dict):
        # What is asked stands before what may be answered, whatever the order in the file.
        for name in sorted(value, key=lambda name: str(name) not in _FIRST):
            if name not in _SETTINGS:
                yield from _texts(value[name], str(name), depth + 1)


def has_alternative_texts(content: object) -> bool:
    """Whether every picture in the content has a description, and there is at least one."""
    found = list(_alts(content, 0))
    return bool(found) and all(found)


def _alts(value: object, depth: int) -> Iterator[bool]:
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for one in value:
            yield from _alts(one, depth + 1)
    elif isinstance(value, dict):
        library = value.get("library")
        params = value.get("params")
        if isinstance(library, str) and library.startswith("H5P.Image ") and isinstance(params, dict):
            yield bool(_word(params.get("alt"))) or params.get("decorative") is True
        for one in value.values():
            yield from _alts(one, depth + 1)


def has_captions(content: object) -> bool:
    """Whether a video in the content comes with a text track."""
    return any(_tracks(content, 0))


def _tracks(value: object, depth: int) -> Iterator[bool]:
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for one in value:
            yield from _tracks(one, depth + 1)
    elif isinstance(value, dict):
        found = value.get("textTracks")
        if isinstance(found, dict):
            tracks = found.get("videoTrack")
            yield isinstance(tracks, list) and any(isinstance(one, dict) and one.get("track") for one in tracks)
        for one in value.values():
            yield from _tracks(one, depth + 1)


# --- questions -------------------------------------------------------------------------------------------------------


def questions(main: str, content: Mapping[str, Any], *, language: str) -> Iterator[tuple[str, Json | str]]:
    """Return (what is asked, its document or the sentence why it cannot be asked here) for types that ask questions."""
    for name, params in _asked(main, content, 0):
        try:
            document = _READERS[name](params, language)
            yield document["prompt"], proved({"id": "item", "language": language, **document})
        except CannotBeAsked as reason:
            yield next(texts(params), name), reason.sentence


def _asked(main: str, content: object, depth: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if depth > DEEPEST or not isinstance(content, dict):
        return
    if main in _READERS:
        yield main, content
    elif main == "H5P.SingleChoiceSet":
        for one in listed(content.get("choices")):
            if isinstance(one, dict):
                answers = [
                    {"text": text, "correct": place == 0} for place, text in enumerate(listed(one.get("answers")))
                ]
                yield "H5P.MultiChoice", {"question": one.get("question"), "answers": answers}
    elif main in ("H5P.QuestionSet", "H5P.Column"):
        for one in listed(content.get("questions" if main == "H5P.QuestionSet" else "content")):
            inner = one.get("content", one) if isinstance(one, dict) else {}
            if isinstance(inner, dict) and isinstance(inner.get("library"), str):
                yield from _asked(inner["library"].split(" ")[0], inner.get("params"), depth + 1)


def _has_media(params: Mapping[str, Any]) -> bool:
    media = params.get("media")
    inner = media.get("type", media) if isinstance(media, dict) else None
    return isinstance(inner, dict) and bool(inner.get("params"))


def _multi_choice(params: Mapping[str, Any], _language: str) -> Json:
    if _has_media(params):
        raise CannotBeAsked(NEEDS_A_PICTURE)
    prompt = plain_text(_word(params.get("question")))
    answers = [one for one in listed(params.get("answers")) if isinstance(one, dict)]
    shown = [plain_text(_word(one.get("text"))) for one in answers]
    right = [bool(one.get("correct")) for one in answers]
    if not prompt:
        raise CannotBeAsked(NO_QUESTION)
    if not any(right):
        raise CannotBeAsked(NO_KEY)
    if len(shown) < 2 or not all(shown) or len(set(shown)) != len(shown):
        raise CannotBeAsked(UNKNOWN_FORM)
    return {
        "kind": "one_choice" if sum(right) == 1 else "many_choices",
        "prompt": prompt,
        "choices": [
            {"id": str(number), "text": text, **({"right": True} if is_right else {})}
            for number, (text, is_right) in enumerate(zip(shown, right, strict=True))
        ],
    }


def _true_false(params: Mapping[str, Any], language: str) -> Json:
    l10n = params.get("l10n")
    named = l10n if isinstance(l10n, dict) else {}
    true, false = _word(named.get("trueText")) or "True", _word(named.get("falseText")) or "False"
    is_true = str(params.get("correct")).casefold() == "true"
    answers = [{"text": true, "correct": is_true}, {"text": false, "correct": not is_true}]
    return _multi_choice({**params, "answers": answers}, language)


def _blanks(params: Mapping[str, Any], language: str) -> Json:
    """Return a text with gaps: H5P writes them as *answer/other answer:tip*."""
    if _has_media(params):
        raise CannotBeAsked(NEEDS_A_PICTURE)
    lines = params.get("questions")
    text = "\n".join(plain_text(line) for line in lines if isinstance(line, str)) if isinstance(lines, list) else ""
    gaps: Json = {}

    def gap(found: re.Match[str]) -> str:
        accepted = [part.strip() for part in found[1].split(":", 1)[0].split("/") if part.strip()]
        if not accepted:
            raise CannotBeAsked(NO_KEY)
        key = str(len(gaps) + 1)
        gaps[key] = {"accepted": accepted}
        return f"[[{key}]]"

    marked = re.sub(r"\*([^*\n]{1,300})\*", gap, text.replace("[[", "["))
    if not gaps:
        raise CannotBeAsked(NO_QUESTION)
    asked = plain_text(_word(params.get("text"))) or ask_for_gaps(language)
    return {"kind": "cloze", "prompt": asked, "text": marked, "gaps": gaps}


def _essay(params: Mapping[str, Any], _language: str) -> Json:
    prompt = plain_text(_word(params.get("taskDescription")) or _word(params.get("question")))
    if not prompt:
        raise CannotBeAsked(NO_QUESTION)
    return {"kind": "long_answer", "prompt": prompt}


_READERS = {
    "H5P.MultiChoice": _multi_choice,
    "H5P.TrueFalse": _true_false,
    "H5P.Blanks": _blanks,
    "H5P.Essay": _essay,
    "H5P.OpenEndedQuestion": _essay,
}
