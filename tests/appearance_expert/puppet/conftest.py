"""People drawn here, so that every pixel is known, and figures of a few labelled boxes."""

from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    ARMS,
    LEFT_ARM,
    LEFT_LEG,
    LEGS,
    NOBODY,
    RIGHT_LEG,
    TORSO,
)
from pipelines.appearance_expert.puppet.cutting.capsules import Capsule
from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.keypoints.person import POINT, ReferencePerson
from pipelines.keypoints.staged import StagedDance

WIDTH, HEIGHT = 240, 360
BACKDROP = (40, 200, 60)
COLOURS = {
    "trousers": (40, 60, 120), "shoes": (30, 30, 30), "shirt": (200, 60, 50),
    "skin": (225, 180, 150), "hair": (80, 50, 30),
}  # fmt: skip
HANGING = {
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
FOLDED = HANGING | {
    "left_elbow": (166, 150), "left_wrist": (112, 136), "left_hand": (100, 132),
    "right_elbow": (74, 150), "right_wrist": (128, 136), "right_hand": (140, 132),
}  # fmt: skip
RAISED = HANGING | {
    "left_elbow": (190, 80), "left_wrist": (206, 40), "left_hand": (210, 26),
    "right_elbow": (50, 80), "right_wrist": (34, 40), "right_hand": (30, 26),
}  # fmt: skip


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


@pytest.fixture(scope="session")
def poses():
    """Places of the 29 points by name, of arms that hang, are folded before the chest, raised."""
    return SimpleNamespace(hanging=HANGING, folded=FOLDED, raised=RAISED)


@pytest.fixture(scope="session")
def colours():
    """RGB by piece of clothing, and of the green backdrop."""
    return COLOURS | {"backdrop": BACKDROP}


@pytest.fixture(scope="session")
def drawn():
    """From places, and perhaps a backdrop (H, W, 3), to a person in front of it."""

    def make(places, backdrop=None):
        if backdrop is None:
            backdrop = np.full((HEIGHT, WIDTH, 3), BACKDROP, np.uint8)
        image = backdrop.copy()
        _draw(image, places, COLOURS.__getitem__)
        matte = np.zeros((HEIGHT, WIDTH), np.uint8)
        _draw(matte, places, lambda name: 255)
        xy = np.array([places[name] for name in POINT], dtype=float)
        return ReferencePerson(
            image, matte.astype(np.float32) / 255, xy, np.ones(29), "full", "file"
        )

    return make


@pytest.fixture(scope="session")
def hanging(drawn):
    return drawn(HANGING)


@pytest.fixture(scope="session")
def folded(drawn):
    return drawn(FOLDED)


@pytest.fixture(scope="session")
def staged():
    """From places (T, 29, 2) on the drawn people's canvas to a dance that faces the camera."""

    def make(xy):
        xy = np.asarray(xy, dtype=float)
        scale, frames = 150.0, len(xy)
        points = np.concatenate([xy / scale, np.full((frames, 29, 1), 4.0)], axis=2)
        return StagedDance(
            xy=xy, depth=points[..., 2].copy(), visibility=np.ones((frames, 29)), points=points,
            rotations=np.broadcast_to(np.diag([1.0, -1, -1]), (frames, 24, 3, 3)).copy(),
            yaw=np.zeros(frames), contact=np.ones((frames, 2), bool), ground_y=332.0,
            pixels_per_metre=scale, reference_to_canvas=np.array([[1.0, 0, 0], [0, 1, 0]]),
            figure_scale=1.0, width=WIDTH, height=HEIGHT, fps=30.0, coverage="full",
        )  # fmt: skip

    return make


@pytest.fixture(scope="session")
def dance_of(staged):
    """A dance through poses given as dictionaries of places."""
    return lambda places_T: staged([[places[name] for name in POINT] for places in places_T])


@pytest.fixture(scope="session")
def standing(staged):
    """The reference pose itself as a dance of so many frames."""
    return lambda person, frames=1: staged(np.repeat(person.xy[None], frames, axis=0))


@pytest.fixture(scope="session")
def cut(hanging, dance_of):
    """The drawn person cut up for a dance whose first frame is the picture's own pose."""
    from pipelines.appearance_expert.puppet.puppet import prepare

    clean = np.full((HEIGHT, WIDTH, 3), BACKDROP, np.float32)
    return prepare(hanging, dance_of([HANGING, RAISED]), clean)


@pytest.fixture(scope="session")
def green():
    """Where a picture (..., 3) shows the backdrop."""

    def shown(picture):
        red, grass, blue = (picture[..., k].astype(int) for k in range(3))
        return (grass > red + 30) & (grass > blue + 30)

    return shown


@pytest.fixture
def figure():
    """Shoulders at y 50, hips at 110, the hem of a shirt at 118 above trousers; all matte."""
    xy = np.zeros((29, 2))
    for name, place in {
        "left_shoulder": (100, 50), "right_shoulder": (60, 50), "neck": (80, 42),
        "left_hip": (90, 110), "right_hip": (70, 110), "pelvis": (80, 106),
        "left_knee": (92, 150), "right_knee": (68, 150),
    }.items():  # fmt: skip
        xy[POINT[name]] = place
    image = np.zeros((200, 160, 3), np.float32)
    image[:118], image[118:] = (220, 170, 40), (40, 60, 120)
    return Figure(
        image=image, raw=image, background=image, matte=np.ones((200, 160), np.float32), xy=xy,
        limbs=(*ARMS, *LEGS), full=True, drawn=False, cut_row=200, unit=20.0,
    )  # fmt: skip


@pytest.fixture
def labels():
    """Trunk and legs of `figure` as boxes (200, 160)."""
    parts = np.full((200, 160), NOBODY, np.uint8)
    parts[44:112, 62:98] = TORSO
    parts[112:190, 62:78], parts[112:190, 82:98] = RIGHT_LEG, LEFT_LEG
    return parts


@pytest.fixture(scope="session")
def arm():
    """Three capsules of one of `figure`'s arms, from its shoulder on."""

    def make(part, elbow, wrist, hand, radius=5.0):
        shoulder = np.array([100.0 if part == LEFT_ARM else 60.0, 50.0])
        joints = [shoulder, *(np.array(p, float) for p in (elbow, wrist, hand))]
        return [Capsule(part, k, joints[k], joints[k + 1], radius) for k in range(3)]

    return make


@pytest.fixture(scope="session")
def with_points():
    """The same figure with some of its points elsewhere."""

    def make(figure, **places):
        xy = figure.xy.copy()
        for name, place in places.items():
            xy[POINT[name]] = place
        return replace(figure, xy=xy)

    return make
