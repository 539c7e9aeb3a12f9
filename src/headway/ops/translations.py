"""Is every sentence in the reader's language? Used by `make check` and by `headway doctor`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polib

PACKAGE = Path(__file__).resolve().parents[1]
PLACEHOLDER = re.compile(r"%\([a-zA-Z_]\w*\)[sdif]|%[sdif](?!\w)|\{[a-zA-Z_]\w*(?:[:!][^{}]*)?\}")
COLLECT = """
import sys
import django
from django.conf import settings
from django.core.management import call_command
settings.configure(USE_I18N=True, LOCALE_PATHS=[sys.argv[1]])
django.setup()
call_command("makemessages", locale=[sys.argv[2]], no_wrap=True, no_location=True, verbosity=0)
"""


@dataclass(frozen=True, kw_only=True)
class Gap:
    """One sentence that a reader would not get right."""

    what: str
    sentence: str


def catalogues() -> list[Path]:
    """Return every language's sentences."""
    return sorted((PACKAGE / "locale").glob("*/LC_MESSAGES/django.po"))


def can_collect() -> bool:
    """Return whether GNU gettext is here, which finds the sentences in code and templates."""
    return shutil.which("xgettext") is not None and shutil.which("msgmerge") is not None


def placeholders(sentence: str) -> list[str]:
    """Return the places that facts are put into."""
    return sorted(PLACEHOLDER.findall(sentence))


def _key(entry: polib.POEntry) -> tuple[str | None, str]:
    return (entry.msgctxt, entry.msgid)


def gaps_in(catalogue: Path) -> Iterator[Gap]:
    """Yield what is untranslated, unsure, or has other placeholders, in one language."""
    import polib  # noqa: PLC0415

    for entry in polib.pofile(str(catalogue)):
        if entry.obsolete:
            continue
        if entry.fuzzy:
            yield Gap(what="unsure (fuzzy)", sentence=entry.msgid)
            continue
        if not entry.translated():
            yield Gap(what="untranslated", sentence=entry.msgid)
            continue
        if not entry.msgid_plural:
            if placeholders(entry.msgid) != placeholders(entry.msgstr):
                yield Gap(what="other placeholders", sentence=entry.msgid)
            continue
        # The first form may say "one" in words; no form may name a fact that is not given.
        given = {*placeholders(entry.msgid), *placeholders(entry.msgid_plural)}
        for form, words in entry.msgstr_plural.items():
            own = set(placeholders(words))
            if own - given or (int(form) > 0 and own != set(placeholders(entry.msgid_plural))):
                yield Gap(what="other placeholders", sentence=entry.msgid_plural)


def missing_from(catalogue: Path) -> list[Gap]:
    """Return the sentences of code and templates that a language's catalogue does not know; needs GNU gettext."""
    import polib  # noqa: PLC0415

    language = catalogue.parents[1].name
    with tempfile.TemporaryDirectory(prefix="headway-sentences-") as folder:
        copy = Path(folder) / "headway"
        shutil.copytree(
            PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", "migrations", "demo_school", "static")
        )
        (copy / "locale" / language / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
        subprocess.run(  # noqa: S603
            [sys.executable, "-c", COLLECT, str(copy / "locale"), language], cwd=copy, check=True, capture_output=True
        )
        collected = polib.pofile(str(copy / "locale" / language / "LC_MESSAGES" / "django.po"))
        wanted = {_key(entry) for entry in collected if not entry.obsolete}
    known = (
        {_key(entry) for entry in polib.pofile(str(catalogue)) if not entry.obsolete} if catalogue.exists() else set()
    )
    return [
        Gap(what="not in the catalogue", sentence=sentence) for _context, sentence in sorted(wanted - known, key=str)
    ]


def all_gaps(*, collect: bool) -> dict[str, list[Gap]]:
    """Return the gaps of each language."""
    expected = PACKAGE / "locale" / "es" / "LC_MESSAGES" / "django.po"
    found: dict[str, list[Gap]] = {}
    for catalogue in catalogues() or [expected]:
        gaps = list(gaps_in(catalogue)) if catalogue.exists() else []
        if collect:
            gaps += missing_from(catalogue)
        elif not catalogue.exists():
            gaps.append(Gap(what="no catalogue", sentence=str(catalogue.relative_to(PACKAGE))))
        found[catalogue.parents[1].name] = gaps
    return found
