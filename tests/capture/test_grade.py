"""A grade falls with everything that speaks against a capture, and says what."""

from dataclasses import replace

import pytest

from pipelines.capture.grade import Figures

GOOD = Figures(seen=1.0, bridged=0.0, exchanged=0.0, misfit=0.015, depth_misfit=0.03,
               pixels=400.0, camera=0.0, fps=30.0, upright=True)  # fmt: skip


def test_nothing_against_it_is_one():
    assert GOOD.grade() == 1.0 and GOOD.remarks() == ()


@pytest.mark.parametrize(
    ("worse", "remark"),
    [
        ({"seen": 0.6}, "40% of the limbs are hidden"),
        ({"bridged": 0.2}, "20% of the frames are interpolated"),
        ({"exchanged": 0.2}, "left and right were unclear in 20%"),
        ({"misfit": 0.05}, None),
        ({"depth_misfit": 0.08}, None),
        ({"pixels": 90.0}, "90 pixels high"),
        ({"camera": 0.2}, "the camera moves"),
        ({"fps": 10.0}, "10 frames per second"),
        ({"upright": False}, "which way is up is a guess"),
    ],
)
def test_each_part_lowers_it(worse, remark):
    figures = replace(GOOD, **worse)
    assert 0 < figures.grade() < 0.9
    assert (remark is None) == (figures.remarks() == ())
    assert remark is None or remark in figures.remarks()[0]


def test_figures_are_plain():
    assert GOOD.plain()["pixels"] == 400.0 and GOOD.plain()["upright"] is True
