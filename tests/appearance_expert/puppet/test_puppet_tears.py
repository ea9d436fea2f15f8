"""Never a torn figure: arms across the body, wide sleeves, skirts, slivers, and the measure."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    HEAD,
    LEFT_ARM,
    LEFT_LEG,
    RIGHT_ARM,
    RIGHT_LEG,
    TORSO,
)
from pipelines.appearance_expert.puppet.cutting.capsules import Capsule
from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.cutting.held import (
    arms_to_hold,
    carried_by_trunk,
    shares_across,
)
from pipelines.appearance_expert.puppet.cutting.skirts import skirt_of
from pipelines.appearance_expert.puppet.painting.tears import (
    Tears,
    loose_share,
    open_share,
    widest_poses,
)
from pipelines.appearance_expert.puppet.puppet import Puppet, prepare
from pipelines.keypoints.person import POINT, ReferencePerson
from pipelines.keypoints.staged import StagedDance

WIDTH, HEIGHT = 240, 360
PLACES = {
    "pelvis": (120, 180), "left_hip": (136, 186), "right_hip": (104, 186),
    "spine1": (120, 160), "spine2": (120, 136), "spine3": (120, 120), "neck": (120, 92),
    "left_knee": (140, 250), "right_knee": (100, 250), "left_ankle": (142, 316),
    "right_ankle": (98, 316), "left_foot": (150, 330), "right_foot": (90, 330),
    "left_collar": (132, 98), "right_collar": (108, 98), "head": (120, 62),
    "left_shoulder": (148, 102), "right_shoulder": (92, 102), "left_elbow": (182, 136),
    "right_elbow": (58, 136), "left_wrist": (208, 172), "right_wrist": (32, 172),
    "left_hand": (216, 184), "right_hand": (24, 184), "nose": (120, 60),
    "left_eye": (128, 54), "right_eye": (112, 54), "left_ear": (138, 58), "right_ear": (102, 58),
}  # fmt: skip
FOLDED = {
    "left_elbow": (166, 150), "left_wrist": (112, 136), "left_hand": (100, 132),
    "right_elbow": (74, 150), "right_wrist": (128, 136), "right_hand": (140, 132),
}  # fmt: skip
COLOURS = {
    "trousers": (40, 60, 120), "shoes": (30, 30, 30), "shirt": (200, 60, 50),
    "skin": (225, 180, 150), "hair": (80, 50, 30),
}  # fmt: skip
BACKDROP = (40, 200, 60)


def _draw(image, places, paint):
    def line(names, width, colour):
        points = np.array([places[name] for name in names], np.int32)
        cv2.polylines(image, [points], False, paint(colour), width, cv2.LINE_AA)

    for side in ("left", "right"):
        line([f"{side}_{n}" for n in ("hip", "knee")], 26, "trousers")
        line([f"{side}_{n}" for n in ("knee", "ankle")], 22, "trousers")
        line([f"{side}_{n}" for n in ("ankle", "foot")], 16, "shoes")
    corners = np.array([(90, 94), (150, 94), (146, 192), (94, 192)], np.int32)
    cv2.fillPoly(image, [corners], paint("shirt"), cv2.LINE_AA)
    cv2.line(image, (120, 95), (120, 80), paint("skin"), 18, cv2.LINE_AA)
    cv2.ellipse(image, (120, 58), (20, 27), 0, 0, 360, paint("skin"), -1, cv2.LINE_AA)
    cv2.ellipse(image, (120, 46), (22, 17), 0, 180, 360, paint("hair"), -1, cv2.LINE_AA)
    for side in ("left", "right"):
        line([f"{side}_{n}" for n in ("shoulder", "elbow")], 22, "shirt")
        line([f"{side}_{n}" for n in ("elbow", "wrist", "hand")], 18, "skin")


def drawn(places):
    image = np.full((HEIGHT, WIDTH, 3), BACKDROP, np.uint8)
    _draw(image, places, COLOURS.__getitem__)
    matte = np.zeros((HEIGHT, WIDTH), np.uint8)
    _draw(matte, places, lambda name: 255)
    xy = np.array([places[name] for name in POINT], dtype=float)
    return ReferencePerson(image, matte.astype(np.float32) / 255, xy, np.ones(29), "full", "file")


@pytest.fixture(scope="module")
def folded():
    return drawn(PLACES | FOLDED)


@pytest.fixture(scope="module")
def hanging():
    return drawn(PLACES)


def dance_of(places_T):
    """A dance through poses given as dictionaries of places."""
    xy = np.array([[places[name] for name in POINT] for places in places_T], dtype=float)
    scale, frames = 150.0, len(xy)
    points = np.concatenate([xy / scale, np.full((frames, 29, 1), 4.0)], axis=2)
    return StagedDance(
        xy=xy, depth=points[..., 2].copy(), visibility=np.ones((frames, 29)), points=points,
        rotations=np.broadcast_to(np.diag([1.0, -1, -1]), (frames, 24, 3, 3)).copy(),
        yaw=np.zeros(frames), contact=np.ones((frames, 2), bool), ground_y=332.0,
        pixels_per_metre=scale, reference_to_canvas=np.array([[1.0, 0, 0], [0, 1, 0]]),
        figure_scale=1.0, width=WIDTH, height=HEIGHT, fps=30.0, coverage="full",
    )  # fmt: skip


RAISED = PLACES | {
    "left_elbow": (190, 80), "left_wrist": (206, 40), "left_hand": (210, 26),
    "right_elbow": (50, 80), "right_wrist": (34, 40), "right_hand": (30, 26),
}  # fmt: skip


def turned(dance, degrees):
    angle = np.radians(degrees)
    about = np.array([
        [np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)],
    ])  # fmt: skip
    return replace(dance, rotations=dance.rotations @ about)


def green(frame):
    """Pixels that show the backdrop."""
    red, grass, blue = (frame[..., k].astype(int) for k in range(3))
    return (grass > red + 30) & (grass > blue + 30)


def test_folded_arms_stay_with_the_trunk(folded):
    puppet = Puppet()
    frames = list(puppet.frames(folded, dance_of([RAISED, PLACES]), 0))
    report = puppet.report()
    assert report["mode"] == "puppet"
    assert report["held_limbs"] == ["left arm", "right arm"]
    assert report["dancing_limbs"] == ["left leg", "right leg"]
    assert report["tears"]["holes"] == 0 and report["tears"]["loose"] < 0.01
    for frame in frames:  # crossed before the chest, whatever the dance's arms do
        assert np.abs(frame[140, 112:128].astype(int) - COLOURS["skin"]).max() < 40


def test_hanging_arms_dance(hanging):
    puppet = Puppet()
    list(puppet.frames(hanging, dance_of([RAISED]), 0))
    assert puppet.report()["held_limbs"] == []
    assert "left arm" in puppet.report()["dancing_limbs"]


def test_one_arm_across_leaves_the_other_free():
    one = drawn(PLACES | {k: v for k, v in FOLDED.items() if k.startswith("left")})
    puppet = Puppet()
    list(puppet.frames(one, dance_of([RAISED]), 0))
    assert puppet.report()["held_limbs"] == ["left arm"]
    assert "right arm" in puppet.report()["dancing_limbs"]


@pytest.mark.parametrize("places", [PLACES, PLACES | {"left_wrist": (150, 150),
                                                      "left_hand": (146, 160)}])  # fmt: skip
def test_the_trunk_never_shows_the_background(places):
    person = drawn(places)
    for frame in Puppet().frames(person, dance_of([RAISED, PLACES]), 0):
        assert not green(frame)[104:186, 100:141].any()


@pytest.mark.parametrize("degrees", [-50, -30, 30, 50])
def test_a_turned_trunk_has_no_gaps_along_its_outline(folded, degrees):
    frame = next(Puppet().frames(folded, turned(dance_of([PLACES | FOLDED]), degrees), 0))
    figure = (~green(frame))[162:184].astype(np.uint8)  # below the arms
    for row in figure:
        seen = np.flatnonzero(row)
        assert row[seen[0] : seen[-1] + 1].mean() > 0.97


def test_layers_are_painted_with_the_persons_own_colours(hanging):
    cut = prepare(hanging, dance_of([RAISED]), np.full((HEIGHT, WIDTH, 3), BACKDROP, np.float32))
    for layer in cut.layers.values():
        solid = layer.alpha > 0.6
        assert not green(layer.colour)[solid].any()


def test_the_trunk_layer_has_no_hole_that_the_outline_lacks(hanging):
    cut = prepare(hanging, dance_of([RAISED]), np.full((HEIGHT, WIDTH, 3), BACKDROP, np.float32))
    open_ = (cut.layers[TORSO].alpha < 0.5).astype(np.uint8)
    _, pieces = cv2.connectedComponents(open_, connectivity=4)
    enclosed = (open_ > 0) & (pieces != pieces[0, 0])
    assert not (enclosed & (cut.figure.matte > 0.9)).any()


def _figure(shape=(200, 160)):
    xy = np.zeros((29, 2))
    for name, place in {
        "left_shoulder": (100, 50), "right_shoulder": (60, 50), "neck": (80, 42),
        "left_hip": (90, 110), "right_hip": (70, 110), "pelvis": (80, 106),
    }.items():  # fmt: skip
        xy[POINT[name]] = place
    blank = np.zeros((*shape, 3), np.float32)
    return Figure(
        image=blank, raw=blank, background=blank, matte=np.ones(shape, np.float32), xy=xy,
        limbs=(LEFT_ARM, RIGHT_ARM, LEFT_LEG, RIGHT_LEG), full=True, drawn=False,
        cut_row=shape[0], unit=20.0,
    )  # fmt: skip


def _arm(part, elbow, wrist, hand, radius=5.0):
    shoulder = np.array([100.0 if part == LEFT_ARM else 60.0, 50.0])
    joints = [shoulder, *(np.array(p, float) for p in (elbow, wrist, hand))]
    return [Capsule(part, k, joints[k], joints[k + 1], radius) for k in range(3)]


def test_share_across_is_the_length_before_the_trunk():
    capsules = _arm(LEFT_ARM, (120, 80), (80, 80), (70, 80))
    share = shares_across(_figure(), capsules)[LEFT_ARM]
    assert share == pytest.approx((96 - 70) / 50, abs=0.1)  # the trunk's edge is at x = 96 or so
    beside = _arm(LEFT_ARM, (115, 80), (118, 110), (118, 120))
    assert shares_across(_figure(), beside)[LEFT_ARM] == 0


def test_hands_that_touch_are_held_together():
    left = _arm(LEFT_ARM, (120, 85), (84, 100), (76, 104))
    right = _arm(RIGHT_ARM, (40, 90), (54, 118), (80, 101))
    assert shares_across(_figure(), left + right)[RIGHT_ARM] < 0.33
    assert arms_to_hold(_figure(), left + right) == (LEFT_ARM, RIGHT_ARM)
    away = _arm(RIGHT_ARM, (40, 90), (30, 120), (28, 130))
    assert arms_to_hold(_figure(), left + away) == (LEFT_ARM,)


def test_a_sleeve_as_wide_as_long_is_held():
    wide = _arm(LEFT_ARM, (125, 80), (130, 105), (131, 112), radius=12.0)
    assert arms_to_hold(_figure(), wide) == (LEFT_ARM,)
    figure, carried = carried_by_trunk(_figure(), wide, (LEFT_ARM,))
    assert LEFT_ARM not in figure.limbs
    assert {c.part for c in carried} == {TORSO}


def _legs():
    return [
        Capsule(part, place, np.array([x, 110.0 + 40 * place]), np.array([x, 150.0 + 40 * place]),
                7.0)
        for part, x in ((LEFT_LEG, 90.0), (RIGHT_LEG, 70.0)) for place in (0, 1)
    ]  # fmt: skip


def test_a_skirt_belongs_to_the_trunk_and_trousers_do_not():
    labels = np.full((200, 160), 255, np.uint8)
    labels[110:150, 40:80], labels[110:150, 80:120] = RIGHT_LEG, LEFT_LEG
    labels[150:, 64:76], labels[150:, 84:96] = RIGHT_LEG, LEFT_LEG
    skirt = skirt_of(_figure(), _legs(), labels)
    assert skirt[112:148, 42:118].all()
    assert not skirt[165:].any()
    labels[110:150] = 255
    labels[110:150, 62:80], labels[110:150, 80:98] = RIGHT_LEG, LEFT_LEG
    assert not skirt_of(_figure(), _legs(), labels).any()


def test_loose_and_open_shares():
    solid = np.zeros((100, 100), bool)
    solid[10:60, 10:60] = True
    assert loose_share(solid) == 0
    solid[80:90, 80:90] = True
    assert loose_share(solid) == pytest.approx(100 / 2600)
    solid[98, 98] = True
    assert loose_share(solid) == pytest.approx(100 / 2600)
    corners = np.array([[10.0, 10], [60, 10], [60, 60], [10, 60]])
    assert open_share(solid, corners) == 0
    solid[:, 35:] = False
    assert open_share(solid, corners) == pytest.approx(0.5, abs=0.04)


def test_what_is_out_of_bounds_is_said():
    assert Tears(0.0, 0.0, {LEFT_ARM: 0.0}).failed == ()
    told = Tears(0.5, 0.5, {LEFT_ARM: 0.5}).failed
    assert len(told) == 3 and "left arm" in told[2]


def test_widest_poses_are_far_apart():
    xy = np.zeros((50, 29, 2))
    xy[:, 5, 0] = np.linspace(0, 49, 50)
    assert sorted(widest_poses(xy, 3))[::2] == [0, 49]
    assert widest_poses(xy[:1], 6) == [0]


def test_a_picture_that_cuts_the_crown_off_gets_a_round_one():
    person = drawn(PLACES)
    cut = 40
    xy = person.xy - [0, cut]
    image, matte = person.image[cut:], person.matte[cut:]
    half = replace(person, image=image, matte=matte, xy=xy)
    down = {name: (x, y - cut + 40) for name, (x, y) in PLACES.items()}
    dance = replace(dance_of([down]), height=HEIGHT - cut)
    cut_out = prepare(half, dance, np.full((*matte.shape, 3), BACKDROP, np.float32))
    head = cut_out.layers[HEAD].alpha > 0.5
    widths = head.sum(1)[np.flatnonzero(head.any(1))]
    assert widths[0] < 0.75 * widths[6]
