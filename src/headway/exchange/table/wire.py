"""A row of somebody's table of resources, as a resource: pure, without a file or a database."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from headway.core.library.kinds import KINDS
from headway.core.library.values import AlignmentIn, ResourceIn
from headway.core.shared.errors import gettext_noop
from headway.exchange.table import cells
from headway.exchange.table.cells import BadCell, words
from headway.exchange.table.columns import KEEP, MANY, guess

LONGEST_TITLE, LONGEST_ID, TITLE_FROM_TEXT = 300, 200, 80
NO_TITLE = gettext_noop("There is no title. Give the row one; without it nobody can find the resource.")
LONG_ID = gettext_noop("The id is longer than {most} characters. Shorten it; it names the resource for ever.")

TITLE_MADE = gettext_noop("Had no title; the beginning of its description serves as one.")
TITLE_CUT = gettext_noop("Had a title of more than 300 characters; it was cut, and the whole one is kept beside it.")
NO_ADDRESS = gettext_noop(
    "Has something else where a web address should be (one begins with https://); it is kept beside the resource."
)
SEVERAL_LANGUAGES = gettext_noop("Names several languages; the first one counts, and all are kept beside the resource.")
UNCLEAR = gettext_noop("Says something in a column that Headway does not know there; it is kept beside the resource.")

_STEP = re.compile(r"(?:^|\s)\d{1,2}[.)]\s+")
# Where a kind may stand in a week, beside where the planner puts what is not said to be elsewhere.
_PRACTISED = frozenset({"practice", "quiz", "worksheet", "puzzle", "sorting", "labelling", "flash-cards", "game"})
_USES = {"project": ("project",), "course": ("choice",)}


class Reader:
    """Turns rows into resources by what their columns tell; columns that nobody has seen are guessed when they come."""

    def __init__(self, columns: Mapping[str, str], languages: Mapping[str, str], *, language: str = "en") -> None:
        """`languages` gives language tags by name; `language` is what a row without one is in."""
        self.columns = dict(columns)
        self._taken = {field for field in columns.values() if field not in MANY}
        self._languages = languages
        self._default_language = language
        self._tags: dict[str, str] = {}
        self.notes: list[str] = []

    def resource(self, row: Mapping[str, object]) -> ResourceIn:
        """Return the resource of a row; `notes` then holds what is worth knowing of it.

        Raises BadCell, with the `column`, where the row cannot come in.
        """
        self.notes = []
        told: dict[str, tuple[str, Any]] = {}
        many: dict[str, list[Any]] = {}
        extra: dict[str, object] = {}
        columns = self.columns
        for column, value in row.items():
            if value is None or value in ("", []):
                continue
            field = columns.get(column)
            if field is None:
                field = self._met(column)
            if field == KEEP:
                extra[column] = value
            elif field in MANY:
                many.setdefault(field, []).append(value)
            else:
                told.setdefault(field, (column, value))
        return self._built(told, many, extra)

    def _met(self, column: str) -> str:
        field = guess(column)
        if field in self._taken:
            field = KEEP
        elif field not in MANY and field != KEEP:
            self._taken.add(field)
        self.columns[column] = field
        return field

    def _language(self, said: str, value: object, extra: dict[str, object]) -> str:
        """Return the language's tag; of "de/en" the first, and what stood there is kept."""
        if said not in self._tags:
            first = re.split(r"[/;,+&]", said, maxsplit=1)[0]
            self._tags[said] = cells.language_of(first, self._languages)
        if any(sign in said for sign in "/;,+&"):
            extra["languages"] = value
            self.notes.append(SEVERAL_LANGUAGES)
        return self._tags[said]

    def _built(
        self, told: Mapping[str, tuple[str, Any]], many: Mapping[str, list[Any]], extra: dict[str, object]
    ) -> ResourceIn:
        def text_of(field: str) -> str:
            return words(told[field][1]) if field in told else ""

        def read(field: str, how: Any, default: Any) -> Any:
            """Read a cell; a bad one says in which column it stands."""
            if field not in told:
                return default
            column, value = told[field]
            try:
                return how(value)
            except BadCell as problem:
                raise BadCell(problem.sentence, **{**problem.facts, "column": column}) from None

        description = str(told["description"][1]).strip() if "description" in told else ""
        text = str(told["text"][1]).strip() if "text" in told else ""
        title = self._title(text_of("title"), description or text, extra)
        url = self._url(told, extra)
        language = read("language", lambda value: self._language(words(value), value, extra), self._default_language)
        modality = text_of("modality")
        kind = cells.kind_called(words(many["kind"][0]) if "kind" in many else "", modality)
        for one in many.get("kind", ())[1:]:
            extra.setdefault("kinds", []).append(words(one))  # type: ignore[attr-defined]
        low, high = self._grades(read)
        reading_level, reading_measure = read(
            "reading_level", lambda value: cells.reading_level_of(words(value)), (0.0, "")
        )
        word_count = read("word_count", lambda value: int(cells.number(value)), None)
        facts = KINDS[kind]
        screen = self._choice("screen", told, cells.screen_of, extra)
        if not screen and "unplugged" in told:
            screen = "no" if read("unplugged", cells.yes_or_no, False) else ""
        screen = screen or facts.screen
        return ResourceIn(
            source_id=self._id(told, title, language, url),
            title=title,
            description=description,
            language=language,
            kind=kind,
            uses=tuple(_listed(many, "uses")) or _uses(kind, screen),
            minutes=self._minutes(read, facts.minutes),
            screen=screen,
            with_whom=self._choice("with_whom", told, cells.with_whom_of, extra) or "alone",
            grade_low=low,
            grade_high=high,
            reading_level=reading_level,
            reading_measure=reading_measure,
            word_count=word_count,
            level=self._choice("level", told, cells.level_of, extra) or "usual",
            variant_of=text_of("variant_of")[:LONGEST_ID],
            topics=self._topics(many),
            careers=tuple(name.casefold()[: cells.TOPIC_LENGTH] for name in _listed(many, "careers")),
            needs=tuple(name[:120] for name in _listed(many, "needs")),
            needs_adult=read("needs_adult", cells.yes_or_no, False),
            needs_internet=read("needs_internet", cells.yes_or_no, False),
            ways_in=cells.ways_called(_listed(many, "ways_in")) or cells.ways_of_modality(modality) or facts.ways_in,
            accessibility=cells.features_called(_listed(many, "accessibility")),
            culture=tuple(_listed(many, "culture")),
            community=tuple(_listed(many, "community")),
            steps=_steps(many.get("steps", ())),
            text=text,
            url=url,
            licence=cells.licence_of(text_of("licence")),
            attribution=_attribution(many),
            alignments=tuple(
                AlignmentIn(competency=code, confidence=confidence, source="table")
                for value in many.get("alignments", ())
                for code, confidence in cells.skills_in(value)
            ),
            extra=extra,
        )

    def _title(self, title: str, instead: str, extra: dict[str, object]) -> str:
        if not title:
            begun = " ".join(instead.split())
            if not begun:
                raise BadCell(NO_TITLE)
            self.notes.append(TITLE_MADE)
            if len(begun) <= TITLE_FROM_TEXT:
                return begun
            return begun[:TITLE_FROM_TEXT].rsplit(" ", 1)[0] + " …"
        if len(title) > LONGEST_TITLE:
            self.notes.append(TITLE_CUT)
            extra["title"] = title
            return title[: LONGEST_TITLE - 2].rsplit(" ", 1)[0] + " …"
        return title

    def _url(self, told: Mapping[str, tuple[str, Any]], extra: dict[str, object]) -> str:
        """Return the web address; "see the office" is none, and no reason to leave out what can be found without it."""
        if "url" not in told:
            return ""
        column, value = told["url"]
        try:
            return cells.address_of(words(value))
        except BadCell:
            extra[column] = value
            self.notes.append(NO_ADDRESS)
            return ""

    def _id(self, told: Mapping[str, tuple[str, Any]], title: str, language: str, url: str) -> str:
        """Return the sender's id; without one a row is known by its address, else by its title and language."""
        if "id" in told and (given := words(told["id"][1])):
            if len(given) > LONGEST_ID:
                raise BadCell(LONG_ID, most=LONGEST_ID, column=told["id"][0])
            return given
        key = f"{url}\x1f{language}" if url else f"{title.casefold()}\x1f{language}"
        return "row-" + hashlib.blake2b(key.encode(), digest_size=16).hexdigest()

    def _minutes(self, read: Any, default: int) -> int:
        seconds = read("seconds", cells.number, None)
        if seconds is not None:
            return min(cells.MOST_MINUTES, max(1, -int(-seconds // 60)))
        found: int = read("minutes", lambda value: cells.minutes_of(words(value)), default)
        return found

    def _grades(self, read: Any) -> tuple[int, int]:
        lowest = read("grade_low", lambda value: cells.grades_of(words(value))[0], None)
        highest = read("grade_high", lambda value: cells.grades_of(words(value))[1], None)
        if lowest is None and highest is None:
            try:
                band = read("grades", lambda value: cells.grades_of(words(value)), None)
            except BadCell:
                band = None  # "Algebra I" is a course; it is no grade, and no reason to leave the row out
                self.notes.append(UNCLEAR)
            if band is not None:
                return int(band[0]), int(band[1])
            youngest = read("age_low", lambda value: cells.ages_of(words(value))[0], None)
            oldest = read("age_high", lambda value: cells.ages_of(f"0-{words(value)}")[1], None)
            if youngest is None and oldest is None:
                found: tuple[int, int] = read(
                    "ages", lambda value: cells.ages_of(words(value)), (0, cells.HIGHEST_GRADE)
                )
                return found
            lowest, highest = youngest, oldest
        low = 0 if lowest is None else int(lowest)
        high = cells.HIGHEST_GRADE if highest is None else int(highest)
        return min(low, high), max(low, high)

    def _choice(self, field: str, told: Mapping[str, tuple[str, Any]], how: Any, extra: dict[str, object]) -> str:
        """Return one of a few known words; another word is kept beside the resource and noted."""
        if field not in told:
            return ""
        column, value = told[field]
        found: str = how(words(value))
        if not found:
            extra[column] = value
            self.notes.append(UNCLEAR)
        return found

    def _topics(self, many: Mapping[str, list[Any]]) -> tuple[str, ...]:
        if not many:
            return ()
        found: dict[str, None] = {}
        for value in many.get("subject", ()):
            for name in cells.pieces(value):
                found[cells.subject_of(name)] = None
        for value in many.get("topics", ()):
            for path in cells.pieces(value):
                found.update(dict.fromkeys(cells.topics_of(path)))
        for value in many.get("keywords", ()):
            for name in cells.pieces(value):
                # Numbers of units and files ("U01_L1") are no topics.
                if not any(letter.isdigit() or letter == "_" for letter in name) and len(name) <= cells.TOPIC_LENGTH:
                    found[name.casefold()] = None
        found.pop("", None)
        return tuple(found)[: cells.MOST_TOPICS]


def _listed(many: Mapping[str, list[Any]], field: str) -> list[str]:
    return [one for value in many.get(field, ()) for one in cells.pieces(value)]


def _uses(kind: str, screen: str) -> tuple[str, ...]:
    if kind in _USES:
        return _USES[kind]
    uses = ("essential", "review", "choice") if kind in _PRACTISED else ("essential", "choice")
    return (*uses, "paper") if screen == "no" else uses


def _steps(values: Iterable[object]) -> tuple[str, ...]:
    """Return steps: a list, lines, or "1. this 2. that"; commas stand inside a step."""
    found: list[str] = []
    for value in values:
        if isinstance(value, list | tuple):
            found += [words(one) for one in value]
            continue
        said = str(value)
        lines = re.split(r"[\n|]", said)
        if len(lines) == 1:
            lines = _STEP.split(said)
        found += [re.sub(r"^\d{1,2}[.)]\s+", "", " ".join(line.split())) for line in lines]
    return tuple(step for step in found if step)


def _attribution(many: Mapping[str, list[Any]]) -> str:
    parts = [words(value) for field in ("author", "attribution") for value in many.get(field, ())]
    return " · ".join(dict.fromkeys(part for part in parts if part))[:300]
