from dataclasses import replace

import numpy as np
import pytest

from pipelines.foot_restoration.treatment import treated
from pipelines.motion.bvh import save_bvh
from pipelines.motion.motion import Motion
from pipelines.motion.npz import save_npz
from pipelines.rendering.settings import RenderConfig
from pipelines.rendering.source import Source, load_dance
from pipelines.support.errors import UnsuitableInput


def still(seconds: float, fps: float) -> Motion:
    count = round(seconds * fps)
    poses = np.zeros((count, 24, 3), dtype=np.float32)
    poses[:, 0, 0] = np.pi / 2
    trans = np.zeros((count, 3), dtype=np.float32)
    trans[:, 0] = np.arange(count) / fps / 100  # a centimetre per second
    return Motion(poses, trans, fps)


def test_dances_come_at_the_videos_rate_and_keep_their_length(tmp_path):
    save_npz(still(7, 120), tmp_path / "a.npz")
    source = Source(tmp_path / "a.npz")
    assert load_dance(source, RenderConfig()).frames == 210
    slow = load_dance(source, RenderConfig(fps=29.97))
    assert (slow.frames, slow.fps) == (210, 30000 / 1001)
    assert load_dance(source, RenderConfig(), resample=False).frames == 840
    assert load_dance(source, RenderConfig(motion_fps=60)).seconds == 14


def test_a_changed_file_is_read_again(tmp_path):
    save_npz(still(6, 30), tmp_path / "a.npz")
    source = Source(tmp_path / "a.npz")
    assert load_dance(source, RenderConfig()).frames == 180
    save_npz(still(7, 30), tmp_path / "a.npz")
    assert load_dance(source, RenderConfig()).frames == 210


def test_headers_that_are_known_to_lie_are_not_believed(tmp_path):
    save_bvh(still(2, 120), tmp_path / "60_01.bvh")
    source = Source(tmp_path / "60_01.bvh", true_fps=60.0)
    assert load_dance(source, RenderConfig()).seconds == 4
    assert load_dance(source, RenderConfig(motion_fps=30)).seconds == 8
    save_bvh(still(2, 100), tmp_path / "60_01.bvh")
    assert load_dance(source, RenderConfig()).seconds == 2


def test_dull_starts_are_skipped_in_time(tmp_path):
    save_npz(still(10, 60), tmp_path / "a.npz")
    source = Source(tmp_path / "a.npz", skip_seconds=2.5)
    dance = load_dance(source, RenderConfig())
    assert dance.seconds == 7.5
    assert dance.trans[0, 0] == pytest.approx(0.025)
    with pytest.raises(UnsuitableInput, match="to be skipped"):
        load_dance(replace(source, skip_seconds=11.0), RenderConfig())


def test_two_hours_are_refused(tmp_path):
    save_npz(still(7200, 10), tmp_path / "a.npz")
    with pytest.raises(UnsuitableInput, match="120 minutes, more than 30"):
        load_dance(Source(tmp_path / "a.npz"), RenderConfig())


def test_feet_are_treated_before_the_rate_is_changed(tmp_path, dance):
    save_npz(dance(frames=240, fps=120.0), tmp_path / "a.npz")
    source = Source(tmp_path / "a.npz")
    plain, locked = RenderConfig(), RenderConfig(feet="lock")
    as_it_is, treated_ = (load_dance(source, config) for config in (plain, locked))
    original = load_dance(source, plain, resample=False)
    np.testing.assert_array_equal(treated_.poses, treated(original, "lock").resampled(30.0).poses)
    assert not np.array_equal(as_it_is.poses, treated_.poses)
    assert "feet" not in plain.shaping() and locked.shaping()["feet"] == "lock"
