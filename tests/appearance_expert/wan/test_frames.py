from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.appearance_expert.wan.frames import (
    Controls,
    load_frames,
    model_size,
    save_frames,
)


@given(st.integers(2, 4000), st.integers(2, 4000))
def test_sizes_are_multiples_of_16_within_the_limit(width, height):
    made = model_size(width, height, 1280 * 720)
    assert all(side % 16 == 0 and side >= 16 for side in made)
    assert made[0] * made[1] <= 1280 * 720
    if 0.2 < width / height < 5 and min(width, height) > 320:
        assert made[0] / made[1] == pytest.approx(width / height, rel=0.08)


def test_usual_sizes():
    assert model_size(720, 1280, 1280 * 720) == (720, 1280)
    assert model_size(540, 960, 1280 * 720) == (544, 960)
    assert model_size(1080, 1920, 1280 * 720) == (720, 1280)


def test_controls_follow_the_dance_in_time_and_space(portrait, swaying):
    dance = swaying(31, 60, 100)
    controls = Controls.of(portrait, dance, 15.0, 10**6)
    assert controls.frames == 16
    scale = np.array([controls.width / 60, controls.height / 100])
    assert controls.xy == pytest.approx(dance.xy[::2] * scale)
    assert [controls.source_of(i) for i in (0, 2, 3, 30)] == [0, 1, 2, 15]
    assert controls.to_canvas(controls.reference).shape == (100, 60, 3)


def test_the_same_rate_changes_nothing(portrait, swaying):
    dance = swaying(10)
    controls = Controls.of(portrait, dance, 30.0, 10**6)
    assert np.array_equal(controls.xy, dance.xy)
    assert [controls.source_of(i) for i in range(10)] == list(range(10))


def test_the_picture_is_laid_where_the_dance_is(portrait, swaying):
    dance = swaying(3)
    assert np.array_equal(Controls.of(portrait, dance, 30.0, 10**6).reference, portrait.image)
    moved = replace(dance, reference_to_canvas=np.array([[1.0, 0, 5], [0, 1, 0]]))
    reference = Controls.of(portrait, moved, 30.0, 10**6).reference
    assert np.array_equal(reference[:, 5:], portrait.image[:, :-5])
    assert np.array_equal(reference[:, 0], portrait.image[:, 0])  # the edge goes on, no black bar


def test_stored_segments_come_back_without_loss(tmp_path):
    frames = np.random.default_rng(0).integers(0, 256, (3, 20, 14, 3), dtype=np.uint8)
    save_frames(tmp_path / "segment.zip", frames, {"delta_e": 1.5})
    again, entry = load_frames(tmp_path / "segment.zip")
    assert np.array_equal(again, frames)
    assert entry == {"delta_e": 1.5}
