from itertools import chain

from pipelines.foot_restoration import columns


def test_parts_cover_the_265_numbers_once():
    parts = [columns.root, columns.tilt, columns.velocity, columns.position, columns.rotation]
    covered = list(chain(*(range(part.start, part.stop) for part in parts)))
    assert covered == list(range(columns.WIDTH)) == list(range(265))


def test_joints_lie_where_the_parts_say():
    assert columns.velocities(range(22)) == list(range(10, 76))
    assert columns.positions(range(1, 22)) == list(range(76, 139))
    assert columns.rotations(range(1, 22)) == list(range(139, 265))
    assert columns.positions([4]) == [85, 86, 87]


def test_root_knees_and_feet_are_merged_and_the_tilt_is_not():
    assert len(columns.MERGED) == len(set(columns.MERGED)) == 79
    assert set(range(4)) < set(columns.MERGED)
    assert not set(columns.MERGED) & set(range(columns.tilt.start, columns.tilt.stop))
    arms = columns.positions([16, 20]) + columns.rotations([16, 20]) + columns.velocities([16, 20])
    assert not set(columns.MERGED) & set(arms)
