"""Sizes and frame rates of videos as people write them."""

from __future__ import annotations

from fractions import Fraction

from pipelines.support.errors import BadUsage

_COMMON_RATES = (Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001))
_LARGEST_SIDE = 4096
LONGER_SIDE = 960
_SHORTEST_SIDE = 64


def frame_rate(fps: float) -> Fraction:
    """A rate as the fraction that is meant: 29.97 is 30000/1001, 12.5 is 25/2."""
    for rate in _COMMON_RATES:
        if abs(float(rate) - fps) < 0.005:
            return rate
    return Fraction(fps).limit_denominator(1000)


def parse_size(text: str) -> tuple[int | None, int]:
    """ "540x960" -> (540, 960); "960" -> (None, 960), the longer side."""
    parts = text.lower().split("x")
    if len(parts) > 2 or not all(part.strip().isdecimal() for part in parts):
        raise BadUsage(f"--size {text}: not a size", "write it as 540x960, or 960")
    numbers = [int(part) for part in parts]
    if not all(_SHORTEST_SIDE <= number <= _LARGEST_SIDE for number in numbers):
        raise BadUsage(f"--size {text}: sides must lie in {_SHORTEST_SIDE} ... {_LARGEST_SIDE}")
    if any(number % 2 for number in numbers):
        raise BadUsage(f"--size {text}: sides must be even, video codecs need it")
    return (None, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])


def canvas_size(width: int, height: int, size: str | None) -> tuple[int, int]:
    """The video's even size for a picture: as asked, or the picture's shape, longer side 960."""
    asked = (None, LONGER_SIDE) if size is None else parse_size(size)
    if asked[0] is not None:
        return asked[0], asked[1]
    scale = asked[1] / max(width, height)
    width, height = (max(_SHORTEST_SIDE, round(s * scale / 2) * 2) for s in (width, height))
    return width, height
