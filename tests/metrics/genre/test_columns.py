"""What the classifier sees of a dance, by closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pipelines.metrics.genre.columns import PLACE, ROTATIONS, Scale, of_encoded, windows_of
from pipelines.motion.motion import Motion
from pipelines.motion.representation import encode
from pipelines.motion.turning import face_front
from pipelines.support.errors import UnsuitableInput


def turned(motion, yaw, way):
    """The dance danced elsewhere in the room."""
    turn = Rotation.from_rotvec([0, 0, yaw])
    poses = motion.poses.copy()
    poses[:, 0] = (turn * Rotation.from_rotvec(poses[:, 0])).as_rotvec()
    return replace(motion, poses=poses, trans=turn.apply(motion.trans).astype(np.float32) + way)


def test_place_and_rotations_without_contacts(dance):
    encoded = encode(dance(frames=60))[None].copy()
    face_front(encoded)
    (window,) = windows_of(dance(frames=60), 60, "front")
    np.testing.assert_array_equal(window, encoded[0, :, 4:])
    np.testing.assert_array_equal(of_encoded(encoded)[0], window)


def test_where_in_the_room_and_which_way_does_not_matter(dance):
    plain = windows_of(dance(), 60, "front")
    away = windows_of(turned(dance(), 1.2, np.float32([5, -3, 0])), 60, "front")
    for one, other in zip(plain, away, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5)


@pytest.mark.parametrize(
    ("frames", "starts"), [(60, [0]), (100, [0, 30, 40]), (120, [0, 30, 60]), (40, [0])]
)
def test_windows_lie_half_a_window_apart_and_the_last_ends_with_the_dance(dance, frames, starts):
    motion = dance(frames=frames)
    found = windows_of(motion, 60, "released")
    whole = windows_of(motion, 1000, "released")[0]
    assert len(found) == len(starts)
    for window, start in zip(found, starts, strict=True):
        np.testing.assert_allclose(window, whole[start : start + 60], atol=1e-6)


def test_released_frames_are_y_up_and_mistake_axis_angle_for_euler_angles():
    poses = np.zeros((8, 24, 3), np.float32)
    poses[:, 0] = [np.pi / 2, 0, 0]
    poses[:, 5] = [0.3, -0.4, 0.9]
    poses[:, 7] = [0, 0.5, 0]
    trans = np.tile(np.float32([1, 2, 3]), (8, 1))
    (window,) = windows_of(Motion(poses, trans, 30.0), 8, "released")
    np.testing.assert_allclose(window[:, PLACE], np.tile([1, 3, -2], (8, 1)), atol=1e-6)
    sixes = window[:, ROTATIONS].reshape(8, 24, 2, 3)
    np.testing.assert_allclose(sixes[0, 0], np.eye(3)[:2], atol=1e-6)  # upright: no turn, y up
    x, y, z = (
        Rotation.from_rotvec(a).as_matrix() for a in ([0.3, 0, 0], [0, -0.4, 0], [0, 0, 0.9])
    )
    np.testing.assert_allclose(sixes[3, 5], (z @ y @ x)[:2], atol=1e-6)
    right = Rotation.from_rotvec([0, 0.5, 0]).as_matrix()
    np.testing.assert_allclose(sixes[3, 7], right[:2], atol=1e-6)  # one axis: no mistake


def test_another_frame_rate_is_resampled(dance):
    at_60 = windows_of(dance(frames=200, fps=60.0), 60, "front")
    assert [len(window) for window in at_60] == [60, 60, 60]


def test_a_dance_of_no_length_tells_no_genre(dance):
    with pytest.raises(UnsuitableInput, match="7 frames at 30 fps"):
        windows_of(dance(frames=7), 60, "front")
    assert len(windows_of(dance(frames=8), 60, "front")) == 1


def test_one_scale_for_the_place_and_one_for_all_rotations():
    frames = np.random.default_rng(0).normal(3.0, 2.0, (500, 147)).astype(np.float32)
    frames[:, :3] *= 10
    scale = Scale.fit(frames)
    scaled = scale.transform(frames)
    for part in (PLACE, ROTATIONS):
        assert scaled[:, part].mean() == pytest.approx(0, abs=1e-4)
        assert scaled[:, part].std() == pytest.approx(1, abs=1e-4)
    assert scaled[:, 4].std() != pytest.approx(1, abs=1e-6)  # no column has a scale of its own
    assert Scale.fit(np.zeros((4, 147), np.float32)).place_std == 1
