"""Limb lengths are read off the reference person, also leaning limbs and cartoon proportions."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.body.skeleton import JOINT, MIRROR
from pipelines.keypoints.fit import REST_OFFSETS, fit_body
from pipelines.keypoints.person import POINT, ReferencePerson


def fitted(person: ReferencePerson) -> tuple[np.ndarray, float]:
    body = fit_body(person.xy, person.depth, person.confidence)
    return np.linalg.norm(body.offsets, axis=1) / np.maximum(
        np.linalg.norm(REST_OFFSETS, axis=1), 1e-9
    ), body.pixels_per_metre


def test_the_rest_body_fits_itself(make_person) -> None:
    ratios, scale = fitted(make_person(scale=333.0))
    assert scale == pytest.approx(333, rel=0.01)
    bones = [index for name, index in JOINT.items() if name != "pelvis"]
    assert ratios[bones] == pytest.approx(1, abs=0.08)


def test_offsets_are_symmetric() -> None:
    assert REST_OFFSETS[list(MIRROR)] * [-1, 1, 1] == pytest.approx(REST_OFFSETS)


def test_a_foreshortened_arm_keeps_its_length(make_person) -> None:
    person = make_person()
    for side in ("left", "right"):
        shoulder, elbow = POINT[f"{side}_shoulder"], POINT[f"{side}_elbow"]
        bone = person.xy[elbow] - person.xy[shoulder]
        moved = 0.7 * bone - bone
        for joint in ("elbow", "wrist", "hand"):
            person.xy[POINT[f"{side}_{joint}"]] += moved
            person.depth[POINT[f"{side}_{joint}"]] = -np.linalg.norm(bone) * np.sqrt(1 - 0.49)
    ratios, _ = fitted(person)
    assert ratios[JOINT["left_elbow"]] == pytest.approx(1, abs=0.06)


def test_one_hidden_arm_is_as_long_as_the_other(make_person) -> None:
    person = make_person()
    for joint in ("elbow", "wrist", "hand"):
        person.confidence[POINT[f"left_{joint}"]] = 0
    ratios, _ = fitted(person)
    assert ratios[JOINT["left_elbow"]] == ratios[JOINT["right_elbow"]] == pytest.approx(1, abs=0.06)


def test_a_big_head_on_short_legs(make_person) -> None:
    person = make_person()
    hip = person.xy[POINT["left_hip"], 1]
    for name, index in POINT.items():
        if name.endswith(("knee", "ankle", "foot")):
            person.xy[index, 1] = hip + 0.5 * (person.xy[index, 1] - hip)
        if index >= 24:
            person.xy[index] += 1.2 * (person.xy[index] - person.xy[POINT["head"]])
    body = fit_body(person.xy, person.depth, person.confidence)
    normal = fit_body(make_person().xy, np.zeros(29), np.ones(29))
    assert body.leg_ratio / normal.leg_ratio < 0.75
    assert body.head_ratio / normal.head_ratio > 2
    assert body.standing_height < 0.8 * normal.standing_height


def test_a_bust_takes_its_scale_from_the_shoulders(make_person) -> None:
    person = make_person(scale=900.0, centre=(270.0, 1100.0), height=800, coverage="upper")
    assert person.confidence[POINT["left_hip"]] == 0
    body = fit_body(person.xy, person.depth, person.confidence)
    assert body.pixels_per_metre == pytest.approx(900, rel=0.03)
    assert body.leg_ratio == pytest.approx(1, abs=0.1)


def test_nonsense_does_not_make_nonsense_bodies() -> None:
    random = np.random.default_rng(3)
    for _ in range(50):
        xy = random.uniform(0, 500, (29, 2))
        body = fit_body(xy, random.normal(0, 100, 29), random.integers(0, 2, 29).astype(float))
        assert np.isfinite(body.offsets).all() and body.pixels_per_metre > 0
        assert 0.2 < body.leg_ratio < 2 and body.standing_height > 0.1
