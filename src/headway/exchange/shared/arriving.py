"""What every reader of resources needs to word them alike: names that stay, languages, files, grades, minutes."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from headway.core.items.document import ItemInvalid, parse_item
from headway.core.items.plain import write_plain
from headway.core.items.session import is_marked_by_person, key_response, mark
from headway.core.library.values import AlignmentIn, FileIn
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.exchange.shared.archives import printable

if TYPE_CHECKING:
    from headway.records.roster.models import Organisation

LONGEST_NAME, LONGEST_TITLE, LONGEST_ATTRIBUTION, LONGEST_DESCRIPTION = 200, 300, 300, 4_000
LONGEST_ADDRESS, LONGEST_TOPIC = 1000, 60
LEAST_MINUTES, MOST_MINUTES = 1, 400
WORDS_PER_MINUTE = 150

# How a file begins and what it is then; a name's ending is never believed alone.
_SIGNATURES = (
    (b"%PDF-", "application/pdf"), (b"\x89PNG\r\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"),
    (b"OggS", "audio/ogg"), (b"ID3", "audio/mpeg"), (b"\xff\xfb", "audio/mpeg"), (b"\xff\xf3", "audio/mpeg"),
    (b"fLaC", "audio/flac"), (b"\x1aE\xdf\xa3", "video/webm"), (b"PK\x03\x04", "application/zip"),
    (b"\xd0\xcf\x11\xe0", "application/msword"),
)  # fmt: skip
_BY_ENDING = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "odt": "application/vnd.oasis.opendocument.text", "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet", "epub": "application/epub+zip", "ppt": "application/vnd.ms-powerpoint",
    "xls": "application/vnd.ms-excel", "doc": "application/msword", "h5p": "application/zip", "imscc": "application/zip",
}  # fmt: skip
_TEXTS = {"html": "text/html", "htm": "text/html", "xhtml": "text/html", "xml": "application/xml", "qti": "application/xml", "json": "application/json", "csv": "text/csv", "svg": "image/svg+xml"}  # fmt: skip
# What a student does with a file of a type.
KIND_OF_ENDING = {
    "pdf": "reading", "doc": "reading", "docx": "reading", "odt": "reading", "txt": "reading", "rtf": "reading", "html": "reading",
    "htm": "reading", "ppt": "slides", "pptx": "slides", "odp": "slides", "xls": "data", "xlsx": "data", "ods": "data", "csv": "data",
    "mp3": "audio", "ogg": "audio", "wav": "audio", "m4a": "audio", "mp4": "video", "webm": "video", "mov": "video", "m4v": "video",
    "epub": "book", "png": "picture", "jpg": "picture", "jpeg": "picture", "gif": "picture", "webp": "picture", "svg": "picture",
}  # fmt: skip

# Names of languages as packages write them, beside the codes.
LANGUAGE_NAMES = {
    "english": "en", "spanish": "es", "español": "es", "castellano": "es", "french": "fr", "français": "fr", "german": "de",
    "deutsch": "de", "portuguese": "pt", "português": "pt", "italian": "it", "italiano": "it", "dutch": "nl", "nederlands": "nl",
    "arabic": "ar", "chinese": "zh", "russian": "ru", "ukrainian": "uk", "swahili": "sw", "kiswahili": "sw", "hindi": "hi",
    "bengali": "bn", "polish": "pl", "turkish": "tr", "vietnamese": "vi", "korean": "ko", "japanese": "ja", "somali": "so",
    "haitian creole": "ht", "tagalog": "tl", "urdu": "ur", "persian": "fa", "farsi": "fa", "swedish": "sv", "norwegian": "no",
    "danish": "da", "finnish": "fi", "greek": "el", "hebrew": "he", "catalan": "ca", "bulgarian": "bg", "czech": "cs",
}  # fmt: skip
_THREE_LETTERS = {
    "eng": "en", "spa": "es", "fra": "fr", "fre": "fr", "deu": "de", "ger": "de", "por": "pt", "ita": "it", "nld": "nl", "dut": "nl",
    "ara": "ar", "zho": "zh", "chi": "zh", "rus": "ru", "ukr": "uk", "swa": "sw", "hin": "hi", "pol": "pl", "tur": "tr",
}  # fmt: skip

# What stands above a text with gaps where the sender wrote nothing; in the language of the question.
_ASK_FOR_GAPS = {"en": "Fill in the gaps.", "es": "Completa los espacios.", "fr": "Complète les trous.", "de": "Fülle die Lücken aus.", "nl": "Vul de lege plekken in.", "pt": "Preenche os espaços.", "it": "Completa gli spazi."}  # fmt: skip

NEEDS_A_PICTURE = gettext_noop("Needs a picture to be answered.")
UNKNOWN_FORM = gettext_noop("Has a form of question that is not known here yet.")
NO_QUESTION = gettext_noop("Asks nothing: it has no words.")
NO_KEY = gettext_noop("Says nowhere which answer is right.")
NOT_WHOLE = gettext_noop("Does not make a whole question: a choice, a key or the words are missing.")
KEY_DOES_NOT_HOLD = gettext_noop("Its own key is not marked as right here.")


class CannotBeAsked(RuleBroken):
    """A question that cannot be asked and marked fairly here; the sentence says why."""


def proved(document: dict[str, object]) -> dict[str, object]:
    """Return a question in the plain form when the engine marks its own key as right. Raises CannotBeAsked otherwise."""
    try:
        item = parse_item(write_plain(document))
        is_right = is_marked_by_person(item) or mark(item, key_response(item)).is_right
    except ItemInvalid as problem:
        raise CannotBeAsked(NOT_WHOLE) from problem
    except (KeyError, TypeError, ValueError) as problem:
        raise CannotBeAsked(KEY_DOES_NOT_HOLD) from problem
    if not is_right:
        raise CannotBeAsked(KEY_DOES_NOT_HOLD)
    return document


def ask_for_gaps(language: str = "en") -> str:
    """Return what to ask above a text with gaps, in the question's language where we know it."""
    return _ASK_FOR_GAPS.get(language, _ASK_FOR_GAPS["en"])


def source_of(name: str, school: Organisation | None) -> str:
    """Return the source that rows of an import belong to: what one school brings in never changes another school's."""
    return (f"{name}@{school.pk}" if school else name)[:60]


def lasting_name(*parts: str) -> str:
    """Return a name from its parts that fits its column and stays the same for the same parts."""
    name = "/".join(" ".join(part.split()) for part in parts if part)
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[:150]}~{hashlib.blake2b(name.encode(), digest_size=12).hexdigest()}"


def title_from(*given: str, fallback: str = "") -> str:
    """Return the first title that says something, on one line."""
    for one in (*given, fallback):
        title = " ".join(one.split())
        if title:
            return title[:LONGEST_TITLE]
    return ""


def title_of_file(name: str) -> str:
    """Return a file's name as words."""
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return " ".join(re.sub(r"[_\-+]+|%20", " ", stem).split())[:LONGEST_TITLE]


def language_code(given: object, default: str = "en") -> str:
    """Return the code of a language given by code or name; `default` where nothing usable is said."""
    text = str(given or "").strip().casefold()
    if text in LANGUAGE_NAMES:
        return LANGUAGE_NAMES[text]
    code = re.split(r"[-_]", text, maxsplit=1)[0]
    if code in ("und", "mul", "zxx", "x", "none"):
        return default
    if code in _THREE_LETTERS:
        return _THREE_LETTERS[code]
    return code if re.fullmatch(r"[a-z]{2,3}", code) else default


def ending_of(name: str) -> str:
    """Return a file name's ending without its dot, in small letters."""
    last = name.rsplit("/", 1)[-1]
    return last.rsplit(".", 1)[-1].casefold() if "." in last else ""


def media_type_of(name: str, content: bytes) -> str:
    """Return what a file is by how it begins; its name's ending only tells kinds of one family apart."""
    ending = ending_of(name)
    start = content[:64]
    if start[4:8] == b"ftyp":
        return "audio/mp4" if start[8:11] in (b"M4A",) else "video/mp4"
    if start[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(start[8:12], "application/octet-stream")
    for signature, media_type in _SIGNATURES:
        if start.startswith(signature):
            if media_type in ("application/zip", "application/msword"):
                return _BY_ENDING.get(
                    ending, media_type if media_type == "application/zip" else "application/octet-stream"
                )
            if media_type == "audio/ogg" and ending in ("ogv",):
                return "video/ogg"
            return media_type
    if b"\x00" in content[:4096]:
        return "application/octet-stream"
    if re.match(rb"\s*<(!doctype html|html|head|body)", start, re.IGNORECASE):
        return "text/html"
    return _TEXTS.get(ending, "text/plain")


def file_in(name: str, content: bytes) -> FileIn:
    """Return a file to keep, with a name that is safe to show and a type found by its content."""
    last = printable(name.replace("\\", "/").rsplit("/", 1)[-1])
    safe = re.sub(r"[^\w.,()+ \-]", "_", last.replace("\N{REPLACEMENT CHARACTER}", "_")).strip(". ") or "file"
    return FileIn(name=safe[:LONGEST_NAME], media_type=media_type_of(safe, content), content=content)


def web_address(given: object) -> str:
    """Return an address people can follow, "" for what is none (a script, a file, another scheme)."""
    address = str(given or "").strip()
    if not re.match(r"https?://[^\s/?#]+", address, re.IGNORECASE) or re.search(r"[\s\x00-\x1f\"<>\\]", address):
        return ""
    return address[:LONGEST_ADDRESS] if len(address) <= LONGEST_ADDRESS else ""


def minutes_within(minutes: float) -> int:
    """Return minutes as a plan can use them."""
    if not math.isfinite(minutes):
        return LEAST_MINUTES
    return int(min(MOST_MINUTES, max(LEAST_MINUTES, round(minutes))))


def reading_minutes(text: str, least: int = 3) -> int:
    """Return how long a text takes to read at an easy pace."""
    return minutes_within(max(least, len(text.split()) / WORDS_PER_MINUTE))


def minutes_of_duration(given: object) -> int | None:
    """Return the minutes of an ISO 8601 duration, “1 hour”, “45 min” or “03:12” (a length of time); None for others."""
    text = str(given or "").strip()
    found = re.fullmatch(
        r"P(?:(\d+)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?",
        text,
        re.IGNORECASE,
    )
    if found and any(found.groups()):
        weeks, days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
        # A day of school is six hours of work, not twenty-four.
        return minutes_within((weeks * 5 + days) * 360 + hours * 60 + minutes + seconds / 60)
    found = re.fullmatch(r"(?:(\d{1,2}):)?(\d{1,2}):(\d{2})", text)
    if found:
        return minutes_within(int(found[1] or 0) * 60 + int(found[2]) + int(found[3]) / 60)
    total = 0.0
    for number, unit in re.findall(
        r"(\d+(?:\.\d+)?)\s*(h|hours?|hrs?|m|min|mins|minutes?|horas?|minutos?)\b", text, re.IGNORECASE
    ):
        total += float(number) * (60 if unit[0] in "hH" else 1)
    return minutes_within(total) if total else None


def grades_of_ages(ranges: Iterable[str]) -> tuple[int, int] | None:
    """Return the grades (0 is kindergarten) of ages like “7-9”, “11+”, “10”; a child of five begins kindergarten."""
    lows, highs = [], []
    for one in ranges:
        found = re.fullmatch(
            r"\s*(\d{1,2})\s*(?:(?:-|–|to|a)\s*(\d{1,2})?|\+)?\s*(?:years?|años)?\s*", one, re.IGNORECASE
        )
        if found:
            low = int(found[1])
            high = int(found[2]) if found[2] else (18 if re.search(r"[-–+]", one) else low)
            lows.append(low)
            highs.append(max(low, high))
    if not lows:
        return None
    return _grade(min(lows) - 5), max(_grade(min(lows) - 5), _grade(max(highs) - 5))


def _grade(number: int) -> int:
    return min(12, max(0, number))


def topics_from(words: Iterable[object], most: int = 12) -> tuple[str, ...]:
    """Return topics in small letters, each once; a list written as one text is taken apart at its commas."""
    found: dict[str, None] = {}
    for one in words:
        for part in re.split(r"[,;|]", str(one)):
            topic = " ".join(part.split()).casefold()[:LONGEST_TOPIC]
            if topic:
                found.setdefault(topic)
    return tuple(found)[:most]


def alignments_to(names: Iterable[str]) -> tuple[AlignmentIn, ...]:
    """Return alignments the sender states, to competencies by whatever name they are given."""
    return tuple(AlignmentIn(competency=name) for name in dict.fromkeys(" ".join(one.split()) for one in names) if name)


def listed(value: object) -> list[Any]:
    """Return a JSON list; an empty one where something else stands in its place."""
    return value if isinstance(value, list) else []


def first_words(text: str, most: int = 400) -> str:
    """Return how a text begins, cut between words."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[:most].rsplit(" ", 1)[0] + " …"
