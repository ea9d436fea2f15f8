"""VBench's formulas on frames whose scores are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from pipelines.metrics.vbench.amt import AmtS
from pipelines.metrics.vbench.dimensions import (
    AestheticQuality,
    Consistency,
    ImagingQuality,
    MotionSmoothness,
    TemporalFlickering,
    mean_difference,
)
from pipelines.support.errors import UnsuitableInput

CPU = torch.device("cpu")


def frames(*greys, size=(32, 48)):
    return np.stack([np.full((*size, 3), grey, np.uint8) for grey in greys])


def test_flickering():
    still, alternating, steady = TemporalFlickering(), TemporalFlickering(), TemporalFlickering()
    still.see(frames(7, 7, 7))
    alternating.see(frames(0, 255))
    alternating.see(frames(0, 255))
    steady.see(frames(10, 20, 30))
    assert still.score() == (1.0, 1.0)
    assert alternating.score() == (0.0, 1.0)
    assert steady.score()[0] == pytest.approx(245 / 255)
    one = TemporalFlickering()
    one.see(frames(1))
    with pytest.raises(UnsuitableInput, match="too few"):
        one.score()


class Embedding(nn.Module):
    """The picture's mean colour as its embedding."""

    def forward(self, x):
        return x.mean(dim=(2, 3))


def test_consistency_weighs_before_and_first_alike_and_clips_below_zero():
    def prepare(pictures):
        return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() - 128

    measure = Consistency(Embedding(), prepare, CPU)
    first, second, third = frames(128, 128, 128)
    first[..., 0], second[..., 1], third[..., 0] = 228, 228, 28
    measure.see(np.stack([first, first, second]))
    measure.see(np.stack([third]))
    # The same again: 1. At right angles to both: 0. At right angles and opposite: 0.
    assert measure.score() == (pytest.approx(1 / 3), 3.0)


def test_smoothness_compares_odd_frames_with_the_middle_of_their_neighbours():
    model = AmtS()
    for value in model.parameters():
        value.data.zero_()
    exact, off = MotionSmoothness(model, CPU), MotionSmoothness(model, CPU)
    exact.see(frames(10, 20, 30, 40, 50, 99, size=(128, 128)))
    off.see(frames(10, 71, 30, size=(128, 128)))
    assert exact.score()[0] == pytest.approx(1.0, abs=1 / 255)
    assert off.score()[0] == pytest.approx(1 - 51 / 255, abs=1 / 255)


def test_imaging_quality_is_a_mean_over_100():
    class Brightness(nn.Module):
        def forward(self, x):
            return 100 * x.mean(dim=(1, 2, 3))

    measure = ImagingQuality(Brightness(), CPU)
    measure.see(frames(51, 102))
    assert measure.score()[0] == pytest.approx(0.3)


def test_aesthetic_quality_is_a_head_on_unit_embeddings_over_10():
    head = nn.Linear(3, 1)
    head.weight.data, head.bias.data = torch.tensor([[3.0, 0.0, 4.0]]), torch.tensor([1.0])

    def prepare(pictures):
        return torch.from_numpy(pictures).permute(0, 3, 1, 2).float()

    measure = AestheticQuality(Embedding(), head, prepare, CPU)
    red, blue = frames(0, 0)
    red[..., 0], blue[..., 2] = 200, 7
    measure.see(np.stack([red, blue]))
    # Whatever the brightness: 3 + 1 for red, 4 + 1 for blue.
    assert measure.score() == (pytest.approx((4 + 5) / 2 / 10), 1.0)


def test_mean_difference_does_not_wrap_around():
    dark, light = frames(0, 255)
    assert mean_difference(dark, light) == mean_difference(light, dark) == 255


def test_smoothness_goes_on_where_the_last_frames_ended():
    model = AmtS()
    for value in model.parameters():
        value.data.zero_()
    whole, parts = MotionSmoothness(model, CPU), MotionSmoothness(model, CPU)
    clip = frames(10, 71, 30, 90, 50, size=(128, 128))
    whole.see(clip)
    for frame in clip:
        parts.see(frame[None])
    assert parts.score() == whole.score()
