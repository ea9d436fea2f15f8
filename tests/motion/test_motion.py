from dataclasses import replace

import numpy as np
import pytest

from pipelines.body.skeleton import MIRROR
from pipelines.errors import UnsuitableInput


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
