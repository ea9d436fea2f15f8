"""A distorted dance is broken for anybody who looks, and the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.evaluation.study.distortion import distorted
from pipelines.metrics.smoothness import jitter


@pytest.mark.parametrize("frames", [2, 30, 300])
def test_it_is_far_from_the_dance_and_shakes(dance, frames):
    whole = dance(0, frames)
    broken = distorted(whole, 3)
    assert broken.frames == whole.frames and broken.fps == whole.fps
    assert np.isfinite(broken.poses).all() and np.isfinite(broken.trans).all()
    apart = np.linalg.norm(broken.joints() - whole.joints(), axis=-1)
    assert apart.mean() > 0.1
    if frames > 30:
        assert jitter(broken.joints(), 30.0) > 3 * jitter(whole.joints(), 30.0)
    np.testing.assert_array_equal(distorted(whole, 3).poses, broken.poses)
    assert not np.array_equal(distorted(whole, 4).poses, broken.poses)
