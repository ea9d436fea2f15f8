import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pipelines.motion.asf_amc import read_amc
from pipelines.support.errors import UnsuitableInput

ASF = """# a skeleton
:version 1.10
:name test
:units
  mass 1.0
  length 0.45
  angle deg
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 0 0 0
   orientation 0 0 0
:bonedata
  begin
     id 1
     name femur
     direction 0 -1 0
     length 4
     axis 0 0 20 XYZ
     dof rx ry rz
     limits (-160.0 20.0)
            (-70.0 70.0)
            (-60.0 70.0)
  end
  begin
     id 2
     name tibia
     direction 0 -1 0
     length 5
     axis 0 0 20 XYZ
     dof rx
     limits (-10.0 170.0)
  end
:hierarchy
  begin
    root femur
    femur tibia
  end
"""
AMC = """#!OML:ASF test.asf
:FULLY-SPECIFIED
:DEGREES
1
root 1 2 3 10 20 30
femur 5 6 7
tibia 90
2
root 1 2 3 0 0 0
femur 0 0 0
tibia 90
"""


def write(folder, amc=AMC, asf=ASF):
    (folder / "test.asf").write_text(asf)
    (folder / "test_01.amc").write_text(amc)
    return folder / "test_01.amc"


def test_joints_stand_where_bones_start_and_turn_about_their_own_axes(tmp_path):
    source = read_amc(write(tmp_path))
    assert source.names == ("root", "femur", "tibia", "tibia_end")
    assert source.fps == 120
    positions, _ = source.pose()
    axis = Rotation.from_euler("xyz", [0, 0, 20], degrees=True)
    root = Rotation.from_euler("xyz", [10, 20, 30], degrees=True)
    femur = axis * Rotation.from_euler("xyz", [5, 6, 7], degrees=True) * axis.inv()
    bend = axis * Rotation.from_euler("x", 90, degrees=True) * axis.inv()
    np.testing.assert_allclose(positions[0, 1], [1, 2, 3])
    knee = positions[0, 1] + (root * femur).apply([0, -4, 0])
    np.testing.assert_allclose(positions[0, 2], knee, atol=1e-9)
    end = knee + (root * femur * bend).apply([0, -5, 0])
    np.testing.assert_allclose(positions[0, 3], end, atol=1e-9)


@pytest.mark.parametrize(
    ("amc", "asf"),
    [
        (AMC.replace("tibia 90", "tibia 90 1"), ASF),
        (AMC.replace("femur 5 6 7\n", ""), ASF),
        (AMC.replace("10 20 30", "10 20 x"), ASF),
        (":DEGREES\n", ASF),
        (AMC, ASF.replace("length 5", "length five")),
        (AMC, ASF.replace("axis 0 0 20 XYZ", "")),
        (AMC, "nothing"),
    ],
)
def test_broken_pairs_are_an_input_error(tmp_path, amc, asf):
    with pytest.raises(UnsuitableInput):
        read_amc(write(tmp_path, amc, asf))


def test_a_missing_skeleton_is_asked_for(tmp_path):
    path = write(tmp_path)
    (tmp_path / "test.asf").unlink()
    with pytest.raises(UnsuitableInput, match="skeleton") as caught:
        read_amc(path)
    assert ".asf" in caught.value.hint
