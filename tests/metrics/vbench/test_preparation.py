"""Frames as VBench's networks get them: sizes, rounding, units."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.metrics.vbench.preparation import for_clip, for_dino, for_quality, to_tensor


def frames(*greys, size=(32, 48)):
    return np.stack([np.full((*size, 3), grey, np.uint8) for grey in greys])


def test_preparation():
    tall = np.zeros((2, 600, 400, 3), np.uint8)
    assert for_clip(tall).shape == (2, 3, 224, 224)
    assert for_dino(tall).shape == (2, 3, 336, 224)
    assert for_quality(tall).shape == (2, 3, 512, 341)
    assert for_quality(frames(255)).max() == 1.0
    grey = for_dino(frames(128), side=16)[0, :, 0, 0]
    assert grey.tolist() == pytest.approx(
        [(128 / 255 - 0.485) / 0.229, (128 / 255 - 0.456) / 0.224, (128 / 255 - 0.406) / 0.225]
    )


def test_clip_takes_the_middle_square():
    wide = frames(0, size=(32, 96))
    wide[:, :, 32:64] = 255
    found = for_clip(wide, side=32)[0]
    assert found.shape == (3, 32, 32)
    white = [
        (1 - mean) / deviation
        for mean, deviation in (
            (0.48145466, 0.26862954),
            (0.4578275, 0.26130258),
            (0.40821073, 0.27577711),
        )
    ]
    assert found.mean(dim=(1, 2)).tolist() == pytest.approx(white, rel=1e-5)


def test_pictures_are_scaled_on_eight_bits():
    ramp = np.arange(64, dtype=np.uint8).repeat(3).reshape(1, 1, 64, 3).repeat(64, axis=1)
    quality = for_quality(np.tile(ramp, (1, 10, 10, 1)))[0] * 255
    assert quality.shape == (3, 512, 512)
    assert (quality - quality.round()).abs().max() < 1e-4


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [(100, 200, (224, 448)), (300, 200, (336, 224)), (224, 224, (224, 224))],
)
def test_dino_keeps_the_shape(height, width, expected):
    assert for_dino(frames(9, size=(height, width))).shape[2:] == expected


def test_small_pictures_keep_their_size_for_quality():
    assert for_quality(frames(9, size=(40, 30))).shape == (1, 3, 40, 30)


def test_channels_come_first():
    picture = frames(0)
    picture[0, 1, 2] = (10, 20, 30)
    assert to_tensor(picture)[0, :, 1, 2].tolist() == [10, 20, 30]
