"""Limb lengths are read off the reference person, also leaning limbs and cartoon proportions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.body.skeleton import JOINT, MIRROR
from pipelines.keypoints.fit import REST_OFFSETS, SOLE, fit_body
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


@settings(max_examples=25, deadline=None)
@given(
    x=st.floats(-500, 500), y=st.floats(-500, 500), factor=st.floats(0.3, 4),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_place_and_size_in_the_picture_do_not_matter(make_person, x, y, factor, seed) -> None:
    person = make_person()
    wobble = np.random.default_rng(seed).normal(0, 8, (29, 2))
    xy = person.xy + wobble
    one = fit_body(xy, person.depth, person.confidence)
    other = fit_body(factor * xy + (x, y), factor * person.depth, person.confidence)
    np.testing.assert_allclose(other.offsets, one.offsets, atol=1e-9)
    assert other.pixels_per_metre == pytest.approx(factor * one.pixels_per_metre)
    assert other.head_ratio == pytest.approx(one.head_ratio)


def test_a_mirrored_picture_is_the_same_body(make_person) -> None:
    person = make_person()
    xy = person.xy + np.random.default_rng(0).normal(0, 8, (29, 2))
    sides = [*MIRROR, 24, 26, 25, 28, 27]
    flipped = (xy * [-1, 1])[sides]
    one, other = (fit_body(p, person.depth, person.confidence) for p in (xy, flipped))
    np.testing.assert_allclose(other.offsets, one.offsets, atol=1e-9)


@pytest.mark.parametrize(
    ("part", "joints", "bone"),
    [
        ("leg", ("knee", "ankle", "foot"), "left_knee"),
        ("arm", ("elbow", "wrist", "hand"), "left_elbow"),
    ],
)
def test_longer_limbs_are_longer_bones(make_person, part, joints, bone) -> None:
    usual = make_person()
    ratios = []
    for factor in (0.8, 1.0, 1.25):
        xy = usual.xy.copy()
        for side in ("left", "right"):
            base = xy[POINT[f"{side}_{'hip' if part == 'leg' else 'shoulder'}"]].copy()
            for joint in joints:
                index = POINT[f"{side}_{joint}"]
                xy[index] = base + factor * (xy[index] - base)
        body = fit_body(xy, usual.depth, usual.confidence)
        length = np.linalg.norm(body.offsets[JOINT[bone]]) * body.pixels_per_metre
        ratios.append(length)
    assert ratios[0] < ratios[1] < ratios[2]
    assert ratios[2] / ratios[1] == pytest.approx(1.25, rel=0.02)


def test_bones_are_symmetric_and_scaled_along_themselves(make_person) -> None:
    body = fit_body(make_person().xy, np.zeros(29), np.ones(29))
    np.testing.assert_allclose(body.offsets[list(MIRROR)] * [-1, 1, 1], body.offsets, atol=1e-12)
    for joint in (4, 7, 18, 20):
        cosine = body.offsets[joint] @ REST_OFFSETS[joint]
        cosine /= np.linalg.norm(body.offsets[joint]) * np.linalg.norm(REST_OFFSETS[joint])
        assert cosine == pytest.approx(1)


def test_the_feet_stand_where_the_legs_end(make_person) -> None:
    body = fit_body(make_person().xy, np.zeros(29), np.ones(29))
    legs = [JOINT[f"left_{name}"] for name in ("hip", "knee", "ankle", "foot")]
    assert body.standing_height == pytest.approx(
        -body.offsets[legs, 1].sum() + SOLE * body.leg_ratio
    )


def test_a_leaning_limb_is_never_taken_for_much_longer_than_it_looks(make_person) -> None:
    """A forearm at the camera: its depth is believed up to 1.6 of what is seen."""
    person = make_person()
    elbow, wrist = POINT["left_elbow"], POINT["left_wrist"]
    for side in ("left", "right"):
        person.depth[[POINT[f"{side}_wrist"], POINT[f"{side}_hand"]]] = -900.0
    body = fit_body(person.xy, person.depth, person.confidence)
    seen = np.linalg.norm(person.xy[wrist] - person.xy[elbow])
    length = np.linalg.norm(body.offsets[JOINT["left_wrist"]]) * body.pixels_per_metre
    assert length == pytest.approx(1.6 * seen, rel=0.02)
