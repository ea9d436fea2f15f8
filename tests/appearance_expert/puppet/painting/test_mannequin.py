"""Lit capsules in the person's colours."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.painting.mannequin import Mannequin, palette
from pipelines.keypoints.person import POINT

PLATE = np.full((360, 240, 3), 128, np.float32)


def paint(person, dance, frame=0):
    mannequin = Mannequin(person, dance)
    try:
        return mannequin.paint(PLATE, frame).astype(int)
    finally:
        mannequin.close()


def test_colours_are_the_persons_brought_to_the_middle(hanging, colours):
    found = palette(hanging)
    for name, worn in (("torso", "shirt"), ("skin", "skin"), ("legs", "trousers")):
        expected = np.clip(0.85 * np.array(colours[worn]) + 20, 25, 235)
        assert found[name] == pytest.approx(expected, abs=2), name


def test_where_a_point_is_off_the_person_their_overall_colour_does(hanging):
    off = hanging.xy.copy()
    off[POINT["nose"]] = [2, 2]
    person = replace(hanging, xy=off)
    overall = np.median(hanging.image[hanging.matte > 0.5], axis=0)
    assert palette(person)["skin"] == pytest.approx(np.clip(0.85 * overall + 20, 25, 235))


def test_an_empty_matte_still_has_colours(hanging):
    nobody = replace(hanging, matte=np.zeros_like(hanging.matte))
    assert palette(nobody)["torso"] == pytest.approx([147.5, 147.5, 156])


def test_the_figure_stands_where_the_dance_does(hanging, standing, colours):
    frame = paint(hanging, standing(hanging))
    figure = np.abs(frame - 128).max(-1) > 8
    for name in ("spine2", "left_knee", "right_elbow", "head"):
        x, y = hanging.xy[POINT[name]].astype(int)
        assert figure[y, x], name
    assert not figure[:20].any() and not figure[:, :10].any()
    assert (frame[:20] == 128).all()
    chest = frame[130:150, 118:123].reshape(-1, 3).mean(0)
    assert chest[0] > chest[1] + 60 and chest[0] > chest[2] + 60  # a red shirt


def test_the_nearer_bone_hides_the_farther_one(hanging, standing):
    """A forearm across the belly, in front of it or behind it."""
    seen = []
    for depth in (-0.4, 0.4):
        dance = standing(hanging)
        for name, place in (("elbow", (170, 150)), ("wrist", (100, 150)), ("hand", (90, 150))):
            dance.xy[:, POINT[f"left_{name}"]] = place
            dance.depth[:, POINT[f"left_{name}"]] += depth
        seen.append(paint(hanging, dance)[150, 120])
    front, behind = seen
    assert front[1] > behind[1] + 60  # skin against a shirt


def test_light_comes_from_the_upper_left(hanging, standing):
    frame = paint(hanging, standing(hanging)).sum(-1)
    x, y = hanging.xy[POINT["head"]].astype(int)
    assert frame[y - 10, x - 8] > frame[y + 2, x + 8] + 20


def test_half_a_body_leaves_out_the_bones_that_are_not_seen(hanging, standing):
    confidence = np.where(hanging.xy[:, 1] < 240, 1.0, 0.0)
    half = replace(hanging, confidence=confidence, coverage="upper")
    frame = paint(half, replace(standing(hanging), coverage="upper"))
    assert (frame[275:] == 128).all() and not (frame[:250] == 128).all()
