import numpy as np
import pytest

from pipelines.metrics.smoothness import jitter
from pipelines.support.errors import UnsuitableInput


def test_jerk_of_a_cubic_is_its_third_derivative():
    t = np.arange(50) / 30
    joints = np.zeros((50, 24, 3))
    joints[:, :, 0] = (0.5 * t**3)[:, None]
    joints[:, :, 1] = (t**2)[:, None]
    assert jitter(joints, 30.0) == pytest.approx(3.0)


def test_noise_has_the_expected_size():
    noise = np.random.default_rng(0).normal(0, 1e-3, (5000, 24, 3))
    # Third differences have variance 20; the mean norm of a 3-vector is sqrt(8 / pi) deviations.
    assert jitter(noise, 30.0) == pytest.approx(1e-3 * 30**3 * np.sqrt(20 * 8 / np.pi), rel=0.02)


def test_three_frames_have_no_third_difference():
    with pytest.raises(UnsuitableInput):
        jitter(np.zeros((3, 24, 3)), 30.0)
