"""The geometry of small pictures. Pure: numbers in, coordinates out; the tags of `pictures` draw them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import pi


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a whole: its start and its length, both as shares from 0 to 1."""

    start: float
    length: float


def parts(values: Sequence[float]) -> list[Part]:
    """Return where each of `values` lies in their sum; all empty where there is nothing.

    >>> parts([3, 1])
    [Part(start=0.0, length=0.75), Part(start=0.75, length=0.25)]
    """
    total = sum(values)
    if total <= 0:
        return [Part(0.0, 0.0) for _ in values]
    starts = accumulate(values, initial=0)
    return [Part(start / total, value / total) for start, value in zip(starts, values, strict=False)]


def arc(part: Part, radius: float, gap: float) -> tuple[float, float, float]:
    """Return dash, space and offset that draw `part` of a circle of `radius`, `gap` shorter."""
    around = 2 * pi * radius
    dash = max(part.length * around - gap, 0.0)
    return dash, around - dash, -part.start * around


def line(values: Sequence[float], width: float, height: float, pad: float = 0.0) -> list[tuple[float, float]]:
    """Return the points of `values` from left to right; the largest is highest. One value is a flat line.

    >>> line([0, 10], 100, 30)
    [(0.0, 30.0), (100.0, 0.0)]
    """
    series = [*values, values[0]] if len(values) == 1 else list(values)
    low, high = min(series), max(series)
    span, step, room = (high - low) or 1, width / (len(series) - 1), height - 2 * pad
    return [(index * step, pad + room - (value - low) / span * room) for index, value in enumerate(series)]


def ceiling(highest: float) -> int:
    """Return a round number not below `highest` for the top of an axis.

    >>> [ceiling(value) for value in (0, 3, 41, 1284)]
    [1, 5, 50, 2000]
    """
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power >= highest:
                return factor * power
        power *= 10
