"""A grade falls with everything that speaks against a capture, and says what."""

from dataclasses import replace

import pytest

from pipelines.capture.grade import Figures

GOOD = Figures(seen=1.0, bridged=0.0, exchanged=0.0, misfit=0.015, depth_misfit=0.03, speed=0.4,
               pixels=400.0, camera=0.0, fps=30.0, upright=True, legs=1.0,
               leg_reach=1.45)  # fmt: skip


def test_nothing_against_it_is_one():
    assert GOOD.grade() == 1.0 and GOOD.remarks() == ()


@pytest.mark.parametrize(
    ("worse", "remark"),
    [
        ({"seen": 0.6}, "40% of the limbs are hidden"),
        ({"bridged": 0.2}, "20% of the frames are interpolated"),
        ({"exchanged": 0.2}, "left and right were unclear in 20%"),
        ({"misfit": 0.08}, None),
        ({"depth_misfit": 0.1}, None),
        ({"leg_reach": 1.2}, "legs look short: the dancer sits"),
        ({"legs": 0.1}, "legs are not seen: the dancer is made to stand"),
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


@pytest.mark.parametrize("known", [{"legs": 0.55}, {"seen": 0.75}, {"pixels": 130.0}])
def test_what_rendered_dances_show_counts_in_the_expected_error_only(known):
    assert replace(GOOD, **known).grade() == 1.0


def test_a_decimetre_of_expected_error_is_where_curate_drops():
    from pipelines.curation.settings import CurateConfig

    off = replace(
        GOOD, misfit=0.0242, speed=0.57, depth_misfit=0.054 * (0.1 / 0.0635) ** (1 / 0.39)
    )
    assert off.expected_error() == pytest.approx(0.1)
    assert off.grade() == pytest.approx(CurateConfig().min_capture, abs=0.02)


def test_figures_are_plain():
    assert GOOD.plain()["pixels"] == 400.0 and GOOD.plain()["upright"] is True


def test_the_error_that_is_expected_grows_with_every_misfit_and_with_speed():
    typical = replace(GOOD, misfit=0.0242, depth_misfit=0.054, speed=0.57)
    assert typical.expected_error() == pytest.approx(0.0635)
    for name in ("misfit", "depth_misfit", "speed"):
        doubled = replace(typical, **{name: 2 * getattr(typical, name)})
        assert 1.03 < doubled.expected_error() / 0.0635 < 1.4
    assert replace(typical, misfit=5.0, depth_misfit=5.0).expected_error() <= 0.5


def test_a_half_body_is_below_what_curate_keeps():
    from pipelines.curation.settings import CurateConfig

    assert replace(GOOD, legs=0.05, seen=0.65).grade() < CurateConfig().min_capture
