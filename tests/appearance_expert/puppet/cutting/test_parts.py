"""Which part of the body each pixel shows."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    ARMS,
    HEAD,
    LEFT_ARM,
    LEFT_LEG,
    LEGS,
    NOBODY,
    RIGHT_ARM,
    RIGHT_LEG,
    TORSO,
)
from pipelines.appearance_expert.puppet.cutting.capsules import distance_to_segment
from pipelines.appearance_expert.puppet.cutting.figure import build_figure
from pipelines.appearance_expert.puppet.cutting.parts import (
    _without_islands,
    bones_of,
    label_parts,
)


def test_a_head_and_three_bones_per_limb(cut):
    bones = bones_of(cut.figure)
    assert bones[0].part == HEAD
    assert [c.part for c in bones[1:]] == [p for p in (*ARMS, *LEGS) for _ in range(3)]


def test_every_pixel_of_the_person_has_a_part_and_no_other_has(cut):
    assert ((cut.labels != NOBODY) == (cut.figure.matte > 0.02)).all()


@pytest.mark.parametrize(
    ("name", "part"),
    [("left_elbow", LEFT_ARM), ("left_hand", LEFT_ARM), ("right_wrist", RIGHT_ARM),
     ("left_knee", LEFT_LEG), ("right_ankle", RIGHT_LEG), ("nose", HEAD), ("spine2", TORSO),
     ("pelvis", TORSO)],
)  # fmt: skip
def test_the_points_lie_on_their_parts(cut, name, part):
    x, y = np.round(cut.figure.point(name)).astype(int)
    assert (cut.labels[y - 2 : y + 3, x - 2 : x + 3] == part).all()


def test_the_picture_is_nearly_symmetric_and_so_are_its_labels(cut):
    count = np.bincount(cut.labels.ravel(), minlength=6)
    assert count[LEFT_ARM] == pytest.approx(count[RIGHT_ARM], rel=0.05)
    assert count[LEFT_LEG] == pytest.approx(count[RIGHT_LEG], rel=0.05)


def test_the_same_figure_gets_the_same_labels(cut):
    bones = bones_of(cut.figure)
    assert (label_parts(cut.figure, bones) == label_parts(cut.figure, bones)).all()


def test_a_hand_before_the_trunk_is_the_arms(drawn, standing, poses, colours):
    """Skin before a shirt goes by its colour, though the trunk is as near."""
    akimbo = {"left_elbow": (186, 140), "left_wrist": (150, 170), "left_hand": (138, 172)}
    person = drawn(poses.hanging | akimbo)
    clean = np.full((360, 240, 3), colours["backdrop"], np.float32)
    figure = build_figure(person, standing(person), clean)
    labels = label_parts(figure, bones_of(figure))
    x, y = np.round(figure.point("left_hand")).astype(int)
    assert (labels[y - 4 : y + 5, x - 2 : x + 4] == LEFT_ARM).all()


def test_an_island_goes_to_what_surrounds_it():
    labels = np.full((60, 60), NOBODY, np.uint8)
    labels[5:55, 5:55] = TORSO
    labels[20:24, 20:24] = HEAD  # far from the head's bone
    labels[5:55, 45:55] = HEAD
    distance = np.full((6, 60, 60), 3.0, np.float32)
    parts = _without_islands(labels, distance)
    assert (parts[20:24, 20:24] == TORSO).all() and (parts[5:55, 45:55] == HEAD).all()
    distance[HEAD, 20:24, 20:24] = 0.5  # near it, but small still
    assert (_without_islands(labels, distance)[20:24, 20:24] == TORSO).all()
    labels[20:30, 20:30] = HEAD  # near, and a fifth of the largest piece
    distance[HEAD, 20:30, 20:30] = 0.5
    assert (_without_islands(labels, distance)[20:30, 20:30] == HEAD).all()


def test_below_the_picture_an_arm_goes_on_as_far_as_it_is_round(hanging, standing, colours):
    rows = 160
    half = replace(
        hanging, image=hanging.image[:rows], matte=hanging.matte[:rows], coverage="upper"
    )  # fmt: skip
    clean = np.full((rows, 240, 3), colours["backdrop"], np.float32)
    figure = build_figure(half, standing(half), clean)
    bones = bones_of(figure)
    labels = label_parts(figure, bones)
    below = np.arange(len(labels))[:, None] >= figure.cut_row
    near = np.min(
        [distance_to_segment(labels.shape, c.start, c.end) / c.radius for c in bones
         if c.part in ARMS], axis=0,
    )  # fmt: skip
    assert (near[np.isin(labels, ARMS) & below] < 1).all()
    x = round(figure.point("spine2")[0])
    assert (labels[figure.cut_row :, x - 10 : x + 10] == TORSO).all()
