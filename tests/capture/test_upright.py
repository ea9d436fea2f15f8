"""Which way is up, from a dancer who stands."""

import numpy as np
import pytest
from made_landmarks import known_dance

from pipelines.capture.upright import camera_tilt, to_world


@pytest.mark.parametrize("tilt", [-0.2, 0.0, 0.15])
def test_the_tilt_of_the_camera_comes_back(tilt):
    dance = known_dance(60)
    seen = (dance.joints() - [0.0, -4.0, 1.0]) @ to_world(tilt)
    level = (dance.joints() - [0.0, -4.0, 1.0]) @ to_world(0.0)
    own_lean = camera_tilt(level, 30.0)  # the dancer's own, which a camera cannot tell from it
    assert abs(own_lean) < 0.12
    assert camera_tilt(seen, 30.0) == pytest.approx(tilt + own_lean, abs=0.01)


def test_who_never_stands_does_not_say():
    joints = known_dance(60).joints()
    lying = joints[..., [2, 0, 1]]
    assert camera_tilt(lying @ to_world(0.0), 30.0) is None


def test_a_level_camera_looks_along_y():
    np.testing.assert_allclose(to_world(0.0) @ [0.0, 0.0, 1.0], [0.0, 1.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(to_world(0.0) @ [0.0, 1.0, 0.0], [0.0, 0.0, -1.0], atol=1e-12)
