"""Names of the columns of encoded motion."""

import numpy as np

from pipelines.body.skeleton import JOINT
from pipelines.motion import layout
from pipelines.motion.motion import Motion
from pipelines.motion.representation import encode


def test_contacts_root_and_rotations_fill_the_columns_without_gap_or_overlap():
    columns = np.arange(layout.WIDTH)
    sixes = [columns[layout.six(joint)] for joint in range(24)]
    parts = [columns[layout.contacts], columns[layout.root], *sixes]
    np.testing.assert_array_equal(np.concatenate(parts), columns)
    np.testing.assert_array_equal(np.concatenate(sixes), columns[layout.sixes])
    np.testing.assert_array_equal(np.r_[layout.root_xy, layout.root_z], columns[layout.root])
    np.testing.assert_array_equal(np.r_[layout.root_x, layout.root_y], columns[layout.root_xy])
    np.testing.assert_array_equal(np.r_[layout.pelvis_x, layout.pelvis_y], columns[layout.pelvis])


def test_the_columns_hold_what_their_names_say():
    poses = np.random.default_rng(0).normal(0, 0.5, (3, 24, 3)).astype(np.float32)
    trans = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], np.float32)
    motion = Motion(poses, trans, 30.0)
    encoded, rotations = encode(motion), motion.rotations()
    np.testing.assert_array_equal(encoded[:, layout.root_y], trans[:, 1:2])
    np.testing.assert_allclose(encoded[:, layout.pelvis_y], rotations[:, 0, 1], atol=1e-6)
    # The rest body faces its own +z, which the last column of its rotation carries into the world.
    front = rotations[:, 0, :2, 2]
    np.testing.assert_allclose(encoded[:, [layout.front_x, layout.front_y]], front, atol=1e-6)
    wrist = JOINT["left_wrist"]
    rows = rotations[:, wrist, :2].reshape(-1, 6)
    np.testing.assert_allclose(encoded[:, layout.six(wrist)], rows, atol=1e-6)
