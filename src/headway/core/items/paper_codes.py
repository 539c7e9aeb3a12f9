"""Codes on paper: short, said aloud without mistake, and with a check sign that finds a typing error."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from uuid import UUID

from headway.core.shared.errors import RuleBroken, gettext_noop

# 29 signs that are not taken for one another; a prime number of them, so that the check sign finds every single wrong sign
# and every two neighbours that were swapped.
SIGNS = "23456789ABCDEFGHJKMNPQRTVWXYZ"
STEM_LENGTH = 5
MOST_QUESTIONS = 999
# What a hand or an eye takes for a sign that is never printed.
_TAKEN_FOR = str.maketrans({"S": "5", "U": "V"})
_DIGITS = str.maketrans({"O": "0", "Q": "0", "I": "1", "L": "1"})
_SHAPE = re.compile(rf"([{SIGNS}]{{{STEM_LENGTH}}})([0-9OQIL]{{0,3}})([{SIGNS}])")

NO_CODE = gettext_noop(
    "“{typed}” is no code of a worksheet. A code looks like {example}; it stands beside each question and at the top of the sheet."
)
MISTYPED = gettext_noop(
    "“{typed}” has a typing mistake in it: its last letter does not fit the rest. Look at the sheet again."
)


class CodeInvalid(RuleBroken):
    """A typed code that cannot be one; the sentence says what to look at."""


@dataclass(frozen=True, slots=True)
class PaperCode:
    """A code that was read: the sheet's part of it, and the question's number on the sheet, 0 for the whole sheet."""

    stem: str
    number: int


def stem_of(uuid: UUID, *, attempt: int = 0) -> str:
    """Return a sheet's part of its codes; another `attempt` gives another one, for when it is taken already."""
    left = int.from_bytes(hashlib.blake2b(uuid.bytes + bytes([attempt]), digest_size=8).digest(), "big")
    signs = []
    for _place in range(STEM_LENGTH):
        left, sign = divmod(left, len(SIGNS))
        signs.append(SIGNS[sign])
    return "".join(signs)


def paper_code(stem: str, number: int = 0) -> str:
    """Return the code of a question on a sheet, such as "K7Q2M-3H"; that of the whole sheet without a number."""
    return f"{stem}-{number or ''}{_check_sign(stem, number)}"


def read_code(typed: str) -> PaperCode:
    """Return what a typed code names, however it was spaced and cased.

    Raises CodeInvalid where it is no code, or where its check sign shows a typing error.
    """
    shown = " ".join(typed.split())[:40]
    bare = re.sub(r"[^0-9A-Z]", "", typed.upper())
    # The signs between the stem and the check sign are digits; everywhere else a digit look-alike is a letter.
    tidy = (
        bare[:STEM_LENGTH].translate(_TAKEN_FOR) + bare[STEM_LENGTH:-1] + bare[STEM_LENGTH:][-1:].translate(_TAKEN_FOR)
    )
    found = _SHAPE.fullmatch(tidy)
    if found is None:
        raise CodeInvalid(NO_CODE, typed=shown, example=paper_code("K7Q2M", 3))
    stem, digits, check = found.groups()
    number = int(digits.translate(_DIGITS) or 0)
    if check != _check_sign(stem, number):
        raise CodeInvalid(MISTYPED, typed=shown)
    return PaperCode(stem, number)


def _check_sign(stem: str, number: int) -> str:
    values = [SIGNS.index(sign) for sign in stem] + [int(digit) for digit in f"{number:03d}"]
    return SIGNS[sum(place * value for place, value in enumerate(values, start=1)) % len(SIGNS)]
