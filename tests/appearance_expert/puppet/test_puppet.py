"""The whole puppet on people drawn here, so that every pixel is known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipelines.appearance_expert.experts import choose
from pipelines.appearance_expert.interface import Order
from pipelines.appearance_expert.puppet.puppet import Puppet
from pipelines.keypoints.person import POINT
from pipelines.support.progress import Silent

WIDTH, HEIGHT = 240, 360


@pytest.fixture(scope="module")
def person(drawn, poses):
    """Before a grey wall that grows lighter downwards."""
    wall = np.linspace(200, 235, HEIGHT)[:, None, None] * np.ones((1, WIDTH, 3))
    return drawn(poses.hanging, wall.astype(np.uint8))


def moved(dance, xy):
    points = dance.points.copy()
    points[..., :2] = xy / dance.pixels_per_metre
    return replace(dance, xy=xy, points=points)


def flailing(dance):
    """Arms and legs swung all the way around their roots, elbows and knees bending."""
    frames = len(dance.xy)
    xy = dance.xy.copy()
    limbs = ("shoulder", "elbow", ("wrist", "hand")), ("hip", "knee", ("ankle", "foot"))
    for name, low, tip in limbs:
        for side, sign in (("left", 1), ("right", -1)):
            chain = [POINT[f"{side}_{n}"] for n in (name, low, *tip)]
            for frame in range(frames):
                angle = sign * 2 * np.pi * frame / frames * (1 if name == "shoulder" else 0.2)
                root = xy[frame, chain[0]].copy()
                xy[frame, chain] = (xy[frame, chain] - root) @ _turn(angle).T + root
                bend = sign * 2.2 * np.sin(np.pi * frame / frames) * (0.5 if name == "hip" else 1)
                joint = xy[frame, chain[1]].copy()
                xy[frame, chain[1:]] = (xy[frame, chain[1:]] - joint) @ _turn(bend).T + joint
    return moved(dance, xy)


def _turn(angle):
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def turned(dance, degrees):
    angle = np.radians(degrees)
    about = np.array([
        [np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)],
    ])  # fmt: skip
    return replace(dance, rotations=dance.rotations @ about)


def render(person, dance):
    puppet = Puppet()
    return list(puppet.frames(person, dance, 0)), puppet.report()


def test_the_reference_pose_gives_the_picture_back(person, standing):
    frames, report = render(person, standing(person))
    assert report["mode"] == "puppet"
    assert frames[0].shape == (HEIGHT, WIDTH, 3) and frames[0].dtype == np.uint8
    upper = slice(0, 300)  # below, the drawn shadow is new
    error = np.abs(frames[0][upper].astype(int) - person.image[upper]).max(-1)
    assert np.mean(error) < 2.0
    inner = cv2.erode((person.matte > 0.99).astype(np.uint8), np.ones((7, 7)))[upper] > 0
    assert np.percentile(error[inner], 97) < 12


def test_a_shifted_dance_shifts_the_figure(person, standing):
    dance = standing(person)
    still = render(person, dance)[0][0]
    shifted = render(person, moved(dance, dance.xy + np.array([17.0, -9.0])))[0][0]
    box = (slice(60, 290), slice(30, 210))
    there = shifted[51:281, 47:227].astype(int)
    inner = cv2.erode((person.matte > 0.99).astype(np.uint8), np.ones((7, 7)))[box] > 0
    assert np.abs(there - still[box])[inner].max() <= 2


def test_no_pose_tears_the_figure(person, standing):
    frames, _ = render(person, flailing(standing(person, 12)))
    for number, frame in enumerate(frames):
        coloured = np.ptp(frame.astype(int), axis=2) > 25  # the backdrop and the shadow are grey
        coloured = cv2.morphologyEx(coloured.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3)))
        _, _, stats, _ = cv2.connectedComponentsWithStats(coloured)
        areas = np.sort(stats[1:, cv2.CC_STAT_AREA])
        assert areas[-1] > 0.97 * areas.sum(), number


def test_the_same_dance_gives_the_same_bytes(person, standing):
    dance = flailing(standing(person, 4))
    one, other = render(person, dance)[0], render(person, dance)[0]
    assert all((a == b).all() for a, b in zip(one, other, strict=True))


def test_the_background_has_lost_the_person_and_stays_still(person, standing):
    dance = standing(person, 2)
    away = moved(dance, dance.xy + np.array([[[0.0, 0.0]], [[2000.0, 0.0]]]))
    _, empty = render(person, away)[0]
    backdrop = np.linspace(200, 235, HEIGHT)[:, None]
    assert np.abs(empty[:300].astype(float).mean(-1) - backdrop[:300]).max() < 6


def test_turned_away_shows_the_other_side_and_is_counted(person, standing, colours):
    dance = standing(person, 16)
    dance.rotations[8:] = np.diag([-1.0, -1, 1])
    xy = dance.xy.copy()
    xy[8:, :, 0] = 240 - xy[8:, :, 0]
    frames, report = render(person, moved(dance, xy))
    assert report["share_turned_beyond_90"] == 0.5
    face = frames[-1][64, 116:124].astype(int)
    assert np.abs(face - colours["hair"]).max() < 40


def test_points_beside_the_person_bring_the_mannequin(person, standing):
    class Listener:
        def __init__(self):
            self.heard = []

        def warn(self, message):
            self.heard.append(message)

    listener = Listener()
    lost = replace(person, xy=person.xy[:, ::-1].copy())
    puppet = choose("puppet", {}, Order()).load(Order(), listener)  # the way that generate goes
    frames = list(puppet.frames(lost, standing(person), 0))
    assert puppet.report()["mode"] == "mannequin"
    assert puppet.report()["gates"]["failed"]
    assert "draft" in listener.heard[0]
    assert len(listener.heard) == 2 and "--ref-keypoints" in listener.heard[1]
    assert len(frames) == 1 and np.ptp(frames[0].astype(int), axis=2).max() > 25


def test_half_a_body_dances_without_legs(person, standing):
    cut = 230
    half = replace(
        person, image=person.image[:cut], matte=person.matte[:cut], coverage="upper",
        confidence=np.where(person.xy[:, 1] < cut, 1.0, 0.0),
    )  # fmt: skip
    dance = replace(standing(person), height=cut, coverage="upper", ground_y=float(cut))
    frames, report = render(half, dance)
    assert report["dancing_limbs"] == ["left arm", "right arm"]
    lifted = render(half, moved(dance, dance.xy + np.array([0.0, -12.0])))[0][0]
    assert np.ptp(lifted[cut - 2, 95:110].astype(int), axis=1).min() > 25
    assert np.abs(frames[0][:200].astype(int) - half.image[:200]).mean() < 2.5


def test_folded_arms_stay_with_the_trunk(folded, dance_of, poses, colours):
    frames, report = render(folded, dance_of([poses.raised, poses.hanging]))
    assert report["mode"] == "puppet"
    assert report["held_limbs"] == ["left arm", "right arm"]
    assert report["dancing_limbs"] == ["left leg", "right leg"]
    assert report["tears"]["holes"] == 0 and report["tears"]["loose"] < 0.01
    for frame in frames:  # crossed before the chest, whatever the dance's arms do
        assert np.abs(frame[140, 112:128].astype(int) - colours["skin"]).max() < 40


def test_hanging_arms_dance(hanging, dance_of, poses):
    _, report = render(hanging, dance_of([poses.raised]))
    assert report["held_limbs"] == []
    assert "left arm" in report["dancing_limbs"]


def test_one_arm_across_leaves_the_other_free(drawn, dance_of, poses):
    left = {name: place for name, place in poses.folded.items() if name.startswith("left")}
    _, report = render(drawn(poses.hanging | left), dance_of([poses.raised]))
    assert report["held_limbs"] == ["left arm"]
    assert "right arm" in report["dancing_limbs"]


@pytest.mark.parametrize("changes", [{}, {"left_wrist": (150, 150), "left_hand": (146, 160)}])
def test_the_trunk_never_shows_the_background(changes, drawn, dance_of, poses, green):
    person = drawn(poses.hanging | changes)
    for frame in Puppet().frames(person, dance_of([poses.raised, poses.hanging]), 0):
        assert not green(frame)[104:186, 100:141].any()


@pytest.mark.parametrize("degrees", [-50, -30, 30, 50])
def test_a_turned_trunk_has_no_gaps_along_its_outline(folded, degrees, dance_of, poses, green):
    frame = next(Puppet().frames(folded, turned(dance_of([poses.folded]), degrees), 0))
    figure = (~green(frame))[162:184].astype(np.uint8)  # below the arms
    for row in figure:
        seen = np.flatnonzero(row)
        assert row[seen[0] : seen[-1] + 1].mean() > 0.97


def test_a_new_order_of_the_layers_is_blended_in(person, standing, monkeypatch):
    """While nothing moves, the picture goes from the old order to the new one in equal steps."""
    dance = standing(person, 24)
    xy = dance.xy.copy()
    for name, place in (("elbow", (170, 150)), ("wrist", (130, 150)), ("hand", (118, 150))):
        xy[:, POINT[f"left_{name}"]] = place
        dance.depth[:12, POINT[f"left_{name}"]] -= 0.5
        dance.depth[12:, POINT[f"left_{name}"]] += 0.5
    frames = np.array(render(person, moved(dance, xy))[0]).astype(int)
    skin, shirt = frames[11, 150, 125], frames[-1, 150, 125]
    assert np.abs(skin - shirt).max() > 100
    steps = [np.abs(frames[k, 150, 125] - shirt).max() for k in range(11, 18)]
    assert (np.diff(steps[:5]) < -10).all() and steps[-1] == 0


def test_a_moment_that_cannot_be_drawn_costs_that_moment_alone(person, standing, colours):
    """The person stays in all frames; the frames far from it are those of the clean dance."""
    frames = 75
    clean = moved(standing(person, frames), standing(person, frames).xy)
    torn = clean.xy.copy()
    legs = [POINT[f"{side}_{n}"] for side in ("left", "right")
            for n in ("hip", "knee", "ankle", "foot")]  # fmt: skip
    torn[36:42, legs] += [120.0, 0]
    heard = []

    class Listener(Silent):
        def warn(self, message):
            heard.append(message)

    puppet = Puppet(Listener())
    pictures = list(puppet.frames(person, moved(clean, torn), 0))
    report = puppet.report()
    assert report["mode"] == "puppet" and report["held_limbs"] == []
    (span,) = report["softened"]
    assert 1.0 < span["start"] <= 1.2 and 1.4 <= span["end"] < 1.7
    assert "of the trunk is open" in span["reason"]
    assert heard == report["warnings"] and "dances less at" in heard[0]
    shown, plain = render(person, clean)
    assert "softened" not in plain
    for frame in (0, 12, 70):
        np.testing.assert_array_equal(pictures[frame], shown[frame])
    shirt = np.array(colours["shirt"])
    worn = [(np.abs(picture.astype(int) - shirt).max(-1) < 40).sum() for picture in pictures]
    assert min(worn) > 0.7 * worn[0]  # the mannequin's is shaded and far smaller
