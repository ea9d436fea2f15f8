"""One segment from the pipeline, continuing the one before."""

import numpy as np
import pytest
import torch

from pipelines.appearance_expert.wan.config import WanConfig
from pipelines.appearance_expert.wan.face_clip import Faces
from pipelines.appearance_expert.wan.frames import Controls
from pipelines.appearance_expert.wan.sampling import (
    _conditioned_on,
    _generator,
    sample_segment,
)
from pipelines.appearance_expert.wan.segments import plan_segments
from pipelines.support.errors import OutOfResources

CONFIG = WanConfig(wan_sampling_steps=2, segment_frames=17, overlap=1)


@pytest.fixture
def controls(portrait, swaying):
    return Controls.of(portrait, swaying(30), 30.0, 10**6)


@pytest.fixture
def faces():
    return Faces.still(np.full((16, 16, 3), 128, np.uint8))


@pytest.fixture
def segments():
    return plan_segments(30, 17, 1)


def test_all_frames_come_and_every_step_is_told(loaded_wan, controls, faces, segments):
    told = []
    frames = sample_segment(
        loaded_wan, CONFIG, controls, faces, segments[0], None, 0, told.append
    )  # fmt: skip
    assert frames.shape == (17, 64, 48, 3) and frames.dtype == np.uint8
    assert told == [1, 1]


def test_the_tail_decides_what_follows(loaded_wan, controls, faces, segments):
    def second(level, seed=0):
        tail = np.full((1, 64, 48, 3), level, np.uint8)
        return sample_segment(
            loaded_wan, CONFIG, controls, faces, segments[1], tail, seed, lambda _: None
        )  # fmt: skip

    dark = second(20)
    assert (dark == second(20)).all()
    assert not (dark == second(220)).all() and not (dark == second(20, seed=1)).all()


@pytest.mark.parametrize("index", [0, 1, 2])
def test_the_noise_is_that_of_one_long_run(loaded_wan, controls, index):
    """Noise of segment after segment from one generator, in the latents' own shape."""
    plan = plan_segments(60, 17, 1)
    ours = _generator(loaded_wan.pipeline, CONFIG, controls, plan[index], seed=7)
    one_run = torch.Generator().manual_seed(7)
    shape = (1, 16, 1 + (17 - 1) // 4 + 1, 64 // 8, 48 // 8)
    for _ in range(index):
        torch.randn(shape, generator=one_run)
    assert torch.equal(torch.randn(5, generator=ours), torch.randn(5, generator=one_run))


def test_the_pipeline_is_left_as_it_was(loaded_wan):
    pipeline = loaded_wan.pipeline
    tail = np.zeros((1, 64, 48, 3), np.uint8)
    with pytest.raises(RuntimeError, match="within"), _conditioned_on(pipeline, tail):
        assert "prepare_prev_segment_cond_latents" in vars(pipeline)
        raise RuntimeError("within")
    assert "prepare_prev_segment_cond_latents" not in vars(pipeline)
    with _conditioned_on(pipeline, None):
        assert "prepare_prev_segment_cond_latents" not in vars(pipeline)


def test_a_full_card_is_told_in_pixels(loaded_wan, controls, faces, segments, monkeypatch):
    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(loaded_wan.pipeline.transformer, "forward", full)
    with pytest.raises(OutOfResources, match="48x64 frames with --profile cpu"):
        sample_segment(
            loaded_wan, CONFIG, controls, faces, segments[0], None, 0, lambda _: None
        )  # fmt: skip
