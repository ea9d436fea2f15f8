"""Tables of the G1: their layout, read by MuJoCo's rules elsewhere, and both ways by us."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.body.rotations import quaternion_to_matrix
from pipelines.body.stick_body import skeleton_body
from pipelines.motion.formats import export_motion, load_motion
from pipelines.motion.g1_robot import G1, G1_LIMITS, g1_pose
from pipelines.support.errors import UnsuitableInput


def test_a_line_per_frame_thirty_a_second_with_a_quaternion_xyzw(tmp_path, standing):
    said = export_motion(standing(120, 120.0), tmp_path / "a.g1.csv", skeleton_body())
    rows = np.loadtxt(tmp_path / "a.g1.csv", delimiter=",")
    assert rows.shape == (30, 36)
    # Facing -y, upright: a quarter turn to the right about z.
    np.testing.assert_allclose(rows[0, 3:7], [0, 0, -np.sqrt(0.5), np.sqrt(0.5)], atol=1e-5)
    assert 0.7 < rows[0, 2] < 0.8
    assert "limbs point" in said and "a.g1.csv" in said
    places, _ = g1_pose(rows[:, 7:], quaternion_to_matrix(rows[:, [6, 3, 4, 5]]), rows[:, :3])
    assert places[0, G1["left_ankle_roll"], 0] > 0 > places[0, G1["right_ankle_roll"], 0]


def test_g1_moves_make_the_trip_and_back(tmp_path, real_motion):
    motion = load_motion(real_motion("g1-moves-26-bvh30-ccby4", "J_Dance3_Woah.bvh"))
    part = motion.resampled(30.0).sliced(100, 250)
    export_motion(part, tmp_path / "a.g1.csv", skeleton_body())
    rows = np.loadtxt(tmp_path / "a.g1.csv", delimiter=",")
    low, high = G1_LIMITS.T
    assert (rows[:, 7:] >= low - 1e-6).all() and (rows[:, 7:] <= high + 1e-6).all()
    back = load_motion(tmp_path / "a.g1.csv")
    apart = np.linalg.norm(
        (back.joints() - back.joints()[:, :1]) - (part.joints() - part.joints()[:, :1]), axis=-1
    )
    assert apart.mean() < 0.008 and apart.max() < 0.08, "metres"
    np.testing.assert_allclose(back.trans, part.trans, atol=0.03)


def test_one_frame(tmp_path, standing):
    export_motion(standing(1), tmp_path / "a.g1.csv", skeleton_body())
    assert load_motion(tmp_path / "a.g1.csv").frames == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "columns"), ("a,b\n", "table of numbers"), ("1,2,3\n", "3 columns, expected 36"),
        ("0," * 35 + "0\n", "unit quaternions"), ("nan," * 35 + "1\n", "unit quaternions"),
        ("1," * 35 + "1\n1,2\n", "table of numbers"),
    ],
)  # fmt: skip
def test_other_tables_are_refused_by_name(tmp_path, text, said):
    (tmp_path / "b.g1.csv").write_text(text)
    with pytest.raises(UnsuitableInput, match=rf"b\.g1\.csv.*{said}"):
        load_motion(tmp_path / "b.g1.csv")
