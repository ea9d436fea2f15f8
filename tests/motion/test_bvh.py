import time
import warnings

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pipelines.motion.bvh import read_bvh, save_bvh
from pipelines.motion.formats import load_motion
from pipelines.support.errors import Doubtful, UnsuitableInput

ODD = """HIERARCHY
ROOT Hips
{
  OFFSET 1 2 3
  CHANNELS 6 Yrotation Xposition Zrotation Yposition Xrotation Zposition
  JOINT Leg
  {
    OFFSET 0 -4 0
    CHANNELS 3 Xrotation Zrotation Yrotation
    End Site
    {
      OFFSET 0 -5 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.008333
10 1.5 20 2.5 30 3.5 40 50 60
0 0 0 0 0 0 0 0 0
"""


def test_any_channel_order_end_sites_and_a_rounded_frame_time(tmp_path):
    path = tmp_path / "odd.bvh"
    path.write_text(ODD.replace("\n", "\r\n"))
    source = read_bvh(path)
    assert source.names == ("Hips", "Leg", "Leg_end")
    assert source.parents == (-1, 0, 1)
    assert source.fps == 120
    np.testing.assert_allclose(source.root[0], [1.5, 2.5, 3.5])
    expected = Rotation.from_euler("YZX", [10, 20, 30], degrees=True).as_matrix()
    np.testing.assert_allclose(source.rotations[0, 0], expected, atol=1e-12)
    expected = Rotation.from_euler("XZY", [40, 50, 60], degrees=True).as_matrix()
    np.testing.assert_allclose(source.rotations[0, 1], expected, atol=1e-12)
    positions, _ = source.pose()
    np.testing.assert_allclose(positions[1], [[0, 0, 0], [0, -4, 0], [0, -9, 0]], atol=1e-12)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t[:60], "MOTION"),
        (lambda t: t.replace("30 3.5", "30 oops"), "could not convert"),
        (lambda t: t.replace("40 50 60", "40 50"), "expected 2 frames of 9"),
        (lambda t: t.replace("30 3.5", "nan 3.5"), "NaN"),
        (lambda t: t.replace("Frames: 2", "Frames: 0"), "no frames"),
        (lambda t: t.replace("0.008333", "0"), "frame time"),
        (lambda t: t.replace("Xposition", "Wposition"), "wposition"),
        (lambda t: t.replace("JOINT Leg\n  {", "JOINT Leg\n"), "broken BVH"),
    ],
)
def test_broken_files_say_what_is_wrong(tmp_path, change, says):
    path = tmp_path / "broken.bvh"
    path.write_text(change(ODD))
    with pytest.raises(UnsuitableInput, match=says):
        read_bvh(path)


def test_an_unknown_skeleton_is_refused_with_the_joints_that_it_lacks(tmp_path):
    path = tmp_path / "odd.bvh"
    path.write_text(ODD)
    with pytest.raises(UnsuitableInput, match="left knee"):
        load_motion(path)


@pytest.mark.parametrize("fps", [30.0, 60.0, 24.0])
def test_round_trip_within_a_milliradian_and_a_millimetre(tmp_path, swaying, fps):
    motion = swaying(40, fps)
    save_bvh(motion, tmp_path / "out.bvh")
    back = load_motion(tmp_path / "out.bvh")
    assert back.fps == pytest.approx(fps, rel=1e-5)
    assert back.frames == motion.frames
    relative = np.swapaxes(motion.rotations(), -1, -2) @ back.rotations()
    angles = Rotation.from_matrix(relative.reshape(-1, 3, 3)).magnitude()
    assert angles.max() < 1e-3
    assert np.abs(back.joints() - motion.joints()).max() < 1e-3


def test_the_rest_pose_of_the_export_is_y_up_in_centimetres(tmp_path, standing):
    save_bvh(standing(2), tmp_path / "out.bvh")
    source = read_bvh(tmp_path / "out.bvh")
    rest = dict(zip(source.names, source.rest_positions(), strict=True))
    np.testing.assert_allclose(rest["left_knee"], [10.203, -46.875, -0.963], atol=1e-3)
    np.testing.assert_allclose(source.rotations[0], [np.eye(3)] * len(source.names), atol=1e-6)


def test_two_minutes_load_within_two_seconds(tmp_path, swaying):
    save_bvh(swaying(120 * 30), tmp_path / "long.bvh")
    start = time.process_time()
    load_motion(tmp_path / "long.bvh")
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("change", "frames"),
    [
        (lambda t: t.replace("Frames: 2", "Frames: 3"), 2),  # as Rokoko writes it
        (lambda t: t.replace("Frames: 2", "Frames: 1"), 2),
        (lambda t: t.replace("MOTION\n", "MOTION\n\n").replace("0.008333\n", "0.008333\n\n"), 2),
        (lambda t: t.replace("Frames: 2", "Frames:\t2\n"), 2),
        (lambda t: t.replace("HIERARCHY", "Hierarchy").replace("MOTION", "Motion"), 2),
        (lambda t: t.replace("ROOT Hips\n{", "ROOT Hips{").replace("Leg\n  {", "Leg{"), 2),
        (lambda t: t.replace("Frames", "FRAMES").replace("Frame Time", "frame time"), 2),
    ],
)
def test_what_writers_make_of_the_format(tmp_path, change, frames):
    path = tmp_path / "odd.bvh"
    path.write_text(change(ODD))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Doubtful)
        source = read_bvh(path)
    assert source.names == ("Hips", "Leg", "Leg_end")
    assert len(source.rotations) == frames


def test_a_wrong_count_of_frames_is_told(tmp_path):
    path = tmp_path / "odd.bvh"
    path.write_text(ODD.replace("Frames: 2", "Frames: 3"))
    with pytest.warns(Doubtful, match="says 3 frames and has 2"):
        read_bvh(path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.replace("Frames: 2", "Frames: 9"), "expected 9 frames of 9"),
        (lambda t: t.replace("Frames: 2\n", ""), "does not begin with Frames"),
        (lambda t: t.replace("0.008333", "inf"), "frame time"),
    ],
)
def test_what_is_more_than_a_slip_is_refused(tmp_path, change, says):
    path = tmp_path / "broken.bvh"
    path.write_text(change(ODD))
    with pytest.raises(UnsuitableInput, match=says):
        read_bvh(path)
