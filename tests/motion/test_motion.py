from dataclasses import replace

import numpy as np
import pytest

from pipelines.body.skeleton import MIRROR
from pipelines.motion.motion import Motion
from pipelines.support.errors import UnsuitableInput


def test_a_mirrored_dance_has_mirrored_joints(swaying):
    motion = swaying(20)
    ours, mirrored = motion.joints(), motion.mirrored().joints()
    # The table's two body halves differ by up to 2 cm a bone, so the mirror image is not exact.
    np.testing.assert_allclose(mirrored[:, list(MIRROR)] * [-1, 1, 1], ours, atol=0.08)
    np.testing.assert_array_equal(motion.mirrored().mirrored().poses, motion.poses)


def test_resampling_keeps_the_length_and_hits_shared_instants(swaying):
    motion = swaying(60, fps=60)
    half = motion.resampled(30)
    assert half.frames == 30
    assert half.seconds == motion.seconds
    np.testing.assert_allclose(half.joints(), motion.joints()[::2], atol=1e-5)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: replace(m, poses=m.poses[:, :22]), "poses are"),
        (lambda m: replace(m, trans=m.trans[:3]), "trans is"),
        (lambda m: m.sliced(0, 0), "no frames"),
        (lambda m: replace(m, trans=np.where(np.arange(20)[:, None] == 7, np.inf, m.trans)), "7"),
        (lambda m: replace(m, fps=0.0), "frame rate"),
    ],
)
def test_what_is_wrong_is_named(swaying, change, says):
    with pytest.raises(UnsuitableInput, match=says):
        change(swaying(20)).validate()


def test_resampling_a_long_dance_has_no_seams():
    """Longer than what is worked on at a time; a steady turn has a closed form."""
    times = np.arange(6000) / 120
    poses = np.zeros((6000, 24, 3), dtype=np.float32)
    poses[:, 16, 2] = 0.05 * times
    trans = np.stack([times, 0 * times, 0 * times + 1], axis=-1).astype(np.float32)
    dance = Motion(poses, trans, 120.0).resampled(59.94)
    seconds = np.arange(dance.frames) / 59.94
    inside = seconds <= times[-1]
    np.testing.assert_allclose(dance.poses[inside, 16, 2], 0.05 * seconds[inside], atol=1e-5)
    np.testing.assert_allclose(dance.trans[inside, 0], seconds[inside], atol=1e-4)
    assert np.abs(np.diff(dance.joints(), axis=0)).max() < 0.02
