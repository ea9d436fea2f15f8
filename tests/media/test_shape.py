"""Sizes and frame rates as people write them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.media.shape import canvas_size, frame_rate, parse_size
from pipelines.support.errors import BadUsage


@pytest.mark.parametrize(
    ("fps", "meant"),
    [
        (29.97, Fraction(30000, 1001)), (23.976, Fraction(24000, 1001)),
        (23.98, Fraction(24000, 1001)), (59.94, Fraction(60000, 1001)), (30.0, Fraction(30)),
        (24.0, Fraction(24)), (60.0, Fraction(60)), (12.5, Fraction(25, 2)), (1.0, Fraction(1)),
        (29.9, Fraction(299, 10)), (16.0, Fraction(16)),
    ],
)  # fmt: skip
def test_rates_are_the_fraction_that_is_meant(fps, meant):
    assert frame_rate(fps) == meant


@given(st.integers(1, 240))
def test_whole_rates_stay_whole(fps):
    assert frame_rate(float(fps)) == fps


@given(st.floats(1, 240))
def test_a_rate_is_never_off_by_more_than_half_a_hundredth(fps):
    assert abs(float(frame_rate(fps)) - fps) < 0.005


@given(st.floats(1, 240))
def test_a_rate_that_was_understood_once_is_understood_again(fps):
    rate = frame_rate(fps)
    assert frame_rate(float(rate)) == rate


@pytest.mark.parametrize(
    ("text", "size"),
    [("540x960", (540, 960)), ("1280X720", (1280, 720)), ("960", (None, 960)), ("64x64", (64, 64)),
     ("4096x4096", (4096, 4096)), (" 540 x 960 ", (540, 960))],
)  # fmt: skip
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "540x",
        "x960",
        "540x960x3",
        "big",
        "540*960",
        "-540x960",
        "540.5x960",
        "1e3",
        "²x960",
    ],
)
def test_what_is_no_size_says_how_to_write_one(text):
    with pytest.raises(BadUsage) as caught:
        parse_size(text)
    assert caught.value.what == f"--size {text}: not a size"
    assert caught.value.hint == "write it as 540x960, or 960"


@pytest.mark.parametrize("text", ["62x960", "540x4098", "0", "0x0", "99999999999x64"])
def test_sides_out_of_range_are_refused_with_the_range(text):
    with pytest.raises(BadUsage, match=r"sides must lie in 64 \.\.\. 4096"):
        parse_size(text)


@pytest.mark.parametrize("text", ["541x960", "540x961", "541"])
def test_odd_sides_are_refused(text):
    with pytest.raises(BadUsage, match="sides must be even"):
        parse_size(text)


@given(st.integers(32, 2048), st.integers(32, 2048))
def test_every_even_size_in_range_is_read(width, height):
    assert parse_size(f"{2 * width}x{2 * height}") == (2 * width, 2 * height)


@pytest.mark.parametrize(
    ("picture", "size", "canvas"),
    [((1080, 1920), None, (540, 960)), ((1920, 1080), None, (960, 540)),
     ((100, 100), None, (960, 960)),
     ((3000, 4000), "480", (360, 480)), ((3000, 4000), "540x960", (540, 960)),
     ((10_000, 10), None, (960, 64)), ((1, 1), "64", (64, 64))],
)  # fmt: skip
def test_canvas(picture, size, canvas):
    assert canvas_size(*picture, size) == canvas


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_every_canvas_is_even_and_of_the_pictures_shape(width, height):
    canvas = canvas_size(width, height, None)
    assert max(canvas) == 960
    assert all(side % 2 == 0 and side >= 64 for side in canvas)
    if min(canvas) > 64:
        assert abs(canvas[0] / canvas[1] - width / height) < 0.035 * width / height
