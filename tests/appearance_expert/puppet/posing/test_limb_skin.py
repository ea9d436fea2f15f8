"""How vertices hang on the joints of a limb."""

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import LEFT_ARM
from pipelines.appearance_expert.puppet.posing.limb_skin import skin_limb

STRAIGHT = {"elbow": (140, 50), "wrist": (180, 50), "hand": (195, 50)}
FOLDED = {"elbow": (140, 50), "wrist": (104, 62), "hand": (96, 65)}


@pytest.fixture
def skinned(figure, with_points, arm):
    """From places of elbow, wrist and hand, and vertices, to the skin of a left arm."""

    def make(places, xy, radius=6.0):
        posed = with_points(figure, **{f"left_{name}": place for name, place in places.items()})
        capsules = arm(LEFT_ARM, places["elbow"], places["wrist"], places["hand"], radius)
        return skin_limb(LEFT_ARM, np.array(xy, float), posed, capsules)

    return make


def test_the_middle_of_a_bone_follows_that_bone_alone(skinned):
    skin = skinned(STRAIGHT, [(120, 50), (120, 55), (160, 50), (160, 45), (192, 50)])
    assert (skin.joint + skin.blend).tolist() == [1, 1, 2, 2, 3]


def test_at_a_joint_both_bones_pull_alike(skinned):
    skin = skinned(STRAIGHT, [(140, 50), (140, 54), (180, 50)])
    assert skin.joint + skin.blend == pytest.approx([1.5, 1.5, 2.5])


def test_weights_rise_along_the_arm(skinned):
    skin = skinned(STRAIGHT, [(x, 50.0) for x in range(90, 200)])
    along = skin.joint + skin.blend
    assert (np.diff(along) >= 0).all() and along[0] < 1 and along[-1] == 3
    assert ((skin.blend >= 0) & (skin.blend <= 1)).all()
    assert set(skin.joint) <= {0, 1, 2}


def test_the_bone_before_an_arm_is_the_collar(skinned):
    skin = skinned(STRAIGHT, [(100, 50)])
    assert skin.is_arm and skin.radii == (6.0, 6.0, 6.0)
    assert skin.trunk == pytest.approx(np.array([20, 8]) / np.hypot(20, 8))  # neck to shoulder
    assert skin.chain.tolist() == [[100, 50], [140, 50], [180, 50], [195, 50]]


def test_only_a_folded_arm_has_webs(skinned):
    """A triangle from the upper arm to the forearm far from the elbow, and one around it."""
    xy = [(112, 52), (116, 52), (113, 57), (138, 48), (142, 52), (138, 53)]
    triangles = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    folded = skinned(FOLDED, xy, radius=4.0)
    along = folded.joint + folded.blend
    assert along[1] <= 1.1 and along[2] >= 1.9  # so near in the picture, a whole bone apart
    assert folded.is_web(triangles).tolist() == [True, False]
    assert skinned(STRAIGHT, xy, radius=4.0).is_web(triangles).tolist() == [False, False]
