"""One row per metric, from which the tables' columns follow."""

import math

import numpy as np
import pytest

from pipelines.evaluation.catalogue import METRICS, columns, measured_by, shown
from pipelines.evaluation.profiles import motion_profile
from pipelines.evaluation.protocols.table import PROTOCOLS
from pipelines.evaluation.vbench_dimensions import DIMENSIONS


def test_columns_stand_in_the_order_of_the_papers_tables():
    assert columns("motion-3d") == (
        "fid_k", "fid_g", "div_k", "div_g", "bas", "fsr", "pfc", "jitter",
        "pen_self", "pen_floor", "fgd", "magnitude", "fps",
        "fid_s", "div_s", "acc", "f1", "r5", "mm_dist", "fid_c", "div_c",
    )  # fmt: skip
    assert columns("motion-appearance") == (
        *DIMENSIONS, "fid_k", "fid_g", "div_k", "div_g", "bas",
    )  # fmt: skip
    assert columns("animation") == (
        "fvd", "ssim", "ssim_gauss", "lpips_alex", "lpips_vgg", "psnr",
    )  # fmt: skip


def test_every_metric_stands_in_a_table_and_labels_are_told_apart():
    assert {key for protocol in PROTOCOLS for key in columns(protocol)} == set(METRICS)
    assert all(set(metric.protocols) <= set(PROTOCOLS) for metric in METRICS.values())
    assert len({metric.label for metric in METRICS.values()}) == len(METRICS)


def test_a_function_and_what_it_takes_go_together():
    for metric in METRICS.values():
        assert bool(metric.function) == bool(metric.takes)
        assert bool(metric.space) == metric.takes.startswith("set")


@pytest.mark.parametrize("key", measured_by("motion-3d", "joints, fps"))
def test_metrics_of_dances_take_joints_and_a_rate(key, dance):
    value = measured_by("motion-3d", "joints, fps")[key](dance().joints(), 30.0)
    assert np.isfinite(value)


@pytest.mark.parametrize("key", measured_by("motion-3d", "joints, profile"))
@pytest.mark.parametrize("profile", ["strict", "lodge", "mace3d-official"])
def test_metrics_of_profiles_take_joints_and_the_profile(key, profile, dance):
    function = measured_by("motion-3d", "joints, profile")[key]
    assert function(dance().joints(), motion_profile(profile)) >= 0


@pytest.mark.parametrize("key", measured_by("animation", "frame, original"))
def test_metrics_of_pictures_like_equal_ones_best(key):
    random = np.random.default_rng(0)
    picture, other = random.integers(0, 256, (2, 24, 24, 3), dtype=np.uint8)
    function = measured_by("animation", "frame, original")[key]
    assert function(picture, picture) > function(other, picture)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_metrics_of_sets_take_features(protocol):
    rows = np.random.default_rng(0).standard_normal((20, 3))
    for function in measured_by(protocol, "set, truth").values():
        assert function(rows, rows) == pytest.approx(0, abs=1e-9)
    for function in measured_by(protocol, "set").values():
        assert function(2 * rows) == pytest.approx(2 * function(rows))


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [("sc", 0.9397, "93.97"), ("fsr", 0.21551, "0.216"), ("fps", 187.6, "188"),
     ("fsr", math.nan, "–"), ("fsr", None, "–"), ("psnr", math.inf, "–")],
)  # fmt: skip
def test_values_as_tables_print_them(metric, value, text):
    assert shown(metric, value) == text
