"""One standard has many spellings: `3.NF.A.3a`, `3.NF.3.a` and `CCSS.Math.Content.3.NF.A.3.a` are the same one.

A code is brought to a key: small letters, parts set apart by dots, the publisher's prefix taken off, kindergarten written
`k`, the cluster letter of the Common Core in mathematics left out (numbers run on through a domain, so it says nothing
more), and the section letter of the Texas standards too. Codes of other publishers keep all their parts.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Domains of the Common Core State Standards for Mathematics: by grade, and by category in high school.
_GRADE_DOMAINS = "cc|oa|nbt|nf|md|g|rp|ns|ee|f|sp"
_CATEGORY_DOMAINS = (
    "n[.](?:rn|q|cn|vm)|a[.](?:sse|apr|ced|rei)|f[.](?:if|bf|le|tf)|g[.](?:co|srt|c|gpe|gmd|mg)|s[.](?:id|ic|cp|md)"
)
_MATH = rf"(?:(?:k|[1-8])[.](?:{_GRADE_DOMAINS})|{_CATEGORY_DOMAINS})"
_CLUSTER = re.compile(rf"^({_MATH})[.][a-z]([.]\d.*)$")
_HIGH_SCHOOL = re.compile(rf"^hs[.]?(?=(?:{_CATEGORY_DOMAINS})(?:[.]|$))")
_KINDERGARTEN = re.compile(rf"^(?:0|00|kg)(?=[.](?:{_GRADE_DOMAINS})(?:[.]|$))")
_PADDED_GRADE = re.compile(rf"^0([1-8])(?=[.](?:{_GRADE_DOMAINS})(?:[.]|$))")
_TEXAS_SECTION = re.compile(r"^(1\d\d[.]\d{1,3})[.][b-d]([.]\d.*)$")
_PREFIX = re.compile(
    r"^(?:(?:ccss|ccssi|common core|ngss|teks|tx|corestandards org|[12]\d\d\d|math(?:ematics)?|ela literacy|ela|literacy"
    r"|content|practice|cc(?=[.](?:k|\d)))[. ]+)+"
)
_NUMBER_AND_LETTER = re.compile(r"(?<![a-z0-9])(\d+)([a-z])(?![a-z0-9])")
_PRACTICE = re.compile(r"^mp\s*[.]?\s*(\d)$")
_ADDRESS = re.compile(r"^https?://(?:www[.])?corestandards[.]org/(.+?)/*$", re.IGNORECASE)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−_", "-"))


def code_key(code: str) -> str:
    """Return the form in which spellings of one standard meet, such as `3.nf.3.a`; "" where there is no code."""
    forms = code_forms(code)
    return forms[-1] if forms else ""


def same_code(one: str, other: str) -> bool:
    """Return whether two spellings mean the same standard."""
    return bool(set(code_forms(one)) & set(code_forms(other)))


@lru_cache(maxsize=100_000)
def code_forms(code: str) -> tuple[str, ...]:
    """Return the forms a code can be found by, the fullest first and the key that all spellings share last.

    `CCSS.Math.Content.3.NF.A.3a` gives `3.nf.a.3.a` and `3.nf.3.a`; a code without anything to leave out gives one.
    """
    words = unicodedata.normalize("NFKC", code).translate(_DASHES).strip()
    if (address := _ADDRESS.match(words)) is not None:
        words = address[1].replace("/", ".")
    words = words.casefold().replace("§", "")
    # Brackets, dashes, colons and blanks all set parts apart.
    parts = [part for part in re.split(r"[^\w]+", words) if part]
    full = ".".join(parts)
    full = _PREFIX.sub("", full.replace("ela.literacy.", "ela.")) or full
    full = _NUMBER_AND_LETTER.sub(r"\1.\2", full)
    if (practice := _PRACTICE.match(full)) is not None:
        full = f"mp.{practice[1]}"
    full = _HIGH_SCHOOL.sub("", full)
    full = _PADDED_GRADE.sub(r"\1", _KINDERGARTEN.sub("k", full))
    short = _TEXAS_SECTION.sub(r"\1\2", _CLUSTER.sub(r"\1\2", full))
    return tuple(dict.fromkeys(form for form in (full, short) if form))


def last_part(name: str) -> str:
    """Return the last part of an address or a `urn:`, without a query: often the identifier that a framework uses."""
    if "://" not in name and not name.casefold().startswith("urn:"):
        return name
    return re.split(r"[/#:]", name.split("?", maxsplit=1)[0].rstrip("/"))[-1]
