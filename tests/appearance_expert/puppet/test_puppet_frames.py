"""The whole puppet on a person drawn here, so that every pixel is known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipelines.appearance_expert.experts import load_backend
from pipelines.appearance_expert.puppet.puppet import Puppet
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


def _line(image, names, width, colour):
    points = np.array([PLACES[name] for name in names], np.int32)
    cv2.polylines(image, [points], False, colour, width, cv2.LINE_AA)


def _draw(image, paint):
    for side in ("left", "right"):
        hip, knee, ankle, foot = (f"{side}_{n}" for n in ("hip", "knee", "ankle", "foot"))
        _line(image, (hip, knee), 26, paint("trousers"))
        _line(image, (knee, ankle), 22, paint("trousers"))
        _line(image, (ankle, foot), 16, paint("shoes"))
    corners = np.array([(90, 94), (150, 94), (146, 192), (94, 192)], np.int32)
    cv2.fillPoly(image, [corners], paint("shirt"), cv2.LINE_AA)
    for side in ("left", "right"):
        shoulder, elbow, wrist = (f"{side}_{n}" for n in ("shoulder", "elbow", "wrist"))
        hand = f"{side}_hand"
        _line(image, (shoulder, elbow), 22, paint("shirt"))
        _line(image, (elbow, wrist), 18, paint("skin"))
        _line(image, (wrist, hand), 18, paint("skin"))
    cv2.line(image, (120, 95), (120, 80), paint("skin"), 18, cv2.LINE_AA)
    cv2.ellipse(image, (120, 58), (20, 27), 0, 0, 360, paint("skin"), -1, cv2.LINE_AA)
    cv2.ellipse(image, (120, 46), (22, 17), 0, 180, 360, paint("hair"), -1, cv2.LINE_AA)


COLOURS = {
    "trousers": (40, 60, 120), "shoes": (30, 30, 30), "shirt": (200, 60, 50),
    "skin": (225, 180, 150), "hair": (80, 50, 30),
}  # fmt: skip


@pytest.fixture(scope="module")
def person():
    backdrop = np.linspace(200, 235, HEIGHT)[:, None, None] * np.ones((1, WIDTH, 3))
    image = backdrop.astype(np.uint8)
    _draw(image, COLOURS.__getitem__)
    matte = np.zeros((HEIGHT, WIDTH), np.uint8)
    _draw(matte, lambda name: 255)
    xy = np.array([PLACES[name] for name in POINT], dtype=float)
    return ReferencePerson(
        image=image, matte=matte.astype(np.float32) / 255, xy=xy, confidence=np.ones(29),
        coverage="full", source="file",
    )  # fmt: skip


def standing(person, frames=1):
    """The reference pose itself as a dance."""
    xy = np.repeat(person.xy[None], frames, axis=0)
    scale = 150.0
    points = np.concatenate([xy / scale, np.full((frames, 29, 1), 4.0)], axis=2)
    return StagedDance(
        xy=xy, depth=points[..., 2].copy(), visibility=np.ones((frames, 29)), points=points,
        rotations=np.broadcast_to(np.diag([1.0, -1, -1]), (frames, 24, 3, 3)).copy(),
        yaw=np.zeros(frames), contact=np.ones((frames, 2), bool), ground_y=332.0,
        pixels_per_metre=scale, reference_to_canvas=np.array([[1.0, 0, 0], [0, 1, 0]]),
        figure_scale=1.0, width=WIDTH, height=HEIGHT, fps=30.0, coverage="full",
    )  # fmt: skip


def moved(dance, xy):
    points = dance.points.copy()
    points[..., :2] = xy / dance.pixels_per_metre
    return replace(dance, xy=xy, points=points)


def flailing(person, frames=12):
    """Arms and legs swung all the way around their roots, elbows and knees bending."""
    dance = standing(person, frames)
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


def render(person, dance):
    puppet = Puppet()
    return list(puppet.frames(person, dance, 0)), puppet.report()


def test_the_reference_pose_gives_the_picture_back(person):
    frames, report = render(person, standing(person))
    assert report["mode"] == "puppet"
    assert frames[0].shape == (HEIGHT, WIDTH, 3) and frames[0].dtype == np.uint8
    upper = slice(0, 300)  # below, the drawn shadow is new
    error = np.abs(frames[0][upper].astype(int) - person.image[upper]).max(-1)
    assert np.mean(error) < 2.0
    inner = cv2.erode((person.matte > 0.99).astype(np.uint8), np.ones((7, 7)))[upper] > 0
    assert np.percentile(error[inner], 97) < 12


def test_a_shifted_dance_shifts_the_figure(person):
    dance = standing(person)
    still = render(person, dance)[0][0]
    shifted = render(person, moved(dance, dance.xy + np.array([17.0, -9.0])))[0][0]
    box = (slice(60, 290), slice(30, 210))
    there = shifted[51:281, 47:227].astype(int)
    inner = cv2.erode((person.matte > 0.99).astype(np.uint8), np.ones((7, 7)))[box] > 0
    assert np.abs(there - still[box])[inner].max() <= 2


def test_no_pose_tears_the_figure(person):
    frames, _ = render(person, flailing(person))
    for number, frame in enumerate(frames):
        coloured = np.ptp(frame.astype(int), axis=2) > 25  # the backdrop and the shadow are grey
        coloured = cv2.morphologyEx(coloured.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3)))
        _, _, stats, _ = cv2.connectedComponentsWithStats(coloured)
        areas = np.sort(stats[1:, cv2.CC_STAT_AREA])
        assert areas[-1] > 0.97 * areas.sum(), number


def test_the_same_dance_gives_the_same_bytes(person):
    dance = flailing(person, 4)
    one, other = render(person, dance)[0], render(person, dance)[0]
    assert all((a == b).all() for a, b in zip(one, other, strict=True))


def test_the_background_has_lost_the_person_and_stays_still(person):
    dance = standing(person, 2)
    away = moved(dance, dance.xy + np.array([[[0.0, 0.0]], [[2000.0, 0.0]]]))
    _, empty = render(person, away)[0]
    backdrop = np.linspace(200, 235, HEIGHT)[:, None]
    assert np.abs(empty[:300].astype(float).mean(-1) - backdrop[:300]).max() < 6


def test_turned_away_shows_the_other_side_and_is_counted(person):
    dance = standing(person, 16)
    dance.rotations[8:] = np.diag([-1.0, -1, 1])
    xy = dance.xy.copy()
    xy[8:, :, 0] = 240 - xy[8:, :, 0]
    frames, report = render(person, moved(dance, xy))
    assert report["share_turned_beyond_90"] == 0.5
    face = frames[-1][64, 116:124].astype(int)
    assert np.abs(face - COLOURS["hair"]).max() < 40


def test_points_beside_the_person_bring_the_mannequin(person):
    class Listener:
        def __init__(self):
            self.heard = []

        def warn(self, message):
            self.heard.append(message)

    listener = Listener()
    lost = replace(person, xy=person.xy[:, ::-1].copy())
    puppet = load_backend("puppet", None, "cpu", listener)  # the way that generate goes
    frames = list(puppet.frames(lost, standing(person), 0))
    assert puppet.report()["mode"] == "mannequin"
    assert puppet.report()["gates"]["failed"]
    assert "draft" in listener.heard[0]
    assert len(listener.heard) == 2 and "--ref-keypoints" in listener.heard[1]
    assert len(frames) == 1 and np.ptp(frames[0].astype(int), axis=2).max() > 25


def test_half_a_body_dances_without_legs(person):
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
