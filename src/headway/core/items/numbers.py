"""Numbers and short algebra as students type them. Nothing here is ever evaluated as code."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from fractions import Fraction

_MINUS = str.maketrans({"−": "-", "–": "-", "—": "-", "×": "*", "·": "*", "÷": "/", "\u00a0": " ", "’": "'"})
_NUMBER = re.compile(r"^([+-]?)\s*(\d[\d\s.,']*|[.,]\d+)(?:\s*/\s*(\d+))?\s*(.*)$", re.DOTALL)
_MIXED = re.compile(r"^([+-]?)\s*(\d+)\s+(\d+)\s*/\s*(\d+)\s*(.*)$", re.DOTALL)
_CURRENCY = re.compile(r"^([+-]?)\s*[$€£¥]\s*")
_FRACTION_TEX = re.compile(r"\\d?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_VULGAR = re.compile(r"(?<=\d)(?=[¼-¾⅐-⅞])")
LONGEST_EXPRESSION = 120
LARGEST_POWER, LARGEST_POWER_BITS = 64, 4096
FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "ln": math.log,
    "log": math.log10,
    "abs": abs,
}
SAMPLE_POINTS = (Fraction(3, 7), Fraction(-5, 3), Fraction(11, 4))


def _plain_digits(written: str) -> str:
    """Return digits with a decimal point.

    A single comma is a decimal comma unless exactly three digits follow more than one group ("1,250" is a thousand
    two hundred fifty, "12,5" is twelve and a half, "1.250,5" and "1,250.5" are the same number).
    """
    digits = re.sub(r"[\s']", "", written).rstrip(".,")
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        decimal = max(comma, point)
        return re.sub(r"[.,]", "", digits[:decimal]) + "." + digits[decimal + 1 :]
    mark = "," if comma >= 0 else "."
    if digits.count(mark) > 1:
        return digits.replace(mark, "")
    if comma >= 0 and re.fullmatch(r"[1-9]\d{0,2},\d{3}", digits):
        return digits.replace(",", "")
    return digits.replace(",", ".")


def read_number(typed: str) -> tuple[Fraction, str] | None:
    """Return the number and the unit words behind it, or None where there is no number.

    Takes whole and decimal numbers, decimal commas, thousands separators, fractions (3/4), mixed numbers (1 1/2) and
    per cent (12% is 12 with the unit "%"); a currency sign in front is passed over.
    """
    # "1½" is one and a half; written out without a space it would read as 11/2.
    spaced = _VULGAR.sub(" ", typed[:LONGEST_EXPRESSION].translate(_MINUS))
    text = unicodedata.normalize("NFKC", spaced).replace("⁄", "/").strip()[:LONGEST_EXPRESSION]
    text = _CURRENCY.sub(r"\1", text)
    mixed = _MIXED.match(text)
    if mixed:
        sign, whole, top, bottom, rest = mixed.groups()
        if int(bottom) == 0:
            return None
        value = int(whole) + Fraction(int(top), int(bottom))
        return (-value if sign == "-" else value), rest.strip()
    found = _NUMBER.match(text)
    if not found:
        return None
    sign, digits, bottom, rest = found.groups()
    try:
        value = Fraction(_plain_digits(digits))
    except (ValueError, ZeroDivisionError):
        return None
    if bottom is not None:
        if int(bottom) == 0:
            return None
        value /= int(bottom)
    return (-value if sign == "-" else value), rest.strip()


def plain_algebra(typed: str) -> str:
    """Return an expression without spaces, dollar signs and LaTeX dress, in lower case."""
    text = unicodedata.normalize("NFKC", typed[: LONGEST_EXPRESSION * 2].translate(_MINUS)).replace("$", "")
    for _round in range(4):
        text = _FRACTION_TEX.sub(r"((\1)/(\2))", text)
    text = re.sub(r"\\(left|right|cdot|times|,|;|!)", lambda m: "*" if m[1] in ("cdot", "times") else "", text)
    return re.sub(r"[\s{}]", "", text.replace("**", "^")).replace("\\", "").lower()


Value = Fraction | float


class _NotAlgebra(Exception):
    pass


class _Reader:
    """A recursive-descent reader of + - * / ^, brackets, a few functions, numbers and one-letter variables, at a point.

    Values are exact fractions until a function or a root is met; from there on they are floats.
    """

    def __init__(self, text: str, point: Fraction) -> None:
        self.tokens = re.findall(r"\d+\.?\d*|\.\d+|sqrt|sin|cos|tan|ln|log|abs|pi|[a-z]|[-+*/^()]", text)
        if "".join(self.tokens) != text or not text:
            raise _NotAlgebra
        self.place, self.point, self.depth = 0, point, 0

    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.place += 1
        return token

    def sum(self) -> Value:
        self.depth += 1
        if self.depth > 30:
            raise _NotAlgebra
        value = self.product()
        while self.peek() in {"+", "-"}:
            value = value + self.product() if self.take() == "+" else value - self.product()
        self.depth -= 1
        return value

    def product(self) -> Value:
        value = self.signed()
        while self.peek() in {"*", "/"} or re.match(r"[\da-z(.]", self.peek() or " "):
            if self.peek() == "/":
                self.take()
                below = self.signed()
                if below == 0:
                    raise ZeroDivisionError
                value /= below
            else:
                if self.peek() == "*":
                    self.take()
                value *= self.signed()
        return value

    def signed(self) -> Value:
        if self.peek() in {"+", "-"}:
            return self.signed() if self.take() == "+" else -self.signed()
        value = self.atom()
        if self.peek() == "^":
            self.take()
            power = self.signed()
            if abs(float(power)) > LARGEST_POWER or (value == 0 and power < 0):
                raise _NotAlgebra
            if isinstance(power, float) or isinstance(value, float) or power.denominator != 1:
                # Even roots of negative numbers have no value here; math.pow says so with a ValueError.
                return math.pow(value, power)
            # Powers of powers grow without end: a short answer must not buy a long computation.
            if max(value.numerator.bit_length(), value.denominator.bit_length()) * abs(power) > LARGEST_POWER_BITS:
                raise _NotAlgebra
            return Fraction(value ** int(power))
        return value

    def atom(self) -> Value:
        symbol = self.take()
        if symbol == "(":
            value = self.sum()
            if self.take() != ")":
                raise _NotAlgebra
            return value
        if re.fullmatch(r"\d+\.?\d*|\.\d+", symbol):
            return Fraction(symbol.rstrip("."))
        if symbol in FUNCTIONS:
            return FUNCTIONS[symbol](float(self.atom()))
        if symbol == "pi":
            return math.pi
        if re.fullmatch(r"[a-z]", symbol):
            # Each letter gets its own value, so that x + y differs from x + z.
            return self.point + ord(symbol) - ord("a")
        raise _NotAlgebra

    def whole(self) -> Value:
        value = self.sum()
        if self.place != len(self.tokens):
            raise _NotAlgebra
        return value


def _values(text: str) -> list[Value | None]:
    """Return the value at each sample point; None where it has none there, like the root of a negative number."""
    values: list[Value | None] = []
    for point in SAMPLE_POINTS:
        try:
            values.append(_Reader(text, point).whole())
        except (ValueError, ZeroDivisionError, OverflowError):
            values.append(None)
    return values


def _agree(one: Value | None, other: Value | None) -> bool:
    if one is None or other is None:
        return one is other
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return one == other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)


def same_algebra(typed: str, key: str) -> bool:
    """Return whether two answers mean the same: equal as written, part by part, or at several sample points.

    Lists "(3,4)" and equations "x=5" are compared part by part; a bare right side of "x=5" is the same answer.
    """
    mine, right = plain_algebra(typed), plain_algebra(key)
    if not mine:
        return False
    if mine == right:
        return True
    if len(mine) > LONGEST_EXPRESSION:
        return False
    if "," in right:
        strip = "()[] "
        left_parts, right_parts = mine.strip(strip).split(","), right.strip(strip).split(",")
        return len(left_parts) == len(right_parts) > 1 and all(
            same_algebra(one, other) for one, other in zip(left_parts, right_parts, strict=True)
        )
    if right.count("=") == 1 and re.fullmatch(r"[a-z]=.*", right):
        mine = mine[2:] if mine.startswith(right[:2]) else mine
        right = right[2:]
    elif "=" not in right and re.fullmatch(r"[a-z]=[^=]+", mine):
        mine = mine[2:]
    elif right.count("=") == 1 and mine.count("=") == 1:
        return all(same_algebra(one, other) for one, other in zip(mine.split("="), right.split("="), strict=True))
    try:
        found, wanted = _values(mine), _values(right)
    except (_NotAlgebra, RecursionError):
        return mine == right
    is_known = any(value is not None for value in wanted)
    return is_known and all(_agree(one, other) for one, other in zip(found, wanted, strict=True))
