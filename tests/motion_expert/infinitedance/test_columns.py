"""264 columns without gaps."""

from pipelines.body.skeleton import JOINT_NAMES
from pipelines.motion_expert.infinitedance import columns


def test_the_columns_lie_side_by_side():
    parts = [
        columns.height, columns.yaw, columns.yaw_velocity, columns.ground_velocity,
        columns.places, columns.sixes, columns.velocities, columns.contacts,
    ]  # fmt: skip
    ends = [0, *(part.stop for part in parts)]
    assert [part.start for part in parts] == ends[:-1]
    assert ends[-1] == columns.WIDTH == columns.FULL_WIDTH - 2
    assert columns.root == slice(0, columns.places.start)


def test_each_joint_has_its_numbers():
    widths = [p.stop - p.start for p in (columns.places, columns.sixes, columns.velocities)]
    below = columns.JOINTS - 1
    assert widths == [3 * below, 6 * below, 3 * columns.JOINTS]


def test_feet_one_after_the_other():
    names = [JOINT_NAMES[joint] for joint in columns.CONTACT_JOINTS]
    assert names == ["left_ankle", "left_foot", "right_ankle", "right_foot"]
    assert columns.CONTACT_JOINTS == (7, 10, 8, 11)
