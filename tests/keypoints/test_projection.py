import numpy as np
import pytest

from pipelines.body.bodies import open_body
from pipelines.body.camera import cameras_of_view
from pipelines.body.renderer import drawn_frames, open_renderer
from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.scene import Scene
from pipelines.body.skeleton import JOINT, forward_kinematics
from pipelines.body.variety import Look
from pipelines.keypoints.files import load_keypoints, save_exact_keypoints
from pipelines.keypoints.person import POINT, POINT_NAMES
from pipelines.keypoints.projection import see_dance

WIDTH, HEIGHT = 270, 480


@pytest.fixture(scope="module")
def body():
    return open_body("anny", Look())


def hanging(frames: int = 1, heading: float = 0.0):
    """A dancer with hanging arms, turned about the vertical: rotations and pelvis."""
    poses = np.zeros((frames, 24, 3))
    poses[:, 16, 2], poses[:, 17, 2] = -1.2, 1.2
    rotations = axis_angle_to_matrix(poses)
    turn = axis_angle_to_matrix(np.array([0, 0, heading]))
    rotations[:, 0] = turn @ axis_angle_to_matrix(np.array([np.pi / 2, 0, 0]))
    return rotations, np.tile([0.3, 0.1, 0.97], (frames, 1))


def seen(body, view="front", heading=0.0, frames=1):
    """What is seen of the hanging dancer, and the visibility (29,) in the first frame."""
    rotations, trans = hanging(frames, heading)
    joints, _ = forward_kinematics(rotations, trans)
    cameras = cameras_of_view(view, joints, 30.0, WIDTH, HEIGHT)
    dance = see_dance(rotations, trans, cameras, 30.0, body.offsets)
    renderer = open_renderer(body, WIDTH, HEIGHT, "builtin")
    _, surface = next(drawn_frames(renderer, body, rotations, trans, cameras, Scene()))
    return dance, dance.visible(0, surface)


def test_points_are_the_joints_seen_through_the_camera(body):
    rotations, trans = hanging()
    dance, _ = seen(body)
    joints, _ = forward_kinematics(rotations, trans)
    np.testing.assert_allclose(dance.points[:, :24], joints)
    local = (dance.points[0] - dance.positions[0]) @ dance.rotations[0].T
    by_hand = local[:, :2] / local[:, 2:] * dance.focals[0] + [WIDTH / 2, HEIGHT / 2]
    np.testing.assert_allclose(dance.xy[0], by_hand)
    np.testing.assert_allclose(dance.depth[0], local[:, 2])
    assert dance.xy[0, POINT["left_hand"], 0] > dance.xy[0, POINT["right_hand"], 0]


def test_from_the_front_everything_is_seen(body):
    _, visible = seen(body)
    hidden = [name for name, value in zip(POINT_NAMES, visible, strict=True) if value < 0.5]
    assert hidden == []


def test_from_the_side_the_far_arm_and_ear_are_hidden(body):
    """The camera looks along -x, so the dancer's left is nearer."""
    _, visible = seen(body, "side")
    for part in ("elbow", "ear", "shoulder"):
        assert visible[POINT[f"left_{part}"]] > 0.5
        assert visible[POINT[f"right_{part}"]] < 0.5
    assert visible[POINT["head"]] > 0.5


def test_from_behind_the_face_is_gone_and_the_body_is_not(body):
    dance, visible = seen(body, heading=np.pi)
    for name in ("nose", "left_eye", "right_eye"):
        assert visible[POINT[name]] == 0
        assert dance.facing[0, POINT[name]] == 0
    hidden = {name for name in JOINT if visible[JOINT[name]] == 0}
    assert hidden == {"left_foot", "right_foot"}  # behind the heels


def test_outside_the_picture_nothing_is_seen(body):
    rotations, trans = hanging()
    joints, _ = forward_kinematics(rotations, trans)
    upper = joints[:, [JOINT["head"], JOINT["neck"]]]
    camera = cameras_of_view("front", np.repeat(upper, 12, axis=1), 30.0, WIDTH, HEIGHT)
    dance = see_dance(rotations, trans, camera, 30.0, body.offsets)
    renderer = open_renderer(body, WIDTH, HEIGHT, "builtin")
    _, surface = next(drawn_frames(renderer, body, rotations, trans, camera, Scene()))
    visible = dance.visible(0, surface)
    assert visible[POINT["head"]] == 1
    assert visible[POINT["left_ankle"]] == 0


def test_the_bodys_surface_lies_before_every_joint_by_less_than_its_flesh(body):
    """Visible joints are inside the body: on the picture's body, and not before its surface."""
    dance, visible = seen(body)
    rotations, trans = hanging()
    cameras = cameras_of_view("front", dance.points[:, :24], 30.0, WIDTH, HEIGHT)
    renderer = open_renderer(body, WIDTH, HEIGHT, "builtin")
    _, surface = next(drawn_frames(renderer, body, rotations, trans, cameras, Scene()))
    flesh = dance.depth[0, :24] - surface(dance.xy[0, :24])
    assert np.isfinite(flesh).all()
    assert flesh.min() > -0.03
    assert flesh.max() < 0.2
    assert visible[:24].min() == 1


def test_a_file_holds_it_all_and_reads_as_any_keypoints(body, tmp_path):
    dance, visible = seen(body, frames=3)
    path = tmp_path / "keypoints.npz"
    save_exact_keypoints(path, dance, np.tile(visible, (3, 1)))
    back = load_keypoints(path)
    np.testing.assert_allclose(back.xy, dance.xy, rtol=1e-6)
    assert (back.fps, back.width, back.height) == (30.0, WIDTH, HEIGHT)
    with np.load(path, allow_pickle=False) as arrays:
        assert arrays["xyz"].shape == (3, 29, 3)
        local = (arrays["xyz"] - arrays["camera_position"][:, None]) @ np.swapaxes(
            arrays["camera_rotation"], 1, 2
        )
        focal = arrays["camera_focal"][:, None, None]
        again = local[..., :2] / local[..., 2:] * focal + [WIDTH / 2, HEIGHT / 2]
        np.testing.assert_allclose(again, arrays["xy"], atol=1e-3)
