"""What QTI computes with: each operator takes values that are not NULL and returns one, NULL where there is none.

Meanings: QTI 3, Assessment, Section and Item Information Model, section 2.11 (numeric operators).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext

from headway.core.items.rules.values import Single, Value, is_number, singles_of

Number = int | float
Operator = Callable[[Sequence[Value]], Value]

# Numbers of strangers stay this short: a question has no use for longer ones, and they cost without end.
LARGEST_BITS = 2048


def numbers_in(values: Iterable[Value]) -> list[Number] | None:
    """Return the numbers in values and their containers, None where something is no number."""
    found: list[Single] = [one for value in values for one in singles_of(value)]
    if not found or not all(is_number(one) for one in found):
        return None
    return found  # type: ignore[return-value]


def _bounded(number: Number) -> Number | None:
    if isinstance(number, int):
        return number if number.bit_length() <= LARGEST_BITS else None
    return None if math.isnan(number) else number


def _over_numbers(compute: Callable[[list[Number]], Number | None]) -> Operator:
    def operator(values: Sequence[Value]) -> Value:
        numbers = numbers_in(values)
        if numbers is None:
            return None
        try:
            result = compute(numbers)
        except (ArithmeticError, ValueError):
            return None
        return None if result is None else _bounded(result)

    return operator


def _of_two(compute: Callable[[Number, Number], Number | None]) -> Operator:
    return _over_numbers(lambda numbers: compute(numbers[0], numbers[1]) if len(numbers) == 2 else None)


def _of_whole(compute: Callable[[list[int]], int | None]) -> Operator:
    def checked(numbers: list[Number]) -> int | None:
        whole = [int(one) for one in numbers if one == int(one)]
        return compute(whole) if len(whole) == len(numbers) else None

    return _over_numbers(checked)


def _product(numbers: list[Number]) -> Number | None:
    result: Number = 1
    for one in numbers:
        bounded = _bounded(result * one)
        if bounded is None:
            return None
        result = bounded
    return result


def _power(base: Number, exponent: Number) -> float | None:
    return math.pow(base, exponent)


def _least_common_multiple(numbers: list[int]) -> int | None:
    result = 1
    for one in numbers:
        result = math.lcm(result, one)
        if result.bit_length() > LARGEST_BITS:
            return None
    return result


def _whole(number: Number, rounding: Callable[[float], int]) -> Number:
    return number if isinstance(number, float) and math.isinf(number) else rounding(number)


def round_half_up(number: Number) -> Number:
    """Return the nearest whole number; a half goes up: 6.5 is 7, -6.5 is -6."""
    return _whole(number, lambda one: math.floor(one + 0.5) if abs(one) < 2**52 else int(one))


def round_to(number: Number, mode: str, figures: int) -> Number | None:
    """Return a number with so many significant figures, or decimal places; None where that says nothing."""
    if isinstance(number, float) and not math.isfinite(number):
        return None if math.isnan(number) else number
    if not (0 <= figures <= 300) or (mode != "decimalPlaces" and figures < 1):
        return None
    written = Decimal(repr(float(number)))
    if written == 0:
        return 0.0
    places = figures if mode == "decimalPlaces" else figures - 1 - written.adjusted()
    with localcontext() as context:
        context.prec = 700
        return float(written.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


def _mean(numbers: list[Number]) -> float:
    return math.fsum(numbers) / len(numbers)


def _variance(numbers: list[Number], fewer: int) -> float | None:
    if len(numbers) - fewer < 1:
        return None
    mean = _mean(numbers)
    return math.fsum((one - mean) ** 2 for one in numbers) / (len(numbers) - fewer)


def _deviation(numbers: list[Number], fewer: int) -> float | None:
    variance = _variance(numbers, fewer)
    return None if variance is None else math.sqrt(variance)


STATISTICS: Mapping[str, Operator] = {
    "mean": _over_numbers(_mean),
    "sampleVariance": _over_numbers(lambda numbers: _variance(numbers, 1)),
    "sampleSD": _over_numbers(lambda numbers: _deviation(numbers, 1)),
    "popVariance": _over_numbers(lambda numbers: _variance(numbers, 0)),
    "popSD": _over_numbers(lambda numbers: _deviation(numbers, 0)),
}

OPERATORS: Mapping[str, Operator] = {
    "qti-sum": _over_numbers(sum),
    "qti-product": _over_numbers(_product),
    "qti-subtract": _of_two(lambda one, other: one - other),
    "qti-divide": _of_two(lambda one, other: one / other),
    "qti-power": _of_two(_power),
    "qti-min": _over_numbers(min),
    "qti-max": _over_numbers(max),
    "qti-gcd": _of_whole(lambda numbers: math.gcd(*numbers)),
    "qti-lcm": _of_whole(_least_common_multiple),
    "qti-integer-divide": _of_whole(lambda numbers: numbers[0] // numbers[1] if len(numbers) == 2 else None),
    "qti-integer-modulus": _of_whole(lambda numbers: numbers[0] % numbers[1] if len(numbers) == 2 else None),
    "qti-mod": _of_two(lambda one, other: one % other),
    "qti-integer-to-float": _over_numbers(lambda numbers: float(numbers[0])),
    "qti-round": _over_numbers(lambda numbers: round_half_up(numbers[0])),
    "qti-truncate": _over_numbers(lambda numbers: _whole(numbers[0], math.trunc)),
    # Statistics by their own names are an older habit of some programs.
    "qti-mean": STATISTICS["mean"],
    "qti-sample-variance": STATISTICS["sampleVariance"],
    "qti-sample-sd": STATISTICS["sampleSD"],
    "qti-sample-s-d": STATISTICS["sampleSD"],
    "qti-pop-variance": STATISTICS["popVariance"],
    "qti-pop-sd": STATISTICS["popSD"],
    "qti-pop-s-d": STATISTICS["popSD"],
}


def _inverse(compute: Callable[[float], float]) -> Callable[[float], float]:
    return lambda number: compute(1.0 / number)


def _one_over(compute: Callable[[float], float]) -> Callable[[float], float]:
    return lambda number: 1.0 / compute(number)


def _logarithm(compute: Callable[[float], float]) -> Callable[[float], float]:
    return lambda number: -math.inf if number == 0 else compute(number)


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)


_FUNCTIONS: Mapping[str, Callable[[float], Number]] = {
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "sec": _one_over(math.cos),
    "csc": _one_over(math.sin),
    "cot": _one_over(math.tan),
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "asec": _inverse(math.acos),
    "acsc": _inverse(math.asin),
    # Between 0 and pi, as school books draw it.
    "acot": lambda number: math.pi / 2 - math.atan(number),
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "sech": _one_over(math.cosh),
    "csch": _one_over(math.sinh),
    "coth": _one_over(math.tanh),
    "log": _logarithm(math.log10),
    "ln": _logarithm(math.log),
    "exp": math.exp,
    "abs": abs,
    "signum": _sign,
    "floor": lambda number: _whole(number, math.floor),
    "ceil": lambda number: _whole(number, math.ceil),
    "toDegrees": math.degrees,
    "toRadians": math.radians,
}


def _function(compute: Callable[[float], Number]) -> Operator:
    return _over_numbers(lambda numbers: compute(numbers[0]) if len(numbers) == 1 else None)


MATHEMATICS: Mapping[str, Operator] = {
    **{name: _function(compute) for name, compute in _FUNCTIONS.items()},
    "atan2": _of_two(math.atan2),
}

CONSTANTS: Mapping[str, float] = {"pi": math.pi, "e": math.e}
